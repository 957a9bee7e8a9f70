/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choices of the writes that survive a power cut, in a message or a rule: survive=,
 * lose=, keep= and seed=. ../cache/survive.h draws the survivors.
 */
#ifndef BLKDEBUG_CHOICE_H
#define BLKDEBUG_CHOICE_H

#include <linux/refcount.h>
#include <linux/seq_buf.h>

#include "ranges.h"

/* The policies, each name once; %BLKDEBUG_SURVIVE_RANDOM is one of the others */
#define BLKDEBUG_POLICIES(X)			\
	X(NONE, "none")				\
	X(ALL, "all")				\
	X(PREFIX, "prefix")			\
	X(WRITES, "writes")			\
	X(UNITS, "units")			\
	X(ONE_LOST, "one-lost")			\
	X(ONE_KEPT, "one-kept")			\
	X(META, "meta")				\
	X(DATA, "data")				\
	X(RANDOM, "random")

#define BLKDEBUG_POLICY_ENUM(id, name)	BLKDEBUG_SURVIVE_##id,

enum blkdebug_policy {
	BLKDEBUG_POLICIES(BLKDEBUG_POLICY_ENUM)
	BLKDEBUG_NR_POLICIES
};

/* A list of writes by number */
struct blkdebug_numbers {
	u32 nr;				/* elements of @range */
	const struct blkdebug_range *range;	/* sorted, both ends included */
};

/* The choice of the writes that survive a power cut */
struct blkdebug_choice {
	u8 policy;			/* enum blkdebug_policy */
	u32 numerator;			/* of the odds of "writes" and "units" */
	u32 denominator;		/* of the odds, not 0 */
	struct blkdebug_numbers lose;	/* writes that are lost under any policy */
	struct blkdebug_numbers keep;	/* writes not in @lose that survive under any
					 * policy
					 */
};

/* A power cut, as a message or a rule requests it */
struct blkdebug_cut {
	refcount_t refs;		/* the supply has one until the cut is settled */
	struct blkdebug_choice choice;	/* the cut owns the lists of the choice */
	u64 seed;			/* of the draws, if @seeded */
	bool seeded;			/* the key "seed" is present */
};

/* The keys of a choice, in the order of canonical output */
enum blkdebug_choice_key {
	BLKDEBUG_CHOICE_SURVIVE,
	BLKDEBUG_CHOICE_LOSE,
	BLKDEBUG_CHOICE_KEEP,
	BLKDEBUG_CHOICE_SEED,
	BLKDEBUG_NR_CHOICE_KEYS,
};

extern const char * const blkdebug_choice_keys[BLKDEBUG_NR_CHOICE_KEYS];

struct blkdebug_cut *blkdebug_cut_alloc(void);
void blkdebug_put_cut(struct blkdebug_cut *cut);
int blkdebug_parse_choice(struct blkdebug_cut *cut, unsigned int key,
			  const char *val, struct blkdebug_error *err);
int blkdebug_parse_choice_word(struct blkdebug_cut *cut, const char *word,
			       unsigned int *seen, struct blkdebug_error *err);
bool blkdebug_choice_has(const struct blkdebug_cut *cut, unsigned int key);
void blkdebug_print_choice(struct seq_buf *out, const struct blkdebug_cut *cut,
			   unsigned int key);

void blkdebug_print_policy(struct seq_buf *out,
			   const struct blkdebug_choice *choice);

#endif

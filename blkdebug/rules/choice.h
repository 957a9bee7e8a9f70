/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choices of what a power cut leaves, from a message or a rule: survive=, lose=, keep=
 * and seed=. See ../cache/survive.h for how survivors are drawn.
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

/**
 * struct blkdebug_numbers - a list of writes by number
 * @nr: how many ranges
 * @range: the ranges, sorted, both ends included
 */
struct blkdebug_numbers {
	u32 nr;
	const struct blkdebug_range *range;
};

/**
 * struct blkdebug_choice - what a cut shall leave
 * @policy: enum blkdebug_policy
 * @numerator: of the odds of "writes" and "units"
 * @denominator: of the odds, not 0
 * @lose: writes that are lost whatever the policy says
 * @keep: writes that survive whatever the policy says; not in @lose
 */
struct blkdebug_choice {
	u8 policy;
	u32 numerator;
	u32 denominator;
	struct blkdebug_numbers lose;
	struct blkdebug_numbers keep;
};

/**
 * struct blkdebug_cut - what a cut shall leave, as a message or a rule says
 * @refs: references; the supply has one until the cut is settled
 * @choice: which writes survive; the cut owns its lists
 * @seed: of the draws, if @seeded
 * @seeded: @seed is given
 */
struct blkdebug_cut {
	refcount_t refs;
	struct blkdebug_choice choice;
	u64 seed;
	bool seeded;
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

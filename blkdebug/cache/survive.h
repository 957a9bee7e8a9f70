/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which volatile writes survive a power cut.
 *
 * The volatile writes are numbered from 1 in the order in which they entered the
 * cache. Each has units: the parts into which multiples of atomic-write= divide
 * it, or one if it carries REQ_ATOMIC. A policy decides about each unit of each
 * write. The decision depends on the choice, the seed, the number of volatile
 * writes, and the number and description of the write. It does not depend on data,
 * time or memory, so that the same choice, seed and order of writes leave the same
 * data on every kernel, and so that a crash view decides as a cut does.
 *
 * Example: Wa(1) Wb(2) Wc(3, two units) with prefix drawn to end in the first unit
 * of write 3: 1 and 2 survive, 3 is torn.
 */
#ifndef BLKDEBUG_CACHE_SURVIVE_H
#define BLKDEBUG_CACHE_SURVIVE_H

#include <linux/seq_buf.h>

#include "durable.h"

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
 * struct blkdebug_lottery - a choice and what has been drawn for it
 * @choice: the choice
 * @seed: of the draws
 * @nr_writes: how many volatile writes there are
 * @policy: enum blkdebug_policy, as drawn if the choice is random
 * @chosen: the write that prefix, one-lost or one-kept is about, from 1
 */
struct blkdebug_lottery {
	const struct blkdebug_choice *choice;
	u64 seed;
	u64 nr_writes;
	u8 policy;
	u64 chosen;
};

/**
 * struct blkdebug_outcome - what a cut has left, in writes
 * @nr_volatile: how many were volatile
 * @survived: how many are wholly there
 * @torn: how many are partly there
 * @lost: how many are gone
 */
struct blkdebug_outcome {
	u64 nr_volatile;
	u64 survived;
	u64 torn;
	u64 lost;
};

/**
 * struct blkdebug_volatile - a volatile write, for a listing
 * @seq: its place in the order
 * @desc: the write
 * @units: how many units it has
 * @since: when it entered the cache, in jiffies
 */
struct blkdebug_volatile {
	u64 seq;
	struct blkdebug_write_desc desc;
	u64 units;
	unsigned long since;
};

int blkdebug_parse_policy(const char *word, size_t len,
			  struct blkdebug_choice *choice);
void blkdebug_print_policy(struct seq_buf *out,
			   const struct blkdebug_choice *choice);

void blkdebug_draw_lottery(struct blkdebug_lottery *lottery,
			   const struct blkdebug_choice *choice, u64 seed,
			   u64 nr_writes);
bool blkdebug_survives_unit(const struct blkdebug_lottery *lottery,
			    u64 number, const struct blkdebug_write_desc *desc,
			    u64 unit, u64 nr_units);
u64 blkdebug_count_units(const struct blkdebug_cache *cache,
			 const struct blkdebug_write_desc *desc);

void blkdebug_apply_cut(struct blkdebug_cache *cache,
			const struct blkdebug_choice *choice, u64 seed,
			struct blkdebug_outcome *outcome);

struct blkdebug_volatile *blkdebug_list_volatile(struct blkdebug_cache *cache,
						 unsigned int *nr);

#endif

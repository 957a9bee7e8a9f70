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

#include "../rules/choice.h"
#include "durable.h"

/* A choice, and what has been drawn for it */
struct blkdebug_lottery {
	const struct blkdebug_choice *choice;
	u64 seed;		/* of the draws */
	u64 nr_writes;		/* volatile writes there are */
	u8 policy;		/* enum blkdebug_policy; drawn, if the choice is random */
	u64 chosen;		/* the write that prefix, one-lost or one-kept is about,
				 * from 1
				 */
};

/* The outcome of a cut, in writes */
struct blkdebug_outcome {
	u64 nr_volatile;	/* before the cut */
	u64 survived;		/* wholly there */
	u64 torn;		/* partly there */
	u64 lost;		/* gone */
};

/* A volatile write, for a listing */
struct blkdebug_volatile {
	u64 seq;		/* its place in the order */
	struct blkdebug_write_desc desc;
	u64 units;		/* units that it has */
	unsigned long since;	/* when it entered the cache, in jiffies */
};

void blkdebug_draw_lottery(struct blkdebug_lottery *lottery,
			   const struct blkdebug_choice *choice, u64 seed,
			   u64 nr_writes);
bool blkdebug_survives_unit(const struct blkdebug_lottery *lottery,
			    u64 number, const struct blkdebug_write_desc *desc,
			    u64 unit, u64 nr_units);
u8 blkdebug_surviving_mask(const struct blkdebug_lottery *lottery, u64 number,
			   const struct blkdebug_write_desc *desc, u8 unit_shift,
			   u64 block, u8 mask);

void blkdebug_apply_cut(struct blkdebug_cache *cache,
			const struct blkdebug_choice *choice, u64 seed,
			struct blkdebug_outcome *outcome);

struct blkdebug_volatile *blkdebug_list_volatile(struct blkdebug_cache *cache,
						 unsigned int *nr);

#endif

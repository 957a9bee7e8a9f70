/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters: for each I/O type, the shortest way to tell that no rule wants a
 * request. Made whenever rules, state or the armed set change, so that nothing
 * has to be worked out for a request that passes.
 */
#ifndef BLKDEBUG_FILTER_H
#define BLKDEBUG_FILTER_H

#include <linux/cache.h>

#include "index.h"

/* Buckets that a filter has room for; with more of them it tells nothing */
#define BLKDEBUG_FILTER_BUCKETS	4

/* Runs that it has room for; with more of them it has to ask the buckets */
#define BLKDEBUG_FILTER_RUNS	20

/**
 * struct blkdebug_armed - the armed set
 * @trigger: the event that armed last; NULL: nothing is armed
 * @state: the state at that moment
 * @last: the number of the last rule of that event at that moment
 * @nr: faults armed; for show
 */
struct blkdebug_armed {
	struct blkdebug_trigger *trigger;
	u32 state;
	u64 last;
	u64 nr;
};

/**
 * struct blkdebug_filter - what requests of one I/O type may meet
 * @first: no rule wants a request that ends before this sector
 * @last: nor one that starts behind this one
 * @flags: do rules ask for flags?
 * @nr: of @bucket, or more than there is room for: the filter tells nothing
 * @nr_runs: of @run, or more than there is room for
 * @bucket: the rules that the request may meet
 * @run: all their runs, if sectors are all that counts and none has a tree
 *
 * No rule wants anything if @first is above @last.
 */
struct blkdebug_filter {
	sector_t first;
	sector_t last;
	bool flags;
	u8 nr;
	u8 nr_runs;
	struct blkdebug_bucket *bucket[BLKDEBUG_FILTER_BUCKETS];
	const struct blkdebug_run *run[BLKDEBUG_FILTER_RUNS];
} ____cacheline_aligned;

u64 blkdebug_nr_to_arm(struct blkdebug_trigger *trigger, u32 state);
u64 blkdebug_last_to_arm(struct blkdebug_trigger *trigger);
bool blkdebug_same_armed(const struct blkdebug_armed *armed,
			 struct blkdebug_trigger *trigger, u32 state);
bool blkdebug_trigger_live(const struct blkdebug_trigger *trigger);

void blkdebug_filter_make(struct blkdebug_filter *filter, unsigned int iotype,
			  struct blkdebug_ruleset *rs,
			  const struct blkdebug_armed *armed, u32 state);

bool blkdebug_filter_passes(const struct blkdebug_filter *filter,
			    sector_t first, sector_t last, u16 flags);

static inline bool blkdebug_filter_empty(const struct blkdebug_filter *filter)
{
	return filter->first > filter->last;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs: the ranges of many rules in one array that never changes, sorted by
 * first sector. Readers need nothing but RCU.
 *
 * Where no two ranges overlap, a directory of equal slots over the run's span
 * tells where to look: a slot has one range on average, and is searched by
 * halves where it has many. Where ranges overlap, a tree over blocks of the
 * array tells what can be found in them.
 */
#ifndef BLKDEBUG_RUN_H
#define BLKDEBUG_RUN_H

#include "rule.h"

/* How a run has the ranges of a rule: struct blkdebug_rule's @indexed */
enum {
	BLKDEBUG_NOT_INDEXED,
	BLKDEBUG_INDEXED,	/* a run has them */
	BLKDEBUG_LEAVING,	/* the run about to replace that one has not */
};

/**
 * struct blkdebug_run_entry - a range in a run
 * @first: its first sector
 * @last: its last sector
 * @rule: whose range it is
 */
struct blkdebug_run_entry {
	sector_t first;
	sector_t last;
	struct blkdebug_rule *rule;
};

/**
 * struct blkdebug_run - ranges of many rules
 * @rcu: frees it
 * @next: the older, larger run; fixed before the run is published
 * @tree: where to look, if entries overlap; else NULL
 * @slot: where to look otherwise: the first entry that does not end before the
 *	slot does begin, for each slot and for the one behind the last
 * @first: the first sector of any entry
 * @last: the last sector of any entry
 * @shift: a slot has 2^@shift sectors
 * @nr_slots: how many slots reach from @first to @last; 0 if there is a @tree
 * @nr: entries
 * @entry: the entries
 */
struct blkdebug_run {
	struct rcu_head rcu;
	struct blkdebug_run *next;
	struct blkdebug_run_tree *tree;
	u32 *slot;
	sector_t first;
	sector_t last;
	u32 shift;
	u32 nr_slots;
	u32 nr;
	struct blkdebug_run_entry entry[];
};

/**
 * blkdebug_run_lower_bound - find the place of a sector in a run
 * @run: a run without overlaps
 * @sector: the sector
 *
 * Return: the index of the first entry that does not end before @sector, or
 * the number of entries. The caller holds the engine's lock or an RCU read
 * lock.
 */
static inline u32 blkdebug_run_lower_bound(const struct blkdebug_run *run,
					   sector_t sector)
{
	u64 slot;
	u32 lo, hi;

	if (sector <= run->first)
		return 0;
	slot = (sector - run->first) >> run->shift;
	if (slot >= run->nr_slots)
		return run->nr;
	lo = run->slot[slot];
	hi = run->slot[slot + 1];
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (run->entry[mid].last < sector)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct blkdebug_rule *blkdebug_run_find(const struct blkdebug_run *run,
					sector_t first, sector_t last,
					u64 after, struct blkdebug_rule *best);

/**
 * blkdebug_run_touched - is there a range in the run that a request touches?
 * @run: a run without overlaps
 * @first: the request's first sector
 * @last: its last sector
 *
 * Return: true if so. The caller holds the engine's lock or an RCU read lock.
 */
static inline bool blkdebug_run_touched(const struct blkdebug_run *run,
					sector_t first, sector_t last)
{
	u32 i = blkdebug_run_lower_bound(run, first);

	return i < run->nr && run->entry[i].first <= last;
}

struct blkdebug_run *blkdebug_run_alloc(u64 nr);
void blkdebug_run_free(struct blkdebug_run *run);
void blkdebug_run_free_rcu(struct blkdebug_run *run);
void blkdebug_run_sort(struct blkdebug_run *run);
int blkdebug_run_complete(struct blkdebug_run *run);
u64 blkdebug_run_mark_leaving(const struct blkdebug_run *run,
			      struct list_head *leaving);
struct blkdebug_run *blkdebug_run_merge(const struct blkdebug_run *a,
					const struct blkdebug_run *b,
					struct list_head *leaving);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Range tables: sorted, disjoint ranges of sectors in one immutable array. Readers are
 * in an RCU read section and take no lock. A directory divides the span of the table
 * into slots of equal size, one range per slot on average, so that a lookup bisects the
 * ranges of one slot only.
 */
#ifndef BLKDEBUG_RANGE_TABLE_H
#define BLKDEBUG_RANGE_TABLE_H

#include <linux/rcupdate.h>

#include "../rules/rule.h"

/* Ranges of rules for some I/O types. All but @rcu is constant once published. */
struct blkdebug_range_table {
	struct rcu_head rcu;
	u32 *slot;			/* index of the first range that ends in the
					 * slot or behind it; one more element follows
					 * the last slot
					 */
	sector_t first;			/* of all ranges */
	sector_t last;			/* of all ranges */
	u32 shift;			/* a slot has 2^@shift sectors */
	u32 nr_slots;			/* from @first to @last */
	u32 nr;				/* elements of @range, at least one */
	u16 iotypes;			/* of the rules */
	struct blkdebug_range range[];
};

struct blkdebug_range_table *blkdebug_range_table_alloc(u64 nr, u16 iotypes);
int blkdebug_range_table_build(struct blkdebug_range_table *table);
struct blkdebug_range_table *
blkdebug_range_table_merge(const struct blkdebug_range_table *a,
			   const struct blkdebug_range_table *b);
void blkdebug_range_table_free_rcu(struct blkdebug_range_table *table);

/**
 * blkdebug_range_table_touched - test whether an I/O overlaps one of the ranges
 * @table: the table
 * @first: the first sector of the I/O
 * @last: its last sector
 *
 * Context: RCU read side.
 *
 * Return: true if the I/O overlaps a range.
 */
static inline bool
blkdebug_range_table_touched(const struct blkdebug_range_table *table,
			     sector_t first, sector_t last)
{
	u32 lo = 0, hi;
	u64 slot;

	if (last < table->first || first > table->last)
		return false;
	if (first > table->first) {
		slot = (first - table->first) >> table->shift;
		lo = table->slot[slot];
		hi = table->slot[slot + 1];
		while (lo < hi) {
			u32 mid = lo + (hi - lo) / 2;

			if (table->range[mid].last < first)
				lo = mid + 1;
			else
				hi = mid;
		}
	}
	return table->range[lo].first <= last;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Range tables: sorted, disjoint ranges of sectors in one array that never
 * changes, so that readers need nothing but RCU. A directory of equal slots
 * over the table's span tells where to look: a slot has one range on average,
 * and a slot with many is searched by bisection.
 */
#ifndef BLKDEBUG_RANGE_TABLE_H
#define BLKDEBUG_RANGE_TABLE_H

#include "../rules/rule.h"

/**
 * struct blkdebug_range_table - where rules for some I/O types have ranges
 * @rcu: defers the free until no reader can hold the table
 * @next: the next older table
 * @slot: for each slot, and for the one behind the last, the index of the
 *	first range that does not end before the slot begins
 * @first: the first sector of any range
 * @last: the last sector of any range
 * @shift: a slot has 2^@shift sectors
 * @nr_slots: how many slots reach from @first to @last
 * @nr: how many ranges there are, at least one
 * @iotypes: mask of the I/O types that the rules are for
 * @range: the ranges
 */
struct blkdebug_range_table {
	struct rcu_head rcu;
	struct blkdebug_range_table __rcu *next;
	u32 *slot;
	sector_t first;
	sector_t last;
	u32 shift;
	u32 nr_slots;
	u32 nr;
	u16 iotypes;
	struct blkdebug_range range[];
};

struct blkdebug_range_table *blkdebug_range_table_alloc(u64 nr, u16 iotypes);
int blkdebug_range_table_build(struct blkdebug_range_table *table);
struct blkdebug_range_table *
blkdebug_range_table_merge(const struct blkdebug_range_table *a,
			   const struct blkdebug_range_table *b);
void blkdebug_range_table_free_rcu(struct blkdebug_range_table *table);

/**
 * blkdebug_range_table_touched - does an I/O touch one of the ranges?
 * @table: the table
 * @first: the first sector of the I/O
 * @last: its last sector
 *
 * Context: RCU read side.
 *
 * Return: true if it does.
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Range tables: see range-table.h.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "range-table.h"

/* Ranges handled between two calls of cond_resched() */
#define RESCHED_BATCH	4096

/**
 * blkdebug_range_table_alloc - allocate a table whose ranges the caller sets
 * @nr: the number of ranges
 * @iotypes: mask of the I/O types that the rules are for
 *
 * Context: may sleep.
 *
 * Return: the table, or NULL if the allocation fails.
 */
struct blkdebug_range_table *blkdebug_range_table_alloc(u64 nr, u16 iotypes)
{
	struct blkdebug_range_table *table;

	if (nr > U32_MAX / 2)
		return NULL;
	/* make_slots() uses at most 2 * nr slots, and one element behind the last. */
	table = kvmalloc(struct_size(table, range, nr) +
			 (2 * nr + 1) * sizeof(u32), BLKDEBUG_GFP_LONG);
	if (!table)
		return NULL;
	table->slot = (u32 *)&table->range[nr];
	table->nr = nr;
	table->iotypes = iotypes;
	return table;
}

/**
 * blkdebug_range_table_free_rcu - free a table after the last reader
 * @table: the table, not in a filter any more
 *
 * Context: may sleep.
 */
void blkdebug_range_table_free_rcu(struct blkdebug_range_table *table)
{
	kvfree_rcu(table, rcu);
}

/* Append a range that does not start before the last one of the table. */
static void append_range(struct blkdebug_range_table *table,
			 const struct blkdebug_range *range)
{
	struct blkdebug_range *end = &table->range[table->nr];

	if (table->nr && (end[-1].last == U64_MAX ||
			  range->first <= end[-1].last + 1)) {
		end[-1].last = max(end[-1].last, range->last);
		return;
	}
	*end = *range;
	table->nr++;
}

static void make_slots(struct blkdebug_range_table *table)
{
	u64 span;
	u32 i = 0, slot;

	table->first = table->range[0].first;
	table->last = table->range[table->nr - 1].last;
	span = table->last - table->first;
	table->shift = 0;
	while (table->shift < 63 && span >> table->shift >= 2ULL * table->nr)
		table->shift++;
	table->nr_slots = (span >> table->shift) + 1;
	for (slot = 0; slot < table->nr_slots; slot++) {
		while (table->range[i].last - table->first <
		       (u64)slot << table->shift) {
			if (!(++i % RESCHED_BATCH))
				cond_resched();
		}
		table->slot[slot] = i;
		if (!(slot % RESCHED_BATCH))
			cond_resched();
	}
	table->slot[table->nr_slots] = table->nr;
}

/**
 * blkdebug_range_table_build - sort the ranges of a table and index them
 * @table: the table, with at least one range
 *
 * Context: may sleep.
 *
 * Return: 0, or -ENOMEM; the caller frees the table then.
 */
int blkdebug_range_table_build(struct blkdebug_range_table *table)
{
	int r = blkdebug_sort_ranges(table->range, &table->nr);

	if (!r)
		make_slots(table);
	return r;
}

/**
 * blkdebug_range_table_merge - merge two tables into a new one
 * @a: a table
 * @b: another table
 *
 * The new table is for the I/O types of both tables.
 *
 * Context: may sleep. The control mutex is held, so that no thread frees @a or @b.
 *
 * Return: the table, or NULL if the allocation fails.
 */
struct blkdebug_range_table *
blkdebug_range_table_merge(const struct blkdebug_range_table *a,
			   const struct blkdebug_range_table *b)
{
	struct blkdebug_range_table *table =
		blkdebug_range_table_alloc((u64)a->nr + b->nr,
					   a->iotypes | b->iotypes);
	u32 i = 0, j = 0;

	if (!table)
		return NULL;
	table->nr = 0;
	while (i < a->nr || j < b->nr) {
		if (j == b->nr ||
		    (i < a->nr && a->range[i].first <= b->range[j].first))
			append_range(table, &a->range[i++]);
		else
			append_range(table, &b->range[j++]);
		if (!((i + j) % RESCHED_BATCH))
			cond_resched();
	}
	make_slots(table);
	return table;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters: see filter.h.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "filter.h"

/*
 * If a filter has more tables, tables for different I/O types are merged. Of so many
 * tables, two have a similar size, because a table has fewer than 2^31 ranges.
 */
#define MANY_TABLES	32

/* Ranges copied between two calls of cond_resched() */
#define RESCHED_BATCH	4096

static u16 get_rule_iotypes(const struct blkdebug_rule *rule)
{
	return rule->iotypes & BLKDEBUG_ALL_IOTYPES;
}

/* Find the table for a mask of I/O types; excess masks share the last table. */
static unsigned int find_mask(const struct blkdebug_filter_builder *b,
			      u16 iotypes)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		if (b->iotypes[i] == iotypes)
			return i;
	}
	return min_t(unsigned int, i, BLKDEBUG_FILTER_MASKS - 1);
}

static void add_anywhere(struct blkdebug_filter_builder *b,
			 const struct blkdebug_rule *rule)
{
	unsigned int flags;

	for (flags = 0; flags < ARRAY_SIZE(b->anywhere); flags++) {
		if ((flags & rule->flags_set) == rule->flags_set &&
		    !(flags & rule->flags_clear))
			b->anywhere[flags] |= get_rule_iotypes(rule);
	}
}

/**
 * blkdebug_filter_count - count the ranges of a rule for a new filter
 * @b: the builder, zeroed before the first rule
 * @rule: the rule
 *
 * Context: any.
 */
void blkdebug_filter_count(struct blkdebug_filter_builder *b,
			   const struct blkdebug_rule *rule)
{
	unsigned int i;

	if (!rule->nr_ranges) {
		add_anywhere(b, rule);
		return;
	}
	i = find_mask(b, get_rule_iotypes(rule));
	if (i == b->nr)
		b->nr++;
	b->iotypes[i] |= get_rule_iotypes(rule);
	b->nr_ranges[i] += rule->nr_ranges;
}

/**
 * blkdebug_filter_alloc_tables - allocate the tables for the counted ranges
 * @b: the builder; blkdebug_filter_count() has been called for all rules
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_filter_alloc_tables(struct blkdebug_filter_builder *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		b->table[i] = blkdebug_range_table_alloc(b->nr_ranges[i],
							 b->iotypes[i]);
		if (!b->table[i])
			return -ENOMEM;
		b->table[i]->nr = 0;
	}
	return 0;
}

/**
 * blkdebug_filter_fill - copy the ranges of a counted rule
 * @b: the builder
 * @rule: the rule; blkdebug_filter_count() has been called for it
 *
 * Counted rules may be left out, because they have been used up meanwhile.
 *
 * Context: may sleep.
 */
void blkdebug_filter_fill(struct blkdebug_filter_builder *b,
			  const struct blkdebug_rule *rule)
{
	struct blkdebug_range_table *table;
	u32 i;

	if (!rule->nr_ranges)
		return;
	table = b->table[find_mask(b, get_rule_iotypes(rule))];
	for (i = 0; i < rule->nr_ranges; i++) {
		table->range[table->nr++] = rule->ranges[i];
		if (!(i % RESCHED_BATCH))
			cond_resched();
	}
}

static void append_table(struct blkdebug_filter *filter,
			 struct blkdebug_range_table *table)
{
	filter->table[filter->nr++] = table;
}

static bool has_table(const struct blkdebug_filter *filter,
		      const struct blkdebug_range_table *table)
{
	unsigned int i;

	for (i = 0; filter && i < filter->nr; i++) {
		if (filter->table[i] == table)
			return true;
	}
	return false;
}

/* Merge the tables @i and @j of a filter that is not published. */
static int merge_tables(struct blkdebug_filter *filter, unsigned int i,
			unsigned int j, const struct blkdebug_filter *old)
{
	struct blkdebug_range_table *a = filter->table[i];
	struct blkdebug_range_table *b = filter->table[j];
	struct blkdebug_range_table *merged = blkdebug_range_table_merge(a, b);

	if (!merged)
		return -ENOMEM;
	filter->table[i] = merged;
	filter->table[j] = filter->table[--filter->nr];
	if (!has_table(old, a))
		blkdebug_range_table_free_rcu(a);
	if (!has_table(old, b))
		blkdebug_range_table_free_rcu(b);
	return 0;
}

/*
 * Test whether the size of two tables differs by less than a factor of two. If only
 * such tables are merged, each range is copied O(log n) times.
 */
static bool have_similar_size(const struct blkdebug_range_table *a,
			      const struct blkdebug_range_table *b)
{
	return a->nr / 2 < b->nr && b->nr / 2 < a->nr;
}

/* Find two tables to merge. */
static bool find_pair(const struct blkdebug_filter *filter, unsigned int *i,
		      unsigned int *j)
{
	bool many = filter->nr > MANY_TABLES;

	for (*i = 0; *i < filter->nr; ++*i) {
		for (*j = *i + 1; *j < filter->nr; ++*j) {
			const struct blkdebug_range_table *a = filter->table[*i];
			const struct blkdebug_range_table *b = filter->table[*j];

			if (have_similar_size(a, b) &&
			    (many || a->iotypes == b->iotypes))
				return true;
		}
	}
	return false;
}

static bool wants_anywhere(const struct blkdebug_filter *filter,
			   unsigned int iotype)
{
	unsigned int flags;

	for (flags = 0; flags < ARRAY_SIZE(filter->anywhere); flags++) {
		if (filter->anywhere[flags] & (1U << iotype))
			return true;
	}
	return false;
}

static void measure_span(struct blkdebug_filter *filter, unsigned int iotype)
{
	struct blkdebug_range *span = &filter->span[iotype];
	unsigned int i;

	span->first = wants_anywhere(filter, iotype) ? 0 : U64_MAX;
	span->last = span->first ? 0 : U64_MAX;
	for (i = 0; i < filter->nr; i++) {
		const struct blkdebug_range_table *table = filter->table[i];

		if (!(table->iotypes & (1U << iotype)))
			continue;
		span->first = min(span->first, table->first);
		span->last = max(span->last, table->last);
	}
}

static int fill_filter(struct blkdebug_filter *filter,
		       struct blkdebug_filter_builder *b,
		       const struct blkdebug_filter *old)
{
	unsigned int i, j;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(filter->anywhere); i++) {
		filter->anywhere[i] = b->anywhere[i] |
				      (old ? old->anywhere[i] : 0);
		filter->by_flags |= filter->anywhere[i] != filter->anywhere[0];
	}
	for (i = 0; old && i < old->nr; i++)
		append_table(filter, old->table[i]);
	for (i = 0; i < b->nr; i++) {
		if (!b->table[i]->nr)
			continue;
		r = blkdebug_range_table_build(b->table[i]);
		if (r)
			return r;
		append_table(filter, b->table[i]);
		b->table[i] = NULL;
	}
	while (!r && find_pair(filter, &i, &j))
		r = merge_tables(filter, i, j, old);
	for (i = 0; !r && i < BLKDEBUG_NR_IOTYPES; i++)
		measure_span(filter, i);
	return r;
}

/**
 * blkdebug_filter_build - make a filter of the tables of a builder
 * @b: the builder; call blkdebug_filter_builder_free() afterwards
 * @old: a filter whose ranges the new filter includes, or NULL
 *
 * The new filter may share tables with @old.
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: the filter, or NULL if the allocation fails.
 */
struct blkdebug_filter *
blkdebug_filter_build(struct blkdebug_filter_builder *b,
		      const struct blkdebug_filter *old)
{
	unsigned int nr = b->nr + (old ? old->nr : 0);
	struct blkdebug_filter *filter;

	filter = kzalloc(struct_size(filter, table, nr), GFP_KERNEL);
	if (!filter)
		return NULL;
	if (fill_filter(filter, b, old)) {
		blkdebug_filter_free(filter, old);
		return NULL;
	}
	return filter;
}

/**
 * blkdebug_filter_builder_free - free the tables that are in no filter
 * @b: the builder
 *
 * Context: may sleep.
 */
void blkdebug_filter_builder_free(struct blkdebug_filter_builder *b)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		if (b->table[i])
			blkdebug_range_table_free_rcu(b->table[i]);
	}
}

/**
 * blkdebug_filter_free - free a filter after the last reader
 * @filter: the filter, not in force any more, or NULL
 * @other: a filter that stays in force and may share tables with @filter, or NULL
 *
 * Context: may sleep. The control mutex is held.
 */
void blkdebug_filter_free(struct blkdebug_filter *filter,
			  const struct blkdebug_filter *other)
{
	unsigned int i;

	if (!filter)
		return;
	for (i = 0; i < filter->nr; i++) {
		if (!has_table(other, filter->table[i]))
			blkdebug_range_table_free_rcu(filter->table[i]);
	}
	kfree_rcu(filter, rcu);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters: a quick test that no rule matches an I/O, whatever the state is. A filter is
 * immutable, so that readers take no lock but an RCU read section. An add replaces the
 * filter by one that passes fewer I/Os before the new rules are in force.
 */
#ifndef BLKDEBUG_FILTER_H
#define BLKDEBUG_FILTER_H

#include "range-table.h"

/* The I/Os that rules may match. All but @rcu is constant once published. */
struct blkdebug_filter {
	struct rcu_head rcu;
	bool by_flags;			/* elements of @anywhere differ */
	unsigned int nr;		/* elements of @table */
	/*
	 * From the first to the last sector of rules for an iotype; @first is
	 * above @last if there is none.
	 */
	struct blkdebug_range span[BLKDEBUG_NR_IOTYPES];
	u16 anywhere[1U << BLKDEBUG_NR_FLAGS];	/* iotypes of rules without sectors, by
						 * the flags of an I/O
						 */
	struct blkdebug_range_table *table[];	/* ranges of all other rules */
};

/* Different masks of I/O types that a filter builder keeps in tables of their own */
#define BLKDEBUG_FILTER_MASKS	8

/* State of blkdebug_filter_build(). Guarded by the control mutex. */
struct blkdebug_filter_builder {
	unsigned int nr;		/* different masks of I/O types */
	u16 iotypes[BLKDEBUG_FILTER_MASKS];	/* these masks */
	u64 nr_ranges[BLKDEBUG_FILTER_MASKS];	/* ranges of the rules, by mask */
	struct blkdebug_range_table *table[BLKDEBUG_FILTER_MASKS];	/* by mask */
	u16 anywhere[1U << BLKDEBUG_NR_FLAGS];	/* see struct blkdebug_filter */
};

void blkdebug_filter_count(struct blkdebug_filter_builder *b,
			   const struct blkdebug_rule *rule);
int blkdebug_filter_alloc_tables(struct blkdebug_filter_builder *b);
void blkdebug_filter_fill(struct blkdebug_filter_builder *b,
			  const struct blkdebug_rule *rule);
struct blkdebug_filter *
blkdebug_filter_build(struct blkdebug_filter_builder *b,
		      const struct blkdebug_filter *old);
void blkdebug_filter_builder_free(struct blkdebug_filter_builder *b);
void blkdebug_filter_free(struct blkdebug_filter *filter,
			  const struct blkdebug_filter *other);

/**
 * blkdebug_filter_wants - test whether a rule may match an I/O
 * @filter: the filter
 * @iotype: enum blkdebug_iotype of the I/O
 * @flags: flags of the I/O; ignored unless @by_flags of the filter is set
 * @first: first sector of the I/O
 * @last: last sector of the I/O
 *
 * Context: RCU read side.
 *
 * Return: false if no rule matches the I/O.
 */
static inline bool blkdebug_filter_wants(const struct blkdebug_filter *filter,
					 unsigned int iotype, u16 flags,
					 sector_t first, sector_t last)
{
	unsigned int i, bit = 1U << iotype;

	if (filter->anywhere[flags] & bit)
		return true;
	for (i = 0; i < filter->nr; i++) {
		const struct blkdebug_range_table *table = filter->table[i];

		if ((table->iotypes & bit) &&
		    blkdebug_range_table_touched(table, first, last))
			return true;
	}
	return false;
}

#endif

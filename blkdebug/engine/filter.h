/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filters: the shortest test that no rule wants an I/O, whatever the state. A
 * filter never changes; an add replaces it by one that lets fewer I/Os pass,
 * before its rules are in force, so that readers need nothing but RCU.
 */
#ifndef BLKDEBUG_FILTER_H
#define BLKDEBUG_FILTER_H

#include "range-table.h"

/**
 * struct blkdebug_filter - the I/Os that rules are for
 * @rcu: defers the free until no reader can hold the filter
 * @by_flags: does @anywhere depend on flags?
 * @span: by I/O type, the sectors from the first to the last that a rule is for;
 *	@first is above @last if there is none
 * @nr: the number of tables
 * @anywhere: of the rules without sectors: mask of the I/O types that they are
 *	for, by the flags of the I/O
 * @table: the ranges of all other rules
 */
struct blkdebug_filter {
	struct rcu_head rcu;
	bool by_flags;
	unsigned int nr;
	struct blkdebug_range span[BLKDEBUG_NR_IOTYPES];
	u16 anywhere[1U << BLKDEBUG_NR_FLAGS];
	struct blkdebug_range_table *table[];
};

/* Different masks of I/O types that one add or clean-up keeps apart */
#define BLKDEBUG_FILTER_MASKS	8

/**
 * struct blkdebug_filter_builder - rules on their way into a filter
 * @nr: the number of different masks of I/O types
 * @iotypes: these masks
 * @nr_ranges: ranges of the rules, by mask
 * @table: the tables being filled, by mask
 * @anywhere: as in struct blkdebug_filter
 */
struct blkdebug_filter_builder {
	unsigned int nr;
	u16 iotypes[BLKDEBUG_FILTER_MASKS];
	u64 nr_ranges[BLKDEBUG_FILTER_MASKS];
	struct blkdebug_range_table *table[BLKDEBUG_FILTER_MASKS];
	u16 anywhere[1U << BLKDEBUG_NR_FLAGS];
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
 * blkdebug_filter_wants - can a rule be for an I/O?
 * @filter: the filter
 * @iotype: enum blkdebug_iotype of the I/O
 * @flags: its flags; 0 will do unless @filter is @by_flags
 * @first: its first sector
 * @last: its last sector
 *
 * Context: RCU read side.
 *
 * Return: false if no rule is.
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Search: find the rules that match an I/O, in the order of their numbers.
 */
#ifndef BLKDEBUG_SEARCH_H
#define BLKDEBUG_SEARCH_H

#include "rule-index.h"

/* Sources of a search at most: two classes of faults, each standing and armed */
#define BLKDEBUG_SEARCH_SOURCES	(2 * BLKDEBUG_NR_FAULT_CLASSES)

/* Rules of one event and class to be searched */
struct blkdebug_search_source {
	struct blkdebug_rule_class *class;
	u32 state;			/* skip rules for other states */
	u64 up_to;			/* skip rules with a higher number */
};

/* A search for the rules that match an I/O. Used by one thread. */
struct blkdebug_search {
	const struct blkdebug_io_desc *desc;
	u64 after;			/* number of the last rule returned */
	u64 visible;			/* rules with a higher number are not in force */
	unsigned int nr;		/* elements of @source */
	struct blkdebug_search_source source[BLKDEBUG_SEARCH_SOURCES];
	unsigned int pos;		/* next element of @matches */
	bool more;			/* there may be matches behind @matches */
	struct blkdebug_matches matches;	/* the last batch found */
};

void blkdebug_init_search(struct blkdebug_search *search,
			  const struct blkdebug_ruleset *rs,
			  const struct blkdebug_io_desc *desc, u64 after,
			  bool locked);
void blkdebug_add_source(struct blkdebug_search *search,
			 struct blkdebug_rule_class *class, u32 state,
			 u64 up_to);
void __blkdebug_find_matches(struct blkdebug_search *search);

/**
 * blkdebug_next_match - find the next rule that matches the I/O
 * @search: the search
 *
 * Compares all constant conditions of a rule. blkdebug_rule_should_fire() decides
 * whether a rule that matches fires.
 *
 * Context: RCU read side.
 *
 * Return: the rule, or NULL.
 */
static inline struct blkdebug_rule *
blkdebug_next_match(struct blkdebug_search *search)
{
	struct blkdebug_rule *rule;

	if (search->pos == search->matches.nr && search->more)
		__blkdebug_find_matches(search);
	if (search->pos == search->matches.nr)
		return NULL;
	rule = search->matches.rule[search->pos++];
	search->after = rule->number;
	return rule;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Search: find the rules that match an I/O, in the order of their numbers.
 */
#ifndef BLKDEBUG_SEARCH_H
#define BLKDEBUG_SEARCH_H

#include "rule-index.h"

/* The most sources of a search: all classes of faults, standing and armed */
#define BLKDEBUG_SEARCH_SOURCES	(2 * BLKDEBUG_NR_FAULT_CLASSES)

/* Rules of one event and class to be searched */
struct blkdebug_search_source {
	struct blkdebug_rule_class *class;
	u32 state;			/* skip rules for other states */
	u64 up_to;			/* skip rules with a higher number */
};

/* A search for the rules that match an I/O. Used by one thread. */
struct blkdebug_search {
	struct blkdebug_ruleset *rs;
	const struct blkdebug_io_desc *desc;
	u64 after;			/* matches up to this number have been found */
	u64 visible;			/* rules with a higher number are not in force */
	u64 wanted;			/* matches that the next pass is to find */
	struct blkdebug_rule *next;	/* next match found; linked by @next_match */
	unsigned int nr;		/* elements of @source */
	struct blkdebug_search_source source[BLKDEBUG_SEARCH_SOURCES];
};

void blkdebug_init_search(struct blkdebug_search *search,
			  struct blkdebug_ruleset *rs,
			  const struct blkdebug_io_desc *desc, u64 after);
void blkdebug_add_source(struct blkdebug_search *search,
			 struct blkdebug_rule_class *class, u32 state,
			 u64 up_to);
bool blkdebug_any_match(struct blkdebug_search *search);
void __blkdebug_find_matches(struct blkdebug_search *search);

/**
 * blkdebug_next_match - find the next rule that matches the I/O
 * @search: the search; no other search of the ruleset may find matches meanwhile
 *
 * Compares all constant conditions of a rule. blkdebug_rule_should_fire() decides
 * whether a rule that matches fires.
 *
 * Context: the engine's lock is held since blkdebug_init_search().
 *
 * Return: the rule, or NULL.
 */
static inline struct blkdebug_rule *
blkdebug_next_match(struct blkdebug_search *search)
{
	struct blkdebug_rule *rule;

	if (!search->next && search->after != U64_MAX)
		__blkdebug_find_matches(search);
	rule = search->next;
	if (rule)
		search->next = rule->next_match;
	return rule;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches: see search.h.
 */
#include <linux/lockdep.h>

#include "search.h"

/* Matches wanted from the first pass; each further pass wants so many times more */
#define FIRST_PASS	16

/**
 * blkdebug_init_search - begin a search without sources
 * @search: the search
 * @rs: the rules in force
 * @desc: the I/O
 * @after: skip rules with this number or a lower one
 *
 * Context: RCU read side.
 */
void blkdebug_init_search(struct blkdebug_search *search,
			  struct blkdebug_ruleset *rs,
			  const struct blkdebug_io_desc *desc, u64 after)
{
	search->rs = rs;
	search->desc = desc;
	search->after = after;
	search->visible = READ_ONCE(rs->visible);
	search->nr = 0;
	search->next = NULL;
	search->wanted = FIRST_PASS;
}

/**
 * blkdebug_add_source - add the rules of a class to a search
 * @search: the search, before the first blkdebug_next_match()
 * @class: the rules of an event and class
 * @state: skip rules for other states
 * @up_to: skip rules with a higher number
 *
 * Context: RCU read side.
 */
void blkdebug_add_source(struct blkdebug_search *search,
			 struct blkdebug_rule_class *class, u32 state,
			 u64 up_to)
{
	if (READ_ONCE(class->live))
		search->source[search->nr++] = (struct blkdebug_search_source) {
			.class = class,
			.state = state,
			.up_to = min(up_to, search->visible),
		};
}

/* Search all sources. Returns true if @matches is NULL and a rule matches. */
static bool search_sources(struct blkdebug_search *search,
			   struct blkdebug_matches *matches)
{
	const struct blkdebug_run *run;
	unsigned int i;

	for (i = 0; i < search->nr; i++) {
		const struct blkdebug_search_source *source = &search->source[i];
		struct blkdebug_query query = {
			.desc = search->desc,
			.state = source->state,
			.after = search->after,
			.up_to = source->up_to,
		};

		for (run = rcu_dereference(source->class->runs); run;
		     run = rcu_dereference(run->next)) {
			if (blkdebug_run_search(run, &query, matches))
				return true;
		}
	}
	return false;
}

/**
 * blkdebug_any_match - test whether a rule matches the I/O
 * @search: the search
 *
 * Compares all constant conditions of a rule.
 *
 * Context: RCU read side.
 *
 * Return: true if there is a rule.
 */
bool blkdebug_any_match(struct blkdebug_search *search)
{
	return search_sources(search, NULL);
}

/*
 * Find the next matches. Most searches end with one of the first matches, so the first
 * pass looks for a few; the number of passes is logarithmic in the number of matches.
 */
void __blkdebug_find_matches(struct blkdebug_search *search)
{
	struct blkdebug_matches matches = {
		.end = &matches.first,
		.wanted = search->wanted,
		.limit = search->wanted,
		.up_to = U64_MAX,
		.pass = ++search->rs->passes,
	};

	search_sources(search, &matches);
	search->next = blkdebug_sort_matches(&matches);
	search->after = matches.up_to;
	search->wanted *= FIRST_PASS;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Searches: see search.h.
 */
#include "search.h"

/**
 * blkdebug_init_search - begin a search without sources
 * @search: the search
 * @rs: the rules in force
 * @desc: the I/O
 * @after: skip rules with this number or a lower one
 * @locked: the engine's lock is held; otherwise the search looks for one match at
 *	a time, because lockless callers only test whether there is a match
 *
 * Context: RCU read side.
 */
void blkdebug_init_search(struct blkdebug_search *search,
			  const struct blkdebug_ruleset *rs,
			  const struct blkdebug_io_desc *desc, u64 after,
			  bool locked)
{
	search->desc = desc;
	search->after = after;
	search->visible = READ_ONCE(rs->visible);
	search->nr = 0;
	search->pos = 0;
	search->more = true;
	search->matches.nr = 0;
	search->matches.max = locked ? BLKDEBUG_MATCHES : 1;
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

void __blkdebug_find_matches(struct blkdebug_search *search)
{
	struct blkdebug_matches *matches = &search->matches;
	const struct blkdebug_run *run;
	unsigned int i;

	search->pos = 0;
	matches->nr = 0;
	for (i = 0; i < search->nr; i++) {
		const struct blkdebug_search_source *source = &search->source[i];
		struct blkdebug_query query = {
			.desc = search->desc,
			.state = source->state,
			.after = search->after,
			.up_to = source->up_to,
		};

		for (run = rcu_dereference(source->class->runs); run;
		     run = rcu_dereference(run->next))
			blkdebug_run_search(run, &query, matches);
	}
	search->more = matches->nr == matches->max;
}

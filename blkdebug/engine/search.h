/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searches for the rules that an I/O matches, in the order of their numbers.
 */
#ifndef BLKDEBUG_SEARCH_H
#define BLKDEBUG_SEARCH_H

#include "rule-index.h"

/* At most: faults of two classes, standing and armed */
#define BLKDEBUG_SEARCH_SOURCES	(2 * BLKDEBUG_NR_FAULT_CLASSES)

/**
 * struct blkdebug_search_source - rules of one event and class, to be searched
 * @class: event and class
 * @state: the state that they are judged by
 * @upto: rules with a higher number do not count
 */
struct blkdebug_search_source {
	struct blkdebug_rule_class *class;
	u32 state;
	u64 upto;
};

/**
 * struct blkdebug_search - a search for the rules that an I/O matches, by number
 * @desc: the I/O
 * @after: the number of the rule returned last
 * @visible: rules with a higher number are not in force
 * @nr: of @source
 * @source: where to look
 * @pos: the next of @matches
 * @more: may there be further matches than @matches has?
 * @matches: the matches found last
 */
struct blkdebug_search {
	const struct blkdebug_io_desc *desc;
	u64 after;
	u64 visible;
	unsigned int nr;
	struct blkdebug_search_source source[BLKDEBUG_SEARCH_SOURCES];
	unsigned int pos;
	bool more;
	struct blkdebug_matches matches;
};

void blkdebug_init_search(struct blkdebug_search *search,
			  const struct blkdebug_ruleset *rs,
			  const struct blkdebug_io_desc *desc, u64 after,
			  bool locked);
void blkdebug_add_source(struct blkdebug_search *search,
			 struct blkdebug_rule_class *class, u32 state,
			 u64 upto);
struct blkdebug_rule *blkdebug_next_match(struct blkdebug_search *search);

#endif

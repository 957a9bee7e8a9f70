/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs: the ranges of many rules in one array that never changes, sorted by
 * first sector, with a tree over it that tells which parts can hold a match.
 * A rule without sectors has one entry, over all sectors. Readers need nothing
 * but RCU.
 */
#ifndef BLKDEBUG_RUN_H
#define BLKDEBUG_RUN_H

#include "../rules/rule.h"

/* Matches that one search can return */
#define BLKDEBUG_MATCHES	64

/**
 * struct blkdebug_run_entry - a range in a run
 * @first: its first sector
 * @last: its last sector
 * @rule: the rule that the range is of
 */
struct blkdebug_run_entry {
	sector_t first;
	sector_t last;
	struct blkdebug_rule *rule;
};

struct blkdebug_run_node;

/**
 * struct blkdebug_run - ranges of many rules
 * @rcu: defers the free until no reader can hold the run
 * @next: the next older run
 * @node: the tree: node n has the children 2n and 2n + 1, and the root is 1
 * @leaves: the number of leaves of the tree, a power of two
 * @nr: the number of entries, at least one
 * @entry: the entries
 */
struct blkdebug_run {
	struct rcu_head rcu;
	struct blkdebug_run __rcu *next;
	struct blkdebug_run_node *node;
	u32 leaves;
	u32 nr;
	struct blkdebug_run_entry entry[];
};

/**
 * struct blkdebug_query - what a search asks for
 * @desc: the I/O that rules are to match
 * @state: rules for other states do not match
 * @after: nor do rules with this number or a lower one
 * @upto: nor do rules with a higher one than this
 */
struct blkdebug_query {
	const struct blkdebug_io_desc *desc;
	u32 state;
	u64 after;
	u64 upto;
};

/**
 * struct blkdebug_matches - the matches with the lowest numbers
 * @max: how many are wanted, at most %BLKDEBUG_MATCHES
 * @nr: how many there are so far
 * @rule: the rules, in the order of their numbers
 */
struct blkdebug_matches {
	unsigned int max;
	unsigned int nr;
	struct blkdebug_rule *rule[BLKDEBUG_MATCHES];
};

struct blkdebug_run *blkdebug_run_alloc(u64 nr);
int blkdebug_run_build(struct blkdebug_run *run);
struct blkdebug_run *blkdebug_run_merge(const struct blkdebug_run *a,
					const struct blkdebug_run *b,
					struct list_head *freed);
void blkdebug_run_free_rcu(struct blkdebug_run *run);
void blkdebug_run_release(struct blkdebug_run *run);
void blkdebug_run_search(const struct blkdebug_run *run,
			 const struct blkdebug_query *query,
			 struct blkdebug_matches *matches);

#endif

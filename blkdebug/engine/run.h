/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs: the ranges of many rules in one immutable array, sorted by first sector, with
 * a tree that summarizes the entries, so that a search skips those that cannot match.
 * A rule without sectors has one entry, over all sectors. Readers are in an RCU read
 * section and take no lock.
 */
#ifndef BLKDEBUG_RUN_H
#define BLKDEBUG_RUN_H

#include <linux/rcupdate.h>

#include "../rules/rule.h"

/* A range of a rule */
struct blkdebug_run_entry {
	sector_t first;
	sector_t last;
	struct blkdebug_rule *rule;
};

struct blkdebug_run_node;

/* Ranges of many rules. All but @rcu and @next is constant once published. */
struct blkdebug_run {
	struct rcu_head rcu;
	struct blkdebug_run __rcu *next;	/* next older run */
	struct blkdebug_run_node *node;	/* the tree: node n has the children 2n and
					 * 2n + 1, and the root is 1
					 */
	u32 leaves;			/* of the tree, a power of two */
	u32 nr;				/* elements of @entry */
	struct blkdebug_run_entry entry[];
};

/* Conditions of a search */
struct blkdebug_query {
	const struct blkdebug_io_desc *desc;
	u32 state;			/* skip rules for other states */
	u64 after;			/* skip rules up to this number */
	u64 up_to;			/* skip rules with a higher number */
};

/* Matches that one pass of a search has found */
struct blkdebug_matches {
	struct blkdebug_rule *first;	/* linked by @next_match, in no order */
	struct blkdebug_rule **end;	/* where the pointer to the next match belongs */
	u64 nr;				/* matches in the list */
	u64 wanted;			/* at least so many, if there are as many */
	u64 limit;			/* @nr at which to drop those not wanted */
	u64 up_to;			/* the list lacks matches with a higher number */
	u64 pass;			/* number of the pass, see @found_by of a rule */
	u64 base;			/* number of a rule, a multiple of 64 */
	u64 bits;			/* bit n: rule @base + n is marked as found */
};

struct blkdebug_run *blkdebug_run_alloc(u64 nr);
int blkdebug_run_build(struct blkdebug_run *run);
struct blkdebug_run *blkdebug_run_merge(const struct blkdebug_run *a,
					const struct blkdebug_run *b,
					struct list_head *freed);
void blkdebug_run_free_rcu(struct blkdebug_run *run);
void blkdebug_run_release(struct blkdebug_run *run);
bool blkdebug_run_search(const struct blkdebug_run *run,
			 const struct blkdebug_query *query,
			 struct blkdebug_matches *matches);
struct blkdebug_rule *blkdebug_sort_matches(struct blkdebug_matches *matches);

#endif

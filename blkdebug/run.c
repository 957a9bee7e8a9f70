// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs: sorted arrays of ranges. See run.h.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "run.h"

/* Entries under one leaf of a tree */
#define RUN_BLOCK	8

/**
 * struct blkdebug_run_node - what a part of a run can offer
 * @last: the last sector of any of its ranges
 * @number: the lowest number of any of its rules
 */
struct blkdebug_run_node {
	sector_t last;
	u64 number;
};

/**
 * struct blkdebug_run_tree - a binary tree over a run's blocks of entries
 * @rcu: frees it
 * @leaves: how many blocks it has room for, a power of two
 * @node: node n has the children 2n and 2n + 1; the root is 1
 */
struct blkdebug_run_tree {
	struct rcu_head rcu;
	u32 leaves;
	struct blkdebug_run_node node[];
};

/*
 * Search. Each of these improves on @best: it returns the live rule with the
 * lowest number above @after that matches, or @best if that is lower.
 */

static struct blkdebug_rule *better(struct blkdebug_rule *rule, u64 after,
				    struct blkdebug_rule *best)
{
	if (rule->number <= after || (best && best->number < rule->number) ||
	    READ_ONCE(rule->dead))
		return best;
	return rule;
}

static struct blkdebug_rule *search_sorted(const struct blkdebug_run *run,
					   sector_t first, sector_t last,
					   u64 after,
					   struct blkdebug_rule *best)
{
	u32 i;

	for (i = blkdebug_run_lower_bound(run, first);
	     i < run->nr && run->entry[i].first <= last; i++)
		best = better(run->entry[i].rule, after, best);
	return best;
}

static struct blkdebug_rule *search_block(const struct blkdebug_run *run,
					  u32 leaf, sector_t first,
					  sector_t last, u64 after,
					  struct blkdebug_rule *best)
{
	u32 i = leaf * RUN_BLOCK;
	u32 end = min(i + RUN_BLOCK, run->nr);

	for (; i < end && run->entry[i].first <= last; i++) {
		if (run->entry[i].last >= first)
			best = better(run->entry[i].rule, after, best);
	}
	return best;
}

/*
 * Walk the tree from left to right, passing over each part whose ranges end
 * too early or whose rules come too late, until ranges start too late.
 */
static struct blkdebug_rule *search_tree(const struct blkdebug_run *run,
					 sector_t first, sector_t last,
					 u64 after, struct blkdebug_rule *best)
{
	const struct blkdebug_run_tree *tree = run->tree;
	u32 height = ilog2(tree->leaves);
	u32 node = 1;

	for (;;) {
		u32 leaf = (node << (height - ilog2(node))) - tree->leaves;

		if ((u64)leaf * RUN_BLOCK >= run->nr ||
		    run->entry[leaf * RUN_BLOCK].first > last)
			return best;
		if (tree->node[node].last >= first &&
		    !(best && best->number < tree->node[node].number)) {
			if (node < tree->leaves) {
				node *= 2;
				continue;
			}
			best = search_block(run, leaf, first, last, after, best);
		}
		while (node & 1)
			node /= 2;
		if (!node)
			return best;
		node++;
	}
}

/**
 * blkdebug_run_find - find the first written rule that a request matches
 * @run: where to look
 * @first: the request's first sector
 * @last: its last sector
 * @after: only rules with a higher number
 * @best: a rule found elsewhere, or NULL
 *
 * Return: the rule, or @best if that was written earlier. The caller holds the
 * engine's lock or an RCU read lock.
 */
struct blkdebug_rule *blkdebug_run_find(const struct blkdebug_run *run,
					sector_t first, sector_t last,
					u64 after, struct blkdebug_rule *best)
{
	if (run->tree)
		return search_tree(run, first, last, after, best);
	return search_sorted(run, first, last, after, best);
}

/**
 * blkdebug_run_alloc - make a run to be filled
 * @nr: entries
 *
 * May sleep.
 *
 * Return: the run, or NULL.
 */
struct blkdebug_run *blkdebug_run_alloc(u64 nr)
{
	struct blkdebug_run *run;

	if (nr > U32_MAX - RUN_BLOCK)
		return NULL;
	/* Room for the slots, see make_slots(), and for one behind the last */
	run = kvmalloc(struct_size(run, entry, nr) +
		       (2 * nr + 2) * sizeof(u32), BLKDEBUG_GFP_LONG);
	if (!run)
		return NULL;
	run->next = NULL;
	run->tree = NULL;
	run->slot = (u32 *)&run->entry[nr];
	run->nr = nr;
	return run;
}

/**
 * blkdebug_run_free - free a run that no reader can see
 * @run: the run, or NULL
 */
void blkdebug_run_free(struct blkdebug_run *run)
{
	if (run) {
		kvfree(run->tree);
		kvfree(run);
	}
}

/**
 * blkdebug_run_free_rcu - free a run that readers may still be looking at
 * @run: the run; nothing leads to it any more
 */
void blkdebug_run_free_rcu(struct blkdebug_run *run)
{
	if (run->tree)
		kvfree_rcu(run->tree, rcu);
	kvfree_rcu(run, rcu);
}

static struct blkdebug_run_node leaf_node(const struct blkdebug_run *run,
					  u32 leaf)
{
	struct blkdebug_run_node node = { .last = 0, .number = U64_MAX };
	u64 i = (u64)leaf * RUN_BLOCK;
	u64 end = min_t(u64, i + RUN_BLOCK, run->nr);

	for (; i < end; i++) {
		node.last = max(node.last, run->entry[i].last);
		node.number = min(node.number, run->entry[i].rule->number);
	}
	return node;
}

static bool run_overlaps(const struct blkdebug_run *run)
{
	u32 i;

	for (i = 1; i < run->nr; i++) {
		if (run->entry[i].first <= run->entry[i - 1].last)
			return true;
	}
	return false;
}

static int make_tree(struct blkdebug_run *run)
{
	struct blkdebug_run_tree *tree;
	u32 leaves, i;

	leaves = roundup_pow_of_two(DIV_ROUND_UP(run->nr, RUN_BLOCK));
	tree = kvmalloc(struct_size(tree, node, 2UL * leaves),
			BLKDEBUG_GFP_LONG);
	if (!tree)
		return -ENOMEM;
	tree->leaves = leaves;
	for (i = 0; i < leaves; i++)
		tree->node[leaves + i] = leaf_node(run, i);
	for (i = leaves - 1; i; i--) {
		const struct blkdebug_run_node *child = &tree->node[2 * i];

		tree->node[i].last = max(child[0].last, child[1].last);
		tree->node[i].number = min(child[0].number, child[1].number);
	}
	run->tree = tree;
	return 0;
}

/*
 * More slots than entries, and at most twice as many, so that most slots have
 * one entry or none.
 */
static void make_slots(struct blkdebug_run *run)
{
	u64 span = run->last - run->first;
	u32 i = 0, slot;

	run->shift = 0;
	while (run->shift < 63 && span >> run->shift >= 2ULL * run->nr)
		run->shift++;
	run->nr_slots = (span >> run->shift) + 1;
	for (slot = 0; slot < run->nr_slots; slot++) {
		while (run->entry[i].last - run->first <
		       (u64)slot << run->shift)
			i++;
		run->slot[slot] = i;
	}
	run->slot[run->nr_slots] = run->nr;
}

/**
 * blkdebug_run_complete - give a filled and sorted run what searching it needs
 * @run: the run
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_run_complete(struct blkdebug_run *run)
{
	u32 i;

	run->first = U64_MAX;
	run->last = 0;
	run->nr_slots = 0;
	for (i = 0; i < run->nr; i++) {
		run->first = min(run->first, run->entry[i].first);
		run->last = max(run->last, run->entry[i].last);
	}
	if (run_overlaps(run))
		return make_tree(run);
	if (run->nr)
		make_slots(run);
	return 0;
}

static int cmp_entries(const void *a, const void *b)
{
	const struct blkdebug_run_entry *ea = a, *eb = b;

	if (ea->first != eb->first)
		return ea->first < eb->first ? -1 : 1;
	return 0;
}

/**
 * blkdebug_run_sort - sort a filled run
 * @run: the run; often it is sorted as it is
 */
void blkdebug_run_sort(struct blkdebug_run *run)
{
	u32 i;

	for (i = 1; i < run->nr; i++) {
		if (run->entry[i].first < run->entry[i - 1].first) {
			sort(run->entry, run->nr, sizeof(run->entry[0]),
			     cmp_entries, NULL);
			return;
		}
	}
}

/**
 * blkdebug_run_mark_leaving - note which rules of a run match no more
 * @run: the run
 * @leaving: they are added to this list
 *
 * This is decided once for each rule: one that dies later must be left in the
 * new run with all its ranges. The caller holds the control mutex.
 *
 * Return: how many ranges remain.
 */
u64 blkdebug_run_mark_leaving(const struct blkdebug_run *run,
			      struct list_head *leaving)
{
	u64 remain = 0;
	u32 i;

	for (i = 0; i < run->nr; i++) {
		struct blkdebug_rule *rule = run->entry[i].rule;

		if (rule->indexed == BLKDEBUG_INDEXED && READ_ONCE(rule->dead)) {
			rule->indexed = BLKDEBUG_LEAVING;
			list_add_tail(&rule->link, leaving);
		}
		if (rule->indexed != BLKDEBUG_LEAVING)
			remain++;
	}
	return remain;
}

static const struct blkdebug_run_entry *
next_entry(const struct blkdebug_run *run, u32 *pos)
{
	while (*pos < run->nr && run->entry[*pos].rule->indexed == BLKDEBUG_LEAVING)
		(*pos)++;
	return *pos < run->nr ? &run->entry[*pos] : NULL;
}

/**
 * blkdebug_run_merge - make one run of two, without rules that match no more
 * @a: a run
 * @b: another
 * @leaving: these rules are added to this list
 *
 * The caller holds the control mutex. May sleep.
 *
 * Return: the run, filled and sorted, or NULL.
 */
struct blkdebug_run *blkdebug_run_merge(const struct blkdebug_run *a,
					const struct blkdebug_run *b,
					struct list_head *leaving)
{
	u64 nr = blkdebug_run_mark_leaving(a, leaving) +
		 blkdebug_run_mark_leaving(b, leaving);
	struct blkdebug_run *run = blkdebug_run_alloc(nr);
	u32 i = 0, j = 0;

	if (!run)
		return NULL;
	for (nr = 0; nr < run->nr; nr++) {
		const struct blkdebug_run_entry *ea = next_entry(a, &i);
		const struct blkdebug_run_entry *eb = next_entry(b, &j);

		if (ea && (!eb || ea->first <= eb->first)) {
			run->entry[nr] = *ea;
			i++;
		} else {
			run->entry[nr] = *eb;
			j++;
		}
	}
	cond_resched();
	return run;
}

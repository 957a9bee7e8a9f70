// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs: see run.h.
 */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../rules/chance.h"
#include "../rules/sort.h"
#include "run.h"

/* Entries under one leaf of the tree */
#define LEAF_ENTRIES	16

/* Entries handled between two calls of cond_resched() */
#define RESCHED_BATCH	2048

/* Summary of the entries below a node. Constant once the run is published. */
struct blkdebug_run_node {
	sector_t last;			/* maximum of the last sectors */
	u64 min_number;
	u64 max_number;
	u32 min_state;			/* 0: at least one rule is for any state */
	u32 max_state;
	u16 iotypes;			/* of any rule */
	u16 flags_set;			/* that all rules require */
	u16 flags_clear;		/* that all rules exclude */
};

static const struct blkdebug_run_node empty_node = {
	.min_number = U64_MAX,
	.min_state = U32_MAX,
	.flags_set = U16_MAX,
	.flags_clear = U16_MAX,
};

/**
 * blkdebug_run_alloc - allocate a run whose entries the caller sets
 * @nr: the number of entries
 *
 * Context: may sleep.
 *
 * Return: the run, or NULL if the allocation fails.
 */
struct blkdebug_run *blkdebug_run_alloc(u64 nr)
{
	struct blkdebug_run *run;
	u32 leaves;

	if (nr > U32_MAX / 2)
		return NULL;
	leaves = roundup_pow_of_two(DIV_ROUND_UP((u32)nr, LEAF_ENTRIES));
	run = kvmalloc(struct_size(run, entry, nr) +
		       2 * leaves * sizeof(*run->node), BLKDEBUG_GFP_LONG);
	if (!run)
		return NULL;
	RCU_INIT_POINTER(run->next, NULL);
	run->node = (struct blkdebug_run_node *)&run->entry[nr];
	run->nr = nr;
	return run;
}

/**
 * blkdebug_run_free_rcu - free a run after the last reader
 * @run: the run, not in the list of its class any more
 *
 * Leaves @nr_indexed of the rules as it is.
 *
 * Context: may sleep.
 */
void blkdebug_run_free_rcu(struct blkdebug_run *run)
{
	kvfree_rcu(run, rcu);
}

/**
 * blkdebug_run_release - free a run that no reader can see
 * @run: the run
 *
 * Frees removed rules that are in no other run, too.
 *
 * Context: may sleep.
 */
void blkdebug_run_release(struct blkdebug_run *run)
{
	u32 i;

	for (i = 0; i < run->nr; i++) {
		struct blkdebug_rule *rule = run->entry[i].rule;

		if (!--rule->nr_indexed && rule->gone)
			blkdebug_free_rule(rule);
		if (!(i % RESCHED_BATCH))
			cond_resched();
	}
	kvfree(run);
}

static void add_to_node(struct blkdebug_run_node *node,
			const struct blkdebug_run_node *part)
{
	node->last = max(node->last, part->last);
	node->min_number = min(node->min_number, part->min_number);
	node->max_number = max(node->max_number, part->max_number);
	node->min_state = min(node->min_state, part->min_state);
	node->max_state = max(node->max_state, part->max_state);
	node->iotypes |= part->iotypes;
	node->flags_set &= part->flags_set;
	node->flags_clear &= part->flags_clear;
}

static void make_leaf(struct blkdebug_run *run, u32 leaf)
{
	struct blkdebug_run_node *node = &run->node[run->leaves + leaf];
	u32 i, end = min(leaf * LEAF_ENTRIES + LEAF_ENTRIES, run->nr);

	*node = empty_node;
	for (i = leaf * LEAF_ENTRIES; i < end; i++) {
		const struct blkdebug_rule *rule = run->entry[i].rule;
		struct blkdebug_run_node part = {
			.last = run->entry[i].last,
			.min_number = rule->number,
			.max_number = rule->number,
			.min_state = rule->state,
			.max_state = rule->state,
			.iotypes = rule->iotypes,
			.flags_set = rule->flags_set,
			.flags_clear = rule->flags_clear,
		};

		add_to_node(node, &part);
	}
}

static void make_tree(struct blkdebug_run *run)
{
	u32 i;

	run->leaves = run->nr ?
		roundup_pow_of_two(DIV_ROUND_UP(run->nr, LEAF_ENTRIES)) : 1;
	for (i = 0; i < run->leaves; i++) {
		make_leaf(run, i);
		if (!(i % (RESCHED_BATCH / LEAF_ENTRIES)))
			cond_resched();
	}
	for (i = run->leaves - 1; i; i--) {
		run->node[i] = run->node[2 * i];
		add_to_node(&run->node[i], &run->node[2 * i + 1]);
		if (!(i % RESCHED_BATCH))
			cond_resched();
	}
}

/*
 * Order entries by first sector, because the search ends at the first entry behind the
 * I/O. Entries with the same first sector are ordered by their conditions, so that the
 * entries below a node have conditions in common and the search skips more nodes.
 */
static int compare_entries(const void *a, const void *b)
{
	const struct blkdebug_run_entry *ea = a, *eb = b;
	const struct blkdebug_rule *ra = ea->rule, *rb = eb->rule;

	if (ea->first != eb->first)
		return ea->first < eb->first ? -1 : 1;
	if (ra->state != rb->state)
		return ra->state < rb->state ? -1 : 1;
	if (ra->flags_set != rb->flags_set)
		return ra->flags_set < rb->flags_set ? -1 : 1;
	if (ra->flags_clear != rb->flags_clear)
		return ra->flags_clear < rb->flags_clear ? -1 : 1;
	if (ra->iotypes != rb->iotypes)
		return ra->iotypes < rb->iotypes ? -1 : 1;
	if (ra->number != rb->number)
		return ra->number < rb->number ? -1 : 1;
	return 0;
}

/**
 * blkdebug_run_build - sort the entries of a run and index them
 * @run: the run, with all entries set
 *
 * Context: may sleep.
 *
 * Return: 0, or -ENOMEM; the caller frees the run then.
 */
int blkdebug_run_build(struct blkdebug_run *run)
{
	int r = blkdebug_sort(run->entry, run->nr, sizeof(run->entry[0]),
			      compare_entries);

	if (!r)
		make_tree(run);
	return r;
}

/* Append an entry. If its rule is dead, account the dropped entry instead. */
static void merge_entry(struct blkdebug_run *run,
			const struct blkdebug_run_entry *entry,
			struct list_head *freed)
{
	struct blkdebug_rule *rule = entry->rule;

	if (!READ_ONCE(rule->dead)) {
		run->entry[run->nr++] = *entry;
		return;
	}
	if (!--rule->nr_indexed && rule->gone)
		list_add_tail(&rule->link, freed);
}

/**
 * blkdebug_run_merge - merge two runs into a new one without dead rules
 * @a: a run
 * @b: another run, or NULL
 * @freed: list that receives the removed rules that are in no other run than @a and
 *	@b; to be freed after the last reader of these runs
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: the run, which may be empty, or NULL if the allocation fails.
 */
struct blkdebug_run *blkdebug_run_merge(const struct blkdebug_run *a,
					const struct blkdebug_run *b,
					struct list_head *freed)
{
	u32 nr_b = b ? b->nr : 0;
	struct blkdebug_run *run = blkdebug_run_alloc((u64)a->nr + nr_b);
	u32 i = 0, j = 0;

	if (!run)
		return NULL;
	run->nr = 0;
	while (i < a->nr || j < nr_b) {
		if (j == nr_b || (i < a->nr && compare_entries(&a->entry[i],
							       &b->entry[j]) <= 0))
			merge_entry(run, &a->entry[i++], freed);
		else
			merge_entry(run, &b->entry[j++], freed);
		if (!((i + j) % RESCHED_BATCH))
			cond_resched();
	}
	make_tree(run);
	return run;
}

/* Merge two sorted lists of matches. */
static struct blkdebug_rule *merge_matches(struct blkdebug_rule *a,
					   struct blkdebug_rule *b)
{
	struct blkdebug_rule *first, **end = &first;

	while (a && b) {
		struct blkdebug_rule **lower = a->number < b->number ? &a : &b;

		*end = *lower;
		end = &(*end)->next_match;
		*lower = *end;
	}
	*end = a ?: b;
	return first;
}

/* Remove the matches from the list up to the first one that is out of order. */
static struct blkdebug_rule *take_sorted(struct blkdebug_rule **list)
{
	struct blkdebug_rule *first = *list, *last = first, *next;

	while ((next = last->next_match) && next->number > last->number)
		last = next;
	last->next_match = NULL;
	*list = next;
	return first;
}

/**
 * blkdebug_sort_matches - sort the matches by number
 * @matches: the matches
 *
 * A merge sort of the parts that are in order already: matches of rules that were loaded
 * in the order of their sectors are a few such parts.
 *
 * Context: the engine's lock is held.
 *
 * Return: the first match, or NULL.
 */
struct blkdebug_rule *blkdebug_sort_matches(struct blkdebug_matches *matches)
{
	/* part[i] consists of 2^i parts */
	struct blkdebug_rule *part[32] = { }, *list, *sorted;
	unsigned int i;

	*matches->end = NULL;
	list = matches->first;
	while (list) {
		sorted = take_sorted(&list);
		for (i = 0; part[i]; i++) {
			sorted = merge_matches(part[i], sorted);
			part[i] = NULL;
		}
		part[i] = sorted;
	}
	sorted = NULL;
	for (i = 0; i < ARRAY_SIZE(part); i++)
		sorted = merge_matches(part[i], sorted);
	matches->first = sorted;
	return sorted;
}

/* Drop all but the @wanted matches with the lowest numbers, and add no higher ones. */
static void limit_matches(struct blkdebug_matches *matches)
{
	struct blkdebug_rule *last = blkdebug_sort_matches(matches);

	for (matches->nr = 1; matches->nr < matches->wanted; matches->nr++)
		last = last->next_match;
	matches->end = &last->next_match;
	matches->up_to = last->number;
	matches->limit = 2 * matches->wanted;
}

/* Mark a rule of several ranges as found. Returns false if it is marked already. */
static bool mark_found(struct blkdebug_matches *matches,
		       struct blkdebug_rule *rule)
{
	if (rule->found_by == matches->pass)
		return false;
	rule->found_by = matches->pass;
	if (!matches->bits)
		matches->base = rule->number & ~63ULL;
	if (rule->number - matches->base < 64)
		matches->bits |= 1ULL << (rule->number - matches->base);
	return true;
}

static void add_match(struct blkdebug_matches *matches,
		      struct blkdebug_rule *rule)
{
	if (rule->nr_ranges > 1 && !mark_found(matches, rule))
		return;
	*matches->end = rule;
	matches->end = &rule->next_match;
	if (++matches->nr == matches->limit)
		limit_matches(matches);
}

/* Test whether all numbers that the rules under a node can have are marked as found. */
static bool all_found(const struct blkdebug_run_node *node,
		      const struct blkdebug_matches *matches)
{
	u64 low = node->min_number - matches->base;
	u64 high = node->max_number - matches->base;
	u64 bits;

	if (low > high || high >= 64)
		return false;
	bits = (U64_MAX << low) & (U64_MAX >> (63 - high));
	return (matches->bits & bits) == bits;
}

static __always_inline bool rule_matches(const struct blkdebug_rule *rule,
					 const struct blkdebug_query *query)
{
	const struct blkdebug_io_desc *desc = query->desc;

	return !READ_ONCE(rule->dead) &&
	       (!rule->state || rule->state == query->state) &&
	       (rule->iotypes & (1U << desc->iotype)) &&
	       (desc->flags & rule->flags_set) == rule->flags_set &&
	       !(desc->flags & rule->flags_clear) &&
	       (desc->nr_sectors || !rule->nr_ranges) &&
	       blkdebug_rule_for_task(rule, desc);
}

/* Returns true if @matches is NULL and a rule matches. */
static bool search_leaf(const struct blkdebug_run *run, u32 leaf,
			const struct blkdebug_query *query, sector_t last,
			struct blkdebug_matches *matches)
{
	u32 i, end = min(leaf * LEAF_ENTRIES + LEAF_ENTRIES, run->nr);

	for (i = leaf * LEAF_ENTRIES; i < end; i++) {
		const struct blkdebug_run_entry *entry = &run->entry[i];
		struct blkdebug_rule *rule = entry->rule;

		if (entry->first > last)
			break;
		if (entry->last < query->desc->sector ||
		    rule->number <= query->after ||
		    rule->number > query->up_to ||
		    (matches && rule->number > matches->up_to) ||
		    !rule_matches(rule, query))
			continue;
		if (!matches)
			return true;
		add_match(matches, rule);
	}
	return false;
}

static bool node_can_match(const struct blkdebug_run_node *node,
			   const struct blkdebug_query *query,
			   const struct blkdebug_matches *matches)
{
	const struct blkdebug_io_desc *desc = query->desc;

	return node->last >= desc->sector && node->max_number > query->after &&
	       node->min_number <= query->up_to &&
	       (!matches || node->min_number <= matches->up_to) &&
	       (!node->min_state || (node->min_state <= query->state &&
				     query->state <= node->max_state)) &&
	       (node->iotypes & (1U << desc->iotype)) &&
	       (desc->flags & node->flags_set) == node->flags_set &&
	       !(desc->flags & node->flags_clear);
}

/*
 * Test whether the search can skip a node because of its rules: a rule can have a
 * million ranges that an I/O touches, of which one is enough.
 */
static bool rules_decided(const struct blkdebug_run *run, u32 leaf,
			  const struct blkdebug_run_node *node,
			  const struct blkdebug_query *query,
			  const struct blkdebug_matches *matches)
{
	const struct blkdebug_rule *rule;

	if (matches && all_found(node, matches))
		return true;
	if (node->min_number != node->max_number)
		return false;
	rule = run->entry[leaf * LEAF_ENTRIES].rule;
	return !rule_matches(rule, query) ||
	       (matches && rule->found_by == matches->pass);
}

/**
 * blkdebug_run_search - find the rules that match an I/O
 * @run: the run
 * @query: the I/O and the conditions
 * @matches: the matches so far, to be extended; NULL: only test whether a rule matches
 *
 * Walks the tree from left to right, skips each node without a match below it, and
 * ends at the first range behind the I/O. An I/O without sectors is
 * at sector 0 and matches only rules without sectors.
 *
 * Context: RCU read side; the engine's lock is held if @matches is not NULL. Without the
 * lock, the search may miss rules that are being added and find rules that are being
 * used up.
 *
 * Return: true if @matches is NULL and a rule matches.
 */
bool blkdebug_run_search(const struct blkdebug_run *run,
			 const struct blkdebug_query *query,
			 struct blkdebug_matches *matches)
{
	const struct blkdebug_io_desc *desc = query->desc;
	sector_t last = desc->nr_sectors ? desc->sector + desc->nr_sectors - 1 :
					 desc->sector;
	u32 height = ilog2(run->leaves);
	u32 node = 1;

	for (;;) {
		u32 leaf = (node << (height - ilog2(node))) - run->leaves;

		if ((u64)leaf * LEAF_ENTRIES >= run->nr ||
		    run->entry[leaf * LEAF_ENTRIES].first > last)
			return false;
		if (node_can_match(&run->node[node], query, matches) &&
		    !rules_decided(run, leaf, &run->node[node], query,
				   matches)) {
			if (node < run->leaves) {
				node *= 2;
				continue;
			}
			if (search_leaf(run, leaf, query, last, matches))
				return true;
		}
		while (node & 1)
			node /= 2;
		if (!node)
			return false;
		node++;
	}
}

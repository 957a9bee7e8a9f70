// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a table: kept in buckets, found by search. See index.h.
 */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/stringhash.h>

#include "index.h"

/* Entries under one leaf of a run's tree */
#define RUN_BLOCK	8

/* Dead ranges that a bucket may have before it is worth a clean-up */
#define DEAD_RANGES	64

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

/* struct blkdebug_rule's @indexed */
enum {
	NOT_INDEXED,
	INDEXED,	/* a run has its ranges */
	LEAVING,	/* the run that is about to be published has not */
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

/* The first entry that does not end before @first, in a run without overlaps */
static u32 run_lower_bound(const struct blkdebug_run *run, sector_t first)
{
	u32 lo = 0, nr = run->nr;

	while (nr) {
		u32 half = nr / 2;

		if (run->entry[lo + half].last < first) {
			lo += half + 1;
			nr -= half + 1;
		} else {
			nr = half;
		}
	}
	return lo;
}

static struct blkdebug_rule *search_sorted(const struct blkdebug_run *run,
					   sector_t first, sector_t last,
					   u64 after,
					   struct blkdebug_rule *best)
{
	u32 i;

	for (i = run_lower_bound(run, first);
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

static struct blkdebug_rule *
bucket_first(struct blkdebug_bucket *bucket, const struct blkdebug_io *io,
	     u64 after, struct blkdebug_rule *best)
{
	const struct blkdebug_run *run;
	struct blkdebug_rule *rule;

	list_for_each_entry_rcu(rule, &bucket->anywhere, link, 1) {
		if (best && best->number < rule->number)
			break;
		if (rule->number > after && !READ_ONCE(rule->dead)) {
			best = rule;
			break;
		}
	}
	if (!io->nr_sectors)
		return best;

	for (run = rcu_dereference_check(bucket->runs, 1); run;
	     run = run->next) {
		sector_t last = io->sector + io->nr_sectors - 1;

		if (run->tree)
			best = search_tree(run, io->sector, last, after, best);
		else
			best = search_sorted(run, io->sector, last, after, best);
	}
	return best;
}

static struct blkdebug_rule *
group_first(struct blkdebug_group *group, const struct blkdebug_io *io,
	    u64 after, struct blkdebug_rule *best)
{
	struct blkdebug_bucket *bucket;

	if (!READ_ONCE(group->live))
		return best;
	list_for_each_entry_rcu(bucket, &group->buckets, link, 1) {
		if ((bucket->iotypes & (1U << io->iotype)) &&
		    (io->flags & bucket->flags_set) == bucket->flags_set &&
		    !(io->flags & bucket->flags_clear))
			best = bucket_first(bucket, io, after, best);
	}
	return best;
}

/**
 * blkdebug_kind_state - the rules that ask for one state
 * @kind: event and kind of the rules
 * @state: the state; 0 is none that a rule can ask for
 *
 * Return: the group, or NULL if no rule asks for it. The caller holds the
 * engine's lock or rcu_read_lock().
 */
struct blkdebug_group *blkdebug_kind_state(struct blkdebug_kind *kind,
					   u32 state)
{
	if (xa_empty(&kind->by_state))
		return NULL;
	return xa_load(&kind->by_state, state);
}

/**
 * blkdebug_kind_first - find the first written rule that a request matches
 * @kind: event and kind of the rules
 * @state: the state in force
 * @io: the request
 * @after: only rules with a higher number
 * @best: a rule found elsewhere, or NULL
 *
 * O(log n) in the number of ranges, plus those that overlap the request.
 *
 * Return: the rule, or @best if that was written earlier. The caller holds the
 * engine's lock or rcu_read_lock(); without the lock a rule may be missed or
 * be just used up.
 */
struct blkdebug_rule *
blkdebug_kind_first(struct blkdebug_kind *kind, u32 state,
		    const struct blkdebug_io *io, u64 after,
		    struct blkdebug_rule *best)
{
	struct blkdebug_group *group;

	if (!READ_ONCE(kind->live))
		return best;
	best = group_first(&kind->any, io, after, best);
	group = blkdebug_kind_state(kind, state);
	return group ? group_first(group, io, after, best) : best;
}

/* Building. The control mutex is held from here on; readers go on. */

static void run_free(struct blkdebug_run *run)
{
	if (run) {
		kvfree(run->tree);
		kvfree(run);
	}
}

/* Free a list of runs as far as @end */
static void runs_free(struct blkdebug_run *run, struct blkdebug_run *end)
{
	while (run != end) {
		struct blkdebug_run *next = run->next;

		run_free(run);
		run = next;
	}
}

static struct blkdebug_run *run_alloc(u64 nr)
{
	struct blkdebug_run *run;

	if (nr > U32_MAX - RUN_BLOCK)
		return NULL;
	run = kvmalloc(struct_size(run, entry, nr), GFP_KERNEL);
	if (!run)
		return NULL;
	run->next = NULL;
	run->tree = NULL;
	run->nr = nr;
	return run;
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

/* Give a sorted run what searching it needs */
static int run_complete(struct blkdebug_run *run)
{
	struct blkdebug_run_tree *tree;
	u32 leaves, i;

	if (!run_overlaps(run))
		return 0;

	leaves = roundup_pow_of_two(DIV_ROUND_UP(run->nr, RUN_BLOCK));
	tree = kvmalloc(struct_size(tree, node, 2UL * leaves), GFP_KERNEL);
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

static int cmp_entries(const void *a, const void *b)
{
	const struct blkdebug_run_entry *ea = a, *eb = b;

	if (ea->first != eb->first)
		return ea->first < eb->first ? -1 : 1;
	return 0;
}

/* A run of the ranges of all rules that the bucket is about to get */
static struct blkdebug_run *run_of_pending(struct blkdebug_bucket *bucket)
{
	struct blkdebug_rule *rule;
	struct blkdebug_run *run;
	bool sorted = true;
	u64 nr = 0;
	u32 i;

	list_for_each_entry(rule, &bucket->pending, link)
		nr += rule->nr_ranges;
	run = run_alloc(nr);
	if (!run)
		return NULL;

	nr = 0;
	list_for_each_entry(rule, &bucket->pending, link) {
		for (i = 0; i < rule->nr_ranges; i++, nr++) {
			run->entry[nr].first = rule->ranges[i].first;
			run->entry[nr].last = rule->ranges[i].last;
			run->entry[nr].rule = rule;
			if (nr && run->entry[nr].first <
				  run->entry[nr - 1].first)
				sorted = false;
		}
	}
	if (!sorted)
		sort(run->entry, nr, sizeof(run->entry[0]), cmp_entries, NULL);
	return run;
}

/*
 * Note which rules of a run match no more. This is decided once for each rule:
 * one that dies later must leave the new run with all its ranges in it.
 * Returns how many ranges remain.
 */
static u64 run_mark_leaving(const struct blkdebug_run *run,
			    struct list_head *leaving)
{
	u64 remain = 0;
	u32 i;

	for (i = 0; i < run->nr; i++) {
		struct blkdebug_rule *rule = run->entry[i].rule;

		if (rule->indexed == INDEXED && READ_ONCE(rule->dead)) {
			rule->indexed = LEAVING;
			list_add_tail(&rule->link, leaving);
		}
		if (rule->indexed != LEAVING)
			remain++;
	}
	return remain;
}

static const struct blkdebug_run_entry *
next_entry(const struct blkdebug_run *run, u32 *pos)
{
	while (*pos < run->nr && run->entry[*pos].rule->indexed == LEAVING)
		(*pos)++;
	return *pos < run->nr ? &run->entry[*pos] : NULL;
}

/* One run of two, without the rules that are leaving */
static struct blkdebug_run *run_merge(const struct blkdebug_run *a,
				      const struct blkdebug_run *b,
				      struct list_head *leaving)
{
	u64 nr = run_mark_leaving(a, leaving) + run_mark_leaving(b, leaving);
	struct blkdebug_run *run = run_alloc(nr);
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

/*
 * Merge @run with the bucket's newest runs: with all of them, or with those
 * that are less than twice as large. Sets the bucket's @new_runs and
 * @kept_runs; consumes @run.
 */
static int bucket_merge(struct blkdebug_bucket *bucket,
			struct blkdebug_run *run, bool all)
{
	struct blkdebug_run *old = rcu_dereference_protected(bucket->runs, 1);

	while (old && (all || old->nr / 2 < run->nr)) {
		struct blkdebug_run *merged = run_merge(old, run,
							&bucket->leaving);

		run_free(run);
		if (!merged)
			return -ENOMEM;
		run = merged;
		old = old->next;
	}
	if (run_complete(run)) {
		run_free(run);
		return -ENOMEM;
	}
	if (run->nr) {
		run->next = old;
		bucket->new_runs = run;
	} else {
		run_free(run);
		bucket->new_runs = old;
	}
	bucket->kept_runs = old;
	return 0;
}

static struct blkdebug_trigger *trigger_alloc(unsigned int event)
{
	struct blkdebug_trigger *trigger = kzalloc(sizeof(*trigger), GFP_KERNEL);
	unsigned int i;

	if (!trigger)
		return NULL;
	trigger->event = event;
	for (i = 0; i < BLKDEBUG_NR_KINDS; i++) {
		struct blkdebug_kind *kind = &trigger->kind[i];

		INIT_LIST_HEAD(&kind->any.buckets);
		kind->any.kind = kind;
		xa_init(&kind->by_state);
	}
	return trigger;
}

static u32 user_hash(const char *name)
{
	unsigned long hash = init_name_hash(NULL);

	for (; *name; name++)
		hash = partial_name_hash(*name == '.' ? '_' : *name, hash);
	return end_name_hash(hash);
}

/**
 * blkdebug_user_trigger - find the rules of a user event
 * @rs: where to look
 * @name: the event
 *
 * Return: them, or NULL if no rule has named the event. The caller holds the
 * engine's lock, the control mutex or rcu_read_lock().
 */
struct blkdebug_trigger *blkdebug_user_trigger(struct blkdebug_ruleset *rs,
					       const char *name)
{
	struct blkdebug_trigger *trigger;

	hash_for_each_possible_rcu(rs->user, trigger, user_node,
				   user_hash(name), 1) {
		if (!blkdebug_name_cmp(trigger->name, name))
			return trigger;
	}
	return NULL;
}

static struct blkdebug_trigger *get_user_trigger(struct blkdebug_ruleset *rs,
						 const char *name)
{
	struct blkdebug_trigger *trigger = blkdebug_user_trigger(rs, name);

	if (trigger)
		return trigger;
	trigger = trigger_alloc(BLKDEBUG_EV_USER);
	if (!trigger)
		return NULL;
	strscpy(trigger->name, name, sizeof(trigger->name));
	hash_add_rcu(rs->user, &trigger->user_node, user_hash(name));
	return trigger;
}

static struct blkdebug_trigger *get_trigger(struct blkdebug_ruleset *rs,
					    const struct blkdebug_rule *rule)
{
	struct blkdebug_trigger __rcu **slot;
	struct blkdebug_trigger *trigger;

	if (rule->event == BLKDEBUG_EV_USER)
		return get_user_trigger(rs, rule->user_event);
	slot = rule->event == BLKDEBUG_EV_STANDING ? &rs->standing :
						     &rs->trigger[rule->event];
	trigger = rcu_dereference_protected(*slot, 1);
	if (!trigger) {
		trigger = trigger_alloc(rule->event);
		if (trigger)
			rcu_assign_pointer(*slot, trigger);
	}
	return trigger;
}

static struct blkdebug_group *get_group(struct blkdebug_kind *kind, u32 state)
{
	struct blkdebug_group *group;

	if (!state)
		return &kind->any;
	group = xa_load(&kind->by_state, state);
	if (group)
		return group;
	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return NULL;
	INIT_LIST_HEAD(&group->buckets);
	group->kind = kind;
	if (xa_err(xa_store(&kind->by_state, state, group, GFP_KERNEL))) {
		kfree(group);
		return NULL;
	}
	return group;
}

static struct blkdebug_bucket *get_bucket(struct blkdebug_group *group,
					  const struct blkdebug_rule *rule)
{
	struct blkdebug_bucket *bucket;

	list_for_each_entry(bucket, &group->buckets, link) {
		if (bucket->iotypes == rule->iotypes &&
		    bucket->flags_set == rule->flags_set &&
		    bucket->flags_clear == rule->flags_clear)
			return bucket;
	}
	bucket = kzalloc(sizeof(*bucket), GFP_KERNEL);
	if (!bucket)
		return NULL;
	bucket->group = group;
	bucket->iotypes = rule->iotypes;
	bucket->flags_set = rule->flags_set;
	bucket->flags_clear = rule->flags_clear;
	INIT_LIST_HEAD(&bucket->anywhere);
	INIT_LIST_HEAD(&bucket->pending);
	INIT_LIST_HEAD(&bucket->leaving);
	INIT_LIST_HEAD(&bucket->touched_link);
	INIT_LIST_HEAD(&bucket->dirty_link);
	list_add_tail_rcu(&bucket->link, &group->buckets);
	return bucket;
}

static enum blkdebug_kind_id kind_of(const struct blkdebug_rule *rule)
{
	switch (rule->action) {
	case BLKDEBUG_SET_STATE:
		return BLKDEBUG_KIND_SET_STATE;
	case BLKDEBUG_SUSPEND:
		return BLKDEBUG_KIND_SUSPEND;
	default:
		return BLKDEBUG_KIND_FAULT;
	}
}

/* Find, or make, the place of a rule; the rule itself waits for the commit */
static int place_rule(struct blkdebug_ruleset *rs, struct blkdebug_rule *rule,
		      struct list_head *touched)
{
	struct blkdebug_trigger *trigger = get_trigger(rs, rule);
	struct blkdebug_group *group = NULL;
	struct blkdebug_bucket *bucket = NULL;

	if (trigger)
		group = get_group(&trigger->kind[kind_of(rule)], rule->state);
	if (group)
		bucket = get_bucket(group, rule);
	if (!bucket)
		return -ENOMEM;

	if (rule->user_event)
		rule->user_event = trigger->name;
	rule->bucket = bucket;
	list_move_tail(&rule->link, &bucket->pending);
	if (list_empty(&bucket->touched_link))
		list_add_tail(&bucket->touched_link, touched);
	return 0;
}

/* Make the runs that a bucket will have: all in one, or the new one merged in */
static int bucket_prepare(struct blkdebug_bucket *bucket, bool all)
{
	struct blkdebug_run *run = run_of_pending(bucket);

	if (!run)
		return -ENOMEM;
	if (run->nr || all)
		return bucket_merge(bucket, run, all);
	run_free(run);
	bucket->new_runs = rcu_dereference_protected(bucket->runs, 1);
	bucket->kept_runs = bucket->new_runs;
	return 0;
}

/* Undo a preparation; the rules that were to be added go back to @rules */
static void abort_buckets(struct list_head *touched, struct list_head *rules)
{
	struct blkdebug_bucket *bucket, *next_bucket;
	struct blkdebug_rule *rule, *next;

	list_for_each_entry_safe(bucket, next_bucket, touched, touched_link) {
		runs_free(bucket->new_runs, bucket->kept_runs);
		list_for_each_entry_safe(rule, next, &bucket->leaving, link) {
			rule->indexed = INDEXED;
			list_del_init(&rule->link);
		}
		list_splice_tail_init(&bucket->pending, rules);
		bucket->new_runs = NULL;
		bucket->kept_runs = NULL;
		list_del_init(&bucket->touched_link);
	}
}

/**
 * blkdebug_index_prepare - make ready to add rules
 * @rs: where to
 * @rules: the rules, numbers rising; empty afterwards if all is well
 * @touched: an empty list, for blkdebug_index_commit()
 *
 * Readers notice nothing. The caller holds the control mutex, or nobody else
 * knows @rs. May sleep.
 *
 * Return: 0, or -ENOMEM with all rules on @rules again.
 */
int blkdebug_index_prepare(struct blkdebug_ruleset *rs, struct list_head *rules,
			   struct list_head *touched)
{
	struct blkdebug_rule *rule, *next;
	struct blkdebug_bucket *bucket;

	list_for_each_entry_safe(rule, next, rules, link) {
		if (place_rule(rs, rule, touched))
			goto fail;
	}
	list_for_each_entry(bucket, touched, touched_link) {
		if (bucket_prepare(bucket, false))
			goto fail;
	}
	return 0;
fail:
	abort_buckets(touched, rules);
	return -ENOMEM;
}

static void bucket_commit(struct blkdebug_ruleset *rs,
			  struct blkdebug_bucket *bucket)
{
	struct blkdebug_kind *kind = bucket->group->kind;
	struct blkdebug_run *old = rcu_dereference_protected(bucket->runs, 1);
	struct blkdebug_rule *rule, *next;

	rcu_assign_pointer(bucket->runs, bucket->new_runs);
	bucket->new_runs = old;

	list_for_each_entry_safe(rule, next, &bucket->pending, link) {
		list_del_init(&rule->link);
		if (rule->nr_ranges) {
			rule->indexed = INDEXED;
			bucket->nr_ranges += rule->nr_ranges;
		} else {
			list_add_tail_rcu(&rule->link, &bucket->anywhere);
		}
		bucket->group->live++;
		kind->live++;
		kind->last = rule->number;
		kind->iotypes |= rule->iotypes;
		rs->nr_live++;
	}
	list_for_each_entry(rule, &bucket->leaving, link) {
		bucket->nr_ranges -= rule->nr_ranges;
		bucket->nr_dead -= rule->nr_ranges;
	}
}

/**
 * blkdebug_index_commit - add the rules, at one moment for all readers
 * @rs: what blkdebug_index_prepare() or _clean() was called for
 * @touched: its list
 *
 * The caller holds the control mutex and the engine's lock.
 */
void blkdebug_index_commit(struct blkdebug_ruleset *rs,
			   struct list_head *touched)
{
	struct blkdebug_bucket *bucket;

	list_for_each_entry(bucket, touched, touched_link)
		bucket_commit(rs, bucket);
}

/**
 * blkdebug_index_finish - free what a commit has replaced
 * @touched: the list given to blkdebug_index_commit(); empty afterwards
 *
 * The caller holds the control mutex only. May sleep.
 */
void blkdebug_index_finish(struct list_head *touched)
{
	struct blkdebug_bucket *bucket, *next_bucket;
	struct blkdebug_rule *rule, *next;

	list_for_each_entry_safe(bucket, next_bucket, touched, touched_link) {
		while (bucket->new_runs != bucket->kept_runs) {
			struct blkdebug_run *run = bucket->new_runs;

			bucket->new_runs = run->next;
			if (run->tree)
				kvfree_rcu(run->tree, rcu);
			kvfree_rcu(run, rcu);
		}
		list_for_each_entry_safe(rule, next, &bucket->leaving, link) {
			list_del_init(&rule->link);
			rule->indexed = NOT_INDEXED;
			if (rule->gone)
				blkdebug_free_rule_rcu(rule);
		}
		bucket->new_runs = NULL;
		bucket->kept_runs = NULL;
		list_del_init(&bucket->touched_link);
	}
}

/**
 * blkdebug_index_kill - a rule matches no more
 * @rs: where it is
 * @rule: the rule, alive
 *
 * Its ranges stay in their run until that is cleaned. The caller holds the
 * engine's lock.
 */
void blkdebug_index_kill(struct blkdebug_ruleset *rs,
			 struct blkdebug_rule *rule)
{
	struct blkdebug_bucket *bucket = rule->bucket;

	WRITE_ONCE(rule->dead, true);
	bucket->group->live--;
	bucket->group->kind->live--;
	rs->nr_live--;
	if (!rule->nr_ranges) {
		list_del_rcu(&rule->link);
		return;
	}
	bucket->nr_dead += rule->nr_ranges;
	if (bucket->nr_dead > DEAD_RANGES &&
	    bucket->nr_dead > bucket->nr_ranges / 2 &&
	    list_empty(&bucket->dirty_link))
		list_add_tail(&bucket->dirty_link, &rs->dirty);
}

/**
 * blkdebug_index_drop - let go of a dead rule
 * @rule: the rule; the ruleset does not know it any more
 *
 * It is freed as soon as no reader can see it. The caller holds the control
 * mutex only. May sleep.
 */
void blkdebug_index_drop(struct blkdebug_rule *rule)
{
	rule->gone = true;
	if (rule->indexed == NOT_INDEXED)
		blkdebug_free_rule_rcu(rule);
}

/**
 * blkdebug_index_collect - take the buckets that are worth a clean-up
 * @rs: where from
 * @touched: an empty list, for blkdebug_index_clean()
 *
 * The caller holds the control mutex and the engine's lock.
 */
void blkdebug_index_collect(struct blkdebug_ruleset *rs,
			    struct list_head *touched)
{
	struct blkdebug_bucket *bucket, *next;

	list_for_each_entry_safe(bucket, next, &rs->dirty, dirty_link) {
		list_del_init(&bucket->dirty_link);
		list_add_tail(&bucket->touched_link, touched);
	}
}

/**
 * blkdebug_index_clean - make ready to leave dead rules behind
 * @touched: the buckets, for blkdebug_index_commit() if all is well
 *
 * The caller holds the control mutex. May sleep.
 *
 * Return: 0, or -ENOMEM, and all stays as it was.
 */
int blkdebug_index_clean(struct list_head *touched)
{
	struct blkdebug_bucket *bucket;
	LIST_HEAD(none);

	list_for_each_entry(bucket, touched, touched_link) {
		if (bucket_prepare(bucket, true)) {
			abort_buckets(touched, &none);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * blkdebug_ruleset_alloc - make an empty ruleset
 *
 * May sleep.
 *
 * Return: the ruleset, or NULL.
 */
struct blkdebug_ruleset *blkdebug_ruleset_alloc(void)
{
	struct blkdebug_ruleset *rs = kzalloc(sizeof(*rs), GFP_KERNEL);

	if (!rs)
		return NULL;
	hash_init(rs->user);
	xa_init(&rs->rules);
	INIT_LIST_HEAD(&rs->used);
	INIT_LIST_HEAD(&rs->dirty);
	return rs;
}

static void free_buckets(struct list_head *buckets, struct list_head *dead)
{
	struct blkdebug_bucket *bucket, *next;

	list_for_each_entry_safe(bucket, next, buckets, link) {
		struct blkdebug_run *runs =
			rcu_dereference_protected(bucket->runs, 1);
		struct blkdebug_run *run;

		for (run = runs; run; run = run->next)
			run_mark_leaving(run, dead);
		runs_free(runs, NULL);
		kfree(bucket);
		cond_resched();
	}
}

static void free_trigger(struct blkdebug_trigger *trigger,
			 struct list_head *dead)
{
	unsigned int i;

	if (!trigger)
		return;
	for (i = 0; i < BLKDEBUG_NR_KINDS; i++) {
		struct blkdebug_kind *kind = &trigger->kind[i];
		struct blkdebug_group *group;
		unsigned long state;

		free_buckets(&kind->any.buckets, dead);
		xa_for_each(&kind->by_state, state, group) {
			free_buckets(&group->buckets, dead);
			kfree(group);
		}
		xa_destroy(&kind->by_state);
	}
	kfree(trigger);
}

/**
 * blkdebug_ruleset_free - free a ruleset and all its rules
 * @rs: the ruleset, of which no reader knows; may be NULL
 *
 * May sleep.
 */
void blkdebug_ruleset_free(struct blkdebug_ruleset *rs)
{
	struct blkdebug_trigger *trigger;
	struct blkdebug_rule *rule, *next;
	struct hlist_node *next_node;
	unsigned long number;
	LIST_HEAD(dead);
	unsigned int i;

	if (!rs)
		return;
	for (i = 0; i < BLKDEBUG_NR_EVENTS; i++)
		free_trigger(rcu_dereference_protected(rs->trigger[i], 1), &dead);
	free_trigger(rcu_dereference_protected(rs->standing, 1), &dead);
	hash_for_each_safe(rs->user, i, next_node, trigger, user_node)
		free_trigger(trigger, &dead);

	/* Removed rules are known to runs only, all others to the ruleset */
	list_for_each_entry_safe(rule, next, &dead, link) {
		if (rule->gone)
			blkdebug_free_rule(rule);
	}
	xa_for_each(&rs->rules, number, rule) {
		blkdebug_free_rule(rule);
		cond_resched();
	}
	xa_destroy(&rs->rules);
	kfree(rs);
}

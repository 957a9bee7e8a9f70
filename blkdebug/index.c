// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a table: kept in buckets, found by search. See index.h.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stringhash.h>

#include "index.h"

/* Dead ranges that a bucket may have before it is worth a clean-up */
#define DEAD_RANGES	64

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

		best = blkdebug_run_find(run, io->sector, last, after, best);
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
 * blkdebug_kind_of - what a rule does decides when it is looked for
 * @rule: the rule
 *
 * Return: enum blkdebug_kind_id. Any context.
 */
enum blkdebug_kind_id blkdebug_kind_of(const struct blkdebug_rule *rule)
{
	switch (rule->action) {
	case BLKDEBUG_SET_STATE:
		return BLKDEBUG_KIND_SET_STATE;
	case BLKDEBUG_SUSPEND:
		return BLKDEBUG_KIND_SUSPEND;
	case BLKDEBUG_DELAY:
		return BLKDEBUG_KIND_DELAY;
	default:
		return blkdebug_rule_heals(rule) ? BLKDEBUG_KIND_BAD :
						   BLKDEBUG_KIND_FAULT;
	}
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

/* Free a list of runs as far as @end */
static void runs_free(struct blkdebug_run *run, struct blkdebug_run *end)
{
	while (run != end) {
		struct blkdebug_run *next = run->next;

		blkdebug_run_free(run);
		run = next;
	}
}

/* A run of the ranges of all rules that the bucket is about to get */
static struct blkdebug_run *run_of_pending(struct blkdebug_bucket *bucket)
{
	struct blkdebug_rule *rule;
	struct blkdebug_run *run;
	u64 nr = 0;
	u32 i;

	list_for_each_entry(rule, &bucket->pending, link)
		nr += rule->nr_ranges;
	run = blkdebug_run_alloc(nr);
	if (!run)
		return NULL;

	nr = 0;
	list_for_each_entry(rule, &bucket->pending, link) {
		for (i = 0; i < rule->nr_ranges; i++, nr++) {
			run->entry[nr].first = rule->ranges[i].first;
			run->entry[nr].last = rule->ranges[i].last;
			run->entry[nr].rule = rule;
		}
	}
	blkdebug_run_sort(run);
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
		struct blkdebug_run *merged = blkdebug_run_merge(old, run,
							   &bucket->leaving);

		blkdebug_run_free(run);
		if (!merged)
			return -ENOMEM;
		run = merged;
		old = old->next;
	}
	if (blkdebug_run_complete(run)) {
		blkdebug_run_free(run);
		return -ENOMEM;
	}
	if (run->nr) {
		run->next = old;
		bucket->new_runs = run;
	} else {
		blkdebug_run_free(run);
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

/* Find, or make, the place of a rule; the rule itself waits for the commit */
static int place_rule(struct blkdebug_ruleset *rs, struct blkdebug_rule *rule,
		      struct list_head *touched)
{
	struct blkdebug_trigger *trigger = get_trigger(rs, rule);
	struct blkdebug_group *group = NULL;
	struct blkdebug_bucket *bucket = NULL;

	if (trigger)
		group = get_group(&trigger->kind[blkdebug_kind_of(rule)], rule->state);
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
	blkdebug_run_free(run);
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
			rule->indexed = BLKDEBUG_INDEXED;
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

static void bucket_measure(struct blkdebug_bucket *bucket)
{
	const struct blkdebug_run *run;

	bucket->first = U64_MAX;
	bucket->last = 0;
	for (run = rcu_dereference_protected(bucket->runs, 1); run;
	     run = run->next) {
		bucket->first = min(bucket->first, run->entry[0].first);
		bucket->last = max(bucket->last, run->last);
	}
}

static void bucket_commit(struct blkdebug_ruleset *rs,
			  struct blkdebug_bucket *bucket)
{
	struct blkdebug_kind *kind = bucket->group->kind;
	struct blkdebug_run *old = rcu_dereference_protected(bucket->runs, 1);
	struct blkdebug_rule *rule, *next;

	rcu_assign_pointer(bucket->runs, bucket->new_runs);
	bucket_measure(bucket);
	bucket->new_runs = old;

	list_for_each_entry_safe(rule, next, &bucket->pending, link) {
		list_del_init(&rule->link);
		if (rule->nr_ranges) {
			rule->indexed = BLKDEBUG_INDEXED;
			bucket->nr_ranges += rule->nr_ranges;
		} else {
			list_add_tail_rcu(&rule->link, &bucket->anywhere);
		}
		bucket->group->live++;
		kind->live++;
		kind->last = max(kind->last, rule->number);
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
			blkdebug_run_free_rcu(run);
		}
		list_for_each_entry_safe(rule, next, &bucket->leaving, link) {
			list_del_init(&rule->link);
			rule->indexed = BLKDEBUG_NOT_INDEXED;
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
	if (rule->indexed == BLKDEBUG_NOT_INDEXED)
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
 * Return: the ruleset, or NULL. May sleep.
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
			blkdebug_run_mark_leaving(run, dead);
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

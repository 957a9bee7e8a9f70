// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rule index: see rule-index.h.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stringhash.h>

#include "rule-index.h"

/* Rules handled between two calls of cond_resched() */
#define RESCHED_BATCH	256

static u32 hash_user_event(const char *name)
{
	unsigned long hash = init_name_hash(NULL);

	for (; *name; name++)
		hash = partial_name_hash(*name == '.' ? '_' : *name, hash);
	return end_name_hash(hash);
}

/**
 * blkdebug_user_event_rules - find the rules of a user event
 * @rs: the ruleset
 * @name: the name of the event
 *
 * Context: RCU read side, or the control mutex is held.
 *
 * Return: the rules, or NULL if no rule has named the event.
 */
struct blkdebug_event_rules *
blkdebug_user_event_rules(struct blkdebug_ruleset *rs, const char *name)
{
	struct blkdebug_event_rules *er;

	hash_for_each_possible_rcu(rs->user, er, user_node,
				   hash_user_event(name),
				   lockdep_is_held(rs->control)) {
		if (!blkdebug_name_cmp(er->name, name))
			return er;
	}
	return NULL;
}

static void init_state_rules(struct blkdebug_state_rules *sr,
			     struct blkdebug_rule_class *class)
{
	sr->class = class;
	INIT_LIST_HEAD(&sr->pending_link);
}

static struct blkdebug_event_rules *alloc_event_rules(unsigned int event)
{
	struct blkdebug_event_rules *er = kzalloc(sizeof(*er), GFP_KERNEL);
	unsigned int i;

	if (!er)
		return NULL;
	er->event = event;
	for (i = 0; i < BLKDEBUG_NR_CLASSES; i++) {
		struct blkdebug_rule_class *class = &er->class[i];

		init_state_rules(&class->any, class);
		xa_init(&class->by_state);
		INIT_LIST_HEAD(&class->pending);
		INIT_LIST_HEAD(&class->pending_link);
	}
	return er;
}

static struct blkdebug_event_rules *
get_user_event_rules(struct blkdebug_ruleset *rs, const char *name)
{
	struct blkdebug_event_rules *er = blkdebug_user_event_rules(rs, name);

	if (er)
		return er;
	er = alloc_event_rules(BLKDEBUG_EV_USER);
	if (!er)
		return NULL;
	strscpy(er->name, name, sizeof(er->name));
	hash_add_rcu(rs->user, &er->user_node, hash_user_event(name));
	return er;
}

static struct blkdebug_event_rules *
get_event_rules(struct blkdebug_ruleset *rs, const struct blkdebug_rule *rule)
{
	struct blkdebug_event_rules __rcu **slot;
	struct blkdebug_event_rules *er;

	lockdep_assert_held(rs->control);
	if (rule->event == BLKDEBUG_EV_USER)
		return get_user_event_rules(rs, rule->user_event);
	slot = rule->event == BLKDEBUG_EV_STANDING ? &rs->standing :
						     &rs->event[rule->event];
	er = rcu_dereference_protected(*slot, lockdep_is_held(rs->control));
	if (!er) {
		er = alloc_event_rules(rule->event);
		if (er)
			rcu_assign_pointer(*slot, er);
	}
	return er;
}

static struct blkdebug_state_rules *
get_state_rules(struct blkdebug_rule_class *class, u32 state)
{
	struct blkdebug_state_rules *sr;

	if (!state)
		return &class->any;
	sr = xa_load(&class->by_state, state);
	if (sr)
		return sr;
	sr = kzalloc(sizeof(*sr), GFP_KERNEL);
	if (!sr)
		return NULL;
	init_state_rules(sr, class);
	if (xa_err(xa_store(&class->by_state, state, sr, GFP_KERNEL))) {
		kfree(sr);
		return NULL;
	}
	return sr;
}

/**
 * blkdebug_add_init - begin to add rules
 * @add: the add
 * @rs: the ruleset
 *
 * Context: any.
 */
void blkdebug_add_init(struct blkdebug_add *add, struct blkdebug_ruleset *rs)
{
	memset(add, 0, sizeof(*add));
	add->rs = rs;
	INIT_LIST_HEAD(&add->classes);
	INIT_LIST_HEAD(&add->states);
}

/**
 * blkdebug_add_place - assign a rule to its event, class and state
 * @add: the add
 * @rule: the rule; moved from the list that it is in by its @link
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: 0, or -ENOMEM; the rule is still in its list then.
 */
int blkdebug_add_place(struct blkdebug_add *add, struct blkdebug_rule *rule)
{
	struct blkdebug_event_rules *er = get_event_rules(add->rs, rule);
	struct blkdebug_rule_class *class;

	if (!er)
		return -ENOMEM;
	class = &er->class[blkdebug_class_of(rule)];
	rule->group = get_state_rules(class, rule->state);
	if (!rule->group)
		return -ENOMEM;
	if (rule->user_event)
		rule->user_event = er->name;
	list_move_tail(&rule->link, &class->pending);
	list_move_tail(&class->pending_link, &add->classes);
	if (list_empty(&rule->group->pending_link))
		list_add_tail(&rule->group->pending_link, &add->states);
	add->last = rule->number;
	add->nr++;
	add->nr_entries += blkdebug_rule_entries(rule);
	return 0;
}

/**
 * blkdebug_add_account - count a placed rule as pending
 * @add: the add; all rules have been placed
 * @rule: the rule
 *
 * Context: the engine's lock and the control mutex are held.
 */
void blkdebug_add_account(struct blkdebug_add *add, struct blkdebug_rule *rule)
{
	struct blkdebug_state_rules *sr = rule->group;

	lockdep_assert_held(add->rs->control);
	WRITE_ONCE(sr->batch, add->last);
	WRITE_ONCE(sr->pending, sr->pending + 1);
	WRITE_ONCE(sr->class->live, sr->class->live + 1);
	sr->iotypes |= rule->iotypes;
}

static void append_entry(struct blkdebug_run *run, struct blkdebug_rule *rule,
			 sector_t first, sector_t last)
{
	struct blkdebug_run_entry *entry = &run->entry[run->nr++];

	entry->first = first;
	entry->last = last;
	entry->rule = rule;
	if (!(run->nr % RESCHED_BATCH))
		cond_resched();
}

/* Build the run of the pending rules of a class. */
static struct blkdebug_run *build_run(struct blkdebug_rule_class *class)
{
	struct blkdebug_rule *rule;
	struct blkdebug_run *run;
	u64 nr = 0;
	u32 i;

	list_for_each_entry(rule, &class->pending, link)
		nr += blkdebug_rule_entries(rule);
	run = blkdebug_run_alloc(nr);
	if (!run)
		return NULL;
	run->nr = 0;
	list_for_each_entry(rule, &class->pending, link) {
		if (!rule->nr_ranges)
			append_entry(run, rule, 0, U64_MAX);
		for (i = 0; i < rule->nr_ranges; i++)
			append_entry(run, rule, rule->ranges[i].first,
				     rule->ranges[i].last);
		rule->nr_indexed = blkdebug_rule_entries(rule);
	}
	if (blkdebug_run_build(run)) {
		blkdebug_run_release(run);
		return NULL;
	}
	return run;
}

/**
 * blkdebug_add_build - index the placed rules
 * @add: the add
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: 0, or -ENOMEM; call blkdebug_add_abort() then.
 */
int blkdebug_add_build(struct blkdebug_add *add)
{
	struct blkdebug_rule_class *class;

	lockdep_assert_held(add->rs->control);
	list_for_each_entry(class, &add->classes, pending_link) {
		class->new_run = build_run(class);
		if (!class->new_run)
			return -ENOMEM;
	}
	return 0;
}

/**
 * blkdebug_add_abort - undo an add that cannot be completed
 * @add: the add
 * @rules: list that receives the placed rules
 *
 * Context: may sleep. The control mutex is held.
 */
void blkdebug_add_abort(struct blkdebug_add *add, struct list_head *rules)
{
	struct blkdebug_state_rules *sr, *next_sr;
	struct blkdebug_rule_class *class;

	lockdep_assert_held(add->rs->control);
	list_for_each_entry(class, &add->classes, pending_link) {
		if (class->new_run)
			blkdebug_run_release(class->new_run);
		class->new_run = NULL;
		list_splice_tail_init(&class->pending, rules);
		cond_resched();
	}
	/* blkdebug_add_place() may have taken classes from @untidy. */
	list_splice_tail_init(&add->classes, &add->rs->untidy);
	list_for_each_entry_safe(sr, next_sr, &add->states, pending_link) {
		list_del_init(&sr->pending_link);
		cond_resched();
	}
}

static struct blkdebug_run *get_newest_run(const struct blkdebug_ruleset *rs,
					   const struct blkdebug_rule_class *class)
{
	return rcu_dereference_protected(class->runs,
					 lockdep_is_held(rs->control));
}

static struct blkdebug_run *get_older_run(const struct blkdebug_ruleset *rs,
					  const struct blkdebug_run *run)
{
	return rcu_dereference_protected(run->next,
					 lockdep_is_held(rs->control));
}

/**
 * blkdebug_add_publish - publish the runs of an add
 * @add: the add; blkdebug_add_build() has succeeded
 *
 * The rules are in force once the ruleset's @visible reaches their numbers.
 *
 * Context: may sleep. The control mutex is held.
 */
void blkdebug_add_publish(struct blkdebug_add *add)
{
	struct blkdebug_rule_class *class;
	struct blkdebug_rule *rule, *next;

	lockdep_assert_held(add->rs->control);
	list_for_each_entry(class, &add->classes, pending_link) {
		struct blkdebug_run *run = class->new_run;

		RCU_INIT_POINTER(run->next, get_newest_run(add->rs, class));
		rcu_assign_pointer(class->runs, run);
		WRITE_ONCE(class->last, add->last);
		class->new_run = NULL;
		list_for_each_entry_safe(rule, next, &class->pending, link) {
			rule->found_by = 0;
			cond_resched();
		}
		INIT_LIST_HEAD(&class->pending);
	}
	list_splice_tail_init(&add->classes, &add->rs->untidy);
}

static bool should_merge(const struct blkdebug_run *run,
			 const struct blkdebug_run *older)
{
	return older->nr / 2 < run->nr;
}

/* Merge the newest run of a class with the next older run, if there is one. */
static int merge_newest(struct blkdebug_ruleset *rs,
			struct blkdebug_rule_class *class, u64 *dropped)
{
	struct blkdebug_run *run = get_newest_run(rs, class);
	struct blkdebug_run *older = get_older_run(rs, run);
	struct blkdebug_run *rest = older ? get_older_run(rs, older) : NULL;
	struct blkdebug_run *merged;

	merged = blkdebug_run_merge(run, older, &rs->freed);
	if (!merged)
		return -ENOMEM;
	*dropped += run->nr + (older ? older->nr : 0) - merged->nr;
	RCU_INIT_POINTER(merged->next, rest);
	rcu_assign_pointer(class->runs, merged->nr ? merged : rest);
	blkdebug_run_free_rcu(run);
	if (older)
		blkdebug_run_free_rcu(older);
	if (!merged->nr)
		blkdebug_run_free_rcu(merged);
	return 0;
}

/* Merge the newest runs of a class until each is at most half as large as the next. */
static void tidy_class(struct blkdebug_ruleset *rs,
		       struct blkdebug_rule_class *class, u64 *dropped)
{
	struct blkdebug_run *run, *older;

	while ((run = get_newest_run(rs, class)) && (older = get_older_run(rs, run)) &&
	       should_merge(run, older)) {
		if (merge_newest(rs, class, dropped))
			break;
	}
}

/**
 * blkdebug_ruleset_tidy - merge the small runs that adds have left
 * @rs: the ruleset
 *
 * If an allocation fails, more runs are left, and searches take longer.
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: the number of entries of dead rules that have been dropped.
 */
u64 blkdebug_ruleset_tidy(struct blkdebug_ruleset *rs)
{
	struct blkdebug_rule_class *class, *next;
	u64 dropped = 0;

	lockdep_assert_held(rs->control);
	list_for_each_entry_safe(class, next, &rs->untidy, pending_link) {
		list_del_init(&class->pending_link);
		tidy_class(rs, class, &dropped);
		cond_resched();
	}
	return dropped;
}

/* Drop the dead rules of an event: merge all runs of each class into one. */
static int clean_event(struct blkdebug_ruleset *rs,
		       struct blkdebug_event_rules *er, u64 *dropped)
{
	struct blkdebug_run *run;
	unsigned int i;
	int r = 0;

	for (i = 0; er && !r && i < BLKDEBUG_NR_CLASSES; i++) {
		if (!get_newest_run(rs, &er->class[i]))
			continue;
		do {
			r = merge_newest(rs, &er->class[i], dropped);
			run = get_newest_run(rs, &er->class[i]);
		} while (!r && run && get_older_run(rs, run));
	}
	cond_resched();
	return r;
}

static struct blkdebug_event_rules *
deref_event_rules(const struct blkdebug_ruleset *rs,
		  struct blkdebug_event_rules __rcu *const *slot)
{
	return rcu_dereference_protected(*slot, lockdep_is_held(rs->control));
}

/**
 * blkdebug_ruleset_clean - drop dead rules from the runs
 * @rs: the ruleset
 * @dropped: set to the number of entries dropped, on failure, too
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: 0, or -ENOMEM; some dead rules are left then.
 */
int blkdebug_ruleset_clean(struct blkdebug_ruleset *rs, u64 *dropped)
{
	struct blkdebug_event_rules *er;
	unsigned int i;
	int r;

	lockdep_assert_held(rs->control);
	*dropped = 0;
	r = clean_event(rs, deref_event_rules(rs, &rs->standing), dropped);
	for (i = 0; !r && i < BLKDEBUG_NR_EVENTS; i++)
		r = clean_event(rs, deref_event_rules(rs, &rs->event[i]), dropped);
	hash_for_each(rs->user, i, er, user_node) {
		if (!r)
			r = clean_event(rs, er, dropped);
	}
	return r;
}

/**
 * blkdebug_ruleset_dirty - test whether the runs need a clean-up
 * @rs: the ruleset
 *
 * Context: the engine's lock is held.
 *
 * Return: true if more than half of the entries are of dead rules.
 */
bool blkdebug_ruleset_dirty(const struct blkdebug_ruleset *rs)
{
	return rs->nr_dead > rs->nr_entries / 2;
}

/**
 * blkdebug_ruleset_filter - build a filter of the rules that can match
 * @rs: the ruleset
 * @first: number of the first rule; rules of an add included
 * @old: a filter that has all rules before @first, or NULL
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: the filter, or NULL if an allocation fails.
 */
struct blkdebug_filter *blkdebug_ruleset_filter(struct blkdebug_ruleset *rs, u64 first,
						const struct blkdebug_filter *old)
{
	struct blkdebug_filter *filter = NULL;
	struct blkdebug_filter_builder *b;
	struct blkdebug_rule *rule;
	unsigned long number;

	lockdep_assert_held(rs->control);
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return NULL;
	xa_for_each_start(&rs->rules, number, rule, first) {
		if (!READ_ONCE(rule->dead))
			blkdebug_filter_count(b, rule);
		cond_resched();
	}
	if (!blkdebug_filter_alloc_tables(b)) {
		/* Rules may be used up meanwhile, but dead rules stay dead. */
		xa_for_each_start(&rs->rules, number, rule, first) {
			if (!READ_ONCE(rule->dead))
				blkdebug_filter_fill(b, rule);
			cond_resched();
		}
		filter = blkdebug_filter_build(b, old);
	}
	blkdebug_filter_builder_free(b);
	kfree(b);
	return filter;
}

/**
 * blkdebug_ruleset_kill - deactivate a rule
 * @rs: the ruleset
 * @rule: a rule in force
 *
 * The rule stays in the runs and in the filter until the next clean-up.
 *
 * Context: the engine's lock is held.
 *
 * Return: true if the rule was the last of its state and class; call
 * blkdebug_update_interest() then.
 */
bool blkdebug_ruleset_kill(struct blkdebug_ruleset *rs,
			   struct blkdebug_rule *rule)
{
	struct blkdebug_state_rules *sr = rule->group;

	WRITE_ONCE(rule->dead, true);
	WRITE_ONCE(sr->live, sr->live - 1);
	WRITE_ONCE(sr->class->live, sr->class->live - 1);
	rs->nr_live--;
	rs->nr_dead += blkdebug_rule_entries(rule);
	if (sr->live + sr->pending)
		return false;
	sr->iotypes = 0;
	return true;
}

/**
 * blkdebug_ruleset_drop - have housekeeping free a dead rule
 * @rs: the ruleset
 * @rule: the rule, not in the ruleset's @rules any more
 *
 * If runs refer to the rule, the merge of the last of them adds it to @freed.
 *
 * Context: any. The control mutex is held.
 */
void blkdebug_ruleset_drop(struct blkdebug_ruleset *rs,
			   struct blkdebug_rule *rule)
{
	lockdep_assert_held(rs->control);
	rule->gone = true;
	if (!rule->nr_indexed)
		list_add_tail(&rule->link, &rs->freed);
}

/**
 * blkdebug_ruleset_alloc - allocate an empty ruleset
 * @control: the control mutex of the engine
 * @count_id: index of the ruleset's count in each tag, 0 or 1
 *
 * Context: may sleep.
 *
 * Return: the ruleset, or NULL if the allocation fails.
 */
struct blkdebug_ruleset *blkdebug_ruleset_alloc(struct mutex *control,
						unsigned int count_id)
{
	struct blkdebug_ruleset *rs = kzalloc(sizeof(*rs), GFP_KERNEL);

	if (!rs)
		return NULL;
	INIT_LIST_HEAD(&rs->used);
	INIT_LIST_HEAD(&rs->untidy);
	INIT_LIST_HEAD(&rs->freed);
	hash_init(rs->user);
	xa_init(&rs->rules);
	rs->control = control;
	rs->count_id = count_id;
	return rs;
}

static void free_class(const struct blkdebug_ruleset *rs,
		       struct blkdebug_rule_class *class)
{
	struct blkdebug_run *run = get_newest_run(rs, class);
	struct blkdebug_state_rules *sr;
	unsigned long state;

	while (run) {
		struct blkdebug_run *older = get_older_run(rs, run);

		blkdebug_run_release(run);
		run = older;
	}
	/* xa_destroy() alone would free all nodes with interrupts disabled. */
	xa_for_each(&class->by_state, state, sr) {
		xa_erase(&class->by_state, state);
		kfree(sr);
		cond_resched();
	}
	xa_destroy(&class->by_state);
}

static void free_event_rules(const struct blkdebug_ruleset *rs,
			     struct blkdebug_event_rules *er)
{
	unsigned int i;

	for (i = 0; er && i < BLKDEBUG_NR_CLASSES; i++)
		free_class(rs, &er->class[i]);
	kfree(er);
	cond_resched();
}

/**
 * blkdebug_ruleset_free - free a ruleset and all its rules
 * @rs: the ruleset, without readers, or NULL
 *
 * Context: may sleep. The control mutex is held.
 */
void blkdebug_ruleset_free(struct blkdebug_ruleset *rs)
{
	struct blkdebug_event_rules *er;
	struct blkdebug_rule *rule;
	struct hlist_node *next;
	unsigned long number;
	unsigned int i;

	if (!rs)
		return;
	lockdep_assert_held(rs->control);
	/* Removed rules are in runs or in @freed, all others in @rules. */
	for (i = 0; i < BLKDEBUG_NR_EVENTS; i++)
		free_event_rules(rs, deref_event_rules(rs, &rs->event[i]));
	free_event_rules(rs, deref_event_rules(rs, &rs->standing));
	hash_for_each_safe(rs->user, i, next, er, user_node)
		free_event_rules(rs, er);
	xa_for_each(&rs->rules, number, rule) {
		xa_erase(&rs->rules, number);
		blkdebug_free_rule(rule);
		cond_resched();
	}
	xa_destroy(&rs->rules);
	blkdebug_free_rules(&rs->freed);
	kfree(rs);
}

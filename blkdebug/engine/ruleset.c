// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ruleset: add, replace, remove and clear rules, and housekeeping.
 */
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "ruleset.h"

/* Used-up rules that are kept for "list" and "wait_hits" */
#define USED_KEPT	1000

/* Allocate all that a rule needs but its place in the index. */
static int adopt_rule(struct blkdebug_engine *engine,
		      struct blkdebug_ruleset *rs, struct blkdebug_rule *rule)
{
	lockdep_assert_held(&engine->control);
	if (rule->action == BLKDEBUG_SUSPEND && !blkdebug_hold_alloc(rule))
		return -ENOMEM;
	if (engine->ops->prepare_rule(engine, rule))
		return -ENOMEM;
	if (rule->tag && blkdebug_tag_rule(engine, rule))
		return -ENOMEM;
	return xa_err(xa_store(&rs->rules, rule->number, rule, GFP_KERNEL));
}

/*
 * Free rules that have never been in force. Lookups by number may find them, so free
 * them after the last reader.
 */
static void disown_rules(struct blkdebug_engine *engine,
			 struct blkdebug_ruleset *rs, struct list_head *rules)
{
	struct blkdebug_rule *rule;

	lockdep_assert_held(&engine->control);
	list_for_each_entry(rule, rules, link) {
		xa_erase(&rs->rules, rule->number);
		blkdebug_untag_rule(engine, rule);
		cond_resched();
	}
	synchronize_rcu();
	blkdebug_free_rules(rules);
}

/* Count the rules of an add as pending, and as live in their tags. */
static void account_rules(struct blkdebug_engine *engine,
			  struct blkdebug_add *add)
{
	struct blkdebug_rule_class *class;
	struct blkdebug_rule *rule;
	struct blkdebug_tag *tag;
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	list_for_each_entry(class, &add->classes, pending_link) {
		list_for_each_entry(rule, &class->pending, link) {
			tag = blkdebug_rule_tag(rule);
			flags = blkdebug_write_lock(engine);
			blkdebug_add_account(add, rule);
			if (tag)
				tag->count[add->rs->count_id].live++;
			blkdebug_write_unlock(engine, flags);
			cond_resched();
		}
	}
}

static struct blkdebug_filter *get_filter(struct blkdebug_engine *engine)
{
	return rcu_dereference_protected(engine->filter,
					 lockdep_is_held(&engine->control));
}

/* Put a filter in force. Returns the old one, to be freed after its last reader. */
static struct blkdebug_filter *swap_filter(struct blkdebug_engine *engine,
					   struct blkdebug_filter *filter)
{
	lockdep_assert_held(&engine->lock);
	WRITE_ONCE(engine->by_flags, filter->by_flags);
	return rcu_replace_pointer(engine->filter, filter,
				   lockdep_is_held(&engine->control));
}

/* Put a ruleset in force. Returns the old one. */
static struct blkdebug_ruleset *swap_rules(struct blkdebug_engine *engine,
					   struct blkdebug_ruleset *rs)
{
	lockdep_assert_held(&engine->lock);
	WRITE_ONCE(engine->armed.event, NULL);
	engine->armed.nr = 0;
	engine->wake = true;
	return rcu_replace_pointer(engine->rules, rs,
				   lockdep_is_held(&engine->control));
}

/* Free a ruleset that is not in force any more, after its last reader. */
static void retire_rules(struct blkdebug_engine *engine,
			 struct blkdebug_ruleset *rs)
{
	struct blkdebug_rule *rule;
	unsigned long number, flags;
	struct blkdebug_tag *tag;

	lockdep_assert_held(&engine->control);
	xa_for_each(&rs->rules, number, rule) {
		tag = blkdebug_rule_tag(rule);
		flags = blkdebug_lock(engine);
		blkdebug_hold_disown(rule);
		if (tag) {
			tag->count[rs->count_id].hits = 0;
			tag->count[rs->count_id].live = 0;
		}
		blkdebug_unlock(engine, flags);
		blkdebug_untag_rule(engine, rule);
		cond_resched();
	}
	synchronize_rcu();
	blkdebug_ruleset_free(rs);
}

static void commit_rules(struct blkdebug_engine *engine,
			 struct blkdebug_add *add,
			 struct blkdebug_filter *filter)
{
	struct blkdebug_ruleset *rs = add->rs, *old = NULL;
	struct blkdebug_filter *old_filter;
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	flags = blkdebug_write_lock(engine);
	WRITE_ONCE(rs->visible, add->last);
	rs->nr_live += add->nr;
	rs->nr_entries += add->nr_entries;
	if (rs != blkdebug_rules(engine))
		old = swap_rules(engine, rs);
	old_filter = swap_filter(engine, filter);
	blkdebug_update_interest(engine);
	engine->ops->schedule_housekeeping(engine);
	blkdebug_write_unlock(engine, flags);

	blkdebug_filter_free(old_filter, filter);
	if (old)
		retire_rules(engine, old);
}

/* Count the rules of an add as live, now that they are in force */
static void settle_rules(struct blkdebug_engine *engine,
			 struct blkdebug_add *add)
{
	struct blkdebug_state_rules *sr, *next;
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	list_for_each_entry_safe(sr, next, &add->states, pending_link) {
		list_del_init(&sr->pending_link);
		flags = blkdebug_write_lock(engine);
		WRITE_ONCE(sr->live, sr->live + sr->pending);
		WRITE_ONCE(sr->pending, 0);
		blkdebug_write_unlock(engine, flags);
		cond_resched();
	}
}

static int prepare_rules(struct blkdebug_engine *engine,
			 struct blkdebug_add *add, struct list_head *rules)
{
	struct blkdebug_rule *rule, *next;

	list_for_each_entry(rule, rules, link) {
		if (adopt_rule(engine, add->rs, rule))
			return -ENOMEM;
		cond_resched();
	}
	list_for_each_entry_safe(rule, next, rules, link) {
		if (blkdebug_add_place(add, rule))
			return -ENOMEM;
		cond_resched();
	}
	return blkdebug_add_build(add);
}

static int add_to_ruleset(struct blkdebug_engine *engine,
			  struct blkdebug_ruleset *rs, struct list_head *rules)
{
	struct blkdebug_filter *filter = NULL, *old = NULL;
	struct blkdebug_add add;

	if (rs == blkdebug_rules(engine))
		old = get_filter(engine);
	blkdebug_add_init(&add, rs);
	if (!prepare_rules(engine, &add, rules))
		filter = blkdebug_ruleset_filter(rs, engine->last_number + 1, old);
	if (!filter) {
		blkdebug_add_abort(&add, rules);
		return -ENOMEM;
	}
	account_rules(engine, &add);
	blkdebug_add_publish(&add);
	commit_rules(engine, &add, filter);
	engine->last_number = add.last;
	settle_rules(engine, &add);
	return 0;
}

static struct blkdebug_ruleset *alloc_successor(struct blkdebug_engine *engine)
{
	return blkdebug_ruleset_alloc(&engine->control,
				      !blkdebug_rules(engine)->count_id);
}

/**
 * blkdebug_add_rules - add rules, which come into force at the same moment
 * @engine: the engine
 * @rules: from blkdebug_parse_rules(), numbered from @last_number + 1 on, not
 *	empty; empty afterwards, on failure, too
 * @replace: remove all old rules at the same moment
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: 0, or -ENOMEM; nothing has changed then.
 */
int blkdebug_add_rules(struct blkdebug_engine *engine, struct list_head *rules,
		       bool replace)
{
	struct blkdebug_ruleset *rs;
	int r;

	lockdep_assert_held(&engine->control);
	rs = replace ? alloc_successor(engine) : blkdebug_rules(engine);
	r = rs ? add_to_ruleset(engine, rs, rules) : -ENOMEM;
	if (!r)
		return 0;
	disown_rules(engine, rs ?: blkdebug_rules(engine), rules);
	if (replace)
		blkdebug_ruleset_free(rs);
	return r;
}

/**
 * blkdebug_clear_rules - remove all rules
 * @engine: the engine
 * @reset: set the start state and reset the counters, too
 *
 * I/Os that breakpoints hold stay held.
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: 0, or -ENOMEM; nothing has changed then.
 */
int blkdebug_clear_rules(struct blkdebug_engine *engine, bool reset)
{
	struct blkdebug_filter *filter, *old_filter;
	struct blkdebug_ruleset *rs, *old;
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	rs = alloc_successor(engine);
	filter = rs ? blkdebug_ruleset_filter(rs, 0, NULL) : NULL;
	if (!filter) {
		blkdebug_ruleset_free(rs);
		return -ENOMEM;
	}
	flags = blkdebug_write_lock(engine);
	old = swap_rules(engine, rs);
	old_filter = swap_filter(engine, filter);
	blkdebug_update_interest(engine);
	if (reset)
		blkdebug_change_state(engine, NULL, 0, engine->start_state);
	blkdebug_write_unlock(engine, flags);
	if (reset)
		blkdebug_reset_counters(engine);
	blkdebug_filter_free(old_filter, filter);
	retire_rules(engine, old);
	return 0;
}

/**
 * blkdebug_remove_rule - remove a rule, used up or not
 * @engine: the engine
 * @rule: a rule of the engine; do not use it afterwards, because it may be freed
 *
 * Context: may sleep. The control mutex is held.
 */
void blkdebug_remove_rule(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	struct blkdebug_tag *tag = blkdebug_rule_tag(rule);
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	flags = blkdebug_write_lock(engine);
	if (rule->dead) {
		list_del(&rule->used_link);
		rs->nr_used--;
	} else {
		blkdebug_kill_rule(engine, rule);
	}
	if (tag)
		tag->count[rs->count_id].hits -= rule->hits;
	engine->wake = true;
	engine->ops->schedule_housekeeping(engine);
	blkdebug_write_unlock(engine, flags);

	xa_erase(&rs->rules, rule->number);
	blkdebug_untag_rule(engine, rule);
	blkdebug_ruleset_drop(rs, rule);
}

/* Remove the oldest rule from the list of used-up rules. */
static struct blkdebug_rule *take_used_rule(struct blkdebug_engine *engine)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	struct blkdebug_rule *rule;
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	flags = blkdebug_lock(engine);
	rule = list_first_entry(&rs->used, struct blkdebug_rule, used_link);
	list_del(&rule->used_link);
	rs->nr_used--;
	blkdebug_unlock(engine, flags);
	return rule;
}

/* Free the oldest used-up rules when there are at least 2 * USED_KEPT. */
static void free_used_rules(struct blkdebug_engine *engine)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	struct blkdebug_rule *rule;
	u64 nr = READ_ONCE(rs->nr_used);

	lockdep_assert_held(&engine->control);
	if (nr < 2 * USED_KEPT)
		return;
	/* The list does not get shorter meanwhile: that takes the control mutex. */
	for (; nr > USED_KEPT; nr--) {
		rule = take_used_rule(engine);
		xa_erase(&rs->rules, rule->number);
		blkdebug_untag_rule(engine, rule);
		blkdebug_ruleset_drop(rs, rule);
		cond_resched();
	}
}

static void account_dropped(struct blkdebug_engine *engine, u64 entries)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	unsigned long flags = blkdebug_lock(engine);

	rs->nr_entries -= entries;
	rs->nr_dead -= entries;
	blkdebug_unlock(engine, flags);
}

/* Drop dead rules from runs and filter. If an allocation fails, some stay. */
static void clean_rules(struct blkdebug_engine *engine)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	struct blkdebug_filter *filter, *old;
	unsigned long flags;
	u64 dropped;

	lockdep_assert_held(&engine->control);
	blkdebug_ruleset_clean(rs, &dropped);
	account_dropped(engine, dropped);

	filter = blkdebug_ruleset_filter(rs, 0, NULL);
	if (!filter)
		return;
	flags = blkdebug_write_lock(engine);
	old = swap_filter(engine, filter);
	blkdebug_update_interest(engine);
	blkdebug_write_unlock(engine, flags);
	blkdebug_filter_free(old, filter);
}

/**
 * blkdebug_engine_housekeep - free memory that I/Os cannot free, and merge runs
 * @engine: the engine
 *
 * Context: may sleep; takes the control mutex.
 *
 * Return: mask of enum blkdebug_change: the changes since the last call.
 */
unsigned int blkdebug_engine_housekeep(struct blkdebug_engine *engine)
{
	unsigned int changes;
	unsigned long flags;
	LIST_HEAD(holds);
	LIST_HEAD(rules);
	bool dirty;

	mutex_lock(&engine->control);
	flags = blkdebug_lock(engine);
	changes = engine->changes;
	engine->changes = 0;
	dirty = blkdebug_ruleset_dirty(blkdebug_rules(engine));
	list_splice_init(&engine->holds.freed, &holds);
	blkdebug_unlock(engine, flags);

	blkdebug_holds_reap(&holds);
	free_used_rules(engine);
	blkdebug_free_idle_tags(engine);
	account_dropped(engine,
			blkdebug_ruleset_tidy(blkdebug_rules(engine)));
	if (dirty)
		clean_rules(engine);
	list_splice_init(&blkdebug_rules(engine)->freed, &rules);
	mutex_unlock(&engine->control);

	if (!list_empty(&rules)) {
		synchronize_rcu();
		blkdebug_free_rules(&rules);
	}
	return changes;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine: lock, state, armed set and counters. See engine.h.
 */
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "engine.h"
#include "trace.h"

static const struct blkdebug_io_desc no_io = { .iotype = BLKDEBUG_IO_EVENT };

/**
 * blkdebug_tell_watchers - have housekeeping raise a dm event
 * @engine: the engine
 * @changes: enum blkdebug_change
 *
 * Context: the engine's lock is held.
 */
void blkdebug_tell_watchers(struct blkdebug_engine *engine,
			    unsigned int changes)
{
	lockdep_assert_held(&engine->lock);
	if (!engine->changes)
		engine->ops->schedule_housekeeping(engine);
	engine->changes |= changes | BLKDEBUG_CHANGED;
}

/**
 * blkdebug_notify - wake sleepers and schedule housekeeping after a change
 * @engine: the engine
 * @changes: enum blkdebug_change
 *
 * Context: the engine's lock is held.
 */
void blkdebug_notify(struct blkdebug_engine *engine, unsigned int changes)
{
	engine->wake = true;
	blkdebug_tell_watchers(engine, changes);
}

/**
 * blkdebug_arms - test whether an event would change the armed set
 * @engine: the engine
 * @er: the rules of the event
 * @state: the state in force
 *
 * Context: RCU read side.
 *
 * Return: true if the armed set would change.
 */
bool blkdebug_arms(struct blkdebug_engine *engine,
		   struct blkdebug_event_rules *er, u32 state)
{
	const struct blkdebug_armed *armed = &engine->armed;

	if (READ_ONCE(armed->event) == er &&
	    READ_ONCE(armed->last) >= blkdebug_last_fault(er) &&
	    (READ_ONCE(armed->state) == state || !blkdebug_faults_by_state(er)))
		return false;
	return blkdebug_faults_to_arm(blkdebug_rules(engine), er, state);
}

/* Get the I/O types that rules of the classes from @from up to @to match. */
static u16 get_classes_iotypes(struct blkdebug_event_rules *er, u32 state,
			       unsigned int from, unsigned int to)
{
	u16 iotypes = 0;
	unsigned int i;

	for (i = from; er && i < to; i++)
		iotypes |= blkdebug_class_iotypes(&er->class[i], state);
	return iotypes;
}

/* Test whether the rules in force, standing or armed, may have a bad sector. */
static bool has_bad_sectors(struct blkdebug_engine *engine)
{
	const struct blkdebug_event_rules *standing, *armed;
	enum blkdebug_class bad = BLKDEBUG_CLASS_BAD;

	standing = rcu_dereference(blkdebug_rules(engine)->standing);
	armed = READ_ONCE(engine->armed.event);
	return (standing && READ_ONCE(standing->class[bad].live)) ||
	       (armed && READ_ONCE(armed->class[bad].live));
}

/* Get the rules of an event that an I/O raises; BLKDEBUG_EV_NONE has none here. */
static struct blkdebug_event_rules *
get_io_event_rules(const struct blkdebug_ruleset *rs, unsigned int event)
{
	return event == BLKDEBUG_EV_NONE ? NULL :
					   rcu_dereference(rs->event[event]);
}

/* Add the I/O type @bit if rules of an event before the check match I/Os of that type. */
static void add_event_interest(struct blkdebug_engine *engine,
			       struct blkdebug_event_rules *er, u32 bit,
			       u32 *interest, u32 *unfiltered)
{
	lockdep_assert_held(&engine->lock);
	if (!er)
		return;
	*interest |= bit & get_classes_iotypes(er, engine->state,
					       BLKDEBUG_NR_FAULT_CLASSES,
					       BLKDEBUG_NR_CLASSES);
	if (blkdebug_arms(engine, er, engine->state))
		*unfiltered |= bit;
}

static void update_span(struct blkdebug_engine *engine, unsigned int iotype,
			bool unfiltered)
{
	const struct blkdebug_filter *filter = rcu_dereference(engine->filter);
	const struct blkdebug_range *span = &filter->span[iotype];

	WRITE_ONCE(engine->span[iotype].first, unfiltered ? 0 : span->first);
	WRITE_ONCE(engine->span[iotype].last,
		   unfiltered ? U64_MAX : span->last);
}

/**
 * blkdebug_update_interest - recompute which I/O types rules may match
 * @engine: the engine
 *
 * To be called after each change of the rules, the state or the armed set.
 *
 * Context: the engine's lock is held for writing.
 */
void blkdebug_update_interest(struct blkdebug_engine *engine)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	const struct blkdebug_armed *armed = &engine->armed;
	struct blkdebug_event_rules *er;
	u32 interest, unfiltered = 0;
	unsigned int i, j;

	lockdep_assert_held(&engine->lock);
	interest = get_classes_iotypes(rcu_dereference(rs->standing), engine->state,
				       0, BLKDEBUG_NR_CLASSES);
	interest |= get_classes_iotypes(armed->event, armed->state, 0,
				    BLKDEBUG_NR_FAULT_CLASSES);
	/* The device reports the sectors of a zone append when it completes. */
	if (has_bad_sectors(engine))
		unfiltered |= 1U << BLKDEBUG_IO_ZONE_APPEND;
	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++) {
		const struct blkdebug_raises *raises = &blkdebug_raises[i];

		for (j = 0; j < BLKDEBUG_EVENTS_BEFORE; j++) {
			er = get_io_event_rules(rs, raises->before[j]);
			add_event_interest(engine, er, 1U << i, &interest,
					   &unfiltered);
		}
		/* At completion, the state and the armed set may have changed. */
		if (blkdebug_event_live(get_io_event_rules(rs, raises->done)))
			unfiltered |= 1U << i;
	}
	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++)
		update_span(engine, i, unfiltered & (1U << i));
	WRITE_ONCE(engine->interest, interest | unfiltered);
	WRITE_ONCE(engine->unfiltered, unfiltered);
	WRITE_ONCE(engine->mode, (engine->mode & ~BLKDEBUG_HAS_RULES) |
				 (rs->nr_live ? BLKDEBUG_HAS_RULES : 0));
}

/**
 * blkdebug_may_heal - test whether an I/O may heal bad sectors, wherever it goes
 * @engine: the engine
 * @io: the I/O
 *
 * Context: any.
 *
 * Return: false if the I/O is a read, or if no rule in force has a bad sector.
 */
bool blkdebug_may_heal(struct blkdebug_engine *engine, const struct blkdebug_io *io)
{
	bool heals;

	if (io->desc.iotype == BLKDEBUG_IO_READ)
		return false;
	rcu_read_lock();
	heals = has_bad_sectors(engine);
	rcu_read_unlock();
	return heals;
}

/**
 * blkdebug_raises_done - test whether a rule names the completion event of an I/O
 * @engine: the engine
 * @iotype: enum blkdebug_iotype of the I/O
 *
 * Context: any.
 *
 * Return: true if blkdebug_complete() is to be called when the I/O completes.
 */
bool blkdebug_raises_done(struct blkdebug_engine *engine, unsigned int iotype)
{
	unsigned int event = blkdebug_raises[iotype].done;
	bool raises;

	if (event == BLKDEBUG_EV_NONE)
		return false;
	rcu_read_lock();
	raises = blkdebug_event_live(rcu_dereference(blkdebug_rules(engine)->event[event]));
	rcu_read_unlock();
	return raises;
}

/**
 * blkdebug_rule_armed - test whether a rule is armed
 * @engine: the engine
 * @rule: a rule of it
 *
 * Context: the engine's lock is held.
 *
 * Return: true if the rule is a fault and armed.
 */
bool blkdebug_rule_armed(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule)
{
	const struct blkdebug_armed *armed = &engine->armed;
	enum blkdebug_class id = blkdebug_class_of(rule);

	lockdep_assert_held(&engine->lock);
	return armed->event && !rule->dead && id < BLKDEBUG_NR_FAULT_CLASSES &&
	       rule->group->class == &armed->event->class[id] &&
	       rule->number <= armed->last &&
	       (!rule->state || rule->state == armed->state);
}

/*
 * Get the state that standing faults are to match: the state in force, unless a
 * standing set-state rule has just changed it for this I/O.
 */
static u32 get_fault_state(struct blkdebug_engine *engine,
			   const struct blkdebug_io *io)
{
	if (io->state_change && io->state_change == engine->state_changes)
		return io->prev_state;
	return READ_ONCE(engine->state);
}

/**
 * blkdebug_add_faults - add the armed and the standing faults of a class to a search
 * @search: the search, before the first blkdebug_next_match()
 * @engine: the engine
 * @io: the I/O
 * @class: the class
 *
 * Context: RCU read side.
 */
void blkdebug_add_faults(struct blkdebug_search *search,
			 struct blkdebug_engine *engine,
			 const struct blkdebug_io *io, enum blkdebug_class class)
{
	struct blkdebug_event_rules *armed = READ_ONCE(engine->armed.event);
	struct blkdebug_event_rules *standing =
		rcu_dereference(blkdebug_rules(engine)->standing);

	if (standing)
		blkdebug_add_source(search, &standing->class[class],
				    get_fault_state(engine, io), U64_MAX);
	if (armed)
		blkdebug_add_source(search, &armed->class[class],
				    READ_ONCE(engine->armed.state),
				    READ_ONCE(engine->armed.last));
}

/**
 * blkdebug_change_state - change the state
 * @engine: the engine
 * @desc: the I/O that a rule has matched, for tracing, or NULL
 * @rule: the number of that rule; 0: a message or sysfs changes the state
 * @state: the new state
 *
 * Context: the engine's lock is held for writing.
 */
void blkdebug_change_state(struct blkdebug_engine *engine,
			   const struct blkdebug_io_desc *desc, u64 rule, u32 state)
{
	lockdep_assert_held(&engine->lock);
	if (state == engine->state)
		return;
	trace_blkdebug_state(engine->dev, desc ?: &no_io, rule, engine->state, state);
	WRITE_ONCE(engine->state, state);
	engine->state_changes++;
	blkdebug_update_interest(engine);
	blkdebug_notify(engine, BLKDEBUG_CHANGED_STATE);
}

/**
 * blkdebug_set_state - set the state
 * @engine: the engine
 * @state: the new state
 *
 * Context: any.
 */
void blkdebug_set_state(struct blkdebug_engine *engine, u32 state)
{
	unsigned long flags = blkdebug_write_lock(engine);

	blkdebug_change_state(engine, NULL, 0, state);
	blkdebug_write_unlock(engine, flags);
}

/**
 * blkdebug_kill_rule - deactivate a rule
 * @engine: the engine
 * @rule: a rule in force
 *
 * Context: the engine's lock is held for writing.
 */
void blkdebug_kill_rule(struct blkdebug_engine *engine,
			struct blkdebug_rule *rule)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	struct blkdebug_tag *tag = blkdebug_rule_tag(rule);

	lockdep_assert_held(&engine->lock);
	if (blkdebug_rule_armed(engine, rule))
		engine->armed.nr--;
	if (blkdebug_ruleset_kill(rs, rule))
		blkdebug_update_interest(engine);
	blkdebug_hold_disown(rule);
	if (tag)
		tag->count[rs->count_id].live--;
}

/**
 * blkdebug_use_up_rule - deactivate a rule but keep it for "list"
 * @engine: the engine
 * @rule: a rule in force
 *
 * Context: the engine's lock is held for writing.
 */
void blkdebug_use_up_rule(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);

	lockdep_assert_held(&engine->lock);
	blkdebug_kill_rule(engine, rule);
	list_add_tail(&rule->used_link, &rs->used);
	rs->nr_used++;
	blkdebug_notify(engine, 0);
}

/* Wake the sleepers; those that wait for more hits set @wake_at again. */
static void wake_at_hit(struct blkdebug_engine *engine, u64 *wake_at)
{
	lockdep_assert_held(&engine->lock);
	*wake_at = U64_MAX;
	engine->wake = true;
}

/**
 * blkdebug_account_hit - count a hit; deactivate the rule after times= hits
 * @engine: the engine
 * @rule: the rule that has fired
 *
 * A rule with errno=0 stays active, because times= does not apply to that rule.
 *
 * Context: the engine's lock is held for writing.
 */
void blkdebug_account_hit(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule)
{
	unsigned int count_id = blkdebug_rules(engine)->count_id;
	struct blkdebug_tag *tag = blkdebug_rule_tag(rule);

	lockdep_assert_held(&engine->lock);
	if (++rule->hits >= rule->wake_at)
		wake_at_hit(engine, &rule->wake_at);
	if (tag && ++tag->count[count_id].hits >= tag->wake_at)
		wake_at_hit(engine, &tag->wake_at);
	if (rule->times && rule->hits >= rule->times &&
	    (rule->action != BLKDEBUG_INJECT_ERROR || rule->error))
		blkdebug_use_up_rule(engine, rule);
}

static unsigned long sum_seen(struct blkdebug_engine *engine,
			      unsigned int iotype)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(engine->seen, cpu)->nr[iotype]);
	return sum;
}

/**
 * blkdebug_seen - get the number of I/Os since the last reset
 * @engine: the engine
 * @iotype: enum blkdebug_iotype
 *
 * Context: the control mutex is held.
 *
 * Return: the number.
 */
unsigned long blkdebug_seen(struct blkdebug_engine *engine, unsigned int iotype)
{
	lockdep_assert_held(&engine->control);
	return sum_seen(engine, iotype) - engine->seen_base.nr[iotype];
}

/**
 * blkdebug_injected - get the number of errors injected since the last reset
 * @engine: the engine
 *
 * Context: the engine's lock is held.
 *
 * Return: the number.
 */
u64 blkdebug_injected(struct blkdebug_engine *engine)
{
	unsigned int i;
	u64 sum = 0;

	lockdep_assert_held(&engine->lock);
	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++)
		sum += engine->injected[i];
	return sum;
}

/**
 * blkdebug_reset_counters - set all counters of "stats" to zero
 * @engine: the engine
 *
 * Context: the control mutex is held; the engine's lock is not.
 */
void blkdebug_reset_counters(struct blkdebug_engine *engine)
{
	unsigned long flags;
	unsigned int i;

	lockdep_assert_held(&engine->control);
	flags = blkdebug_lock(engine);
	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++) {
		engine->injected[i] = 0;
		engine->held[i] = 0;
		engine->seen_base.nr[i] = sum_seen(engine, i);
	}
	blkdebug_unlock(engine, flags);
}

/**
 * blkdebug_engine_init - initialize an engine: no rules, suspended, in state 1
 * @engine: the engine, zeroed
 * @ops: callbacks of the owner
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM; call blkdebug_engine_exit() in both cases.
 */
int blkdebug_engine_init(struct blkdebug_engine *engine,
			 const struct blkdebug_ops *ops)
{
	struct blkdebug_filter *filter;
	struct blkdebug_ruleset *rs;

	spin_lock_init(&engine->lock);
	seqcount_spinlock_init(&engine->seq, &engine->lock);
	blkdebug_holds_init(&engine->holds);
	blkdebug_delays_init(&engine->delays);
	INIT_LIST_HEAD(&engine->ready);
	INIT_LIST_HEAD(&engine->idle_tags);
	engine->tags = RB_ROOT;
	init_waitqueue_head(&engine->wait);
	mutex_init(&engine->control);
	engine->mode = BLKDEBUG_SUSPENDING;
	engine->state = 1;
	engine->start_state = 1;
	engine->ops = ops;
	engine->seen = alloc_percpu(struct blkdebug_seen);
	rs = blkdebug_ruleset_alloc(&engine->control, 0);
	RCU_INIT_POINTER(engine->rules, rs);
	mutex_lock(&engine->control);
	filter = rs ? blkdebug_ruleset_filter(rs, 0, NULL) : NULL;
	mutex_unlock(&engine->control);
	RCU_INIT_POINTER(engine->filter, filter);
	return engine->seen && filter ? 0 : -ENOMEM;
}

/**
 * blkdebug_engine_exit - free all memory of an engine
 * @engine: the engine, without I/O, sleepers and scheduled housekeeping
 *
 * Context: may sleep.
 */
void blkdebug_engine_exit(struct blkdebug_engine *engine)
{
	struct blkdebug_filter *filter;

	blkdebug_delays_exit(&engine->delays);
	mutex_lock(&engine->control);
	filter = rcu_replace_pointer(engine->filter, NULL,
				     lockdep_is_held(&engine->control));
	blkdebug_filter_free(filter, NULL);
	blkdebug_ruleset_free(blkdebug_rules(engine));
	mutex_unlock(&engine->control);
	blkdebug_holds_reap(&engine->holds.freed);
	blkdebug_free_tags(engine);
	free_percpu(engine->seen);
	mutex_destroy(&engine->control);
}

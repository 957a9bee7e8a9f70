// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process: apply the rules to an I/O. enum blkdebug_step has the order of the steps.
 *
 * Functions with @locked run twice: lockless under RCU, returning NEED_LOCK
 * instead of modifying anything, then under the engine's lock.
 *
 * Example: a write with the rules "set-state event=write_aio new_state=2" and
 * "suspend event=pwritev_done tag=A":
 *
 *   submit    lockless: EVENT finds the set-state rule, thus NEED_LOCK
 *             locked:   EVENT changes the state; CHECK, FAULTS: PASS
 *   complete  lockless: DONE finds the breakpoint, thus NEED_LOCK
 *             locked:   DONE holds the I/O: HELD
 *   resume A  locked:   DONE continues behind the breakpoint: PASS; the I/O is
 *             queued for the owner's worker, which completes the bio
 */
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../rules/chance.h"
#include "fault.h"
#include "process.h"
#include "trace.h"
#include "try.h"

static enum blkdebug_verdict arm_faults(struct blkdebug_engine *engine,
					struct blkdebug_event_rules *er,
					u32 state, bool locked)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);

	if (!blkdebug_arms(engine, er, state))
		return BLKDEBUG_PASS;
	if (!locked)
		return BLKDEBUG_NEED_LOCK;
	lockdep_assert_held(&engine->lock);
	WRITE_ONCE(engine->armed.event, er);
	WRITE_ONCE(engine->armed.state, state);
	WRITE_ONCE(engine->armed.last, rs->visible);
	engine->armed.nr = blkdebug_faults_to_arm(rs, er, state);
	blkdebug_update_interest(engine);
	return BLKDEBUG_PASS;
}

static const char *get_event_name(const struct blkdebug_event_rules *er)
{
	switch (er->event) {
	case BLKDEBUG_EV_STANDING:
		return NULL;
	case BLKDEBUG_EV_USER:
		return er->name;
	default:
		return blkdebug_event_name(er->event);
	}
}

static void record_event(struct blkdebug_io *io,
			 const struct blkdebug_event_rules *er)
{
	io->event = get_event_name(er);
	if (er->event == BLKDEBUG_EV_USER) {
		/* Copy the name, because an I/O may outlive the rules. */
		strscpy(io->user_event, io->event, BLKDEBUG_NAME_MAX + 1);
		io->event = io->user_event;
	}
}

static void account_held(struct blkdebug_engine *engine, struct blkdebug_io *io)
{
	lockdep_assert_held(&engine->lock);
	if (io->desc.iotype < BLKDEBUG_NR_IOTYPES && !io->counted_held)
		engine->held[io->desc.iotype]++;
	io->counted_held = true;
	blkdebug_notify(engine, BLKDEBUG_CHANGED_HELD);
}

static void begin_hold(struct blkdebug_engine *engine,
		       struct blkdebug_io *io, struct blkdebug_rule *rule)
{
	struct blkdebug_hold *hold;

	lockdep_assert_held(&engine->lock);
	hold = blkdebug_hold_begin(&engine->holds, io, rule);
	trace_blkdebug_hold(engine->dev, &io->desc, rule->number, hold->number,
			    rule->tag);
	blkdebug_account_hit(engine, rule);
}

/* Hold the I/O by the next breakpoints that match, in a batch, as long as there are free holds. */
static unsigned int begin_holds(struct blkdebug_engine *engine,
				struct blkdebug_io *io,
				struct blkdebug_search *search)
{
	struct blkdebug_rule *rule;
	unsigned int i, nr = 0;

	lockdep_assert_held(&engine->lock);
	for (i = 0; i < BLKDEBUG_TRY_BATCH; i++) {
		rule = blkdebug_next_match(search);
		if (rule && !blkdebug_has_free_hold(io, rule))
			break;
		io->last_rule = rule ? rule->number : U64_MAX;
		if (!rule)
			break;
		if (blkdebug_rule_should_fire(rule, engine->seed)) {
			begin_hold(engine, io, rule);
			nr++;
		}
	}
	return nr;
}

/* Hold the I/O by the breakpoints that match. */
static enum blkdebug_verdict hit_breakpoints(struct blkdebug_engine *engine,
					     struct blkdebug_io *io,
					     struct blkdebug_event_rules *er,
					     bool locked)
{
	struct blkdebug_search search;

	if (READ_ONCE(engine->mode) & (BLKDEBUG_SUSPENDING | BLKDEBUG_POWERLESS))
		return BLKDEBUG_PASS;
	blkdebug_init_search(&search, blkdebug_rules(engine), &io->desc,
			     io->last_rule);
	blkdebug_add_source(&search, &er->class[BLKDEBUG_CLASS_SUSPEND],
			    io->event_state, io->event_up_to);
	if (!locked)
		return blkdebug_any_match(&search) ? BLKDEBUG_NEED_LOCK : BLKDEBUG_PASS;
	if (!begin_holds(engine, io, &search))
		return blkdebug_search_ended(io) ? BLKDEBUG_PASS : BLKDEBUG_NEED_LOCK;
	record_event(io, er);
	account_held(engine, io);
	return BLKDEBUG_HELD;
}

/* Apply the first set-state rule that fires at an event, or at the check of an I/O. */
static enum blkdebug_verdict apply_set_state(struct blkdebug_engine *engine,
					     struct blkdebug_io *io,
					struct blkdebug_event_rules *er,
					bool locked)
{
	struct blkdebug_rule *rule;
	struct blkdebug_search search;

	blkdebug_init_search(&search, blkdebug_rules(engine), &io->desc,
			     io->last_rule);
	blkdebug_add_source(&search, &er->class[BLKDEBUG_CLASS_SET_STATE],
			    io->event_state, io->event_up_to);
	if (!locked)
		return blkdebug_any_match(&search) ? BLKDEBUG_NEED_LOCK : BLKDEBUG_PASS;
	rule = blkdebug_try_matches(engine, io, &search);
	if (!rule)
		return blkdebug_search_ended(io) ? BLKDEBUG_PASS : BLKDEBUG_NEED_LOCK;
	blkdebug_change_state(engine, &io->desc, rule->number, rule->new_state);
	blkdebug_account_hit(engine, rule);
	if (er->event == BLKDEBUG_EV_STANDING &&
	    io->event_state != engine->state) {
		io->prev_state = io->event_state;
		io->state_change = engine->state_changes;
	}
	return BLKDEBUG_PASS;
}

/* Process an event, or the standing set-state and suspend rules */
static enum blkdebug_verdict process_event(struct blkdebug_engine *engine,
					   struct blkdebug_io *io,
					   struct blkdebug_event_rules *er,
					   bool locked)
{
	enum blkdebug_verdict verdict = BLKDEBUG_PASS;

	if (blkdebug_step_begins(io)) {
		io->event_state = READ_ONCE(engine->state);
		io->event_up_to = READ_ONCE(blkdebug_rules(engine)->visible);
		if (er->event != BLKDEBUG_EV_STANDING)
			verdict = arm_faults(engine, er, io->event_state,
					     locked);
	}
	/* For a resumed I/O, only breakpoints remain. */
	if (!io->second_search) {
		if (verdict == BLKDEBUG_PASS)
			verdict = apply_set_state(engine, io, er, locked);
		if (verdict != BLKDEBUG_PASS)
			return verdict;
		blkdebug_begin_second_search(io);
	}
	return hit_breakpoints(engine, io, er, locked);
}

/* Get the event that the step of an I/O raises, or BLKDEBUG_EV_STANDING. */
static unsigned int get_step_event(const struct blkdebug_io *io)
{
	switch (io->step) {
	case BLKDEBUG_STEP_CHECK:
		return BLKDEBUG_EV_STANDING;
	case BLKDEBUG_STEP_DONE:
		return blkdebug_raises[io->desc.iotype].done;
	case BLKDEBUG_STEP_RAISED:
		return io->raised;
	default:
		return blkdebug_raises[io->desc.iotype].before[io->step];
	}
}

static struct blkdebug_event_rules *
get_step_rules(struct blkdebug_engine *engine, const struct blkdebug_io *io,
	       unsigned int event)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);

	switch (event) {
	case BLKDEBUG_EV_STANDING:
		return rcu_dereference(rs->standing);
	case BLKDEBUG_EV_USER:
		return blkdebug_user_event_rules(rs, io->user_event);
	case BLKDEBUG_EV_NONE:
		/* In the steps of an I/O, EV_NONE means that no event is raised. */
		if (io->step != BLKDEBUG_STEP_RAISED)
			return NULL;
		fallthrough;
	default:
		return rcu_dereference(rs->event[event]);
	}
}

/* Trace the event of a step, once. Returns false if the lock is needed for that. */
static bool trace_step(struct blkdebug_engine *engine,
		       const struct blkdebug_io *io, unsigned int event,
		       const struct blkdebug_event_rules *er, bool locked)
{
	const char *name;

	if (!trace_blkdebug_event_enabled() || !blkdebug_step_begins(io) ||
	    event == BLKDEBUG_EV_STANDING ||
	    (event == BLKDEBUG_EV_NONE && io->step != BLKDEBUG_STEP_RAISED))
		return true;
	if (!locked)
		return false;
	if (er)
		name = get_event_name(er);
	else
		name = event == BLKDEBUG_EV_USER ? io->user_event :
						   blkdebug_event_name(event);
	trace_blkdebug_event(engine->dev, &io->desc, name);
	return true;
}

/* Process one step. Returns true if @verdict is final, or if the I/O is held. */
static bool process_step(struct blkdebug_engine *engine,
			 struct blkdebug_io *io, bool locked,
			 enum blkdebug_verdict *verdict)
{
	struct blkdebug_event_rules *er;
	unsigned int event;

	if (io->step == BLKDEBUG_STEP_FAULTS) {
		*verdict = blkdebug_check_faults(engine, io, locked);
		return true;
	}
	event = get_step_event(io);
	er = get_step_rules(engine, io, event);
	*verdict = BLKDEBUG_NEED_LOCK;
	if (!trace_step(engine, io, event, er, locked))
		return true;
	*verdict = BLKDEBUG_PASS;
	if (er)
		*verdict = process_event(engine, io, er, locked);
	return *verdict != BLKDEBUG_PASS || io->step >= BLKDEBUG_STEP_DONE;
}

/* Process an I/O from its current step on. */
static enum blkdebug_verdict process_steps(struct blkdebug_engine *engine,
					   struct blkdebug_io *io,
					   bool locked)
{
	enum blkdebug_verdict verdict;

	if ((READ_ONCE(engine->mode) & BLKDEBUG_POWERLESS) &&
	    io->step != BLKDEBUG_STEP_RAISED) {
		io->error = EIO;
		io->immediately = true;
		return io->step == BLKDEBUG_STEP_DONE ? BLKDEBUG_PASS :
							BLKDEBUG_FAIL;
	}
	while (!process_step(engine, io, locked, &verdict))
		blkdebug_begin_step(io, io->step + 1);
	return verdict;
}

/**
 * blkdebug_process_locked - continue to process a resumed I/O
 * @engine: the engine
 * @io: the I/O
 *
 * Context: the engine's lock is held for writing.
 *
 * Return: the verdict, for blkdebug_dispatch().
 */
enum blkdebug_verdict blkdebug_process_locked(struct blkdebug_engine *engine,
					      struct blkdebug_io *io)
{
	lockdep_assert_held(&engine->lock);
	return process_steps(engine, io, true);
}

/**
 * blkdebug_dispatch - queue an I/O for its delay, or for the owner's worker
 * @engine: the engine
 * @io: the I/O
 * @verdict: the verdict; %BLKDEBUG_HELD: the I/O is not queued
 *
 * A caller of "event" is not queued either: it reads @verdict.
 *
 * Context: the engine's lock is held.
 */
void blkdebug_dispatch(struct blkdebug_engine *engine,
		       struct blkdebug_io *io,
		       enum blkdebug_verdict verdict)
{
	lockdep_assert_held(&engine->lock);
	io->verdict = verdict;
	if (verdict == BLKDEBUG_HELD || io->desc.iotype == BLKDEBUG_IO_EVENT)
		return;
	if (verdict != BLKDEBUG_NEED_LOCK && io->delay &&
	    !(engine->mode & (BLKDEBUG_SUSPENDING | BLKDEBUG_POWERLESS)))
		blkdebug_delay_io(engine, io);
	else
		blkdebug_queue_ready(engine, io);
}

/* Test whether a fault allocates memory, or completes the I/O without submitting it. */
static bool alter_needs_worker(const struct blkdebug_io *io)
{
	return io->effect.action == BLKDEBUG_DROP ||
	       (io->effect.action == BLKDEBUG_CORRUPT &&
		io->desc.iotype == BLKDEBUG_IO_WRITE);
}

/* Test whether the owner's worker must execute the verdict. */
static bool needs_worker(const struct blkdebug_io *io,
			 enum blkdebug_verdict verdict)
{
	switch (verdict) {
	case BLKDEBUG_PASS:
		return io->delay;
	case BLKDEBUG_FAIL:
		return io->delay || !io->immediately;
	case BLKDEBUG_ALTER:
		return io->delay || alter_needs_worker(io);
	case BLKDEBUG_NEED_LOCK:
		return true;
	default:
		return false;
	}
}

static void start_steps(struct blkdebug_io *io, enum blkdebug_step step)
{
	blkdebug_begin_step(io, step);
	io->state_change = 0;
	io->delay = 0;
	io->delays_ended = 0;
	io->heals = false;
	io->error = 0;
}

static enum blkdebug_verdict process_lockless(struct blkdebug_engine *engine,
					      struct blkdebug_io *io,
					      enum blkdebug_step step)
{
	unsigned int seq = blkdebug_read_begin(engine);
	enum blkdebug_verdict verdict;

	rcu_read_lock();
	start_steps(io, step);
	verdict = process_steps(engine, io, false);
	if (blkdebug_read_retry(engine, seq))
		verdict = BLKDEBUG_NEED_LOCK;
	rcu_read_unlock();
	return verdict;
}

/* Test whether an I/O to a zone must stay with its submitter, as no rule has delayed it. */
static bool keeps_order(const struct blkdebug_engine *engine,
			const struct blkdebug_io *io)
{
	return engine->geometry.zoned && !io->delay &&
	       io->step != BLKDEBUG_STEP_DONE;
}

static enum blkdebug_verdict process_io(struct blkdebug_engine *engine,
					struct blkdebug_io *io,
					enum blkdebug_step step)
{
	enum blkdebug_verdict verdict = process_lockless(engine, io, step);
	unsigned long flags;

	if (verdict != BLKDEBUG_NEED_LOCK)
		return verdict;
	blkdebug_io_init_holds(io);
	flags = blkdebug_write_lock(engine);
	start_steps(io, step);
	verdict = process_steps(engine, io, true);
	while (verdict == BLKDEBUG_NEED_LOCK && keeps_order(engine, io)) {
		blkdebug_write_unlock(engine, flags);
		flags = blkdebug_write_lock(engine);
		verdict = process_steps(engine, io, true);
	}
	if (needs_worker(io, verdict)) {
		blkdebug_dispatch(engine, io, verdict);
		verdict = BLKDEBUG_QUEUED;
	}
	blkdebug_write_unlock(engine, flags);
	return verdict;
}

/**
 * blkdebug_submit - process an I/O before it is submitted to the device below
 * @engine: the engine
 * @io: the I/O, with @desc and @requeue set
 *
 * Context: any.
 *
 * Return: %BLKDEBUG_PASS: submit the I/O; %BLKDEBUG_FAIL: complete the I/O with
 * @error; %BLKDEBUG_ALTER: apply @effect to the I/O; %BLKDEBUG_HELD or
 * %BLKDEBUG_QUEUED: do not use the I/O any more, because the engine adds it to
 * @ready with its verdict, possibly before this function returns.
 */
enum blkdebug_verdict blkdebug_submit(struct blkdebug_engine *engine,
				      struct blkdebug_io *io)
{
	io->immediately = false;
	io->counted_injected = false;
	io->counted_held = false;
	return process_io(engine, io, BLKDEBUG_STEP_EVENT);
}

/**
 * blkdebug_complete - raise the completion event of an I/O
 * @engine: the engine
 * @io: the I/O
 *
 * Context: any, hard interrupts included.
 *
 * Return: %BLKDEBUG_PASS, %BLKDEBUG_HELD or %BLKDEBUG_QUEUED, as for blkdebug_submit().
 */
enum blkdebug_verdict blkdebug_complete(struct blkdebug_engine *engine,
					struct blkdebug_io *io)
{
	return process_io(engine, io, BLKDEBUG_STEP_DONE);
}

/**
 * blkdebug_continue - process the next part of an I/O with many rules
 * @engine: the engine
 * @io: the I/O, from @ready with %BLKDEBUG_NEED_LOCK as its verdict
 *
 * The engine holds or delays the I/O, or adds it to @ready again.
 *
 * Context: the owner's worker.
 */
void blkdebug_continue(struct blkdebug_engine *engine, struct blkdebug_io *io)
{
	unsigned long flags = blkdebug_write_lock(engine);

	blkdebug_dispatch(engine, io, process_steps(engine, io, true));
	blkdebug_write_unlock(engine, flags);
}

/**
 * blkdebug_raise - raise an event that no I/O raises
 * @engine: the engine
 * @io: represents the caller; @verdict is %BLKDEBUG_HELD while a breakpoint holds
 *	the caller, and read under the lock
 * @event: enum blkdebug_event
 * @name: name of a user event, in a buffer of %BLKDEBUG_NAME_MAX + 1 bytes that
 *	is valid as long as @io is
 *
 * Context: may sleep.
 */
void blkdebug_raise(struct blkdebug_engine *engine,
		    struct blkdebug_io *io, unsigned int event,
		    char *name)
{
	memset(io, 0, sizeof(*io));
	io->desc.iotype = BLKDEBUG_IO_EVENT;
	memcpy(io->desc.comm, current->comm, sizeof(io->desc.comm));
	io->step = BLKDEBUG_STEP_RAISED;
	io->raised = event;
	io->user_event = name;
	blkdebug_io_init_holds(io);
	blkdebug_continue_event(engine, io);
}

/**
 * blkdebug_continue_event - process an event with many rules to its end
 * @engine: the engine
 * @io: represents the caller; no breakpoint holds it
 *
 * Context: may sleep.
 */
void blkdebug_continue_event(struct blkdebug_engine *engine,
			     struct blkdebug_io *io)
{
	enum blkdebug_verdict verdict;
	unsigned long flags;

	do {
		flags = blkdebug_write_lock(engine);
		verdict = process_steps(engine, io, true);
		io->verdict = verdict;
		blkdebug_write_unlock(engine, flags);
		cond_resched();
	} while (verdict == BLKDEBUG_NEED_LOCK);
}

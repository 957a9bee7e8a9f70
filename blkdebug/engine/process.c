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

#include "../rules/bad-sectors.h"
#include "../rules/chance.h"
#include "process.h"
#include "trace.h"

/* Ranges of bad sectors that are healed in one section of the lock */
#define HEAL_BATCH	256

/* Delays that one section of the lock tries on an I/O */
#define DELAY_BATCH	1024

/* Breakpoints that hold an I/O at once: one section of the lock may end all holds */
#define MOST_HOLDS	1024

/* Count a match, and decide whether the rule fires. */
static bool rule_fires(struct blkdebug_engine *engine,
		       const struct blkdebug_io_desc *desc,
		       struct blkdebug_rule *rule)
{
	lockdep_assert_held(&engine->lock);
	return blkdebug_rule_fits(rule, desc, &engine->geometry) &&
	       blkdebug_rule_should_fire(rule, engine->seed);
}

/* Find the next match that fires. */
static struct blkdebug_rule *find_rule_to_fire(struct blkdebug_engine *engine,
					       struct blkdebug_search *search)
{
	struct blkdebug_rule *rule;

	do {
		rule = blkdebug_next_match(search);
	} while (rule && !rule_fires(engine, search->desc, rule));
	return rule;
}

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

/* Hold the I/O by the next breakpoints that match, as long as there are free holds. */
static enum blkdebug_verdict hit_breakpoints(struct blkdebug_engine *engine,
					     struct blkdebug_io *io,
					     struct blkdebug_event_rules *er,
					     bool locked)
{
	struct blkdebug_rule *rule;
	struct blkdebug_search search;
	unsigned int nr = 0;

	if (READ_ONCE(engine->mode) & (BLKDEBUG_SUSPENDING | BLKDEBUG_POWERLESS))
		return BLKDEBUG_PASS;
	blkdebug_init_search(&search, blkdebug_rules(engine), &io->desc,
			     io->last_rule);
	blkdebug_add_source(&search, &er->class[BLKDEBUG_CLASS_SUSPEND],
			    io->event_state, io->event_up_to);
	if (!locked)
		return blkdebug_any_match(&search) ? BLKDEBUG_NEED_LOCK : BLKDEBUG_PASS;
	while ((rule = blkdebug_next_match(&search))) {
		if (nr == MOST_HOLDS || !blkdebug_has_free_hold(io, rule))
			break;
		io->last_rule = rule->number;
		if (!blkdebug_rule_should_fire(rule, engine->seed))
			continue;
		begin_hold(engine, io, rule);
		nr++;
	}
	if (!rule)
		io->last_rule = U64_MAX;
	if (!nr)
		return BLKDEBUG_PASS;
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

	blkdebug_init_search(&search, blkdebug_rules(engine), &io->desc, 0);
	blkdebug_add_source(&search, &er->class[BLKDEBUG_CLASS_SET_STATE],
			    io->event_state, U64_MAX);
	if (!locked)
		return blkdebug_any_match(&search) ? BLKDEBUG_NEED_LOCK : BLKDEBUG_PASS;
	rule = find_rule_to_fire(engine, &search);
	if (!rule)
		return BLKDEBUG_PASS;
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

	/* A resumed I/O has been here before: only breakpoints remain. */
	if (!io->last_rule) {
		io->event_state = READ_ONCE(engine->state);
		io->event_up_to = READ_ONCE(blkdebug_rules(engine)->visible);
		if (er->event != BLKDEBUG_EV_STANDING)
			verdict = arm_faults(engine, er, io->event_state,
					     locked);
		if (verdict == BLKDEBUG_PASS)
			verdict = apply_set_state(engine, io, er, locked);
		if (verdict != BLKDEBUG_PASS)
			return verdict;
	}
	return hit_breakpoints(engine, io, er, locked);
}

/* Begin a search for the rules whose bad sectors an I/O heals. Reads heal none. */
static void init_heal_search(struct blkdebug_search *search,
			     struct blkdebug_engine *engine,
			     const struct blkdebug_io *io,
			     const struct blkdebug_io_desc *desc, u64 after)
{
	blkdebug_init_search(search, blkdebug_rules(engine), desc, after);
	if (desc->iotype != BLKDEBUG_IO_READ)
		blkdebug_add_faults(search, engine, io, BLKDEBUG_CLASS_BAD);
}

/* Test whether the I/O heals bad sectors if it goes where it was submitted to. */
static bool heals_in_place(struct blkdebug_engine *engine,
			   const struct blkdebug_io *io,
			   struct blkdebug_search *search)
{
	if (io->desc.iotype == BLKDEBUG_IO_ZONE_APPEND)
		return blkdebug_may_heal(engine, io);
	init_heal_search(search, engine, io, &io->desc, 0);
	return blkdebug_any_match(search);
}

/* Count an I/O that a fault is applied to, once. */
static void account_injected(struct blkdebug_engine *engine, struct blkdebug_io *io)
{
	lockdep_assert_held(&engine->lock);
	if (io->desc.iotype < BLKDEBUG_NR_IOTYPES && !io->counted_injected)
		engine->injected[io->desc.iotype]++;
	io->counted_injected = true;
}

static void add_delay(struct blkdebug_engine *engine, struct blkdebug_io *io,
		      struct blkdebug_rule *rule)
{
	trace_blkdebug_inject(engine->dev, &io->desc, rule->number, BLKDEBUG_DELAY, 0);
	blkdebug_add_delay(io, blkdebug_rule_delay(rule, engine->seed));
	blkdebug_account_hit(engine, rule);
}

/* Try a batch of delays on an I/O. Returns false if there may be more. */
static bool add_delays(struct blkdebug_engine *engine, struct blkdebug_io *io,
		       struct blkdebug_search *search)
{
	struct blkdebug_rule *rule;
	unsigned int i;

	blkdebug_begin_batch(engine, io);
	blkdebug_init_search(search, blkdebug_rules(engine), &io->desc,
			     io->last_rule);
	blkdebug_add_faults(search, engine, io, BLKDEBUG_CLASS_DELAY);
	/* On zones, only a delay that fires may send the I/O to the worker. */
	for (i = 0; i < DELAY_BATCH || (engine->geometry.zoned && !io->delay); i++) {
		rule = blkdebug_next_match(search);
		if (!rule)
			return true;
		io->last_rule = rule->number;
		if (rule_fires(engine, &io->desc, rule))
			add_delay(engine, io, rule);
	}
	return false;
}

/* Test whether an I/O that is to fail transfers data first. */
static bool error_transfers(const struct blkdebug_io *io,
			    const struct blkdebug_rule *rule)
{
	return io->effect.sectors ||
	       (rule->params && rule->params->transfer == BLKDEBUG_TRANSFER_ALL);
}

static enum blkdebug_verdict apply_fault(struct blkdebug_engine *engine,
					 struct blkdebug_io *io,
					 struct blkdebug_rule *rule)
{
	lockdep_assert_held(&engine->lock);
	trace_blkdebug_inject(engine->dev, &io->desc, rule->number, rule->action,
			      rule->error);
	blkdebug_rule_effect(rule, &io->desc, &engine->geometry, engine->seed,
			     &io->effect);
	io->error = rule->error;
	io->immediately = rule->immediately;
	blkdebug_account_hit(engine, rule);
	if (rule->action == BLKDEBUG_INJECT_ERROR && !rule->error)
		return BLKDEBUG_PASS;
	/* A misdirected write heals other sectors than it was submitted with. */
	io->heals = blkdebug_may_heal(engine, io);
	account_injected(engine, io);
	return rule->action == BLKDEBUG_INJECT_ERROR && !error_transfers(io, rule) ?
	       BLKDEBUG_FAIL : BLKDEBUG_ALTER;
}

static enum blkdebug_verdict check_faults(struct blkdebug_engine *engine,
					  struct blkdebug_io *io,
					  bool locked)
{
	struct blkdebug_search search;	/* used thrice, as it is large */
	struct blkdebug_rule *rule;
	unsigned int i;

	if (!locked) {
		blkdebug_init_search(&search, blkdebug_rules(engine), &io->desc, 0);
		for (i = 0; i < BLKDEBUG_NR_FAULT_CLASSES; i++)
			blkdebug_add_faults(&search, engine, io, i);
		/* The device chooses which sectors a zone append heals. */
		return blkdebug_any_match(&search) ||
		       (io->desc.iotype == BLKDEBUG_IO_ZONE_APPEND &&
			blkdebug_may_heal(engine, io)) ? BLKDEBUG_NEED_LOCK : BLKDEBUG_PASS;
	}
	if (!add_delays(engine, io, &search))
		return BLKDEBUG_NEED_LOCK;
	io->heals = heals_in_place(engine, io, &search);
	blkdebug_init_search(&search, blkdebug_rules(engine), &io->desc, 0);
	blkdebug_add_faults(&search, engine, io, BLKDEBUG_CLASS_FAULT);
	if (io->desc.iotype == BLKDEBUG_IO_READ)
		blkdebug_add_faults(&search, engine, io, BLKDEBUG_CLASS_BAD);
	rule = find_rule_to_fire(engine, &search);
	return rule ? apply_fault(engine, io, rule) : BLKDEBUG_PASS;
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

	if (!trace_blkdebug_event_enabled() || io->last_rule ||
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
		*verdict = check_faults(engine, io, locked);
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
	while (!process_step(engine, io, locked, &verdict)) {
		io->step++;
		io->last_rule = 0;
	}
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
	io->last_rule = 0;
	io->step = step;
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
 * Return: %BLKDEBUG_PASS or %BLKDEBUG_HELD, as for blkdebug_submit().
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
 * Context: any.
 */
void blkdebug_raise(struct blkdebug_engine *engine,
		    struct blkdebug_io *io, unsigned int event,
		    char *name)
{
	unsigned long flags;

	memset(io, 0, sizeof(*io));
	io->desc.iotype = BLKDEBUG_IO_EVENT;
	memcpy(io->desc.comm, current->comm, sizeof(io->desc.comm));
	io->step = BLKDEBUG_STEP_RAISED;
	io->raised = event;
	io->user_event = name;
	blkdebug_io_init_holds(io);
	flags = blkdebug_write_lock(engine);
	io->verdict = process_steps(engine, io, true);
	blkdebug_write_unlock(engine, flags);
}

/**
 * blkdebug_resume_with - let an I/O continue without applying further rules
 * @engine: the engine
 * @io: the I/O, whose holds have ended
 * @error: errno to fail with, positive; 0: submit the I/O unaltered
 *
 * Context: the engine's lock is held.
 */
void blkdebug_resume_with(struct blkdebug_engine *engine,
			  struct blkdebug_io *io, int error)
{
	lockdep_assert_held(&engine->lock);
	trace_blkdebug_inject(engine->dev, &io->desc, 0, BLKDEBUG_INJECT_ERROR, error);
	io->error = error;
	if (error)
		account_injected(engine, io);
	io->heals = blkdebug_may_heal(engine, io);
	blkdebug_dispatch(engine, io, error ? BLKDEBUG_FAIL : BLKDEBUG_PASS);
}

/* Heal the bad sectors of a rule. Returns false if the batch ends with this rule. */
static bool heal_rule(struct blkdebug_engine *engine,
		      struct blkdebug_rule *rule, const struct blkdebug_io_desc *desc,
		      struct blkdebug_heal *heal)
{
	struct blkdebug_media *media = rule->params->media;
	bool done;

	lockdep_assert_held(&engine->lock);
	done = blkdebug_media_heal(media, desc->sector,
				   desc->sector + desc->nr_sectors - 1,
				   &heal->spare, &heal->budget);
	heal->after = done ? rule->number : rule->number - 1;
	if (blkdebug_media_empty(media))
		blkdebug_use_up_rule(engine, rule);
	return done && heal->budget;
}

/**
 * blkdebug_heal_some - heal some of the bad sectors that a write covers
 * @engine: the engine
 * @io: the write, with @heals set
 * @heal: the progress; if @spare is NULL, the caller allocates one before each call
 *
 * Heals one batch, so that the time with interrupts disabled does not grow with the
 * number of bad sectors.
 *
 * Context: any.
 *
 * Return: true if all sectors are healed; false: call again.
 */
bool blkdebug_heal_some(struct blkdebug_engine *engine,
			const struct blkdebug_io *io,
			struct blkdebug_heal *heal)
{
	struct blkdebug_io_desc desc = io->desc;
	struct blkdebug_rule *rule;
	struct blkdebug_search search;
	unsigned long flags;

	desc.sector = heal->sector;
	desc.nr_sectors = heal->nr_sectors;
	heal->budget = HEAL_BATCH;
	flags = blkdebug_write_lock(engine);
	init_heal_search(&search, engine, io, &desc, heal->after);
	do {
		rule = blkdebug_next_match(&search);
	} while (rule && heal_rule(engine, rule, &desc, heal));
	blkdebug_write_unlock(engine, flags);
	return !rule;
}

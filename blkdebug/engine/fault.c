// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults: see fault.h.
 */
#include <linux/lockdep.h>

#include "../rules/chance.h"
#include "fault.h"
#include "heal.h"
#include "trace.h"
#include "try.h"

/**
 * blkdebug_account_injected - count an I/O that a fault is applied to, once
 * @engine: the engine
 * @io: the I/O
 *
 * Context: the engine's lock is held.
 */
void blkdebug_account_injected(struct blkdebug_engine *engine,
			       struct blkdebug_io *io)
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

	blkdebug_init_search(search, blkdebug_rules(engine), &io->desc,
			     io->last_rule);
	blkdebug_add_faults(search, engine, io, BLKDEBUG_CLASS_DELAY);
	for (i = 0; i < BLKDEBUG_TRY_BATCH; i++) {
		rule = blkdebug_take_match(io, search);
		if (!rule)
			return true;
		if (blkdebug_try_rule(engine, &io->desc, rule))
			add_delay(engine, io, rule);
	}
	return false;
}

/* Find the first fault that fires, but delays, in a batch of faults. */
static struct blkdebug_rule *find_fault(struct blkdebug_engine *engine,
					struct blkdebug_io *io,
					struct blkdebug_search *search)
{
	blkdebug_init_search(search, blkdebug_rules(engine), &io->desc,
			     io->last_rule);
	blkdebug_add_faults(search, engine, io, BLKDEBUG_CLASS_FAULT);
	if (io->desc.iotype == BLKDEBUG_IO_READ)
		blkdebug_add_faults(search, engine, io, BLKDEBUG_CLASS_BAD);
	return blkdebug_try_matches(engine, io, search);
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
	blkdebug_account_injected(engine, io);
	return rule->action == BLKDEBUG_INJECT_ERROR && !error_transfers(io, rule) ?
	       BLKDEBUG_FAIL : BLKDEBUG_ALTER;
}

/**
 * blkdebug_check_faults - add up the delays of an I/O, and find the fault that fires
 * @engine: the engine
 * @io: the I/O, at BLKDEBUG_STEP_FAULTS
 * @locked: false: modify nothing
 *
 * Context: if @locked, the engine's lock is held for writing; otherwise RCU read side.
 *
 * Return: the verdict; %BLKDEBUG_NEED_LOCK: call again in the next section of the lock.
 */
enum blkdebug_verdict blkdebug_check_faults(struct blkdebug_engine *engine,
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
	blkdebug_begin_batch(engine, io);
	if (!io->second_search) {
		if (!add_delays(engine, io, &search))
			return BLKDEBUG_NEED_LOCK;
		blkdebug_begin_second_search(io);
	}
	rule = find_fault(engine, io, &search);
	if (!rule && !blkdebug_search_ended(io))
		return BLKDEBUG_NEED_LOCK;
	io->heals = blkdebug_heals_in_place(engine, io, &search);
	return rule ? apply_fault(engine, io, rule) : BLKDEBUG_PASS;
}

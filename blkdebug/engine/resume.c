// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resume: holds and delays end by message, by timer and at a suspend.
 */
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/sched.h>

#include "fault.h"
#include "process.h"
#include "resume.h"
#include "trace.h"

/* Drop and retake the lock to bound the time with interrupts off */
static unsigned long cond_resched_lock_irq(struct blkdebug_engine *engine,
					   unsigned long flags)
{
	blkdebug_write_unlock(engine, flags);
	cond_resched();
	return blkdebug_write_lock(engine);
}

static void end_hold(struct blkdebug_engine *engine, struct blkdebug_hold *hold)
{
	struct blkdebug_tag *tag = hold->tag;

	lockdep_assert_held(&engine->lock);
	trace_blkdebug_resume(engine->dev, &hold->io->desc, hold->rule, hold->number,
			      tag->name);
	blkdebug_hold_end(&engine->holds, hold);
	blkdebug_tag_put(engine, tag);
	blkdebug_notify(engine, BLKDEBUG_CHANGED_HELD);
}

static void end_all_holds(struct blkdebug_engine *engine,
			  struct blkdebug_io *io)
{
	struct blkdebug_hold *hold, *next;

	lockdep_assert_held(&engine->lock);
	list_for_each_entry_safe(hold, next, &io->holds, req_link)
		end_hold(engine, hold);
}

/* End a hold. The end of the last hold continues the I/O. */
static void end_one_hold(struct blkdebug_engine *engine,
			 struct blkdebug_hold *hold)
{
	struct blkdebug_io *io = hold->io;

	lockdep_assert_held(&engine->lock);
	end_hold(engine, hold);
	if (list_empty(&io->holds))
		blkdebug_dispatch(engine, io,
				  blkdebug_process_locked(engine, io));
}

/* Fail an I/O whose holds have ended or, if @error is 0, submit it unaltered. */
static void resume_with(struct blkdebug_engine *engine,
			struct blkdebug_io *io, int error)
{
	lockdep_assert_held(&engine->lock);
	trace_blkdebug_inject(engine->dev, &io->desc, 0, BLKDEBUG_INJECT_ERROR, error);
	io->error = error;
	if (error)
		blkdebug_account_injected(engine, io);
	io->heals = blkdebug_may_heal(engine, io);
	blkdebug_dispatch(engine, io, error ? BLKDEBUG_FAIL : BLKDEBUG_PASS);
}

/**
 * blkdebug_resume_hold - end a hold
 * @engine: the engine
 * @hold: the hold
 * @error: negative: end this hold only; the I/O continues when its last hold has
 *	ended. Otherwise end all holds of the I/O, and fail it with this errno or,
 *	if 0, submit it without applying further rules
 *
 * Context: the engine's lock is held for writing.
 */
void blkdebug_resume_hold(struct blkdebug_engine *engine,
			  struct blkdebug_hold *hold, int error)
{
	struct blkdebug_io *io = hold->io;

	lockdep_assert_held(&engine->lock);
	if (error < 0) {
		end_one_hold(engine, hold);
		return;
	}
	end_all_holds(engine, io);
	resume_with(engine, io, error);
}

static struct blkdebug_hold *find_oldest_hold(struct blkdebug_engine *engine,
					      struct blkdebug_tag *tag, u64 last)
{
	struct blkdebug_hold *hold;

	lockdep_assert_held(&engine->lock);
	if (tag)
		hold = list_first_entry_or_null(&tag->holds,
						struct blkdebug_hold, tag_link);
	else
		hold = blkdebug_hold_after(&engine->holds, 0);
	return hold && hold->number <= last ? hold : NULL;
}

/**
 * blkdebug_resume_all - end all holds that exist at the call, oldest first
 * @engine: the engine
 * @tag: end only holds with this tag; NULL: all
 * @error: as for blkdebug_resume_hold()
 *
 * Context: may sleep. The control mutex is held unless @tag is NULL.
 *
 * Return: true if at least one hold has ended.
 */
bool blkdebug_resume_all(struct blkdebug_engine *engine,
			 struct blkdebug_tag *tag, int error)
{
	struct blkdebug_hold *hold;
	unsigned long flags;
	bool any;
	u64 last;

	if (tag)
		lockdep_assert_held(&engine->control);
	flags = blkdebug_write_lock(engine);
	last = engine->holds.last;
	any = find_oldest_hold(engine, tag, last);
	/* A resumed I/O may meet as many rules as one section of the lock allows. */
	while ((hold = find_oldest_hold(engine, tag, last))) {
		blkdebug_resume_hold(engine, hold, error);
		flags = cond_resched_lock_irq(engine, flags);
	}
	blkdebug_write_unlock(engine, flags);
	return any;
}

/**
 * blkdebug_cancel_event - end the holds of a caller of "event"
 * @engine: the engine
 * @io: represents the caller
 *
 * Context: any.
 *
 * Return: true if a breakpoint held the caller.
 */
bool blkdebug_cancel_event(struct blkdebug_engine *engine,
			   struct blkdebug_io *io)
{
	unsigned long flags = blkdebug_lock(engine);
	bool held = io->verdict == BLKDEBUG_HELD;

	end_all_holds(engine, io);
	blkdebug_unlock(engine, flags);
	return held;
}

/**
 * blkdebug_end_delays - end all delays
 * @engine: the engine, without rules that delay further I/Os
 *
 * Context: may sleep.
 */
void blkdebug_end_delays(struct blkdebug_engine *engine)
{
	unsigned long flags = blkdebug_write_lock(engine);

	/* For I/Os that the worker is still adding delays to */
	engine->delays.ended++;
	while (blkdebug_end_due_delays(engine, KTIME_MAX))
		flags = cond_resched_lock_irq(engine, flags);
	blkdebug_write_unlock(engine, flags);
}

/* End a hold at a suspend. */
static void release_hold(struct blkdebug_engine *engine,
			 struct blkdebug_hold *hold, bool requeue,
			 struct list_head *requeued)
{
	struct blkdebug_io *io = hold->io;

	lockdep_assert_held(&engine->lock);
	if (io->desc.iotype == BLKDEBUG_IO_EVENT) {
		end_all_holds(engine, io);
		io->error = EINTR;
		blkdebug_dispatch(engine, io, BLKDEBUG_FAIL);
	} else if (requeue && io->requeue && io->step < BLKDEBUG_STEP_DONE) {
		end_all_holds(engine, io);
		list_add_tail(&io->link, requeued);
	} else {
		end_one_hold(engine, hold);
	}
}

/**
 * blkdebug_suspend - end all holds and delays, and wake all sleepers
 * @engine: the engine
 * @requeue: move held I/Os that have not been submitted to @requeued instead
 * @requeued: list of I/Os that dm is to requeue
 *
 * Held callers of "event" return EINTR; all other I/Os continue as if they had
 * been resumed. Until blkdebug_unsuspend(), breakpoints do not match.
 *
 * Context: may sleep.
 */
void blkdebug_suspend(struct blkdebug_engine *engine, bool requeue,
		      struct list_head *requeued)
{
	struct blkdebug_hold *hold;
	unsigned long flags;

	flags = blkdebug_write_lock(engine);
	WRITE_ONCE(engine->mode, engine->mode | BLKDEBUG_SUSPENDING |
				 (requeue ? BLKDEBUG_REQUEUES : 0));
	engine->wake = true;
	while (blkdebug_end_due_delays(engine, KTIME_MAX))
		flags = cond_resched_lock_irq(engine, flags);
	while ((hold = blkdebug_hold_after(&engine->holds, 0))) {
		release_hold(engine, hold, requeue, requeued);
		flags = cond_resched_lock_irq(engine, flags);
	}
	blkdebug_write_unlock(engine, flags);
}

/**
 * __blkdebug_unsuspend - let breakpoints match again
 * @engine: the engine
 *
 * Context: the engine's lock is held for writing.
 */
void __blkdebug_unsuspend(struct blkdebug_engine *engine)
{
	lockdep_assert_held(&engine->lock);
	WRITE_ONCE(engine->mode, engine->mode & ~(BLKDEBUG_SUSPENDING |
						  BLKDEBUG_REQUEUES));
}

/**
 * blkdebug_unsuspend - let breakpoints match again
 * @engine: the engine
 *
 * Context: any.
 */
void blkdebug_unsuspend(struct blkdebug_engine *engine)
{
	unsigned long flags = blkdebug_write_lock(engine);

	__blkdebug_unsuspend(engine);
	blkdebug_write_unlock(engine, flags);
}

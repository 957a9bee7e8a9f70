// SPDX-License-Identifier: GPL-2.0-only
/*
 * How holds and delays end, and what a suspend does to them.
 */
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/sched.h>

#include "process.h"
#include "resume.h"
#include "trace.h"

/* Holds or delays ended before the lock is dropped for a moment */
#define LOCK_BATCH	32

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

/* End a hold; after the last one the I/O goes on to what comes next */
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

/**
 * blkdebug_resume_hold - end a hold
 * @engine: the engine
 * @hold: the hold
 * @error: negative: when its last hold ends the I/O goes on to what comes next.
 *	Otherwise it leaves all its holds and fails with this errno, or meets no
 *	further rules if that is 0
 *
 * Context: the lock is held for writing.
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
	blkdebug_resume_with(engine, io, error);
}

static struct blkdebug_hold *oldest_hold(struct blkdebug_engine *engine,
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
 * blkdebug_resume_all - end all holds that exist at this moment, oldest first
 * @engine: the engine
 * @tag: only those with this tag, or NULL
 * @error: as for blkdebug_resume_hold()
 *
 * Context: may sleep. The control mutex is held if there is a tag.
 *
 * Return: true if there were any.
 */
bool blkdebug_resume_all(struct blkdebug_engine *engine,
			 struct blkdebug_tag *tag, int error)
{
	struct blkdebug_hold *hold;
	unsigned long flags;
	unsigned int i = 0;
	bool any;
	u64 last;

	if (tag)
		lockdep_assert_held(&engine->control);
	flags = blkdebug_write_lock(engine);
	last = engine->holds.last;
	any = oldest_hold(engine, tag, last);
	while ((hold = oldest_hold(engine, tag, last))) {
		blkdebug_resume_hold(engine, hold, error);
		if (!(++i % LOCK_BATCH))
			flags = cond_resched_lock_irq(engine, flags);
	}
	blkdebug_write_unlock(engine, flags);
	return any;
}

/**
 * blkdebug_cancel_event - end the holds of a caller of "event" that gives up
 * @engine: the engine
 * @io: what stands for the caller
 *
 * Context: any.
 *
 * Return: true if it was held until now.
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
 * blkdebug_end_delays - let all delayed I/Os go on at once
 * @engine: an engine without rules that would delay more
 *
 * Context: may sleep.
 */
void blkdebug_end_delays(struct blkdebug_engine *engine)
{
	unsigned long flags = blkdebug_write_lock(engine);

	while (blkdebug_end_due_delays(engine, KTIME_MAX))
		flags = cond_resched_lock_irq(engine, flags);
	blkdebug_write_unlock(engine, flags);
}

/* Let an I/O, or a caller of "event", go at a suspend */
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
 * blkdebug_suspend - hold nothing any more, and wake all sleepers
 * @engine: the engine
 * @requeue: I/Os before their check need not go on
 * @requeued: a list for those that therefore do not
 *
 * Sleeping callers of "event" get EINTR; all other I/Os go on as if they had
 * been resumed.
 *
 * Context: may sleep.
 */
void blkdebug_suspend(struct blkdebug_engine *engine, bool requeue,
		      struct list_head *requeued)
{
	struct blkdebug_hold *hold;
	unsigned long flags;
	unsigned int i = 0;

	flags = blkdebug_write_lock(engine);
	WRITE_ONCE(engine->mode, engine->mode | BLKDEBUG_SUSPENDING |
				 (requeue ? BLKDEBUG_REQUEUES : 0));
	engine->wake = true;
	while (blkdebug_end_due_delays(engine, KTIME_MAX))
		flags = cond_resched_lock_irq(engine, flags);
	while ((hold = blkdebug_hold_after(&engine->holds, 0))) {
		release_hold(engine, hold, requeue, requeued);
		if (!(++i % LOCK_BATCH))
			flags = cond_resched_lock_irq(engine, flags);
	}
	blkdebug_write_unlock(engine, flags);
}

/**
 * __blkdebug_unsuspend - breakpoints may be hit again
 * @engine: the engine
 *
 * Context: the lock is held for writing.
 */
void __blkdebug_unsuspend(struct blkdebug_engine *engine)
{
	lockdep_assert_held(&engine->lock);
	WRITE_ONCE(engine->mode, engine->mode & ~(BLKDEBUG_SUSPENDING |
						  BLKDEBUG_REQUEUES));
}

/**
 * blkdebug_unsuspend - breakpoints may be hit again
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

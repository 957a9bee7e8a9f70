// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delays: see delay.h.
 */
#include <linux/lockdep.h>

#include "../compat.h"
#include "engine.h"

/* Delays ended before the lock is dropped for a moment */
#define LOCK_BATCH	32

/* Have the timer expire when the first delay ends */
static void start_timer(struct blkdebug_delays *delays)
{
	struct timerqueue_node *next = timerqueue_getnext(&delays->queue);

	if (next)
		hrtimer_start(&delays->timer, next->expires,
			      HRTIMER_MODE_ABS_SOFT);
}

static enum hrtimer_restart delays_due(struct hrtimer *timer)
{
	struct blkdebug_engine *engine =
		container_of(timer, struct blkdebug_engine, delays.timer);
	unsigned long flags = blkdebug_lock(engine);

	/* If more are due, the timer expires at once */
	blkdebug_end_due_delays(engine, ktime_get());
	start_timer(&engine->delays);
	blkdebug_unlock(engine, flags);
	return HRTIMER_NORESTART;
}

/**
 * blkdebug_delays_init - set up the delays of an engine
 * @delays: the delays
 */
void blkdebug_delays_init(struct blkdebug_delays *delays)
{
	timerqueue_init_head(&delays->queue);
	blkdebug_hrtimer_setup(&delays->timer, delays_due,
			       HRTIMER_MODE_ABS_SOFT);
}

/**
 * blkdebug_delays_exit - tear them down
 * @delays: the delays; there is none, and none will begin
 *
 * Context: may sleep.
 */
void blkdebug_delays_exit(struct blkdebug_delays *delays)
{
	hrtimer_cancel(&delays->timer);
}

/**
 * blkdebug_delay_io - have an I/O wait
 * @engine: the engine
 * @io: the I/O, with @delay set
 *
 * Context: the engine's lock is held.
 */
void blkdebug_delay_io(struct blkdebug_engine *engine, struct blkdebug_io *io)
{
	struct blkdebug_delays *delays = &engine->delays;

	lockdep_assert_held(&engine->lock);
	timerqueue_init(&io->due);
	io->due.expires = ktime_add_us(ktime_get(), io->delay);
	if (timerqueue_add(&delays->queue, &io->due))
		start_timer(delays);
}

/**
 * blkdebug_end_due_delays - let some of the I/Os go on that are due
 * @engine: the engine
 * @now: the time; %KTIME_MAX: all are due
 *
 * Context: the engine's lock is held.
 *
 * Return: true if more may be due; call again after dropping the lock.
 */
bool blkdebug_end_due_delays(struct blkdebug_engine *engine, ktime_t now)
{
	struct timerqueue_head *queue = &engine->delays.queue;
	struct timerqueue_node *node;
	unsigned int i;

	lockdep_assert_held(&engine->lock);
	for (i = 0; i < LOCK_BATCH; i++) {
		node = timerqueue_getnext(queue);
		if (!node || node->expires > now)
			return false;
		timerqueue_del(queue, node);
		blkdebug_queue_ready(engine, container_of(node,
						struct blkdebug_io, due));
	}
	return true;
}

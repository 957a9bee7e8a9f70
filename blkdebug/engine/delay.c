// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delays: see delay.h.
 */
#include <linux/lockdep.h>

#include "../compat.h"
#include "engine.h"

/* Limit of the sum of delays, in us: ten years */
#define LONGEST_DELAY	(10 * 365 * 86400 * 1000000ULL)

/* Delays that end before the lock is dropped */
#define LOCK_BATCH	32

/* Start the timer so that it expires when the first delay ends. */
static void start_timer(struct blkdebug_delays *delays)
{
	struct timerqueue_node *next = timerqueue_getnext(&delays->queue);

	if (next)
		hrtimer_start(&delays->timer, next->expires,
			      HRTIMER_MODE_ABS_SOFT);
}

static enum hrtimer_restart handle_timer(struct hrtimer *timer)
{
	struct blkdebug_engine *engine =
		container_of(timer, struct blkdebug_engine, delays.timer);
	unsigned long flags = blkdebug_lock(engine);

	/* If more delays have ended, the timer expires at once. */
	blkdebug_end_due_delays(engine, ktime_get());
	start_timer(&engine->delays);
	blkdebug_unlock(engine, flags);
	return HRTIMER_NORESTART;
}

/**
 * blkdebug_delays_init - initialize the delays of an engine
 * @delays: the delays, embedded in the engine
 *
 * Context: any.
 */
void blkdebug_delays_init(struct blkdebug_delays *delays)
{
	timerqueue_init_head(&delays->queue);
	blkdebug_hrtimer_setup(&delays->timer, handle_timer,
			       HRTIMER_MODE_ABS_SOFT);
}

/**
 * blkdebug_delays_exit - stop the timer
 * @delays: the delays; the queue is empty and stays empty
 *
 * Context: may sleep.
 */
void blkdebug_delays_exit(struct blkdebug_delays *delays)
{
	hrtimer_cancel(&delays->timer);
}

/**
 * blkdebug_begin_batch - begin to try a batch of delays or faults on an I/O
 * @engine: the engine
 * @io: the I/O
 *
 * If all delays have been ended since the last batch, that ends the delays of the I/O
 * so far, too.
 *
 * Context: the engine's lock is held.
 */
void blkdebug_begin_batch(struct blkdebug_engine *engine, struct blkdebug_io *io)
{
	lockdep_assert_held(&engine->lock);
	if (io->delays_ended != engine->delays.ended)
		io->delay = 0;
	io->delays_ended = engine->delays.ended;
}

/**
 * blkdebug_add_delay - add to the delay of an I/O
 * @io: the I/O
 * @us: microseconds, a day or two at most
 *
 * Context: the engine's lock is held.
 */
void blkdebug_add_delay(struct blkdebug_io *io, u64 us)
{
	io->delay = min(io->delay + us, LONGEST_DELAY);
}

/**
 * blkdebug_delay_io - delay an I/O
 * @engine: the engine
 * @io: the I/O, with @delay set, in us
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
 * blkdebug_end_due_delays - end a batch of delays
 * @engine: the engine
 * @now: end delays up to this time, in ns; %KTIME_MAX: all delays
 *
 * Context: the engine's lock is held.
 *
 * Return: true if more delays may have to end; call again after dropping the
 * lock.
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
		blkdebug_queue_ready(engine,
				     container_of(node, struct blkdebug_io, due));
	}
	return true;
}

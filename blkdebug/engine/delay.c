// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delays: see delay.h.
 */
#include "../compat.h"
#include "delay.h"

/**
 * blkdebug_delays_init - set up a queue of delayed requests
 * @delays: the queue
 * @due: called in a soft interrupt when the first request is due; it takes
 *	those that are by blkdebug_delay_end(), calls blkdebug_delays_continue()
 *	and returns %HRTIMER_NORESTART
 */
void blkdebug_delays_init(struct blkdebug_delays *delays,
			  enum hrtimer_restart (*due)(struct hrtimer *timer))
{
	timerqueue_init_head(&delays->queue);
	blkdebug_hrtimer_setup(&delays->timer, due, HRTIMER_MODE_ABS_SOFT);
}

/**
 * blkdebug_delays_exit - tear it down
 * @delays: the queue; it is empty, and stays so
 *
 * May sleep.
 */
void blkdebug_delays_exit(struct blkdebug_delays *delays)
{
	hrtimer_cancel(&delays->timer);
}

/**
 * blkdebug_delays_continue - wait for the request that is due next, if any
 * @delays: the queue
 *
 * The caller holds the engine's lock.
 */
void blkdebug_delays_continue(struct blkdebug_delays *delays)
{
	struct timerqueue_node *next = timerqueue_getnext(&delays->queue);

	if (next)
		hrtimer_start(&delays->timer, next->expires,
			      HRTIMER_MODE_ABS_SOFT);
}

/**
 * blkdebug_delay_begin - have a request wait
 * @delays: the queue
 * @io: the request, with @delay set
 *
 * The caller holds the engine's lock.
 */
void blkdebug_delay_begin(struct blkdebug_delays *delays,
			  struct blkdebug_io *io)
{
	timerqueue_init(&io->due);
	io->due.expires = ktime_add_us(ktime_get(), io->delay);
	if (timerqueue_add(&delays->queue, &io->due))
		blkdebug_delays_continue(delays);
}

/**
 * blkdebug_delay_end - take the request that has waited longest over its time
 * @delays: the queue
 * @now: the time; %KTIME_MAX: all are due
 *
 * Return: the request, or NULL. The caller holds the engine's lock.
 */
struct blkdebug_io *blkdebug_delay_end(struct blkdebug_delays *delays,
					    ktime_t now)
{
	struct timerqueue_node *node = timerqueue_getnext(&delays->queue);

	if (!node || node->expires > now)
		return NULL;
	timerqueue_del(&delays->queue, node);
	return container_of(node, struct blkdebug_io, due);
}

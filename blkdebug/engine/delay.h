/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delays: requests that wait for their time.
 *
 * The engine's lock guards everything here but the timer, which looks after
 * itself.
 */
#ifndef BLKDEBUG_DELAY_H
#define BLKDEBUG_DELAY_H

#include <linux/hrtimer.h>
#include <linux/timerqueue.h>

#include "hold.h"

/**
 * struct blkdebug_delays - the delayed requests of a target
 * @queue: by the time at which they are due
 * @timer: expires when the first is
 */
struct blkdebug_delays {
	struct timerqueue_head queue;
	struct hrtimer timer;
};

void blkdebug_delays_init(struct blkdebug_delays *delays,
			  enum hrtimer_restart (*due)(struct hrtimer *timer));
void blkdebug_delays_exit(struct blkdebug_delays *delays);

void blkdebug_delay_begin(struct blkdebug_delays *delays,
			  struct blkdebug_io *io);
struct blkdebug_io *blkdebug_delay_end(struct blkdebug_delays *delays,
					    ktime_t now);
void blkdebug_delays_continue(struct blkdebug_delays *delays);

#endif

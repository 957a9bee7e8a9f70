/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delays: I/Os that the engine queues until their delay has ended.
 */
#ifndef BLKDEBUG_DELAY_H
#define BLKDEBUG_DELAY_H

#include <linux/hrtimer.h>
#include <linux/timerqueue.h>

#include "hold.h"

struct blkdebug_engine;

/* The delayed I/Os of a target */
struct blkdebug_delays {
	/* Guarded by the engine's lock. */
	struct timerqueue_head queue;	/* struct blkdebug_io's @due, by time */
	unsigned int ended;		/* calls of blkdebug_end_delays() so far */

	/* Started under the engine's lock. */
	struct hrtimer timer;		/* expires when the first delay ends */
};

void blkdebug_delays_init(struct blkdebug_delays *delays);
void blkdebug_delays_exit(struct blkdebug_delays *delays);

void blkdebug_begin_batch(struct blkdebug_engine *engine, struct blkdebug_io *io);
void blkdebug_add_delay(struct blkdebug_io *io, u64 us);
void blkdebug_delay_io(struct blkdebug_engine *engine, struct blkdebug_io *io);
bool blkdebug_end_due_delays(struct blkdebug_engine *engine, ktime_t now);

#endif

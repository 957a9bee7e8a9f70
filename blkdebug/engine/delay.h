/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delays: I/Os that wait for their time.
 */
#ifndef BLKDEBUG_DELAY_H
#define BLKDEBUG_DELAY_H

#include <linux/hrtimer.h>
#include <linux/timerqueue.h>

#include "hold.h"

struct blkdebug_engine;

/**
 * struct blkdebug_delays - the delayed I/Os of a target
 * @queue: by the time at which they are due; the engine's lock guards it
 * @timer: expires when the first is due
 */
struct blkdebug_delays {
	struct timerqueue_head queue;
	struct hrtimer timer;
};

void blkdebug_delays_init(struct blkdebug_delays *delays);
void blkdebug_delays_exit(struct blkdebug_delays *delays);

void blkdebug_delay_io(struct blkdebug_engine *engine, struct blkdebug_io *io);
bool blkdebug_end_due_delays(struct blkdebug_engine *engine, ktime_t now);

#endif

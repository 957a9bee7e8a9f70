/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Timers, which expire when the fuzz target says so.
 */
#ifndef SHIM_HRTIMER_H
#define SHIM_HRTIMER_H

#include <linux/ktime.h>

#define CLOCK_MONOTONIC	1

enum hrtimer_mode {
	HRTIMER_MODE_ABS_SOFT,
};

enum hrtimer_restart {
	HRTIMER_NORESTART,
	HRTIMER_RESTART,
};

struct hrtimer {
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	ktime_t expires;
	bool active;
};

static inline void hrtimer_init(struct hrtimer *timer, int clock,
				enum hrtimer_mode mode)
{
	timer->active = false;
}

static inline void hrtimer_start(struct hrtimer *timer, ktime_t expires,
				 enum hrtimer_mode mode)
{
	timer->expires = expires;
	timer->active = true;
}

static inline void hrtimer_cancel(struct hrtimer *timer)
{
	timer->active = false;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time, in ns; see linux/jiffies.h.
 */
#ifndef SHIM_KTIME_H
#define SHIM_KTIME_H

#include <linux/jiffies.h>
#include <linux/time64.h>
#include <linux/types.h>

typedef s64 ktime_t;

#define KTIME_MAX	((s64)(U64_MAX >> 1))

#define ktime_get()		((ktime_t)jiffies * (NSEC_PER_SEC / HZ))
#define ktime_add_us(time, us)	((time) + (ktime_t)(us) * NSEC_PER_USEC)

#endif

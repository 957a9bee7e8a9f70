/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time, which only the fuzz target makes pass.
 */
#ifndef SHIM_JIFFIES_H
#define SHIM_JIFFIES_H

#define HZ	250

extern unsigned long jiffies;

#define msecs_to_jiffies(ms)	(((unsigned long)(ms) * HZ + 999) / 1000)
#define jiffies_to_msecs(j)	((unsigned int)((j) * (1000 / HZ)))

#endif

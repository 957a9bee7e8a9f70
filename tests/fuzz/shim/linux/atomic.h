/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomic counters. There is one thread.
 */
#ifndef SHIM_ATOMIC_H
#define SHIM_ATOMIC_H

#include <linux/types.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

#define atomic_set(v, i)	((v)->counter = (i))
#define atomic_read(v)		((v)->counter)
#define atomic_inc(v)		((void)(v)->counter++)
#define atomic_inc_return(v)	(++(v)->counter)
#define atomic_dec(v)		((void)(v)->counter--)
#define atomic64_set(v, i)	((v)->counter = (i))
#define atomic64_read(v)	((v)->counter)
#define atomic64_inc_return(v)	(++(v)->counter)

#define smp_rmb()	do { } while (0)
#define smp_wmb()	do { } while (0)

#endif

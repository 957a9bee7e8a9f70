/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference counts that never come back from 0.
 */
#ifndef SHIM_REFCOUNT_H
#define SHIM_REFCOUNT_H

#include <linux/types.h>

typedef struct {
	unsigned int refs;
} refcount_t;

static inline void refcount_set(refcount_t *r, unsigned int n)
{
	r->refs = n;
}

static inline void refcount_inc(refcount_t *r)
{
	shim_assert(r->refs);
	r->refs++;
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	shim_assert(r->refs);
	return !--r->refs;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XArrays: sorted arrays here.
 */
#ifndef SHIM_XARRAY_H
#define SHIM_XARRAY_H

#include <linux/types.h>

struct shim_xa_slot {
	unsigned long index;
	void *entry;
};

struct xarray {
	struct shim_xa_slot *slot;
	size_t nr;
};

static inline void xa_init(struct xarray *xa)
{
	xa->slot = NULL;
	xa->nr = 0;
}

static inline bool xa_empty(const struct xarray *xa)
{
	return !xa->nr;
}

void *xa_load(struct xarray *xa, unsigned long index);
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);
void xa_destroy(struct xarray *xa);
int xa_err(void *entry);

/* The first entry at or behind *@index, which is set to its place; or NULL */
void *shim_xa_from(struct xarray *xa, unsigned long *index);

#define XA_PRESENT	0

static inline void *xa_find(struct xarray *xa, unsigned long *index,
			    unsigned long max, int filter)
{
	return shim_xa_from(xa, index);
}

#define xa_for_each_start(xa, index, entry, start)		\
	for (index = start, entry = shim_xa_from(xa, &index); entry;	\
	     index++, entry = index ? shim_xa_from(xa, &index) : NULL)

#define xa_for_each(xa, index, entry)	xa_for_each_start(xa, index, entry, 0)

#endif

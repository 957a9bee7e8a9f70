/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools, which never run dry.
 */
#ifndef SHIM_MEMPOOL_H
#define SHIM_MEMPOOL_H

#include <linux/slab.h>

typedef struct {
	struct kmem_cache *cache;
} mempool_t;

mempool_t *mempool_create_slab_pool(int min, struct kmem_cache *cache);
void mempool_destroy(mempool_t *pool);
void *mempool_alloc(mempool_t *pool, gfp_t gfp);
void mempool_free(void *mem, mempool_t *pool);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory: the C library's, counted, and failing when told to.
 */
#ifndef SHIM_SLAB_H
#define SHIM_SLAB_H

#include <linux/errno.h>
#include <linux/string.h>

#define GFP_KERNEL	1U
#define GFP_NOWAIT	2U
#define GFP_ATOMIC	3U
#define GFP_NOIO	4U
#define __GFP_NOWARN	8U
#define __GFP_NORETRY	16U

struct kmem_cache {
	size_t size;
	size_t used;
};

void *shim_alloc(size_t size, gfp_t gfp, bool zero);
void shim_free(const void *mem);

/* The allocation that fails: 1 is the next one, 0 none; counts down */
extern unsigned int shim_fail_nth;
/* Allocations not freed */
extern size_t shim_allocated;

#define kmalloc(size, gfp)	shim_alloc(size, gfp, false)
#define kzalloc(size, gfp)	shim_alloc(size, gfp, true)
#define kvmalloc(size, gfp)	shim_alloc(size, gfp, false)
#define kvzalloc(size, gfp)	shim_alloc(size, gfp, true)
#define kfree(mem)		shim_free(mem)
#define kvfree(mem)		shim_free(mem)

void *kmalloc_array(size_t nr, size_t size, gfp_t gfp);
void *kcalloc(size_t nr, size_t size, gfp_t gfp);
char *kstrdup(const char *str, gfp_t gfp);

#define kvmalloc_array		kmalloc_array
#define kvcalloc		kcalloc

#define struct_size(ptr, member, nr)				\
	(sizeof(*(ptr)) + sizeof((ptr)->member[0]) * (nr))

struct kmem_cache *shim_cache_create(size_t size);
void kmem_cache_destroy(struct kmem_cache *cache);
void *shim_cache_alloc(struct kmem_cache *cache, gfp_t gfp, bool zero);
void kmem_cache_free(struct kmem_cache *cache, void *mem);

#define KMEM_CACHE(name, flags)	shim_cache_create(sizeof(struct name))
#define kmem_cache_alloc(cache, gfp)	shim_cache_alloc(cache, gfp, false)
#define kmem_cache_zalloc(cache, gfp)	shim_cache_alloc(cache, gfp, true)

#endif

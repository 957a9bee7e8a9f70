// SPDX-License-Identifier: GPL-2.0-only
/*
 * Media: which sectors are bad still. See media.h.
 */
#include <linux/init.h>
#include <linux/mempool.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "media.h"

/* Ranges that writes can always split, however short memory is */
#define POOL_MIN	64

static struct kmem_cache *bad_cache;
static mempool_t *bad_pool;

static struct blkdebug_bad *bad_entry(struct rb_node *node)
{
	return rb_entry_safe(node, struct blkdebug_bad, node);
}

/* The first range that does not end before a sector */
static struct blkdebug_bad *first_from(struct blkdebug_media *media,
				       sector_t sector)
{
	struct rb_node *node = media->bad.rb_node;
	struct blkdebug_bad *best = NULL;

	while (node) {
		struct blkdebug_bad *bad = bad_entry(node);

		if (bad->range.last < sector) {
			node = node->rb_right;
		} else {
			best = bad;
			node = node->rb_left;
		}
	}
	return best;
}

static void insert(struct blkdebug_media *media, struct blkdebug_bad *new)
{
	struct rb_node **link = &media->bad.rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		if (new->range.first < bad_entry(parent)->range.first)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &media->bad);
}

/**
 * blkdebug_media_alloc - set up bad sectors
 * @ranges: sorted, none touching the next
 * @nr: of @ranges
 *
 * May sleep.
 *
 * Return: the media, or NULL without memory for it.
 */
struct blkdebug_media *blkdebug_media_alloc(const struct blkdebug_range *ranges,
					    u32 nr)
{
	struct blkdebug_media *media = kzalloc(sizeof(*media), GFP_KERNEL);
	u32 i;

	if (!media)
		return NULL;
	spin_lock_init(&media->lock);
	media->bad = RB_ROOT;
	for (i = 0; i < nr; i++) {
		struct blkdebug_bad *bad = kmem_cache_alloc(bad_cache,
							    GFP_KERNEL);

		if (!bad) {
			blkdebug_media_free(media);
			return NULL;
		}
		bad->range = ranges[i];
		insert(media, bad);
		cond_resched();
	}
	return media;
}

/**
 * blkdebug_media_free - free what blkdebug_media_alloc() has set up
 * @media: the media, or NULL; nobody uses it any more
 */
void blkdebug_media_free(struct blkdebug_media *media)
{
	struct blkdebug_bad *bad, *next;

	if (!media)
		return;
	rbtree_postorder_for_each_entry_safe(bad, next, &media->bad, node)
		blkdebug_bad_free(bad);
	kfree(media);
}

/**
 * blkdebug_media_first_bad - find the first bad sectors in a part of the media
 * @media: the media
 * @first: where the part starts
 * @last: where it ends
 * @bad: the sectors, none of them outside the part
 *
 * Any context.
 *
 * Return: true if there are any.
 */
bool blkdebug_media_first_bad(struct blkdebug_media *media, sector_t first,
			      sector_t last, struct blkdebug_range *bad)
{
	struct blkdebug_bad *found;
	unsigned long flags;
	bool any;

	spin_lock_irqsave(&media->lock, flags);
	found = first_from(media, first);
	any = found && found->range.first <= last;
	if (any) {
		bad->first = max(found->range.first, first);
		bad->last = min(found->range.last, last);
	}
	spin_unlock_irqrestore(&media->lock, flags);
	return any;
}

/* Take sectors out of a range that they touch */
static void cut(struct blkdebug_media *media, struct blkdebug_bad *bad,
		sector_t first, sector_t last, struct blkdebug_bad **spare)
{
	struct blkdebug_range *range = &bad->range;

	if (range->first < first && range->last > last) {
		(*spare)->range.first = last + 1;
		(*spare)->range.last = range->last;
		range->last = first - 1;
		insert(media, *spare);
		*spare = NULL;
	} else if (range->first < first) {
		range->last = first - 1;
	} else if (range->last > last) {
		range->first = last + 1;
	} else {
		rb_erase(&bad->node, &media->bad);
		blkdebug_bad_free(bad);
	}
}

/**
 * blkdebug_media_heal - a write heals sectors
 * @media: the media
 * @first: the first sector
 * @last: the last one
 * @spare: from blkdebug_bad_alloc(); NULL afterwards if it was needed, to split
 *	a range
 *
 * Any context.
 *
 * Return: true if bad sectors are left.
 */
bool blkdebug_media_heal(struct blkdebug_media *media, sector_t first,
			 sector_t last, struct blkdebug_bad **spare)
{
	struct blkdebug_bad *bad, *next;
	unsigned long flags;
	bool any;

	spin_lock_irqsave(&media->lock, flags);
	for (bad = first_from(media, first); bad && bad->range.first <= last;
	     bad = next) {
		next = bad_entry(rb_next(&bad->node));
		cut(media, bad, first, last, spare);
	}
	any = !RB_EMPTY_ROOT(&media->bad);
	spin_unlock_irqrestore(&media->lock, flags);
	return any;
}

/**
 * blkdebug_bad_alloc - set aside what a write may need to heal sectors
 *
 * Return: what blkdebug_media_heal() takes; never NULL. May sleep; it does no
 * I/O for memory, and goes on without I/O that waits for the caller.
 */
struct blkdebug_bad *blkdebug_bad_alloc(void)
{
	return mempool_alloc(bad_pool, GFP_NOIO);
}

/**
 * blkdebug_bad_free - the reverse
 * @bad: from blkdebug_bad_alloc(), or NULL
 */
void blkdebug_bad_free(struct blkdebug_bad *bad)
{
	if (bad)
		mempool_free(bad, bad_pool);
}

/**
 * blkdebug_media_init - set up what all media share
 *
 * Return: 0 or -ENOMEM.
 */
int __init blkdebug_media_init(void)
{
	bad_cache = KMEM_CACHE(blkdebug_bad, 0);
	if (!bad_cache)
		return -ENOMEM;
	bad_pool = mempool_create_slab_pool(POOL_MIN, bad_cache);
	if (!bad_pool) {
		kmem_cache_destroy(bad_cache);
		return -ENOMEM;
	}
	return 0;
}

/**
 * blkdebug_media_exit - tear it down; no media is left
 */
void blkdebug_media_exit(void)
{
	mempool_destroy(bad_pool);
	kmem_cache_destroy(bad_cache);
}

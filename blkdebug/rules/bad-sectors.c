// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bad sectors: see bad-sectors.h.
 */
#include <linux/init.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "bad-sectors.h"

/* Ranges freed between two calls of cond_resched() */
#define RESCHED_BATCH	256

static struct kmem_cache *bad_cache;

static struct blkdebug_bad *to_bad(struct rb_node *node)
{
	return rb_entry_safe(node, struct blkdebug_bad, node);
}

/* Find the first range that ends at or behind a sector. */
static struct blkdebug_bad *find_range(struct blkdebug_media *media,
				       sector_t sector)
{
	struct rb_node *node = media->bad.rb_node;
	struct blkdebug_bad *best = NULL;

	lockdep_assert_held(&media->lock);
	while (node) {
		struct blkdebug_bad *bad = to_bad(node);

		if (bad->range.last < sector) {
			node = node->rb_right;
		} else {
			best = bad;
			node = node->rb_left;
		}
	}
	return best;
}

static void insert_bad(struct blkdebug_media *media, struct blkdebug_bad *new)
{
	struct rb_node **link = &media->bad.rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		if (new->range.first < to_bad(parent)->range.first)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &media->bad);
}

/**
 * blkdebug_media_alloc - allocate the media of a rule, with all sectors bad
 * @ranges: the sectors, sorted, none adjacent to the next
 * @nr: elements of @ranges
 *
 * Context: may sleep.
 *
 * Return: the media, or NULL if an allocation fails.
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
		insert_bad(media, bad);
		cond_resched();
	}
	return media;
}

/**
 * blkdebug_media_free - free the media of a rule
 * @media: the media, which no other thread uses, or NULL
 *
 * Context: may sleep.
 */
void blkdebug_media_free(struct blkdebug_media *media)
{
	struct blkdebug_bad *bad, *next;
	unsigned int i = 0;

	if (!media)
		return;
	rbtree_postorder_for_each_entry_safe(bad, next, &media->bad, node) {
		blkdebug_bad_free(bad);
		if (!(++i % RESCHED_BATCH))
			cond_resched();
	}
	kfree(media);
}

/**
 * blkdebug_media_first_bad - find the first bad sectors in a part of the media
 * @media: the media
 * @first: first sector of the part
 * @last: last sector of the part
 * @bad: set to the bad sectors, none of them outside of the part
 *
 * Context: any; takes the media's lock.
 *
 * Return: true if there is a bad sector.
 */
bool blkdebug_media_first_bad(struct blkdebug_media *media, sector_t first,
			      sector_t last, struct blkdebug_range *bad)
{
	struct blkdebug_bad *found;
	unsigned long flags;
	bool any;

	spin_lock_irqsave(&media->lock, flags);
	found = find_range(media, first);
	any = found && found->range.first <= last;
	if (any) {
		bad->first = max(found->range.first, first);
		bad->last = min(found->range.last, last);
	}
	spin_unlock_irqrestore(&media->lock, flags);
	return any;
}

/* Test whether healing the sectors would split a range. */
static bool splits_range(const struct blkdebug_range *range, sector_t first,
			 sector_t last)
{
	return range->first < first && range->last > last;
}

/* Remove sectors from a range that they overlap. */
static void heal_range(struct blkdebug_media *media, struct blkdebug_bad *bad,
		       sector_t first, sector_t last,
		       struct blkdebug_bad **spare)
{
	struct blkdebug_range *range = &bad->range;

	lockdep_assert_held(&media->lock);
	if (splits_range(range, first, last)) {
		(*spare)->range.first = last + 1;
		(*spare)->range.last = range->last;
		range->last = first - 1;
		insert_bad(media, *spare);
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
 * blkdebug_media_heal - heal the sectors of a write
 * @media: the media
 * @first: the first sector
 * @last: the last sector
 * @spare: from blkdebug_bad_alloc(), or NULL; set to NULL if a range was split
 * @budget: not 0; reduced by one for the call and by one for each range healed
 *
 * Context: any; takes the media's lock.
 *
 * Return: true if all sectors are healed; false if @budget is used up, or if a range
 * must be split and @spare is NULL.
 */
bool blkdebug_media_heal(struct blkdebug_media *media, sector_t first,
			 sector_t last, struct blkdebug_bad **spare,
			 unsigned int *budget)
{
	struct blkdebug_bad *bad, *next;
	unsigned long flags;

	spin_lock_irqsave(&media->lock, flags);
	--*budget;
	for (bad = find_range(media, first); bad && bad->range.first <= last;
	     bad = next) {
		if (!*budget || (splits_range(&bad->range, first, last) && !*spare))
			break;
		--*budget;
		next = to_bad(rb_next(&bad->node));
		heal_range(media, bad, first, last, spare);
	}
	spin_unlock_irqrestore(&media->lock, flags);
	return !bad || bad->range.first > last;
}

/**
 * blkdebug_media_empty - test whether all sectors are healed
 * @media: the media
 *
 * Context: any; takes the media's lock.
 *
 * Return: true if no sector is bad.
 */
bool blkdebug_media_empty(struct blkdebug_media *media)
{
	unsigned long flags;
	bool empty;

	spin_lock_irqsave(&media->lock, flags);
	empty = RB_EMPTY_ROOT(&media->bad);
	spin_unlock_irqrestore(&media->lock, flags);
	return empty;
}

/**
 * blkdebug_bad_alloc - allocate a range for blkdebug_media_heal()
 * @gfp: GFP flags
 *
 * Context: as @gfp allows.
 *
 * Return: the range, or NULL if the allocation fails.
 */
struct blkdebug_bad *blkdebug_bad_alloc(gfp_t gfp)
{
	return kmem_cache_alloc(bad_cache, gfp);
}

/**
 * blkdebug_bad_free - free a range
 * @bad: from blkdebug_bad_alloc(), or NULL
 *
 * Context: any.
 */
void blkdebug_bad_free(struct blkdebug_bad *bad)
{
	if (bad)
		kmem_cache_free(bad_cache, bad);
}

/**
 * blkdebug_media_init - create the cache of ranges
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int __init blkdebug_media_init(void)
{
	bad_cache = KMEM_CACHE(blkdebug_bad, 0);
	return bad_cache ? 0 : -ENOMEM;
}

/**
 * blkdebug_media_exit - destroy the cache of ranges; no media is left
 *
 * Context: may sleep.
 */
void blkdebug_media_exit(void)
{
	kmem_cache_destroy(bad_cache);
}

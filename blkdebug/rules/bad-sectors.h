/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Media: the bad sectors of a rule with healed=on, each bad until a write heals
 * it. The index goes on to find the rule by all the sectors that it was written
 * with; what is here tells which of them are bad still.
 */
#ifndef BLKDEBUG_BAD_SECTORS_H
#define BLKDEBUG_BAD_SECTORS_H

#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include "rule.h"

/**
 * struct blkdebug_bad - a range of bad sectors
 * @node: in the media's tree, by sector
 * @range: the sectors
 */
struct blkdebug_bad {
	struct rb_node node;
	struct blkdebug_range range;
};

/**
 * struct blkdebug_media - the bad sectors of a rule
 * @lock: guards @bad; taken under the engine's lock, which printing does
 *	without
 * @bad: the ranges, by sector; none touches the next
 */
struct blkdebug_media {
	spinlock_t lock; /* guards @bad */
	struct rb_root bad;
};

struct blkdebug_media *blkdebug_media_alloc(const struct blkdebug_range *ranges,
					    u32 nr);
void blkdebug_media_free(struct blkdebug_media *media);

bool blkdebug_media_first_bad(struct blkdebug_media *media, sector_t first,
			      sector_t last, struct blkdebug_range *bad);
bool blkdebug_media_heal(struct blkdebug_media *media, sector_t first,
			 sector_t last, struct blkdebug_bad **spare,
			 unsigned int *budget);
bool blkdebug_media_empty(struct blkdebug_media *media);

struct blkdebug_bad *blkdebug_bad_alloc(gfp_t gfp);
void blkdebug_bad_free(struct blkdebug_bad *bad);

int blkdebug_media_init(void);
void blkdebug_media_exit(void);

#endif

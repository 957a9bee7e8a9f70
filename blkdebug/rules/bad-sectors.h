/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bad sectors: the sectors of a rule with healed=on, each bad until a write heals it. The
 * index finds the rule by all sectors that the rule was written with; struct
 * blkdebug_media has those that are still bad.
 */
#ifndef BLKDEBUG_BAD_SECTORS_H
#define BLKDEBUG_BAD_SECTORS_H

#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include "rule.h"

/* A range of bad sectors. Guarded by the media's lock. */
struct blkdebug_bad {
	struct rb_node node;		/* in the media's tree, by sector */
	struct blkdebug_range range;
};

/* The bad sectors of a rule */
struct blkdebug_media {
	/* Nests in the engine's lock; printing a rule takes this lock only. */
	spinlock_t lock;		/* guards @bad */

	/* Guarded by @lock. */
	struct rb_root bad;		/* struct blkdebug_bad, none adjacent to the next */
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

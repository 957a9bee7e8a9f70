/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How writes become durable, and leave the cache: by flushes, by their FUA flag,
 * because the cache is full, by discards, and by being written out.
 *
 * Writing out: blkdebug_take_dirty() takes durable sectors, sorted; the caller
 * writes them to the device below, in any order, and reports the outcome to
 * blkdebug_put_dirty(). Until then no other sectors of the same blocks are taken, so
 * that no two writes to a sector are on their way below. What could not be written
 * stays in the cache, durable, and is taken again later.
 */
#ifndef BLKDEBUG_CACHE_DURABLE_H
#define BLKDEBUG_CACHE_DURABLE_H

#include "cache.h"

/* Why a write becomes durable, each name once */
#define BLKDEBUG_CAUSES(X)			\
	X(FLUSH, "flush")			\
	X(FUA, "fua")				\
	X(SPACE, "space")			\
	X(SUSPEND, "suspend")			\
	X(CUT, "cut")

#define BLKDEBUG_CAUSE_ENUM(id, name)	BLKDEBUG_BY_##id,

enum blkdebug_cause {
	BLKDEBUG_CAUSES(BLKDEBUG_CAUSE_ENUM)
};

/* Durable sectors on their way to the device below */
struct blkdebug_extent {
	struct blkdebug_version *version;	/* has the data; a reference */
	sector_t sector;		/* the first, from the target's start */
	unsigned int nr_sectors;	/* they do not leave a block */
	const u8 *data;			/* NULL: zeroes */
	bool failed;			/* for blkdebug_put_dirty(): not written */
};

u64 blkdebug_begin_flush(struct blkdebug_cache *cache);
void blkdebug_flush_writes(struct blkdebug_cache *cache, u64 epoch);
void blkdebug_harden_write(struct blkdebug_cache *cache,
			   struct blkdebug_write *write);
unsigned int blkdebug_harden_oldest(struct blkdebug_cache *cache,
				    unsigned int nr_versions);
void blkdebug_harden_all(struct blkdebug_cache *cache);

u64 blkdebug_last_seq(struct blkdebug_cache *cache);
void blkdebug_drop_sectors(struct blkdebug_cache *cache, sector_t sector,
			   sector_t nr_sectors, u64 seq);

bool blkdebug_has_dirty(struct blkdebug_cache *cache);
unsigned int blkdebug_take_dirty(struct blkdebug_cache *cache,
				 struct blkdebug_extent *extents,
				 unsigned int max);
void blkdebug_put_dirty(struct blkdebug_cache *cache,
			struct blkdebug_extent *extents, unsigned int nr);

/* For survive.c */
struct blkdebug_write *blkdebug_oldest_write(struct blkdebug_cache *cache,
					     bool completed_only);
struct blkdebug_write *blkdebug_next_write(struct blkdebug_pool *pool,
					   struct blkdebug_write *write);
void blkdebug_settle_version(struct blkdebug_cache *cache,
			     struct blkdebug_version *version, u8 keep);
void blkdebug_unlist_write(struct blkdebug_cache *cache,
			   struct blkdebug_write *write);

#endif

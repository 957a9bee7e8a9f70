/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A volatile write cache, and what a power cut may leave of it. Knows neither
 * bios nor device-mapper.
 *
 * The target's sectors are divided into blocks of 4 KiB. For each block that
 * the cache holds something of there is a struct blkdebug_block, in a hash
 * table, with a chain of versions, newest first. A version is the part of one
 * write that falls into the block: which sectors it has (a bit each), and a
 * block of memory with their data, or none if they are zeroes. All versions of
 * a write share a struct blkdebug_write. Example, in which W is a write, F a
 * flush that covers what completed before it, and all is about one block:
 *
 *   Wa Wb Wc(FUA)    c is durable. a and b are gone: no cut can leave an older
 *                    version than the durable one.
 *   Wa Wb F Wc Wd    b is durable and a is gone. A cut leaves b, c or d.
 *
 * States of a write:
 *
 *   entering   some versions may not be in their chains yet
 *   in flight  accepted, not acknowledged: a read does not see it, a flush does
 *              not cover it, a cut may leave it
 *   completed  as above, but visible to reads, and covered by the flushes that
 *              are submitted from then on
 *   durable    every cut leaves it, or a newer version. Only durable data is
 *              written to the device below; when that has succeeded it is
 *              dropped from the cache.
 *
 * The first three are volatile. Volatile writes are on the @active list of a
 * pool. A volatile write becomes durable as a whole: by a flush, by its own FUA
 * flag, by survival of a power cut, or because the cache is full. The device
 * below therefore never holds anything that a cut may lose.
 *
 * Units (atomic-write=) matter only when survivors are chosen: see survive.h. A
 * unit lies within one region, whose blocks share a lock, so that two writes to
 * a unit enter it in the same order in all its blocks.
 *
 * Locking:
 *
 *   control       serialises all that makes versions durable or removes them:
 *                 flush, discard, writing out, the choice of survivors
 *   shard->lock   guards the hash buckets, blocks and chains of some regions.
 *                 Writers that enter the cache take only this and:
 *   pool->lock    guards unused records and the list of volatile writes
 *
 * They are taken in this order; moment.h adds locks of captures. Reads take none of
 * them: they run under RCU, and records are used again only after a grace period. A
 * block's @changes lets a reader detect that versions became durable, or left the
 * chain, while it walked the chain; then it walks again under the lock.
 *
 * Power. The caller runs blkdebug_enter_write() and each acknowledgment in an
 * RCU read section in which it has seen that the power is on: see power.h.
 *
 * Moments (moment.h) freeze the state of the cache for crash views. While there are
 * moments nothing changes on the device below.
 */
#ifndef BLKDEBUG_CACHE_H
#define BLKDEBUG_CACHE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/blkdev.h>
#include <linux/hash.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "../rules/options.h"
#include "pool.h"

#define BLKDEBUG_SHARD_BITS	6
#define BLKDEBUG_SHARDS		64U

/* A region is 64 KiB, or a unit if that is larger */
#define BLKDEBUG_REGION_SECTORS	128U

/* States of a volatile write; see above */
enum blkdebug_write_state {
	BLKDEBUG_ENTERING,
	BLKDEBUG_IN_FLIGHT,
	BLKDEBUG_COMPLETED,
};

/* The part of one write that lies in one block */
struct blkdebug_version {
	/* Guarded by @control of the cache, once the write has entered. */
	struct hlist_node sibling;	/* in the @versions of @write, or in a list of
					 * limbo
					 */

	/* Constant while in use. */
	struct blkdebug_block *block;
	struct blkdebug_write *write;
	u8 *data;		/* of the block; valid are the sectors that @mask has
				 * at the beginning. NULL: zeroes
				 */

	/* Guarded by the shard's lock; read under RCU, too. */
	struct blkdebug_version __rcu *older;	/* of @block */
	u8 mask;		/* the sectors, a bit each, of which no newer version
				 * is durable
				 */
	bool durable;		/* every cut leaves it, or a newer version */
	bool linked;		/* it is in the chain of @block */

	/* Guarded by the shard's lock. */
	struct blkdebug_version *newer;	/* of @block, while linked; NULL: the newest */

	/* Constant after initialization. */
	u8 home;		/* pool that the record is from */

	refcount_t refs;	/* one of the chain, one while it is written out, one of
				 * each moment
				 */
};

/* A write, as its submitter describes it */
struct blkdebug_write_desc {
	sector_t sector;	/* its first, from the target's start */
	sector_t nr_sectors;
	u16 flags;		/* mask of enum blkdebug_flag */
	u8 iotype;		/* enum blkdebug_iotype */
	bool zeroes;		/* it has no data */
	bool meta;		/* it carries REQ_META */
	bool whole;		/* it carries REQ_ATOMIC: all of it survives, or nothing */
};

/* A write in the cache */
struct blkdebug_write {
	/* Guarded by the lock of its pool. */
	struct list_head link;	/* in the pool's @active while volatile */

	/* Constant once the write has entered. */
	struct blkdebug_write_desc desc;
	u64 seq;		/* place in the order of entering the cache */
	unsigned long since;	/* when it entered, in jiffies */
	unsigned long captures;	/* of the power supply, when it entered; see moment.h */

	/* Stored by its submitter alone, loaded without a lock. */
	unsigned int state;	/* enum blkdebug_write_state */

	/* Constant once @state is BLKDEBUG_COMPLETED. */
	u64 epoch;		/* in which it completed; 64 bits do not wrap */

	/* Guarded by @control of the cache, once the write has entered. */
	struct hlist_head versions;	/* by @sibling, by block */
	unsigned int live;	/* versions that are volatile and in their chains */

	refcount_t refs;	/* one of the submitter, one of each version */

	/* Constant after initialization. */
	u8 home;		/* pool that the record is from */
};

/* 4 KiB of the target that the cache holds something of */
struct blkdebug_block {
	/* Constant while in use. */
	u64 nr;			/* its first sector >> BLKDEBUG_BLOCK_SHIFT */

	/* Guarded by the shard's lock; the first three are read under RCU, too. */
	struct hlist_node node;	/* in its hash bucket */
	struct blkdebug_version __rcu *newest;
	unsigned int changes;	/* odd while versions become durable or go */
	bool writing;		/* part of it is being written to the device below */

	/* Constant after initialization. */
	u8 home;		/* pool that the record is from */

	/* Guarded by the shard's lock. */
	unsigned int nr_durable;	/* durable versions in the chain */
	struct list_head dirty;	/* in the shard's @dirty, or in a list of limbo */
};

/* The lock of some regions */
struct blkdebug_shard {
	spinlock_t lock;	/* guards the buckets of the shard, and @dirty */

	/* Guarded by @lock. */
	struct list_head dirty;	/* blocks with durable versions that are not being
				 * written, oldest first
				 */
} ____cacheline_aligned_in_smp;

struct blkdebug_cache;

/* Functions of the owner that the cache calls */
struct blkdebug_cache_ops {
	/* blkdebug_begin_write() may succeed now. Called in process context. */
	void (*space_freed)(struct blkdebug_cache *cache);
};

/* Records that readers may still be looking at */
struct blkdebug_limbo {
	struct hlist_head versions;	/* by @sibling */
	struct list_head blocks;	/* by @dirty */
};

/* The cache of one target */
struct blkdebug_cache {
	/* Constant after initialization. */
	struct hlist_head *buckets;	/* hash table of blocks; those of a shard are
					 * neighbours, and guarded by its lock
					 */
	u32 bucket_mask;		/* buckets of a shard, less 1 */
	u8 unit_shift;			/* log2 of a unit's sectors */
	u8 region_shift;		/* log2 of a region's blocks */
	struct blkdebug_shard *shard;	/* each has a lock of its own */
	struct blkdebug_pools pools;	/* each has a lock of its own */
	const struct blkdebug_cache_ops *ops;
	dev_t dev;			/* for tracing; the owner sets it */
	struct workqueue_struct *wq;	/* for @reap_work alone, so that space becomes
					 * free when memory is short
					 */

	/* Changed by each write and each flush. */
	atomic64_t seq ____cacheline_aligned_in_smp;	/* number given last */
	atomic64_t epoch;		/* flushes submitted */

	/* Guarded by a mutex of moment.c. */
	struct list_head moments;	/* oldest first */

	/* Taken before all spinlocks; see the head of this file. */
	struct mutex control ____cacheline_aligned_in_smp; /* see above */

	/* Guarded by @control. */
	unsigned int nr_moments;	/* length of @moments */
	bool discarding;		/* a discard of the device below is under way: no
					 * moment is captured
					 */
	unsigned int next_shard;	/* where the next batch to write out begins */

	atomic_t nr_dirty;		/* blocks in the @dirty lists */

	/* Taken last of all locks, beside those of the pools; any context. */
	spinlock_t limbo_lock;		/* guards the members below */

	/* Guarded by @limbo_lock. */
	struct blkdebug_limbo limbo;	/* removed since the last grace period began */
	struct blkdebug_limbo reaping;	/* unused once the grace period ends; while
					 * @reaps, @reap_work alone uses it
					 */
	bool reaps;			/* a grace period or @reap_work is running */
	struct rcu_work reap_work;
};

/* Where the data of some sectors is */
enum blkdebug_source {
	BLKDEBUG_BELOW,		/* on the device below */
	BLKDEBUG_CACHED,	/* in memory */
	BLKDEBUG_ZEROES,	/* nowhere: they are zeroes */
};

/* Sectors that a read gets from one place */
struct blkdebug_span {
	sector_t nr_sectors;
	u8 source;		/* enum blkdebug_source */
	const u8 *data;		/* of the first of them, if in memory */
};

struct blkdebug_cache *blkdebug_cache_alloc(u64 bytes, unsigned int unit_bytes,
					    const struct blkdebug_cache_ops *ops);
void blkdebug_cache_free(struct blkdebug_cache *cache);

struct blkdebug_write *
blkdebug_begin_write(struct blkdebug_cache *cache,
		     const struct blkdebug_write_desc *desc);
void blkdebug_enter_write(struct blkdebug_cache *cache,
			  struct blkdebug_write *write, unsigned long captures);
void blkdebug_complete_write(struct blkdebug_cache *cache,
			     struct blkdebug_write *write);
void blkdebug_put_write(struct blkdebug_cache *cache,
			struct blkdebug_write *write);
void blkdebug_abort_write(struct blkdebug_cache *cache,
			  struct blkdebug_write *write);

void blkdebug_find_span(struct blkdebug_cache *cache, sector_t sector,
			sector_t nr_sectors, struct blkdebug_span *span);

/**
 * blkdebug_version_data - get the memory that the data of a version goes to
 * @version: of a write that has not entered the cache, and has data
 * @nr_sectors: how many sectors are to be filled
 *
 * Return: the memory.
 */
static inline u8 *blkdebug_version_data(const struct blkdebug_version *version,
					unsigned int *nr_sectors)
{
	*nr_sectors = hweight8(version->mask);
	return version->data + (__ffs(version->mask) << SECTOR_SHIFT);
}

/* The sectors of block @nr from sector @first to @last, a bit each */
static inline u8 blkdebug_part_mask(u64 nr, sector_t first, sector_t last)
{
	sector_t start = nr << BLKDEBUG_BLOCK_SHIFT;
	sector_t end = start + BLKDEBUG_BLOCK_SECTORS - 1;
	u8 mask = U8_MAX;

	if (first > end || last < start)
		return 0;
	if (first > start)
		mask &= U8_MAX << (first - start);
	if (last < end)
		mask &= U8_MAX >> (end - last);
	return mask;
}

/* How many bits of @mask are set from bit @first on */
static inline unsigned int blkdebug_count_run(u8 mask, unsigned int first)
{
	return __ffs(~((unsigned long)mask >> first));
}

/**
 * blkdebug_is_frozen - test whether the device below must not change
 * @cache: the cache
 *
 * Context: the caller holds @control.
 *
 * Return: true if there are moments.
 */
static inline bool blkdebug_is_frozen(const struct blkdebug_cache *cache)
{
	return READ_ONCE(cache->nr_moments);
}

static inline struct blkdebug_shard *
blkdebug_shard_of(struct blkdebug_cache *cache, u64 block)
{
	return &cache->shard[hash_64(block >> cache->region_shift, 32) >>
			     (32 - BLKDEBUG_SHARD_BITS)];
}

/* The blocks of a region are in neighbouring buckets of its shard */
static inline struct hlist_head *
blkdebug_bucket_of(struct blkdebug_cache *cache, u64 block)
{
	u32 hash = hash_64(block >> cache->region_shift, 32);
	size_t shard = hash >> (32 - BLKDEBUG_SHARD_BITS);

	return &cache->buckets[shard * (cache->bucket_mask + 1) +
			       ((hash + (u32)block) & cache->bucket_mask)];
}

/* blkdebug_find_block(), where a call would cost too much */
static inline struct blkdebug_block *
blkdebug_lookup_block(struct blkdebug_cache *cache, u64 nr)
{
	struct blkdebug_block *block;

	hlist_for_each_entry_rcu(block, blkdebug_bucket_of(cache, nr), node,
				 lockdep_is_held(&blkdebug_shard_of(cache, nr)->lock)) {
		if (block->nr == nr)
			return block;
	}
	return NULL;
}

/* For durable.c and survive.c */
void blkdebug_retire_block(struct blkdebug_cache *cache,
			   struct blkdebug_block *block);
void blkdebug_put_version_ref(struct blkdebug_cache *cache,
			      struct blkdebug_version *version);
void blkdebug_start_reaping(struct blkdebug_cache *cache);
void blkdebug_finish_reaping(struct blkdebug_cache *cache);
struct blkdebug_block *blkdebug_find_block(struct blkdebug_cache *cache,
					   u64 nr);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a cache: all of it is allocated when the table is loaded, so
 * that no write fails, or waits for memory that only another write can free.
 *
 * Records are divided into one pool per processor, each with its own lock, so
 * that writers on different processors do not share a cache line. A record goes
 * back to the pool that it came from. A writer whose pool is short takes from
 * the others.
 */
#ifndef BLKDEBUG_CACHE_POOL_H
#define BLKDEBUG_CACHE_POOL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* A block is the granule of the index and of the data memory: 4 KiB */
#define BLKDEBUG_BLOCK_SHIFT	3
#define BLKDEBUG_BLOCK_SECTORS	8U
#define BLKDEBUG_BLOCK_BYTES	4096U

#define BLKDEBUG_POOLS_MAX	16U

/* Unused records, or those taken for one write */
struct blkdebug_records {
	struct list_head versions;	/* struct blkdebug_version, by @sibling */
	struct list_head blocks;	/* struct blkdebug_block, by @dirty */
	struct list_head writes;	/* struct blkdebug_write, by @link */
	void *data;			/* blocks of memory, each of which begins
					 * with a pointer to the next
					 */

	/* Lengths of these lists */
	unsigned int nr_versions;
	unsigned int nr_blocks;
	unsigned int nr_writes;
	unsigned int nr_data;
};

/* The records of one processor */
struct blkdebug_pool {
	/* Taken last of all locks; any context. */
	spinlock_t lock;		/* guards all members */

	/* Guarded by @lock. */
	struct blkdebug_records free;
	struct list_head active;	/* volatile writes whose record is from this
					 * pool, by sequence number
					 */
	unsigned int nr_active;		/* length of @active; read without the lock,
					 * too
					 */
} ____cacheline_aligned_in_smp;

struct blkdebug_version;
struct blkdebug_block;
struct blkdebug_write;

/* All memory of a cache; constant after initialization */
struct blkdebug_pools {
	struct blkdebug_pool *pool;	/* the pools; each has a lock of its own */
	unsigned int nr;		/* of pools */
	unsigned int capacity;		/* blocks of data memory, in all pools */
	unsigned int nr_records;	/* of each kind, in all pools */
	struct blkdebug_version *versions;	/* the arrays of records */
	struct blkdebug_block *blocks;
	struct blkdebug_write *writes;
};

int blkdebug_pools_init(struct blkdebug_pools *pools, unsigned int capacity);
void blkdebug_pools_exit(struct blkdebug_pools *pools);

bool blkdebug_take_records(struct blkdebug_pools *pools,
			   const struct blkdebug_records *want,
			   struct blkdebug_records *got);
void blkdebug_put_records(struct blkdebug_pools *pools,
			  struct blkdebug_records *records);
void blkdebug_init_records(struct blkdebug_records *records);

void blkdebug_put_version(struct blkdebug_pools *pools,
			  struct blkdebug_version *version);
void blkdebug_put_block(struct blkdebug_pools *pools,
			struct blkdebug_block *block);
void blkdebug_put_write_record(struct blkdebug_pools *pools,
			       struct blkdebug_write *write);

unsigned int blkdebug_used_data(struct blkdebug_pools *pools);
unsigned int blkdebug_used_versions(struct blkdebug_pools *pools);
unsigned int blkdebug_active_writes(struct blkdebug_pools *pools);

#endif

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

/* Unused records of one kind. The first word of each points to the next. */
struct blkdebug_stack {
	void *top;
	unsigned int nr;
};

/* Unused records */
struct blkdebug_records {
	struct blkdebug_stack versions;	/* struct blkdebug_version */
	struct blkdebug_stack blocks;	/* struct blkdebug_block */
	struct blkdebug_stack writes;	/* struct blkdebug_write */
	struct blkdebug_stack data;	/* blocks of memory */
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
	unsigned int nr_active;		/* length of @active */
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

struct blkdebug_write *blkdebug_take_write(struct blkdebug_pools *pools,
					   unsigned int nr_versions, bool has_data);

void blkdebug_put_version(struct blkdebug_pools *pools,
			  struct blkdebug_version *version);
void blkdebug_put_block(struct blkdebug_pools *pools,
			struct blkdebug_block *block);
void blkdebug_put_write_record(struct blkdebug_pools *pools,
			       struct blkdebug_write *write);

unsigned int blkdebug_used_data(struct blkdebug_pools *pools);
unsigned int blkdebug_active_writes(struct blkdebug_pools *pools);

#endif

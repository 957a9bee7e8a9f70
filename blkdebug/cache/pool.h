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

/**
 * struct blkdebug_records - unused records, or those taken for one write
 * @versions: struct blkdebug_version, by @sibling
 * @blocks: struct blkdebug_block, by @dirty
 * @writes: struct blkdebug_write, by @link
 * @data: blocks of memory, each of which starts with a pointer to the next
 * @nr_versions: length of @versions
 * @nr_blocks: length of @blocks
 * @nr_writes: length of @writes
 * @nr_data: length of @data
 */
struct blkdebug_records {
	struct list_head versions;
	struct list_head blocks;
	struct list_head writes;
	void *data;
	unsigned int nr_versions;
	unsigned int nr_blocks;
	unsigned int nr_writes;
	unsigned int nr_data;
};

/**
 * struct blkdebug_pool - the records of one processor
 * @lock: guards the pool; taken in any context, last of all locks
 * @free: unused records
 * @active: volatile writes whose record is from this pool, by sequence number
 * @nr_active: length of @active
 */
struct blkdebug_pool {
	spinlock_t lock; /* guards the pool */
	struct blkdebug_records free;
	struct list_head active;
	unsigned int nr_active;
} ____cacheline_aligned_in_smp;

struct blkdebug_version;
struct blkdebug_block;
struct blkdebug_write;

/**
 * struct blkdebug_pools - all memory of a cache
 * @pool: the pools
 * @nr: how many pools
 * @capacity: blocks of data memory, in all pools
 * @nr_records: records of each kind, in all pools
 * @versions: the array of versions
 * @blocks: the array of blocks
 * @writes: the array of writes
 */
struct blkdebug_pools {
	struct blkdebug_pool *pool;
	unsigned int nr;
	unsigned int capacity;
	unsigned int nr_records;
	struct blkdebug_version *versions;
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

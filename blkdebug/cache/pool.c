// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a cache: see pool.h.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "cache.h"

/* Fail instead of killing processes: the size is the user's choice */
#define GFP_CACHE	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

static void push_data(struct blkdebug_records *records, void *data)
{
	*(void **)data = records->data;
	records->data = data;
	/* Pairs with the load in blkdebug_used_data() */
	WRITE_ONCE(records->nr_data, records->nr_data + 1);
}

static void *pop_data(struct blkdebug_records *records)
{
	void *data = records->data;

	records->data = *(void **)data;
	WRITE_ONCE(records->nr_data, records->nr_data - 1);
	return data;
}

/**
 * blkdebug_init_records - make a set of records empty
 * @records: the set
 */
void blkdebug_init_records(struct blkdebug_records *records)
{
	INIT_LIST_HEAD(&records->versions);
	INIT_LIST_HEAD(&records->blocks);
	INIT_LIST_HEAD(&records->writes);
	records->data = NULL;
	records->nr_versions = 0;
	records->nr_blocks = 0;
	records->nr_writes = 0;
	records->nr_data = 0;
}

static void move_records(struct list_head *from, unsigned int *nr_from,
			 struct list_head *to, unsigned int *nr_to,
			 unsigned int want)
{
	while (*nr_to < want && *nr_from) {
		list_move_tail(from->next, to);
		--*nr_from;
		++*nr_to;
	}
}

static bool has_all(const struct blkdebug_records *got,
		    const struct blkdebug_records *want)
{
	return got->nr_versions == want->nr_versions &&
	       got->nr_blocks == want->nr_blocks &&
	       got->nr_writes == want->nr_writes &&
	       got->nr_data == want->nr_data;
}

/* Take what is still missing; returns true if nothing is missing any more */
static bool take_from_pool(struct blkdebug_pool *pool,
			   const struct blkdebug_records *want,
			   struct blkdebug_records *got)
{
	struct blkdebug_records *free = &pool->free;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	move_records(&free->versions, &free->nr_versions, &got->versions,
		     &got->nr_versions, want->nr_versions);
	move_records(&free->blocks, &free->nr_blocks, &got->blocks,
		     &got->nr_blocks, want->nr_blocks);
	move_records(&free->writes, &free->nr_writes, &got->writes,
		     &got->nr_writes, want->nr_writes);
	while (got->nr_data < want->nr_data && free->nr_data)
		push_data(got, pop_data(free));
	spin_unlock_irqrestore(&pool->lock, flags);
	return has_all(got, want);
}

/**
 * blkdebug_take_records - take all records that a write needs, or none
 * @pools: where from
 * @want: how many of each kind; its lists are not used
 * @got: the records, if any
 *
 * Any context.
 *
 * Return: false if there are not enough.
 */
bool blkdebug_take_records(struct blkdebug_pools *pools,
			   const struct blkdebug_records *want,
			   struct blkdebug_records *got)
{
	unsigned int i, at = raw_smp_processor_id() % pools->nr;

	blkdebug_init_records(got);
	for (i = 0; i < pools->nr; i++) {
		if (take_from_pool(&pools->pool[at], want, got))
			return true;
		at = at + 1 == pools->nr ? 0 : at + 1;
	}
	blkdebug_put_records(pools, got);
	return false;
}

/**
 * blkdebug_put_records - give records back
 * @pools: where they are from
 * @records: the records; empty afterwards
 *
 * Any context.
 */
void blkdebug_put_records(struct blkdebug_pools *pools,
			  struct blkdebug_records *records)
{
	struct blkdebug_version *version, *next_version;
	struct blkdebug_block *block, *next_block;
	struct blkdebug_write *write, *next_write;

	list_for_each_entry_safe(version, next_version, &records->versions,
				 sibling) {
		version->data = records->nr_data ? pop_data(records) : NULL;
		blkdebug_put_version(pools, version);
	}
	list_for_each_entry_safe(block, next_block, &records->blocks, dirty)
		blkdebug_put_block(pools, block);
	list_for_each_entry_safe(write, next_write, &records->writes, link)
		blkdebug_put_write_record(pools, write);
	while (records->nr_data) {
		struct blkdebug_pool *pool = &pools->pool[0];
		void *data = pop_data(records);
		unsigned long flags;

		spin_lock_irqsave(&pool->lock, flags);
		push_data(&pool->free, data);
		spin_unlock_irqrestore(&pool->lock, flags);
	}
	blkdebug_init_records(records);
}

/**
 * blkdebug_put_version - give a version back, and its data
 * @pools: where it is from
 * @version: the version; its @sibling may be anything
 *
 * Any context.
 */
void blkdebug_put_version(struct blkdebug_pools *pools,
			  struct blkdebug_version *version)
{
	struct blkdebug_pool *pool = &pools->pool[version->home];
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	list_add(&version->sibling, &pool->free.versions);
	pool->free.nr_versions++;
	if (version->data)
		push_data(&pool->free, version->data);
	version->data = NULL;
	spin_unlock_irqrestore(&pool->lock, flags);
}

/**
 * blkdebug_put_block - give a block back
 * @pools: where it is from
 * @block: the block; its @dirty may be anything
 *
 * Any context.
 */
void blkdebug_put_block(struct blkdebug_pools *pools,
			struct blkdebug_block *block)
{
	struct blkdebug_pool *pool = &pools->pool[block->home];
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	list_add(&block->dirty, &pool->free.blocks);
	pool->free.nr_blocks++;
	spin_unlock_irqrestore(&pool->lock, flags);
}

/**
 * blkdebug_put_write_record - give the record of a write back
 * @pools: where it is from
 * @write: the record; its @link may be anything
 *
 * Any context.
 */
void blkdebug_put_write_record(struct blkdebug_pools *pools,
			       struct blkdebug_write *write)
{
	struct blkdebug_pool *pool = &pools->pool[write->home];
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	list_add(&write->link, &pool->free.writes);
	pool->free.nr_writes++;
	spin_unlock_irqrestore(&pool->lock, flags);
}

/**
 * blkdebug_used_data - how much data memory is in use?
 * @pools: the pools
 *
 * Return: blocks, as of no single moment.
 */
unsigned int blkdebug_used_data(struct blkdebug_pools *pools)
{
	unsigned int i, used = pools->capacity;

	for (i = 0; i < pools->nr; i++)
		used -= READ_ONCE(pools->pool[i].free.nr_data);
	/* Memory that moves between pools meanwhile can be counted twice */
	return used <= pools->capacity ? used : 0;
}

/**
 * blkdebug_used_versions - how many versions are in use?
 * @pools: the pools
 *
 * Return: their number, as of no single moment; at least as many as are in use all the
 * time.
 */
unsigned int blkdebug_used_versions(struct blkdebug_pools *pools)
{
	unsigned int i, used = pools->nr_records;

	for (i = 0; i < pools->nr; i++)
		used -= READ_ONCE(pools->pool[i].free.nr_versions);
	return used;
}

/**
 * blkdebug_active_writes - how many writes are volatile?
 * @pools: the pools
 *
 * Return: their number, as of no single moment.
 */
unsigned int blkdebug_active_writes(struct blkdebug_pools *pools)
{
	unsigned int i, nr = 0;

	for (i = 0; i < pools->nr; i++)
		nr += READ_ONCE(pools->pool[i].nr_active);
	return nr;
}

static int fill_data(struct blkdebug_pools *pools)
{
	unsigned int i;

	for (i = 0; i < pools->capacity; i++) {
		/* Blocks of this size are aligned to it: a block is in one page */
		void *data = kmalloc(BLKDEBUG_BLOCK_BYTES, GFP_CACHE);

		if (!data)
			return -ENOMEM;
		push_data(&pools->pool[i % pools->nr].free, data);
		cond_resched();
	}
	return 0;
}

static void fill_records(struct blkdebug_pools *pools)
{
	unsigned int i;

	for (i = 0; i < pools->nr_records; i++) {
		struct blkdebug_records *free = &pools->pool[i % pools->nr].free;

		pools->versions[i].home = i % pools->nr;
		pools->blocks[i].home = i % pools->nr;
		pools->writes[i].home = i % pools->nr;
		list_add_tail(&pools->versions[i].sibling, &free->versions);
		list_add_tail(&pools->blocks[i].dirty, &free->blocks);
		list_add_tail(&pools->writes[i].link, &free->writes);
		free->nr_versions++;
		free->nr_blocks++;
		free->nr_writes++;
		cond_resched();
	}
}

static bool fits_memory(unsigned int capacity)
{
	u64 bytes = (u64)capacity * BLKDEBUG_BLOCK_BYTES;

	/* With what the records take, and a little for everybody else */
	return (bytes + bytes / 8) >> PAGE_SHIFT < (u64)si_mem_available();
}

/**
 * blkdebug_pools_init - allocate all memory of a cache
 * @pools: zeroed
 * @capacity: blocks of data memory
 *
 * May sleep. After an error the caller calls blkdebug_pools_exit() all the same.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_pools_init(struct blkdebug_pools *pools, unsigned int capacity)
{
	unsigned int i, nr;

	if (!fits_memory(capacity))
		return -ENOMEM;
	pools->nr = min(num_possible_cpus(), BLKDEBUG_POOLS_MAX);
	pools->pool = kcalloc(pools->nr, sizeof(*pools->pool), GFP_KERNEL);
	if (!pools->pool)
		return -ENOMEM;
	for (i = 0; i < pools->nr; i++) {
		spin_lock_init(&pools->pool[i].lock);
		blkdebug_init_records(&pools->pool[i].free);
		INIT_LIST_HEAD(&pools->pool[i].active);
	}
	/* Zeroes take a record, and no data */
	nr = capacity + capacity / 4;
	pools->versions = kvcalloc(nr, sizeof(*pools->versions), GFP_CACHE);
	pools->blocks = kvcalloc(nr, sizeof(*pools->blocks), GFP_CACHE);
	pools->writes = kvcalloc(nr, sizeof(*pools->writes), GFP_CACHE);
	if (!pools->versions || !pools->blocks || !pools->writes)
		return -ENOMEM;
	pools->nr_records = nr;
	pools->capacity = capacity;
	fill_records(pools);
	return fill_data(pools);
}

/**
 * blkdebug_pools_exit - free all memory of a cache
 * @pools: set up, or partly, or zeroed; what records still hold is forgotten
 *
 * May sleep.
 */
void blkdebug_pools_exit(struct blkdebug_pools *pools)
{
	unsigned int i;

	/* A version that is still in use has its data */
	for (i = 0; i < pools->nr_records; i++) {
		kfree(pools->versions[i].data);
		cond_resched();
	}
	for (i = 0; pools->pool && i < pools->nr; i++) {
		while (pools->pool[i].free.nr_data) {
			kfree(pop_data(&pools->pool[i].free));
			cond_resched();
		}
	}
	kvfree(pools->versions);
	kvfree(pools->blocks);
	kvfree(pools->writes);
	kfree(pools->pool);
	memset(pools, 0, sizeof(*pools));
}

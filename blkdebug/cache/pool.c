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

static void push_record(struct blkdebug_stack *stack, void *record)
{
	*(void **)record = stack->top;
	stack->top = record;
	/* Pairs with the loads in blkdebug_used_data() */
	WRITE_ONCE(stack->nr, stack->nr + 1);
}

static void *pop_record(struct blkdebug_stack *stack)
{
	void *record = stack->top;

	stack->top = *(void **)record;
	WRITE_ONCE(stack->nr, stack->nr - 1);
	return record;
}

/* Take a write from one pool, if it has all records */
static struct blkdebug_write *take_from_pool(struct blkdebug_pool *pool,
					     unsigned int nr_versions,
					     unsigned int nr_data)
{
	struct blkdebug_records *free = &pool->free;
	struct blkdebug_version *version;
	struct blkdebug_write *write = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	if (free->writes.nr && free->versions.nr >= nr_versions &&
	    free->blocks.nr >= nr_versions && free->data.nr >= nr_data) {
		write = pop_record(&free->writes);
		INIT_HLIST_HEAD(&write->versions);
		while (nr_versions--) {
			version = pop_record(&free->versions);
			version->block = pop_record(&free->blocks);
			version->data = nr_data ? pop_record(&free->data) : NULL;
			hlist_add_head(&version->sibling, &write->versions);
		}
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return write;
}

/* Records of a kind that are moved in one section of the lock */
#define MOVE_BATCH	64

/* Move a batch of records until @to has @max. Returns true if there is more to move. */
static bool move_records(struct blkdebug_stack *from, struct blkdebug_stack *to,
			 unsigned int max)
{
	unsigned int i;

	for (i = 0; i < MOVE_BATCH && from->nr && to->nr < max; i++)
		push_record(to, pop_record(from));
	return i == MOVE_BATCH;
}

/* A write may need thousands of records: bound the time with interrupts off. */
static void move_all_kinds(struct blkdebug_pool *pool,
			   struct blkdebug_records *from,
			   struct blkdebug_records *to, unsigned int max)
{
	unsigned long flags;
	bool more;

	do {
		spin_lock_irqsave(&pool->lock, flags);
		more = move_records(&from->versions, &to->versions, max);
		more |= move_records(&from->blocks, &to->blocks, max);
		more |= move_records(&from->writes, &to->writes, max);
		more |= move_records(&from->data, &to->data, max);
		spin_unlock_irqrestore(&pool->lock, flags);
	} while (more);
}

/* Move up to @max unused records of each kind from the other pools to one */
static void gather_records(struct blkdebug_pools *pools,
			   struct blkdebug_pool *to, unsigned int max)
{
	struct blkdebug_records records = { };
	unsigned int i;

	for (i = 0; i < pools->nr; i++) {
		struct blkdebug_pool *from = &pools->pool[i];

		if (from != to)
			move_all_kinds(from, &from->free, &records, max);
	}
	move_all_kinds(to, &records, &to->free, UINT_MAX);
}

/**
 * blkdebug_take_write - take all records that a write needs, or none
 * @pools: where from
 * @nr_versions: how many versions it has
 * @has_data: whether they have data
 *
 * Context: any.
 *
 * Return: the write with its @versions, each of which has a @block and @data; the other
 * members are not set. NULL if there are not enough records.
 */
struct blkdebug_write *blkdebug_take_write(struct blkdebug_pools *pools,
					   unsigned int nr_versions, bool has_data)
{
	struct blkdebug_pool *pool =
		&pools->pool[raw_smp_processor_id() % pools->nr];
	unsigned int nr_data = has_data ? nr_versions : 0;
	struct blkdebug_write *write;

	write = take_from_pool(pool, nr_versions, nr_data);
	if (likely(write))
		return write;
	gather_records(pools, pool, nr_versions);
	return take_from_pool(pool, nr_versions, nr_data);
}

/* Give a record back to its pool, and the data that it has */
static void put_record(struct blkdebug_pool *pool, struct blkdebug_stack *stack,
		       void *record, void *data)
{
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	push_record(stack, record);
	if (data)
		push_record(&pool->free.data, data);
	spin_unlock_irqrestore(&pool->lock, flags);
}

/**
 * blkdebug_put_version - give back a version and its data
 * @pools: where it is from
 * @version: the version, in no list
 *
 * Context: any.
 */
void blkdebug_put_version(struct blkdebug_pools *pools,
			  struct blkdebug_version *version)
{
	struct blkdebug_pool *pool = &pools->pool[version->home];
	void *data = version->data;

	version->data = NULL;
	put_record(pool, &pool->free.versions, version, data);
}

/**
 * blkdebug_put_block - give a block back
 * @pools: where it is from
 * @block: the block, in no list
 *
 * Context: any.
 */
void blkdebug_put_block(struct blkdebug_pools *pools,
			struct blkdebug_block *block)
{
	struct blkdebug_pool *pool = &pools->pool[block->home];

	put_record(pool, &pool->free.blocks, block, NULL);
}

/**
 * blkdebug_put_write_record - give the record of a write back
 * @pools: where it is from
 * @write: the record, in no list
 *
 * Context: any.
 */
void blkdebug_put_write_record(struct blkdebug_pools *pools,
			       struct blkdebug_write *write)
{
	struct blkdebug_pool *pool = &pools->pool[write->home];

	put_record(pool, &pool->free.writes, write, NULL);
}

/**
 * blkdebug_used_data - count the blocks of data memory in use
 * @pools: the pools
 *
 * Context: any.
 *
 * Return: their number, as of no single moment.
 */
unsigned int blkdebug_used_data(struct blkdebug_pools *pools)
{
	unsigned int i, used = pools->capacity;

	for (i = 0; i < pools->nr; i++)
		used -= READ_ONCE(pools->pool[i].free.data.nr);
	/* Memory that moves between pools meanwhile can be counted twice */
	return used <= pools->capacity ? used : 0;
}

/**
 * blkdebug_active_writes - count the volatile writes
 * @pools: the pools
 *
 * Takes the locks of the pools, one after the other, so that the result includes each
 * write whose number the caller has seen.
 *
 * Context: any.
 *
 * Return: their number, as of no single moment.
 */
unsigned int blkdebug_active_writes(struct blkdebug_pools *pools)
{
	unsigned int i, nr = 0;
	unsigned long flags;

	for (i = 0; i < pools->nr; i++) {
		struct blkdebug_pool *pool = &pools->pool[i];

		spin_lock_irqsave(&pool->lock, flags);
		nr += pool->nr_active;
		spin_unlock_irqrestore(&pool->lock, flags);
	}
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
		push_record(&pools->pool[i % pools->nr].free.data, data);
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
		push_record(&free->versions, &pools->versions[i]);
		push_record(&free->blocks, &pools->blocks[i]);
		push_record(&free->writes, &pools->writes[i]);
		cond_resched();
	}
}

static bool fits_memory(unsigned int capacity)
{
	u64 bytes = (u64)capacity * BLKDEBUG_BLOCK_BYTES;

	/* An eighth more for the records; some memory must be left. */
	return (bytes + bytes / 8) >> PAGE_SHIFT < (u64)si_mem_available();
}

/**
 * blkdebug_pools_init - allocate all memory of a cache
 * @pools: zeroed
 * @capacity: number of blocks of data memory, 4 KiB each
 *
 * The caller calls blkdebug_pools_exit() also after an error.
 *
 * Context: may sleep.
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
 * @pools: set up, partly set up or zeroed; no record is used any more
 *
 * Context: may sleep.
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
		while (pools->pool[i].free.data.nr) {
			kfree(pop_record(&pools->pool[i].free.data));
			cond_resched();
		}
	}
	kvfree(pools->versions);
	kvfree(pools->blocks);
	kvfree(pools->writes);
	kfree(pools->pool);
	memset(pools, 0, sizeof(*pools));
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache: its index, writes that enter it, and reads. See cache.h.
 */
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "cache.h"

/**
 * blkdebug_find_block - find a block of which the cache holds something
 * @cache: the cache
 * @nr: its number
 *
 * The caller holds the shard's lock or an RCU read lock.
 *
 * Return: the block, or NULL.
 */
struct blkdebug_block *blkdebug_find_block(struct blkdebug_cache *cache, u64 nr)
{
	return blkdebug_lookup_block(cache, nr);
}

/* Limbo: records that have left the index, and may be used again after a grace period */

static void reap_records(struct work_struct *work)
{
	struct blkdebug_cache *cache =
		container_of(to_rcu_work(work), struct blkdebug_cache, reap_work);
	struct blkdebug_version *version;
	struct blkdebug_block *block, *next_block;
	struct hlist_node *next;
	unsigned long flags;

	hlist_for_each_entry_safe(version, next, &cache->reaping.versions, sibling) {
		blkdebug_put_write(cache, version->write);
		blkdebug_put_version(&cache->pools, version);
		cond_resched();
	}
	list_for_each_entry_safe(block, next_block, &cache->reaping.blocks,
				 dirty) {
		blkdebug_put_block(&cache->pools, block);
		cond_resched();
	}

	spin_lock_irqsave(&cache->limbo_lock, flags);
	INIT_HLIST_HEAD(&cache->reaping.versions);
	INIT_LIST_HEAD(&cache->reaping.blocks);
	WRITE_ONCE(cache->reaps, false);
	spin_unlock_irqrestore(&cache->limbo_lock, flags);
	blkdebug_start_reaping(cache);
	cache->ops->space_freed(cache);
}

/**
 * blkdebug_start_reaping - make removed records usable after a grace period
 * @cache: the cache
 *
 * One grace period runs at a time; its end starts the next if there are records
 * waiting for one.
 *
 * Context: any.
 */
void blkdebug_start_reaping(struct blkdebug_cache *cache)
{
	unsigned long flags;
	bool start;

	spin_lock_irqsave(&cache->limbo_lock, flags);
	start = !cache->reaps && (!hlist_empty(&cache->limbo.versions) ||
				  !list_empty(&cache->limbo.blocks));
	if (start) {
		hlist_move_list(&cache->limbo.versions,
				&cache->reaping.versions);
		list_splice_tail_init(&cache->limbo.blocks,
				      &cache->reaping.blocks);
		WRITE_ONCE(cache->reaps, true);
	}
	spin_unlock_irqrestore(&cache->limbo_lock, flags);
	if (start)
		queue_rcu_work(cache->wq, &cache->reap_work);
}

/**
 * blkdebug_finish_reaping - wait until all removed records are unused
 * @cache: the cache; no I/O uses it
 *
 * Context: may sleep.
 */
void blkdebug_finish_reaping(struct blkdebug_cache *cache)
{
	/* The end of one grace period may start another */
	do {
		rcu_barrier();
		flush_workqueue(cache->wq);
	} while (READ_ONCE(cache->reaps));
}

/**
 * blkdebug_put_version_ref - drop a reference to a version
 * @cache: the cache
 * @version: the version
 *
 * The caller calls blkdebug_start_reaping() once it holds no spinlock. The
 * caller holds @control, which guards the write's list of versions.
 */
void blkdebug_put_version_ref(struct blkdebug_cache *cache,
			      struct blkdebug_version *version)
{
	unsigned long flags;

	lockdep_assert_held(&cache->control);
	if (!refcount_dec_and_test(&version->refs))
		return;
	spin_lock_irqsave(&cache->limbo_lock, flags);
	hlist_del(&version->sibling);
	hlist_add_head(&version->sibling, &cache->limbo.versions);
	spin_unlock_irqrestore(&cache->limbo_lock, flags);
}

/**
 * blkdebug_retire_block - take a block without versions out of the index
 * @cache: the cache
 * @block: the block, in no dirty list
 *
 * The caller holds the shard's lock, and calls blkdebug_start_reaping() later.
 */
void blkdebug_retire_block(struct blkdebug_cache *cache,
			   struct blkdebug_block *block)
{
	unsigned long flags;

	lockdep_assert_held(&blkdebug_shard_of(cache, block->nr)->lock);
	hlist_del_rcu(&block->node);
	spin_lock_irqsave(&cache->limbo_lock, flags);
	list_add_tail(&block->dirty, &cache->limbo.blocks);
	spin_unlock_irqrestore(&cache->limbo_lock, flags);
}

/* Writes */

static void init_write(struct blkdebug_write *write,
		       const struct blkdebug_write_desc *desc,
		       unsigned int nr_versions)
{
	INIT_LIST_HEAD(&write->link);
	write->desc = *desc;
	write->seq = 0;
	write->state = BLKDEBUG_ENTERING;
	write->live = nr_versions;
	refcount_set(&write->refs, 1 + nr_versions);
}

static void init_version(struct blkdebug_version *version,
			 struct blkdebug_write *write, u64 nr)
{
	struct blkdebug_block *block = version->block;

	version->write = write;
	version->mask = blkdebug_part_mask(nr, write->desc.sector,
					   write->desc.sector +
					   write->desc.nr_sectors - 1);
	version->durable = false;
	version->linked = true;
	refcount_set(&version->refs, 1);

	INIT_LIST_HEAD(&block->dirty);
	block->nr_durable = 0;
	block->nr = nr;
	block->changes = 0;
	block->writing = false;
	RCU_INIT_POINTER(block->newest, NULL);
}

/**
 * blkdebug_begin_write - get the memory for a write
 * @cache: the cache
 * @desc: the write
 *
 * The caller fills the @data of the write's @versions, if it has data, and calls
 * blkdebug_enter_write() or blkdebug_abort_write().
 *
 * Context: any.
 *
 * Return: the write, or NULL if the cache is full: a write that needs no more than
 * all memory succeeds after blkdebug_cache_ops.space_freed().
 */
struct blkdebug_write *
blkdebug_begin_write(struct blkdebug_cache *cache,
		     const struct blkdebug_write_desc *desc)
{
	u64 first = desc->sector >> BLKDEBUG_BLOCK_SHIFT;
	u64 last = (desc->sector + desc->nr_sectors - 1) >> BLKDEBUG_BLOCK_SHIFT;
	struct blkdebug_version *version;
	struct blkdebug_write *write;
	u64 nr = first;

	if (last - first >= cache->pools.nr_records)
		return NULL;
	write = blkdebug_take_write(&cache->pools, last - first + 1,
				    !desc->zeroes);
	if (!write)
		return NULL;
	init_write(write, desc, last - first + 1);
	hlist_for_each_entry(version, &write->versions, sibling)
		init_version(version, write, nr++);
	return write;
}

/* Insert a version in its chain, behind newer ones: entering is not atomic */
static void insert_version(struct blkdebug_shard *shard,
			   struct blkdebug_block *block,
			   struct blkdebug_version *version)
{
	struct blkdebug_version __rcu **link = &block->newest;
	struct blkdebug_version *next;

	version->newer = NULL;
	for (;;) {
		next = rcu_dereference_protected(*link,
						 lockdep_is_held(&shard->lock));
		if (!next || next->write->seq < version->write->seq)
			break;
		if (next->durable)
			version->mask &= ~next->mask;
		version->newer = next;
		link = &next->older;
	}
	if (next)
		next->newer = version;
	RCU_INIT_POINTER(version->older, next);
	rcu_assign_pointer(*link, version);
}

/* Enter one version. The block that it brought is given back if the index has one. */
static void enter_version(struct blkdebug_cache *cache,
			  struct blkdebug_shard *shard,
			  struct blkdebug_version *version)
{
	struct blkdebug_block *own = version->block, *block;

	lockdep_assert_held(&shard->lock);
	block = blkdebug_find_block(cache, own->nr);
	if (block) {
		version->block = block;
		insert_version(shard, block, version);
		blkdebug_put_block(&cache->pools, own);
		return;
	}
	version->newer = NULL;
	RCU_INIT_POINTER(version->older, NULL);
	RCU_INIT_POINTER(own->newest, version);
	hlist_add_head_rcu(&own->node, blkdebug_bucket_of(cache, own->nr));
}

/* Number a write; the list of volatile writes is sorted by number */
static void number_write(struct blkdebug_cache *cache,
			 struct blkdebug_write *write)
{
	struct blkdebug_pool *pool = &cache->pools.pool[write->home];
	unsigned long flags;

	write->since = jiffies;
	spin_lock_irqsave(&pool->lock, flags);
	write->seq = atomic64_inc_return(&cache->seq);
	list_add_tail(&write->link, &pool->active);
	pool->nr_active++;
	spin_unlock_irqrestore(&pool->lock, flags);
}

static struct blkdebug_version *next_version(const struct blkdebug_version *version)
{
	return hlist_entry_safe(version->sibling.next, struct blkdebug_version,
				sibling);
}

/**
 * blkdebug_enter_write - insert a write into the cache
 * @cache: the cache
 * @write: from blkdebug_begin_write(), its data in place
 * @captures: of the power supply, loaded in the RCU read section
 *
 * From now on the write is in flight. The caller is in an RCU read section in
 * which the power was on.
 *
 * Context: not in interrupts.
 */
void blkdebug_enter_write(struct blkdebug_cache *cache,
			  struct blkdebug_write *write, unsigned long captures)
{
	struct blkdebug_version *version =
		hlist_entry(write->versions.first, struct blkdebug_version, sibling);
	struct blkdebug_shard *shard = blkdebug_shard_of(cache, version->block->nr);

	write->captures = captures;
	spin_lock(&shard->lock);
	/* In the first region, the order is that of the numbers */
	number_write(cache, write);
	for (;;) {
		enter_version(cache, shard, version);
		version = next_version(version);
		if (!version)
			break;
		if (blkdebug_shard_of(cache, version->block->nr) != shard) {
			spin_unlock(&shard->lock);
			shard = blkdebug_shard_of(cache, version->block->nr);
			spin_lock(&shard->lock);
		}
	}
	spin_unlock(&shard->lock);
	/* Pairs with is_entered() */
	smp_store_release(&write->state, BLKDEBUG_IN_FLIGHT);
}

/**
 * blkdebug_complete_write - make a write visible, because it is about to be acknowledged
 * @cache: the cache
 * @write: in flight
 *
 * The caller acknowledges it behind this, in the same RCU read section in which the
 * power was on.
 *
 * Context: any.
 */
void blkdebug_complete_write(struct blkdebug_cache *cache,
			     struct blkdebug_write *write)
{
	/*
	 * A flush that is submitted because of the acknowledgment increments
	 * @epoch behind this load, and so covers the write.
	 */
	write->epoch = atomic64_read(&cache->epoch);
	/* Pairs with the loads in is_visible() and is_completed() */
	smp_store_release(&write->state, BLKDEBUG_COMPLETED);
}

/**
 * blkdebug_put_write - drop a reference to a write
 * @cache: the cache
 * @write: the write
 *
 * For its submitter, once it has been acknowledged or has failed.
 *
 * Context: any.
 */
void blkdebug_put_write(struct blkdebug_cache *cache,
			struct blkdebug_write *write)
{
	if (refcount_dec_and_test(&write->refs))
		blkdebug_put_write_record(&cache->pools, write);
}

/**
 * blkdebug_abort_write - give back what blkdebug_begin_write() has returned
 * @cache: the cache
 * @write: has not entered the cache
 *
 * Context: any.
 */
void blkdebug_abort_write(struct blkdebug_cache *cache,
			  struct blkdebug_write *write)
{
	struct blkdebug_version *version;
	struct hlist_node *next;

	hlist_for_each_entry_safe(version, next, &write->versions, sibling) {
		blkdebug_put_block(&cache->pools, version->block);
		blkdebug_put_version(&cache->pools, version);
	}
	blkdebug_put_write_record(&cache->pools, write);
}

/* Reads */

/* A version is visible if its write has completed, or if it is durable. */
static bool is_visible(const struct blkdebug_version *version)
{
	if (READ_ONCE(version->durable))
		return true;
	/* Pairs with blkdebug_complete_write() */
	return smp_load_acquire(&version->write->state) == BLKDEBUG_COMPLETED;
}

/* Find the sectors of a block from @first on that have one source. */
static void walk_chain(const struct blkdebug_block *block, unsigned int first,
		       struct blkdebug_span *span)
{
	const struct blkdebug_version *version;
	u8 open = U8_MAX, mask;

	for (version = rcu_dereference(block->newest); version;
	     version = rcu_dereference(version->older)) {
		mask = is_visible(version) ? READ_ONCE(version->mask) & open : 0;
		if (mask & (1U << first)) {
			span->nr_sectors = blkdebug_count_run(mask, first);
			span->source = BLKDEBUG_ZEROES;
			span->data = version->data;
			if (span->data) {
				span->source = BLKDEBUG_CACHED;
				span->data += first << SECTOR_SHIFT;
			}
			return;
		}
		open &= ~mask;
	}
	span->nr_sectors = blkdebug_count_run(open, first);
	span->source = BLKDEBUG_BELOW;
	span->data = NULL;
}

/*
 * Without a lock, a walk can find a newer version not yet durable and an older
 * one no longer there. @changes tells.
 */
static void search_block(struct blkdebug_cache *cache,
			 const struct blkdebug_block *block, unsigned int first,
			 struct blkdebug_span *span)
{
	struct blkdebug_shard *shard;
	unsigned int changes;

	/* Pairs with end_change(): all changes up to the count are seen */
	changes = smp_load_acquire(&block->changes);
	if (likely(!(changes & 1))) {
		walk_chain(block, first, span);
		/* Pairs with begin_change(): if a change was seen, so is its count */
		smp_rmb();
		if (likely(READ_ONCE(block->changes) == changes))
			return;
	}
	shard = blkdebug_shard_of(cache, block->nr);
	spin_lock(&shard->lock);
	walk_chain(block, first, span);
	spin_unlock(&shard->lock);
}

/**
 * blkdebug_find_span - find where a read gets its data from
 * @cache: the cache
 * @sector: its first sector
 * @nr_sectors: how many
 * @span: the result: where the first sectors are, at least one and as many as
 *	are there in a row
 *
 * The caller holds an RCU read lock until it has copied the data. Not in
 * interrupts.
 */
void blkdebug_find_span(struct blkdebug_cache *cache, sector_t sector,
			sector_t nr_sectors, struct blkdebug_span *span)
{
	sector_t done = 0;

	while (done < nr_sectors) {
		sector_t at = sector + done;
		unsigned int first = at & (BLKDEBUG_BLOCK_SECTORS - 1);
		const struct blkdebug_block *block =
			blkdebug_find_block(cache, at >> BLKDEBUG_BLOCK_SHIFT);

		if (!block) {
			done += BLKDEBUG_BLOCK_SECTORS - first;
			continue;
		}
		search_block(cache, block, first, span);
		if (span->source != BLKDEBUG_BELOW) {
			if (done)
				break;
			span->nr_sectors = min(span->nr_sectors, nr_sectors);
			return;
		}
		done += span->nr_sectors;
		if (first + span->nr_sectors < BLKDEBUG_BLOCK_SECTORS)
			break;
	}
	span->nr_sectors = min(done, nr_sectors);
	span->source = BLKDEBUG_BELOW;
	span->data = NULL;
}

/* Life cycle */

static int alloc_index(struct blkdebug_cache *cache)
{
	size_t nr = roundup_pow_of_two(max(cache->pools.nr_records,
					   4 * BLKDEBUG_SHARDS));
	unsigned int i;

	cache->shard = kcalloc(BLKDEBUG_SHARDS, sizeof(*cache->shard),
			       GFP_KERNEL);
	/* All zeroes are empty buckets. The size is the user's choice. */
	cache->buckets = kvcalloc(nr, sizeof(*cache->buckets),
				  GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!cache->shard || !cache->buckets)
		return -ENOMEM;
	cache->bucket_mask = nr / BLKDEBUG_SHARDS - 1;
	for (i = 0; i < BLKDEBUG_SHARDS; i++) {
		spin_lock_init(&cache->shard[i].lock);
		INIT_LIST_HEAD(&cache->shard[i].dirty);
	}
	return 0;
}

/**
 * blkdebug_cache_alloc - allocate a cache
 * @bytes: size of its data memory in bytes, from %BLKDEBUG_CACHE_MIN to %BLKDEBUG_CACHE_MAX
 * @unit_bytes: size of a unit in bytes, a power of two from 512 to %BLKDEBUG_UNIT_MAX
 * @ops: the owner's functions
 *
 * Context: may sleep.
 *
 * Return: the cache, or NULL if memory is not sufficient.
 */
struct blkdebug_cache *blkdebug_cache_alloc(u64 bytes, unsigned int unit_bytes,
					    const struct blkdebug_cache_ops *ops)
{
	struct blkdebug_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);
	unsigned int region = max(unit_bytes >> SECTOR_SHIFT,
				  BLKDEBUG_REGION_SECTORS);

	if (!cache)
		return NULL;
	cache->ops = ops;
	cache->unit_shift = ilog2(unit_bytes >> SECTOR_SHIFT);
	cache->region_shift = ilog2(region) - BLKDEBUG_BLOCK_SHIFT;
	atomic64_set(&cache->seq, 0);
	atomic64_set(&cache->epoch, 0);
	atomic_set(&cache->nr_dirty, 0);
	INIT_LIST_HEAD(&cache->moments);
	mutex_init(&cache->control);
	spin_lock_init(&cache->limbo_lock);
	INIT_LIST_HEAD(&cache->limbo.blocks);
	INIT_LIST_HEAD(&cache->reaping.blocks);
	INIT_RCU_WORK(&cache->reap_work, reap_records);
	cache->wq = alloc_ordered_workqueue("blkdebug-reap", WQ_MEM_RECLAIM);
	if (!cache->wq ||
	    blkdebug_pools_init(&cache->pools, bytes / BLKDEBUG_BLOCK_BYTES) ||
	    alloc_index(cache)) {
		blkdebug_cache_free(cache);
		return NULL;
	}
	return cache;
}

/**
 * blkdebug_cache_free - free a cache, with what it holds
 * @cache: the cache, or NULL; no I/O uses it, and it has no moments
 *
 * Context: may sleep.
 */
void blkdebug_cache_free(struct blkdebug_cache *cache)
{
	if (!cache)
		return;
	/* Readers of moments that have been given up */
	synchronize_rcu();
	if (cache->wq) {
		blkdebug_finish_reaping(cache);
		destroy_workqueue(cache->wq);
	}
	blkdebug_pools_exit(&cache->pools);
	kvfree(cache->buckets);
	kfree(cache->shard);
	mutex_destroy(&cache->control);
	kfree(cache);
}

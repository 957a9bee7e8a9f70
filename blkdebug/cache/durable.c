// SPDX-License-Identifier: GPL-2.0-only
/*
 * How writes become durable, and leave the cache: see durable.h.
 */
#include <linux/blkdev.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "durable.h"
#include "power-trace.h"

/* These enclose changes that a reader must see together: see search_block(). */
static void begin_change(struct blkdebug_block *block)
{
	WRITE_ONCE(block->changes, block->changes + 1);
	/* Pairs with the smp_rmb() in search_block() */
	smp_wmb();
}

static void end_change(struct blkdebug_block *block)
{
	/* Pairs with the load of @changes in search_block() */
	smp_store_release(&block->changes, block->changes + 1);
}

/* The list of volatile writes */

static struct blkdebug_pool *pool_of(struct blkdebug_cache *cache,
				     const struct blkdebug_write *write)
{
	return &cache->pools.pool[write->home];
}

/**
 * blkdebug_unlist_write - remove a write from the list of volatile writes
 * @cache: the cache
 * @write: the write, on the list or not
 *
 * The caller holds @control.
 */
void blkdebug_unlist_write(struct blkdebug_cache *cache,
			   struct blkdebug_write *write)
{
	struct blkdebug_pool *pool = pool_of(cache, write);
	unsigned long flags;

	lockdep_assert_held(&cache->control);
	spin_lock_irqsave(&pool->lock, flags);
	if (!list_empty(&write->link)) {
		list_del_init(&write->link);
		pool->nr_active--;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
}

/**
 * blkdebug_next_write - walk the volatile writes of a pool
 * @pool: the pool
 * @write: a volatile write of the pool, or NULL to begin
 *
 * The caller holds @control: only the end of the list changes meanwhile.
 *
 * Return: the next younger one, or NULL.
 */
struct blkdebug_write *blkdebug_next_write(struct blkdebug_pool *pool,
					   struct blkdebug_write *write)
{
	struct list_head *next;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	next = write ? write->link.next : pool->active.next;
	write = next == &pool->active ?
		NULL : list_entry(next, struct blkdebug_write, link);
	spin_unlock_irqrestore(&pool->lock, flags);
	return write;
}

/* Test whether all versions of the write are in their chains. */
static bool is_entered(const struct blkdebug_write *write)
{
	/* Pairs with blkdebug_enter_write() */
	return smp_load_acquire(&write->state) != BLKDEBUG_ENTERING;
}

/* Test whether a write completed before flush @epoch; U64_MAX: whether it completed. */
static bool is_completed(const struct blkdebug_write *write, u64 epoch)
{
	/* Pairs with blkdebug_complete_write() */
	return smp_load_acquire(&write->state) == BLKDEBUG_COMPLETED &&
	       write->epoch < epoch;
}

static struct blkdebug_write *oldest_of_pool(struct blkdebug_pool *pool,
					     bool completed_only)
{
	struct blkdebug_write *write = NULL;

	do {
		write = blkdebug_next_write(pool, write);
	} while (write && !(completed_only ? is_completed(write, U64_MAX) :
					     is_entered(write)));
	return write;
}

/**
 * blkdebug_oldest_write - find the volatile write that entered the cache first
 * @cache: the cache
 * @completed_only: not one in flight
 *
 * The caller holds @control.
 *
 * Return: the write, or NULL.
 */
struct blkdebug_write *blkdebug_oldest_write(struct blkdebug_cache *cache,
					     bool completed_only)
{
	struct blkdebug_write *write, *oldest = NULL;
	unsigned int i;

	lockdep_assert_held(&cache->control);
	for (i = 0; i < cache->pools.nr; i++) {
		write = oldest_of_pool(&cache->pools.pool[i], completed_only);
		if (write && (!oldest || write->seq < oldest->seq))
			oldest = write;
	}
	return oldest;
}

/* Chains */

static struct blkdebug_version *get_older(struct blkdebug_cache *cache,
					  struct blkdebug_version *version)
{
	return rcu_dereference_protected(version->older,
					 lockdep_is_held(&cache->control));
}

/* The time that this takes does not depend on the length of the chain. */
static void unlink_version(struct blkdebug_cache *cache,
			   struct blkdebug_version *version)
{
	struct blkdebug_version *newer = version->newer;
	struct blkdebug_version *older = get_older(cache, version);
	struct blkdebug_write *write = version->write;
	struct blkdebug_block *block = version->block;

	lockdep_assert_held(&blkdebug_shard_of(cache, block->nr)->lock);
	/* A reader that is at this version goes on from here */
	if (newer)
		rcu_assign_pointer(newer->older, older);
	else
		rcu_assign_pointer(block->newest, older);
	if (older)
		older->newer = newer;
	version->linked = false;
	if (version->durable)
		block->nr_durable--;
	else if (!--write->live)
		blkdebug_unlist_write(cache, write);
	blkdebug_put_version_ref(cache, version);
}

/*
 * Drop sectors of which a newer version is durable from @version, which may be NULL, and
 * from all older versions: no cut can leave these sectors.
 */
static void clear_sectors(struct blkdebug_cache *cache,
			  struct blkdebug_version *version, u8 mask)
{
	struct blkdebug_version *older;

	for (; version; version = older) {
		older = get_older(cache, version);
		WRITE_ONCE(version->mask, version->mask & ~mask);
		if (!version->mask)
			unlink_version(cache, version);
	}
}

/* After a change: list the block if it is dirty, and retire it if it is empty. */
static void file_block(struct blkdebug_cache *cache,
		       struct blkdebug_shard *shard,
		       struct blkdebug_block *block)
{
	bool dirty = !block->writing && block->nr_durable;

	lockdep_assert_held(&shard->lock);
	if (dirty && list_empty(&block->dirty)) {
		list_add_tail(&block->dirty, &shard->dirty);
		atomic_inc(&cache->nr_dirty);
	} else if (!dirty && !list_empty(&block->dirty)) {
		list_del_init(&block->dirty);
		atomic_dec(&cache->nr_dirty);
	}
	if (!rcu_access_pointer(block->newest) && !block->writing)
		blkdebug_retire_block(cache, block);
}

/**
 * blkdebug_settle_version - decide which sectors of a volatile version become durable
 * @cache: the cache
 * @version: in its chain
 * @keep: the sectors that become durable, in place of all older versions of
 *	them; the others are forgotten
 *
 * The caller holds @control, and calls blkdebug_start_reaping() later.
 */
void blkdebug_settle_version(struct blkdebug_cache *cache,
			     struct blkdebug_version *version, u8 keep)
{
	struct blkdebug_block *block = version->block;
	struct blkdebug_shard *shard = blkdebug_shard_of(cache, block->nr);

	lockdep_assert_held(&cache->control);
	spin_lock(&shard->lock);
	begin_change(block);
	WRITE_ONCE(version->mask, version->mask & keep);
	if (version->mask) {
		version->write->live--;
		block->nr_durable++;
		WRITE_ONCE(version->durable, true);
		clear_sectors(cache, get_older(cache, version), version->mask);
	} else {
		unlink_version(cache, version);
	}
	end_change(block);
	file_block(cache, shard, block);
	spin_unlock(&shard->lock);
}

static void harden_write(struct blkdebug_cache *cache,
			 struct blkdebug_write *write, unsigned int cause)
{
	struct blkdebug_version *version;
	struct hlist_node *next;

	trace_blkdebug_durable(cache->dev, write, cause);
	blkdebug_unlist_write(cache, write);
	/* A version leaves the list at once only if its last reference goes */
	hlist_for_each_entry_safe(version, next, &write->versions, sibling) {
		if (version->linked && !version->durable)
			blkdebug_settle_version(cache, version, U8_MAX);
	}
}

/* Flushes, FUA and a full cache */

/**
 * blkdebug_begin_flush - begin a flush
 * @cache: the cache
 *
 * Context: any.
 *
 * Return: for blkdebug_flush_writes(): which writes the flush covers.
 */
u64 blkdebug_begin_flush(struct blkdebug_cache *cache)
{
	/* Fully ordered: behind all acknowledgments that led to the flush */
	return atomic64_inc_return(&cache->epoch);
}

/**
 * blkdebug_flush_writes - make all writes durable that a flush covers
 * @cache: the cache
 * @epoch: from blkdebug_begin_flush()
 *
 * These are the writes that had completed when the flush was submitted. May
 * sleep.
 */
void blkdebug_flush_writes(struct blkdebug_cache *cache, u64 epoch)
{
	struct blkdebug_write *write, *next;
	unsigned int i;

	mutex_lock(&cache->control);
	for (i = 0; i < cache->pools.nr; i++) {
		struct blkdebug_pool *pool = &cache->pools.pool[i];

		write = blkdebug_next_write(pool, NULL);
		while (write) {
			/*
			 * @next is younger, so it stays on the list when @write
			 * becomes durable.
			 */
			next = blkdebug_next_write(pool, write);
			if (is_completed(write, epoch))
				harden_write(cache, write, BLKDEBUG_BY_FLUSH);
			write = next;
			cond_resched();
		}
	}
	mutex_unlock(&cache->control);
	blkdebug_start_reaping(cache);
}

/**
 * blkdebug_harden_write - make one write durable, and no other
 * @cache: the cache
 * @write: has entered the cache; the caller has a reference
 *
 * For FUA. Older volatile versions of the same sectors are gone.
 *
 * Context: may sleep.
 */
void blkdebug_harden_write(struct blkdebug_cache *cache,
			   struct blkdebug_write *write)
{
	mutex_lock(&cache->control);
	/* A power cut, or a discard, may have decided already */
	if (!list_empty(&write->link))
		harden_write(cache, write, BLKDEBUG_BY_FUA);
	mutex_unlock(&cache->control);
	blkdebug_start_reaping(cache);
}

static unsigned int harden_some(struct blkdebug_cache *cache,
				unsigned int nr_versions, unsigned int cause)
{
	struct blkdebug_write *write;
	unsigned int nr = 0;

	mutex_lock(&cache->control);
	while (nr < nr_versions) {
		write = blkdebug_oldest_write(cache, true) ?:
			blkdebug_oldest_write(cache, false);
		if (!write)
			break;
		nr += write->live;
		harden_write(cache, write, cause);
		cond_resched();
	}
	mutex_unlock(&cache->control);
	blkdebug_start_reaping(cache);
	return nr;
}

/**
 * blkdebug_harden_oldest - make the oldest volatile writes durable
 * @cache: the cache
 * @nr_versions: stop when the writes had that many versions
 *
 * So that they can be written out when the cache is full. Writes in flight come
 * last.
 *
 * Context: may sleep.
 *
 * Return: how many versions the writes had; 0 if there are none.
 */
unsigned int blkdebug_harden_oldest(struct blkdebug_cache *cache,
				    unsigned int nr_versions)
{
	return harden_some(cache, nr_versions, BLKDEBUG_BY_SPACE);
}

/**
 * blkdebug_harden_all - make all volatile writes durable
 * @cache: the cache
 *
 * For a suspend with the power on.
 *
 * Context: may sleep.
 */
void blkdebug_harden_all(struct blkdebug_cache *cache)
{
	while (harden_some(cache, UINT_MAX, BLKDEBUG_BY_SUSPEND))
		cond_resched();
}

/* Discards */

/**
 * blkdebug_last_seq - get the number of the write that entered the cache last
 * @cache: the cache
 *
 * Return: the number, for blkdebug_drop_sectors().
 */
u64 blkdebug_last_seq(struct blkdebug_cache *cache)
{
	return atomic64_read(&cache->seq);
}

/* Drop the versions of a block that entered before the discard */
static void drop_from_block(struct blkdebug_cache *cache,
			    struct blkdebug_shard *shard,
			    struct blkdebug_block *block, u8 mask, u64 seq)
{
	struct blkdebug_version *version =
		rcu_dereference_protected(block->newest, lockdep_is_held(&shard->lock));

	lockdep_assert_held(&shard->lock);
	while (version && version->write->seq > seq)
		version = get_older(cache, version);
	begin_change(block);
	clear_sectors(cache, version, mask);
	end_change(block);
	file_block(cache, shard, block);
}

static void drop_by_number(struct blkdebug_cache *cache, sector_t first,
			   sector_t last, u64 seq)
{
	struct blkdebug_block *block;
	u64 nr;

	for (nr = first >> BLKDEBUG_BLOCK_SHIFT;
	     nr <= last >> BLKDEBUG_BLOCK_SHIFT; nr++) {
		struct blkdebug_shard *shard = blkdebug_shard_of(cache, nr);

		spin_lock(&shard->lock);
		block = blkdebug_find_block(cache, nr);
		if (block)
			drop_from_block(cache, shard, block,
					blkdebug_part_mask(nr, first, last), seq);
		spin_unlock(&shard->lock);
		cond_resched();
	}
}

static void drop_by_bucket(struct blkdebug_cache *cache, sector_t first,
			   sector_t last, u64 seq)
{
	size_t i, nr = (size_t)(cache->bucket_mask + 1) * BLKDEBUG_SHARDS;
	struct blkdebug_block *block;
	struct hlist_node *next;

	for (i = 0; i < nr; i++) {
		struct blkdebug_shard *shard =
			&cache->shard[i / (cache->bucket_mask + 1)];

		spin_lock(&shard->lock);
		hlist_for_each_entry_safe(block, next, &cache->buckets[i], node) {
			u8 mask = blkdebug_part_mask(block->nr, first, last);

			if (mask)
				drop_from_block(cache, shard, block, mask, seq);
		}
		spin_unlock(&shard->lock);
		cond_resched();
	}
}

/**
 * blkdebug_drop_sectors - forget what a discard covers
 * @cache: the cache
 * @sector: the first sector
 * @nr_sectors: how many
 * @seq: only writes up to this one
 *
 * Nothing of these sectors is being written out, and there are no moments.
 *
 * Context: may sleep.
 */
void blkdebug_drop_sectors(struct blkdebug_cache *cache, sector_t sector,
			   sector_t nr_sectors, u64 seq)
{
	mutex_lock(&cache->control);
	/* Look up each block of the discard, or walk all buckets if that is less. */
	if (nr_sectors >> BLKDEBUG_BLOCK_SHIFT > cache->pools.nr_records)
		drop_by_bucket(cache, sector, sector + nr_sectors - 1, seq);
	else
		drop_by_number(cache, sector, sector + nr_sectors - 1, seq);
	mutex_unlock(&cache->control);
	blkdebug_start_reaping(cache);
}

/* Writing out */

/**
 * blkdebug_has_dirty - test whether there are data to write out
 * @cache: the cache
 *
 * Return: true if blkdebug_take_dirty() would find something.
 */
bool blkdebug_has_dirty(struct blkdebug_cache *cache)
{
	return atomic_read(&cache->nr_dirty);
}

static void add_extent(struct blkdebug_version *version, unsigned int first,
		       unsigned int nr_sectors, struct blkdebug_extent *extent)
{
	refcount_inc(&version->refs);
	extent->version = version;
	extent->sector = (version->block->nr << BLKDEBUG_BLOCK_SHIFT) + first;
	extent->nr_sectors = nr_sectors;
	extent->data = version->data ?
		       version->data + (first << SECTOR_SHIFT) : NULL;
	extent->failed = false;
}

/* An extent for each row of sectors of each durable version */
static unsigned int take_block(struct blkdebug_cache *cache,
			       struct blkdebug_block *block,
			       struct blkdebug_extent *extents)
{
	struct blkdebug_version *version;
	unsigned int nr = 0, first, len;
	unsigned long mask;

	for (version = rcu_dereference_protected(block->newest,
						 lockdep_is_held(&cache->control));
	     version; version = get_older(cache, version)) {
		mask = version->durable ? version->mask : 0;
		while (mask) {
			first = __ffs(mask);
			len = __ffs(~(mask >> first));
			add_extent(version, first, len, &extents[nr++]);
			mask &= ~(((1UL << len) - 1) << first);
		}
	}
	block->writing = true;
	return nr;
}

static unsigned int take_from_shard(struct blkdebug_cache *cache,
				    struct blkdebug_shard *shard,
				    struct blkdebug_extent *extents,
				    unsigned int max)
{
	struct blkdebug_block *block;
	unsigned int nr = 0;

	spin_lock(&shard->lock);
	while (max - nr >= BLKDEBUG_BLOCK_SECTORS &&
	       !list_empty(&shard->dirty)) {
		block = list_first_entry(&shard->dirty, struct blkdebug_block,
					 dirty);
		list_del_init(&block->dirty);
		atomic_dec(&cache->nr_dirty);
		nr += take_block(cache, block, extents + nr);
	}
	spin_unlock(&shard->lock);
	return nr;
}

static int compare_extents(const void *a, const void *b)
{
	const struct blkdebug_extent *ea = a, *eb = b;

	return ea->sector < eb->sector ? -1 : ea->sector > eb->sector;
}

/**
 * blkdebug_take_dirty - take durable sectors, to write them to the device below
 * @cache: the cache
 * @extents: the result, by sector; no two share a sector
 * @max: how many fit there, at least %BLKDEBUG_BLOCK_SECTORS
 *
 * Context: may sleep.
 *
 * Return: how many extents; 0 if nothing can be written out now, as while there are
 * moments.
 */
unsigned int blkdebug_take_dirty(struct blkdebug_cache *cache,
				 struct blkdebug_extent *extents,
				 unsigned int max)
{
	unsigned int i, nr = 0;

	mutex_lock(&cache->control);
	for (i = 0; i < BLKDEBUG_SHARDS && !blkdebug_is_frozen(cache) &&
	     max - nr >= BLKDEBUG_BLOCK_SECTORS; i++) {
		struct blkdebug_shard *shard = &cache->shard[cache->next_shard];

		nr += take_from_shard(cache, shard, extents + nr, max - nr);
		cache->next_shard = (cache->next_shard + 1) % BLKDEBUG_SHARDS;
		cond_resched();
	}
	mutex_unlock(&cache->control);
	sort(extents, nr, sizeof(*extents), compare_extents, NULL);
	return nr;
}

/* Drop what has been written, unless a newer version has taken its place */
static void drop_written(struct blkdebug_cache *cache,
			 struct blkdebug_extent *extent)
{
	struct blkdebug_version *version = extent->version;
	unsigned int first = extent->sector & (BLKDEBUG_BLOCK_SECTORS - 1);
	u8 mask = ((1U << extent->nr_sectors) - 1) << first;

	if (!extent->failed && version->linked) {
		WRITE_ONCE(version->mask, version->mask & ~mask);
		if (!version->mask)
			unlink_version(cache, version);
	}
	blkdebug_put_version_ref(cache, version);
}

/**
 * blkdebug_put_dirty - drop sectors that have been written to the device below
 * @cache: the cache
 * @extents: all that one blkdebug_take_dirty() has returned; those with @failed set stay
 *	in the cache
 * @nr: how many
 *
 * Context: may sleep.
 */
void blkdebug_put_dirty(struct blkdebug_cache *cache,
			struct blkdebug_extent *extents, unsigned int nr)
{
	unsigned int i = 0;

	mutex_lock(&cache->control);
	while (i < nr) {
		struct blkdebug_block *block = extents[i].version->block;
		struct blkdebug_shard *shard = blkdebug_shard_of(cache,
								 block->nr);

		spin_lock(&shard->lock);
		begin_change(block);
		/* The block stays as long as it is being written */
		do {
			drop_written(cache, &extents[i]);
			i++;
		} while (i < nr && extents[i].sector >> BLKDEBUG_BLOCK_SHIFT ==
				   block->nr);
		end_change(block);
		block->writing = false;
		file_block(cache, shard, block);
		spin_unlock(&shard->lock);
		cond_resched();
	}
	mutex_unlock(&cache->control);
	blkdebug_start_reaping(cache);
}

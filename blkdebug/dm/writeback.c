// SPDX-License-Identifier: GPL-2.0-only
/*
 * The write cache of a target: see writeback.h.
 */
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "describe.h"
#include "split-read.h"
#include "target.h"
#include "write-out.h"

static void queue_bio(struct blkdebug_writeback *wb, struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&wb->lock, flags);
	bio_list_add(&wb->queue, bio);
	spin_unlock_irqrestore(&wb->lock, flags);
	queue_work(wb->wq, &wb->work);
}

/* Records may have become free, or a write may have entered: let @work look again. */
static void wake_waiting(struct blkdebug_writeback *wb)
{
	/*
	 * Pairs with the barrier in admit_waiting(): either @work finds the change that
	 * precedes this, or @has_waiting is loaded behind the store there.
	 */
	smp_mb();
	if (READ_ONCE(wb->has_waiting))
		queue_work(wb->wq, &wb->work);
}

/* Completion */

/* Called in the RCU read section that has the effects of the result, too. */
static bool lost_power(struct blkdebug_target *t)
{
	return (READ_ONCE(t->engine.mode) &
		(BLKDEBUG_CHECKS_POWER | BLKDEBUG_POWERLESS)) &&
	       !blkdebug_power_is_on(&t->power.line);
}

/**
 * blkdebug_acknowledge - complete a bio, unless the power has failed
 * @b: the bio's own data
 * @bio: the bio, with its status
 * @end: completes it
 *
 * Makes a write visible in the cache. The target may be gone when this returns.
 *
 * Context: any.
 */
void blkdebug_acknowledge(struct blkdebug_bio *b, struct bio *bio,
			  void (*end)(struct bio *bio))
{
	struct blkdebug_target *t = b->target;
	struct blkdebug_write *write = b->write;

	b->write = NULL;
	/* A power cut is either before or after this whole section. */
	rcu_read_lock();
	if (lost_power(t))
		bio->bi_status = BLK_STS_IOERR;
	else if (write)
		blkdebug_complete_write(t->writeback.cache, write);
	if (write) {
		blkdebug_put_write(t->writeback.cache, write);
		wake_waiting(&t->writeback);
	}
	end(bio);
	rcu_read_unlock();
}

static void finish_bio(struct bio *bio, blk_status_t status)
{
	struct blkdebug_bio *b = blkdebug_per_bio(bio);

	if (status)
		bio->bi_status = status;
	if (b->hooked)
		bio_endio(bio);
	else
		blkdebug_acknowledge(b, bio, bio_endio);
}

/* Writes */

static void fill_write(struct bio *bio, struct blkdebug_write *write)
{
	struct bvec_iter iter = bio->bi_iter;
	struct blkdebug_version *version;
	unsigned int nr_sectors;
	u8 *data;

	if (write->desc.zeroes)
		return;
	hlist_for_each_entry(version, &write->versions, sibling) {
		data = blkdebug_version_data(version, &nr_sectors);
		blkdebug_copy_data(bio, &iter, data, nr_sectors << SECTOR_SHIFT,
				   false);
	}
}

static struct blkdebug_write *begin_write(struct blkdebug_writeback *wb,
					  struct bio *bio)
{
	struct blkdebug_write_desc desc = {
		.sector = dm_target_offset(wb->target->ti, bio->bi_iter.bi_sector),
		.nr_sectors = bio_sectors(bio),
		.flags = blkdebug_bio_flags(bio),
		.iotype = blkdebug_bio_iotype(bio),
		.zeroes = bio_op(bio) == REQ_OP_WRITE_ZEROES,
		.meta = bio->bi_opf & REQ_META,
		.whole = bio->bi_opf & BLKDEBUG_REQ_ATOMIC,
	};

	return blkdebug_begin_write(wb->cache, &desc);
}

static void enter_write(struct blkdebug_writeback *wb, struct blkdebug_bio *b,
			struct bio *bio, struct blkdebug_write *write)
{
	const struct blkdebug_supply *supply = wb->target->power.line.supply;

	fill_write(bio, write);
	rcu_read_lock();
	if (blkdebug_power_is_on(&wb->target->power.line)) {
		blkdebug_enter_write(wb->cache, write,
				     READ_ONCE(supply->captures));
		b->write = write;
	}
	rcu_read_unlock();
	if (b->write)
		return;
	blkdebug_abort_write(wb->cache, write);
	wake_waiting(wb);
}

/**
 * blkdebug_enter_unfinished - insert a write into the cache that is going to fail
 * @t: the target, with a cache
 * @b: the bio's own data
 * @bio: the bio; if it is no write, or the cache is full, nothing happens
 *
 * Neither sleeps nor allocates.
 *
 * Context: not in interrupts.
 */
void blkdebug_enter_unfinished(struct blkdebug_target *t, struct blkdebug_bio *b,
			       struct bio *bio)
{
	struct blkdebug_write *write;

	if ((bio_op(bio) != REQ_OP_WRITE && bio_op(bio) != REQ_OP_WRITE_ZEROES) ||
	    !bio_sectors(bio))
		return;
	write = begin_write(&t->writeback, bio);
	if (write)
		enter_write(&t->writeback, b, bio, write);
}

/* Write into the cache. Returns false if the cache is full. */
static bool write_bio(struct blkdebug_writeback *wb, struct blkdebug_bio *b,
		      struct bio *bio)
{
	struct blkdebug_write *write = begin_write(wb, bio);

	if (!write)
		return false;
	enter_write(wb, b, bio, write);
	if (!b->write) {
		finish_bio(bio, BLK_STS_IOERR);
		return true;
	}
	if (bio->bi_opf & REQ_FUA)
		queue_bio(wb, bio);
	else
		finish_bio(bio, BLK_STS_OK);
	return true;
}

/* Reads */

enum coverage {
	IN_CACHE,
	NOT_IN_CACHE,
	PARTLY_IN_CACHE,
};

/* Copy the sectors of a read from the cache, as long as all are there. */
static enum coverage read_from_cache(struct blkdebug_writeback *wb,
				     struct bio *bio)
{
	sector_t sector = dm_target_offset(wb->target->ti,
					   bio->bi_iter.bi_sector);
	sector_t end = sector + bio_sectors(bio);
	struct bvec_iter iter = bio->bi_iter;
	enum coverage coverage = IN_CACHE;
	struct blkdebug_span span;

	rcu_read_lock();
	while (sector < end) {
		blkdebug_find_span(wb->cache, sector, end - sector, &span);
		if (span.source == BLKDEBUG_BELOW) {
			coverage = span.nr_sectors == bio_sectors(bio) ?
				   NOT_IN_CACHE : PARTLY_IN_CACHE;
			break;
		}
		blkdebug_copy_data(bio, &iter, (u8 *)span.data,
				   span.nr_sectors << SECTOR_SHIFT, true);
		sector += span.nr_sectors;
	}
	rcu_read_unlock();
	return coverage;
}

/* Returns true if the read goes to the device below as it is */
static bool read_bio(struct blkdebug_writeback *wb, struct bio *bio)
{
	switch (read_from_cache(wb, bio)) {
	case NOT_IN_CACHE:
		return true;
	case IN_CACHE:
		finish_bio(bio, BLK_STS_OK);
		return false;
	default:
		queue_bio(wb, bio);
		return false;
	}
}

/* Serve the next sectors of a read from one place. Returns how many. */
static sector_t read_span(struct blkdebug_writeback *wb, struct bio *bio,
			  sector_t offset)
{
	sector_t sector = dm_target_offset(wb->target->ti,
					   bio->bi_iter.bi_sector);
	struct blkdebug_span span;

	rcu_read_lock();
	blkdebug_find_span(wb->cache, sector + offset,
			   bio_sectors(bio) - offset, &span);
	if (span.source != BLKDEBUG_BELOW)
		blkdebug_copy_part(bio, offset, span.data, span.nr_sectors);
	rcu_read_unlock();
	/* From here on the device has the durable versions, or newer ones. */
	if (span.source == BLKDEBUG_BELOW)
		blkdebug_read_below(&blkdebug_per_bio(bio)->split, &wb->parts,
				    blkdebug_bdev_below(wb), wb->target->shift,
				    offset, span.nr_sectors);
	return span.nr_sectors;
}

static void read_in_parts(struct blkdebug_writeback *wb, struct bio *bio)
{
	struct blkdebug_split *split = &blkdebug_per_bio(bio)->split;
	sector_t nr_sectors = bio_sectors(bio), offset = 0;

	blkdebug_begin_split(split, bio, finish_bio);
	while (offset < nr_sectors)
		offset += read_span(wb, bio, offset);
	blkdebug_end_split(split);
}

/* Discards */

static void end_discard(struct bio *clone)
{
	struct blkdebug_writeback *wb = blkdebug_below_bio(clone)->wb;

	wb->status = clone->bi_status;
	bio_put(clone);
	complete(&wb->done);
}

static void discard_below(struct blkdebug_writeback *wb, struct bio *bio)
{
	u64 seq = blkdebug_last_seq(wb->cache);
	struct bio *clone = blkdebug_clone_bio(blkdebug_bdev_below(wb), bio, GFP_NOIO,
					       &wb->bios);

	clone->bi_iter.bi_sector += wb->target->shift;
	clone->bi_opf &= ~REQ_NOWAIT;
	blkdebug_below_bio(clone)->wb = wb;
	clone->bi_end_io = end_discard;
	reinit_completion(&wb->done);
	submit_bio_noacct(clone);
	wait_for_completion_io(&wb->done);
	if (!wb->status)
		blkdebug_drop_sectors(wb->cache,
				      dm_target_offset(wb->target->ti,
						       bio->bi_iter.bi_sector),
				      bio_sectors(bio), seq);
}

/*
 * While there are moments, the device below must not change. A discard promises nothing
 * about the data, so it need not be carried out then. A secure erase promises that the
 * data are gone, so it fails.
 */
static void discard_bio(struct blkdebug_writeback *wb, struct bio *bio)
{
	const struct blkdebug_supply *supply = wb->target->power.line.supply;

	wb->status = BLK_STS_OK;
	if (blkdebug_begin_discard(wb->cache, supply)) {
		discard_below(wb, bio);
		blkdebug_end_discard(wb->cache, supply);
	} else if (bio_op(bio) == REQ_OP_SECURE_ERASE) {
		wb->status = BLK_STS_NOTSUPP;
	}
	finish_bio(bio, wb->status);
}

/* The worker */

static void begin_barrier(struct blkdebug_writeback *wb, struct bio *bio)
{
	struct blkdebug_bio *b = blkdebug_per_bio(bio);

	if (b->write)
		blkdebug_harden_write(wb->cache, b->write);
	else
		blkdebug_flush_writes(wb->cache, b->epoch);
}

/* Begin with a bio, or be done with it. Flushes and FUA writes go to @barriers. */
static void work_on_bio(struct blkdebug_writeback *wb, struct bio *bio,
			struct bio_list *barriers)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		read_in_parts(wb, bio);
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		discard_bio(wb, bio);
		break;
	default:
		if (!bio_sectors(bio) || blkdebug_per_bio(bio)->write) {
			begin_barrier(wb, bio);
			bio_list_add(barriers, bio);
		} else {
			bio_list_add(&wb->waiting, bio);
		}
	}
}

static void end_barriers(struct blkdebug_writeback *wb,
			 struct bio_list *barriers)
{
	blk_status_t status;
	struct bio *bio;

	if (bio_list_empty(barriers))
		return;
	status = blkdebug_write_out_and_flush(wb);
	while ((bio = bio_list_pop(barriers)))
		finish_bio(bio, status);
}

/*
 * Make space for the first of the waiting writes. Moments are given up first, because
 * nothing can be written out while there are any.
 *
 * Returns false if there will be space without further work here: at the end of a grace
 * period, or when writes that are entering the cache have done so. Both run @work again.
 */
static bool make_space(struct blkdebug_writeback *wb, bool *tried)
{
	struct bio *bio;

	if (READ_ONCE(wb->cache->reaps))
		return false;
	if (blkdebug_give_up_oldest(wb->cache))
		return true;
	/* A moment captured since then may have kept data from being written out. */
	if (*tried && !blkdebug_has_dirty(wb->cache))
		return false;
	blkdebug_harden_oldest(wb->cache, wb->cache->pools.capacity / 4);
	*tried = true;
	if (blkdebug_write_out(wb)) {
		/* Nothing else would end the write. */
		bio = bio_list_pop(&wb->waiting);
		finish_bio(bio, wb->status);
	}
	return true;
}

/* Let writes enter that wait for space. */
static void admit_waiting(struct blkdebug_writeback *wb)
{
	bool tried = false;
	struct bio *bio;

	/*
	 * Pairs with the barrier in wake_waiting(): either this finds the records that
	 * became free, and @reaps false, or @work runs again.
	 */
	smp_store_mb(wb->has_waiting, !bio_list_empty(&wb->waiting));
	while ((bio = bio_list_pop(&wb->waiting))) {
		cond_resched();
		if (write_bio(wb, blkdebug_per_bio(bio), bio))
			continue;
		bio_list_add_head(&wb->waiting, bio);
		if (!make_space(wb, &tried))
			return;
	}
	WRITE_ONCE(wb->has_waiting, false);
}

/* Write out what a suspend, a resume or a cut has left. */
static void write_rest_out(struct blkdebug_writeback *wb)
{
	struct blkdebug_line *line = &wb->target->power.line;
	bool of_cut;

	/*
	 * Pairs with the store in blkdebug_cut_cache(): if @write_all is that of a cut, the
	 * survivors are chosen and @of_cut is true. If a cut comes later, @work runs again.
	 */
	if (!xchg(&wb->write_all, false))
		return;
	of_cut = blkdebug_writes_survivors(line);
	if (!READ_ONCE(wb->closed) && blkdebug_write_out_and_flush(wb))
		DMERR("%s: cannot write the cache out",
		      dm_table_device_name(wb->target->ti->table));
	if (of_cut)
		blkdebug_end_survivors(line);
}

static void writeback_work(struct work_struct *work)
{
	struct blkdebug_writeback *wb =
		container_of(work, struct blkdebug_writeback, work);
	unsigned int noio = memalloc_noio_save();
	struct bio_list batch = BIO_EMPTY_LIST, barriers = BIO_EMPTY_LIST;
	struct bio *bio;

	spin_lock_irq(&wb->lock);
	bio_list_merge(&batch, &wb->queue);
	bio_list_init(&wb->queue);
	spin_unlock_irq(&wb->lock);

	while ((bio = bio_list_pop(&batch))) {
		work_on_bio(wb, bio, &barriers);
		cond_resched();
	}
	end_barriers(wb, &barriers);
	write_rest_out(wb);
	admit_waiting(wb);
	memalloc_noio_restore(noio);
}

static void space_freed(struct blkdebug_cache *cache)
{
	wake_waiting(container_of(cache->ops, struct blkdebug_writeback, ops));
}

/**
 * blkdebug_cache_bio - serve a bio that has passed all rules from the cache
 * @t: the target, with a cache
 * @b: the bio's own data; @target, @hooked and @write are set
 * @bio: the bio, its sector that of the dm device
 *
 * Neither sleeps nor allocates.
 *
 * Context: not in interrupts.
 *
 * Return: true if the bio goes to the device below; false if the cache completes it, or
 * has done so.
 */
bool blkdebug_cache_bio(struct blkdebug_target *t, struct blkdebug_bio *b,
			struct bio *bio)
{
	struct blkdebug_writeback *wb = &t->writeback;

	switch (bio_op(bio)) {
	case REQ_OP_READ:
		return read_bio(wb, bio);
	case REQ_OP_WRITE:
	case REQ_OP_WRITE_ZEROES:
		if (bio_sectors(bio)) {
			if (READ_ONCE(wb->has_waiting) || !write_bio(wb, b, bio))
				queue_bio(wb, bio);
			return false;
		}
		fallthrough;
	case REQ_OP_FLUSH:
		b->epoch = blkdebug_begin_flush(wb->cache);
		fallthrough;
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
		queue_bio(wb, bio);
		return false;
	default:
		return true;
	}
}

/* Power cuts, and life cycle */

/* Write out all that is durable, and wait for the end. */
static void write_all_out(struct blkdebug_writeback *wb)
{
	WRITE_ONCE(wb->write_all, true);
	queue_work(wb->wq, &wb->work);
	flush_work(&wb->work);
}

static void set_closed(struct blkdebug_target *t, bool closed)
{
	struct blkdebug_supply *supply = t->power.line.supply;

	mutex_lock(&supply->settling);
	WRITE_ONCE(t->writeback.closed, closed);
	mutex_unlock(&supply->settling);
}

/**
 * blkdebug_cut_cache - choose what survives a power cut, and begin to write it out
 * @t: the target, its power off
 * @choice: what shall survive
 * @seed: of the draws
 * @outcome: the result
 *
 * If the target is suspended, it writes survivors out when it is resumed.
 *
 * Context: may sleep; does not wait for I/O. @settling of the supply is held.
 */
void blkdebug_cut_cache(struct blkdebug_target *t,
			const struct blkdebug_choice *choice, u64 seed,
			struct blkdebug_outcome *outcome)
{
	struct blkdebug_writeback *wb = &t->writeback;

	if (!wb->cache)
		return;
	blkdebug_apply_cut(wb->cache, choice, seed, outcome);
	lockdep_assert_held(&t->power.line.supply->settling);
	if (wb->closed)
		return;
	blkdebug_begin_survivors(&t->power.line);
	/* Pairs with the xchg() in write_rest_out() */
	smp_store_release(&wb->write_all, true);
	queue_work(wb->wq, &wb->work);
}

/**
 * blkdebug_close_cache - write nothing out any more
 * @t: the target, suspended or never resumed; one without a cache is ignored
 *
 * Other targets of the power supply may cut the power later.
 *
 * Context: may sleep.
 */
void blkdebug_close_cache(struct blkdebug_target *t)
{
	if (!t->writeback.cache)
		return;
	set_closed(t, true);
	/* A cut may have queued @work before that; none does so from now on. */
	flush_work(&t->writeback.work);
}

/**
 * blkdebug_drain_cache - write out everything before the table goes
 * @t: the target; it has no I/O, and no moment can be captured
 *
 * Other targets of the power supply may cut the power meanwhile, or later. What a cut has
 * to decide about is decided here, because the next table finds it on the device below.
 *
 * Context: may sleep.
 */
void blkdebug_drain_cache(struct blkdebug_target *t)
{
	struct blkdebug_writeback *wb = &t->writeback;

	if (!wb->cache)
		return;
	blkdebug_give_up_moments(wb->cache);
	/* A cut that comes behind this finds no volatile writes. */
	if (blkdebug_is_powered(t))
		blkdebug_harden_all(wb->cache);
	else
		blkdebug_settle_power(&t->power.line);
	write_all_out(wb);
	blkdebug_close_cache(t);
}

/**
 * blkdebug_open_cache - undo blkdebug_drain_cache()
 * @t: the target, which is being resumed
 *
 * Context: may sleep; does not wait for I/O.
 */
void blkdebug_open_cache(struct blkdebug_target *t)
{
	struct blkdebug_writeback *wb = &t->writeback;

	if (!wb->cache)
		return;
	set_closed(t, false);
	/* A cut during the suspend, or an error at its beginning, has left these. */
	if (blkdebug_has_dirty(wb->cache)) {
		WRITE_ONCE(wb->write_all, true);
		queue_work(wb->wq, &wb->work);
	}
}

/**
 * blkdebug_largest_write - get the size of the largest write that the cache takes as one
 * @t: the target
 *
 * Return: how many sectors, a power of two; 0: there is no cache.
 */
sector_t blkdebug_largest_write(const struct blkdebug_target *t)
{
	if (!t->opts.cache)
		return 0;
	return rounddown_pow_of_two(min_t(u64, t->opts.cache / 4, SZ_16M)) >>
	       SECTOR_SHIFT;
}

/**
 * blkdebug_writeback_init - allocate the cache of a target
 * @t: the target, with its device and options; without cache= there is none
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM; blkdebug_writeback_exit() is to be called either way.
 */
int blkdebug_writeback_init(struct blkdebug_target *t)
{
	struct blkdebug_writeback *wb = &t->writeback;
	u64 block = max_t(u64, bdev_logical_block_size(t->dev->bdev),
			  t->opts.align);
	int r;

	if (!t->opts.cache)
		return 0;
	wb->target = t;
	spin_lock_init(&wb->lock);
	bio_list_init(&wb->queue);
	bio_list_init(&wb->waiting);
	init_completion(&wb->done);
	INIT_WORK(&wb->work, writeback_work);
	wb->extents = kvmalloc_array(BLKDEBUG_BATCH_EXTENTS, sizeof(*wb->extents),
				     GFP_KERNEL);
	wb->wq = alloc_ordered_workqueue("blkdebug-cache", WQ_MEM_RECLAIM);
	if (!wb->extents || !wb->wq)
		return -ENOMEM;
	r = bioset_init(&wb->bios, BLKDEBUG_RESERVED_BIOS,
			offsetof(struct blkdebug_below_bio, bio), BIOSET_NEED_BVECS);
	if (!r)
		r = blkdebug_split_bioset_init(&wb->parts);
	if (r)
		return r;
	wb->ops.space_freed = space_freed;
	wb->cache = blkdebug_cache_alloc(t->opts.cache,
					 max(block, t->opts.atomic_write),
					 &wb->ops);
	if (!wb->cache)
		return -ENOMEM;
	wb->cache->dev = t->engine.dev;
	return 0;
}

/**
 * blkdebug_writeback_exit - free the cache of a target
 * @t: the target, its cache drained, allocated partly or never
 *
 * Context: may sleep.
 */
void blkdebug_writeback_exit(struct blkdebug_target *t)
{
	struct blkdebug_writeback *wb = &t->writeback;

	if (wb->wq)
		destroy_workqueue(wb->wq);
	if (wb->cache)
		blkdebug_give_up_moments(wb->cache);
	blkdebug_cache_free(wb->cache);
	if (bioset_initialized(&wb->bios))
		bioset_exit(&wb->bios);
	if (bioset_initialized(&wb->parts))
		bioset_exit(&wb->parts);
	kvfree(wb->extents);
}

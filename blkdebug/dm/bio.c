// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bios: describe each bio to the engine, and execute the engine's verdict.
 */
#include <linux/blkdev.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "../engine/heal.h"
#include "../engine/process.h"
#include "../engine/resume.h"
#include "../engine/trace.h"
#include "describe.h"
#include "limits.h"
#include "target.h"

/* Batches of bad sectors that a bio heals in its submitter's context */
#define HEAL_STEPS	8

static struct bio *io_to_bio(struct blkdebug_io *io)
{
	return dm_bio_from_per_bio_data(container_of(io, struct blkdebug_bio,
						     io),
					sizeof(struct blkdebug_bio));
}

/* A zone management bio carries no size; it touches its zone, or them all */
static void describe_zone_mgmt(struct blkdebug_target *t, const struct bio *bio,
			       struct blkdebug_io_desc *desc)
{
	if (bio_op(bio) == REQ_OP_ZONE_RESET_ALL) {
		desc->sector = 0;
		desc->nr_sectors = t->ti->len;
	} else {
		desc->nr_sectors = bdev_zone_sectors(t->dev->bdev);
	}
}

static void describe_bio(struct blkdebug_target *t, const struct bio *bio,
			 unsigned int iotype, struct blkdebug_io_desc *desc)
{
	memcpy(desc->comm, current->comm, sizeof(desc->comm));
	desc->iotype = iotype;
	desc->flags = blkdebug_bio_flags(bio);
	desc->nr_sectors = bio_sectors(bio);
	desc->sector = dm_target_offset(t->ti, bio->bi_iter.bi_sector);
	if (iotype == BLKDEBUG_IO_FLUSH)
		desc->sector = 0;
	else if (iotype == BLKDEBUG_IO_ZONE_MGMT)
		describe_zone_mgmt(t, bio, desc);
}

/* Test whether dm can requeue a bio. A zoned write would lose its position. */
static bool may_requeue(struct blkdebug_target *t, const struct bio *bio)
{
	return !bdev_is_zoned(t->dev->bdev) || !op_is_write(bio_op(bio));
}

static void init_heal(struct blkdebug_heal *heal, sector_t sector,
		      sector_t nr_sectors)
{
	memset(heal, 0, sizeof(*heal));
	heal->sector = sector;
	heal->nr_sectors = nr_sectors;
}

/* Test whether a bio heals the bad sectors that it covers when it is submitted. */
static bool heals_going_down(const struct blkdebug_bio *b,
			     const struct bio *bio)
{
	return b->io.heals && bio_sectors(bio) &&
	       bio_op(bio) != REQ_OP_ZONE_APPEND;
}

/* Heal one batch. Returns 0, -EAGAIN: there may be more, or -ENOMEM. */
static int heal_step(struct blkdebug_bio *b, struct blkdebug_heal *heal,
		     gfp_t gfp)
{
	bool spare;

	if (!heal->spare)
		heal->spare = blkdebug_bad_alloc(gfp | __GFP_NOWARN);
	spare = heal->spare;
	if (blkdebug_heal_some(&b->target->engine, &b->io, heal))
		return 0;
	/* Budget is left over only if a range must be split. */
	return heal->budget && !spare ? -ENOMEM : -EAGAIN;
}

/*
 * Heal the bad sectors that a bio covers, without sleeping. Returns 0, -EAGAIN if
 * there are too many for this context, or -ENOMEM. On zoned devices the number is
 * not limited, because later bios would overtake a bio that the worker submits.
 */
static int heal_inline(struct blkdebug_bio *b, sector_t sector,
		       sector_t nr_sectors)
{
	bool zoned = b->target->engine.geometry.zoned;
	struct blkdebug_heal heal;
	unsigned int step = 0;
	int r;

	init_heal(&heal, sector, nr_sectors);
	do {
		r = heal_step(b, &heal, GFP_NOWAIT);
	} while (r == -EAGAIN && (zoned || ++step < HEAL_STEPS));
	blkdebug_bad_free(heal.spare);
	return r;
}

/*
 * Heal the bad sectors that a bio covers, in the worker. Allocations use memory
 * reserves, so that they do not wait for memory that only this worker's I/O frees.
 */
static int heal_in_worker(struct blkdebug_bio *b, struct bio *bio)
{
	unsigned int noreclaim = memalloc_noreclaim_save();
	struct blkdebug_heal heal;
	int r;

	init_heal(&heal, dm_target_offset(b->target->ti, bio->bi_iter.bi_sector),
		  bio_sectors(bio));
	while ((r = heal_step(b, &heal, GFP_NOIO)) == -EAGAIN)
		cond_resched();
	blkdebug_bad_free(heal.spare);
	memalloc_noreclaim_restore(noreclaim);
	return r;
}

/* Heal the sectors that a zone append has written, as the device reports them. */
static void heal_appended(struct blkdebug_bio *b, struct bio *bio)
{
	if (heal_inline(b, bio->bi_iter.bi_sector - b->target->start,
			b->io.desc.nr_sectors))
		bio->bi_status = BLK_STS_RESOURCE;
}

/*
 * Replaces dm's own completion of a bio that a fault is still to change, or whose
 * completion event a rule names. May run in a hard interrupt.
 */
static void blkdebug_end_io(struct bio *bio)
{
	struct blkdebug_bio *b = blkdebug_per_bio(bio);

	bio->bi_end_io = b->end_io;
	if (b->append_heals && !bio->bi_status)
		heal_appended(b, bio);
	if (b->finish)
		b->finish(b, bio);
	if (!b->raise_done ||
	    blkdebug_complete(&b->target->engine, &b->io) == BLKDEBUG_PASS)
		blkdebug_acknowledge(b, bio, bio->bi_end_io);
}

/* Replace the completion of a bio if needed, just before it is submitted or completed. */
static void hook_end_io(struct blkdebug_bio *b, struct bio *bio)
{
	b->raise_done = blkdebug_raises_done(&b->target->engine,
					     b->io.desc.iotype);
	b->append_heals = b->io.heals && bio_op(bio) == REQ_OP_ZONE_APPEND;
	b->hooked = b->raise_done || b->append_heals || b->finish;
	if (b->hooked) {
		b->end_io = bio->bi_end_io;
		bio->bi_end_io = blkdebug_end_io;
	}
}

/* Complete a bio without submitting it. */
static void end_bio(struct blkdebug_bio *b, struct bio *bio, u16 error)
{
	hook_end_io(b, bio);
	bio->bi_status = error ? errno_to_blk_status(-error) : BLK_STS_OK;
	bio_endio(bio);
}

/* Complete a bio that was held at its completion event. */
static void end_completed(struct blkdebug_bio *b, struct bio *bio)
{
	if (b->io.verdict == BLKDEBUG_FAIL)
		bio->bi_status = errno_to_blk_status(-b->io.error);
	blkdebug_acknowledge(b, bio, bio->bi_end_io);
}

/* Has the power failed? Without cache=, power= and power-cut rules only a message cuts it. */
static bool lacks_power(struct blkdebug_target *t)
{
	return (READ_ONCE(t->engine.mode) &
		(BLKDEBUG_CHECKS_POWER | BLKDEBUG_POWERLESS)) &&
	       !blkdebug_is_powered(t);
}

static bool has_cache(struct blkdebug_target *t)
{
	return READ_ONCE(t->engine.mode) & BLKDEBUG_HAS_CACHE;
}

/* Submit a bio from the worker. */
static void submit_io(struct blkdebug_bio *b, struct bio *bio)
{
	if (lacks_power(b->target)) {
		end_bio(b, bio, EIO);
		return;
	}
	/* Rules may have changed since its check, during a hold or a delay. */
	b->io.heals = blkdebug_may_heal(&b->target->engine, &b->io);
	if (heals_going_down(b, bio) && heal_in_worker(b, bio)) {
		end_bio(b, bio, ENOMEM);
		return;
	}
	hook_end_io(b, bio);
	if (has_cache(b->target) && !blkdebug_cache_bio(b->target, b, bio))
		return;
	blkdebug_remap(b->target, bio);
	blkdebug_submit_remapped(bio);
}

/* Queue a bio for the worker, which submits it. */
static void defer_io(struct blkdebug_bio *b)
{
	struct blkdebug_engine *engine = &b->target->engine;
	unsigned long flags = blkdebug_lock(engine);

	b->io.verdict = BLKDEBUG_PASS;
	blkdebug_queue_ready(engine, &b->io);
	blkdebug_unlock(engine, flags);
}

/* Remap a bio in its submitter's context. Returns DM_MAPIO_*. */
static int map_down(struct blkdebug_bio *b, struct bio *bio)
{
	struct blkdebug_target *t = b->target;
	int r = 0;

	if (heals_going_down(b, bio))
		r = heal_inline(b, dm_target_offset(t->ti,
						    bio->bi_iter.bi_sector),
				bio_sectors(bio));
	if (!r) {
		hook_end_io(b, bio);
		if (has_cache(t) && !blkdebug_cache_bio(t, b, bio))
			return DM_MAPIO_SUBMITTED;
		blkdebug_remap(t, bio);
		return DM_MAPIO_REMAPPED;
	}
	/* Later bios would overtake a bio that the worker submits. */
	if (t->engine.geometry.zoned)
		end_bio(b, bio, ENOMEM);
	else
		defer_io(b);
	return DM_MAPIO_SUBMITTED;
}

/*
 * Functions that apply a fault to a bio. Each returns true if the bio is to be
 * submitted, and false if it has completed. Functions that allocate memory or
 * complete a write without writing run in the target's worker, one at a time.
 */

static bool drop_bio(struct blkdebug_bio *b, struct bio *bio)
{
	end_bio(b, bio, 0);
	return false;
}

static void finish_with_error(struct blkdebug_bio *b, struct bio *bio)
{
	if (!bio->bi_status)
		bio->bi_status = errno_to_blk_status(-b->io.error);
}

/* Transfer the first sectors, or all, of a torn write or of an I/O that is to fail. */
static bool transfer_first_sectors(struct blkdebug_bio *b, struct bio *bio)
{
	const struct blkdebug_effect *effect = &b->io.effect;

	if (effect->sectors < b->io.desc.nr_sectors) {
		if (!effect->sectors) {
			end_bio(b, bio, b->io.error);
			return false;
		}
		/* A device writes a bio atomically only as a whole. */
		bio->bi_opf &= ~BLKDEBUG_REQ_ATOMIC;
		bio_trim(bio, 0, effect->sectors);
	}
	if (b->io.error)
		b->finish = finish_with_error;
	return true;
}

static bool misdirect_bio(struct blkdebug_bio *b, struct bio *bio)
{
	bio->bi_iter.bi_sector = b->target->ti->begin + b->io.effect.to;
	return true;
}

static void finish_corrupt_read(struct blkdebug_bio *b, struct bio *bio)
{
	if (!bio->bi_status)
		blkdebug_corrupt_read(bio, b->iter, &b->io.effect);
}

static void finish_corrupt_write(struct blkdebug_bio *b, struct bio *bio)
{
	blkdebug_copy_free(&b->target->copies, bio, b->copy);
}

static bool corrupt_bio(struct blkdebug_bio *b, struct bio *bio)
{
	if (b->io.desc.iotype == BLKDEBUG_IO_READ) {
		b->iter = bio->bi_iter;
		b->finish = finish_corrupt_read;
		return true;
	}
	b->copy = blkdebug_corrupt_write(&b->target->copies, bio,
					 &b->io.effect);
	if (!b->copy) {
		end_bio(b, bio, ENOMEM);
		return false;
	}
	b->finish = finish_corrupt_write;
	return true;
}

/* The bio is in flight at the moment of the cut, so a write may survive */
static bool cut_power(struct blkdebug_bio *b, struct bio *bio)
{
	if (has_cache(b->target))
		blkdebug_enter_unfinished(b->target, b, bio);
	blkdebug_cut_by_rule(b->target, b->io.effect.cut);
	end_bio(b, bio, EIO);
	return false;
}

static bool (*const alter_bio[BLKDEBUG_NR_ACTIONS])(struct blkdebug_bio *b,
						    struct bio *bio) = {
	[BLKDEBUG_INJECT_ERROR]	= transfer_first_sectors,
	[BLKDEBUG_DROP]		= drop_bio,
	[BLKDEBUG_CORRUPT]	= corrupt_bio,
	[BLKDEBUG_TEAR]		= transfer_first_sectors,
	[BLKDEBUG_MISDIRECT]	= misdirect_bio,
	[BLKDEBUG_POWER_CUT]	= cut_power,
};

/* Execute the verdict on a bio from the engine's list @ready. */
static void execute_verdict(struct blkdebug_io *io)
{
	struct blkdebug_bio *b = container_of(io, struct blkdebug_bio, io);
	struct bio *bio = io_to_bio(io);

	if (io->verdict == BLKDEBUG_NEED_LOCK)
		blkdebug_continue(&b->target->engine, io);
	else if (io->step == BLKDEBUG_STEP_DONE)
		end_completed(b, bio);
	else if (io->verdict == BLKDEBUG_FAIL)
		end_bio(b, bio, b->io.error);
	else if (io->verdict != BLKDEBUG_ALTER ||
		 alter_bio[io->effect.action](b, bio))
		submit_io(b, bio);
}

/**
 * blkdebug_io_work - submit and complete the bios on the engine's list @ready
 * @work: the target's io_work
 *
 * Keeps the order of the list. Holds no lock while it submits or completes a bio.
 *
 * Context: may sleep; an ordered workqueue, so that one instance runs per target.
 */
void blkdebug_io_work(struct work_struct *work)
{
	struct blkdebug_target *t =
		container_of(work, struct blkdebug_target, io_work);
	struct blkdebug_io *io, *next;
	struct blk_plug plug;
	unsigned long flags;
	LIST_HEAD(ready);

	flags = blkdebug_lock(&t->engine);
	list_splice_init(&t->engine.ready, &ready);
	blkdebug_unlock(&t->engine, flags);

	blk_start_plug(&plug);
	list_for_each_entry_safe(io, next, &ready, link) {
		execute_verdict(io);
		cond_resched();
	}
	blk_finish_plug(&plug);
}

/**
 * blkdebug_requeue - give bios back to dm, for the next table
 * @list: list of struct blkdebug_io from blkdebug_suspend(); unaltered
 *
 * Called in a suspend with --noflush only.
 *
 * Context: may sleep.
 */
void blkdebug_requeue(struct list_head *list)
{
	struct blkdebug_io *io, *next;

	list_for_each_entry_safe(io, next, list, link) {
		struct bio *bio = io_to_bio(io);

		bio->bi_status = BLK_STS_DM_REQUEUE;
		bio_endio(bio);
	}
}

/*
 * Test whether a bio is to be requeued because of a suspend with --noflush.
 *
 * dm maps requeued bios by the old table once more before it blocks new I/O, so the
 * target requeues every bio from presuspend on. If dm maps a bio when it is no longer
 * suspending, the suspend was interrupted: breakpoints then match again at once,
 * although presuspend_undo has not been called yet.
 */
static bool to_requeue(struct blkdebug_target *t, const struct bio *bio)
{
	bool requeues;
	unsigned long flags;

	if (!(READ_ONCE(t->engine.mode) & BLKDEBUG_REQUEUES))
		return false;
	flags = blkdebug_write_lock(&t->engine);
	requeues = dm_noflush_suspending(t->ti);
	if (!requeues && (t->engine.mode & BLKDEBUG_REQUEUES))
		__blkdebug_unsuspend(&t->engine);
	blkdebug_write_unlock(&t->engine, flags);
	return requeues && may_requeue(t, bio);
}

static int remap_bio(struct blkdebug_target *t, struct bio *bio)
{
	blkdebug_remap(t, bio);
	return DM_MAPIO_REMAPPED;
}

/* The same with a cache, for a bio that no rule wants */
static noinline int map_cached(struct blkdebug_target *t, struct bio *bio)
{
	struct blkdebug_bio *b = blkdebug_per_bio(bio);

	b->target = t;
	b->hooked = false;
	b->write = NULL;
	return blkdebug_cache_bio(t, b, bio) ? remap_bio(t, bio) :
					       DM_MAPIO_SUBMITTED;
}

/* A write that may be altered is no larger than can be altered as one */
static void limit_pieces(struct blkdebug_target *t, struct bio *bio)
{
	unsigned int sectors;

	if (bio->bi_opf & BLKDEBUG_REQ_ATOMIC)
		return;
	sectors = blkdebug_copy_sectors(bio);
	if (sectors < bio_sectors(bio)) {
		sectors &= ~(t->engine.geometry.block - 1);
		dm_accept_partial_bio(bio, max(sectors, t->engine.geometry.block));
	}
}

/* Apply the rules to a bio that a rule may match. */
static noinline int map_wanted(struct blkdebug_target *t, struct bio *bio,
			       unsigned int iotype)
{
	struct blkdebug_bio *b = blkdebug_per_bio(bio);

	if (to_requeue(t, bio))
		return DM_MAPIO_REQUEUE;
	if (iotype == BLKDEBUG_IO_WRITE && READ_ONCE(t->copies.copies))
		limit_pieces(t, bio);
	b->target = t;
	b->finish = NULL;
	b->write = NULL;
	b->io.requeue = may_requeue(t, bio);
	describe_bio(t, bio, iotype, &b->io.desc);
	switch (blkdebug_submit(&t->engine, &b->io)) {
	case BLKDEBUG_FAIL:
		end_bio(b, bio, b->io.error);
		return DM_MAPIO_SUBMITTED;
	case BLKDEBUG_ALTER:
		if (!alter_bio[b->io.effect.action](b, bio))
			return DM_MAPIO_SUBMITTED;
		return map_down(b, bio);
	case BLKDEBUG_PASS:
		return map_down(b, bio);
	default:
		return DM_MAPIO_SUBMITTED;
	}
}

/*
 * Three tests let a bio pass that no rule matches: its I/O type (in
 * blkdebug_map_rules()), the span of the sectors that rules for this type have,
 * and these sectors. Each test costs more than the one before. None writes memory
 * that another processor reads.
 */

static noinline int map_by_filter(struct blkdebug_target *t, struct bio *bio,
				  unsigned int iotype, sector_t first,
				  sector_t last, unsigned int seq)
{
	struct blkdebug_engine *engine = &t->engine;
	u16 flags = 0;

	if (unlikely(READ_ONCE(engine->by_flags)))
		flags = blkdebug_bio_flags(bio);
	if (!blkdebug_filter_passes(engine, seq, iotype, flags, first, last))
		return map_wanted(t, bio, iotype);
	return remap_bio(t, bio);
}

static noinline int map_by_span(struct blkdebug_target *t, struct bio *bio,
				unsigned int iotype)
{
	struct blkdebug_engine *engine = &t->engine;
	unsigned int seq = blkdebug_read_begin(engine);
	unsigned int sectors = bio_sectors(bio);
	sector_t first = dm_target_offset(t->ti, bio->bi_iter.bi_sector);
	sector_t last = first + sectors - 1;

	/*
	 * The filter does not cover I/Os without sectors, and I/Os that it passes raise no
	 * events for tracing.
	 */
	if (unlikely(!sectors) || trace_blkdebug_event_enabled() ||
	    unlikely(READ_ONCE(engine->mode) & BLKDEBUG_SUSPENDING))
		return map_wanted(t, bio, iotype);
	if (blkdebug_span_passes(engine, seq, iotype, first, last))
		return remap_bio(t, bio);
	return map_by_filter(t, bio, iotype, first, last, seq);
}

/* Map a bio that is neither a read nor a write, or for which sizes or requeues matter. */
static noinline int map_special(struct blkdebug_target *t, struct bio *bio,
				unsigned int mode)
{
	unsigned int iotype = blkdebug_bio_iotype(bio);

	if (lacks_power(t)) {
		bio->bi_status = BLK_STS_IOERR;
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	if ((mode & BLKDEBUG_HAS_SIZES) &&
	    blkdebug_too_short(t, iotype, bio_sectors(bio))) {
		bio->bi_status = BLK_STS_NOTSUPP;
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	/* Do not count a bio that is requeued, because dm maps it again. */
	if (to_requeue(t, bio))
		return DM_MAPIO_REQUEUE;
	if ((mode & BLKDEBUG_HAS_RULES) && blkdebug_count(&t->engine, iotype))
		return mode & BLKDEBUG_HAS_CACHE ? map_wanted(t, bio, iotype) :
						   map_by_span(t, bio, iotype);
	return mode & BLKDEBUG_HAS_CACHE ? map_cached(t, bio) : remap_bio(t, bio);
}

/* The mode of a target with a cache, but without rules */
#define ONLY_CACHE	(BLKDEBUG_HAS_CACHE | BLKDEBUG_CHECKS_POWER)

/* The longest read that is looked up here, in blocks of the cache */
#define MAX_LOOKUPS	8

/* Test whether the power is on, and the cache holds nothing of what a read wants. */
static bool misses_cache(struct blkdebug_target *t, const struct bio *bio)
{
	sector_t sector = dm_target_offset(t->ti, bio->bi_iter.bi_sector);
	u64 nr = sector >> BLKDEBUG_BLOCK_SHIFT;
	u64 last = (sector + bio_sectors(bio) - 1) >> BLKDEBUG_BLOCK_SHIFT;
	bool misses;

	if (last - nr >= MAX_LOOKUPS)
		return false;
	rcu_read_lock();
	misses = blkdebug_power_is_on(&t->power.line);
	while (misses && nr <= last)
		misses = !blkdebug_lookup_block(t->writeback.cache, nr++);
	rcu_read_unlock();
	return misses;
}

static noinline int map_looked_up(struct blkdebug_target *t, struct bio *bio)
{
	return misses_cache(t, bio) ? remap_bio(t, bio) :
				      map_special(t, bio, ONLY_CACHE);
}

/*
 * Map a read of a target with a cache, but without rules. An empty bucket needs no RCU
 * read section, and a cut does not wait for reads of the device below.
 */
static noinline int map_cache_read(struct blkdebug_target *t, struct bio *bio)
{
	sector_t sector = dm_target_offset(t->ti, bio->bi_iter.bi_sector);

	if (sector % BLKDEBUG_BLOCK_SECTORS + bio_sectors(bio) <= BLKDEBUG_BLOCK_SECTORS &&
	    blkdebug_power_is_on(&t->power.line) &&
	    hlist_empty(blkdebug_bucket_of(t->writeback.cache,
					   sector >> BLKDEBUG_BLOCK_SHIFT)))
		return remap_bio(t, bio);
	return map_looked_up(t, bio);
}

/**
 * blkdebug_map_rules - map a bio of a target that is not idle
 * @t: the target
 * @bio: dm's clone
 * @mode: enum blkdebug_mode, not 0
 *
 * Context: any that submits bios; neither sleeps nor allocates memory with GFP_KERNEL.
 *
 * Return: DM_MAPIO_*.
 */
int blkdebug_map_rules(struct blkdebug_target *t, struct bio *bio,
		       unsigned int mode)
{
	unsigned int op = (__force unsigned int)bio_op(bio);

	static_assert((__force int)REQ_OP_READ == BLKDEBUG_IO_READ);
	static_assert((__force int)REQ_OP_WRITE == BLKDEBUG_IO_WRITE);

	/* One test, so that the usual case saves no registers. */
	if (unlikely(mode != BLKDEBUG_HAS_RULES || op > BLKDEBUG_IO_WRITE ||
		     !bio->bi_iter.bi_size)) {
		if (mode == ONLY_CACHE && op == BLKDEBUG_IO_READ)
			return map_cache_read(t, bio);
		return map_special(t, bio, mode);
	}
	if (blkdebug_count(&t->engine, op))
		return map_by_span(t, bio, op);
	return remap_bio(t, bio);
}

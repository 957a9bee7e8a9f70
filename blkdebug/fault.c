// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a bio: describing it to the engine, and carrying out what the
 * engine decides.
 */
#include <linux/blkdev.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "limits.h"
#include "target.h"
#include "trace.h"

static struct blkdebug_bio *per_bio(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct blkdebug_bio));
}

static struct bio *request_bio(struct blkdebug_request *req)
{
	return dm_bio_from_per_bio_data(container_of(req, struct blkdebug_bio,
						     req),
					sizeof(struct blkdebug_bio));
}

static unsigned int bio_iotype(const struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		return BLKDEBUG_IO_READ;
	case REQ_OP_WRITE:
		/* dm splits a flush from data; what is left is an empty write */
		return bio_sectors(bio) ? BLKDEBUG_IO_WRITE : BLKDEBUG_IO_FLUSH;
	case REQ_OP_FLUSH:
		return BLKDEBUG_IO_FLUSH;
	case REQ_OP_DISCARD:
		return BLKDEBUG_IO_DISCARD;
	case REQ_OP_SECURE_ERASE:
		return BLKDEBUG_IO_SECURE_ERASE;
	case REQ_OP_WRITE_ZEROES:
		return BLKDEBUG_IO_WRITE_ZEROES;
	case REQ_OP_ZONE_APPEND:
		return BLKDEBUG_IO_ZONE_APPEND;
	default:
		return BLKDEBUG_IO_ZONE_MGMT;
	}
}

static u16 bio_rule_flags(const struct bio *bio)
{
	u16 flags = 0;

	if (bio->bi_opf & REQ_FUA)
		flags |= BLKDEBUG_FUA;
	if (bio->bi_opf & REQ_META)
		flags |= BLKDEBUG_META;
	if (bio->bi_opf & REQ_SYNC)
		flags |= BLKDEBUG_SYNC;
	if (bio->bi_opf & REQ_PRIO)
		flags |= BLKDEBUG_PRIO;
	if (bio->bi_opf & REQ_RAHEAD)
		flags |= BLKDEBUG_RAHEAD;
	if (bio->bi_opf & REQ_NOWAIT)
		flags |= BLKDEBUG_NOWAIT;
	if (bio->bi_opf & BLKDEBUG_REQ_ATOMIC)
		flags |= BLKDEBUG_ATOMIC;
	return flags;
}

/* A zone management bio carries no size; it touches its zone, or them all */
static void describe_zone_mgmt(struct blkdebug_target *t, const struct bio *bio,
			       struct blkdebug_io *io)
{
	if (bio_op(bio) == REQ_OP_ZONE_RESET_ALL) {
		io->sector = 0;
		io->nr_sectors = t->ti->len;
	} else {
		io->nr_sectors = bdev_zone_sectors(t->dev->bdev);
	}
}

static void describe(struct blkdebug_target *t, const struct bio *bio,
		     unsigned int iotype, struct blkdebug_io *io)
{
	memcpy(io->comm, current->comm, sizeof(io->comm));
	io->iotype = iotype;
	io->flags = bio_rule_flags(bio);
	io->nr_sectors = bio_sectors(bio);
	io->sector = dm_target_offset(t->ti, bio->bi_iter.bi_sector);
	if (iotype == BLKDEBUG_IO_FLUSH)
		io->sector = 0;
	else if (iotype == BLKDEBUG_IO_ZONE_MGMT)
		describe_zone_mgmt(t, bio, io);
}

/* dm does not take a write to a zone back: that would change its place */
static bool may_requeue(struct blkdebug_target *t, const struct bio *bio)
{
	return !bdev_is_zoned(t->dev->bdev) || !op_is_write(bio_op(bio));
}

/*
 * In the place of dm's own completion, for a bio that a fault is not done with,
 * or whose completion event some rule names. May run in a hard interrupt.
 */
static void blkdebug_end_io(struct bio *bio)
{
	struct blkdebug_bio *b = per_bio(bio);

	bio->bi_end_io = b->end_io;
	if (b->finish)
		b->finish(b, bio);
	if (!b->req.raise_done ||
	    blkdebug_complete(&b->target->engine, &b->req) != BLKDEBUG_HELD)
		bio->bi_end_io(bio);
}

static void hook_end_io(struct blkdebug_bio *b, struct bio *bio)
{
	if (b->req.raise_done || b->finish) {
		b->end_io = bio->bi_end_io;
		bio->bi_end_io = blkdebug_end_io;
	}
}

/* Complete a bio that does not go down */
static void end_bio(struct blkdebug_bio *b, struct bio *bio, u16 error)
{
	hook_end_io(b, bio);
	bio->bi_status = error ? errno_to_blk_status(-error) : BLK_STS_OK;
	bio_endio(bio);
}

static void fail_bio(struct blkdebug_bio *b, struct bio *bio)
{
	end_bio(b, bio, b->req.error);
}

static void go_down(struct blkdebug_bio *b, struct bio *bio)
{
	struct blkdebug_target *t = b->target;

	if (b->req.heals && bio_sectors(bio))
		blkdebug_heal(&t->engine, &b->req,
			      dm_target_offset(t->ti, bio->bi_iter.bi_sector),
			      bio_sectors(bio));
	hook_end_io(b, bio);
	blkdebug_remap(t, bio);
	blkdebug_submit_remapped(bio);
}

/* It has completed before, and was held on its way back */
static void end_completed(struct blkdebug_bio *b, struct bio *bio)
{
	if (b->req.verdict == BLKDEBUG_FAIL)
		bio->bi_status = errno_to_blk_status(-b->req.error);
	bio->bi_end_io(bio);
}

/*
 * What faults do to a request. They run in the target's worker, one at a time,
 * and may sleep for memory.
 */

static void drop(struct blkdebug_bio *b, struct bio *bio)
{
	end_bio(b, bio, 0);
}

static void finish_with_error(struct blkdebug_bio *b, struct bio *bio)
{
	if (!bio->bi_status)
		bio->bi_status = errno_to_blk_status(-b->req.error);
}

/* A torn write, or a request that fails in spite of what it has transferred */
static void transfer_first(struct blkdebug_bio *b, struct bio *bio)
{
	const struct blkdebug_effect *effect = &b->req.effect;
	bool whole = effect->sectors >= b->req.io.nr_sectors;

	if (!whole && !effect->sectors) {
		fail_bio(b, bio);
		return;
	}
	if (!whole) {
		/* A part of it is nothing that a device promises to write as one */
		bio->bi_opf &= ~BLKDEBUG_REQ_ATOMIC;
		bio_trim(bio, 0, effect->sectors);
	}
	if (b->req.error)
		b->finish = finish_with_error;
	go_down(b, bio);
}

static void misdirect(struct blkdebug_bio *b, struct bio *bio)
{
	bio->bi_iter.bi_sector = b->target->ti->begin + b->req.effect.to;
	go_down(b, bio);
}

static void finish_corrupt_read(struct blkdebug_bio *b, struct bio *bio)
{
	if (!bio->bi_status)
		blkdebug_corrupt_read(bio, b->iter, &b->req.effect);
}

static void finish_corrupt_write(struct blkdebug_bio *b, struct bio *bio)
{
	blkdebug_copy_free(&b->target->copies, bio, b->copy);
}

static void corrupt(struct blkdebug_bio *b, struct bio *bio)
{
	if (b->req.io.iotype == BLKDEBUG_IO_READ) {
		b->iter = bio->bi_iter;
		b->finish = finish_corrupt_read;
	} else {
		b->copy = blkdebug_corrupt_write(&b->target->copies, bio,
						 &b->req.effect);
		if (!b->copy) {
			end_bio(b, bio, ENOMEM);
			return;
		}
		b->finish = finish_corrupt_write;
	}
	go_down(b, bio);
}

static void (*const faults[BLKDEBUG_NR_ACTIONS])(struct blkdebug_bio *b,
						 struct bio *bio) = {
	[BLKDEBUG_INJECT_ERROR]	= transfer_first,
	[BLKDEBUG_DROP]		= drop,
	[BLKDEBUG_CORRUPT]	= corrupt,
	[BLKDEBUG_TEAR]		= transfer_first,
	[BLKDEBUG_MISDIRECT]	= misdirect,
};

static void carry_out(struct blkdebug_request *req)
{
	struct blkdebug_bio *b = container_of(req, struct blkdebug_bio, req);
	struct bio *bio = request_bio(req);

	if (req->step == BLKDEBUG_STEP_DONE)
		end_completed(b, bio);
	else if (req->verdict == BLKDEBUG_FAIL)
		fail_bio(b, bio);
	else if (req->verdict == BLKDEBUG_ALTER)
		faults[req->effect.action](b, bio);
	else
		go_down(b, bio);
}

/**
 * blkdebug_io_work - submit and complete requests that the engine hands out
 * @work: the target's
 *
 * In the order in which they came. No lock is held meanwhile.
 */
void blkdebug_io_work(struct work_struct *work)
{
	struct blkdebug_target *t =
		container_of(work, struct blkdebug_target, io_work);
	struct blkdebug_request *req, *next;
	struct blk_plug plug;
	unsigned long flags;
	LIST_HEAD(ready);

	flags = blkdebug_lock(&t->engine);
	list_splice_init(&t->engine.ready, &ready);
	blkdebug_unlock(&t->engine, flags);

	blk_start_plug(&plug);
	list_for_each_entry_safe(req, next, &ready, link) {
		carry_out(req);
		cond_resched();
	}
	blk_finish_plug(&plug);
}

/**
 * blkdebug_requeue - give requests back to dm, for the next table
 * @requests: from blkdebug_suspend(); none has been changed
 *
 * Called in a suspend with --noflush only.
 */
void blkdebug_requeue(struct list_head *requests)
{
	struct blkdebug_request *req, *next;

	list_for_each_entry_safe(req, next, requests, link) {
		struct bio *bio = request_bio(req);

		bio->bi_status = BLK_STS_DM_REQUEUE;
		bio_endio(bio);
	}
}

/*
 * dm maps a bio that it takes back by the old table once more before it blocks
 * new I/O; so nothing may pass from here on.
 *
 * What is mapped in the end, before there is a resume, is so because the suspend
 * was interrupted. It shall be held as before, though we have yet to be told.
 */
static bool to_requeue(struct blkdebug_target *t, const struct bio *bio)
{
	bool requeues;
	unsigned long flags;

	if (!(READ_ONCE(t->engine.mode) & BLKDEBUG_REQUEUES))
		return false;
	flags = blkdebug_lock(&t->engine);
	requeues = dm_noflush_suspending(t->ti);
	if (!requeues && (t->engine.mode & BLKDEBUG_REQUEUES))
		__blkdebug_unsuspend(&t->engine);
	blkdebug_unlock(&t->engine, flags);
	return requeues && may_requeue(t, bio);
}

static int remap(struct blkdebug_target *t, struct bio *bio)
{
	blkdebug_remap(t, bio);
	return DM_MAPIO_REMAPPED;
}

/* A write that may be altered is no larger than can be altered as one */
static void limit_pieces(struct blkdebug_target *t, struct bio *bio)
{
	unsigned int sectors;

	if (bio->bi_opf & BLKDEBUG_REQ_ATOMIC)
		return;
	sectors = blkdebug_copy_sectors(bio);
	if (sectors < bio_sectors(bio)) {
		sectors &= ~(t->engine.bounds.block - 1);
		dm_accept_partial_bio(bio, max(sectors, t->engine.bounds.block));
	}
}

/* Let the engine decide about a bio that some rule may want */
static noinline int map_wanted(struct blkdebug_target *t, struct bio *bio,
			       unsigned int iotype)
{
	struct blkdebug_bio *b = per_bio(bio);

	if (to_requeue(t, bio))
		return DM_MAPIO_REQUEUE;
	if (iotype == BLKDEBUG_IO_WRITE && READ_ONCE(t->copies.copies))
		limit_pieces(t, bio);
	b->target = t;
	b->finish = NULL;
	b->req.requeue = may_requeue(t, bio);
	describe(t, bio, iotype, &b->req.io);
	switch (blkdebug_submit(&t->engine, &b->req)) {
	case BLKDEBUG_PASS:
		hook_end_io(b, bio);
		return remap(t, bio);
	case BLKDEBUG_FAIL:
		fail_bio(b, bio);
		return DM_MAPIO_SUBMITTED;
	default:
		return DM_MAPIO_SUBMITTED;
	}
}

/*
 * The three stages of letting a bio pass that no rule wants, each of which
 * costs more than the one before, and none of which writes memory that another
 * processor reads. First: has any rule to do with such bios (in
 * blkdebug_map_rules())? Second: does the bio touch the span of sectors that
 * such rules are about? Third: does it touch any of these sectors?
 */

static __always_inline bool passes(struct blkdebug_target *t,
				   unsigned int iotype, sector_t first,
				   sector_t last, u16 flags, unsigned int seq)
{
	bool passes;

	rcu_read_lock_sched();
	passes = !(seq & 1) &&
		 blkdebug_filter_passes(&t->engine.filter[iotype], first, last,
					flags) &&
		 !read_seqcount_retry(&t->engine.seq, seq);
	rcu_read_unlock_sched();
	return passes;
}

static noinline int map_by_flags(struct blkdebug_target *t, struct bio *bio,
				 unsigned int iotype, sector_t first,
				 sector_t last, unsigned int seq)
{
	u16 flags = bio_rule_flags(bio);

	return passes(t, iotype, first, last, flags, seq) ?
	       remap(t, bio) : map_wanted(t, bio, iotype);
}

/* The sequence count was read outside RCU: on PREEMPT_RT that may sleep */
static noinline int map_by_search(struct blkdebug_target *t, struct bio *bio,
				  unsigned int iotype, sector_t first,
				  sector_t last, unsigned int seq)
{
	if (unlikely(READ_ONCE(t->engine.filter[iotype].flags)))
		return map_by_flags(t, bio, iotype, first, last, seq);
	return passes(t, iotype, first, last, 0, seq) ?
	       remap(t, bio) : map_wanted(t, bio, iotype);
}

static noinline int map_by_span(struct blkdebug_target *t, struct bio *bio,
				unsigned int iotype)
{
	const struct blkdebug_filter *filter = &t->engine.filter[iotype];
	unsigned int seq = raw_read_seqcount(&t->engine.seq);
	unsigned int sectors = bio_sectors(bio);
	sector_t first = dm_target_offset(t->ti, bio->bi_iter.bi_sector);
	sector_t last = first + sectors - 1;

	/* These have no size, and a trace shows also what touches no rule */
	if (unlikely(!sectors) || trace_event_enabled() ||
	    unlikely(READ_ONCE(t->engine.mode) & BLKDEBUG_SUSPENDING))
		return map_wanted(t, bio, iotype);
	if ((last < READ_ONCE(filter->first) ||
	     first > READ_ONCE(filter->last)) && !(seq & 1) &&
	    !read_seqcount_retry(&t->engine.seq, seq))
		return remap(t, bio);
	return map_by_search(t, bio, iotype, first, last, seq);
}

/* Map a bio that is neither read nor write, or not only because of rules */
static noinline int map_special(struct blkdebug_target *t, struct bio *bio,
				unsigned int mode)
{
	unsigned int iotype = bio_iotype(bio);

	if ((mode & BLKDEBUG_HAS_SIZES) &&
	    blkdebug_too_short(t, iotype, bio_sectors(bio))) {
		bio->bi_status = BLK_STS_NOTSUPP;
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	/* Before it is counted, as it comes again */
	if (to_requeue(t, bio))
		return DM_MAPIO_REQUEUE;
	if ((mode & BLKDEBUG_HAS_RULES) && blkdebug_count(&t->engine, iotype))
		return map_by_span(t, bio, iotype);
	return remap(t, bio);
}

/**
 * blkdebug_map_rules - map a bio of a target that is not idle
 * @t: the target
 * @bio: dm's clone
 * @mode: enum blkdebug_mode, not 0
 *
 * Neither sleeps nor allocates.
 *
 * Return: DM_MAPIO_*.
 */
int blkdebug_map_rules(struct blkdebug_target *t, struct bio *bio,
		       unsigned int mode)
{
	unsigned int op = (__force unsigned int)bio_op(bio);

	static_assert((__force int)REQ_OP_READ == BLKDEBUG_IO_READ);
	static_assert((__force int)REQ_OP_WRITE == BLKDEBUG_IO_WRITE);

	/* Nothing is saved that the usual case does not need */
	if (unlikely(mode != BLKDEBUG_HAS_RULES || op > BLKDEBUG_IO_WRITE ||
		     !bio->bi_iter.bi_size))
		return map_special(t, bio, mode);
	if (blkdebug_count(&t->engine, op))
		return map_by_span(t, bio, op);
	return remap(t, bio);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The write cache of a target: bios into the cache, and out of it to the device below.
 *
 * A write is copied into the cache in its submitter's context, because the pages of
 * O_DIRECT may change while a bio is in flight. What needs the device below, or has to
 * wait for space, goes on in @work:
 *
 *   write     Copied; completes at once. If the cache is full it waits in @waiting.
 *   FUA       Copied; @work makes it durable and writes out.
 *   flush     @work makes durable what had completed when the flush was mapped, writes
 *             out, and flushes the device below.
 *   discard   @work sends it below, and drops the sectors from the cache.
 *   read      Answered from the cache, or mapped to the device below. @work serves a
 *             read that lies only partly in the cache.
 *
 * Only @work writes to the device below, one batch after the other, so no two writes to
 * a sector are in flight there. A suspend lets @work write out everything and then closes
 * the cache: from then on the device below may belong to another table, so that @work
 * writes nothing there until the resume, even if another target of the power supply cuts
 * the power.
 */
#ifndef BLKDEBUG_WRITEBACK_H
#define BLKDEBUG_WRITEBACK_H

#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/workqueue.h>

#include "../cache/moment.h"
#include "../cache/survive.h"
#include "../rules/options.h"

struct blkdebug_bio;
struct blkdebug_target;

/* The write cache of a target */
struct blkdebug_writeback {
	/* Constant after initialization. */
	struct blkdebug_cache *cache;	/* the versions; NULL: the target has no cache */
	struct blkdebug_cache_ops ops;
	struct blkdebug_target *target;
	struct workqueue_struct *wq;	/* for @work alone, so that I/O goes on when
					 * memory is short
					 */
	struct bio_set bios;		/* bios to the device below */
	struct bio_set parts;		/* reads of it */

	struct work_struct work;	/* does all that needs the device below */

	/* Taken in any context. */
	spinlock_t lock;		/* guards @queue */

	/* Guarded by @lock. */
	struct bio_list queue;		/* bios for @work */

	/* Written under @settling of the power supply, read without it, too. */
	bool closed;			/* suspended: @work must not write */

	/* Written by @work and others, without a lock. */
	bool write_all;			/* @work is to write out all that is durable */
	bool has_waiting;		/* @waiting is not empty, so that later writes
					 * queue behind it
					 */

	/* Used by @work alone. */
	struct bio_list waiting;	/* writes that wait for space */
	struct blkdebug_extent *extents;	/* what is being written out */

	/* The batch in flight; completions of its bios write these, too. */
	atomic_t pending;		/* its bios, and one for the submitter */
	struct completion done;		/* no bio of it is in flight */
	blk_status_t status;		/* of a bio that has failed */
};

int blkdebug_writeback_init(struct blkdebug_target *t);
void blkdebug_writeback_exit(struct blkdebug_target *t);
sector_t blkdebug_largest_write(const struct blkdebug_target *t);

bool blkdebug_cache_bio(struct blkdebug_target *t, struct blkdebug_bio *b,
			struct bio *bio);
void blkdebug_enter_unfinished(struct blkdebug_target *t, struct blkdebug_bio *b,
			       struct bio *bio);
void blkdebug_acknowledge(struct blkdebug_bio *b, struct bio *bio,
			  void (*end)(struct bio *bio));

void blkdebug_cut_cache(struct blkdebug_target *t,
			const struct blkdebug_choice *choice, u64 seed,
			struct blkdebug_outcome *outcome);
void blkdebug_drain_cache(struct blkdebug_target *t);
void blkdebug_close_cache(struct blkdebug_target *t);
void blkdebug_open_cache(struct blkdebug_target *t);

#endif

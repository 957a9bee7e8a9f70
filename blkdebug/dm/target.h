/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A blkdebug target, for the parts that know device-mapper.
 */
#ifndef BLKDEBUG_TARGET_H
#define BLKDEBUG_TARGET_H

#include <linux/device-mapper.h>
#include <linux/workqueue.h>

#include "../compat.h"
#include "../engine/commands.h"
#include "corrupt.h"
#include "power-cut.h"
#include "split-read.h"
#include "sysfs.h"
#include "writeback.h"

#define DM_MSG_PREFIX "blkdebug"

/* One target of one table */
struct blkdebug_target {
	struct blkdebug_engine engine;	/* the rules in force */

	/* Constant once the table is loaded. */
	struct dm_dev *dev;		/* the device below */
	sector_t start;			/* first sector of the target on @dev */
	sector_t shift;			/* added to a sector of the dm device, gives the
					 * sector of @dev
					 */
	struct dm_target *ti;		/* dm's view of the target */
	struct blkdebug_options opts;	/* of the table line */
	struct workqueue_struct *wq;	/* for @io_work only, with a rescuer, so that I/O
					 * continues when memory is short
					 */

	/* Guarded as their own headers say. */
	struct blkdebug_copies copies;	/* memory for altered writes */
	struct blkdebug_writeback writeback;	/* the write cache, if there is one */
	struct blkdebug_power power;	/* the power supply, and the last cut */
	struct blkdebug_sysfs sysfs;	/* the directory in sysfs */

	/* Guarded by a mutex of marks.c. */
	struct list_head origin_link;	/* among the origins of views */
	struct list_head marks;		/* moments with a name */

	struct work_struct io_work;	/* submits and completes the bios on the engine's
					 * list @ready
					 */
	struct work_struct housekeeping_work;	/* frees memory and reports changes to
						 * user space
						 */
};

/*
 * Per-bio data. Not initialized unless a rule may match the bio, or the target has a
 * cache.
 */
struct blkdebug_bio {
	struct blkdebug_io io;		/* the bio as the engine sees it */

	/* Used by the one thread that maps, submits or completes the bio. */
	struct blkdebug_target *target;	/* the target that has mapped the bio */
	bio_end_io_t *end_io;		/* dm's own completion, while blkdebug_end_io()
					 * replaces it
					 */
	bool hooked;			/* blkdebug_end_io() replaces dm's completion */
	bool raise_done;		/* raise the completion event */
	bool append_heals;		/* heal bad sectors where the zone append has
					 * written
					 */
	/* Applies the rest of a fault when the bio completes, or NULL */
	void (*finish)(struct blkdebug_bio *b, struct bio *bio);
	struct blkdebug_copy *copy;	/* the bio_vec array of an altered write */
	struct bvec_iter iter;		/* the bio's iterator when it was submitted */

	/* Used by the write cache. */
	struct blkdebug_write *write;	/* in the cache, of a write that is not
					 * acknowledged yet, or NULL
					 */
	u64 epoch;			/* of a flush: the writes in the cache that the
					 * flush covers
					 */
	struct blkdebug_split split;	/* of a read from cache and device */
};

static inline struct blkdebug_bio *blkdebug_per_bio(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct blkdebug_bio));
}

static inline void blkdebug_remap(struct blkdebug_target *t, struct bio *bio)
{
	/* Set first, so that no register is saved across the call in bio_set_dev(). */
	bio->bi_iter.bi_sector += t->shift;
	bio_set_dev(bio, t->dev->bdev);
}

/**
 * blkdebug_is_powered - test whether a target has power at this moment
 * @t: the target
 *
 * Context: any.
 *
 * Return: true if it does.
 */
static inline bool blkdebug_is_powered(struct blkdebug_target *t)
{
	bool is_on;

	rcu_read_lock();
	is_on = blkdebug_power_is_on(&t->power.line);
	rcu_read_unlock();
	return is_on;
}

int blkdebug_map_rules(struct blkdebug_target *t, struct bio *bio,
		       unsigned int mode);
void blkdebug_io_work(struct work_struct *work);
void blkdebug_requeue(struct list_head *list);

#endif

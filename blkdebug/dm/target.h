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
#include "sysfs.h"

#define DM_MSG_PREFIX "blkdebug"

/**
 * struct blkdebug_target - one target of one table
 * @engine: the rules in force
 * @dev: the device below
 * @start: first sector of the target on @dev
 * @shift: added to a sector of the dm device gives the sector of @dev
 * @ti: dm's view of the target
 * @opts: options of the table line
 * @copies: memory for altered writes
 * @wq: for @io_work only, with a rescuer, so that I/O continues when memory is short
 * @io_work: submits and completes the bios on the engine's list @ready
 * @housekeeping_work: frees memory and reports changes to user space
 * @sysfs: the directory in sysfs
 */
struct blkdebug_target {
	struct blkdebug_engine engine;
	struct dm_dev *dev;
	sector_t start;
	sector_t shift;
	struct dm_target *ti;
	struct blkdebug_options opts;
	struct blkdebug_copies copies;
	struct workqueue_struct *wq;
	struct work_struct io_work;
	struct work_struct housekeeping_work;
	struct blkdebug_sysfs sysfs;
};

/**
 * struct blkdebug_bio - per-bio data
 * @io: the bio as the engine sees it
 * @target: the target that has mapped the bio
 * @end_io: dm's own completion, while blkdebug_end_io() replaces it
 * @raise_done: raise the completion event
 * @append_heals: heal bad sectors where the zone append has written
 * @finish: applies the rest of a fault when the bio completes, or NULL
 * @copy: the bio_vec array of an altered write
 * @iter: the bio's iterator when it was submitted
 *
 * Not initialized unless a rule may match the bio.
 */
struct blkdebug_bio {
	struct blkdebug_io io;
	struct blkdebug_target *target;
	bio_end_io_t *end_io;
	bool raise_done;
	bool append_heals;
	void (*finish)(struct blkdebug_bio *b, struct bio *bio);
	struct blkdebug_copy *copy;
	struct bvec_iter iter;
};

static inline void blkdebug_remap(struct blkdebug_target *t, struct bio *bio)
{
	/* Set first, so that no register is saved across the call in bio_set_dev(). */
	bio->bi_iter.bi_sector += t->shift;
	bio_set_dev(bio, t->dev->bdev);
}

int blkdebug_map_rules(struct blkdebug_target *t, struct bio *bio,
		       unsigned int mode);
void blkdebug_io_work(struct work_struct *work);
void blkdebug_requeue(struct list_head *requests);

#endif

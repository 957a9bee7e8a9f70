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

/**
 * struct blkdebug_target - one target of one table
 * @engine: the rules in force
 * @dev: the device below
 * @start: first sector of the target on @dev
 * @shift: added to a sector of the dm device gives the sector of @dev
 * @ti: dm's view of the target
 * @opts: options of the table line
 * @copies: memory for altered writes
 * @writeback: the write cache, if there is one
 * @power: the power supply, and the last cut
 * @origin_link: among the origins of views; see marks.h
 * @marks: marked moments; see marks.h
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
	struct blkdebug_writeback writeback;
	struct blkdebug_power power;
	struct list_head origin_link;
	struct list_head marks;
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
 * @hooked: blkdebug_end_io() replaces dm's completion
 * @raise_done: raise the completion event
 * @append_heals: heal bad sectors where the zone append has written
 * @finish: applies the rest of a fault when the bio completes, or NULL
 * @copy: the bio_vec array of an altered write
 * @iter: the bio's iterator when it was submitted
 * @write: in the cache, of a write that is not acknowledged yet, or NULL
 * @epoch: of a flush: the writes in the cache that the flush covers
 * @split: of a read from cache and device
 *
 * Not initialized unless a rule may match the bio, or the target has a cache.
 */
struct blkdebug_bio {
	struct blkdebug_io io;
	struct blkdebug_target *target;
	bio_end_io_t *end_io;
	bool hooked;
	bool raise_done;
	bool append_heals;
	void (*finish)(struct blkdebug_bio *b, struct bio *bio);
	struct blkdebug_copy *copy;
	struct bvec_iter iter;

	/* The cache's */
	struct blkdebug_write *write;
	unsigned long epoch;
	struct blkdebug_split split;
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

unsigned int blkdebug_bio_iotype(const struct bio *bio);
u16 blkdebug_bio_flags(const struct bio *bio);

int blkdebug_map_rules(struct blkdebug_target *t, struct bio *bio,
		       unsigned int mode);
void blkdebug_io_work(struct work_struct *work);
void blkdebug_requeue(struct list_head *requests);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing out: durable data from the write cache to the device below, in batches.
 */
#ifndef BLKDEBUG_WRITE_OUT_H
#define BLKDEBUG_WRITE_OUT_H

#include "target.h"

/* Extents written out in one batch */
#define BLKDEBUG_BATCH_EXTENTS	1024U

/* A bio to the device below */
struct blkdebug_below_bio {
	struct blkdebug_writeback *wb;
	unsigned int first;		/* the first extent that it writes */
	unsigned int nr;		/* of extents */
	struct bio bio;			/* the last member */
};

static inline struct blkdebug_below_bio *blkdebug_below_bio(struct bio *bio)
{
	return container_of(bio, struct blkdebug_below_bio, bio);
}

static inline struct block_device *
blkdebug_bdev_below(const struct blkdebug_writeback *wb)
{
	return wb->target->dev->bdev;
}

blk_status_t blkdebug_write_out(struct blkdebug_writeback *wb);
blk_status_t blkdebug_write_out_and_flush(struct blkdebug_writeback *wb);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads that get their data partly from memory and partly from the device below.
 *
 *   blkdebug_begin_split()
 *   blkdebug_copy_part() or blkdebug_read_below(), for each part
 *   blkdebug_end_split()
 *
 * The bio completes when all parts have.
 */
#ifndef BLKDEBUG_SPLIT_READ_H
#define BLKDEBUG_SPLIT_READ_H

#include <linux/bio.h>

#include "../compat.h"

/* Clones of reads that can be allocated when memory is short */
#define BLKDEBUG_RESERVED_BIOS	16

/* In the per-bio data of a read */
struct blkdebug_split {
	struct bio *bio;	/* the read */
	atomic_t pending;	/* parts that have not ended, and one for the submitter */
	blk_status_t status;	/* of a part that has failed */
	void (*end)(struct bio *bio, blk_status_t status);	/* any context */
};

int blkdebug_split_bioset_init(struct bio_set *bios);

void blkdebug_begin_split(struct blkdebug_split *split, struct bio *bio,
			  void (*end)(struct bio *bio, blk_status_t status));
void blkdebug_read_below(struct blkdebug_split *split, struct bio_set *bios,
			 struct block_device *bdev, sector_t shift,
			 sector_t offset, sector_t nr_sectors);
void blkdebug_end_split(struct blkdebug_split *split);

void blkdebug_copy_data(struct bio *bio, struct bvec_iter *iter, u8 *data,
			unsigned int bytes, bool to_bio);
void blkdebug_copy_part(struct bio *bio, sector_t offset, const u8 *data,
			sector_t nr_sectors);

#endif

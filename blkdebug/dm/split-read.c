// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads from memory and from the device below: see split-read.h.
 */
#include <linux/blkdev.h>
#include <linux/highmem.h>
#include <linux/string.h>

#include "split-read.h"

/* A part of a read, on its way to the device below */
struct read_part {
	struct blkdebug_split *split;
	struct bio bio;		/* the last member */
};

/**
 * blkdebug_split_bioset_init - initialize a bio set for blkdebug_read_below()
 * @bios: the set
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_split_bioset_init(struct bio_set *bios)
{
	return bioset_init(bios, BLKDEBUG_RESERVED_BIOS,
			   offsetof(struct read_part, bio), 0);
}

static void put_split(struct blkdebug_split *split)
{
	if (atomic_dec_and_test(&split->pending))
		split->end(split->bio, READ_ONCE(split->status));
}

static void end_part(struct bio *clone)
{
	struct blkdebug_split *split =
		container_of(clone, struct read_part, bio)->split;

	if (clone->bi_status)
		WRITE_ONCE(split->status, clone->bi_status);
	bio_put(clone);
	put_split(split);
}

/**
 * blkdebug_begin_split - begin to serve a read in parts
 * @split: in the read's per-bio data
 * @bio: the read
 * @end: completes it, when blkdebug_end_split() has been called and all parts have ended
 *
 * Context: any.
 */
void blkdebug_begin_split(struct blkdebug_split *split, struct bio *bio,
			  void (*end)(struct bio *bio, blk_status_t status))
{
	split->bio = bio;
	split->status = BLK_STS_OK;
	split->end = end;
	atomic_set(&split->pending, 1);
}

/**
 * blkdebug_read_below - read a part from the device below
 * @split: the read
 * @bios: from blkdebug_split_bioset_init()
 * @bdev: the device
 * @shift: added to a sector of the read gives the sector of @bdev
 * @offset: first sector of the part, from the start of the read
 * @nr_sectors: number of sectors
 *
 * Context: may sleep.
 */
void blkdebug_read_below(struct blkdebug_split *split, struct bio_set *bios,
			 struct block_device *bdev, sector_t shift,
			 sector_t offset, sector_t nr_sectors)
{
	struct bio *clone = blkdebug_clone_bio(bdev, split->bio, GFP_NOIO, bios);

	container_of(clone, struct read_part, bio)->split = split;
	bio_trim(clone, offset, nr_sectors);
	clone->bi_iter.bi_sector += shift;
	/* The submitter polls for its own bio, and nothing would poll for the clone. */
	clone->bi_opf &= ~(REQ_NOWAIT | REQ_RAHEAD | BLKDEBUG_REQ_POLLED);
	clone->bi_end_io = end_part;
	atomic_inc(&split->pending);
	submit_bio_noacct(clone);
}

/**
 * blkdebug_end_split - all parts of a read have been begun
 * @split: the read, which may be gone when this returns
 *
 * Context: any.
 */
void blkdebug_end_split(struct blkdebug_split *split)
{
	put_split(split);
}

/**
 * blkdebug_copy_data - copy between a bio and memory
 * @bio: the bio
 * @iter: where in the bio; advanced
 * @data: the memory; NULL: zeroes
 * @bytes: number of bytes
 * @to_bio: from memory to the bio, or else from the bio to memory
 *
 * Context: does not sleep.
 */
void blkdebug_copy_data(struct bio *bio, struct bvec_iter *iter, u8 *data,
			unsigned int bytes, bool to_bio)
{
	while (bytes) {
		struct bio_vec bv = bio_iter_iovec(bio, *iter);
		unsigned int len = min(bytes, bv.bv_len);
		u8 *page = kmap_local_page(bv.bv_page);

		if (!to_bio)
			memcpy(data, page + bv.bv_offset, len);
		else if (data)
			memcpy(page + bv.bv_offset, data, len);
		else
			memset(page + bv.bv_offset, 0, len);
		if (to_bio)
			flush_dcache_page(bv.bv_page);
		kunmap_local(page);
		bio_advance_iter(bio, iter, len);
		bytes -= len;
		if (data)
			data += len;
	}
}

/**
 * blkdebug_copy_part - copy a part of a read from memory
 * @bio: the read
 * @offset: first sector of the part, from the start of the read
 * @data: the data; NULL: zeroes
 * @nr_sectors: number of sectors
 *
 * Context: does not sleep.
 */
void blkdebug_copy_part(struct bio *bio, sector_t offset, const u8 *data,
			sector_t nr_sectors)
{
	struct bvec_iter iter = bio->bi_iter;

	bio_advance_iter(bio, &iter, offset << SECTOR_SHIFT);
	blkdebug_copy_data(bio, &iter, (u8 *)data, nr_sectors << SECTOR_SHIFT,
			   true);
}

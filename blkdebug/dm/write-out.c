// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing out: see write-out.h.
 */
#include <linux/blkdev.h>
#include <linux/mm.h>

#include "write-out.h"

/* Pages of one bio to the device below */
#define BIO_PAGES	128U

static void put_batch(struct blkdebug_writeback *wb)
{
	if (atomic_dec_and_test(&wb->pending))
		complete(&wb->done);
}

static void end_write_out(struct bio *bio)
{
	struct blkdebug_below_bio *below = blkdebug_below_bio(bio);
	struct blkdebug_writeback *wb = below->wb;
	unsigned int i;

	if (bio->bi_status) {
		WRITE_ONCE(wb->status, bio->bi_status);
		for (i = 0; i < below->nr; i++)
			wb->extents[below->first + i].failed = true;
	}
	bio_put(bio);
	put_batch(wb);
}

static bool add_extent(struct bio *bio, const struct blkdebug_extent *extent)
{
	unsigned int bytes = extent->nr_sectors << SECTOR_SHIFT;
	struct page *page = ZERO_PAGE(0);
	unsigned int offset = 0;

	if (extent->data) {
		page = virt_to_page(extent->data);
		offset = offset_in_page(extent->data);
	}
	return bio_add_page(bio, page, bytes, offset) == bytes;
}

/* Submit a bio with the extents from @first on that are next to each other */
static unsigned int write_extents(struct blkdebug_writeback *wb,
				  unsigned int first, unsigned int nr)
{
	const struct blkdebug_extent *extent = &wb->extents[first];
	struct bio *bio = blkdebug_alloc_write(blkdebug_bdev_below(wb),
					       min(nr - first, BIO_PAGES),
					       GFP_NOIO, &wb->bios);
	struct blkdebug_below_bio *below = blkdebug_below_bio(bio);

	below->wb = wb;
	below->first = first;
	below->nr = 0;
	bio->bi_iter.bi_sector = wb->target->start + extent->sector;
	bio->bi_end_io = end_write_out;
	do {
		if (!add_extent(bio, &extent[below->nr]))
			break;
		below->nr++;
	} while (first + below->nr < nr && below->nr < BIO_PAGES &&
		 extent[below->nr - 1].sector + extent[below->nr - 1].nr_sectors ==
		 extent[below->nr].sector);
	nr = below->nr;
	atomic_inc(&wb->pending);
	submit_bio_noacct(bio);
	return nr;
}

static void write_batch(struct blkdebug_writeback *wb, unsigned int nr)
{
	struct blk_plug plug;
	unsigned int i = 0;

	atomic_set(&wb->pending, 1);
	reinit_completion(&wb->done);
	blk_start_plug(&plug);
	while (i < nr)
		i += write_extents(wb, i, nr);
	blk_finish_plug(&plug);
	put_batch(wb);
	wait_for_completion_io(&wb->done);
}

/**
 * blkdebug_write_out - write out all that is durable
 * @wb: the write cache
 *
 * Data that cannot be written stays in the cache.
 *
 * Context: may sleep; one caller at a time.
 *
 * Return: the status of a bio that has failed, or BLK_STS_OK.
 */
blk_status_t blkdebug_write_out(struct blkdebug_writeback *wb)
{
	unsigned int nr;

	wb->status = BLK_STS_OK;
	do {
		nr = blkdebug_take_dirty(wb->cache, wb->extents, BLKDEBUG_BATCH_EXTENTS);
		if (nr) {
			write_batch(wb, nr);
			blkdebug_put_dirty(wb->cache, wb->extents, nr);
		}
	} while (nr && !wb->status);
	return wb->status;
}

/**
 * blkdebug_write_out_and_flush - write out all that is durable, and flush
 * @wb: the write cache
 *
 * Context: may sleep; one caller at a time.
 *
 * Return: the status of a bio that has failed, or BLK_STS_OK.
 */
blk_status_t blkdebug_write_out_and_flush(struct blkdebug_writeback *wb)
{
	blk_status_t status = blkdebug_write_out(wb);

	return status ?: errno_to_blk_status(blkdebug_issue_flush(blkdebug_bdev_below(wb)));
}

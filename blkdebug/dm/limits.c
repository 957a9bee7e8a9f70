// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: see limits.h.
 */
#include <linux/blkdev.h>
#include <linux/log2.h>

#include "limits.h"

/* Test whether @value is a multiple of @unit. An option that is not given is 0. */
static bool is_multiple(u64 value, u64 unit)
{
	return !do_div(value, unit);
}

static int check_align(struct blkdebug_target *t, struct blkdebug_error *err)
{
	u64 align = t->opts.align;
	u64 sectors = align >> SECTOR_SHIFT;

	if (!align)
		return 0;
	if (!is_power_of_2(align))
		return blkdebug_error_set(err, "Invalid alignment", "align");
	if (align < bdev_logical_block_size(t->dev->bdev))
		return blkdebug_error_set(err,
			"Alignment below the device's logical block size",
			"align");
	if (align > BLKDEBUG_MAX_BLOCK_SIZE)
		return blkdebug_error_set(err,
			"Alignment above the largest logical block size",
			"align");
	if (sectors > queue_max_hw_sectors(bdev_get_queue(t->dev->bdev)))
		return blkdebug_error_set(err,
			"Alignment above the device's largest I/O",
			"align");
	if (!is_multiple(t->ti->begin, sectors) ||
	    !is_multiple(t->ti->len, sectors) || !is_multiple(t->start, sectors))
		return blkdebug_error_set(err, "Target not aligned", "align");
	return 0;
}

static int check_multiple(u64 value, u64 unit, const char *name,
			  struct blkdebug_error *err)
{
	if (!is_multiple(value, unit))
		return blkdebug_error_set(err, "Limit not aligned", name);
	return 0;
}

/**
 * blkdebug_check_limits - check the limits in a table line
 * @t: the target, with its device
 * @err: describes a failure
 *
 * As in QEMU, each limit must be a multiple of the alignment, and the largest size of
 * an I/O type a multiple of the smallest.
 *
 * Context: may sleep.
 *
 * Return: 0, or -EINVAL with @err set.
 */
int blkdebug_check_limits(struct blkdebug_target *t, struct blkdebug_error *err)
{
	const struct blkdebug_options *opts = &t->opts;
	u64 align = max_t(u64, opts->align,
			  bdev_logical_block_size(t->dev->bdev));
	int r = check_align(t, err);

	if (r)
		return r;
	if (opts->max_transfer && opts->max_transfer < PAGE_SIZE)
		return blkdebug_error_set(err, "Limit below a page",
					  "max-transfer");
	/* dm would split zone appends, and report wrong sectors to their submitters. */
	if (opts->max_transfer && bdev_is_zoned(t->dev->bdev))
		return blkdebug_error_set(err, "Limit for a zoned device",
					  "max-transfer");
	r = check_multiple(opts->max_transfer, align, "max-transfer", err);
	if (!r)
		r = check_multiple(opts->opt_write_zero, align,
				   "opt-write-zero", err);
	if (!r)
		r = check_multiple(opts->max_write_zero,
				   max(opts->opt_write_zero, align),
				   "max-write-zero", err);
	if (!r)
		r = check_multiple(opts->opt_discard, align, "opt-discard",
				   err);
	if (!r)
		r = check_multiple(opts->max_discard,
				   max(opts->opt_discard, align),
				   "max-discard", err);
	return r;
}

/**
 * blkdebug_check_cache - test whether the target can have a write cache
 * @t: the target, with its device and options
 * @err: why not
 *
 * Return: 0, or -EINVAL with @err set.
 */
int blkdebug_check_cache(struct blkdebug_target *t, struct blkdebug_error *err)
{
	struct block_device *bdev = t->dev->bdev;
	u64 unit = t->opts.atomic_write;
	u64 block = max_t(u64, bdev_logical_block_size(bdev), t->opts.align);

	if (!t->opts.cache)
		return unit ? blkdebug_error_set(err, "Option without a cache",
						 "atomic-write") : 0;
	if (bdev_is_zoned(bdev))
		return blkdebug_error_set(err, "Cache for a zoned device", "cache");
	if (blkdebug_encrypts_inline(bdev))
		return blkdebug_error_set(err,
			"Cache for a device with inline encryption", "cache");
	if (blk_get_integrity(bdev->bd_disk))
		return blkdebug_error_set(err,
			"Cache for a device with integrity data", "cache");
	if (unit && (!is_power_of_2(unit) || unit < block))
		return blkdebug_error_set(err, "Invalid unit", "atomic-write");
	/* dm splits larger writes, so that each part would survive on its own. */
	if (unit >> SECTOR_SHIFT > blkdebug_largest_write(t))
		return blkdebug_error_set(err, "Unit above a quarter of the cache",
					  "atomic-write");
	return 0;
}

/* Lower a limit in sectors to one in bytes, unless that is 0. */
static unsigned int lower_sectors(unsigned int sectors, u64 bytes)
{
	return bytes ? min_t(u64, sectors, bytes >> SECTOR_SHIFT) : sectors;
}

/* Raise a limit in bytes. */
static unsigned int raise_bytes(unsigned int limit, u64 bytes)
{
	return max_t(u64, limit, bytes);
}

/**
 * blkdebug_io_hints - apply the limits to the queue
 * @ti: the target
 * @limits: the limits of the device below, changed here
 *
 * dm splits reads and writes at the target's max_io_len, not at the queue's limit.
 *
 * Context: may sleep; called by dm.
 */
void blkdebug_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	struct blkdebug_target *t = ti->private;
	const struct blkdebug_options *opts = &t->opts;
	u64 bytes;

	limits->logical_block_size = raise_bytes(limits->logical_block_size,
						 opts->align);
	limits->physical_block_size = raise_bytes(limits->physical_block_size,
						  opts->align);
	limits->io_min = raise_bytes(limits->io_min, opts->align);
	limits->max_hw_sectors = lower_sectors(limits->max_hw_sectors,
					       opts->max_transfer);
	limits->max_sectors = lower_sectors(limits->max_sectors, opts->max_transfer);
	if (opts->max_transfer)
		blkdebug_lower_atomic(limits, 1U << __ffs(opts->max_transfer));
	limits->max_write_zeroes_sectors =
		lower_sectors(limits->max_write_zeroes_sectors, opts->max_write_zero);
	if (opts->cache) {
		/* Larger ones would wait for space that the cache does not have */
		blkdebug_lower_atomic(limits, max_t(u64, SZ_64K,
						    opts->atomic_write));
		bytes = (u64)blkdebug_largest_write(t) << SECTOR_SHIFT;
		limits->max_write_zeroes_sectors =
			lower_sectors(limits->max_write_zeroes_sectors, bytes);
	}
	blkdebug_lower_unmap(limits);
	limits->max_discard_sectors = lower_sectors(limits->max_discard_sectors,
						    opts->max_discard);
	limits->max_hw_discard_sectors =
		lower_sectors(limits->max_hw_discard_sectors, opts->max_discard);
	limits->discard_granularity = raise_bytes(limits->discard_granularity,
						  opts->opt_discard);
}

/**
 * blkdebug_too_short - test whether an I/O is below the smallest size
 * @t: the target
 * @iotype: enum blkdebug_iotype of the I/O
 * @sectors: size of the I/O
 *
 * Queue limits do not suffice: there is no smallest size for write zeroes, and the
 * block layer does not enforce the discard granularity.
 *
 * Context: any.
 *
 * Return: true if the I/O is to fail with EOPNOTSUPP, as in QEMU.
 */
bool blkdebug_too_short(struct blkdebug_target *t, unsigned int iotype,
			unsigned int sectors)
{
	u64 bytes = (u64)sectors << SECTOR_SHIFT;

	switch (iotype) {
	case BLKDEBUG_IO_WRITE_ZEROES:
		return bytes < t->opts.opt_write_zero;
	case BLKDEBUG_IO_DISCARD:
		return bytes < t->opts.opt_discard;
	default:
		return false;
	}
}

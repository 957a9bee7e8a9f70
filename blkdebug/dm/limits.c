// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: QEMU's align=, max-transfer= and their like, as limits of the queue.
 */
#include <linux/blkdev.h>
#include <linux/log2.h>

#include "limits.h"

/* Is @value a multiple of @unit, if it is given at all? */
static bool multiple_of(u64 value, u64 unit)
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
			"Alignment above the device's largest request",
			"align");
	if (!multiple_of(t->ti->begin, sectors) ||
	    !multiple_of(t->ti->len, sectors) || !multiple_of(t->start, sectors))
		return blkdebug_error_set(err, "Target not aligned", "align");
	return 0;
}

static int check_multiple(u64 value, u64 unit, const char *name,
			  struct blkdebug_error *err)
{
	if (!multiple_of(value, unit))
		return blkdebug_error_set(err, "Limit not aligned", name);
	return 0;
}

/**
 * blkdebug_check_limits - can the limits in a table line be met?
 * @t: the target, with its device
 * @err: what is wrong, if anything
 *
 * As QEMU does: each limit is a multiple of the alignment, and the largest
 * requests are multiples of the smallest. May sleep.
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
	/* dm would split zone appends, and tell their submitters wrong places */
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

/* A limit in sectors, lowered to one in bytes that may not be given */
static unsigned int lowered(unsigned int sectors, u64 bytes)
{
	return bytes ? min_t(u64, sectors, bytes >> SECTOR_SHIFT) : sectors;
}

static unsigned int raised(unsigned int limit, u64 bytes)
{
	return max_t(u64, limit, bytes);
}

/**
 * blkdebug_io_hints - impose the limits on the queue
 * @ti: the target
 * @limits: those of the device below, to be changed
 *
 * dm does not split reads and writes at the queue's limit; the target's
 * max_io_len does that. Called by dm; may sleep.
 */
void blkdebug_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	struct blkdebug_target *t = ti->private;
	const struct blkdebug_options *opts = &t->opts;

	limits->logical_block_size = raised(limits->logical_block_size,
					    opts->align);
	limits->physical_block_size = raised(limits->physical_block_size,
					     opts->align);
	limits->io_min = raised(limits->io_min, opts->align);
	limits->max_hw_sectors = lowered(limits->max_hw_sectors,
					 opts->max_transfer);
	limits->max_sectors = lowered(limits->max_sectors, opts->max_transfer);
	if (opts->max_transfer)
		blkdebug_lower_atomic(limits, 1U << __ffs(opts->max_transfer));
	limits->max_write_zeroes_sectors =
		lowered(limits->max_write_zeroes_sectors, opts->max_write_zero);
	if (opts->cache) {
		/* Larger ones would wait for space that the cache does not have */
		blkdebug_lower_atomic(limits, max_t(u64, SZ_64K,
						    opts->atomic_write));
		limits->max_write_zeroes_sectors =
			lowered(limits->max_write_zeroes_sectors,
				(u64)blkdebug_largest_write(t) << SECTOR_SHIFT);
	}
	blkdebug_lower_unmap(limits);
	limits->max_discard_sectors = lowered(limits->max_discard_sectors,
					      opts->max_discard);
	limits->max_hw_discard_sectors =
		lowered(limits->max_hw_discard_sectors, opts->max_discard);
	limits->discard_granularity = raised(limits->discard_granularity,
					     opts->opt_discard);
}

/**
 * blkdebug_too_short - is a request below the smallest size?
 * @t: the target
 * @iotype: of the request
 * @sectors: its size
 *
 * For write zeroes the kernel has no limit of that kind, and to its limit for
 * discards nobody is bound. Any context.
 *
 * Return: true if it is to end in EOPNOTSUPP, as QEMU has it.
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

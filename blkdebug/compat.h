/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between kernel versions, so that all other files use the API of
 * the newest kernel.
 */
#ifndef BLKDEBUG_COMPAT_H
#define BLKDEBUG_COMPAT_H

#include <linux/blkdev.h>
#include <linux/device-mapper.h>
#include <linux/highmem.h>
#include <linux/hrtimer.h>
#include <linux/version.h>

/* In blkdev.h before 5.17 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
#include <linux/blk-integrity.h>
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define blkdebug_assign_str(dst, src)	__assign_str(dst)
#else
#define blkdebug_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* Defined since 5.11 and 7.2, respectively */
#ifndef DM_TARGET_PASSES_CRYPTO
#define DM_TARGET_PASSES_CRYPTO		0
#endif
#ifndef DM_TARGET_ATOMIC_WRITES
#define DM_TARGET_ATOMIC_WRITES		0
#endif

/* Before 5.15 dm passes no such type */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 15, 0)
#define STATUSTYPE_IMA			(STATUSTYPE_TABLE + 1)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
static inline sector_t bdev_nr_sectors(struct block_device *bdev)
{
	return i_size_read(bdev->bd_inode) >> SECTOR_SHIFT;
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
static inline int dm_report_zones(struct block_device *bdev, sector_t start,
				  sector_t sector,
				  struct dm_report_zones_args *args,
				  unsigned int nr_zones)
{
	args->start = start;
	return blkdev_report_zones(bdev, sector, nr_zones, dm_report_zones_cb,
				   args);
}
#endif

/* Since 6.16, .prepare_ioctl is passed the ioctl */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define BLKDEBUG_PREPARE_IOCTL(name)					\
	int name(struct dm_target *ti, struct block_device **bdev,	\
		 unsigned int cmd, unsigned long arg, bool *forward)
#else
#define BLKDEBUG_PREPARE_IOCTL(name)					\
	int name(struct dm_target *ti, struct block_device **bdev)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define kmap_local_page			kmap_atomic
#define kunmap_local			kunmap_atomic
#endif

/* The new name of the constant, since 5.12 */
#ifndef BIO_MAX_VECS
#define BIO_MAX_VECS			BIO_MAX_PAGES
#endif

/* Since 5.18, a bio is allocated for a device and an operation */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0)
#define blkdebug_alloc_write(bdev, nr_vecs, gfp, set)			\
	bio_alloc_bioset(bdev, nr_vecs, REQ_OP_WRITE, gfp, set)
#define blkdebug_clone_bio(bdev, bio, gfp, set)				\
	bio_alloc_clone(bdev, bio, gfp, set)
#else
static inline struct bio *blkdebug_alloc_write(struct block_device *bdev,
					       unsigned short nr_vecs,
					       gfp_t gfp, struct bio_set *set)
{
	struct bio *bio = bio_alloc_bioset(gfp, nr_vecs, set);

	if (bio) {
		bio_set_dev(bio, bdev);
		bio->bi_opf = REQ_OP_WRITE;
	}
	return bio;
}

static inline struct bio *blkdebug_clone_bio(struct block_device *bdev,
					     struct bio *bio, gfp_t gfp,
					     struct bio_set *set)
{
	struct bio *clone = bio_clone_fast(bio, gfp, set);

	if (clone)
		bio_set_dev(clone, bdev);
	return clone;
}
#endif

/*
 * A block device that is open, but not claimed: another holder may have claimed it. The
 * type and the functions have changed in 6.5, 6.7 and 6.9.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define blkdebug_open_bdev		struct file
#define blkdebug_open_dev(dev)						\
	bdev_file_open_by_dev(dev, BLK_OPEN_READ, NULL, NULL)
#define blkdebug_bdev_of(open)		file_bdev(open)
#define blkdebug_close_bdev(open)	bdev_fput(open)
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define blkdebug_open_bdev		struct bdev_handle
#define blkdebug_open_dev(dev)		bdev_open_by_dev(dev, BLK_OPEN_READ, NULL, NULL)
#define blkdebug_bdev_of(open)		((open)->bdev)
#define blkdebug_close_bdev(open)	bdev_release(open)
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define blkdebug_open_bdev		struct block_device
#define blkdebug_open_dev(dev)		blkdev_get_by_dev(dev, BLK_OPEN_READ, NULL, NULL)
#define blkdebug_bdev_of(open)		(open)
#define blkdebug_close_bdev(open)	blkdev_put(open, NULL)
#else
#define blkdebug_open_bdev		struct block_device
#define blkdebug_open_dev(dev)		blkdev_get_by_dev(dev, FMODE_READ, NULL)
#define blkdebug_bdev_of(open)		(open)
#define blkdebug_close_bdev(open)	blkdev_put(open, FMODE_READ)
#endif

/* Before 5.11, the number of the device with a path is that of its struct */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define blkdebug_lookup_path(path, dev)	lookup_bdev(path, dev)
#else
static inline int blkdebug_lookup_path(const char *path, dev_t *dev)
{
	struct block_device *bdev = lookup_bdev(path);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	*dev = bdev->bd_dev;
	bdput(bdev);
	return 0;
}
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define blkdebug_issue_flush(bdev)	blkdev_issue_flush(bdev)
#else
#define blkdebug_issue_flush(bdev)	blkdev_issue_flush(bdev, GFP_NOIO)
#endif

/* The keyslot manager has been called crypto profile since 5.16 */
static inline bool blkdebug_encrypts_inline(struct block_device *bdev)
{
#ifndef CONFIG_BLK_INLINE_ENCRYPTION
	return false;
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
	return bdev_get_queue(bdev)->crypto_profile;
#else
	return bdev_get_queue(bdev)->ksm;
#endif
}

/* Defined since 6.11; older kernels have no atomic writes */
#ifdef REQ_ATOMIC
#define BLKDEBUG_REQ_ATOMIC		REQ_ATOMIC
#else
#define BLKDEBUG_REQ_ATOMIC		((typeof(REQ_FUA))0)
#endif

/* Defined since 5.16; before 5.18, dm clears the flag of that purpose */
#ifdef REQ_POLLED
#define BLKDEBUG_REQ_POLLED		REQ_POLLED
#else
#define BLKDEBUG_REQ_POLLED		((typeof(REQ_FUA))0)
#endif

/* Since 6.19 the struct pages of a folio are contiguous in each memory model */
#ifndef nth_page
#define nth_page(page, n)		((page) + (n))
#endif

/* The largest logical block size that the kernel supports */
#ifdef BLK_MAX_BLOCK_SIZE
#define BLKDEBUG_MAX_BLOCK_SIZE		BLK_MAX_BLOCK_SIZE
#else
#define BLKDEBUG_MAX_BLOCK_SIZE		PAGE_SIZE
#endif

/*
 * Lower the limits of atomic writes to @bytes, a power of two, so that no atomic write
 * crosses a multiple of @bytes.
 */
static inline void blkdebug_lower_atomic(struct queue_limits *limits,
					 unsigned int bytes)
{
#ifdef REQ_ATOMIC
	limits->atomic_write_hw_max = min(limits->atomic_write_hw_max, bytes);
	limits->atomic_write_hw_unit_max =
		min(limits->atomic_write_hw_unit_max, bytes);
	limits->atomic_write_hw_unit_min =
		min(limits->atomic_write_hw_unit_min, bytes);
#endif
}

/* Since 6.17, a write-zeroes limit for unmapping is 0 or equal to the general one */
static inline void blkdebug_lower_unmap(struct queue_limits *limits)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	if (limits->max_hw_wzeroes_unmap_sectors)
		limits->max_hw_wzeroes_unmap_sectors =
			limits->max_write_zeroes_sectors;
#endif
}

static inline void
blkdebug_hrtimer_setup(struct hrtimer *timer,
		       enum hrtimer_restart (*function)(struct hrtimer *timer),
		       enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = function;
#endif
}

/*
 * Up to 5.17, dm starts to account a bio before it maps the bio. Since 5.18, a target
 * that submits bios itself sets a flag and submits them by dm_submit_bio_remap(), so
 * that dm starts to account each when it is submitted.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0)
static inline void blkdebug_set_accounts_remapped_io(struct dm_target *ti)
{
	ti->accounts_remapped_io = true;
}

static inline void blkdebug_submit_remapped(struct bio *bio)
{
	dm_submit_bio_remap(bio, NULL);
}
#else
static inline void blkdebug_set_accounts_remapped_io(struct dm_target *ti)
{
}

static inline void blkdebug_submit_remapped(struct bio *bio)
{
	submit_bio_noacct(bio);
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between kernel versions, so that the rest reads like code
 * for the newest.
 */
#ifndef BLKDEBUG_COMPAT_H
#define BLKDEBUG_COMPAT_H

#include <linux/device-mapper.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define blkdebug_assign_str(dst, src)	__assign_str(dst)
#else
#define blkdebug_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* 7.2 has it */
#ifndef DM_TARGET_ATOMIC_WRITES
#define DM_TARGET_ATOMIC_WRITES		0
#endif

/*
 * Up to 5.17 dm starts to account a bio before it maps it; from then on a
 * target that submits a bio by itself says so, and lets dm do it.
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

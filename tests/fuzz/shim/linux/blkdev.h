/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The block layer: which errnos bios carry, as Linux 6.1 has it.
 */
#ifndef SHIM_BLKDEV_H
#define SHIM_BLKDEV_H

#include <linux/kernel.h>

#define SECTOR_SHIFT	9
#define REQ_FUA		0x20000U

typedef int blk_status_t;

blk_status_t errno_to_blk_status(int error);
int blk_status_to_errno(blk_status_t status);

struct bio;
struct block_device;
struct queue_limits;

#endif

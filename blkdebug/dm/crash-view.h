/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The target blkdebug-crash: a disk with what a power cut of its origin would leave.
 *
 *   <origin> [<choice>] [at=<mark>]
 *
 * The origin is a dm device with a blkdebug target, which has a cache, over its whole
 * length. The view opens the origin, so that the origin cannot be removed, and the
 * device below the origin's target, which it reads.
 *
 * Reads that need nothing but the device below are mapped there. Everything else is
 * done by @work, one bio after the other. When the moment of the view is given up, all
 * I/O ends in EIO, also I/O that is in flight: the device below may have changed.
 */
#ifndef BLKDEBUG_CRASH_VIEW_H
#define BLKDEBUG_CRASH_VIEW_H

#include <linux/device-mapper.h>

extern struct target_type blkdebug_crash_target;

#endif

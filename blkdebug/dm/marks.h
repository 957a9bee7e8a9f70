/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Origins, the targets that views can be made of; and marks, the moments of origins that
 * have a name.
 *
 * A target is an origin while it is in use: from its resume to its suspend. A suspend
 * gives up all its moments, because afterwards the device below has everything.
 */
#ifndef BLKDEBUG_MARKS_H
#define BLKDEBUG_MARKS_H

#include <linux/types.h>

#include "../engine/call.h"

/* The longest name of a mark, in bytes */
#define BLKDEBUG_MARK_MAX	63

struct blkdebug_moment;
struct blkdebug_target;

/* The parts of an origin that a view needs */
struct blkdebug_origin {
	struct blkdebug_moment *moment;	/* the view becomes a user of it */
	dev_t below;			/* the device below the origin's target */
	sector_t start;			/* of the target, on @below */
	unsigned int block_bytes;	/* the logical block size */
	u64 seed;			/* of the draws, unless the view has a seed */
};

void blkdebug_add_origin(struct blkdebug_target *t);
void blkdebug_remove_origin(struct blkdebug_target *t);

int blkdebug_open_moment(dev_t dev, sector_t nr_sectors, const char *mark,
			 struct blkdebug_origin *origin, const char **reason);

int blkdebug_mark_command(struct blkdebug_target *t, struct blkdebug_call *call);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Views: what a power cut at a moment would leave, as a disk of its own. Knows neither
 * bios nor device-mapper.
 *
 * The data of a sector is, in this order:
 *
 *   what the view itself has written there
 *   the newest version in the moment that is durable, or survives by the choice
 *   what is on the device below
 *
 * A view decides about a version each time it meets the version, by the same function
 * as a cut (survive.h). So a view has no copy of the moment, and a moment can have as
 * many views as there are choices.
 *
 * The volatile writes that a reader may have told apart are recorded, see
 * blkdebug_touch_view(). Two choices that agree in these leave states in which the
 * reader behaves alike.
 *
 * Locking: one thread at a time changes what the view has written; readers that run
 * beside it only test whether there is anything, see blkdebug_view_holds().
 */
#ifndef BLKDEBUG_CACHE_VIEW_H
#define BLKDEBUG_CACHE_VIEW_H

#include <linux/xarray.h>

#include "moment.h"
#include "survive.h"

/* 4 KiB that a view has written some sectors of */
struct blkdebug_view_block {
	u8 *data;	/* NULL: zeroes */
	u8 mask;	/* the sectors that it has written, a bit each */
};

struct blkdebug_view {
	/* Constant. */
	struct blkdebug_moment *moment;
	struct blkdebug_cut *cut;
	u64 seed;
	struct blkdebug_lottery lottery;
	struct blkdebug_outcome outcome;

	/* Looks of readers; lockless. */
	unsigned long *touched;		/* a bit for each volatile write */
	u32 *order;			/* the numbers, 0: being stored */
	atomic_t nr_touched;

	/* See above. */
	struct xarray blocks;		/* struct blkdebug_view_block, by number */
};

int blkdebug_view_init(struct blkdebug_view *view, struct blkdebug_moment *moment,
		       struct blkdebug_cut *cut, u64 seed);
void blkdebug_view_exit(struct blkdebug_view *view);

bool blkdebug_view_holds(struct blkdebug_view *view, sector_t sector,
			 sector_t nr_sectors);
bool blkdebug_would_touch_view(struct blkdebug_view *view, sector_t sector,
			       sector_t nr_sectors);
void blkdebug_touch_view(struct blkdebug_view *view, sector_t sector,
			 sector_t nr_sectors);
void blkdebug_find_in_view(struct blkdebug_view *view, sector_t sector,
			   sector_t nr_sectors, struct blkdebug_span *span);
u8 *blkdebug_write_view(struct blkdebug_view *view, sector_t sector,
			unsigned int nr_sectors);
int blkdebug_zero_view(struct blkdebug_view *view, sector_t sector,
		       unsigned int nr_sectors);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of sector ranges.
 */
#ifndef BLKDEBUG_RANGES_H
#define BLKDEBUG_RANGES_H

#include <linux/seq_buf.h>
#include <linux/types.h>

#include "parse.h"

/* Sectors from the target's start, both ends included */
struct blkdebug_range {
	sector_t first;			/* the first sector */
	sector_t last;			/* the last sector */
};

int blkdebug_parse_ranges(const char *list, sector_t nr_sectors,
			  struct blkdebug_range **ranges, u32 *nr,
			  struct blkdebug_error *err);
int blkdebug_sort_ranges(struct blkdebug_range *ranges, u32 *nr);
void blkdebug_print_range(struct seq_buf *out,
			  const struct blkdebug_range *range, bool first);

#endif

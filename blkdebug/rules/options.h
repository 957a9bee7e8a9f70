/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options: the key=value words of a table line before its first rule.
 */
#ifndef BLKDEBUG_OPTIONS_H
#define BLKDEBUG_OPTIONS_H

#include <linux/sizes.h>

#include "rule.h"

/* Limits of the options "cache" and "atomic-write", in bytes */
#define BLKDEBUG_CACHE_MIN	((u64)SZ_1M)
#define BLKDEBUG_CACHE_MAX	(64ULL << 30)
#define BLKDEBUG_UNIT_MIN	512
#define BLKDEBUG_UNIT_MAX	SZ_1M

/* The options of a table line */
struct blkdebug_options {
	u64 align;			/* logical block size in bytes; 0, as below:
					 * the device's
					 */
	u64 max_transfer;		/* the most bytes of a read or write */
	u64 opt_write_zero;		/* the fewest bytes of a write zeroes */
	u64 max_write_zero;		/* the most bytes of a write zeroes */
	u64 opt_discard;		/* the fewest bytes of a discard */
	u64 max_discard;		/* the most bytes of a discard */
	u64 cache;			/* size of the volatile write cache in bytes;
					 * 0: there is none
					 */
	u64 atomic_write;		/* the largest write that a power cut leaves
					 * whole, in bytes; 0: a logical block
					 */
	char power[BLKDEBUG_NAME_MAX + 1];	/* name of the power supply, or empty */
	u64 state;			/* the state that the target starts in */
	u64 seed;			/* seed of all random choices */
};

int blkdebug_parse_options(unsigned int argc, char **argv, unsigned int *pos,
			   struct blkdebug_options *opts,
			   struct blkdebug_error *err);
void blkdebug_print_options(struct seq_buf *out,
			    const struct blkdebug_options *opts);
void blkdebug_print_option_names(struct seq_buf *out);

#endif

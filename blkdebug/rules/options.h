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

/**
 * struct blkdebug_options - the options of a table line
 * @align: logical block size in bytes; 0, as below: the device's
 * @max_transfer: the most bytes of a read or write
 * @opt_write_zero: the fewest bytes of a write zeroes
 * @max_write_zero: the most bytes of a write zeroes
 * @opt_discard: the fewest bytes of a discard
 * @max_discard: the most bytes of a discard
 * @cache: size of the volatile write cache in bytes; 0: there is none
 * @atomic_write: the largest write that a power cut leaves whole, in bytes; 0: a
 *	logical block
 * @power: name of the power supply, or empty
 * @state: the state that the target starts in
 * @seed: seed of all random choices
 */
struct blkdebug_options {
	u64 align;
	u64 max_transfer;
	u64 opt_write_zero;
	u64 max_write_zero;
	u64 opt_discard;
	u64 max_discard;
	u64 cache;
	u64 atomic_write;
	char power[BLKDEBUG_NAME_MAX + 1];
	u64 state;
	u64 seed;
};

int blkdebug_parse_options(unsigned int argc, char **argv, unsigned int *pos,
			   struct blkdebug_options *opts,
			   struct blkdebug_error *err);
void blkdebug_print_options(struct seq_buf *out,
			    const struct blkdebug_options *opts);
void blkdebug_print_option_names(struct seq_buf *out);

#endif

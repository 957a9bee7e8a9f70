/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options: the key=value words of a table line before its first rule.
 */
#ifndef BLKDEBUG_OPTIONS_H
#define BLKDEBUG_OPTIONS_H

#include "rule.h"

/* The options of a table line. Constant once the table is loaded. */
struct blkdebug_options {
	/* Limits in bytes; 0: the limit of the device below */
	u64 align;			/* logical block size */
	u64 max_transfer;		/* largest read or write */
	u64 opt_write_zero;		/* smallest write zeroes */
	u64 max_write_zero;		/* largest write zeroes */
	u64 opt_discard;		/* smallest discard */
	u64 max_discard;		/* largest discard */

	u64 state;			/* at load */
	u64 seed;			/* of all random choices */
};

int blkdebug_parse_options(unsigned int argc, char **argv, unsigned int *pos,
			   struct blkdebug_options *opts,
			   struct blkdebug_error *err);
void blkdebug_print_options(struct seq_buf *out,
			    const struct blkdebug_options *opts);
void blkdebug_print_option_names(struct seq_buf *out);

#endif

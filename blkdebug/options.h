/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options: what a table line says before its first rule.
 */
#ifndef BLKDEBUG_OPTIONS_H
#define BLKDEBUG_OPTIONS_H

#include "rule.h"

/**
 * struct blkdebug_options - the options of a table line
 * @state: state to start in
 * @seed: of all random choices
 */
struct blkdebug_options {
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: messages, which dm and sysfs pass to the engine, and status output.
 */
#ifndef BLKDEBUG_COMMANDS_H
#define BLKDEBUG_COMMANDS_H

#include "../rules/options.h"
#include "engine.h"

int blkdebug_message(struct blkdebug_engine *engine, unsigned int argc,
		     char **argv, struct seq_buf *result,
		     struct blkdebug_error *err);

void blkdebug_print_status(struct blkdebug_engine *engine, struct seq_buf *out);
void blkdebug_print_rules(struct blkdebug_engine *engine, struct seq_buf *out);
void blkdebug_print_held_tags(struct blkdebug_engine *engine,
			      struct seq_buf *out);
void blkdebug_print_all_features(struct seq_buf *out);

#endif

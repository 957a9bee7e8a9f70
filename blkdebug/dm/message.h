/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages: from dm and from sysfs to the engine's commands.
 */
#ifndef BLKDEBUG_MESSAGE_H
#define BLKDEBUG_MESSAGE_H

#include "target.h"

void blkdebug_log_error(struct blkdebug_target *t,
			const struct blkdebug_error *err);
int blkdebug_command(struct blkdebug_target *t, unsigned int argc, char **argv,
		     struct seq_buf *result);
int blkdebug_target_message(struct dm_target *ti, unsigned int argc,
			    char **argv, char *result, unsigned int maxlen);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits: the options align=, max-transfer=, opt-discard= etc. as queue limits.
 */
#ifndef BLKDEBUG_LIMITS_H
#define BLKDEBUG_LIMITS_H

#include "target.h"

int blkdebug_check_limits(struct blkdebug_target *t,
			  struct blkdebug_error *err);
int blkdebug_check_cache(struct blkdebug_target *t, struct blkdebug_error *err);
void blkdebug_io_hints(struct dm_target *ti, struct queue_limits *limits);
bool blkdebug_too_short(struct blkdebug_target *t, unsigned int iotype,
			unsigned int sectors);

#endif

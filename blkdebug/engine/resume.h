/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resume: holds and delays end by message, by timer and at a suspend.
 */
#ifndef BLKDEBUG_RESUME_H
#define BLKDEBUG_RESUME_H

#include "engine.h"

void blkdebug_resume_hold(struct blkdebug_engine *engine,
			  struct blkdebug_hold *hold, int error);
bool blkdebug_resume_all(struct blkdebug_engine *engine,
			 struct blkdebug_tag *tag, int error);
bool blkdebug_cancel_event(struct blkdebug_engine *engine,
			   struct blkdebug_io *io);

void blkdebug_end_delays(struct blkdebug_engine *engine);

void blkdebug_suspend(struct blkdebug_engine *engine, bool requeue,
		      struct list_head *requeued);
void blkdebug_unsuspend(struct blkdebug_engine *engine);
void __blkdebug_unsuspend(struct blkdebug_engine *engine);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fault: delay an I/O, and choose the fault that decides its fate.
 */
#ifndef BLKDEBUG_FAULT_H
#define BLKDEBUG_FAULT_H

#include "engine.h"

void blkdebug_account_injected(struct blkdebug_engine *engine,
			       struct blkdebug_io *io);
enum blkdebug_verdict blkdebug_check_faults(struct blkdebug_engine *engine,
					    struct blkdebug_io *io,
					    bool locked);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a rule whose filters an I/O passed fires this time (comm, after,
 * interval, probability), and the random numbers that rules draw.
 */
#ifndef BLKDEBUG_CHANCE_H
#define BLKDEBUG_CHANCE_H

#include "rule.h"

u64 blkdebug_draw(u64 seed, u64 number);
u64 blkdebug_draw_below(u64 draw, u64 limit);

bool blkdebug_rule_for_task(const struct blkdebug_rule *rule,
			    const struct blkdebug_io_desc *desc);
bool blkdebug_rule_should_fire(struct blkdebug_rule *rule, u64 seed);
u64 blkdebug_rule_draw(const struct blkdebug_rule *rule, u64 seed);
u64 blkdebug_rule_delay(const struct blkdebug_rule *rule, u64 seed);

#endif

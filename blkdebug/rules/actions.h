/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Acting: whether a rule that matches acts this time, and what it then does.
 */
#ifndef BLKDEBUG_ACTIONS_H
#define BLKDEBUG_ACTIONS_H

#include "rule.h"

/**
 * struct blkdebug_effect - what becomes of a request that a fault has struck
 * @action: enum blkdebug_action
 * @value: of the byte to set, if no @bits are to be flipped
 * @bits: how many bits to flip
 * @sectors: how many of the request's first sectors are transferred
 * @to: sector that it goes to instead
 * @start: first byte that may be altered, from the request's start; or the
 *	byte to set
 * @bytes: how many may be altered
 * @draw: what random choices are drawn from
 *
 * A copy, as the rule may be gone when it comes to that.
 */
struct blkdebug_effect {
	u8 action;
	u8 value;
	u8 bits;
	sector_t sectors;
	sector_t to;
	u64 start;
	u64 bytes;
	u64 draw;
};

u64 blkdebug_draw(u64 seed, u64 number);
u64 blkdebug_draw_below(u64 draw, u64 limit);

bool blkdebug_rule_for_task(const struct blkdebug_rule *rule,
			    const struct blkdebug_io *io);
bool blkdebug_rule_fits(const struct blkdebug_rule *rule,
			const struct blkdebug_io *io,
			const struct blkdebug_geometry *geometry);
bool blkdebug_rule_should_fire(struct blkdebug_rule *rule, u64 seed);
u64 blkdebug_rule_delay(const struct blkdebug_rule *rule, u64 seed);
void blkdebug_rule_effect(const struct blkdebug_rule *rule,
			  const struct blkdebug_io *io,
			  const struct blkdebug_geometry *geometry, u64 seed,
			  struct blkdebug_effect *effect);

#endif

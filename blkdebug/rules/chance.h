/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chance: decide whether a rule that matches an I/O fires (comm, after, interval,
 * probability), and draw random numbers.
 */
#ifndef BLKDEBUG_CHANCE_H
#define BLKDEBUG_CHANCE_H

#include "rule.h"

u64 blkdebug_draw(u64 seed, u64 number);
u64 blkdebug_draw_below(u64 draw, u64 limit);

bool blkdebug_comm_matches(const char *comm, const char *name);
bool __blkdebug_rule_should_fire(const struct blkdebug_rule *rule, u64 seed);
u64 blkdebug_rule_draw(const struct blkdebug_rule *rule, u64 seed);
u64 blkdebug_rule_delay(const struct blkdebug_rule *rule, u64 seed);

/**
 * blkdebug_rule_for_task - test whether a rule applies to I/O of the submitting task
 * @rule: the rule
 * @desc: the I/O
 *
 * Context: Any context. The caller holds the engine's lock or an RCU read lock,
 * so that @rule is not freed.
 * Return: true if the rule has no comm=, or comm= matches the submitting task.
 */
static inline bool blkdebug_rule_for_task(const struct blkdebug_rule *rule,
					  const struct blkdebug_io_desc *desc)
{
	return !rule->params || !*rule->params->comm ||
	       blkdebug_comm_matches(rule->params->comm, desc->comm);
}

/**
 * blkdebug_rule_should_fire - count a match, and decide whether the rule fires
 * @rule: the rule, which matched an I/O
 * @seed: of the target
 *
 * Context: Any context. The caller serializes calls for the same rule.
 * Return: true if after=, interval= and probability= let the rule fire.
 */
static inline bool blkdebug_rule_should_fire(struct blkdebug_rule *rule,
					     u64 seed)
{
	if (!rule->params)
		return true;
	if (++rule->params->matches <= rule->params->after)
		return false;
	return __blkdebug_rule_should_fire(rule, seed);
}

#endif

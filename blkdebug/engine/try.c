// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tries: see try.h.
 */
#include <linux/lockdep.h>

#include "../rules/chance.h"
#include "try.h"

/**
 * blkdebug_try_rule - count a match, and decide whether the rule fires
 * @engine: the engine
 * @desc: the I/O
 * @rule: a rule that matches the I/O
 *
 * Context: the engine's lock is held.
 *
 * Return: true if the rule fires.
 */
bool blkdebug_try_rule(struct blkdebug_engine *engine,
		       const struct blkdebug_io_desc *desc,
		       struct blkdebug_rule *rule)
{
	lockdep_assert_held(&engine->lock);
	return blkdebug_rule_fits(rule, desc, &engine->geometry) &&
	       blkdebug_rule_should_fire(rule, engine->seed);
}

/**
 * blkdebug_take_match - find the next match, and record that the I/O has met it
 * @io: the I/O
 * @search: the search under way
 *
 * Context: the engine's lock is held.
 *
 * Return: the rule, or NULL.
 */
struct blkdebug_rule *blkdebug_take_match(struct blkdebug_io *io,
					  struct blkdebug_search *search)
{
	struct blkdebug_rule *rule = blkdebug_next_match(search);

	io->last_rule = rule ? rule->number : U64_MAX;
	return rule;
}

/**
 * blkdebug_try_matches - find the next match that fires, in a batch of matches
 * @engine: the engine
 * @io: the I/O
 * @search: the search under way
 *
 * Context: the engine's lock is held.
 *
 * Return: the rule, or NULL; blkdebug_search_ended() tells whether matches are left.
 */
struct blkdebug_rule *blkdebug_try_matches(struct blkdebug_engine *engine,
					   struct blkdebug_io *io,
					   struct blkdebug_search *search)
{
	struct blkdebug_rule *rule;
	unsigned int i;

	lockdep_assert_held(&engine->lock);
	for (i = 0; i < BLKDEBUG_TRY_BATCH; i++) {
		rule = blkdebug_take_match(io, search);
		if (!rule || blkdebug_try_rule(engine, &io->desc, rule))
			return rule;
	}
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chance: see chance.h.
 *
 * All numbers depend on the target's seed, the rule's number and the rule's
 * count of matches only, so that the same I/O fails again with the same seed.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "chance.h"

/* Each decision about a match draws a number of its own. */
enum draw {
	DRAW_PROBABILITY,
	DRAW_EFFECT,
};

/**
 * blkdebug_draw - draw a random number
 * @seed: the seed
 * @number: the number's position in the sequence of @seed
 *
 * The finalizer of SplitMix64: the same numbers on every kernel.
 *
 * Context: Any context.
 * Return: a number of 64 bits.
 */
u64 blkdebug_draw(u64 seed, u64 number)
{
	u64 x = seed + (number + 1) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/**
 * blkdebug_draw_below - map a draw to a smaller interval
 * @draw: from blkdebug_draw()
 * @limit: size of the interval, not 0
 *
 * Context: Any context.
 * Return: a number below @limit.
 */
u64 blkdebug_draw_below(u64 draw, u64 limit)
{
	/* The remainder is uneven, but by less than 2^-24 up to a limit of 2^40. */
	if (limit <= U32_MAX)
		return ((draw >> 32) * limit) >> 32;
	div64_u64_rem(draw, limit, &draw);
	return draw;
}

static u64 draw_match(const struct blkdebug_rule *rule, u64 seed,
		      enum draw draw)
{
	u64 match = rule->params ? rule->params->matches : 0;

	return blkdebug_draw(blkdebug_draw(blkdebug_draw(seed, rule->number),
					   match), draw);
}

/**
 * blkdebug_comm_matches - test whether the name of a task matches comm=
 * @comm: value of comm=: a name, or the beginning of one and '*'
 * @name: name of the task, with %TASK_COMM_LEN bytes
 *
 * Context: Any context.
 * Return: true if the name matches.
 */
bool blkdebug_comm_matches(const char *comm, const char *name)
{
	unsigned int i;

	/* A search calls this for many rules, most of which differ soon. */
	for (i = 0; comm[i]; i++) {
		if (comm[i] == '*' && !comm[i + 1])
			return true;
		if (comm[i] != name[i])
			return false;
	}
	return !name[i];
}

/* Decide whether a match that is past after= fires. */
bool __blkdebug_rule_should_fire(const struct blkdebug_rule *rule, u64 seed)
{
	const struct blkdebug_params *params = rule->params;
	const struct blkdebug_fraction *p = &params->probability;
	u64 nth;

	if (params->interval != 1) {
		div64_u64_rem(params->matches - params->after,
			      params->interval, &nth);
		if (nth)
			return false;
	}
	return !p->denominator ||
	       blkdebug_draw_below(draw_match(rule, seed, DRAW_PROBABILITY),
				   p->denominator) < p->numerator;
}

/**
 * blkdebug_rule_draw - draw the random number of a rule's effect
 * @rule: the rule, which has just fired
 * @seed: of the target
 *
 * Context: Any context. The caller serializes this with
 * blkdebug_rule_should_fire().
 * Return: a number of 64 bits.
 */
u64 blkdebug_rule_draw(const struct blkdebug_rule *rule, u64 seed)
{
	return draw_match(rule, seed, DRAW_EFFECT);
}

/**
 * blkdebug_rule_delay - draw the duration of a delay
 * @rule: a delay rule, which has just fired
 * @seed: of the target
 *
 * Context: Any context. The caller serializes this with
 * blkdebug_rule_should_fire().
 * Return: the time in us.
 */
u64 blkdebug_rule_delay(const struct blkdebug_rule *rule, u64 seed)
{
	const struct blkdebug_params *params = rule->params;

	if (!params->jitter)
		return params->delay;
	return params->delay +
	       blkdebug_draw_below(blkdebug_rule_draw(rule, seed),
				   params->jitter + 1);
}

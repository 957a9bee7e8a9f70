// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acting: see actions.h. The engine's lock is held by whoever calls what counts.
 */
#include <linux/blkdev.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "actions.h"
#include "../media.h"

/* Which of a match's random choices; each is drawn by itself */
enum {
	DRAW_PROBABILITY,
	DRAW_EFFECT,
};

/**
 * blkdebug_draw - draw a random number
 * @seed: what it depends on
 * @number: and what else
 *
 * The finalizer of SplitMix64: the same numbers on every kernel.
 *
 * Return: the number, of 64 bits.
 */
u64 blkdebug_draw(u64 seed, u64 number)
{
	u64 x = seed + (number + 1) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/**
 * blkdebug_draw_below - make a draw one of a few
 * @draw: from blkdebug_draw()
 * @limit: of how many, not 0
 *
 * Return: a number below @limit.
 */
u64 blkdebug_draw_below(u64 draw, u64 limit)
{
	/* Good enough for limits of 2^40 and more, and exact for small ones */
	if (limit <= U32_MAX)
		return ((draw >> 32) * limit) >> 32;
	div64_u64_rem(draw, limit, &draw);
	return draw;
}

/* It depends on the seed, the rule's number and the number of its match only */
static u64 draw_match(const struct blkdebug_rule *rule, u64 seed,
		      unsigned int which)
{
	u64 match = rule->params ? rule->params->matches : 0;

	return blkdebug_draw(blkdebug_draw(blkdebug_draw(seed, rule->number),
					   match), which);
}

/**
 * blkdebug_rule_for_task - is a rule about requests of this task?
 * @rule: the rule
 * @io: the request
 *
 * Return: true if it is. The caller holds the engine's lock or an RCU read
 * lock.
 */
bool blkdebug_rule_for_task(const struct blkdebug_rule *rule,
			    const struct blkdebug_io *io)
{
	const char *comm = rule->params ? rule->params->comm : "";
	size_t len = strlen(comm);

	if (!len)
		return true;
	if (comm[len - 1] == '*')
		return !strncmp(comm, io->comm, len - 1);
	return !strncmp(comm, io->comm, sizeof(io->comm));
}

/* The first sectors of a request that a rule is about; @io touches some */
static bool overlap(const struct blkdebug_rule *rule,
		    const struct blkdebug_io *io, struct blkdebug_range *range)
{
	sector_t last = io->sector + io->nr_sectors - 1;
	u32 lo = 0, hi = rule->nr_ranges;

	range->first = io->sector;
	range->last = last;
	if (blkdebug_rule_heals(rule))
		return blkdebug_media_first_bad(rule->params->media, io->sector,
						last, range);
	if (!rule->nr_ranges)
		return true;
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (rule->ranges[mid].last < io->sector)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == rule->nr_ranges || rule->ranges[lo].first > last)
		return false;
	range->first = max(range->first, rule->ranges[lo].first);
	range->last = min(range->last, rule->ranges[lo].last);
	return true;
}

/**
 * blkdebug_rule_fits - can a rule that matches do its work on this request?
 * @rule: the rule
 * @io: the request
 * @geometry: of the device
 *
 * Return: false if a request is too short, or too long, or all its bad sectors
 * are healed. The caller holds the engine's lock.
 */
bool blkdebug_rule_fits(const struct blkdebug_rule *rule,
			const struct blkdebug_io *io,
			const struct blkdebug_geometry *geometry)
{
	struct blkdebug_range range;

	switch (rule->action) {
	case BLKDEBUG_CORRUPT:
		return overlap(rule, io, &range) &&
		       (rule->params->bits ||
			rule->params->at >> SECTOR_SHIFT <=
				range.last - range.first);
	case BLKDEBUG_MISDIRECT:
		return io->nr_sectors <= geometry->sectors - rule->params->at;
	default:
		return !blkdebug_rule_heals(rule) || overlap(rule, io, &range);
	}
}

/**
 * blkdebug_rule_should_fire - a rule has matched: does it act?
 * @rule: the rule
 * @seed: of the target
 *
 * Counts the match. The caller holds the engine's lock.
 *
 * Return: true if after=, interval= and probability= say so.
 */
bool blkdebug_rule_should_fire(struct blkdebug_rule *rule, u64 seed)
{
	struct blkdebug_params *params = rule->params;
	u64 nth;

	if (!params)
		return true;
	params->matches++;
	if (params->matches <= params->after)
		return false;
	div64_u64_rem(params->matches - params->after, params->interval, &nth);
	if (nth)
		return false;
	return params->numerator == params->denominator ||
	       blkdebug_draw_below(draw_match(rule, seed, DRAW_PROBABILITY),
				   params->denominator) < params->numerator;
}

/**
 * blkdebug_rule_delay - how long does a delay last this time?
 * @rule: a rule that delays, which has just acted
 * @seed: of the target
 *
 * Return: us. The caller holds the engine's lock.
 */
u64 blkdebug_rule_delay(const struct blkdebug_rule *rule, u64 seed)
{
	const struct blkdebug_params *params = rule->params;

	return params->delay +
	       blkdebug_draw_below(draw_match(rule, seed, DRAW_EFFECT),
				   params->jitter + 1);
}

/* Devices write whole logical blocks; a random tear loses one at least */
static sector_t torn_sectors(const struct blkdebug_params *params, u64 draw,
			     const struct blkdebug_io *io, u32 block)
{
	sector_t sectors = params->sectors;

	if (sectors == BLKDEBUG_SECTORS_RANDOM)
		sectors = blkdebug_draw_below(draw, io->nr_sectors);
	return min(sectors & ~(sector_t)(block - 1), io->nr_sectors);
}

/* How many sectors a request transfers that fails */
static sector_t failed_sectors(const struct blkdebug_rule *rule,
			       const struct blkdebug_range *bad,
			       const struct blkdebug_io *io, u32 block)
{
	switch (rule->params ? rule->params->transfer : BLKDEBUG_TRANSFER_NONE) {
	case BLKDEBUG_TRANSFER_ALL:
		return io->nr_sectors;
	case BLKDEBUG_TRANSFER_PARTIAL:
		/* Zones are managed, and appended to, as a whole */
		if (io->iotype == BLKDEBUG_IO_ZONE_APPEND ||
		    io->iotype == BLKDEBUG_IO_ZONE_MGMT)
			return 0;
		return (bad->first - io->sector) & ~(sector_t)(block - 1);
	default:
		return 0;
	}
}

/**
 * blkdebug_rule_effect - what does a fault do to this request?
 * @rule: a fault, other than a delay, which has just acted
 * @io: the request
 * @geometry: of the device
 * @seed: of the target
 * @effect: the result
 *
 * The caller holds the engine's lock.
 */
void blkdebug_rule_effect(const struct blkdebug_rule *rule,
			  const struct blkdebug_io *io,
			  const struct blkdebug_geometry *geometry, u64 seed,
			  struct blkdebug_effect *effect)
{
	const struct blkdebug_params *params = rule->params;
	struct blkdebug_range range;

	memset(effect, 0, sizeof(*effect));
	effect->action = rule->action;
	effect->draw = draw_match(rule, seed, DRAW_EFFECT);
	overlap(rule, io, &range);
	switch (rule->action) {
	case BLKDEBUG_INJECT_ERROR:
		effect->sectors = failed_sectors(rule, &range, io,
						 geometry->block);
		break;
	case BLKDEBUG_CORRUPT:
		effect->value = params->value;
		effect->bits = params->bits;
		effect->start = (range.first - io->sector) << SECTOR_SHIFT;
		effect->bytes = (range.last - range.first + 1) << SECTOR_SHIFT;
		if (!params->bits)
			effect->start += params->at;
		break;
	case BLKDEBUG_TEAR:
		effect->sectors = torn_sectors(params, effect->draw, io,
					       geometry->block);
		break;
	case BLKDEBUG_MISDIRECT:
		effect->to = params->at;
		break;
	}
}

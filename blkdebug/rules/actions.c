// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actions of the rule language: one descriptor each. dm/bio.c applies the effect
 * of a fault to a bio.
 */
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "actions.h"
#include "bad-sectors.h"
#include "choice.h"
#include "chance.h"
#include "parser.h"

#define IO(iotype)	(1U << BLKDEBUG_IO_##iotype)
#define ANYTHING	(BLKDEBUG_ALL_IOTYPES | IO(EVENT))

/* I/O that overwrites a bad sector, and so heals it */
#define OVERWRITING	(IO(WRITE) | IO(WRITE_ZEROES) | IO(DISCARD))

/* Find the first sectors of an I/O that a rule applies to. */
static bool find_overlap(const struct blkdebug_rule *rule,
			 const struct blkdebug_io_desc *desc,
			 struct blkdebug_range *range)
{
	sector_t last = desc->sector + desc->nr_sectors - 1;
	u32 lo = 0, hi = rule->nr_ranges;

	range->first = desc->sector;
	range->last = last;
	if (blkdebug_rule_heals(rule))
		return blkdebug_media_first_bad(rule->params->media, desc->sector,
						last, range);
	if (!rule->nr_ranges)
		return true;
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (rule->ranges[mid].last < desc->sector)
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

static sector_t round_to_block(sector_t sectors,
			       const struct blkdebug_geometry *geometry)
{
	return sectors & ~(sector_t)(geometry->block - 1);
}

/* inject-error */

static int check_transfer(struct blkdebug_rule_parser *parser)
{
	const struct blkdebug_rule *rule = parser->rule;
	const char *transfer = blkdebug_find_arg(parser, "transfer");

	if (!transfer || rule->params->transfer == BLKDEBUG_TRANSFER_NONE)
		return 0;
	if (!rule->error)
		return blkdebug_refuse_arg(parser, "Transfer without an error",
					   transfer,
					   blkdebug_find_arg(parser, "errno"));
	if (rule->immediately)
		return blkdebug_refuse_arg(parser,
				"Immediate errors transfer nothing", transfer,
				blkdebug_find_arg(parser, "immediately"));
	if (rule->params->transfer == BLKDEBUG_TRANSFER_PARTIAL &&
	    !rule->nr_ranges)
		return blkdebug_refuse_missing(parser, "sector", transfer);
	return 0;
}

static int check_healed(struct blkdebug_rule_parser *parser)
{
	const char *healed = blkdebug_find_arg(parser, "healed");
	const char *iotype = blkdebug_find_arg(parser, "iotype");
	const char *filter = blkdebug_find_arg(parser, "flags") ?:
			     blkdebug_find_arg(parser, "comm");
	struct blkdebug_rule *rule = parser->rule;

	if (!blkdebug_rule_heals(rule))
		return 0;
	if (!rule->nr_ranges)
		return blkdebug_refuse_missing(parser, "sector", healed);
	if (iotype && rule->iotypes != IO(READ))
		return blkdebug_refuse_arg(parser, "Only reads find bad sectors",
					   healed, iotype);
	if (filter)
		return blkdebug_refuse_arg(parser,
					   "Bad sectors fail every read", healed,
					   filter);
	rule->iotypes = IO(READ) | OVERWRITING | IO(ZONE_APPEND);
	rule->params->media = blkdebug_media_alloc(rule->ranges,
						   rule->nr_ranges);
	return rule->params->media ? 0 : -ENOMEM;
}

static int check_inject_error(struct blkdebug_rule_parser *parser)
{
	return check_transfer(parser) ?: check_healed(parser);
}

static void set_transfer(const struct blkdebug_rule *rule,
			 const struct blkdebug_io_desc *desc,
			 const struct blkdebug_geometry *geometry,
			 struct blkdebug_effect *effect)
{
	u8 transfer = rule->params ? rule->params->transfer :
				     BLKDEBUG_TRANSFER_NONE;
	struct blkdebug_range bad;

	if (transfer == BLKDEBUG_TRANSFER_ALL)
		effect->sectors = desc->nr_sectors;
	/* Zone appends and zone management are never partial. */
	if (transfer != BLKDEBUG_TRANSFER_PARTIAL ||
	    desc->iotype == BLKDEBUG_IO_ZONE_APPEND ||
	    desc->iotype == BLKDEBUG_IO_ZONE_MGMT)
		return;
	find_overlap(rule, desc, &bad);
	effect->sectors = round_to_block(bad.first - desc->sector, geometry);
}

/* delay */

static int check_delay(struct blkdebug_rule_parser *parser)
{
	const char *ms = blkdebug_find_arg(parser, "ms");
	const char *us = blkdebug_find_arg(parser, "us");
	struct blkdebug_params *params = parser->rule->params;

	if (ms && us)
		return blkdebug_refuse_arg(parser, "Two delays", ms, us);
	if (!ms && !us)
		return blkdebug_refuse_missing(parser, "ms", parser->action);
	/* The unit of jitter is that of the delay. */
	if (us)
		return 0;
	params->delay *= USEC_PER_MSEC;
	params->jitter *= USEC_PER_MSEC;
	if (params->jitter > BLKDEBUG_DELAY_MAX)
		return blkdebug_refuse_arg(parser, "Number out of range",
				blkdebug_find_arg(parser, "jitter"), ms);
	return 0;
}

/* corrupt */

static int check_corrupt(struct blkdebug_rule_parser *parser)
{
	const char *byte = blkdebug_find_arg(parser, "byte");
	const char *bits = blkdebug_find_arg(parser, "bits");
	const char *value = blkdebug_find_arg(parser, "value");

	if (bits && byte)
		return blkdebug_refuse_arg(parser, "Either bits or a byte", bits,
					   byte);
	if (bits && value)
		return blkdebug_refuse_arg(parser, "Bits have no value", bits,
					   value);
	if (byte && !value)
		return blkdebug_refuse_missing(parser, "value", byte);
	if (!bits && !byte)
		return blkdebug_refuse_missing(parser, "byte", parser->action);
	if (parser->geometry->zoned && (parser->rule->iotypes & IO(WRITE)))
		return blkdebug_refuse_arg(parser, "Not for writes to zones",
					   blkdebug_find_arg(parser, "on"), NULL);
	return 0;
}

static bool fits_corrupt(const struct blkdebug_rule *rule,
			 const struct blkdebug_io_desc *desc,
			 const struct blkdebug_geometry *geometry)
{
	const struct blkdebug_params *params = rule->params;
	struct blkdebug_range range;

	return find_overlap(rule, desc, &range) &&
	       (params->bits ||
		params->at >> SECTOR_SHIFT <= range.last - range.first);
}

static void set_corruption(const struct blkdebug_rule *rule,
			   const struct blkdebug_io_desc *desc,
			   const struct blkdebug_geometry *geometry,
			   struct blkdebug_effect *effect)
{
	const struct blkdebug_params *params = rule->params;
	struct blkdebug_range range;

	find_overlap(rule, desc, &range);
	effect->value = params->value;
	effect->bits = params->bits;
	effect->start = (range.first - desc->sector) << SECTOR_SHIFT;
	effect->bytes = (range.last - range.first + 1) << SECTOR_SHIFT;
	if (!params->bits)
		effect->start += params->at;
}

/* tear */

/* Devices write whole logical blocks. A random tear loses at least one. */
static void set_torn_sectors(const struct blkdebug_rule *rule,
			     const struct blkdebug_io_desc *desc,
			     const struct blkdebug_geometry *geometry,
			     struct blkdebug_effect *effect)
{
	sector_t sectors = rule->params->sectors;

	if (sectors == BLKDEBUG_SECTORS_RANDOM)
		sectors = blkdebug_draw_below(effect->draw, desc->nr_sectors);
	effect->sectors = min(round_to_block(sectors, geometry), desc->nr_sectors);
}

/* misdirect */

static int check_misdirect(struct blkdebug_rule_parser *parser)
{
	const struct blkdebug_geometry *geometry = parser->geometry;
	const char *to = blkdebug_find_arg(parser, "to");
	u64 sector = parser->rule->params->at;

	if (sector >= geometry->sectors)
		return blkdebug_refuse_arg(parser, "Sector outside the target",
					   to, NULL);
	if (sector & (geometry->block - 1))
		return blkdebug_refuse_arg(parser, "Sector not aligned", to,
					   NULL);
	return 0;
}

static bool fits_misdirect(const struct blkdebug_rule *rule,
			   const struct blkdebug_io_desc *desc,
			   const struct blkdebug_geometry *geometry)
{
	return desc->nr_sectors <= geometry->sectors - rule->params->at;
}

static void set_destination(const struct blkdebug_rule *rule,
			    const struct blkdebug_io_desc *desc,
			    const struct blkdebug_geometry *geometry,
			    struct blkdebug_effect *effect)
{
	effect->to = rule->params->at;
}

/* power-cut */

/* Allocate the cut even without keys, so that the rule needs no memory when it fires. */
static int check_power_cut(struct blkdebug_rule_parser *parser)
{
	struct blkdebug_params *params;
	int r = blkdebug_alloc_params(parser->rule);

	if (r)
		return r;
	params = parser->rule->params;
	if (!params->cut)
		params->cut = blkdebug_cut_alloc();
	return params->cut ? 0 : -ENOMEM;
}

static void set_cut(const struct blkdebug_rule *rule,
		    const struct blkdebug_io_desc *desc,
		    const struct blkdebug_geometry *geometry,
		    struct blkdebug_effect *effect)
{
	refcount_inc(&rule->params->cut->refs);
	effect->cut = rule->params->cut;
}

const struct blkdebug_action_ops blkdebug_action_ops[BLKDEBUG_NR_ACTIONS] = {
	[BLKDEBUG_INJECT_ERROR] = {
		.iotypes = BLKDEBUG_ALL_IOTYPES,
		.error = EIO,
		.check = check_inject_error,
		.effect = set_transfer,
	},
	[BLKDEBUG_SET_STATE] = {
		.iotypes = ANYTHING,
		.class = BLKDEBUG_CLASS_SET_STATE,
	},
	/* QEMU's breakpoints hold one I/O, too. */
	[BLKDEBUG_SUSPEND] = {
		.iotypes = ANYTHING,
		.once = true,
		.class = BLKDEBUG_CLASS_SUSPEND,
	},
	[BLKDEBUG_DELAY] = {
		.iotypes = BLKDEBUG_ALL_IOTYPES,
		.class = BLKDEBUG_CLASS_DELAY,
		.check = check_delay,
	},
	/* A zone append that is dropped cannot report where it was written. */
	[BLKDEBUG_DROP] = {
		.iotypes = OVERWRITING | IO(FLUSH) | IO(SECURE_ERASE),
	},
	[BLKDEBUG_CORRUPT] = {
		.iotypes = IO(READ) | IO(WRITE),
		.check = check_corrupt,
		.fits = fits_corrupt,
		.effect = set_corruption,
	},
	[BLKDEBUG_TEAR] = {
		.iotypes = IO(WRITE),
		.effect = set_torn_sectors,
	},
	[BLKDEBUG_MISDIRECT] = {
		.iotypes = IO(READ) | OVERWRITING,
		.check = check_misdirect,
		.fits = fits_misdirect,
		.effect = set_destination,
	},
	[BLKDEBUG_POWER_CUT] = {
		.iotypes = BLKDEBUG_ALL_IOTYPES,
		.error = EIO,
		.once = true,
		.check = check_power_cut,
		.effect = set_cut,
	},
};

/**
 * blkdebug_class_of - get the class of a rule
 * @rule: the rule
 *
 * Context: Any context.
 * Return: enum blkdebug_class.
 */
enum blkdebug_class blkdebug_class_of(const struct blkdebug_rule *rule)
{
	return blkdebug_rule_heals(rule) ? BLKDEBUG_CLASS_BAD :
					   blkdebug_rule_ops(rule)->class;
}

/**
 * blkdebug_rule_finds_bad - test whether an I/O touches a sector that is still bad
 * @rule: a rule with healed=on, which the I/O matches
 * @desc: the I/O
 *
 * Context: Any context. The caller holds the engine's lock, so that the media
 * of @rule is not freed.
 * Return: false if all its bad sectors are healed.
 */
bool blkdebug_rule_finds_bad(const struct blkdebug_rule *rule,
			     const struct blkdebug_io_desc *desc)
{
	struct blkdebug_range bad;

	return find_overlap(rule, desc, &bad);
}

/**
 * blkdebug_rule_effect - determine the effect of a fault on an I/O
 * @rule: a fault other than a delay, which has just fired
 * @desc: the I/O, which @rule fits
 * @geometry: of the device
 * @seed: of the target
 * @effect: the result
 *
 * Context: Any context. The caller holds the engine's lock, so that the ranges
 * of @rule are not freed.
 */
void blkdebug_rule_effect(const struct blkdebug_rule *rule,
			  const struct blkdebug_io_desc *desc,
			  const struct blkdebug_geometry *geometry, u64 seed,
			  struct blkdebug_effect *effect)
{
	const struct blkdebug_action_ops *ops = blkdebug_rule_ops(rule);

	memset(effect, 0, sizeof(*effect));
	effect->action = rule->action;
	effect->draw = blkdebug_rule_draw(rule, seed);
	if (ops->effect)
		ops->effect(rule, desc, geometry, effect);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which volatile writes survive a power cut: see survive.h.
 */
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../rules/chance.h"
#include "../rules/sort.h"
#include "power-trace.h"
#include "survive.h"

/* Draws from the seed, each independent of the others */
enum {
	DRAW_POLICY,
	DRAW_CHOSEN,
	DRAW_TEAR,
	DRAW_COINS,
};

/**
 * blkdebug_draw_lottery - draw what a choice leaves open
 * @lottery: the result
 * @choice: the choice; @lottery refers to it
 * @seed: of the draws
 * @nr_writes: how many volatile writes there are
 */
void blkdebug_draw_lottery(struct blkdebug_lottery *lottery,
			   const struct blkdebug_choice *choice, u64 seed,
			   u64 nr_writes)
{
	lottery->choice = choice;
	lottery->seed = seed;
	lottery->nr_writes = nr_writes;
	lottery->policy = choice->policy;
	if (choice->policy == BLKDEBUG_SURVIVE_RANDOM)
		lottery->policy =
			blkdebug_draw_below(blkdebug_draw(seed, DRAW_POLICY),
					    BLKDEBUG_SURVIVE_RANDOM);
	lottery->chosen = 0;
	if (nr_writes)
		lottery->chosen =
			1 + blkdebug_draw_below(blkdebug_draw(seed, DRAW_CHOSEN),
						nr_writes);
}

static bool is_listed(const struct blkdebug_numbers *numbers, u64 number)
{
	u32 low = 0, high = numbers->nr;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (numbers->range[mid].last < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low < numbers->nr && numbers->range[low].first <= number;
}

/* The coin of a write, or of one of its units */
static bool draw_coin(const struct blkdebug_lottery *lottery, u64 number,
		      u64 unit)
{
	u64 coins = blkdebug_draw(lottery->seed, DRAW_COINS);
	u64 draw = blkdebug_draw(blkdebug_draw(coins, number), unit);

	return blkdebug_draw_below(draw, lottery->choice->denominator) <
	       lottery->choice->numerator;
}

/* A prefix ends within the chosen write, or before or behind it */
static bool survives_prefix(const struct blkdebug_lottery *lottery, u64 number,
			    u64 unit, u64 nr_units)
{
	u64 draw = blkdebug_draw(lottery->seed, DRAW_TEAR);

	if (number != lottery->chosen)
		return number < lottery->chosen;
	return unit < blkdebug_draw_below(draw, nr_units + 1);
}

/**
 * blkdebug_survives_unit - test whether a unit of a volatile write survives
 * @lottery: what has been drawn
 * @number: the write's number, from 1
 * @desc: the write
 * @unit: the unit, from 0; ignored of writes that do not come apart
 * @nr_units: how many units the write has
 *
 * Return: true if it survives.
 */
bool blkdebug_survives_unit(const struct blkdebug_lottery *lottery, u64 number,
			    const struct blkdebug_write_desc *desc, u64 unit,
			    u64 nr_units)
{
	if (is_listed(&lottery->choice->lose, number))
		return false;
	if (is_listed(&lottery->choice->keep, number))
		return true;
	if (desc->whole) {
		unit = 0;
		nr_units = 1;
	}
	switch (lottery->policy) {
	case BLKDEBUG_SURVIVE_ALL:
		return true;
	case BLKDEBUG_SURVIVE_PREFIX:
		return survives_prefix(lottery, number, unit, nr_units);
	case BLKDEBUG_SURVIVE_WRITES:
		return draw_coin(lottery, number, 0);
	case BLKDEBUG_SURVIVE_UNITS:
		return draw_coin(lottery, number, unit);
	case BLKDEBUG_SURVIVE_ONE_LOST:
		return number != lottery->chosen;
	case BLKDEBUG_SURVIVE_ONE_KEPT:
		return number == lottery->chosen;
	case BLKDEBUG_SURVIVE_META:
		return desc->meta;
	case BLKDEBUG_SURVIVE_DATA:
		return !desc->meta;
	default:
		return false;
	}
}

static u64 count_units(const struct blkdebug_write_desc *desc, u8 unit_shift)
{
	sector_t last = desc->sector + desc->nr_sectors - 1;

	if (desc->whole)
		return 1;
	return (last >> unit_shift) - (desc->sector >> unit_shift) + 1;
}

/**
 * blkdebug_surviving_mask - get the sectors of a version that survive
 * @lottery: what has been drawn
 * @number: the number of the version's write, from 1
 * @desc: the write
 * @unit_shift: log2 of a unit's sectors
 * @block: number of the version's block
 * @mask: the sectors of the version, a bit each
 *
 * Context: any.
 *
 * Return: those of @mask that survive.
 */
u8 blkdebug_surviving_mask(const struct blkdebug_lottery *lottery, u64 number,
			   const struct blkdebug_write_desc *desc, u8 unit_shift,
			   u64 block, u8 mask)
{
	sector_t start = block << BLKDEBUG_BLOCK_SHIFT;
	u64 first_unit = desc->sector >> unit_shift;
	u64 nr_units = count_units(desc, unit_shift);
	u64 unit, last_unit = U64_MAX;
	bool survives = false;
	unsigned int i;
	u8 keep = 0;

	for (i = 0; i < BLKDEBUG_BLOCK_SECTORS; i++) {
		if (!(mask & (1U << i)))
			continue;
		unit = ((start + i) >> unit_shift) - first_unit;
		if (unit != last_unit)
			survives = blkdebug_survives_unit(lottery, number, desc,
							  unit, nr_units);
		last_unit = unit;
		if (survives)
			keep |= 1U << i;
	}
	return keep;
}

/* Versions older than @write are settled already */
static void settle_write(struct blkdebug_cache *cache,
			 const struct blkdebug_lottery *lottery, u64 number,
			 struct blkdebug_write *write,
			 struct blkdebug_outcome *outcome)
{
	struct blkdebug_version *version;
	struct hlist_node *next;
	bool kept = false, lost = false;
	u8 keep;

	blkdebug_unlist_write(cache, write);
	hlist_for_each_entry_safe(version, next, &write->versions, sibling) {
		if (!version->linked || version->durable)
			continue;
		keep = blkdebug_surviving_mask(lottery, number, &write->desc,
					       cache->unit_shift,
					       version->block->nr, version->mask);
		kept |= keep;
		lost |= version->mask & ~keep;
		blkdebug_settle_version(cache, version, keep);
	}
	if (kept)
		trace_blkdebug_durable(cache->dev, write, BLKDEBUG_BY_CUT);
	if (!lost)
		outcome->survived++;
	else if (kept)
		outcome->torn++;
	else
		outcome->lost++;
}

/**
 * blkdebug_apply_cut - choose what survives a power cut
 * @cache: the cache
 * @choice: what shall survive
 * @seed: of the draws
 * @outcome: the result
 *
 * No write is entering the cache, and none is being acknowledged: the power is off
 * and a grace period is over. What survives is durable afterwards, and there are no
 * volatile writes.
 *
 * Context: may sleep.
 */
void blkdebug_apply_cut(struct blkdebug_cache *cache,
			const struct blkdebug_choice *choice, u64 seed,
			struct blkdebug_outcome *outcome)
{
	struct blkdebug_lottery lottery;
	struct blkdebug_write *write;
	u64 number = 0;

	memset(outcome, 0, sizeof(*outcome));
	mutex_lock(&cache->control);
	outcome->nr_volatile = blkdebug_active_writes(&cache->pools);
	blkdebug_draw_lottery(&lottery, choice, seed, outcome->nr_volatile);
	while ((write = blkdebug_oldest_write(cache, false))) {
		settle_write(cache, &lottery, ++number, write, outcome);
		cond_resched();
	}
	mutex_unlock(&cache->control);
	blkdebug_start_reaping(cache);
}

/* Listing */

static int compare_volatile(const void *a, const void *b)
{
	const struct blkdebug_volatile *va = a, *vb = b;

	return va->seq < vb->seq ? -1 : va->seq > vb->seq;
}

static unsigned int collect_pool(struct blkdebug_cache *cache,
				 struct blkdebug_pool *pool, u64 last,
				 struct blkdebug_volatile *list,
				 unsigned int max)
{
	struct blkdebug_write *write = NULL;
	unsigned int nr = 0;

	lockdep_assert_held(&cache->control);
	while (nr < max && (write = blkdebug_next_write(pool, write)) &&
	       write->seq <= last) {
		list[nr].seq = write->seq;
		list[nr].desc = write->desc;
		list[nr].units = count_units(&write->desc, cache->unit_shift);
		list[nr].since = write->since;
		nr++;
		cond_resched();
	}
	return nr;
}

/**
 * blkdebug_list_volatile - list the volatile writes
 * @cache: the cache
 * @nr: how many there are
 *
 * Context: may sleep.
 *
 * Return: the list, oldest first, for kvfree(); NULL without memory for it.
 */
struct blkdebug_volatile *blkdebug_list_volatile(struct blkdebug_cache *cache,
						 unsigned int *nr)
{
	struct blkdebug_volatile *list;
	unsigned int i, max;
	u64 last;

	mutex_lock(&cache->control);
	/* All with a number up to @last are in a list by now */
	last = blkdebug_last_seq(cache);
	max = blkdebug_active_writes(&cache->pools);
	/* I/O that may be what frees memory waits for @control. */
	list = kvcalloc(max + 1, sizeof(*list),
			GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	*nr = 0;
	for (i = 0; list && i < cache->pools.nr; i++)
		*nr += collect_pool(cache, &cache->pools.pool[i], last,
				    list + *nr, max - *nr);
	mutex_unlock(&cache->control);
	if (list && blkdebug_sort(list, *nr, sizeof(*list), compare_volatile)) {
		kvfree(list);
		list = NULL;
	}
	return list;
}


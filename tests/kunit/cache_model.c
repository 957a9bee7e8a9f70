// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model of the write cache: see cache_model.h.
 */
#include <linux/blkdev.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "blkdebug/rules/chance.h"
#include "cache_steps.h"

/* Can a cut still leave this write's version of a sector, or lose it? */
bool cache_model_at_stake(const struct model *m, unsigned int i, unsigned int sector)
{
	const struct model_write *w = &m->writes[i];

	return w->state != SETTLED && sector >= w->desc.sector &&
	       sector < w->desc.sector + w->desc.nr_sectors &&
	       i + 1 > m->seq[sector];
}

bool cache_model_is_volatile(const struct model *m, unsigned int i)
{
	unsigned int s;

	for (s = 0; s < SECTORS; s++) {
		if (cache_model_at_stake(m, i, s))
			return true;
	}
	return false;
}

unsigned int cache_model_count(const struct model *m)
{
	unsigned int i, nr = 0;

	for (i = 0; i < m->nr; i++)
		nr += cache_model_is_volatile(m, i);
	return nr;
}

u32 cache_model_read(const struct model *m, unsigned int sector)
{
	unsigned int i;

	for (i = m->nr; i--;) {
		if (m->writes[i].state == COMPLETED && cache_model_at_stake(m, i, sector))
			return m->writes[i].stamp;
	}
	return m->durable[sector];
}

void cache_model_harden(struct model *m, unsigned int i)
{
	unsigned int s;

	for (s = 0; s < SECTORS; s++) {
		if (cache_model_at_stake(m, i, s)) {
			m->durable[s] = m->writes[i].stamp;
			m->seq[s] = i + 1;
		}
	}
	m->writes[i].state = SETTLED;
}

static bool draw_coin(const struct model *m, u64 number, u64 unit)
{
	u64 coins = blkdebug_draw(m->cut.seed, 3);
	u64 draw = blkdebug_draw(blkdebug_draw(coins, number), unit);

	return blkdebug_draw_below(draw, m->cut.choice.denominator) <
	       m->cut.choice.numerator;
}

/* Does a sector of the write with this number survive the cut? */
static bool model_survives(const struct model *m, const struct model_write *w,
			   u64 number, u64 nr_volatile, unsigned int sector)
{
	u64 seed = m->cut.seed;
	u64 chosen = 1 + blkdebug_draw_below(blkdebug_draw(seed, 1), nr_volatile);
	u64 unit = sector / m->unit - w->desc.sector / m->unit;
	u64 units = (w->desc.sector + w->desc.nr_sectors - 1) / m->unit -
		    w->desc.sector / m->unit + 1;
	unsigned int policy = m->cut.choice.policy;

	if (m->cut.choice.lose.nr && number >= m->range[0].first &&
	    number <= m->range[0].last)
		return false;
	if (m->cut.choice.keep.nr && number >= m->range[1].first &&
	    number <= m->range[1].last)
		return true;
	if (policy == BLKDEBUG_SURVIVE_RANDOM)
		policy = blkdebug_draw_below(blkdebug_draw(seed, 0), 9);
	if (w->desc.whole) {
		unit = 0;
		units = 1;
	}
	switch (policy) {
	case BLKDEBUG_SURVIVE_ALL:
		return true;
	case BLKDEBUG_SURVIVE_PREFIX:
		return number < chosen ||
		       (number == chosen &&
			unit < blkdebug_draw_below(blkdebug_draw(seed, 2),
						   units + 1));
	case BLKDEBUG_SURVIVE_WRITES:
		return draw_coin(m, number, 0);
	case BLKDEBUG_SURVIVE_UNITS:
		return draw_coin(m, number, unit);
	case BLKDEBUG_SURVIVE_ONE_LOST:
		return number != chosen;
	case BLKDEBUG_SURVIVE_ONE_KEPT:
		return number == chosen;
	case BLKDEBUG_SURVIVE_META:
		return w->desc.meta;
	case BLKDEBUG_SURVIVE_DATA:
		return !w->desc.meta;
	}
	return false;
}

/* Apply a cut to the sectors; the caller has set them to the durable versions. */
void cache_model_leave(const struct model *m, u32 *sector,
		       struct blkdebug_outcome *outcome)
{
	u64 nr = cache_model_count(m), number = 0;
	unsigned int i, s;

	memset(outcome, 0, sizeof(*outcome));
	outcome->nr_volatile = nr;
	for (i = 0; i < m->nr; i++) {
		bool kept = false, lost = false;

		if (!cache_model_is_volatile(m, i))
			continue;
		number++;
		for (s = 0; s < SECTORS; s++) {
			if (!cache_model_at_stake(m, i, s))
				continue;
			if (model_survives(m, &m->writes[i], number, nr, s)) {
				sector[s] = m->writes[i].stamp;
				kept = true;
			} else {
				lost = true;
			}
		}
		outcome->survived += !lost;
		outcome->torn += kept && lost;
		outcome->lost += !kept && lost;
	}
}

void cache_model_cut(struct model *m, struct blkdebug_outcome *outcome)
{
	unsigned int i;

	cache_model_leave(m, m->durable, outcome);
	for (i = 0; i < m->nr; i++)
		m->writes[i].state = SETTLED;
}

/* How many blocks have something at stake, of the oldest writes */
unsigned int cache_model_harden_oldest(struct model *m, unsigned int want)
{
	unsigned int pass, i, s, nr = 0;

	for (pass = COMPLETED + 1; pass--;) {
		for (i = 0; i < m->nr && nr < want; i++) {
			unsigned int last = UINT_MAX;

			if (m->writes[i].state != pass || !cache_model_is_volatile(m, i))
				continue;
			for (s = 0; s < SECTORS; s++) {
				if (cache_model_at_stake(m, i, s) && s / 8 != last) {
					last = s / 8;
					nr++;
				}
			}
			cache_model_harden(m, i);
		}
	}
	return nr;
}

/* Draw what the next cut shall leave. */
void cache_model_choose(struct model *m)
{
	struct blkdebug_choice *choice = &m->cut.choice;

	choice->policy = roll(m, BLKDEBUG_NR_POLICIES);
	choice->denominator = 1 + roll(m, 4);
	choice->numerator = roll(m, choice->denominator + 1);
	choice->lose.range = &m->range[0];
	choice->keep.range = &m->range[1];
	choice->lose.nr = !roll(m, 4);
	choice->keep.nr = !roll(m, 4);
	m->range[0].first = 1 + roll(m, 8);
	m->range[0].last = m->range[0].first + roll(m, 3);
	m->range[1].first = 1 + roll(m, 8);
	m->range[1].last = m->range[1].first + roll(m, 3);
	m->cut.seed = roll(m, 1000);
}

/* Read a stamp from a sector of a span. */
u32 cache_model_span_stamp(struct model *m, const struct blkdebug_span *span,
			   unsigned int sector, unsigned int nth)
{
	const u32 *data;

	switch (span->source) {
	case BLKDEBUG_CACHED:
		data = (const u32 *)(span->data + (nth << SECTOR_SHIFT));
		expect(m, data[0] == data[(1U << SECTOR_SHIFT) / 4 - 1]);
		return data[0];
	case BLKDEBUG_ZEROES:
		return 0;
	default:
		return m->below[sector];
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps of views: see cache_model.h. Each view is compared with what the model would leave
 * of the moment of the view.
 */
#include <linux/blkdev.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "cache_steps.h"

static void expect_view(struct model *m, struct model_view *mv,
			struct blkdebug_outcome *outcome)
{
	unsigned int i, s, number = 0;

	memcpy(mv->sector, m->durable, sizeof(mv->sector));
	memset(mv->own, 0, sizeof(mv->own));
	memset(mv->stake, 0, sizeof(mv->stake));
	mv->touched = 0;
	cache_model_leave(m, mv->sector, outcome);
	for (i = 0; i < m->nr; i++) {
		if (!cache_model_is_volatile(m, i))
			continue;
		for (s = 0; s < SECTORS; s++)
			mv->stake[s] |= (unsigned long)cache_model_at_stake(m, i, s) << number;
		number++;
	}
}

/* A view of this moment, or of that of another view */
static void make_view(struct model *m, struct model_view *mv)
{
	struct model_view *other = &m->view[roll(m, VIEWS)];
	struct blkdebug_moment *moment = NULL;
	struct blkdebug_capture capture;
	struct blkdebug_outcome outcome;

	blkdebug_init_capture(&capture, &m->line.supply->wait);
	cache_model_choose(m);
	mv->cut = m->cut;
	memcpy(mv->range, m->range, sizeof(mv->range));
	mv->cut.choice.lose.range = &mv->range[0];
	mv->cut.choice.keep.range = &mv->range[1];
	if (blkdebug_capture_moments(&capture, m->line.supply, &m->cache, 1, &moment))
		expect(m, false);
	if (m->wrong)
		return;
	mv->made = m->line.supply->captures;
	expect(m, !blkdebug_view_init(&mv->view, moment, &mv->cut, mv->cut.seed));
	expect_view(m, mv, &outcome);
	expect(m, !memcmp(&outcome, &mv->view.outcome, sizeof(outcome)));
	/* The same choice of the same moment leaves the same */
	if (other == mv || other->view.moment || m->wrong)
		return;
	*other = *mv;
	other->cut.choice.lose.range = &other->range[0];
	other->cut.choice.keep.range = &other->range[1];
	memset(&other->view, 0, sizeof(other->view));
	blkdebug_get_moment(moment);
	expect(m, !blkdebug_view_init(&other->view, moment, &other->cut,
				      mv->cut.seed));
}

static void drop_view(struct model_view *mv)
{
	blkdebug_view_exit(&mv->view);
	memset(&mv->view, 0, sizeof(mv->view));
}

static void write_view(struct model *m, struct model_view *mv)
{
	unsigned int first = roll(m, SECTORS), i, k;
	unsigned int nr = 1 + roll(m, 8 - first % 8);
	bool zeroes = !roll(m, 3);
	u32 stamp = zeroes ? 0 : ++m->stamp;

	if (zeroes) {
		expect(m, !blkdebug_zero_view(&mv->view, first, nr));
	} else {
		u32 *data = (u32 *)blkdebug_write_view(&mv->view, first, nr);

		expect(m, data);
		for (k = 0; data && k < (nr << SECTOR_SHIFT) / 4; k++)
			data[k] = stamp;
	}
	for (i = first; i < first + nr; i++) {
		mv->sector[i] = stamp;
		mv->own[i] = true;
	}
}

static unsigned long stakes_of_unit(const struct model *m,
				    const struct model_view *mv, unsigned int unit)
{
	unsigned long stakes = 0;
	unsigned int s;

	for (s = 0; s < SECTORS; s++)
		stakes |= s / m->unit == unit ? mv->stake[s] : 0;
	return stakes;
}

static void look_at_view(struct model *m, struct model_view *mv)
{
	unsigned int first = roll(m, SECTORS), nr = 1 + roll(m, SECTORS - first);
	unsigned long before = mv->touched;
	unsigned int i;

	nr = roll(m, 2) ? nr : 1;
	for (i = first; i < first + nr; i++) {
		if (!mv->own[i])
			mv->touched |= stakes_of_unit(m, mv, i / m->unit);
	}
	expect(m, !mv->touched || blkdebug_view_holds(&mv->view, 0, SECTORS));
	expect(m, blkdebug_would_touch_view(&mv->view, first, nr) == (mv->touched != before));
	blkdebug_touch_view(&mv->view, first, nr);
	expect(m, mv->view.touched[0] == mv->touched);
	nr = atomic_read(&mv->view.nr_touched);
	expect(m, nr == hweight_long(mv->touched));
	for (i = 0; i < nr; i++)
		expect(m, mv->touched & (1UL << (mv->view.order[i] - 1)));
}

static void compare_view(struct model *m, struct model_view *mv)
{
	unsigned int s = 0, i;
	struct blkdebug_span span;

	while (s < SECTORS && !m->wrong) {
		rcu_read_lock();
		blkdebug_find_in_view(&mv->view, s, SECTORS - s, &span);
		expect(m, span.nr_sectors && span.nr_sectors <= SECTORS - s);
		expect(m, span.source == BLKDEBUG_BELOW || blkdebug_view_holds(&mv->view, s, 1));
		for (i = 0; i < span.nr_sectors && s + i < SECTORS; i++)
			expect(m, cache_model_span_stamp(m, &span, s + i, i) == mv->sector[s + i]);
		rcu_read_unlock();
		s += max_t(unsigned int, span.nr_sectors, 1);
	}
}

void cache_model_compare_views(struct model *m)
{
	unsigned int i, nr = 0;

	for (i = 0; i < VIEWS; i++) {
		if (!m->view[i].view.moment ||
		    blkdebug_is_given_up(m->view[i].view.moment))
			continue;
		compare_view(m, &m->view[i]);
		nr++;
	}
	expect(m, blkdebug_count_views(m->cache) == nr);
}

void cache_model_step_view(struct model *m)
{
	struct model_view *mv = &m->view[roll(m, VIEWS)];
	unsigned int what = roll(m, 8);

	if (!mv->view.moment)
		make_view(m, mv);
	else if (!what || blkdebug_is_given_up(mv->view.moment))
		drop_view(mv);
	else if (what < 4)
		write_view(m, mv);
	else
		look_at_view(m, mv);
}

void cache_model_drop_views(struct model *m)
{
	unsigned int i;

	for (i = 0; i < VIEWS; i++)
		drop_view(&m->view[i]);
}

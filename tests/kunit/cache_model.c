// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of the write cache: see cache_model.h.
 */
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "blkdebug/cache/view.h"
#include "blkdebug/rules/chance.h"
#include "cache_model.h"

#define SECTORS		96
#define MAX_SECTORS	24	/* of a write */
#define CAPACITY	20	/* blocks */
#define FLUSHES		3
#define BATCHES		2
#define EXTENTS		16
#define VIEWS		3

enum state { IN_FLIGHT, COMPLETED, SETTLED };

/**
 * struct model_write - a write as the model keeps it
 * @desc: the write
 * @stamp: what its sectors hold; 0 if they are zeroes
 * @state: %SETTLED: durable, or decided by a cut
 * @covered: by which of the flushes under way
 * @real: the cache's write, until it has been acknowledged or has failed
 */
struct model_write {
	struct blkdebug_write_desc desc;
	u32 stamp;
	enum state state;
	u8 covered;
	struct blkdebug_write *real;
};

/* Extents on their way to the device below */
struct batch {
	unsigned int nr;
	struct blkdebug_extent extent[EXTENTS];
};

/**
 * struct model_view - a view of a moment, and what it has to show
 * @view: the view; its @moment is NULL if there is none
 * @cut: its choice
 * @range: of @cut's lists
 * @made: which capture made it
 * @sector: what each sector holds
 * @own: the view has written the sector
 * @stake: the volatile writes with a version of the sector, by number
 * @touched: the volatile writes that a reader may have told apart
 */
struct model_view {
	struct blkdebug_view view;
	struct blkdebug_cut cut;
	struct blkdebug_range range[2];
	unsigned long made;
	u32 sector[SECTORS];
	bool own[SECTORS];
	unsigned long stake[SECTORS];
	unsigned long touched;
};

/**
 * struct model - the model, and the cache that it is compared with
 * @dice: random numbers
 * @wrong: what was not as it should be, or NULL
 * @cache: the cache
 * @line: its power
 * @cut: what the next cut shall leave
 * @range: of @cut's lists
 * @outcome: what the last cut has left
 * @unit: sectors of a unit
 * @nr: writes so far
 * @writes: the writes, in the order in which they entered
 * @durable: what each sector holds at least
 * @seq: the write, from 1, that made it durable; older ones do not matter
 * @below: what the device below holds
 * @flushing: a flush is under way
 * @epoch: of that flush
 * @batch: being written out
 * @view: views
 * @stamp: the last one given
 */
struct model {
	struct cache_dice *dice;
	const char *wrong;
	struct blkdebug_cache *cache;
	struct blkdebug_line line;
	struct blkdebug_cut cut;
	struct blkdebug_range range[2];
	struct blkdebug_outcome outcome;
	unsigned int unit;
	unsigned int nr;
	struct model_write *writes;
	u32 durable[SECTORS];
	unsigned int seq[SECTORS];
	u32 below[SECTORS];
	bool flushing[FLUSHES];
	unsigned long epoch[FLUSHES];
	struct batch batch[BATCHES];
	struct model_view view[VIEWS];
	u32 stamp;
};

#define TEXT(x)		#x
#define LINE(x)		TEXT(x)
#define expect(m, condition) do {					\
	if (!(condition) && !(m)->wrong)				\
		(m)->wrong = LINE(__LINE__) ": " #condition;		\
} while (0)

static u32 roll(struct model *m, u32 limit)
{
	return m->dice->roll(m->dice, limit);
}

/* The model */

/* Can a cut still leave this write's version of a sector, or lose it? */
static bool at_stake(const struct model *m, unsigned int i, unsigned int sector)
{
	const struct model_write *w = &m->writes[i];

	return w->state != SETTLED && sector >= w->desc.sector &&
	       sector < w->desc.sector + w->desc.nr_sectors &&
	       i + 1 > m->seq[sector];
}

static bool is_volatile(const struct model *m, unsigned int i)
{
	unsigned int s;

	for (s = 0; s < SECTORS; s++) {
		if (at_stake(m, i, s))
			return true;
	}
	return false;
}

static unsigned int count_volatile(const struct model *m)
{
	unsigned int i, nr = 0;

	for (i = 0; i < m->nr; i++)
		nr += is_volatile(m, i);
	return nr;
}

static u32 model_read(const struct model *m, unsigned int sector)
{
	unsigned int i;

	for (i = m->nr; i--;) {
		if (m->writes[i].state == COMPLETED && at_stake(m, i, sector))
			return m->writes[i].stamp;
	}
	return m->durable[sector];
}

static void model_harden(struct model *m, unsigned int i)
{
	unsigned int s;

	for (s = 0; s < SECTORS; s++) {
		if (at_stake(m, i, s)) {
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
static void model_leave(const struct model *m, u32 *sector,
			struct blkdebug_outcome *outcome)
{
	u64 nr = count_volatile(m), number = 0;
	unsigned int i, s;

	memset(outcome, 0, sizeof(*outcome));
	outcome->nr_volatile = nr;
	for (i = 0; i < m->nr; i++) {
		bool kept = false, lost = false;

		if (!is_volatile(m, i))
			continue;
		number++;
		for (s = 0; s < SECTORS; s++) {
			if (!at_stake(m, i, s))
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

static void model_cut(struct model *m, struct blkdebug_outcome *outcome)
{
	unsigned int i;

	model_leave(m, m->durable, outcome);
	for (i = 0; i < m->nr; i++)
		m->writes[i].state = SETTLED;
}

/* Comparing */

static u32 span_stamp(struct model *m, const struct blkdebug_span *span,
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

static void compare_reads(struct model *m)
{
	unsigned int s = roll(m, 8), end = SECTORS - roll(m, 8), i;
	struct blkdebug_span span;

	while (s < end) {
		rcu_read_lock();
		blkdebug_find_span(m->cache, s, end - s, &span);
		expect(m, span.nr_sectors && span.nr_sectors <= end - s);
		for (i = 0; i < span.nr_sectors && s + i < end; i++)
			expect(m, span_stamp(m, &span, s + i, i) ==
				  model_read(m, s + i));
		rcu_read_unlock();
		s += max_t(unsigned int, span.nr_sectors, 1);
	}
}

static void compare_lists(struct model *m)
{
	struct blkdebug_volatile *list;
	unsigned int i, nr, at = 0;

	list = blkdebug_list_volatile(m->cache, &nr);
	expect(m, list);
	expect(m, nr == count_volatile(m));
	expect(m, nr == blkdebug_active_writes(&m->cache->pools));
	for (i = 0; i < m->nr && !m->wrong; i++) {
		if (!is_volatile(m, i))
			continue;
		expect(m, !memcmp(&list[at].desc, &m->writes[i].desc,
				  sizeof(list[at].desc)));
		expect(m, list[at].seq == i + 1);
		at++;
	}
	kvfree(list);
}

/* Writing out */

static u32 extent_stamp(const struct blkdebug_extent *extent, unsigned int nth)
{
	return extent->data ? *(const u32 *)(extent->data +
					     (nth << SECTOR_SHIFT)) : 0;
}

static bool in_other_batch(const struct model *m, const struct batch *batch,
			   sector_t sector)
{
	unsigned int b, i;

	for (b = 0; b < BATCHES; b++) {
		for (i = 0; &m->batch[b] != batch && i < m->batch[b].nr; i++) {
			if (m->batch[b].extent[i].sector / 8 == sector / 8)
				return true;
		}
	}
	return false;
}

static void take_batch(struct model *m, struct batch *batch)
{
	unsigned int i, k;

	batch->nr = blkdebug_take_dirty(m->cache, batch->extent, EXTENTS);
	expect(m, !batch->nr || !blkdebug_is_frozen(m->cache));
	for (i = 0; i < batch->nr; i++) {
		const struct blkdebug_extent *extent = &batch->extent[i];

		expect(m, !in_other_batch(m, batch, extent->sector));
		if (i)
			expect(m, extent->sector >= extent[-1].sector +
						    extent[-1].nr_sectors);
		/* Only what every cut leaves, or something newer, goes below */
		for (k = 0; k < extent->nr_sectors; k++)
			expect(m, extent_stamp(extent, k) ==
				  m->durable[extent->sector + k]);
	}
}

static void put_batch(struct model *m, struct batch *batch, bool may_fail)
{
	unsigned int i, k;

	for (i = 0; i < batch->nr; i++) {
		struct blkdebug_extent *extent = &batch->extent[i];

		extent->failed = may_fail && !roll(m, 4);
		for (k = 0; !extent->failed && k < extent->nr_sectors; k++)
			m->below[extent->sector + k] = extent_stamp(extent, k);
	}
	blkdebug_put_dirty(m->cache, batch->extent, batch->nr);
	batch->nr = 0;
}

static void step_batch(struct model *m)
{
	struct batch *batch = &m->batch[roll(m, BATCHES)];

	if (batch->nr)
		put_batch(m, batch, true);
	else
		take_batch(m, batch);
}

static void put_batches(struct model *m)
{
	unsigned int b;

	for (b = 0; b < BATCHES; b++)
		put_batch(m, &m->batch[b], false);
}

static void write_all_out(struct model *m)
{
	put_batches(m);
	blkdebug_give_up_moments(m->cache);
	while (blkdebug_has_dirty(m->cache) && !m->wrong) {
		take_batch(m, &m->batch[0]);
		expect(m, m->batch[0].nr);
		put_batch(m, &m->batch[0], false);
	}
}

/* Operations on the model and on the cache */

static void fill_write(struct blkdebug_write *write, u32 stamp)
{
	struct blkdebug_version *version;
	unsigned int nr, i;

	hlist_for_each_entry(version, &write->versions, sibling) {
		u32 *data = (u32 *)blkdebug_version_data(version, &nr);

		for (i = 0; i < (nr << SECTOR_SHIFT) / 4; i++)
			data[i] = stamp;
	}
}

/* How many blocks have something at stake, of the oldest writes */
static unsigned int model_harden_oldest(struct model *m, unsigned int want)
{
	unsigned int pass, i, s, nr = 0;

	for (pass = COMPLETED + 1; pass--;) {
		for (i = 0; i < m->nr && nr < want; i++) {
			unsigned int last = UINT_MAX;

			if (m->writes[i].state != pass || !is_volatile(m, i))
				continue;
			for (s = 0; s < SECTORS; s++) {
				if (at_stake(m, i, s) && s / 8 != last) {
					last = s / 8;
					nr++;
				}
			}
			model_harden(m, i);
		}
	}
	return nr;
}

/* The oldest moment goes, with all its views */
static void give_up_oldest(struct model *m)
{
	unsigned long oldest = ULONG_MAX;
	unsigned int i;

	for (i = 0; i < VIEWS; i++) {
		if (m->view[i].view.moment &&
		    !blkdebug_is_given_up(m->view[i].view.moment))
			oldest = min(oldest, m->view[i].made);
	}
	expect(m, blkdebug_give_up_oldest(m->cache) == (oldest < ULONG_MAX));
	for (i = 0; i < VIEWS; i++) {
		if (m->view[i].view.moment && m->view[i].made <= oldest)
			expect(m, blkdebug_is_given_up(m->view[i].view.moment));
		else if (m->view[i].view.moment)
			expect(m, !blkdebug_is_given_up(m->view[i].view.moment));
	}
	blkdebug_finish_reaping(m->cache);
}

static void make_space(struct model *m)
{
	unsigned int want = 1 + roll(m, CAPACITY);

	if (blkdebug_is_frozen(m->cache)) {
		give_up_oldest(m);
		return;
	}
	expect(m, blkdebug_harden_oldest(m->cache, want) ==
		  model_harden_oldest(m, want));
	write_all_out(m);
	blkdebug_finish_reaping(m->cache);
}

static void describe_write(struct model *m, struct blkdebug_write_desc *desc)
{
	memset(desc, 0, sizeof(*desc));
	desc->nr_sectors = 1 + roll(m, roll(m, 2) ? 8 : MAX_SECTORS);
	desc->sector = roll(m, SECTORS - desc->nr_sectors + 1);
	if (roll(m, 2)) {
		desc->sector &= ~7ULL;
		desc->nr_sectors = 8;
	}
	desc->zeroes = !roll(m, 8);
	desc->meta = roll(m, 2);
	desc->whole = !roll(m, 6);
	desc->flags = desc->meta;
	desc->iotype = desc->zeroes;
}

static void enter_write(struct model *m)
{
	struct model_write *w = &m->writes[m->nr];

	memset(w, 0, sizeof(*w));
	describe_write(m, &w->desc);
	while (!(w->real = blkdebug_begin_write(m->cache, &w->desc)) && !m->wrong)
		make_space(m);
	if (m->wrong)
		return;
	w->stamp = w->desc.zeroes ? 0 : ++m->stamp;
	if (!w->desc.zeroes)
		fill_write(w->real, w->stamp);
	if (!roll(m, 16)) {
		blkdebug_abort_write(m->cache, w->real);
		return;
	}
	rcu_read_lock();
	expect(m, blkdebug_power_is_on(&m->line));
	blkdebug_enter_write(m->cache, w->real, READ_ONCE(m->line.supply->captures));
	rcu_read_unlock();
	m->nr++;
}

static void complete_write(struct model *m, unsigned int i)
{
	struct model_write *w = &m->writes[i];

	blkdebug_complete_write(m->cache, w->real);
	blkdebug_put_write(m->cache, w->real);
	w->real = NULL;
	if (w->state == IN_FLIGHT)
		w->state = COMPLETED;
}

static void step_write(struct model *m)
{
	unsigned int nr = m->nr;

	enter_write(m);
	if (m->nr > nr && roll(m, 4))
		complete_write(m, nr);
}

/* Acknowledge a write in flight, or make it durable, as FUA does, and then do so */
static void step_complete(struct model *m)
{
	unsigned int i, skip = roll(m, 4);
	bool fua = roll(m, 2);

	for (i = 0; i < m->nr; i++) {
		if (m->writes[i].real && !skip--)
			break;
	}
	if (i == m->nr)
		return;
	if (fua) {
		blkdebug_harden_write(m->cache, m->writes[i].real);
		model_harden(m, i);
		compare_reads(m);
	}
	complete_write(m, i);
}

static void step_flush(struct model *m)
{
	unsigned int f = roll(m, FLUSHES), i;

	if (!m->flushing[f]) {
		m->flushing[f] = true;
		m->epoch[f] = blkdebug_begin_flush(m->cache);
		for (i = 0; i < m->nr; i++) {
			m->writes[i].covered &= ~(1U << f);
			if (m->writes[i].state == COMPLETED)
				m->writes[i].covered |= 1U << f;
		}
		return;
	}
	blkdebug_flush_writes(m->cache, m->epoch[f]);
	m->flushing[f] = false;
	for (i = 0; i < m->nr; i++) {
		if ((m->writes[i].covered & (1U << f)) &&
		    m->writes[i].state == COMPLETED)
			model_harden(m, i);
		m->writes[i].covered &= ~(1U << f);
	}
}

static void step_discard(struct model *m)
{
	unsigned int first = roll(m, SECTORS);
	unsigned int nr = 1 + roll(m, SECTORS - first), before = m->nr, s;
	u64 seq = blkdebug_last_seq(m->cache), beyond = 0;

	/* Is acknowledged and not done */
	if (blkdebug_is_frozen(m->cache))
		return;
	/* The cache walks its blocks instead if the range is long enough */
	if (!roll(m, 4)) {
		nr = SECTORS - first;
		beyond = 1ULL << 40;
	}
	expect(m, seq == m->nr);
	put_batches(m);
	m->stamp++;
	for (s = first; s < first + nr; s++)
		m->below[s] = m->stamp;
	if (roll(m, 2))
		enter_write(m);
	blkdebug_drop_sectors(m->cache, first, nr + beyond, seq);
	for (s = first; s < SECTORS; s++) {
		if (s < first + nr && m->seq[s] <= before) {
			m->seq[s] = before;
			m->durable[s] = m->below[s];
		}
	}
}

static void choose(struct model *m)
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

static void settle(struct blkdebug_line *line, const struct blkdebug_cut *cut)
{
	struct model *m = container_of(line, struct model, line);

	blkdebug_apply_cut(m->cache, &cut->choice, cut->seed, &m->outcome);
}

static void step_cut(struct model *m)
{
	struct blkdebug_outcome outcome;
	unsigned int i;

	choose(m);
	expect(m, blkdebug_cut_power(&m->line, &m->cut));
	expect(m, !blkdebug_power_is_on(&m->line));
	expect(m, !blkdebug_cut_power(&m->line, &m->cut));
	blkdebug_settle_power(&m->line);
	model_cut(m, &outcome);
	expect(m, !memcmp(&outcome, &m->outcome, sizeof(outcome)));
	for (i = 0; i < m->nr; i++) {
		if (m->writes[i].real)
			blkdebug_put_write(m->cache, m->writes[i].real);
		m->writes[i].real = NULL;
	}
	memset(m->flushing, 0, sizeof(m->flushing));
	if (roll(m, 2)) {
		write_all_out(m);
		expect(m, !memcmp(m->below, m->durable, sizeof(m->below)));
	}
	expect(m, blkdebug_restore_power(&m->line));
	expect(m, !blkdebug_restore_power(&m->line));
	expect(m, blkdebug_power_is_on(&m->line));
}

/* Views */

static void expect_view(struct model *m, struct model_view *mv,
			struct blkdebug_outcome *outcome)
{
	unsigned int i, s, number = 0;

	memcpy(mv->sector, m->durable, sizeof(mv->sector));
	memset(mv->own, 0, sizeof(mv->own));
	memset(mv->stake, 0, sizeof(mv->stake));
	mv->touched = 0;
	model_leave(m, mv->sector, outcome);
	for (i = 0; i < m->nr; i++) {
		if (!is_volatile(m, i))
			continue;
		for (s = 0; s < SECTORS; s++)
			mv->stake[s] |= (unsigned long)at_stake(m, i, s) << number;
		number++;
	}
}

/* A view of this moment, or of that of another view */
static void make_view(struct model *m, struct model_view *mv)
{
	struct model_view *other = &m->view[roll(m, VIEWS)];
	struct blkdebug_moment *moment = NULL;
	struct blkdebug_outcome outcome;

	choose(m);
	mv->cut = m->cut;
	memcpy(mv->range, m->range, sizeof(mv->range));
	mv->cut.choice.lose.range = &mv->range[0];
	mv->cut.choice.keep.range = &mv->range[1];
	expect(m, !blkdebug_capture_moments(m->line.supply, &m->cache, 1, &moment));
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
	unsigned int i;

	nr = roll(m, 2) ? nr : 1;
	for (i = first; i < first + nr; i++) {
		if (!mv->own[i])
			mv->touched |= stakes_of_unit(m, mv, i / m->unit);
	}
	expect(m, !mv->touched || blkdebug_view_holds(&mv->view, 0, SECTORS));
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
			expect(m, span_stamp(m, &span, s + i, i) == mv->sector[s + i]);
		rcu_read_unlock();
		s += max_t(unsigned int, span.nr_sectors, 1);
	}
}

static void compare_views(struct model *m)
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

static void step_view(struct model *m)
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

static void (*const steps[])(struct model *m) = {
	step_flush, step_flush, step_flush, step_discard, step_cut, make_space,
	step_batch, step_batch, step_batch, step_complete, step_complete,
	step_complete, step_complete, step_view, step_view, step_view, step_view,
};

/* Most of the steps are writes */
static void step(struct model *m)
{
	unsigned int which = roll(m, 32);

	if (which < ARRAY_SIZE(steps))
		steps[which](m);
	else
		step_write(m);
	compare_reads(m);
	compare_lists(m);
	compare_views(m);
}

static void drop_views(struct model *m)
{
	unsigned int i;

	for (i = 0; i < VIEWS; i++)
		drop_view(&m->view[i]);
}

/* The cache is empty: does a write get all memory, whichever pools have it? */
static void check_whole_memory(struct model *m)
{
	struct blkdebug_write_desc desc = {
		.nr_sectors = CAPACITY * BLKDEBUG_BLOCK_SECTORS,
	};
	struct blkdebug_write *write = blkdebug_begin_write(m->cache, &desc);

	expect(m, write);
	if (write)
		blkdebug_abort_write(m->cache, write);
}

/* All has left the cache: is each record back in its pool? */
static void check_empty(struct model *m)
{
	unsigned int i, nr = 0;

	for (i = 0; i < m->nr; i++) {
		if (m->writes[i].real)
			complete_write(m, i);
		model_harden(m, i);
	}
	blkdebug_harden_all(m->cache);
	if (roll(m, 2))
		drop_views(m);
	write_all_out(m);
	blkdebug_finish_reaping(m->cache);
	check_whole_memory(m);
	expect(m, !blkdebug_used_data(&m->cache->pools));
	for (i = 0; i < m->cache->pools.nr; i++) {
		struct blkdebug_records *free = &m->cache->pools.pool[i].free;

		nr += free->versions.nr + free->blocks.nr + free->writes.nr;
	}
	expect(m, nr == 3 * m->cache->pools.nr_records);
}

static void ignore_space(struct blkdebug_cache *cache) { }

static const struct blkdebug_cache_ops ops = { .space_freed = ignore_space };

static bool set_up(struct model *m, unsigned int max_writes)
{
	m->unit = 1U << roll(m, 6);
	m->writes = kvcalloc(max_writes + 1, sizeof(*m->writes), GFP_KERNEL);
	m->cache = blkdebug_cache_alloc(CAPACITY * BLKDEBUG_BLOCK_BYTES,
					m->unit << SECTOR_SHIFT, &ops);
	m->line.settle = settle;
	refcount_set(&m->cut.refs, 1);
	return m->writes && m->cache && !blkdebug_join_power(&m->line, "");
}

/**
 * cache_model_run - compare the cache and the model
 * @dice: random numbers
 * @nr_steps: how many steps
 *
 * Return: NULL, or what was not as it should be.
 */
const char *cache_model_run(struct cache_dice *dice, unsigned int nr_steps)
{
	struct model *m = kvzalloc(sizeof(*m), GFP_KERNEL);
	const char *wrong = "no memory";
	unsigned int i;

	if (!m)
		return wrong;
	m->dice = dice;
	if (set_up(m, nr_steps * 2)) {
		for (i = 0; i < nr_steps && !m->wrong; i++)
			step(m);
		if (!m->wrong)
			check_empty(m);
		wrong = m->wrong;
		drop_views(m);
	}
	blkdebug_leave_power(&m->line);
	blkdebug_cache_free(m->cache);
	kvfree(m->writes);
	kvfree(m);
	return wrong;
}

/* A write whose number is set, as if it had drawn it before others that entered first */
static struct blkdebug_write *enter_numbered(struct blkdebug_cache *cache,
					     u64 number, sector_t sector,
					     sector_t nr_sectors)
{
	const struct blkdebug_write_desc desc = {
		.sector = sector,
		.nr_sectors = nr_sectors,
		.iotype = BLKDEBUG_IO_WRITE,
	};
	struct blkdebug_write *write = blkdebug_begin_write(cache, &desc);

	if (!write)
		return NULL;
	fill_write(write, number);
	atomic64_set(&cache->seq, number - 1);
	rcu_read_lock();
	blkdebug_enter_write(cache, write, 0);
	blkdebug_complete_write(cache, write);
	rcu_read_unlock();
	return write;
}

/* Sectors 2 to 4 are those of write 2, durable; all others are those of write 1 */
static const char *check_late(struct blkdebug_cache *cache)
{
	struct blkdebug_extent extent[BLKDEBUG_BLOCK_SECTORS];
	unsigned int i, nr, sectors = 0;
	struct blkdebug_span span;
	bool newer;

	for (i = 0; i < BLKDEBUG_BLOCK_SECTORS; i++) {
		newer = i >= 2 && i <= 4;
		rcu_read_lock();
		blkdebug_find_span(cache, i, 1, &span);
		if (span.source != BLKDEBUG_CACHED ||
		    *(u32 *)span.data != (newer ? 2 : 1)) {
			rcu_read_unlock();
			return "a late write is read in the place of a newer one";
		}
		rcu_read_unlock();
	}
	blkdebug_flush_writes(cache, blkdebug_begin_flush(cache));
	nr = blkdebug_take_dirty(cache, extent, ARRAY_SIZE(extent));
	for (i = 0; i < nr; i++)
		sectors += extent[i].nr_sectors;
	blkdebug_put_dirty(cache, extent, nr);
	return sectors == BLKDEBUG_BLOCK_SECTORS ? NULL :
	       "a sector of a late write is written out beside a newer one";
}

/**
 * cache_model_late - let a write enter behind a newer one that is durable already
 *
 * A write that spans regions enters them one by one, so that a newer write can enter
 * one of them first.
 *
 * Return: NULL, or what was not as it should be.
 */
const char *cache_model_late(void)
{
	struct blkdebug_cache *cache =
		blkdebug_cache_alloc(4 * BLKDEBUG_BLOCK_BYTES, 512, &ops);
	struct blkdebug_write *newer, *late;
	const char *wrong = "no memory";

	if (!cache)
		return wrong;
	newer = enter_numbered(cache, 2, 2, 3);
	if (newer) {
		blkdebug_harden_write(cache, newer);
		blkdebug_put_write(cache, newer);
		late = enter_numbered(cache, 1, 0, BLKDEBUG_BLOCK_SECTORS);
		if (late) {
			blkdebug_put_write(cache, late);
			wrong = check_late(cache);
		}
	}
	blkdebug_cache_free(cache);
	return wrong;
}

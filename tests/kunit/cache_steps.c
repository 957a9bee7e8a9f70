// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random steps, each done with the model and with the write cache: see cache_model.h.
 */
#include <linux/blkdev.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cache_steps.h"

/* Comparing */

static void compare_reads(struct model *m)
{
	unsigned int s = roll(m, 8), end = SECTORS - roll(m, 8), i;
	struct blkdebug_span span;

	while (s < end) {
		rcu_read_lock();
		blkdebug_find_span(m->cache, s, end - s, &span);
		expect(m, span.nr_sectors && span.nr_sectors <= end - s);
		for (i = 0; i < span.nr_sectors && s + i < end; i++)
			expect(m, cache_model_span_stamp(m, &span, s + i, i) ==
				  cache_model_read(m, s + i));
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
	expect(m, nr == cache_model_count(m));
	expect(m, nr == blkdebug_active_writes(&m->cache->pools));
	for (i = 0; i < m->nr && !m->wrong; i++) {
		if (!cache_model_is_volatile(m, i))
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
		  cache_model_harden_oldest(m, want));
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
		cache_model_harden(m, i);
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
			cache_model_harden(m, i);
		m->writes[i].covered &= ~(1U << f);
	}
}

/* During a discard no moment is captured, and a capture that waits lets no other begin. */
static void end_discard(struct model *m)
{
	struct blkdebug_supply *supply = m->line.supply;
	struct blkdebug_moment *moment = NULL;
	struct blkdebug_capture capture;

	blkdebug_init_capture(&capture, &supply->wait);
	expect(m, blkdebug_capture_moments(&capture, supply, &m->cache, 1,
					   &moment) == -EAGAIN && !moment);
	expect(m, !blkdebug_may_retry(&capture));
	blkdebug_end_discard(m->cache, supply);
	expect(m, blkdebug_may_retry(&capture));
	expect(m, !blkdebug_begin_discard(m->cache, supply));
	blkdebug_end_capture(&capture);
}

static void step_discard(struct model *m)
{
	unsigned int first = roll(m, SECTORS);
	unsigned int nr = 1 + roll(m, SECTORS - first), before = m->nr, s;
	u64 seq = blkdebug_last_seq(m->cache), beyond = 0;

	/* Is acknowledged and not done */
	if (!blkdebug_begin_discard(m->cache, m->line.supply)) {
		expect(m, blkdebug_is_frozen(m->cache));
		return;
	}
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
	end_discard(m);
	for (s = first; s < SECTORS; s++) {
		if (s < first + nr && m->seq[s] <= before) {
			m->seq[s] = before;
			m->durable[s] = m->below[s];
		}
	}
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

	cache_model_choose(m);
	expect(m, blkdebug_cut_power(&m->line, &m->cut));
	expect(m, !blkdebug_power_is_on(&m->line));
	expect(m, !blkdebug_cut_power(&m->line, &m->cut));
	blkdebug_settle_power(&m->line);
	cache_model_cut(m, &outcome);
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

/* All steps */

static void (*const steps[])(struct model *m) = {
	step_flush, step_flush, step_flush, step_discard, step_cut, make_space,
	step_batch, step_batch, step_batch, step_complete, step_complete,
	step_complete, step_complete, cache_model_step_view, cache_model_step_view,
	cache_model_step_view, cache_model_step_view,
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
	cache_model_compare_views(m);
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
		cache_model_harden(m, i);
	}
	blkdebug_harden_all(m->cache);
	if (roll(m, 2))
		cache_model_drop_views(m);
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
	/* The number of flushes is about to need more than 32 bits. */
	if (m->cache)
		atomic64_set(&m->cache->epoch, U32_MAX - 2);
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
		cache_model_drop_views(m);
	}
	blkdebug_leave_power(&m->line);
	blkdebug_cache_free(m->cache);
	kvfree(m->writes);
	kvfree(m);
	return wrong;
}

/* Enter a write with a number from before those of writes that have entered already. */
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

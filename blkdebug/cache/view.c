// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views: see view.h.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "view.h"

static u64 block_of(sector_t sector)
{
	return sector >> BLKDEBUG_BLOCK_SHIFT;
}

/* Choosing survivors */

static u8 surviving_mask(const struct blkdebug_view *view,
			 const struct blkdebug_entry *entry)
{
	if (!entry->number)
		return entry->mask;
	return blkdebug_surviving_mask(&view->lottery, entry->number,
				       &view->moment->writes[entry->number - 1],
				       view->moment->unit_shift, entry->block,
				       entry->mask);
}

static void count_outcome(struct blkdebug_view *view, const unsigned long *kept,
			  const unsigned long *lost)
{
	struct blkdebug_outcome *outcome = &view->outcome;
	unsigned int i;

	outcome->nr_volatile = view->moment->nr_writes;
	for (i = 0; i < view->moment->nr_writes; i++) {
		if (!test_bit(i, lost))
			outcome->survived++;
		else if (test_bit(i, kept))
			outcome->torn++;
		else
			outcome->lost++;
		cond_resched();
	}
}

/* Count what survives, as a cut does. */
static int choose_survivors(struct blkdebug_view *view)
{
	const struct blkdebug_moment *moment = view->moment;
	size_t longs = BITS_TO_LONGS(moment->nr_writes) + 1;
	unsigned long *kept, *lost;
	unsigned int i;

	kept = kvcalloc(2 * longs, sizeof(*kept), GFP_KERNEL | __GFP_NOWARN);
	if (!kept)
		return -ENOMEM;
	lost = kept + longs;
	for (i = 0; i < moment->nr_entries; i++) {
		const struct blkdebug_entry *entry = &moment->entries[i];
		u8 mask = surviving_mask(view, entry);

		if (entry->number && mask)
			__set_bit(entry->number - 1, kept);
		if (entry->number && mask != entry->mask)
			__set_bit(entry->number - 1, lost);
		cond_resched();
	}
	count_outcome(view, kept, lost);
	kvfree(kept);
	return 0;
}

/* Reading */

/* Find where the sectors of a block from the sector @first on are that share a source. */
static void search_block(struct blkdebug_view *view, u64 nr, unsigned int first,
			 struct blkdebug_span *span)
{
	const struct blkdebug_moment *moment = view->moment;
	const struct blkdebug_view_block *own = xa_load(&view->blocks, nr);
	unsigned int i = blkdebug_first_entry(moment, nr);
	u8 open = U8_MAX, mask = own ? own->mask : 0;
	const u8 *data = own ? own->data : NULL;

	while (!(mask & (1U << first))) {
		open &= ~mask;
		if (i == moment->nr_entries || moment->entries[i].block != nr) {
			span->nr_sectors = blkdebug_count_run(open, first);
			span->source = BLKDEBUG_BELOW;
			span->data = NULL;
			return;
		}
		mask = surviving_mask(view, &moment->entries[i]) & open;
		data = moment->entries[i].version->data;
		i++;
	}
	span->nr_sectors = blkdebug_count_run(mask, first);
	span->source = data ? BLKDEBUG_CACHED : BLKDEBUG_ZEROES;
	span->data = data ? data + (first << SECTOR_SHIFT) : NULL;
}

/* The first block from @nr on of which the view or its moment has something */
static u64 next_held_block(struct blkdebug_view *view, u64 nr)
{
	const struct blkdebug_moment *moment = view->moment;
	unsigned int i = blkdebug_first_entry(moment, nr);
	u64 held = i < moment->nr_entries ? moment->entries[i].block : U64_MAX;
	unsigned long own = nr;

	if (xa_find(&view->blocks, &own, ULONG_MAX, XA_PRESENT))
		held = min_t(u64, held, own);
	return held;
}

/**
 * blkdebug_find_in_view - find where a read gets its data from
 * @view: the view
 * @sector: the first sector
 * @nr_sectors: number of sectors
 * @span: the result: where the first of the sectors are, at least one
 *
 * Context: does not sleep. The caller holds an RCU read lock, in which the moment was
 * not given up, until it has copied the data.
 */
void blkdebug_find_in_view(struct blkdebug_view *view, sector_t sector,
			   sector_t nr_sectors, struct blkdebug_span *span)
{
	unsigned int first = sector & (BLKDEBUG_BLOCK_SECTORS - 1);
	u64 held = next_held_block(view, block_of(sector));

	if (held == block_of(sector)) {
		search_block(view, held, first, span);
		span->nr_sectors = min(span->nr_sectors, nr_sectors);
		return;
	}
	span->nr_sectors = nr_sectors;
	if (held <= block_of(sector + nr_sectors - 1))
		span->nr_sectors = (held << BLKDEBUG_BLOCK_SHIFT) - sector;
	span->source = BLKDEBUG_BELOW;
	span->data = NULL;
}

/* Extend a part of the device to multiples of the unit. */
static void extend_to_units(const struct blkdebug_view *view, sector_t *first,
			    sector_t *last)
{
	u8 shift = view->moment->unit_shift;

	*first = *first >> shift << shift;
	*last = (((*last >> shift) + 1) << shift) - 1;
}

/**
 * blkdebug_view_holds - test whether a read needs more than the device below
 * @view: the view
 * @sector: the first sector
 * @nr_sectors: number of sectors
 *
 * Context: any, beside a thread that changes what the view has written.
 *
 * Return: true if the view or its moment has something of the units that the read looks
 * at.
 */
bool blkdebug_view_holds(struct blkdebug_view *view, sector_t sector,
			 sector_t nr_sectors)
{
	sector_t first = sector, last = sector + nr_sectors - 1;

	extend_to_units(view, &first, &last);
	return next_held_block(view, block_of(first)) <= block_of(last);
}

/* Looks of readers */

/* A part of the device that a reader looks at */
struct look {
	struct blkdebug_view *view;
	sector_t first;
	sector_t last;
	u64 unit;	/* the unit examined last, if units are larger than blocks */
	bool looked;	/* the reader looks at moment's data in that unit */
};

/* The sectors of a block that the reader gets from the moment */
static u8 looked_in_block(const struct look *look, u64 block)
{
	const struct blkdebug_view_block *own = xa_load(&look->view->blocks, block);

	return blkdebug_part_mask(block, look->first, look->last) & ~(own ? own->mask : 0);
}

/* Units are at most a block: extend the sectors looked at to their units. */
static u8 extend_mask(u8 mask, u8 unit_shift)
{
	unsigned int unit = 1U << unit_shift, i;
	u8 units = (1U << unit) - 1, extended = 0;

	for (i = 0; i < BLKDEBUG_BLOCK_SECTORS; i += unit) {
		if (mask & (units << i))
			extended |= units << i;
	}
	return extended;
}

/* Units are larger than a block: test whether any sector of the block's unit is looked at. */
static bool looks_at_unit(struct look *look, u64 block)
{
	u8 shift = look->view->moment->unit_shift - BLKDEBUG_BLOCK_SHIFT;
	u64 unit = block >> shift, b = unit << shift, end = (unit + 1) << shift;

	if (unit == look->unit)
		return look->looked;
	look->unit = unit;
	b = max(b, block_of(look->first));
	end = min(end, block_of(look->last) + 1);
	look->looked = false;
	for (; b < end && !look->looked; b++)
		look->looked = looked_in_block(look, b);
	return look->looked;
}

/* The sectors of a block in units that the reader looks at */
static u8 units_looked_at(struct look *look, u64 block)
{
	u8 unit_shift = look->view->moment->unit_shift;

	if (unit_shift > BLKDEBUG_BLOCK_SHIFT)
		return looks_at_unit(look, block) ? U8_MAX : 0;
	return extend_mask(looked_in_block(look, block), unit_shift);
}

/*
 * Call @visit for each volatile write that has a version of a unit of which a reader looks
 * at sectors that the view has not written, until a call returns true. Returns whether
 * one did.
 */
static bool visit_looks(struct blkdebug_view *view, sector_t sector, sector_t nr_sectors,
			bool (*visit)(struct blkdebug_view *view, u32 number))
{
	const struct blkdebug_moment *moment = view->moment;
	struct look look = {
		.view = view,
		.first = sector,
		.last = sector + nr_sectors - 1,
		.unit = U64_MAX,
	};
	sector_t first = look.first, last = look.last;
	u64 block = U64_MAX;
	unsigned int i;
	u8 mask = 0;

	extend_to_units(view, &first, &last);
	for (i = blkdebug_first_entry(moment, block_of(first));
	     i < moment->nr_entries && moment->entries[i].block <= block_of(last);
	     i++) {
		const struct blkdebug_entry *entry = &moment->entries[i];

		if (entry->block != block)
			mask = units_looked_at(&look, entry->block);
		block = entry->block;
		if (entry->number && (entry->mask & mask) && visit(view, entry->number))
			return true;
	}
	return false;
}

static bool is_untouched(struct blkdebug_view *view, u32 number)
{
	return !test_bit(number - 1, view->touched);
}

static bool touch_write(struct blkdebug_view *view, u32 number)
{
	if (is_untouched(view, number) && !test_and_set_bit(number - 1, view->touched))
		WRITE_ONCE(view->order[atomic_inc_return(&view->nr_touched) - 1], number);
	return false;
}

/**
 * blkdebug_would_touch_view - test whether a read would touch a write that is not touched
 * @view: the view
 * @sector: the first sector of the read
 * @nr_sectors: number of sectors
 *
 * Context: does not sleep.
 *
 * Return: true if blkdebug_touch_view() would record another write.
 */
bool blkdebug_would_touch_view(struct blkdebug_view *view, sector_t sector,
			       sector_t nr_sectors)
{
	return visit_looks(view, sector, nr_sectors, is_untouched);
}

/**
 * blkdebug_touch_view - record which volatile writes a reader may tell apart
 * @view: the view
 * @sector: the first sector that the reader looks at
 * @nr_sectors: number of sectors
 *
 * These are the writes, surviving or lost, that have a version of a unit of which the
 * reader looks at sectors that the view has not written.
 *
 * Context: does not sleep.
 */
void blkdebug_touch_view(struct blkdebug_view *view, sector_t sector,
			 sector_t nr_sectors)
{
	visit_looks(view, sector, nr_sectors, touch_write);
}

/* Writing */

static struct blkdebug_view_block *get_block(struct blkdebug_view *view, u64 nr)
{
	struct blkdebug_view_block *block = xa_load(&view->blocks, nr);

	if (block)
		return block;
	block = kzalloc(sizeof(*block), GFP_NOIO);
	if (block && xa_err(xa_store(&view->blocks, nr, block, GFP_NOIO))) {
		kfree(block);
		block = NULL;
	}
	return block;
}

/**
 * blkdebug_write_view - get the memory for sectors that are written to a view
 * @view: the view
 * @sector: the first sector
 * @nr_sectors: number of sectors, none of them in another block
 *
 * Context: may sleep; one caller at a time.
 *
 * Return: the memory, which the caller fills at once, or NULL if an allocation fails.
 */
u8 *blkdebug_write_view(struct blkdebug_view *view, sector_t sector,
			unsigned int nr_sectors)
{
	struct blkdebug_view_block *block = get_block(view, block_of(sector));
	unsigned int first = sector & (BLKDEBUG_BLOCK_SECTORS - 1);

	if (block && !block->data)
		block->data = kzalloc(BLKDEBUG_BLOCK_BYTES, GFP_NOIO);
	if (!block || !block->data)
		return NULL;
	block->mask |= blkdebug_part_mask(block_of(sector), sector, sector + nr_sectors - 1);
	return block->data + (first << SECTOR_SHIFT);
}

/**
 * blkdebug_zero_view - write zeroes to a view
 * @view: the view
 * @sector: the first sector
 * @nr_sectors: number of sectors, none of them in another block
 *
 * Context: may sleep; one caller at a time.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_zero_view(struct blkdebug_view *view, sector_t sector,
		       unsigned int nr_sectors)
{
	struct blkdebug_view_block *block = get_block(view, block_of(sector));
	unsigned int first = sector & (BLKDEBUG_BLOCK_SECTORS - 1);

	if (!block)
		return -ENOMEM;
	if (block->data)
		memset(block->data + (first << SECTOR_SHIFT), 0,
		       nr_sectors << SECTOR_SHIFT);
	block->mask |= blkdebug_part_mask(block_of(sector), sector, sector + nr_sectors - 1);
	return 0;
}

/* Life cycle */

/**
 * blkdebug_view_init - set up a view
 * @view: zeroed
 * @moment: its moment, of which the view becomes the user that the caller was
 * @cut: the choice; the view gets a reference
 * @seed: of the draws
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM; blkdebug_view_exit() is to be called either way.
 */
int blkdebug_view_init(struct blkdebug_view *view, struct blkdebug_moment *moment,
		       struct blkdebug_cut *cut, u64 seed)
{
	refcount_inc(&cut->refs);
	view->moment = moment;
	view->cut = cut;
	view->seed = seed;
	xa_init(&view->blocks);
	blkdebug_draw_lottery(&view->lottery, &cut->choice, seed,
			      moment->nr_writes);
	view->touched = kvcalloc(BITS_TO_LONGS(moment->nr_writes) + 1,
				 sizeof(long), GFP_KERNEL | __GFP_NOWARN);
	view->order = kvcalloc(moment->nr_writes + 1, sizeof(*view->order),
			       GFP_KERNEL | __GFP_NOWARN);
	if (!view->touched || !view->order)
		return -ENOMEM;
	return choose_survivors(view);
}

/**
 * blkdebug_view_exit - free the members of a view
 * @view: the view, set up, partly set up or zeroed; no I/O uses it
 *
 * Context: may sleep.
 */
void blkdebug_view_exit(struct blkdebug_view *view)
{
	struct blkdebug_view_block *block;
	unsigned long nr;

	if (!view->moment)
		return;
	xa_for_each(&view->blocks, nr, block) {
		kfree(block->data);
		kfree(block);
		cond_resched();
	}
	xa_destroy(&view->blocks);
	kvfree(view->touched);
	kvfree(view->order);
	blkdebug_put_cut(view->cut);
	blkdebug_put_moment(view->moment);
}

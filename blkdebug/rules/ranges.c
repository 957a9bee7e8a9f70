// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of sector ranges: parsing, sorting, merging. A list may be megabytes
 * long, so each loop over one yields the CPU.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ranges.h"
#include "sort.h"

/* Bytes or ranges between two calls of cond_resched() in a short loop */
#define CHUNK	8192

static int parse_bounds(const char *item, size_t len, u64 *first, u64 *last)
{
	const char *dash = memchr(item, '-', len);
	size_t first_len = dash ? dash - item : len;
	int r = blkdebug_parse_number(item, first_len, U64_MAX, first);

	*last = *first;
	if (!r && dash)
		r = blkdebug_parse_number(dash + 1, len - first_len - 1, U64_MAX,
					  last);
	return r;
}

static int parse_range(const char *item, size_t len, sector_t nr_sectors,
		       struct blkdebug_range *range, struct blkdebug_error *err)
{
	u64 first = 0, last = 0;
	int r = parse_bounds(item, len, &first, &last);

	if (r == -ERANGE)
		return blkdebug_error_part(err, "Number out of range", item, len);
	if (r)
		return blkdebug_error_part(err, "Invalid sector", item, len);
	if (last < first)
		return blkdebug_error_part(err, "Range ends before it starts",
					   item, len);
	/* A fault on such a range could never fire. */
	if (first >= nr_sectors)
		return blkdebug_error_part(err, "Sector outside the target",
					   item, len);
	range->first = first;
	range->last = last;
	return 0;
}

static size_t count_items(const char *list)
{
	size_t i, nr = 1;

	for (i = 0; list[i]; i++) {
		nr += list[i] == ',';
		if (!(i % CHUNK))
			cond_resched();
	}
	return nr;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct blkdebug_range *ra = a, *rb = b;

	if (ra->first != rb->first)
		return ra->first < rb->first ? -1 : 1;
	return 0;
}

static bool are_sorted(const struct blkdebug_range *ranges, u32 nr)
{
	u32 i;

	for (i = 1; i < nr; i++) {
		if (ranges[i].first < ranges[i - 1].first)
			return false;
		if (!(i % CHUNK))
			cond_resched();
	}
	return true;
}

/* Merge sorted ranges that overlap or touch, and return how many are left. */
static u32 merge_ranges(struct blkdebug_range *ranges, u32 nr)
{
	u32 i, last = 0;

	for (i = 1; i < nr; i++) {
		if (ranges[last].last == U64_MAX ||
		    ranges[i].first <= ranges[last].last + 1)
			ranges[last].last = max(ranges[last].last,
						ranges[i].last);
		else
			ranges[++last] = ranges[i];
		if (!(i % CHUNK))
			cond_resched();
	}
	return last + 1;
}

/**
 * blkdebug_sort_ranges - sort ranges, and merge those that overlap or touch
 * @ranges: the ranges
 * @nr: elements of @ranges, not 0; set to how many are left
 *
 * Context: Process context. May sleep.
 * Return: 0, or -ENOMEM with @ranges in an undefined order.
 */
int blkdebug_sort_ranges(struct blkdebug_range *ranges, u32 *nr)
{
	int r = 0;

	if (!are_sorted(ranges, *nr))
		r = blkdebug_sort(ranges, *nr, sizeof(*ranges), compare_ranges);
	if (!r)
		*nr = merge_ranges(ranges, *nr);
	return r;
}

static int parse_items(const char *list, sector_t nr_sectors,
		       struct blkdebug_range *ranges,
		       struct blkdebug_error *err)
{
	const char *item;
	size_t len;
	u32 i = 0;

	while ((item = blkdebug_next_item(&list, &len))) {
		int r = parse_range(item, len, nr_sectors, &ranges[i++], err);

		if (r)
			return r;
		cond_resched();
	}
	return 0;
}

/**
 * blkdebug_parse_ranges - parse a list of sectors and sector ranges
 * @list: for example "0-7,16"
 * @nr_sectors: size of the target; each range must begin below
 * @ranges: the ranges, sorted, none touching the next, to be freed by kvfree();
 *	unchanged on error
 * @nr: entries in @ranges
 * @err: describes a failure; @err->part is the range at fault
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, or -EINVAL with @err set.
 */
int blkdebug_parse_ranges(const char *list, sector_t nr_sectors,
			  struct blkdebug_range **ranges, u32 *nr,
			  struct blkdebug_error *err)
{
	struct blkdebug_range *parsed;
	size_t items = count_items(list);
	u32 left = items;
	int r;

	if (items > U32_MAX)
		return blkdebug_error_set(err, "Too many sectors", NULL);
	parsed = kvmalloc_array(items, sizeof(*parsed), BLKDEBUG_GFP_LONG);
	if (!parsed)
		return -ENOMEM;
	r = parse_items(list, nr_sectors, parsed, err);
	if (!r)
		r = blkdebug_sort_ranges(parsed, &left);
	if (r) {
		kvfree(parsed);
		return r;
	}
	*nr = left;
	*ranges = parsed;
	return 0;
}

/**
 * blkdebug_print_range - print an item of a list of sectors
 * @out: the output
 * @range: the sectors
 * @first: print no comma before the item
 *
 * Context: Any context.
 */
void blkdebug_print_range(struct seq_buf *out,
			  const struct blkdebug_range *range, bool first)
{
	seq_buf_printf(out, first ? "%llu" : ",%llu", (u64)range->first);
	if (range->last != range->first)
		seq_buf_printf(out, "-%llu", (u64)range->last);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sorting of arrays of any size: a merge sort that calls cond_resched(), which sort()
 * does not do.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "parse.h"
#include "sort.h"

/* Entries between two calls of cond_resched(): at most 500,000 instructions */
#define CHUNK_SORTED	512
#define CHUNK_MERGED	4096

/* An array that is being sorted */
struct sorter {
	size_t nr;			/* entries */
	size_t size;			/* size of an entry in bytes */
	cmp_func_t cmp;			/* the order */
};

static void sort_chunks(const struct sorter *s, void *base)
{
	size_t i;

	for (i = 0; i < s->nr; i += CHUNK_SORTED) {
		sort(base + i * s->size, min_t(size_t, s->nr - i, CHUNK_SORTED),
		     s->size, s->cmp, NULL);
		cond_resched();
	}
}

/* Merge the sorted runs [start, mid) and [mid, end) of @from into @to. */
static void merge_pair(const struct sorter *s, void *to, const void *from,
		       size_t start, size_t mid, size_t end)
{
	size_t left = start, right = mid, i;

	for (i = start; i < end; i++) {
		bool take_left = right == end ||
			(left < mid && s->cmp(from + left * s->size,
					      from + right * s->size) <= 0);
		size_t taken = take_left ? left++ : right++;

		memcpy(to + i * s->size, from + taken * s->size, s->size);
		if (!(i % CHUNK_MERGED))
			cond_resched();
	}
}

static void merge_runs(const struct sorter *s, void *to, const void *from,
		       size_t run)
{
	size_t start, mid, end;

	for (start = 0; start < s->nr; start = end) {
		mid = start + min(run, s->nr - start);
		end = mid + min(run, s->nr - mid);
		merge_pair(s, to, from, start, mid, end);
	}
}

static void copy_entries(const struct sorter *s, void *to, const void *from)
{
	size_t i;

	for (i = 0; i < s->nr; i += CHUNK_MERGED) {
		memcpy(to + i * s->size, from + i * s->size,
		       min_t(size_t, s->nr - i, CHUNK_MERGED) * s->size);
		cond_resched();
	}
}

/**
 * blkdebug_sort - sort an array, however large
 * @base: the array
 * @nr: entries in @base
 * @size: size of an entry in bytes
 * @cmp: the order, as for sort()
 *
 * Context: Process context. May sleep. Calls cond_resched() at least every
 * 500,000 instructions for entries of up to 32 bytes.
 * Return: 0, or -ENOMEM with @base in an undefined order.
 */
int blkdebug_sort(void *base, size_t nr, size_t size, cmp_func_t cmp)
{
	const struct sorter sorter = { .nr = nr, .size = size, .cmp = cmp };
	void *from = base, *to;
	size_t run;

	sort_chunks(&sorter, base);
	if (nr <= CHUNK_SORTED)
		return 0;
	/* Callers may have locks that I/O needs, and I/O may be what frees memory. */
	to = kvmalloc_array(nr, size, BLKDEBUG_GFP_LONG | __GFP_NORETRY);
	if (!to)
		return -ENOMEM;
	for (run = CHUNK_SORTED; run < nr; run *= 2) {
		merge_runs(&sorter, to, from, run);
		swap(from, to);
	}
	if (from != base) {
		copy_entries(&sorter, base, from);
		swap(from, to);
	}
	kvfree(to);
	return 0;
}

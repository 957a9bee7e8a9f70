// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sorting of user-sized arrays: the kernel's sort() on chunks, then merge
 * passes, so that no stretch between two calls of cond_resched() grows with
 * what users load.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "sort.h"

/* Elements that sort() gets at once */
#define SORT_CHUNK	1024

typedef int (*compare_fn)(const void *a, const void *b);

static bool is_sorted(const char *base, size_t nr, size_t size,
		      compare_fn compare)
{
	size_t i;

	for (i = 1; i < nr; i++) {
		if (compare(base + (i - 1) * size, base + i * size) > 0)
			return false;
		if (!(i % SORT_CHUNK))
			cond_resched();
	}
	return true;
}

/* Merge the sorted halves [0, mid) and [mid, nr) of @from into @to */
static void merge_halves(char *to, const char *from, size_t mid, size_t nr,
			 size_t size, compare_fn compare)
{
	size_t i = 0, j = mid, n;

	for (n = 0; n < nr; n++) {
		size_t *next = &j;

		if (j == nr || (i < mid && compare(from + i * size,
						   from + j * size) <= 0))
			next = &i;
		memcpy(to + n * size, from + (*next)++ * size, size);
		if (!(n % SORT_CHUNK))
			cond_resched();
	}
}

/* Merge runs of @width elements by twos */
static void merge_pass(char *to, const char *from, size_t nr, size_t width,
		       size_t size, compare_fn compare)
{
	size_t at;

	for (at = 0; at < nr; at += 2 * width) {
		size_t left = min(2 * width, nr - at);

		merge_halves(to + at * size, from + at * size,
			     min(width, left), left, size, compare);
	}
}

/**
 * blkdebug_sort - sort an array, however long
 * @base: the array
 * @nr: its number of elements
 * @size: the size of an element, in bytes
 * @compare: the order, as for sort()
 *
 * The order of elements that compare as equal is unspecified.
 *
 * Context: may sleep; never runs for long without cond_resched().
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_sort(void *base, size_t nr, size_t size, compare_fn compare)
{
	char *from = base, *to, *spare;
	size_t at, width;

	if (is_sorted(base, nr, size, compare))
		return 0;
	for (at = 0; at < nr; at += SORT_CHUNK) {
		sort(from + at * size, min_t(size_t, SORT_CHUNK, nr - at), size,
		     compare, NULL);
		cond_resched();
	}
	if (nr <= SORT_CHUNK)
		return 0;

	spare = kvmalloc_array(nr, size, GFP_KERNEL | __GFP_NOWARN);
	if (!spare)
		return -ENOMEM;
	to = spare;
	for (width = SORT_CHUNK; width < nr; width *= 2) {
		merge_pass(to, from, nr, width, size, compare);
		swap(from, to);
	}
	if (from == spare) {
		for (at = 0; at < nr; at += SORT_CHUNK) {
			memcpy((char *)base + at * size, spare + at * size,
			       min_t(size_t, SORT_CHUNK, nr - at) * size);
			cond_resched();
		}
	}
	kvfree(spare);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sorting of user-sized arrays.
 */
#ifndef BLKDEBUG_SORT_H
#define BLKDEBUG_SORT_H

#include <linux/types.h>

int blkdebug_sort(void *base, size_t nr, size_t size,
		  int (*compare)(const void *a, const void *b));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sorting of arrays of any size.
 */
#ifndef BLKDEBUG_SORT_H
#define BLKDEBUG_SORT_H

#include <linux/types.h>

int blkdebug_sort(void *base, size_t nr, size_t size, cmp_func_t cmp);

#endif

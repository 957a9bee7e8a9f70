/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SORT_H
#define SHIM_SORT_H

#include <stdlib.h>

#define sort(base, nr, size, cmp, swap)	qsort(base, nr, size, cmp)

#endif

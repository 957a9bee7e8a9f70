/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory there is.
 */
#ifndef SHIM_MM_H
#define SHIM_MM_H

#include <linux/types.h>

#define PAGE_SHIFT	12

#define si_mem_available()	(1L << 18)

#endif

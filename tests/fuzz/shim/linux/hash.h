/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hashing: bad, so that much collides.
 */
#ifndef SHIM_HASH_H
#define SHIM_HASH_H

#include <linux/types.h>

#define hash_64(value, bits)	((u32)((value) << ((bits) - 2)))

#endif

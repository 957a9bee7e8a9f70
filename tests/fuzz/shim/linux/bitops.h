/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of words.
 */
#ifndef SHIM_BITOPS_H
#define SHIM_BITOPS_H

#include <linux/types.h>

#define __ffs(word)	({ shim_assert(word); (unsigned int)__builtin_ctzl(word); })
#define hweight8(byte)	((unsigned int)__builtin_popcount((u8)(byte)))

#endif

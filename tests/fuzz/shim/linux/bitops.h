/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bits of words.
 */
#ifndef SHIM_BITOPS_H
#define SHIM_BITOPS_H

#include <linux/types.h>

#define __ffs(word)	({ shim_assert(word); (unsigned int)__builtin_ctzl(word); })
#define hweight8(byte)	((unsigned int)__builtin_popcount((u8)(byte)))

#define hweight_long(word)	((unsigned int)__builtin_popcountl(word))

#define BITS_PER_LONG	((unsigned int)sizeof(long) * 8)
#define BITS_TO_LONGS(nr)	(((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)

static inline bool test_bit(unsigned int nr, const unsigned long *bits)
{
	return bits[nr / BITS_PER_LONG] & (1UL << (nr % BITS_PER_LONG));
}

static inline void __set_bit(unsigned int nr, unsigned long *bits)
{
	bits[nr / BITS_PER_LONG] |= 1UL << (nr % BITS_PER_LONG);
}

static inline bool test_and_set_bit(unsigned int nr, unsigned long *bits)
{
	bool was_set = test_bit(nr, bits);

	__set_bit(nr, bits);
	return was_set;
}

#endif

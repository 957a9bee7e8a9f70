/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Odds and ends, and printing into buffers.
 */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/types.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define BIT(nr)			(1UL << (nr))

#define min(a, b) ({						\
	__typeof__(a) __a = (a);				\
	__typeof__(b) __b = (b);				\
	__a < __b ? __a : __b; })
#define max(a, b) ({						\
	__typeof__(a) __a = (a);				\
	__typeof__(b) __b = (b);				\
	__a > __b ? __a : __b; })
#define swap(a, b)						\
	do { __typeof__(a) __t = (a); (a) = (b); (b) = __t; } while (0)
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))

/* The kernel's printf has conversions of its own, so it is not the host's */
int shim_vscnprintf(char *buf, size_t size, const char *format, va_list args);
int shim_scnprintf(char *buf, size_t size, const char *format, ...);

#define scnprintf	shim_scnprintf

#define WARN_ON_ONCE(condition)	({				\
	bool __warn = (condition);				\
	shim_assert(!__warn);					\
	__warn; })

int kstrtoull(const char *str, unsigned int base, unsigned long long *number);

#endif

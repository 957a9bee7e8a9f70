/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types, and what the compiler is told.
 */
#ifndef SHIM_TYPES_H
#define SHIM_TYPES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;
typedef u64 sector_t;
typedef unsigned int gfp_t;
typedef int (*cmp_func_t)(const void *a, const void *b);

#define U8_MAX		((u8)~0U)
#define U16_MAX		((u16)~0U)
#define U32_MAX		((u32)~0U)
#define U64_MAX		((u64)~0ULL)

#define __rcu
#define __percpu
#define __init
#define __exit
#define __force
#define __acquires(lock)
#define __releases(lock)
#define ____cacheline_aligned
#define ____cacheline_aligned_in_smp
#define noinline	__attribute__((__noinline__))
#define fallthrough	__attribute__((__fallthrough__))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define __printf(format, first)

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile __typeof__(x) *)&(x) = (value))
#define smp_load_acquire(p)	READ_ONCE(*(p))
#define smp_store_release(p, value)	WRITE_ONCE(*(p), value)

#define static_assert(condition, ...)	_Static_assert(condition, #condition)

#define sizeof_field(type, member)	sizeof(((type *)0)->member)

#define container_of(ptr, type, member)				\
	((type *)((char *)(ptr) - offsetof(type, member)))

/* Ends the program, with the place, for the fuzzer to catch */
_Noreturn void shim_bug(const char *file, int line, const char *what);

#define shim_assert(condition)					\
	((condition) ? (void)0 : shim_bug(__FILE__, __LINE__, #condition))

#endif

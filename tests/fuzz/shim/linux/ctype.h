/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Characters. For the kernel some beyond ASCII are letters.
 */
#ifndef SHIM_CTYPE_H
#define SHIM_CTYPE_H

#include <linux/types.h>

#define isascii(c)	((unsigned char)(c) < 0x80)

static inline bool isdigit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline bool isxdigit(unsigned char c)
{
	return isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool isalpha(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static inline bool isalnum(unsigned char c)
{
	return isalpha(c) || isdigit(c);
}

static inline bool isgraph(unsigned char c)
{
	return (c > ' ' && c < 0x7f) || c > 0xa0;
}

static inline bool isspace(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

#endif

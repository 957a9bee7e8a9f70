/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strings: the C library's, and strscpy().
 */
#ifndef SHIM_STRING_H
#define SHIM_STRING_H

#include <string.h>

#include <linux/kernel.h>

ssize_t strscpy(char *to, const char *from, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errnos. The C library's own header includes this one, too.
 */
#ifndef SHIM_ERRNO_H
#define SHIM_ERRNO_H

#include <asm/errno.h>

#define MAX_ERRNO	4095

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_VERSION_H
#define SHIM_VERSION_H

#define KERNEL_VERSION(major, minor, patch)	(((major) << 16) + ((minor) << 8) + (patch))
#define LINUX_VERSION_CODE			KERNEL_VERSION(6, 1, 0)

#endif

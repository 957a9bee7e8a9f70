/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device-mapper: nothing that rules, engine and messages have a use for; but the
 * tracepoints' header includes compat.h.
 */
#ifndef SHIM_DEVICE_MAPPER_H
#define SHIM_DEVICE_MAPPER_H

#include <linux/types.h>

struct dm_target {
	bool accounts_remapped_io;
};

void dm_submit_bio_remap(struct bio *clone, struct bio *target);

#endif

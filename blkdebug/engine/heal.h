/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Heal: a write heals the bad sectors of rules with healed=on.
 */
#ifndef BLKDEBUG_HEAL_H
#define BLKDEBUG_HEAL_H

#include "../rules/bad-sectors.h"
#include "engine.h"

/*
 * Progress of a write that heals bad sectors, in batches. Used by one thread,
 * zeroed before the first batch but for @sector and @nr_sectors.
 */
struct blkdebug_heal {
	sector_t sector;		/* first sector that the device below writes */
	sector_t nr_sectors;		/* not 0 */
	u64 after;			/* rules up to this number are healed */
	unsigned int budget;		/* ranges that this batch may still heal */
	struct blkdebug_bad *spare;	/* for a range that is split, or NULL */
};

bool blkdebug_heal_some(struct blkdebug_engine *engine,
			const struct blkdebug_io *io,
			struct blkdebug_heal *heal);
bool blkdebug_heals_in_place(struct blkdebug_engine *engine,
			     const struct blkdebug_io *io,
			     struct blkdebug_search *search);

#endif

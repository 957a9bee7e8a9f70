// SPDX-License-Identifier: GPL-2.0-only
/*
 * Healing: see heal.h.
 */
#include <linux/lockdep.h>

#include "heal.h"

/* Ranges of bad sectors that are healed in one section of the lock */
#define HEAL_BATCH	256

/* Begin a search for the rules whose bad sectors an I/O heals. Reads heal none. */
static void init_heal_search(struct blkdebug_search *search,
			     struct blkdebug_engine *engine,
			     const struct blkdebug_io *io,
			     const struct blkdebug_io_desc *desc, u64 after)
{
	blkdebug_init_search(search, blkdebug_rules(engine), desc, after);
	if (desc->iotype != BLKDEBUG_IO_READ)
		blkdebug_add_faults(search, engine, io, BLKDEBUG_CLASS_BAD);
}

/**
 * blkdebug_heals_in_place - test whether an I/O heals bad sectors where it goes
 * @engine: the engine
 * @io: the I/O; no fault changes its place
 * @search: memory for a search
 *
 * Context: the engine's lock is held.
 *
 * Return: true if the I/O may heal.
 */
bool blkdebug_heals_in_place(struct blkdebug_engine *engine,
			     const struct blkdebug_io *io,
			     struct blkdebug_search *search)
{
	if (io->desc.iotype == BLKDEBUG_IO_ZONE_APPEND)
		return blkdebug_may_heal(engine, io);
	init_heal_search(search, engine, io, &io->desc, 0);
	return blkdebug_any_match(search);
}

/* Heal the bad sectors of a rule. Returns false if the batch ends with this rule. */
static bool heal_rule(struct blkdebug_engine *engine,
		      struct blkdebug_rule *rule, const struct blkdebug_io_desc *desc,
		      struct blkdebug_heal *heal)
{
	struct blkdebug_media *media = rule->params->media;
	bool done;

	lockdep_assert_held(&engine->lock);
	done = blkdebug_media_heal(media, desc->sector,
				   desc->sector + desc->nr_sectors - 1,
				   &heal->spare, &heal->budget);
	heal->after = done ? rule->number : rule->number - 1;
	if (blkdebug_media_empty(media))
		blkdebug_use_up_rule(engine, rule);
	return done && heal->budget;
}

/**
 * blkdebug_heal_some - heal some of the bad sectors that a write covers
 * @engine: the engine
 * @io: the write, with @heals set
 * @heal: the progress; if @spare is NULL, the caller allocates one before each call
 *
 * Heals one batch, so that the time with interrupts disabled does not grow with the
 * number of bad sectors.
 *
 * Context: any.
 *
 * Return: true if all sectors are healed; false: call again.
 */
bool blkdebug_heal_some(struct blkdebug_engine *engine,
			const struct blkdebug_io *io,
			struct blkdebug_heal *heal)
{
	struct blkdebug_io_desc desc = io->desc;
	struct blkdebug_rule *rule;
	struct blkdebug_search search;
	unsigned long flags;

	desc.sector = heal->sector;
	desc.nr_sectors = heal->nr_sectors;
	heal->budget = HEAL_BATCH;
	flags = blkdebug_write_lock(engine);
	init_heal_search(&search, engine, io, &desc, heal->after);
	do {
		rule = blkdebug_next_match(&search);
	} while (rule && heal_rule(engine, rule, &desc, heal));
	blkdebug_write_unlock(engine, flags);
	return !rule;
}

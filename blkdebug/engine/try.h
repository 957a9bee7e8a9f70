/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Try: count the matches of a search, and decide which of them fire.
 *
 * A match that does not fire costs about as much as one that fires, so one section of
 * the lock tries a batch of them. The I/O records how far its search has come, and
 * the next section continues from there.
 */
#ifndef BLKDEBUG_TRY_H
#define BLKDEBUG_TRY_H

#include "engine.h"

/*
 * Matches that one section of the lock tries in one search. At most so many breakpoints
 * hold an I/O at once, because one section may end all holds of an I/O.
 */
#define BLKDEBUG_TRY_BATCH	1024

bool blkdebug_try_rule(struct blkdebug_engine *engine,
		       const struct blkdebug_io_desc *desc,
		       struct blkdebug_rule *rule);
struct blkdebug_rule *blkdebug_take_match(struct blkdebug_io *io,
					  struct blkdebug_search *search);
struct blkdebug_rule *blkdebug_try_matches(struct blkdebug_engine *engine,
					   struct blkdebug_io *io,
					   struct blkdebug_search *search);

/**
 * blkdebug_search_ended - test whether an I/O has met all matches of its search
 * @io: the I/O
 *
 * Context: the engine's lock is held.
 *
 * Return: false if the search must continue in another section of the lock.
 */
static inline bool blkdebug_search_ended(const struct blkdebug_io *io)
{
	return io->last_rule == U64_MAX;
}

/**
 * blkdebug_begin_step - begin a step of an I/O
 * @io: the I/O
 * @step: enum blkdebug_step
 *
 * Context: any.
 */
static inline void blkdebug_begin_step(struct blkdebug_io *io, unsigned int step)
{
	io->step = step;
	io->last_rule = 0;
	io->second_search = false;
}

/**
 * blkdebug_step_begins - test whether an I/O has not met a rule in its step
 * @io: the I/O
 *
 * Context: any.
 *
 * Return: false if the step continues in another section of the lock.
 */
static inline bool blkdebug_step_begins(const struct blkdebug_io *io)
{
	return !io->last_rule && !io->second_search;
}

/**
 * blkdebug_begin_second_search - begin the second search of a step
 * @io: the I/O
 *
 * Context: any.
 */
static inline void blkdebug_begin_second_search(struct blkdebug_io *io)
{
	io->second_search = true;
	io->last_rule = 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an I/O, or an event from user space, meets on its way through the rules.
 */
#ifndef BLKDEBUG_PROCESS_H
#define BLKDEBUG_PROCESS_H

#include "../rules/bad-sectors.h"
#include "engine.h"

enum blkdebug_verdict blkdebug_submit(struct blkdebug_engine *engine,
				      struct blkdebug_io *io);
enum blkdebug_verdict blkdebug_complete(struct blkdebug_engine *engine,
					struct blkdebug_io *io);
void blkdebug_raise(struct blkdebug_engine *engine,
		    struct blkdebug_io *io, unsigned int event,
		    char *name);
bool blkdebug_raises_done(struct blkdebug_engine *engine, unsigned int iotype);

enum blkdebug_verdict blkdebug_process_locked(struct blkdebug_engine *engine,
					      struct blkdebug_io *io);
void blkdebug_dispatch(struct blkdebug_engine *engine,
		       struct blkdebug_io *io,
		       enum blkdebug_verdict verdict);
void blkdebug_resume_with(struct blkdebug_engine *engine,
			  struct blkdebug_io *io, int error);

/**
 * struct blkdebug_heal - how far a write has healed bad sectors
 * @sector: the first sector that the write really goes to
 * @nr_sectors: how many sectors it writes, not 0
 * @after: all rules up to this number have been healed there
 * @budget: how many ranges more may be healed in this step
 * @spare: from blkdebug_bad_alloc(), for a range that is split, or NULL
 */
struct blkdebug_heal {
	sector_t sector;
	sector_t nr_sectors;
	u64 after;
	unsigned int budget;
	struct blkdebug_bad *spare;
};

bool blkdebug_heal_some(struct blkdebug_engine *engine,
			const struct blkdebug_io *io,
			struct blkdebug_heal *heal);

/**
 * blkdebug_span_passes - is an I/O outside of the span of all rules for its type?
 * @engine: the engine
 * @seq: from blkdebug_read_begin()
 * @iotype: enum blkdebug_iotype of the I/O
 * @first: its first sector
 * @last: its last sector
 *
 * Context: any.
 *
 * Return: true if it is; false means that blkdebug_filter_passes() can tell.
 */
static __always_inline bool
blkdebug_span_passes(struct blkdebug_engine *engine, unsigned int seq,
		     unsigned int iotype, sector_t first, sector_t last)
{
	const struct blkdebug_range *span = &engine->span[iotype];

	return (last < READ_ONCE(span->first) ||
		first > READ_ONCE(span->last)) &&
	       !blkdebug_read_retry(engine, seq);
}

/**
 * blkdebug_filter_passes - does no rule match an I/O, as far as is quick to tell?
 * @engine: the engine
 * @seq: from blkdebug_read_begin()
 * @iotype: enum blkdebug_iotype of the I/O
 * @flags: its flags; 0 will do unless the engine's @by_flags is set
 * @first: its first sector
 * @last: its last sector
 *
 * Context: any.
 *
 * Return: true if no rule does; false means that one may.
 */
static __always_inline bool
blkdebug_filter_passes(struct blkdebug_engine *engine, unsigned int seq,
		       unsigned int iotype, u16 flags, sector_t first,
		       sector_t last)
{
	bool passes;

	rcu_read_lock_sched();
	passes = !(READ_ONCE(engine->unfiltered) & (1U << iotype)) &&
		 !blkdebug_filter_wants(rcu_dereference_sched(engine->filter),
					iotype, flags, first, last) &&
		 !blkdebug_read_retry(engine, seq);
	rcu_read_unlock_sched();
	return passes;
}

#endif

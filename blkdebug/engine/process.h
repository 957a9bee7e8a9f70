/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Process: apply the rules to an I/O, or to an event from user space.
 */
#ifndef BLKDEBUG_PROCESS_H
#define BLKDEBUG_PROCESS_H

#include "../rules/bad-sectors.h"
#include "engine.h"

enum blkdebug_verdict blkdebug_submit(struct blkdebug_engine *engine,
				      struct blkdebug_io *io);
enum blkdebug_verdict blkdebug_complete(struct blkdebug_engine *engine,
					struct blkdebug_io *io);
void blkdebug_continue(struct blkdebug_engine *engine, struct blkdebug_io *io);
void blkdebug_raise(struct blkdebug_engine *engine,
		    struct blkdebug_io *io, unsigned int event,
		    char *name);

enum blkdebug_verdict blkdebug_process_locked(struct blkdebug_engine *engine,
					      struct blkdebug_io *io);
void blkdebug_dispatch(struct blkdebug_engine *engine,
		       struct blkdebug_io *io,
		       enum blkdebug_verdict verdict);
void blkdebug_resume_with(struct blkdebug_engine *engine,
			  struct blkdebug_io *io, int error);

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

/**
 * blkdebug_span_passes - test an I/O against the span of all rules for its type
 * @engine: the engine
 * @seq: from blkdebug_read_begin()
 * @iotype: enum blkdebug_iotype of the I/O
 * @first: its first sector
 * @last: its last sector
 *
 * Context: any.
 *
 * Return: true if the I/O is outside of the span, so that no rule matches it;
 * otherwise blkdebug_filter_passes() can tell.
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
 * blkdebug_filter_passes - test an I/O against the filter
 * @engine: the engine
 * @seq: from blkdebug_read_begin()
 * @iotype: enum blkdebug_iotype of the I/O
 * @flags: flags of the I/O; ignored unless the engine's @by_flags is set
 * @first: first sector of the I/O
 * @last: last sector of the I/O
 *
 * Context: any.
 *
 * Return: true if no rule matches the I/O; false if one may.
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Process: apply the rules to an I/O, or to an event from user space.
 */
#ifndef BLKDEBUG_PROCESS_H
#define BLKDEBUG_PROCESS_H

#include "engine.h"

enum blkdebug_verdict blkdebug_submit(struct blkdebug_engine *engine,
				      struct blkdebug_io *io);
enum blkdebug_verdict blkdebug_complete(struct blkdebug_engine *engine,
					struct blkdebug_io *io);
void blkdebug_continue(struct blkdebug_engine *engine, struct blkdebug_io *io);
void blkdebug_raise(struct blkdebug_engine *engine,
		    struct blkdebug_io *io, unsigned int event,
		    char *name);
void blkdebug_continue_event(struct blkdebug_engine *engine,
			     struct blkdebug_io *io);

enum blkdebug_verdict blkdebug_process_locked(struct blkdebug_engine *engine,
					      struct blkdebug_io *io);
void blkdebug_dispatch(struct blkdebug_engine *engine,
		       struct blkdebug_io *io,
		       enum blkdebug_verdict verdict);

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

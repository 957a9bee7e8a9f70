/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moments: frozen states of one or more caches, from which crash views are made.
 *
 * A moment has a reference to each version that is in a chain when the moment is
 * captured, with the version's mask at that time, and a list of the volatile writes.
 * It copies no data. A version whose chain drops it keeps its data as long as a moment
 * refers to it.
 *
 * Capturing. Each write has a copy of @captures of its power supply, which the write
 * loads in the RCU read section in which it enters the cache. A capture increments
 * @captures and waits for a grace period: then each write with an older copy has
 * entered. A write that was submitted because another was acknowledged loads @captures
 * behind the other one. So if it is part of the moment the other one is, on whichever
 * device of the supply:
 *
 *   A enters disk 1 (0), A is acknowledged, capture: 0 -> 1, B enters disk 2 (1)
 *                       A is part of the moment, B is not
 *   capture: 0 -> 1, A enters disk 1 (1), A is acknowledged, B enters disk 2 (1)
 *                       neither is: B cannot have loaded 0
 *
 * The capture holds @control of all caches, so that no data becomes durable meanwhile.
 *
 * While a cache has moments, blkdebug_take_dirty() finds nothing, and the owner does
 * not carry out discards. So what a moment has no version of stays on the device below.
 *
 * A moment is in use by marks and views. When the cache is full, or its table goes, the
 * moment is given up: it drops its references, and readers fail. Readers run in RCU
 * read sections that begin with a look at @given_up; unused versions are used again
 * only after a grace period.
 *
 * Discards change the device below at once. So a capture waits for a discard that is under
 * way, and while a capture waits, its supply begins no discards. A discard may take as long
 * as a device below is suspended, so the wait is without a lock: see
 * blkdebug_capture_moments().
 *
 * Locking: moments_lock, @control of each cache, waiting_lock.
 */
#ifndef BLKDEBUG_CACHE_MOMENT_H
#define BLKDEBUG_CACHE_MOMENT_H

#include <linux/wait.h>

#include "durable.h"
#include "power.h"

/* A version as it was at a moment */
struct blkdebug_entry {
	struct blkdebug_version *version;	/* a reference, until given up */
	u64 block;				/* the version's block */
	u32 number;				/* of its write, from 1; 0: durable */
	u8 mask;				/* sectors that count, a bit each */
};

struct blkdebug_moment {
	/* Constant once captured. */
	struct blkdebug_entry *entries;		/* by block, then newest first */
	unsigned int nr_entries;
	struct blkdebug_write_desc *writes;	/* volatile ones, oldest first */
	unsigned int nr_writes;
	u8 unit_shift;				/* log2 of a unit's sectors */

	/* Guarded by moments_lock; @given_up is also read without it. */
	struct list_head link;			/* in the cache's @moments */
	struct blkdebug_cache *cache;		/* NULL: given up */
	unsigned int users;			/* marks and views */
	bool given_up;
};

/* A capture, which may have to wait for discards */
struct blkdebug_capture {
	/* Constant. */
	wait_queue_head_t *wait;	/* where the caller waits */

	/* Guarded by a spinlock of moment.c; @may_retry is also read without it. */
	struct list_head link;		/* in the list of captures that wait */
	const struct blkdebug_supply *supply;	/* of the caches; for comparisons only,
						 * because it may be gone
						 */
	bool may_retry;			/* a discard has ended meanwhile */
};

void blkdebug_init_capture(struct blkdebug_capture *capture, wait_queue_head_t *wait);
int blkdebug_capture_moments(struct blkdebug_capture *capture,
			     struct blkdebug_supply *supply,
			     struct blkdebug_cache **caches, unsigned int nr,
			     struct blkdebug_moment **moments);
void blkdebug_end_capture(struct blkdebug_capture *capture);

bool blkdebug_begin_discard(struct blkdebug_cache *cache,
			    const struct blkdebug_supply *supply);
void blkdebug_end_discard(struct blkdebug_cache *cache,
			  const struct blkdebug_supply *supply);

void blkdebug_get_moment(struct blkdebug_moment *moment);
void blkdebug_put_moment(struct blkdebug_moment *moment);

bool blkdebug_give_up_oldest(struct blkdebug_cache *cache);
void blkdebug_give_up_moments(struct blkdebug_cache *cache);
unsigned int blkdebug_count_views(struct blkdebug_cache *cache);

unsigned int blkdebug_first_entry(const struct blkdebug_moment *moment,
				  u64 block);

/**
 * blkdebug_may_retry - test whether a capture that has failed with -EAGAIN may succeed now
 * @capture: the capture
 *
 * Context: any.
 *
 * Return: true if so.
 */
static inline bool blkdebug_may_retry(const struct blkdebug_capture *capture)
{
	return READ_ONCE(capture->may_retry);
}

/**
 * blkdebug_is_given_up - test whether a moment has been given up
 * @moment: the moment
 *
 * Context: any. In an RCU read section, the data of the moment's entries stays valid
 * until the section ends if this returns false.
 *
 * Return: true if so.
 */
static inline bool blkdebug_is_given_up(const struct blkdebug_moment *moment)
{
	return READ_ONCE(moment->given_up);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequence counts. The fuzz target can make them report an update.
 */
#ifndef SHIM_SEQLOCK_H
#define SHIM_SEQLOCK_H

#include <linux/spinlock.h>

typedef struct {
	unsigned int count;
	spinlock_t *lock;
} seqcount_spinlock_t;

enum shim_disturb {
	SHIM_UNDISTURBED,
	SHIM_DISTURB_START,	/* an update is under way when a section starts */
	SHIM_DISTURB_END,	/* an update has come before the section ends */
};

extern enum shim_disturb shim_disturb;

#define seqcount_spinlock_init(seq, spinlock)	\
	((seq)->count = 0, (seq)->lock = (spinlock))

static inline void write_seqcount_begin(seqcount_spinlock_t *seq)
{
	lockdep_assert_held(seq->lock);
	shim_assert(!(seq->count & 1));
	seq->count++;
}

static inline void write_seqcount_end(seqcount_spinlock_t *seq)
{
	lockdep_assert_held(seq->lock);
	shim_assert(seq->count & 1);
	seq->count++;
}

static inline unsigned int raw_read_seqcount(const seqcount_spinlock_t *seq)
{
	return seq->count | (shim_disturb == SHIM_DISTURB_START);
}

static inline bool read_seqcount_retry(const seqcount_spinlock_t *seq,
				       unsigned int start)
{
	return seq->count != start || shim_disturb == SHIM_DISTURB_END;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Power supplies. Targets with the same power=<name> share one; any other target
 * has its own. A cut takes the power from all targets of a supply at one moment.
 *
 * The moment is one store, to @moment of the supply: each target has the number of
 * the moment from which on it had power, and has power as long as the two are
 * equal. A target's effects (a write enters the cache) and its acknowledgments
 * happen in RCU read sections that begin with blkdebug_power_is_on():
 *
 *   rcu_read_lock();
 *   if (!blkdebug_power_is_on(line))
 *           fail with EIO;
 *   enter the cache, complete, acknowledge;
 *   rcu_read_unlock();
 *
 * So once blkdebug_cut_power() has returned, all new I/O fails on all targets of the
 * supply, and the cut has waited for no I/O. I/O that is caused by an acknowledgment
 * behind the moment finds the power off, because the acknowledgment is ordered behind
 * the load of @moment. After a grace period (blkdebug_settle_power()) all sections that
 * saw the power on have ended, and the survivors are chosen, while I/O fails.
 *
 * A target joins its supply when its table is loaded, and starts when its table is
 * resumed for the first time. Until then cuts do not concern it. When it starts it has
 * power, even if others of the supply have none: a new table starts with the power on.
 */
#ifndef BLKDEBUG_CACHE_POWER_H
#define BLKDEBUG_CACHE_POWER_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "survive.h"

/* A power supply */
struct blkdebug_supply {
	/* Guarded by the lock of the list of supplies. */
	struct list_head link;	/* in that list */

	/* Constant after initialization. */
	char *name;		/* of power=, or empty */

	/* Has a lock of its own. */
	wait_queue_head_t wait;	/* of messages that wait for I/O of the targets; woken
				 * also when a target is suspended
				 */

	/*
	 * Taken before @lock. Serialises choosing survivors with power-on, and with
	 * suspends. Not held during I/O, because the I/O of one target may have to wait
	 * until another one is resumed, or has a new table.
	 */
	struct mutex settling;	/* guards @lines */

	/* Guarded by @settling. */
	struct list_head lines;	/* the targets, struct blkdebug_line by @link */

	/* Any context. */
	spinlock_t lock;	/* guards the members below, and starts of targets */

	/* Guarded by @lock; read without it, too. */
	unsigned long moment;	/* how many cuts there were */
	struct blkdebug_cut *cut;	/* not settled yet, or NULL */
	unsigned int nr_writing;	/* targets that write their survivors out */

	/* Written under a mutex of moment.c, read in RCU read sections. */
	unsigned long captures;	/* how many moments have been captured */
};

/* The power of one target */
struct blkdebug_line {
	/* Constant while connected. */
	struct blkdebug_supply *supply;	/* where it comes from */
	/* Process context, the power off: end held I/O. May be NULL. */
	void (*failed)(struct blkdebug_line *line);
	/* The same, after @failed on all lines: choose survivors. Waits for no I/O. */
	void (*settle)(struct blkdebug_line *line,
		       const struct blkdebug_cut *cut);
	/* Process context, the power on again. May be NULL. */
	void (*restored)(struct blkdebug_line *line);

	/* Guarded by @settling of the supply. */
	struct list_head link;	/* in the supply's @lines */

	/*
	 * Written under the supply's @lock when the target starts, then under its
	 * @settling.
	 */
	unsigned long moment;	/* of the supply, when the power came on; read
				 * without a lock
				 */
	unsigned long settled;	/* moment of the last cut that has been settled */

	/* Written under the supply's @lock; read without it, too. */
	bool started;		/* cuts concern it */
	bool writing;		/* it writes its survivors out */
};

int blkdebug_join_power(struct blkdebug_line *line, const char *name);
void blkdebug_start_power(struct blkdebug_line *line);
void blkdebug_leave_power(struct blkdebug_line *line);

bool blkdebug_cut_power(struct blkdebug_line *line, struct blkdebug_cut *cut);
void blkdebug_settle_power(struct blkdebug_line *line);
bool blkdebug_restore_power(struct blkdebug_line *line);

void blkdebug_begin_survivors(struct blkdebug_line *line);
void blkdebug_end_survivors(struct blkdebug_line *line);

/**
 * blkdebug_writes_survivors - test whether a target writes out what survived a cut
 * @line: the target's
 *
 * Context: any.
 *
 * Return: true from blkdebug_begin_survivors() to blkdebug_end_survivors().
 */
static inline bool blkdebug_writes_survivors(const struct blkdebug_line *line)
{
	return READ_ONCE(line->writing);
}

/**
 * blkdebug_has_survivors - test whether a target of a supply writes survivors out
 * @supply: the supply
 *
 * Context: any. Its @wait is woken when this becomes false.
 *
 * Return: true if so.
 */
static inline bool blkdebug_has_survivors(const struct blkdebug_supply *supply)
{
	return READ_ONCE(supply->nr_writing);
}

/**
 * blkdebug_power_is_on - test whether a target has power
 * @line: the target's
 *
 * Context: any, in an RCU read section that includes all that depends on the result.
 *
 * Return: true if so.
 */
static inline bool blkdebug_power_is_on(const struct blkdebug_line *line)
{
	return READ_ONCE(line->supply->moment) == READ_ONCE(line->moment);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: the rules of one target in force, the state, and what is armed.
 *
 * An I/O passes through steps: the events it raises before its check, the
 * standing set-state and suspend rules, the faults and, when it completes, one
 * more event. It does so without the lock first, and changes nothing. If no
 * rule matches, and if nothing it read has changed meanwhile, that was the truth
 * at one moment, and the I/O goes on without having written to memory that
 * another processor reads. Otherwise it starts again under the lock.
 *
 * The armed set is not stored: a fault is armed if its event is @armed.event, if
 * it matches the state saved at arming, and if its number is at most
 * @armed.last.
 */
#ifndef BLKDEBUG_ENGINE_H
#define BLKDEBUG_ENGINE_H

#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "delay.h"
#include "rule-index.h"

struct blkdebug_engine;

/* struct blkdebug_engine's @mode; 0 is the idle target */
enum blkdebug_mode {
	BLKDEBUG_HAS_RULES	= 1U << 0,	/* that can still match */
	BLKDEBUG_SUSPENDING	= 1U << 1,	/* no holds, no sleepers */
	BLKDEBUG_HAS_SIZES	= 1U << 2,	/* some I/Os may be too short */
	BLKDEBUG_REQUEUES	= 1U << 3,	/* suspending by requeuing */
};

/* Changes that watchers are told of */
enum blkdebug_change {
	BLKDEBUG_CHANGED	= 1U << 0,
	BLKDEBUG_CHANGED_STATE	= 1U << 1,
	BLKDEBUG_CHANGED_HELD	= 1U << 2,
};

/**
 * struct blkdebug_ops - what the engine asks of its owner
 * @queue_ready: I/Os wait on the engine's @ready; called with the lock held
 * @schedule_housekeeping: something has changed, or wants cleaning up: call
 *	blkdebug_engine_housekeep() from a context that may sleep; called with
 *	the lock held
 * @prepare_rule: set aside what a new rule needs for its work, or return -ENOMEM;
 *	called with the control mutex held, may sleep
 */
struct blkdebug_ops {
	void (*queue_ready)(struct blkdebug_engine *engine);
	void (*schedule_housekeeping)(struct blkdebug_engine *engine);
	int (*prepare_rule)(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule);
};

/**
 * struct blkdebug_armed - the armed set
 * @event: the event that armed last; NULL: nothing is armed
 * @state: the state at that moment
 * @last: faults with a higher number came later, and are not armed
 * @nr: how many faults are armed, for status
 */
struct blkdebug_armed {
	struct blkdebug_event_rules *event;
	u32 state;
	u64 last;
	u64 nr;
};

/**
 * struct blkdebug_seen - I/Os counted by one processor
 * @nr: by enum blkdebug_iotype
 */
struct blkdebug_seen {
	unsigned long nr[BLKDEBUG_NR_IOTYPES];
};

/**
 * struct blkdebug_engine - the rules of one target in force
 * @mode: enum blkdebug_mode
 * @interest: mask of the I/O types that a rule may be for, as state and armed
 *	set are
 * @unfiltered: those of them whose events change more than rules with matching
 *	sectors do, so that the filter says nothing about them
 * @span: by I/O type, the span of the filter; all sectors for those @unfiltered
 * @by_flags: does @filter need the flags of an I/O?
 * @filter: which I/Os of the others a rule may be for, whatever the state
 * @rules: the rules
 * @state: the state in force
 * @armed: the armed set
 * @seen: I/Os counted while there are rules
 * @ops: what the owner does for the engine
 * @dev: the device, for tracing
 * @lock: guards all above but @seen to @dev, and @seq to @wake; implies an RCU
 *	read lock
 * @seq: lets lockless readers detect concurrent updates of what is above
 * @state_changes: how often the state has changed
 * @holds: I/Os held
 * @delays: I/Os delayed
 * @ready: I/Os that go on, each with its verdict
 * @tags: by name; writers also hold @control
 * @idle_tags: tags without references, to be freed
 * @changes: enum blkdebug_change, since the last housekeeping
 * @injected: errors injected, by iotype
 * @held: I/Os held so far, by iotype
 * @wake: wake the sleepers on @wait when the lock is dropped
 * @wait: callers of "event", "wait_break" and "wait_hits" sleep here
 * @control: taken before @lock: serializes writers of rules; guards @seen_base
 *	and @last_number
 * @seen_base: what @seen had counted at the last reset
 * @last_number: the last number given to a rule
 * @start_state: the state at load
 * @seed: of all random choices
 * @geometry: limits that the device sets to rules
 */
struct blkdebug_engine {
	unsigned int mode;
	u32 interest;
	u32 unfiltered;
	u32 state;
	bool by_flags;
	struct blkdebug_range span[BLKDEBUG_NR_IOTYPES];
	struct blkdebug_filter __rcu *filter;
	struct blkdebug_ruleset __rcu *rules;
	struct blkdebug_armed armed;
	struct blkdebug_seen __percpu *seen;
	const struct blkdebug_ops *ops;
	dev_t dev;

	spinlock_t lock ____cacheline_aligned_in_smp; /* see @lock above */
	seqcount_spinlock_t seq;
	u64 state_changes;
	struct blkdebug_holds holds;
	struct blkdebug_delays delays;
	struct list_head ready;
	struct rb_root tags;
	struct list_head idle_tags;
	unsigned int changes;
	u64 injected[BLKDEBUG_NR_IOTYPES];
	u64 held[BLKDEBUG_NR_IOTYPES];
	bool wake;

	wait_queue_head_t wait;

	struct mutex control; /* see @control above */
	struct blkdebug_seen seen_base;
	u64 last_number;

	u32 start_state;
	u64 seed;
	struct blkdebug_geometry geometry;
};

int blkdebug_engine_init(struct blkdebug_engine *engine,
			 const struct blkdebug_ops *ops);
void blkdebug_engine_exit(struct blkdebug_engine *engine);

void blkdebug_tell_watchers(struct blkdebug_engine *engine,
			    unsigned int changes);
void blkdebug_notify(struct blkdebug_engine *engine, unsigned int changes);

struct blkdebug_ruleset *blkdebug_rules(struct blkdebug_engine *engine);
void blkdebug_update_interest(struct blkdebug_engine *engine);
bool blkdebug_arms(struct blkdebug_engine *engine,
		   struct blkdebug_event_rules *er, u32 state);
bool blkdebug_rule_armed(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule);
void blkdebug_change_state(struct blkdebug_engine *engine,
			   const struct blkdebug_io_desc *desc, u64 rule, u32 state);
void blkdebug_set_state(struct blkdebug_engine *engine, u32 state);
void blkdebug_kill_rule(struct blkdebug_engine *engine,
			struct blkdebug_rule *rule);
void blkdebug_use_up_rule(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule);
void blkdebug_account_hit(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule);

unsigned long blkdebug_seen(struct blkdebug_engine *engine,
			    unsigned int iotype);
u64 blkdebug_injected(struct blkdebug_engine *engine);
void blkdebug_reset_counters(struct blkdebug_engine *engine);

/**
 * blkdebug_lock - take the engine's lock
 * @engine: the engine
 *
 * For sections that change nothing that lockless readers look at.
 *
 * Context: any.
 *
 * Return: flags for blkdebug_unlock().
 */
static inline unsigned long blkdebug_lock(struct blkdebug_engine *engine)
	__acquires(&engine->lock)
	__acquires(RCU)
{
	unsigned long flags;

	rcu_read_lock();
	spin_lock_irqsave(&engine->lock, flags);
	return flags;
}

/**
 * blkdebug_unlock - wake sleepers if something has changed, and drop the lock
 * @engine: the engine; it may be gone afterwards, if what the caller has held
 *	or resumed under the lock was the last that kept it
 * @flags: from blkdebug_lock()
 */
static inline void blkdebug_unlock(struct blkdebug_engine *engine,
				   unsigned long flags)
	__releases(&engine->lock)
	__releases(RCU)
{
	/* A later sleeper takes the lock first, and sees the change */
	if (engine->wake && waitqueue_active(&engine->wait))
		wake_up_all(&engine->wait);
	engine->wake = false;
	spin_unlock_irqrestore(&engine->lock, flags);
	rcu_read_unlock();
}

/**
 * blkdebug_write_lock - take the lock to change what lockless readers look at
 * @engine: the engine
 *
 * Context: any.
 *
 * Return: flags for blkdebug_write_unlock().
 */
static inline unsigned long blkdebug_write_lock(struct blkdebug_engine *engine)
	__acquires(&engine->lock)
	__acquires(RCU)
{
	unsigned long flags = blkdebug_lock(engine);

	/*
	 * Its barrier pairs with the one in blkdebug_read_retry(): a lockless
	 * reader that has seen a change made from here on finds @seq changed.
	 */
	write_seqcount_begin(&engine->seq);
	return flags;
}

/**
 * blkdebug_write_unlock - undo blkdebug_write_lock()
 * @engine: the engine; it may be gone afterwards, as in blkdebug_unlock()
 * @flags: from blkdebug_write_lock()
 */
static inline void blkdebug_write_unlock(struct blkdebug_engine *engine,
					 unsigned long flags)
	__releases(&engine->lock)
	__releases(RCU)
{
	write_seqcount_end(&engine->seq);
	blkdebug_unlock(engine, flags);
}

/**
 * blkdebug_read_begin - begin to read without the lock
 * @engine: the engine
 *
 * Context: any but RCU read side: on PREEMPT_RT it may sleep.
 *
 * Return: for blkdebug_read_retry().
 */
static inline unsigned int blkdebug_read_begin(struct blkdebug_engine *engine)
{
	return raw_read_seqcount(&engine->seq);
}

/**
 * blkdebug_read_retry - did what was read without the lock change meanwhile?
 * @engine: the engine
 * @seq: from blkdebug_read_begin()
 *
 * Context: any.
 *
 * Return: true if it did, or was being changed already.
 */
static inline bool blkdebug_read_retry(struct blkdebug_engine *engine,
				       unsigned int seq)
{
	return (seq & 1) || read_seqcount_retry(&engine->seq, seq);
}

/**
 * blkdebug_queue_ready - hand an I/O to the owner's worker
 * @engine: the engine
 * @io: the I/O, with its verdict
 *
 * Context: the lock is held.
 */
static inline void blkdebug_queue_ready(struct blkdebug_engine *engine,
					struct blkdebug_io *io)
{
	lockdep_assert_held(&engine->lock);
	list_add_tail(&io->link, &engine->ready);
	engine->ops->queue_ready(engine);
}

/**
 * blkdebug_count - count an I/O, and test whether a rule may be for its type
 * @engine: the engine, not idle
 * @iotype: of the I/O
 *
 * Context: any.
 *
 * Return: true if one may.
 */
static inline bool blkdebug_count(struct blkdebug_engine *engine,
				  unsigned int iotype)
{
	this_cpu_inc(engine->seen->nr[iotype]);
	return READ_ONCE(engine->interest) & (1U << iotype);
}

#endif

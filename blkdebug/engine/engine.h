/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: the rules in force of one target, its state and its armed set.
 *
 * The engine applies the rules to an I/O in steps: see enum blkdebug_step. An I/O
 * is first processed without the lock. That pass modifies nothing; if no rule
 * matches, and if @seq shows that no data it read has changed meanwhile, the I/O
 * passes without a write to memory that other processors read. Otherwise the
 * engine processes the I/O again under the lock.
 *
 * The armed set is not stored: a fault is armed if it names the event of
 * @armed.event, matches the state saved at arming, and has a number of at most
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
#include "search.h"

struct blkdebug_call;
struct blkdebug_engine;

/* Flags of struct blkdebug_engine's @mode; without any, each I/O passes */
enum blkdebug_mode {
	BLKDEBUG_HAS_RULES	= 1U << 0,	/* a rule can still match */
	BLKDEBUG_SUSPENDING	= 1U << 1,	/* no holds, no sleepers */
	BLKDEBUG_HAS_SIZES	= 1U << 2,	/* some I/Os may be too short */
	BLKDEBUG_REQUEUES	= 1U << 3,	/* suspending with --noflush */
	BLKDEBUG_HAS_CACHE	= 1U << 4,	/* the owner caches I/O that passes */
	BLKDEBUG_CHECKS_POWER	= 1U << 5,	/* the power may fail at any moment */
	BLKDEBUG_POWERLESS	= 1U << 6,	/* no rule is applied to I/O, which fails */
};

/* Changes that blkdebug_engine_housekeep() reports */
enum blkdebug_change {
	BLKDEBUG_CHANGED	= 1U << 0,
	BLKDEBUG_CHANGED_STATE	= 1U << 1,
	BLKDEBUG_CHANGED_HELD	= 1U << 2,
};

/* Callbacks of the engine's owner, the target */
struct blkdebug_ops {
	/*
	 * Start a worker that takes the I/Os on @ready. Called with the engine's lock
	 * held, in any context.
	 */
	void (*queue_ready)(struct blkdebug_engine *engine);
	/*
	 * Start a worker that calls blkdebug_engine_housekeep(), because the engine has
	 * changed or has memory to free. Called with the engine's lock held, in any
	 * context.
	 */
	void (*schedule_housekeeping)(struct blkdebug_engine *engine);
	/*
	 * Allocate memory that the action of a new rule needs. Called with the control
	 * mutex held; may sleep. Returns 0 or -ENOMEM.
	 */
	int (*prepare_rule)(struct blkdebug_engine *engine,
			    const struct blkdebug_rule *rule);
	/*
	 * Execute a message that is for the owner. May sleep. NULL: the owner has
	 * none.
	 */
	int (*command)(struct blkdebug_call *call);
};

/* The armed set. Written under the engine's lock; read without the lock, too. */
struct blkdebug_armed {
	struct blkdebug_event_rules *event;	/* armed last; NULL: nothing is armed */
	u32 state;			/* in force when @event was raised */
	u64 last;			/* faults with a higher number are not armed */
	u64 nr;				/* armed faults, for status */
};

/* I/Os that one processor has counted */
struct blkdebug_seen {
	unsigned long nr[BLKDEBUG_NR_IOTYPES];
};

/* The rules in force of one target */
struct blkdebug_engine {
	/*
	 * Written under @lock, within a write section of @seq; read without the lock,
	 * too. Each I/O reads these members.
	 */
	unsigned int mode;		/* enum blkdebug_mode */
	u32 interest;			/* iotypes that rules may match, for the state
					 * and the armed set in force
					 */
	u32 unfiltered;			/* iotypes that @filter cannot decide about,
					 * because their events arm or hold whatever
					 * the sectors are
					 */
	u32 state;
	bool by_flags;			/* @filter depends on the flags of an I/O */
	/* Spans of @filter; all sectors for iotypes in @unfiltered */
	struct blkdebug_range span[BLKDEBUG_NR_IOTYPES];
	struct blkdebug_filter __rcu *filter;	/* I/Os that rules may match in any
						 * state; replaced under @control, too
						 */
	struct blkdebug_ruleset __rcu *rules;	/* replaced under @control, too */
	struct blkdebug_armed armed;

	/* Per processor: written without a lock. */
	struct blkdebug_seen __percpu *seen;	/* I/Os counted while there are rules */

	/* Constant after initialization. */
	const struct blkdebug_ops *ops;
	dev_t dev;			/* for tracing */

	/* The holder is in an RCU read section. */
	spinlock_t lock ____cacheline_aligned_in_smp; /* guards the I/O path, see below */

	/* Guarded by @lock. */
	seqcount_spinlock_t seq;	/* lets lockless readers detect concurrent
					 * updates of the members above
					 */
	u64 state_changes;		/* changes of @state so far */
	struct blkdebug_holds holds;
	struct blkdebug_delays delays;
	struct list_head ready;		/* I/Os with a verdict, for the owner's worker */
	struct rb_root tags;		/* by name; writers hold @control, too */
	struct list_head idle_tags;	/* without references, to be freed */
	unsigned int changes;		/* enum blkdebug_change, since the last
					 * housekeeping
					 */
	u64 injected[BLKDEBUG_NR_IOTYPES];	/* errors injected */
	u64 held[BLKDEBUG_NR_IOTYPES];	/* I/Os held so far */
	bool wake;			/* wake @wait when @lock is dropped */

	/* Has a lock of its own. */
	wait_queue_head_t wait;		/* callers of "event", "wait_break" and
					 * "wait_hits"
					 */

	/* Taken before @lock. */
	struct mutex control;		/* serializes writers of rules */

	/* Guarded by @control. */
	struct blkdebug_seen seen_base;	/* sums of @seen at the last reset */
	u64 last_number;		/* number of the last rule added */

	/* Constant once the table is loaded. */
	u32 start_state;
	u64 seed;			/* of all random choices */
	struct blkdebug_geometry geometry;
};

int blkdebug_engine_init(struct blkdebug_engine *engine,
			 const struct blkdebug_ops *ops);
void blkdebug_engine_exit(struct blkdebug_engine *engine);

void blkdebug_tell_watchers(struct blkdebug_engine *engine,
			    unsigned int changes);
void blkdebug_notify(struct blkdebug_engine *engine, unsigned int changes);

void blkdebug_update_interest(struct blkdebug_engine *engine);
bool blkdebug_may_heal(struct blkdebug_engine *engine,
		       const struct blkdebug_io *io);
bool blkdebug_raises_done(struct blkdebug_engine *engine, unsigned int iotype);
bool blkdebug_arms(struct blkdebug_engine *engine,
		   struct blkdebug_event_rules *er, u32 state);
bool blkdebug_rule_armed(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule);
void blkdebug_add_faults(struct blkdebug_search *search,
			 struct blkdebug_engine *engine,
			 const struct blkdebug_io *io, enum blkdebug_class class);
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
 * blkdebug_rules - get the rules in force
 * @engine: the engine
 *
 * Context: RCU read side, or the lock or the control mutex is held.
 *
 * Return: the rules.
 */
static inline struct blkdebug_ruleset *
blkdebug_rules(struct blkdebug_engine *engine)
{
	return rcu_dereference_check(engine->rules,
				     lockdep_is_held(&engine->control));
}

/**
 * blkdebug_lock - take the engine's lock and enter an RCU read section
 * @engine: the engine
 *
 * For sections that do not change data that lockless readers read.
 *
 * Context: any; returns with interrupts disabled.
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
 * blkdebug_unlock - wake sleepers if @wake is set, and drop the lock
 * @engine: the engine; freed afterwards if the caller has queued, under the lock,
 *	the last I/O that kept the target
 * @flags: from blkdebug_lock()
 *
 * Context: the lock is held.
 */
static inline void blkdebug_unlock(struct blkdebug_engine *engine,
				   unsigned long flags)
	__releases(&engine->lock)
	__releases(RCU)
{
	lockdep_assert_held(&engine->lock);
	/*
	 * No barrier is needed before waitqueue_active(): a sleeper tests its condition
	 * under the lock after it has joined @wait. A sleeper that the test misses
	 * takes the lock after this section, and thus sees the change.
	 */
	if (engine->wake && waitqueue_active(&engine->wait))
		wake_up_all(&engine->wait);
	engine->wake = false;
	spin_unlock_irqrestore(&engine->lock, flags);
	rcu_read_unlock();
}

/**
 * blkdebug_write_begin - begin to change data that lockless readers read
 * @engine: the engine
 *
 * Context: the lock is held.
 */
static inline void blkdebug_write_begin(struct blkdebug_engine *engine)
{
	lockdep_assert_held(&engine->lock);
	/*
	 * The write barrier in write_seqcount_begin() pairs with the read barrier in
	 * blkdebug_read_retry(): the increment of @seq is visible before each change
	 * made from here on. Otherwise a reader could load changed data, then the old
	 * @seq, and return a verdict based on half of an update.
	 */
	write_seqcount_begin(&engine->seq);
}

/**
 * blkdebug_write_end - undo blkdebug_write_begin()
 * @engine: the engine
 *
 * Context: the lock is held.
 */
static inline void blkdebug_write_end(struct blkdebug_engine *engine)
{
	/*
	 * The write barrier in write_seqcount_end() pairs with the acquire in
	 * blkdebug_read_begin(): a reader that loads the even @seq sees all changes
	 * of this section. Otherwise that reader could load old data and find @seq
	 * unchanged.
	 */
	write_seqcount_end(&engine->seq);
}

/**
 * blkdebug_write_lock - take the lock to change data that lockless readers read
 * @engine: the engine
 *
 * Context: any; returns with interrupts disabled.
 *
 * Return: flags for blkdebug_write_unlock().
 */
static inline unsigned long blkdebug_write_lock(struct blkdebug_engine *engine)
	__acquires(&engine->lock)
	__acquires(RCU)
{
	unsigned long flags = blkdebug_lock(engine);

	blkdebug_write_begin(engine);
	return flags;
}

/**
 * blkdebug_write_unlock - undo blkdebug_write_lock()
 * @engine: the engine; may be freed afterwards, as in blkdebug_unlock()
 * @flags: from blkdebug_write_lock()
 *
 * Context: the lock is held for writing.
 */
static inline void blkdebug_write_unlock(struct blkdebug_engine *engine,
					 unsigned long flags)
	__releases(&engine->lock)
	__releases(RCU)
{
	blkdebug_write_end(engine);
	blkdebug_unlock(engine, flags);
}

/**
 * blkdebug_read_begin - begin a lockless read section
 * @engine: the engine
 *
 * Context: any, but outside of RCU read sections, because PREEMPT_RT may sleep here.
 *
 * Return: the sequence number for blkdebug_read_retry(); odd during an update.
 */
static inline unsigned int blkdebug_read_begin(struct blkdebug_engine *engine)
{
	return raw_read_seqcount(&engine->seq);
}

/**
 * blkdebug_read_retry - test whether a lockless read section saw an update
 * @engine: the engine
 * @seq: from blkdebug_read_begin()
 *
 * The read barrier in read_seqcount_retry() pairs with the write barrier in
 * blkdebug_write_lock(), so that @seq is loaded after the data.
 *
 * Context: any.
 *
 * Return: true if the data read may be inconsistent.
 */
static inline bool blkdebug_read_retry(struct blkdebug_engine *engine,
				       unsigned int seq)
{
	return (seq & 1) || read_seqcount_retry(&engine->seq, seq);
}

/**
 * blkdebug_queue_ready - queue an I/O for the owner's worker
 * @engine: the engine
 * @io: the I/O, with @verdict set
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
 * blkdebug_count - count an I/O, and test whether a rule may match its type
 * @engine: the engine, which has rules
 * @iotype: enum blkdebug_iotype of the I/O
 *
 * Context: any.
 *
 * Return: false if no rule matches I/Os of this type.
 */
static inline bool blkdebug_count(struct blkdebug_engine *engine,
				  unsigned int iotype)
{
	this_cpu_inc(engine->seen->nr[iotype]);
	return READ_ONCE(engine->interest) & (1U << iotype);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine: state, armed faults, and what becomes of a request.
 *
 * A request runs through its steps: the events it raises before its check, the
 * standing set-state and suspend rules, the faults and, when it completes, one
 * more event. It runs without the lock first, and changes nothing. If no rule
 * wants it, and if nobody held the lock meanwhile, that was the truth at one
 * moment, and the request goes its way without having written to memory that
 * another processor reads. Otherwise it runs again under the lock.
 *
 * The armed set is never written down. Armed is each fault that names the event
 * that armed last, that agrees with the state of that moment and that had been
 * written by then.
 */
#ifndef BLKDEBUG_ENGINE_H
#define BLKDEBUG_ENGINE_H

#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "delay.h"
#include "filter.h"

struct blkdebug_engine;

/* struct blkdebug_engine's @mode; 0 is the idle target */
enum blkdebug_mode {
	BLKDEBUG_HAS_RULES	= 1U << 0,	/* that can still match */
	BLKDEBUG_SUSPENDING	= 1U << 1,	/* no holds, no sleepers */
	BLKDEBUG_HAS_SIZES	= 1U << 2,	/* requests may be too short */
	BLKDEBUG_REQUEUES	= 1U << 3,	/* suspending by requeuing */
};

/* What has changed, for those who watch */
enum blkdebug_change {
	BLKDEBUG_CHANGED	= 1U << 0,
	BLKDEBUG_CHANGED_STATE	= 1U << 1,
	BLKDEBUG_CHANGED_HELD	= 1U << 2,
};

/**
 * struct blkdebug_ops - what the engine asks of its owner
 * @go_on: requests wait on the engine's @ready; called with the lock held
 * @watch: something has changed, or wants cleaning up: call
 *	blkdebug_engine_housekeep() where one may sleep; called with the lock held
 * @set_aside: a rule is coming: set aside what carrying it out takes, or return
 *	-ENOMEM; called with the control mutex held, may sleep
 */
struct blkdebug_ops {
	void (*go_on)(struct blkdebug_engine *engine);
	void (*watch)(struct blkdebug_engine *engine);
	int (*set_aside)(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule);
};

/**
 * struct blkdebug_seen - requests counted by one processor
 * @nr: by enum blkdebug_iotype
 */
struct blkdebug_seen {
	unsigned long nr[BLKDEBUG_NR_IOTYPES];
};

/**
 * struct blkdebug_engine - the rules of one target in force
 * @mode: enum blkdebug_mode
 * @interest: iotypes that some rule may want; others need not run
 * @filter: for those, which of their requests
 * @state: the state in force
 * @armed: the faults armed
 * @rules: the rules; RCU
 * @seen: requests counted while there are rules
 * @ops: who owns the engine
 * @dev: the device, for tracing
 * @lock: guards all above but @seen, and @seq to @injected; each section is a
 *	write section of @seq
 * @seq: lets readers without the lock find out that they saw no one moment
 * @state_changes: how often the state has changed
 * @holds: requests held
 * @delays: requests delayed
 * @ready: requests that go on, each with its verdict
 * @tags: by name; whoever writes also holds @control
 * @idle_tags: tags that nothing bears, to be freed
 * @changes: enum blkdebug_change, since @ops->watch was served
 * @wake: wake who sleeps on @wait when the lock is dropped
 * @injected: errors injected, by iotype
 * @held: requests held, by iotype
 * @seen_base: what @seen had counted at the last reset; @control guards it
 * @wait: callers of "event", "wait_break" and "wait_hits" sleep here
 * @control: taken before @lock; one writer of rules at a time
 * @last_number: the last number given to a rule; @control guards it
 * @start_state: the state at load
 * @seed: of all random choices
 * @bounds: what rules can ask of the device
 */
struct blkdebug_engine {
	unsigned int mode;
	u32 interest;
	struct blkdebug_filter filter[BLKDEBUG_NR_IOTYPES];
	u32 state;
	struct blkdebug_armed armed;
	struct blkdebug_ruleset __rcu *rules;
	struct blkdebug_seen __percpu *seen;
	const struct blkdebug_ops *ops;
	dev_t dev;

	/* See @lock above for what it guards */
	spinlock_t lock ____cacheline_aligned_in_smp;
	seqcount_spinlock_t seq;
	u64 state_changes;
	struct blkdebug_holds holds;
	struct blkdebug_delays delays;
	struct list_head ready;
	struct rb_root tags;
	struct list_head idle_tags;
	unsigned int changes;
	bool wake;
	u64 injected[BLKDEBUG_NR_IOTYPES];
	u64 held[BLKDEBUG_NR_IOTYPES];
	struct blkdebug_seen seen_base;

	wait_queue_head_t wait;
	struct mutex control; /* see @control above */
	u64 last_number;
	u32 start_state;
	u64 seed;
	struct blkdebug_bounds bounds;
};

int blkdebug_engine_init(struct blkdebug_engine *engine,
			 const struct blkdebug_ops *ops);
void blkdebug_engine_exit(struct blkdebug_engine *engine);

unsigned long blkdebug_lock(struct blkdebug_engine *engine);
void blkdebug_unlock(struct blkdebug_engine *engine, unsigned long flags);

/* On the way of a request */
enum blkdebug_verdict blkdebug_submit(struct blkdebug_engine *engine,
				      struct blkdebug_request *req);
enum blkdebug_verdict blkdebug_complete(struct blkdebug_engine *engine,
					struct blkdebug_request *req);
void blkdebug_heal(struct blkdebug_engine *engine,
		   const struct blkdebug_request *req, sector_t sector,
		   sector_t nr_sectors);

/**
 * blkdebug_count - count a request, and ask whether it need run
 * @engine: the engine, not idle
 * @iotype: of the request
 *
 * Return: true if some rule may want it. Any context.
 */
static inline bool blkdebug_count(struct blkdebug_engine *engine,
				  unsigned int iotype)
{
	this_cpu_inc(engine->seen->nr[iotype]);
	return READ_ONCE(engine->interest) & (1U << iotype);
}

/* What the control path does */
int blkdebug_add_rules(struct blkdebug_engine *engine, struct list_head *rules,
		       bool replace);
int blkdebug_clear_rules(struct blkdebug_engine *engine, bool reset);
void blkdebug_remove_rule(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule);
void blkdebug_state_set(struct blkdebug_engine *engine, u32 state);
void blkdebug_raise(struct blkdebug_engine *engine,
		    struct blkdebug_request *req, unsigned int event,
		    char *name);
bool blkdebug_forget(struct blkdebug_engine *engine,
		     struct blkdebug_request *req);
struct blkdebug_tag *blkdebug_find_tag(struct blkdebug_engine *engine,
				       const char *name);
void blkdebug_resume_hold(struct blkdebug_engine *engine,
			  struct blkdebug_hold *hold, int error);
bool blkdebug_resume_all(struct blkdebug_engine *engine,
			 struct blkdebug_tag *tag, int error);
void blkdebug_end_delays(struct blkdebug_engine *engine);
bool blkdebug_rule_armed(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule);
void blkdebug_notify(struct blkdebug_engine *engine, unsigned int changes);
unsigned int blkdebug_engine_housekeep(struct blkdebug_engine *engine);
unsigned long blkdebug_seen(struct blkdebug_engine *engine,
			    unsigned int iotype);
void blkdebug_reset_counters(struct blkdebug_engine *engine);

/* Around a suspend */
void blkdebug_suspend(struct blkdebug_engine *engine, bool requeue,
		      struct list_head *requeued);
void blkdebug_unsuspend(struct blkdebug_engine *engine);
void __blkdebug_unsuspend(struct blkdebug_engine *engine);

#endif

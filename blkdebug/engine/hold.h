/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: a hold records that one breakpoint holds one I/O.
 *
 * Several breakpoints can hold an I/O at once, each by a hold of its own. No
 * memory is allocated when a hold begins: each breakpoint has one preallocated
 * hold, for the first I/O that hits the breakpoint, and each I/O embeds
 * BLKDEBUG_HOLDS more, for breakpoints whose own hold is in use. If no hold is
 * free for a breakpoint, or if 1,024 breakpoints have been tried, further
 * breakpoints that match at the same event hold the I/O after the first ones
 * have resumed it.
 *
 * The engine's lock guards all holds.
 */
#ifndef BLKDEBUG_HOLD_H
#define BLKDEBUG_HOLD_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/timerqueue.h>

#include "../rules/actions.h"
#include "tag.h"

/* Holds that an I/O embeds */
#define BLKDEBUG_HOLDS	4

/* An I/O that a breakpoint holds. Guarded by the engine's lock. */
struct blkdebug_hold {
	struct rb_node node;		/* in struct blkdebug_holds, by @number */
	u64 number;			/* from 1, unique in the life of a table */
	u64 rule;			/* number of the breakpoint */
	struct blkdebug_tag *tag;	/* of the breakpoint; the hold has a reference */
	struct blkdebug_io *io;		/* NULL: the hold is free */
	struct blkdebug_rule *owner;	/* breakpoint that has preallocated the hold;
					 * NULL once it is used up or removed
					 */
	bool embedded;			/* in struct blkdebug_io, thus never freed */
	struct list_head tag_link;	/* in the tag's list of holds */
	struct list_head req_link;	/* in the list of the I/O's holds, or of holds
					 * to be freed
					 */
};

/*
 * The steps of an I/O, in their order. An I/O that is resumed continues with the
 * step that it was held at.
 */
enum blkdebug_step {
	/*
	 * Raise the events of the I/O's type that precede its check, one a step.
	 * Each arms its faults, changes the state and holds the I/O.
	 */
	BLKDEBUG_STEP_EVENT,
	/* Apply the standing set-state and suspend rules. */
	BLKDEBUG_STEP_CHECK = BLKDEBUG_STEP_EVENT + BLKDEBUG_EVENTS_BEFORE,
	/* Add up the delays and apply the first fault that fires. */
	BLKDEBUG_STEP_FAULTS,
	/* Raise the event of the completed I/O, which may hold the completion. */
	BLKDEBUG_STEP_DONE,
	/* Raise an event from user space; the only step of a message "event". */
	BLKDEBUG_STEP_RAISED,
};

enum blkdebug_verdict {
	BLKDEBUG_PASS,		/* submit the I/O to the device below */
	BLKDEBUG_FAIL,		/* complete it with @error */
	BLKDEBUG_ALTER,		/* apply @effect to it */
	BLKDEBUG_HELD,		/* breakpoints hold it */
	BLKDEBUG_QUEUED,	/* it waits for its delay or for the owner's worker */
	BLKDEBUG_NEED_LOCK,	/* process it again under the engine's lock; in the
				 * owner's worker: by blkdebug_continue()
				 */
};

/* An I/O, or the caller of a message "event", that rules are applied to */
struct blkdebug_io {
	/*
	 * Used by the submitter until the engine holds or queues the I/O, then
	 * guarded by the engine's lock, then used by the owner's worker.
	 */
	struct blkdebug_io_desc desc;
	u8 step;			/* enum blkdebug_step */
	u8 verdict;			/* enum blkdebug_verdict */
	u16 error;			/* errno to fail with, positive */
	bool immediately;		/* fail in the submitter's context */
	bool counted_injected;		/* counted as injected already */
	bool counted_held;		/* counted as held already */
	bool heals;			/* may heal bad sectors when it is submitted */
	bool requeue;			/* dm may requeue it */
	bool second_search;		/* of two searches in @step, the second is under
					 * way: for breakpoints, or for faults
					 */
	u8 raised;			/* BLKDEBUG_STEP_RAISED: the event */
	const char *event;		/* event of the last hold; NULL: standing rule */
	char *user_event;		/* buffer for the name of a user event */
	u64 last_rule;			/* rules up to this number have been tried by the
					 * search under way
					 */
	u32 event_state;		/* state when the event of @step was raised */
	u32 prev_state;			/* state before a standing rule changed it for
					 * this I/O
					 */
	u64 event_up_to;		/* last rule in force when the event of @step
					 * was raised
					 */
	u64 state_change;		/* number of that change of state; 0: none */
	struct blkdebug_effect effect;	/* of a fault, for BLKDEBUG_ALTER */
	u64 delay;			/* remaining delay, us */
	unsigned int delays_ended;	/* @ended of the engine's delays when the last
					 * batch of delays was added to @delay
					 */
	struct timerqueue_node due;	/* in the queue of delayed I/Os */
	unsigned long held_since;	/* time of the first hold, jiffies */
	struct list_head holds;		/* struct blkdebug_hold */
	struct blkdebug_hold hold[BLKDEBUG_HOLDS];
	struct list_head link;		/* in the engine's list @ready */
};

/* All holds of a target. Guarded by the engine's lock. */
struct blkdebug_holds {
	struct rb_root tree;		/* by number */
	u64 last;			/* number of the last hold begun */
	u64 nr;				/* holds in @tree */
	struct list_head freed;		/* holds without a breakpoint, to be freed in a
					 * context that may sleep
					 */
};

void blkdebug_holds_init(struct blkdebug_holds *holds);
void blkdebug_holds_reap(struct list_head *freed);
struct blkdebug_hold *blkdebug_hold_alloc(struct blkdebug_rule *rule);
void blkdebug_io_init_holds(struct blkdebug_io *io);

bool blkdebug_has_free_hold(const struct blkdebug_io *io,
			    const struct blkdebug_rule *rule);
struct blkdebug_hold *blkdebug_hold_begin(struct blkdebug_holds *holds,
					  struct blkdebug_io *io,
					  struct blkdebug_rule *rule);
void blkdebug_hold_end(struct blkdebug_holds *holds,
		       struct blkdebug_hold *hold);
void blkdebug_hold_disown(struct blkdebug_rule *rule);
struct blkdebug_hold *blkdebug_hold_after(struct blkdebug_holds *holds,
					  u64 number);

#endif

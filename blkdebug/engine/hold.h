/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: which request is held under which tag, by which breakpoint.
 *
 * A request may be held by several breakpoints at once, each with a hold of its
 * own. A hold needs no memory when it begins: each breakpoint sets one aside
 * when it is loaded, for the first request, and each request has room for some
 * more, for breakpoints that stay and hold many. If a request meets more such
 * breakpoints at one event, it meets the rest when these have let it go.
 *
 * The engine's lock guards everything here.
 */
#ifndef BLKDEBUG_HOLD_H
#define BLKDEBUG_HOLD_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/timerqueue.h>

#include "../rules/actions.h"
#include "tag.h"

/* Holds that a request has room for */
#define BLKDEBUG_HOLDS	4

/**
 * struct blkdebug_hold - one request held by one breakpoint
 * @node: in the tree of holds, by @number
 * @number: from 1, never used again in the life of a table
 * @rule: number of the breakpoint
 * @tag: of the breakpoint
 * @io: what is held; NULL if the hold is free
 * @owner: the breakpoint that set it aside; NULL if it is gone or used up
 * @embedded: is it the request's own, rather than set aside by a breakpoint?
 * @tag_link: in the tag's list
 * @req_link: in the request's list
 */
struct blkdebug_hold {
	struct rb_node node;
	u64 number;
	u64 rule;
	struct blkdebug_tag *tag;
	struct blkdebug_io *io;
	struct blkdebug_rule *owner;
	bool embedded;
	struct list_head tag_link;
	struct list_head req_link;
};

/* What comes next for a request */
enum blkdebug_step {
	BLKDEBUG_STEP_EVENT,		/* the first event before the check */
	BLKDEBUG_STEP_CHECK = BLKDEBUG_STEP_EVENT + BLKDEBUG_EVENTS_BEFORE,
	BLKDEBUG_STEP_FAULTS,
	BLKDEBUG_STEP_DONE,		/* the event at completion */
	BLKDEBUG_STEP_RAISED,		/* an event from user space */
	BLKDEBUG_STEP_END,
};

enum blkdebug_verdict {
	BLKDEBUG_PASS,
	BLKDEBUG_FAIL,
	BLKDEBUG_ALTER,		/* @effect says how */
	BLKDEBUG_HELD,		/* by breakpoints */
	BLKDEBUG_QUEUED,	/* for its delay, or for the owner's worker */
	BLKDEBUG_NEED_LOCK,	/* not without the engine's lock */
};

/**
 * struct blkdebug_io - a request on its way through the rules
 * @desc: what it is
 * @step: enum blkdebug_step it is at
 * @verdict: enum blkdebug_verdict, once it is no longer held
 * @error: errno to fail with, positive
 * @immediately: fail it in the submitter's context
 * @counted_injected: it counts as injected already
 * @counted_held: it counts as held already
 * @heals: it may heal bad sectors where it goes down
 * @requeue: may go back to dm
 * @event: the event it was last held at; NULL: none (standing rule)
 * @raised: the event that user space raised, for %BLKDEBUG_STEP_RAISED
 * @user_event: room for its name, if that is a user event
 * @last_breakpoint: breakpoints up to this number have had it at @step
 * @event_state: the state that the event at @step was judged by
 * @event_upto: the number of the last rule in force at that moment
 * @prev_state: the state before a standing rule changed it for this request
 * @state_change: which change of state that was; 0: none
 * @effect: what a fault does to it, for %BLKDEBUG_ALTER
 * @delay: how long it still has to wait, in us
 * @due: in the queue of delayed requests
 * @held_since: when it was first held, in jiffies
 * @holds: the list of its holds
 * @hold: room for these
 * @link: in the engine's list of requests that go on
 */
struct blkdebug_io {
	struct blkdebug_io_desc desc;
	u8 step;
	u8 verdict;
	u16 error;
	bool immediately;
	bool counted_injected;
	bool counted_held;
	bool heals;
	bool requeue;
	u8 raised;
	const char *event;
	char *user_event;
	u64 last_breakpoint;
	u32 event_state;
	u32 prev_state;
	u64 event_upto;
	u64 state_change;
	struct blkdebug_effect effect;
	u64 delay;
	struct timerqueue_node due;
	unsigned long held_since;
	struct list_head holds;
	struct blkdebug_hold hold[BLKDEBUG_HOLDS];
	struct list_head link;
};

/**
 * struct blkdebug_holds - all holds of a target
 * @tree: by number
 * @last: the number given last
 * @nr: how many there are
 * @freed: holds whose breakpoint is gone, to be freed where one may sleep
 */
struct blkdebug_holds {
	struct rb_root tree;
	u64 last;
	u64 nr;
	struct list_head freed;
};

void blkdebug_holds_init(struct blkdebug_holds *holds);
void blkdebug_holds_reap(struct list_head *freed);
struct blkdebug_hold *blkdebug_hold_alloc(struct blkdebug_rule *rule);
void blkdebug_io_init_holds(struct blkdebug_io *io);

bool blkdebug_hold_room(const struct blkdebug_io *io,
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

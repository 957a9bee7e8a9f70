// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine: state, armed faults, and what becomes of a request. See engine.h.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "engine.h"
#include "media.h"
#include "trace.h"

/* Used-up rules that are kept for list and wait_hits */
#define USED_KEPT	1000

/* More rules than these heal a part of a write at a time, if it has more sectors */
#define HEAL_RULES	16
#define HEAL_SECTORS	64

/* Holds or delays ended before the lock is dropped for a moment */
#define LOCK_BATCH	32

/* In us: ten years */
#define LONGEST_DELAY	(10 * 365 * 86400 * 1000000ULL)

static const struct blkdebug_io no_io = { .iotype = BLKDEBUG_IO_EVENT };

/**
 * blkdebug_lock - take the engine's lock
 * @engine: the engine
 *
 * Return: flags for blkdebug_unlock(). Any context.
 */
unsigned long blkdebug_lock(struct blkdebug_engine *engine)
	__acquires(&engine->lock)
{
	unsigned long flags;

	spin_lock_irqsave(&engine->lock, flags);
	write_seqcount_begin(&engine->seq);
	return flags;
}

/**
 * blkdebug_unlock - wake who waits for a change, and drop the engine's lock
 * @engine: the engine; it may be gone afterwards, if what the caller has just
 *	held or let go was the last that kept it
 * @flags: from blkdebug_lock()
 */
void blkdebug_unlock(struct blkdebug_engine *engine, unsigned long flags)
	__releases(&engine->lock)
{
	write_seqcount_end(&engine->seq);
	/* Who comes to sleep later takes the lock first, and sees the change */
	if (engine->wake && waitqueue_active(&engine->wait))
		wake_up_all(&engine->wait);
	engine->wake = false;
	spin_unlock_irqrestore(&engine->lock, flags);
}

/**
 * blkdebug_notify - something has changed that somebody may be waiting for
 * @engine: the engine
 * @changes: enum blkdebug_change
 *
 * The caller holds the lock.
 */
void blkdebug_notify(struct blkdebug_engine *engine, unsigned int changes)
{
	engine->wake = true;
	engine->changes |= changes | BLKDEBUG_CHANGED;
	engine->ops->watch(engine);
}

static struct blkdebug_ruleset *locked_rules(struct blkdebug_engine *engine)
{
	return rcu_dereference_protected(engine->rules,
					 lockdep_is_held(&engine->lock) ||
					 lockdep_is_held(&engine->control));
}

/* Tags */

static void tag_put(struct blkdebug_engine *engine, struct blkdebug_tag *tag)
{
	if (--tag->refs)
		return;
	list_add_tail(&tag->idle_link, &engine->idle_tags);
	engine->ops->watch(engine);
}

/**
 * blkdebug_find_tag - look a tag up
 * @engine: the engine
 * @name: the tag
 *
 * Return: the tag, or NULL if neither rule nor hold bears it. The caller holds
 * the lock or the control mutex.
 */
struct blkdebug_tag *blkdebug_find_tag(struct blkdebug_engine *engine,
				       const char *name)
{
	struct rb_node *node = engine->tags.rb_node;

	while (node) {
		struct blkdebug_tag *tag =
			rb_entry(node, struct blkdebug_tag, node);
		int order = strcmp(name, tag->name);

		if (!order)
			return tag;
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static void tag_insert(struct blkdebug_engine *engine, struct blkdebug_tag *tag)
{
	struct rb_node **link = &engine->tags.rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		if (strcmp(tag->name, rb_entry(parent, struct blkdebug_tag,
					       node)->name) < 0)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&tag->node, parent, link);
	rb_insert_color(&tag->node, &engine->tags);
}

/* Find or make a tag and take a reference; the control mutex is held */
static struct blkdebug_tag *tag_get(struct blkdebug_engine *engine,
				    const char *name)
{
	struct blkdebug_tag *tag = blkdebug_find_tag(engine, name);
	struct blkdebug_tag *new = NULL;
	unsigned long flags;

	if (!tag) {
		new = kzalloc(sizeof(*new), GFP_KERNEL);
		if (!new)
			return NULL;
		INIT_LIST_HEAD(&new->rules);
		INIT_LIST_HEAD(&new->holds);
		INIT_LIST_HEAD(&new->idle_link);
		strscpy(new->name, name, sizeof(new->name));
		tag = new;
	}
	flags = blkdebug_lock(engine);
	if (new)
		tag_insert(engine, new);
	else
		list_del_init(&tag->idle_link);
	tag->refs++;
	blkdebug_unlock(engine, flags);
	return tag;
}

/* Whatever changes rules, state or what is armed calls this */
static void update_filters(struct blkdebug_engine *engine)
{
	struct blkdebug_ruleset *rs = locked_rules(engine);
	u32 interest = 0;
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++) {
		blkdebug_filter_make(&engine->filter[i], i, rs, &engine->armed,
				     engine->state);
		if (!blkdebug_filter_empty(&engine->filter[i]))
			interest |= 1U << i;
	}
	WRITE_ONCE(engine->interest, interest);
	WRITE_ONCE(engine->mode, (engine->mode & ~BLKDEBUG_HAS_RULES) |
				 (rs->nr_live ? BLKDEBUG_HAS_RULES : 0));
}

/*
 * The way of a request. What takes @locked is also run without the lock; it
 * answers BLKDEBUG_NEED_LOCK then where it would have to change anything.
 */

static void set_state(struct blkdebug_engine *engine,
		      const struct blkdebug_io *io, u64 rule, u32 state)
{
	if (state == engine->state)
		return;
	trace_state(engine->dev, io, rule, engine->state, state);
	WRITE_ONCE(engine->state, state);
	engine->state_changes++;
	update_filters(engine);
	blkdebug_notify(engine, BLKDEBUG_CHANGED_STATE);
}

/**
 * blkdebug_rule_armed - is this rule armed?
 * @engine: the engine
 * @rule: a rule of it
 *
 * Return: true if it is. The caller holds the lock.
 */
bool blkdebug_rule_armed(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule)
{
	const struct blkdebug_armed *armed = &engine->armed;
	enum blkdebug_kind_id kind = blkdebug_kind_of(rule);

	return armed->trigger && !rule->dead && kind < BLKDEBUG_NR_FAULT_KINDS &&
	       rule->bucket->group->kind == &armed->trigger->kind[kind] &&
	       rule->number <= armed->last &&
	       (!rule->state || rule->state == armed->state);
}

static enum blkdebug_verdict arm(struct blkdebug_engine *engine,
				 struct blkdebug_trigger *trigger, u32 state,
				 bool locked)
{
	u64 nr = blkdebug_nr_to_arm(trigger, state);

	if (!nr || blkdebug_same_armed(&engine->armed, trigger, state))
		return BLKDEBUG_PASS;
	if (!locked)
		return BLKDEBUG_NEED_LOCK;
	WRITE_ONCE(engine->armed.trigger, trigger);
	WRITE_ONCE(engine->armed.state, state);
	WRITE_ONCE(engine->armed.last, blkdebug_last_to_arm(trigger));
	engine->armed.nr = nr;
	update_filters(engine);
	return BLKDEBUG_PASS;
}

/* A rule matches no more */
static void kill_rule(struct blkdebug_engine *engine,
		      struct blkdebug_rule *rule)
{
	struct blkdebug_tag *tag = blkdebug_rule_tag(rule);
	struct blkdebug_ruleset *rs = locked_rules(engine);

	if (blkdebug_rule_armed(engine, rule))
		engine->armed.nr--;
	blkdebug_index_kill(rs, rule);
	blkdebug_hold_disown(rule);
	if (tag)
		tag->live--;
	if (!rule->bucket->group->kind->live)
		update_filters(engine);
}

static void use_up(struct blkdebug_engine *engine, struct blkdebug_rule *rule)
{
	struct blkdebug_ruleset *rs = locked_rules(engine);

	kill_rule(engine, rule);
	list_add_tail(&rule->used_link, &rs->used);
	rs->nr_used++;
	blkdebug_notify(engine, 0);
}

/* A rule does what it is there for */
static void fire(struct blkdebug_engine *engine, struct blkdebug_rule *rule)
{
	struct blkdebug_tag *tag = blkdebug_rule_tag(rule);

	rule->hits++;
	if (tag)
		tag->hits++;
	engine->wake = true;
	/* Who lets requests pass is never used up by that */
	if (rule->times && rule->hits >= rule->times &&
	    (rule->action != BLKDEBUG_INJECT_ERROR || rule->error))
		use_up(engine, rule);
}

/* Where a search looks at most: faults of each kind, standing and armed */
#define SEARCH_SOURCES	(2 * BLKDEBUG_NR_FAULT_KINDS)

/**
 * struct search_source - rules of one event and kind, to be looked at
 * @kind: event and kind
 * @state: that they are judged by
 * @last: rules with a higher number don't count
 */
struct search_source {
	struct blkdebug_kind *kind;
	u32 state;
	u64 last;
};

/**
 * struct search - for the rules that a request matches, in the order written
 * @after: the number of the rule found last
 * @nr: of @source
 * @source: where to look
 */
struct search {
	u64 after;
	unsigned int nr;
	struct search_source source[SEARCH_SOURCES];
};

static void add_source(struct search *search, struct blkdebug_kind *kind,
		       u32 state, u64 last)
{
	/* Without rules of the kind there is none to find */
	if (READ_ONCE(kind->live))
		search->source[search->nr++] = (struct search_source) {
			.kind = kind, .state = state, .last = last,
		};
}

/* The next rule that the request matches by all that does not change */
static struct blkdebug_rule *find_next(struct search *search,
				       const struct blkdebug_io *io)
{
	struct blkdebug_rule *rule, *found;
	unsigned int i;

	do {
		rule = NULL;
		for (i = 0; i < search->nr; i++) {
			const struct search_source *source = &search->source[i];

			found = blkdebug_kind_first(source->kind, source->state,
						    io, search->after, rule);
			if (found && found->number <= source->last)
				rule = found;
		}
		if (rule)
			search->after = rule->number;
	} while (rule && !blkdebug_rule_for_task(rule, io));
	return rule;
}

/* And the next of those that acts this time; the lock is held */
static struct blkdebug_rule *find_acting(struct blkdebug_engine *engine,
					 struct search *search,
					 const struct blkdebug_io *io)
{
	struct blkdebug_rule *rule;

	do {
		rule = find_next(search, io);
	} while (rule && (!blkdebug_rule_fits(rule, io, &engine->bounds) ||
			  !blkdebug_rule_acts(rule, engine->seed)));
	return rule;
}

static const char *trigger_name(const struct blkdebug_trigger *trigger)
{
	switch (trigger->event) {
	case BLKDEBUG_EV_STANDING:
		return NULL;
	case BLKDEBUG_EV_USER:
		return trigger->name;
	default:
		return blkdebug_event_name(trigger->event);
	}
}

static void note_event(struct blkdebug_request *req,
		       const struct blkdebug_trigger *trigger)
{
	req->event = trigger_name(trigger);
	if (trigger->event == BLKDEBUG_EV_USER) {
		/* The request may outlive the rules */
		strscpy(req->user_event, req->event, BLKDEBUG_NAME_MAX + 1);
		req->event = req->user_event;
	}
}

/* Hold the request under the breakpoints it meets, as far as there is room */
static enum blkdebug_verdict hold(struct blkdebug_engine *engine,
				  struct blkdebug_request *req,
				  struct blkdebug_trigger *trigger, bool locked)
{
	struct search search = { .after = req->met };
	enum blkdebug_verdict verdict = BLKDEBUG_PASS;
	struct blkdebug_rule *rule;

	if (READ_ONCE(engine->mode) & BLKDEBUG_SUSPENDING)
		return BLKDEBUG_PASS;
	add_source(&search, &trigger->kind[BLKDEBUG_KIND_SUSPEND],
		   req->event_state, U64_MAX);
	while ((rule = find_next(&search, &req->io))) {
		struct blkdebug_hold *begun;

		if (!locked)
			return BLKDEBUG_NEED_LOCK;
		if (!blkdebug_hold_room(req, rule))
			break;
		req->met = rule->number;
		if (!blkdebug_rule_acts(rule, engine->seed))
			continue;
		begun = blkdebug_hold_begin(&engine->holds, req, rule);
		trace_hold(engine->dev, &req->io, rule->number, begun->number,
			   rule->tag);
		verdict = BLKDEBUG_HELD;
		fire(engine, rule);
	}
	if (!rule)
		req->met = U64_MAX;
	if (verdict == BLKDEBUG_HELD) {
		note_event(req, trigger);
		if (req->io.iotype < BLKDEBUG_NR_IOTYPES)
			engine->held[req->io.iotype]++;
		blkdebug_notify(engine, BLKDEBUG_CHANGED_HELD);
	}
	return verdict;
}

/* The set-state rule that decides about an event, or about a request */
static enum blkdebug_verdict move_state(struct blkdebug_engine *engine,
					struct blkdebug_request *req,
					struct blkdebug_trigger *trigger,
					bool locked)
{
	struct search search = { .after = 0 };
	struct blkdebug_rule *rule;

	add_source(&search, &trigger->kind[BLKDEBUG_KIND_SET_STATE],
		   req->event_state, U64_MAX);
	if (!locked)
		return find_next(&search, &req->io) ? BLKDEBUG_NEED_LOCK :
						      BLKDEBUG_PASS;
	rule = find_acting(engine, &search, &req->io);
	if (!rule)
		return BLKDEBUG_PASS;
	set_state(engine, &req->io, rule->number, rule->new_state);
	fire(engine, rule);
	if (trigger->event == BLKDEBUG_EV_STANDING &&
	    req->event_state != engine->state) {
		req->prev_state = req->event_state;
		req->state_change = engine->state_changes;
	}
	return BLKDEBUG_PASS;
}

/* Process an event, or the standing set-state and suspend rules */
static enum blkdebug_verdict process(struct blkdebug_engine *engine,
				     struct blkdebug_request *req,
				     struct blkdebug_trigger *trigger,
				     bool locked)
{
	enum blkdebug_verdict verdict = BLKDEBUG_PASS;

	/* Otherwise it has been held here, and breakpoints remain at most */
	if (!req->met) {
		req->event_state = READ_ONCE(engine->state);
		if (trigger->event != BLKDEBUG_EV_STANDING)
			verdict = arm(engine, trigger, req->event_state, locked);
		if (verdict == BLKDEBUG_PASS)
			verdict = move_state(engine, req, trigger, locked);
		if (verdict != BLKDEBUG_PASS)
			return verdict;
	}
	return hold(engine, req, trigger, locked);
}

/*
 * The state that standing faults are judged by: the one in force, unless it is
 * this very request whose standing set-state rule has brought it about.
 */
static u32 fault_state(struct blkdebug_engine *engine,
		       const struct blkdebug_request *req)
{
	if (req->state_change && req->state_change == engine->state_changes)
		return req->prev_state;
	return READ_ONCE(engine->state);
}

/* Look among the faults of a kind, too, armed and standing */
static void add_faults(struct search *search, struct blkdebug_engine *engine,
		       struct blkdebug_ruleset *rs,
		       const struct blkdebug_request *req,
		       enum blkdebug_kind_id kind)
{
	struct blkdebug_trigger *armed = READ_ONCE(engine->armed.trigger);
	struct blkdebug_trigger *standing =
		rcu_dereference_check(rs->standing, 1);

	if (standing)
		add_source(search, &standing->kind[kind],
			   fault_state(engine, req), U64_MAX);
	if (armed)
		add_source(search, &armed->kind[kind],
			   READ_ONCE(engine->armed.state),
			   READ_ONCE(engine->armed.last));
}

/* Once for a request, though it may be resumed with an errno after that */
static void count_injected(struct blkdebug_engine *engine,
			   struct blkdebug_request *req)
{
	if (req->io.iotype < BLKDEBUG_NR_IOTYPES && !req->counted)
		engine->injected[req->io.iotype]++;
	req->counted = true;
}

static void fail(struct blkdebug_engine *engine, struct blkdebug_request *req,
		 int error)
{
	trace_inject(engine->dev, &req->io, 0, BLKDEBUG_INJECT_ERROR, error);
	req->error = error;
	if (error)
		count_injected(engine, req);
}

/* All delays add up */
static void delay(struct blkdebug_engine *engine, struct blkdebug_ruleset *rs,
		  struct blkdebug_request *req)
{
	struct search search = { .after = 0 };
	struct blkdebug_rule *rule;

	add_faults(&search, engine, rs, req, BLKDEBUG_KIND_DELAY);
	while ((rule = find_acting(engine, &search, &req->io))) {
		trace_inject(engine->dev, &req->io, rule->number,
			     BLKDEBUG_DELAY, 0);
		req->delay = min(req->delay +
				 blkdebug_rule_delay(rule, engine->seed),
				 LONGEST_DELAY);
		fire(engine, rule);
	}
}

/* The rules of bad sectors that a write, or the like, heals where it goes */
static struct search search_bad(struct blkdebug_engine *engine,
				struct blkdebug_ruleset *rs,
				const struct blkdebug_request *req, u64 after)
{
	struct search search = { .after = after };

	if (req->io.iotype != BLKDEBUG_IO_READ)
		add_faults(&search, engine, rs, req, BLKDEBUG_KIND_BAD);
	return search;
}

/* The fault that decides what becomes of a request */
static struct blkdebug_rule *find_fault(struct blkdebug_engine *engine,
					struct blkdebug_ruleset *rs,
					struct blkdebug_request *req)
{
	struct search search = { .after = 0 };

	add_faults(&search, engine, rs, req, BLKDEBUG_KIND_FAULT);
	if (req->io.iotype == BLKDEBUG_IO_READ)
		add_faults(&search, engine, rs, req, BLKDEBUG_KIND_BAD);
	return find_acting(engine, &search, &req->io);
}

static enum blkdebug_verdict strike(struct blkdebug_engine *engine,
				    struct blkdebug_ruleset *rs,
				    struct blkdebug_request *req,
				    struct blkdebug_rule *rule)
{
	bool transfers;

	trace_inject(engine->dev, &req->io, rule->number, rule->action,
		     rule->error);
	blkdebug_rule_effect(rule, &req->io, &engine->bounds, engine->seed,
			     &req->effect);
	transfers = rule->extra && rule->extra->transfer;
	req->error = rule->error;
	req->immediately = rule->immediately;
	fire(engine, rule);
	if (rule->action == BLKDEBUG_INJECT_ERROR && !rule->error)
		return BLKDEBUG_PASS;
	/* It may not go where it was meant to */
	req->heals = search_bad(engine, rs, req, 0).nr;
	count_injected(engine, req);
	return rule->action == BLKDEBUG_INJECT_ERROR && !transfers ?
	       BLKDEBUG_FAIL : BLKDEBUG_ALTER;
}

static enum blkdebug_verdict check_faults(struct blkdebug_engine *engine,
					  struct blkdebug_ruleset *rs,
					  struct blkdebug_request *req,
					  bool locked)
{
	struct search search = { .after = 0 };
	struct blkdebug_rule *rule;
	unsigned int i;

	if (!locked) {
		for (i = 0; i < BLKDEBUG_NR_FAULT_KINDS; i++)
			add_faults(&search, engine, rs, req, i);
		return find_next(&search, &req->io) ? BLKDEBUG_NEED_LOCK :
						      BLKDEBUG_PASS;
	}
	delay(engine, rs, req);
	search = search_bad(engine, rs, req, 0);
	req->heals = find_next(&search, &req->io);
	rule = find_fault(engine, rs, req);
	return rule ? strike(engine, rs, req, rule) : BLKDEBUG_PASS;
}

/* The rules that the step a request is at makes it meet, and the event */
static struct blkdebug_trigger *step_trigger(struct blkdebug_ruleset *rs,
					     const struct blkdebug_request *req,
					     unsigned int *event)
{
	const struct blkdebug_raises *raises = &blkdebug_raises[req->io.iotype];

	switch (req->step) {
	case BLKDEBUG_STEP_CHECK:
		*event = BLKDEBUG_EV_STANDING;
		return rcu_dereference_check(rs->standing, 1);
	case BLKDEBUG_STEP_DONE:
		*event = raises->done;
		break;
	case BLKDEBUG_STEP_RAISED:
		*event = req->raised;
		if (*event == BLKDEBUG_EV_USER)
			return blkdebug_user_trigger(rs, req->user_event);
		return rcu_dereference_check(rs->trigger[*event], 1);
	default:
		*event = raises->before[req->step];
		break;
	}
	if (*event == BLKDEBUG_EV_NONE)
		return NULL;
	return rcu_dereference_check(rs->trigger[*event], 1);
}

/* One step; true if it is the last one for now */
static bool run_step(struct blkdebug_engine *engine,
		     struct blkdebug_ruleset *rs, struct blkdebug_request *req,
		     bool locked, enum blkdebug_verdict *verdict)
{
	struct blkdebug_trigger *trigger;
	unsigned int event;

	if (req->step == BLKDEBUG_STEP_FAULTS) {
		*verdict = check_faults(engine, rs, req, locked);
		return true;
	}
	trigger = step_trigger(rs, req, &event);
	if (trace_event_enabled() && event != BLKDEBUG_EV_STANDING &&
	    (event != BLKDEBUG_EV_NONE || req->step == BLKDEBUG_STEP_RAISED) &&
	    !req->met) {
		if (!locked) {
			*verdict = BLKDEBUG_NEED_LOCK;
			return true;
		}
		trace_event(engine->dev, &req->io,
			    trigger ? trigger_name(trigger) :
			    event == BLKDEBUG_EV_USER ? req->user_event :
			    blkdebug_event_name(event));
	}
	*verdict = BLKDEBUG_PASS;
	if (trigger)
		*verdict = process(engine, req, trigger, locked);
	return *verdict != BLKDEBUG_PASS || req->step >= BLKDEBUG_STEP_DONE;
}

/* Run a request from the step it is at */
static enum blkdebug_verdict run(struct blkdebug_engine *engine,
				 struct blkdebug_request *req, bool locked)
{
	struct blkdebug_ruleset *rs =
		rcu_dereference_check(engine->rules,
				      lockdep_is_held(&engine->lock));
	enum blkdebug_verdict verdict;

	while (!run_step(engine, rs, req, locked, &verdict)) {
		req->step++;
		req->met = 0;
	}
	return verdict;
}

/* Will the request raise an event when it completes? */
static bool raises_done(struct blkdebug_engine *engine,
			const struct blkdebug_request *req)
{
	struct blkdebug_ruleset *rs = rcu_dereference_check(engine->rules, 1);
	unsigned int event = blkdebug_raises[req->io.iotype].done;

	return event != BLKDEBUG_EV_NONE &&
	       blkdebug_trigger_live(rcu_dereference_check(rs->trigger[event], 1));
}

static void hand_out(struct blkdebug_engine *engine,
		     struct blkdebug_request *req)
{
	list_add_tail(&req->link, &engine->ready);
	engine->ops->go_on(engine);
}

/* A request that nothing holds any more leaves with its verdict */
static void leave(struct blkdebug_engine *engine, struct blkdebug_request *req,
		  enum blkdebug_verdict verdict)
{
	req->verdict = verdict;
	if (verdict == BLKDEBUG_HELD || req->io.iotype == BLKDEBUG_IO_EVENT)
		return;
	/* Rules may have come while it was held */
	if (req->step < BLKDEBUG_STEP_DONE)
		req->raise_done |= raises_done(engine, req);
	if (req->delay && !(engine->mode & BLKDEBUG_SUSPENDING))
		blkdebug_delay_begin(&engine->delays, req);
	else
		hand_out(engine, req);
}

/* Must it leave by way of the owner's worker? */
static bool leaves_later(const struct blkdebug_request *req,
			 enum blkdebug_verdict verdict)
{
	switch (verdict) {
	case BLKDEBUG_PASS:
		return req->delay || req->heals;
	case BLKDEBUG_FAIL:
		return req->delay || !req->immediately;
	default:
		return verdict == BLKDEBUG_ALTER;
	}
}

/* Where its way begins, and where it begins anew with the lock */
static void start(struct blkdebug_engine *engine, struct blkdebug_request *req,
		  enum blkdebug_step step)
{
	req->met = 0;
	req->step = step;
	req->state_change = 0;
	req->delay = 0;
	req->heals = false;
	req->error = 0;
	if (step == BLKDEBUG_STEP_EVENT)
		req->raise_done = raises_done(engine, req);
}

static enum blkdebug_verdict run_from(struct blkdebug_engine *engine,
				      struct blkdebug_request *req,
				      enum blkdebug_step step)
{
	enum blkdebug_verdict verdict = BLKDEBUG_NEED_LOCK;
	unsigned long flags;
	unsigned int seq;

	rcu_read_lock();
	seq = raw_read_seqcount(&engine->seq);
	if (!(seq & 1)) {
		start(engine, req, step);
		verdict = run(engine, req, false);
		if (read_seqcount_retry(&engine->seq, seq))
			verdict = BLKDEBUG_NEED_LOCK;
	}
	rcu_read_unlock();
	if (verdict != BLKDEBUG_NEED_LOCK)
		return verdict;

	blkdebug_request_init_holds(req);
	flags = blkdebug_lock(engine);
	start(engine, req, step);
	verdict = run(engine, req, true);
	if (leaves_later(req, verdict)) {
		leave(engine, req, verdict);
		verdict = BLKDEBUG_HELD;
	}
	blkdebug_unlock(engine, flags);
	return verdict;
}

/**
 * blkdebug_submit - let a request meet the rules before it goes down
 * @engine: the engine
 * @req: the request, with @io and @requeue set
 *
 * Return: %BLKDEBUG_PASS: it goes down; %BLKDEBUG_FAIL: it fails with @error,
 * at once; %BLKDEBUG_HELD: it belongs to the engine, which hands it out through
 * @ready, with its verdict, possibly before this returns. Any context.
 */
enum blkdebug_verdict blkdebug_submit(struct blkdebug_engine *engine,
				      struct blkdebug_request *req)
{
	req->immediately = false;
	req->counted = false;
	return run_from(engine, req, BLKDEBUG_STEP_EVENT);
}

/**
 * blkdebug_complete - raise the event of a request that completes
 * @engine: the engine
 * @req: the request, with @raise_done set by blkdebug_submit()
 *
 * Return: %BLKDEBUG_PASS or %BLKDEBUG_HELD, as for blkdebug_submit(). Any
 * context, hard interrupts included.
 */
enum blkdebug_verdict blkdebug_complete(struct blkdebug_engine *engine,
					struct blkdebug_request *req)
{
	return run_from(engine, req, BLKDEBUG_STEP_DONE);
}

/**
 * blkdebug_raise - raise an event that no request raises
 * @engine: the engine
 * @req: stands for the caller; its @verdict is %BLKDEBUG_HELD afterwards if a
 *	breakpoint has caught it, and something else once it is let go
 * @event: enum blkdebug_event
 * @name: room for %BLKDEBUG_NAME_MAX + 1 bytes, and the name of a user event
 *
 * Any context.
 */
void blkdebug_raise(struct blkdebug_engine *engine,
		    struct blkdebug_request *req, unsigned int event,
		    char *name)
{
	unsigned long flags;

	memset(req, 0, sizeof(*req));
	req->io = no_io;
	memcpy(req->io.comm, current->comm, sizeof(req->io.comm));
	req->step = BLKDEBUG_STEP_RAISED;
	req->raised = event;
	req->user_event = name;
	blkdebug_request_init_holds(req);
	flags = blkdebug_lock(engine);
	req->verdict = run(engine, req, true);
	blkdebug_unlock(engine, flags);
}

/* Letting go */

static void end_hold(struct blkdebug_engine *engine, struct blkdebug_hold *hold)
{
	struct blkdebug_tag *tag = hold->tag;

	trace_resume(engine->dev, &hold->req->io, hold->rule, hold->number,
		     tag->name);
	blkdebug_hold_end(&engine->holds, hold);
	tag_put(engine, tag);
	blkdebug_notify(engine, BLKDEBUG_CHANGED_HELD);
}

static void end_holds(struct blkdebug_engine *engine,
		      struct blkdebug_request *req)
{
	struct blkdebug_hold *hold, *next;

	list_for_each_entry_safe(hold, next, &req->holds, req_link)
		end_hold(engine, hold);
}

static void end_one(struct blkdebug_engine *engine, struct blkdebug_hold *hold)
{
	struct blkdebug_request *req = hold->req;

	end_hold(engine, hold);
	if (list_empty(&req->holds))
		leave(engine, req, run(engine, req, true));
}

/**
 * blkdebug_resume_hold - end a hold
 * @engine: the engine
 * @hold: the hold
 * @error: negative: when its last hold ends the request goes on to what comes
 *	next. Otherwise it leaves all its holds and fails with this errno, or is
 *	spared all further rules if that is 0
 *
 * The caller holds the lock.
 */
void blkdebug_resume_hold(struct blkdebug_engine *engine,
			  struct blkdebug_hold *hold, int error)
{
	struct blkdebug_request *req = hold->req;

	if (error < 0) {
		end_one(engine, hold);
		return;
	}
	end_holds(engine, req);
	fail(engine, req, error);
	/* No rule has been looked at, but what is written heals */
	req->heals = search_bad(engine, locked_rules(engine), req, 0).nr;
	leave(engine, req, error ? BLKDEBUG_FAIL : BLKDEBUG_PASS);
}

static struct blkdebug_hold *oldest_hold(struct blkdebug_engine *engine,
					 struct blkdebug_tag *tag, u64 last)
{
	struct blkdebug_hold *hold;

	if (tag)
		hold = list_first_entry_or_null(&tag->holds,
						struct blkdebug_hold, tag_link);
	else
		hold = blkdebug_hold_after(&engine->holds, 0);
	return hold && hold->number <= last ? hold : NULL;
}

/* In the midst of a long list: let others have the lock for a moment */
static unsigned long relax_lock(struct blkdebug_engine *engine,
				unsigned long flags)
{
	blkdebug_unlock(engine, flags);
	cond_resched();
	return blkdebug_lock(engine);
}

/**
 * blkdebug_resume_all - end all holds there are at this moment, oldest first
 * @engine: the engine
 * @tag: only those with this tag, or NULL
 * @error: as for blkdebug_resume_hold()
 *
 * The caller holds the control mutex if there is a tag. May sleep.
 *
 * Return: true if there were any.
 */
bool blkdebug_resume_all(struct blkdebug_engine *engine,
			 struct blkdebug_tag *tag, int error)
{
	struct blkdebug_hold *hold;
	unsigned long flags;
	unsigned int i = 0;
	bool any;
	u64 last;

	flags = blkdebug_lock(engine);
	last = engine->holds.last;
	any = oldest_hold(engine, tag, last);
	while ((hold = oldest_hold(engine, tag, last))) {
		blkdebug_resume_hold(engine, hold, error);
		if (!(++i % LOCK_BATCH))
			flags = relax_lock(engine, flags);
	}
	blkdebug_unlock(engine, flags);
	return any;
}

/* Some of those that are due; true if there may be more */
static bool end_delays(struct blkdebug_engine *engine, ktime_t now)
{
	struct blkdebug_request *req;
	unsigned int i;

	for (i = 0; i < LOCK_BATCH; i++) {
		req = blkdebug_delay_end(&engine->delays, now);
		if (!req)
			return false;
		hand_out(engine, req);
	}
	return true;
}

static enum hrtimer_restart delays_due(struct hrtimer *timer)
{
	struct blkdebug_engine *engine =
		container_of(timer, struct blkdebug_engine, delays.timer);
	unsigned long flags = blkdebug_lock(engine);

	/* If more are due the timer expires at once */
	end_delays(engine, ktime_get());
	blkdebug_delays_continue(&engine->delays);
	blkdebug_unlock(engine, flags);
	return HRTIMER_NORESTART;
}

/**
 * blkdebug_end_delays - let all delayed requests go on at once
 * @engine: the engine, without rules that would delay more
 *
 * May sleep.
 */
void blkdebug_end_delays(struct blkdebug_engine *engine)
{
	unsigned long flags = blkdebug_lock(engine);

	while (end_delays(engine, KTIME_MAX))
		flags = relax_lock(engine, flags);
	blkdebug_unlock(engine, flags);
}

/* Heal what one rule has of the sectors; returns its number, 0: no more rules */
static u64 heal_next(struct blkdebug_engine *engine,
		     const struct blkdebug_request *req,
		     const struct blkdebug_io *io, u64 after,
		     struct blkdebug_bad **spare)
{
	struct search search = search_bad(engine, locked_rules(engine), req,
					  after);
	struct blkdebug_rule *rule = find_next(&search, io);

	if (!rule)
		return 0;
	if (!blkdebug_media_heal(rule->extra->media, io->sector,
				 io->sector + io->nr_sectors - 1, spare))
		use_up(engine, rule);
	return rule->number;
}

/*
 * Heal what all rules have of the sectors. If that turns out to be many it is left
 * to two halves, as finding the next of them takes longer the more there are:
 * returns false then.
 */
static bool heal_part(struct blkdebug_engine *engine,
		      const struct blkdebug_request *req,
		      const struct blkdebug_io *io, struct blkdebug_bad **spare)
{
	unsigned int i = 0;
	unsigned long flags;
	u64 rule = 0;

	do {
		if (i++ == HEAL_RULES && io->nr_sectors > HEAL_SECTORS)
			return false;
		*spare = *spare ?: blkdebug_bad_alloc();
		flags = blkdebug_lock(engine);
		rule = heal_next(engine, req, io, rule, spare);
		blkdebug_unlock(engine, flags);
		cond_resched();
	} while (rule);
	return true;
}

/**
 * blkdebug_heal - a write makes bad sectors good
 * @engine: the engine
 * @req: the write, with @heals set
 * @sector: where it really goes
 * @nr_sectors: and how many it writes, not 0
 *
 * May sleep, for memory; never for I/O that waits for the caller.
 */
void blkdebug_heal(struct blkdebug_engine *engine,
		   const struct blkdebug_request *req, sector_t sector,
		   sector_t nr_sectors)
{
	struct blkdebug_bad *spare = NULL;
	struct blkdebug_io io = req->io;

	io.sector = sector;
	io.nr_sectors = nr_sectors;
	for (;;) {
		if (!heal_part(engine, req, &io, &spare)) {
			io.nr_sectors /= 2;
			continue;
		}
		nr_sectors -= io.nr_sectors;
		if (!nr_sectors)
			break;
		io.sector += io.nr_sectors;
		io.nr_sectors = min(2 * io.nr_sectors, nr_sectors);
	}
	blkdebug_bad_free(spare);
}

/**
 * blkdebug_forget - end the holds of a caller of "event" that gives up
 * @engine: the engine
 * @req: what stands for the caller
 *
 * Return: true if it was held until now.
 */
bool blkdebug_forget(struct blkdebug_engine *engine,
		     struct blkdebug_request *req)
{
	unsigned long flags = blkdebug_lock(engine);
	bool held = req->verdict == BLKDEBUG_HELD;

	end_holds(engine, req);
	blkdebug_unlock(engine, flags);
	return held;
}

/**
 * blkdebug_suspend - hold nothing any more, and let all sleepers go
 * @engine: the engine
 * @requeue: requests before their check need not go on
 * @requeued: a list for those that therefore do not
 *
 * Sleeping callers of "event" get EINTR; all other requests go on as if they
 * had been resumed. May sleep.
 */
void blkdebug_suspend(struct blkdebug_engine *engine, bool requeue,
		      struct list_head *requeued)
{
	struct blkdebug_hold *hold;
	unsigned long flags;
	unsigned int i = 0;

	flags = blkdebug_lock(engine);
	WRITE_ONCE(engine->mode, engine->mode | BLKDEBUG_SUSPENDING |
				 (requeue ? BLKDEBUG_REQUEUES : 0));
	engine->wake = true;
	while (end_delays(engine, KTIME_MAX))
		flags = relax_lock(engine, flags);
	while ((hold = blkdebug_hold_after(&engine->holds, 0))) {
		struct blkdebug_request *req = hold->req;

		if (req->io.iotype == BLKDEBUG_IO_EVENT) {
			end_holds(engine, req);
			req->error = EINTR;
			leave(engine, req, BLKDEBUG_FAIL);
		} else if (requeue && req->requeue &&
			   req->step < BLKDEBUG_STEP_DONE) {
			end_holds(engine, req);
			list_add_tail(&req->link, requeued);
		} else {
			end_one(engine, hold);
		}
		if (!(++i % LOCK_BATCH))
			flags = relax_lock(engine, flags);
	}
	blkdebug_unlock(engine, flags);
}

/**
 * __blkdebug_unsuspend - breakpoints may be hit again
 * @engine: the engine
 *
 * The caller holds the lock.
 */
void __blkdebug_unsuspend(struct blkdebug_engine *engine)
{
	WRITE_ONCE(engine->mode, engine->mode & ~(BLKDEBUG_SUSPENDING |
						  BLKDEBUG_REQUEUES));
}

/**
 * blkdebug_unsuspend - breakpoints may be hit again
 * @engine: the engine
 */
void blkdebug_unsuspend(struct blkdebug_engine *engine)
{
	unsigned long flags = blkdebug_lock(engine);

	__blkdebug_unsuspend(engine);
	blkdebug_unlock(engine, flags);
}

/**
 * blkdebug_state_set - set the state
 * @engine: the engine
 * @state: the new state
 */
void blkdebug_state_set(struct blkdebug_engine *engine, u32 state)
{
	unsigned long flags = blkdebug_lock(engine);

	set_state(engine, &no_io, 0, state);
	blkdebug_unlock(engine, flags);
}

/* Rules come and go. The control mutex is held from here on. */

/* Give a rule all it needs but its place in the index */
static int adopt(struct blkdebug_engine *engine, struct blkdebug_ruleset *rs,
		 struct blkdebug_rule *rule)
{
	struct blkdebug_tag *tag;

	if (rule->action == BLKDEBUG_SUSPEND && !blkdebug_hold_alloc(rule))
		return -ENOMEM;
	if (engine->ops->set_aside(engine, rule))
		return -ENOMEM;
	if (rule->tag) {
		tag = tag_get(engine, rule->tag);
		if (!tag)
			return -ENOMEM;
		rule->tag = tag->name;
		list_add_tail(&rule->tag_link, &tag->rules);
	}
	return xa_err(xa_store(&rs->rules, rule->number, rule, GFP_KERNEL));
}

/* The reverse for a rule's tag */
static void untag(struct blkdebug_engine *engine, struct blkdebug_rule *rule)
{
	unsigned long flags;

	/* Not in a list: it is still the word as written */
	if (list_empty(&rule->tag_link))
		return;
	list_del_init(&rule->tag_link);
	flags = blkdebug_lock(engine);
	tag_put(engine, blkdebug_rule_tag(rule));
	blkdebug_unlock(engine, flags);
}

static void free_rules(struct blkdebug_engine *engine,
		       struct blkdebug_ruleset *rs, struct list_head *rules)
{
	struct blkdebug_rule *rule, *next;

	list_for_each_entry_safe(rule, next, rules, link) {
		xa_erase(&rs->rules, rule->number);
		untag(engine, rule);
		blkdebug_free_rule(rule);
	}
	INIT_LIST_HEAD(rules);
}

/* Put another ruleset in force; returns the old one. The lock is held */
static struct blkdebug_ruleset *swap_rules(struct blkdebug_engine *engine,
					   struct blkdebug_ruleset *rs)
{
	struct blkdebug_ruleset *old = locked_rules(engine);
	struct rb_node *node;

	rcu_assign_pointer(engine->rules, rs);
	WRITE_ONCE(engine->armed.trigger, NULL);
	engine->armed.nr = 0;
	for (node = rb_first(&engine->tags); node; node = rb_next(node)) {
		struct blkdebug_tag *tag =
			rb_entry(node, struct blkdebug_tag, node);

		tag->hits = 0;
		tag->live = 0;
	}
	engine->wake = true;
	return old;
}

/* Free a ruleset that is not in force any more */
static void retire(struct blkdebug_engine *engine, struct blkdebug_ruleset *rs)
{
	struct blkdebug_rule *rule;
	unsigned long number, flags;

	xa_for_each(&rs->rules, number, rule) {
		flags = blkdebug_lock(engine);
		blkdebug_hold_disown(rule);
		blkdebug_unlock(engine, flags);
		untag(engine, rule);
		cond_resched();
	}
	synchronize_rcu();
	blkdebug_ruleset_free(rs);
}

static void count_tags(struct blkdebug_ruleset *rs, u64 first)
{
	struct blkdebug_rule *rule;
	unsigned long number;

	xa_for_each_start(&rs->rules, number, rule, first) {
		if (rule->tag)
			blkdebug_rule_tag(rule)->live++;
	}
}

/**
 * blkdebug_add_rules - add rules, at one moment for all requests
 * @engine: the engine
 * @rules: from blkdebug_parse_rules(), numbered from @last_number + 1 on, not
 *	empty; empty afterwards, whatever happens
 * @replace: all old rules go at the same moment
 *
 * The caller holds the control mutex. May sleep.
 *
 * Return: 0, or -ENOMEM, and nothing has changed.
 */
int blkdebug_add_rules(struct blkdebug_engine *engine, struct list_head *rules,
		       bool replace)
{
	struct blkdebug_ruleset *rs = locked_rules(engine), *old = NULL;
	struct blkdebug_rule *rule;
	u64 last = engine->last_number;
	unsigned long flags;
	LIST_HEAD(touched);

	if (replace)
		rs = blkdebug_ruleset_alloc();
	if (!rs)
		goto no_ruleset;
	list_for_each_entry(rule, rules, link) {
		if (adopt(engine, rs, rule))
			goto no_memory;
		last = rule->number;
	}
	if (blkdebug_index_prepare(rs, rules, &touched))
		goto no_memory;

	flags = blkdebug_lock(engine);
	blkdebug_index_commit(rs, &touched);
	if (replace)
		old = swap_rules(engine, rs);
	count_tags(rs, engine->last_number + 1);
	update_filters(engine);
	blkdebug_unlock(engine, flags);

	engine->last_number = last;
	blkdebug_index_finish(&touched);
	if (old)
		retire(engine, old);
	return 0;

no_memory:
	free_rules(engine, rs, rules);
	if (replace)
		blkdebug_ruleset_free(rs);
	return -ENOMEM;
no_ruleset:
	free_rules(engine, locked_rules(engine), rules);
	return -ENOMEM;
}

/**
 * blkdebug_clear_rules - remove all rules
 * @engine: the engine
 * @reset: go back to the start state and set the counters to zero, too
 *
 * What breakpoints hold stays held. The caller holds the control mutex. May
 * sleep.
 *
 * Return: 0, or -ENOMEM, and nothing has changed.
 */
int blkdebug_clear_rules(struct blkdebug_engine *engine, bool reset)
{
	struct blkdebug_ruleset *rs = blkdebug_ruleset_alloc(), *old;
	unsigned long flags;

	if (!rs)
		return -ENOMEM;
	flags = blkdebug_lock(engine);
	old = swap_rules(engine, rs);
	update_filters(engine);
	if (reset)
		set_state(engine, &no_io, 0, engine->start_state);
	blkdebug_unlock(engine, flags);
	if (reset)
		blkdebug_reset_counters(engine);
	retire(engine, old);
	return 0;
}

/**
 * blkdebug_remove_rule - remove a rule, used up or not
 * @engine: the engine
 * @rule: a rule of it; it may be gone afterwards
 *
 * The caller holds the control mutex. May sleep.
 */
void blkdebug_remove_rule(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule)
{
	struct blkdebug_ruleset *rs = locked_rules(engine);
	unsigned long flags;

	flags = blkdebug_lock(engine);
	if (rule->dead) {
		list_del(&rule->used_link);
		rs->nr_used--;
	} else {
		kill_rule(engine, rule);
	}
	if (rule->tag)
		blkdebug_rule_tag(rule)->hits -= rule->hits;
	engine->wake = true;
	engine->ops->watch(engine);
	blkdebug_unlock(engine, flags);

	xa_erase(&rs->rules, rule->number);
	untag(engine, rule);
	blkdebug_index_drop(rule);
}

/* Take the oldest used-up rules once there are twice as many as to be kept */
static void take_used(struct blkdebug_ruleset *rs, struct list_head *used)
{
	if (rs->nr_used < 2 * USED_KEPT)
		return;
	for (; rs->nr_used > USED_KEPT; rs->nr_used--)
		list_move_tail(rs->used.next, used);
}

static void forget_used(struct blkdebug_engine *engine, struct list_head *used)
{
	struct blkdebug_rule *rule, *next;

	list_for_each_entry_safe(rule, next, used, used_link) {
		xa_erase(&locked_rules(engine)->rules, rule->number);
		untag(engine, rule);
		blkdebug_index_drop(rule);
	}
}

static void free_tags(struct list_head *tags)
{
	struct blkdebug_tag *tag, *next;

	list_for_each_entry_safe(tag, next, tags, idle_link)
		kfree(tag);
}

static void take_tags(struct blkdebug_engine *engine, struct list_head *tags)
{
	struct blkdebug_tag *tag;

	list_for_each_entry(tag, &engine->idle_tags, idle_link)
		rb_erase(&tag->node, &engine->tags);
	list_splice_init(&engine->idle_tags, tags);
}

static void clean_index(struct blkdebug_engine *engine,
			struct list_head *touched)
{
	unsigned long flags;

	/* Without memory for it the old runs do as well */
	if (list_empty(touched) || blkdebug_index_clean(touched))
		return;
	flags = blkdebug_lock(engine);
	blkdebug_index_commit(locked_rules(engine), touched);
	update_filters(engine);
	blkdebug_unlock(engine, flags);
	blkdebug_index_finish(touched);
}

/**
 * blkdebug_engine_housekeep - free what requests have left behind
 * @engine: the engine
 *
 * May sleep.
 *
 * Return: enum blkdebug_change, since the last call.
 */
unsigned int blkdebug_engine_housekeep(struct blkdebug_engine *engine)
{
	LIST_HEAD(touched);
	LIST_HEAD(holds);
	LIST_HEAD(used);
	LIST_HEAD(tags);
	unsigned int changes;
	unsigned long flags;

	mutex_lock(&engine->control);
	flags = blkdebug_lock(engine);
	changes = engine->changes;
	engine->changes = 0;
	take_used(locked_rules(engine), &used);
	take_tags(engine, &tags);
	blkdebug_index_collect(locked_rules(engine), &touched);
	list_splice_init(&engine->holds.freed, &holds);
	blkdebug_unlock(engine, flags);

	forget_used(engine, &used);
	free_tags(&tags);
	blkdebug_holds_reap(&holds);
	clean_index(engine, &touched);
	mutex_unlock(&engine->control);
	return changes;
}

static unsigned long sum_seen(struct blkdebug_engine *engine,
			      unsigned int iotype)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(engine->seen, cpu)->nr[iotype]);
	return sum;
}

/**
 * blkdebug_seen - requests counted since the last reset
 * @engine: the engine
 * @iotype: enum blkdebug_iotype
 *
 * Return: their number. The caller holds the control mutex.
 */
unsigned long blkdebug_seen(struct blkdebug_engine *engine, unsigned int iotype)
{
	return sum_seen(engine, iotype) - engine->seen_base.nr[iotype];
}

/**
 * blkdebug_reset_counters - set all counters of "stats" to zero
 * @engine: the engine
 *
 * The caller holds the control mutex.
 */
void blkdebug_reset_counters(struct blkdebug_engine *engine)
{
	unsigned long flags = blkdebug_lock(engine);
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++) {
		engine->injected[i] = 0;
		engine->held[i] = 0;
		engine->seen_base.nr[i] = sum_seen(engine, i);
	}
	blkdebug_unlock(engine, flags);
}

/**
 * blkdebug_engine_init - set up an engine: no rules, suspended, in state 1
 * @engine: zeroed
 * @ops: who owns the engine
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM; blkdebug_engine_exit() is to be called either way.
 */
int blkdebug_engine_init(struct blkdebug_engine *engine,
			 const struct blkdebug_ops *ops)
{
	spin_lock_init(&engine->lock);
	seqcount_spinlock_init(&engine->seq, &engine->lock);
	blkdebug_holds_init(&engine->holds);
	blkdebug_delays_init(&engine->delays, delays_due);
	INIT_LIST_HEAD(&engine->ready);
	INIT_LIST_HEAD(&engine->idle_tags);
	engine->tags = RB_ROOT;
	init_waitqueue_head(&engine->wait);
	mutex_init(&engine->control);
	engine->mode = BLKDEBUG_SUSPENDING;
	engine->state = 1;
	engine->start_state = 1;
	engine->ops = ops;
	engine->seen = alloc_percpu(struct blkdebug_seen);
	RCU_INIT_POINTER(engine->rules, blkdebug_ruleset_alloc());
	if (!engine->seen || !rcu_access_pointer(engine->rules))
		return -ENOMEM;
	return 0;
}

/**
 * blkdebug_engine_exit - free what an engine has
 * @engine: the engine; no request is on its way, nobody sleeps or watches
 *
 * May sleep.
 */
void blkdebug_engine_exit(struct blkdebug_engine *engine)
{
	struct blkdebug_tag *tag, *next;

	blkdebug_delays_exit(&engine->delays);
	blkdebug_ruleset_free(rcu_dereference_protected(engine->rules, 1));
	blkdebug_holds_reap(&engine->holds.freed);
	rbtree_postorder_for_each_entry_safe(tag, next, &engine->tags, node)
		kfree(tag);
	free_percpu(engine->seen);
	mutex_destroy(&engine->control);
}

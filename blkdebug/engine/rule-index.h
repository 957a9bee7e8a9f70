/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rule index: the rules of a table, indexed by event, class and sector.
 *
 * The rules of one event (or without an event: standing rules) and of one class have a
 * list of runs, newest first. A search compares state, I/O type and flags for each entry
 * that it finds. An add prepends one run to the list of each class concerned.
 * Housekeeping merges the newest runs until each run is at most half as large as the
 * next older run, so that n ranges are in O(log n) runs and each range is copied
 * O(log n) times.
 *
 * An add publishes its runs while I/O continues. The new rules come into force at the
 * same moment, when @visible is set to the number of the last one.
 *
 * Readers are in an RCU read section.
 */
#ifndef BLKDEBUG_RULE_INDEX_H
#define BLKDEBUG_RULE_INDEX_H

#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/xarray.h>

#include "../rules/actions.h"
#include "filter.h"
#include "run.h"

struct blkdebug_rule_class;

/* The rules of one event, class and state */
struct blkdebug_state_rules {
	/* Constant. */
	struct blkdebug_rule_class *class;

	/* Guarded by the engine's lock. */
	u64 live;			/* rules that can match */
	u64 pending;			/* rules of an add; they count as live once
					 * the ruleset's @visible is at least @batch
					 */
	u64 batch;			/* number of the last rule of that add */
	u16 iotypes;			/* of the rules; cleared when the last rule is
					 * used up, thus may include too many
					 */

	/* Guarded by the control mutex. */
	struct list_head pending_link;	/* in the list @states of an add */
};

/* The rules of one event and class */
struct blkdebug_rule_class {
	/* Written under the control mutex, read under RCU. */
	struct blkdebug_run __rcu *runs;	/* newest first */
	struct blkdebug_state_rules any;	/* rules for any state */
	struct xarray by_state;		/* struct blkdebug_state_rules, by state */
	/* Written under the engine's lock, read under RCU. */
	u64 live;			/* rules that can match; rules that are not in
					 * force yet included
					 */
	/* Written under the control mutex, read under RCU. */
	u64 last;			/* highest rule number so far */

	/* Guarded by the control mutex. */
	struct list_head pending;	/* rules that an add is to index */
	struct blkdebug_run *new_run;	/* the run of these rules */
	struct list_head pending_link;	/* in the list @classes of an add, or in the
					 * ruleset's @untidy
					 */
};

/* The rules of one event, or the standing rules */
struct blkdebug_event_rules {
	struct blkdebug_rule_class class[BLKDEBUG_NR_CLASSES];

	/* Constant once published. */
	unsigned int event;		/* enum blkdebug_event */
	struct hlist_node user_node;	/* in the ruleset's table @user */
	char name[BLKDEBUG_NAME_MAX + 1];	/* of a user event, as first written */
};

/* All rules of a table */
struct blkdebug_ruleset {
	/* Guarded by the engine's lock; @visible is read under RCU, too. */
	u64 visible;			/* rules with a higher number are not in force */
	u64 nr_live;			/* rules in force that can match */
	u64 nr_entries;			/* entries in runs */
	u64 nr_dead;			/* entries of dead rules in runs */
	struct list_head used;		/* used-up rules, oldest first */
	u64 nr_used;			/* elements of @used */
	u64 passes;			/* passes of searches so far */

	/* Written under the control mutex, read under RCU. */
	struct blkdebug_event_rules __rcu *event[BLKDEBUG_NR_EVENTS];	/* NULL: no rule
									 * names it
									 */
	struct blkdebug_event_rules __rcu *standing;	/* rules without an event, or
							 * NULL
							 */
	DECLARE_HASHTABLE(user, 8);	/* struct blkdebug_event_rules, by name */
	struct xarray rules;		/* all rules by number; used-up rules and rules
					 * of an add included
					 */

	/* Guarded by the control mutex. */
	struct list_head untidy;	/* classes whose runs are to be merged */
	struct list_head freed;		/* removed rules that are in no run any more; to
					 * be freed after the last reader
					 */

	/* Constant. */
	unsigned int count_id;		/* index of these rules' count in each tag */
	struct mutex *control;		/* the control mutex of the engine */
};

/* Rules being added to a ruleset. Guarded by the control mutex. */
struct blkdebug_add {
	struct blkdebug_ruleset *rs;
	u64 last;			/* number of the last rule */
	u64 nr;				/* rules */
	u64 nr_entries;			/* entries of the rules in runs */
	struct list_head classes;	/* struct blkdebug_rule_class with new rules */
	struct list_head states;	/* struct blkdebug_state_rules with new rules */
};

/* Get the number of entries that a rule has in runs. */
static inline u32 blkdebug_rule_entries(const struct blkdebug_rule *rule)
{
	return rule->nr_ranges ?: 1;
}

struct blkdebug_ruleset *blkdebug_ruleset_alloc(struct mutex *control,
						unsigned int count_id);
void blkdebug_ruleset_free(struct blkdebug_ruleset *rs);

void blkdebug_add_init(struct blkdebug_add *add, struct blkdebug_ruleset *rs);
int blkdebug_add_place(struct blkdebug_add *add, struct blkdebug_rule *rule);
void blkdebug_add_account(struct blkdebug_add *add, struct blkdebug_rule *rule);
int blkdebug_add_build(struct blkdebug_add *add);
void blkdebug_add_abort(struct blkdebug_add *add, struct list_head *rules);
void blkdebug_add_publish(struct blkdebug_add *add);
u64 blkdebug_ruleset_tidy(struct blkdebug_ruleset *rs);

bool blkdebug_ruleset_kill(struct blkdebug_ruleset *rs,
			   struct blkdebug_rule *rule);
void blkdebug_ruleset_drop(struct blkdebug_ruleset *rs,
			   struct blkdebug_rule *rule);
bool blkdebug_ruleset_dirty(const struct blkdebug_ruleset *rs);
int blkdebug_ruleset_clean(struct blkdebug_ruleset *rs, u64 *dropped);
struct blkdebug_filter *blkdebug_ruleset_filter(struct blkdebug_ruleset *rs, u64 first,
						const struct blkdebug_filter *old);

bool blkdebug_event_live(const struct blkdebug_event_rules *er);
u64 blkdebug_faults_to_arm(const struct blkdebug_ruleset *rs,
			   struct blkdebug_event_rules *er, u32 state);
u64 blkdebug_last_fault(const struct blkdebug_event_rules *er);
bool blkdebug_faults_by_state(const struct blkdebug_event_rules *er);
u16 blkdebug_class_iotypes(struct blkdebug_rule_class *class, u32 state);
struct blkdebug_event_rules *
blkdebug_user_event_rules(struct blkdebug_ruleset *rs, const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of a table, indexed so that an I/O finds its matches by
 * search.
 *
 * Rules of one event (or none: standing rules) and of one class share a list of
 * runs, newest first. State, I/O types and flags are tested on each entry that
 * the search finds. An add prepends a run to each list concerned; housekeeping
 * merges the newest runs until each is at most half as large as the next older:
 * n ranges are thus in O(log n) runs, and each is copied O(log n) times.
 *
 * An add publishes its runs while I/O goes on. The new rules are in force from
 * the moment that @visible reaches their numbers, all at once.
 *
 * Readers walk all this under RCU.
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

/**
 * struct blkdebug_state_rules - the rules of one event, class and state
 * @class: the class
 * @live: rules that can match; see live_rules() for those of an add
 * @pending: further ones, in force once the ruleset's @visible reaches @batch
 * @batch: the number of the last rule of the add that @pending is from
 * @iotypes: mask of the I/O types that they are for; a type may stay in it
 *	when its last rule is used up, until no rule is left
 * @pending_link: in the list of what an add has to account for
 *
 * The engine's lock guards all but @class, which stays, and @pending_link,
 * which the control mutex guards.
 */
struct blkdebug_state_rules {
	struct blkdebug_rule_class *class;

	u64 live;
	u64 pending;
	u64 batch;
	u16 iotypes;

	struct list_head pending_link;
};

/**
 * struct blkdebug_rule_class - the rules of one event and class
 * @runs: their ranges, newest run first
 * @any: those for every state
 * @by_state: struct blkdebug_state_rules for each state that a rule asks for
 * @live: rules that can match, those that are not in force yet included
 * @last: the highest rule number so far
 * @pending: the rules that an add is about to index
 * @new_run: their run
 * @pending_link: in the list of classes that an add indexes, or in the ruleset's
 *	@untidy
 *
 * The engine's lock guards @live, the control mutex all else against writers.
 */
struct blkdebug_rule_class {
	struct blkdebug_run __rcu *runs;
	struct blkdebug_state_rules any;
	struct xarray by_state;
	u64 live;
	u64 last;

	struct list_head pending;
	struct blkdebug_run *new_run;
	struct list_head pending_link;
};

/**
 * struct blkdebug_event_rules - the rules of one event, or the standing rules
 * @class: by class
 * @event: enum blkdebug_event
 * @user_node: in the ruleset's table of user events
 * @name: the name of a user event, as first written
 */
struct blkdebug_event_rules {
	struct blkdebug_rule_class class[BLKDEBUG_NR_CLASSES];
	unsigned int event;
	struct hlist_node user_node;
	char name[BLKDEBUG_NAME_MAX + 1];
};

/**
 * struct blkdebug_ruleset - all rules of a table
 * @visible: rules with a higher number are not in force yet
 * @nr_live: rules in force that can match
 * @nr_entries: entries in runs
 * @nr_dead: entries in runs of rules that match no more
 * @used: the used-up rules, oldest first
 * @nr_used: how many @used has
 * @event: by event; NULL while no rule has named the event
 * @standing: the rules without an event, or NULL
 * @user: those of user events, by name
 * @rules: all rules by number, used-up ones and those of an add included
 * @untidy: classes that have had an add since their runs were merged
 * @count_id: which of the two counts in each tag is about these rules
 * @control: the control mutex, which guards @event to @untidy against writers
 *
 * The engine's lock guards @visible to @nr_used.
 */
struct blkdebug_ruleset {
	u64 visible;
	u64 nr_live;
	u64 nr_entries;
	u64 nr_dead;
	struct list_head used;
	u64 nr_used;

	struct blkdebug_event_rules __rcu *event[BLKDEBUG_NR_EVENTS];
	struct blkdebug_event_rules __rcu *standing;
	DECLARE_HASHTABLE(user, 8);
	struct xarray rules;
	struct list_head untidy;
	unsigned int count_id;
	struct mutex *control;
};

/**
 * struct blkdebug_add - rules on their way into a ruleset
 * @rs: the ruleset
 * @last: the number of the last rule
 * @nr: the number of rules
 * @nr_entries: the number of entries that they have in runs
 * @classes: the classes that get rules
 * @states: the struct blkdebug_state_rules that get rules
 *
 * The control mutex guards it.
 */
struct blkdebug_add {
	struct blkdebug_ruleset *rs;
	u64 last;
	u64 nr;
	u64 nr_entries;
	struct list_head classes;
	struct list_head states;
};

/* Entries that a rule has in runs */
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
void blkdebug_ruleset_drop(struct blkdebug_rule *rule);
bool blkdebug_ruleset_dirty(const struct blkdebug_ruleset *rs);
int blkdebug_ruleset_clean(struct blkdebug_ruleset *rs, u64 *dropped);
struct blkdebug_filter *blkdebug_ruleset_filter(struct blkdebug_ruleset *rs);

bool blkdebug_event_live(const struct blkdebug_event_rules *er);
u64 blkdebug_faults_to_arm(const struct blkdebug_ruleset *rs,
			   struct blkdebug_event_rules *er, u32 state);
u64 blkdebug_last_fault(const struct blkdebug_event_rules *er);
bool blkdebug_faults_by_state(const struct blkdebug_event_rules *er);
u16 blkdebug_class_iotypes(struct blkdebug_rule_class *class, u32 state);
struct blkdebug_event_rules *
blkdebug_user_event_rules(struct blkdebug_ruleset *rs, const char *name);

#endif

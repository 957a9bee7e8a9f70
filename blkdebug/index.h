/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of a table, kept so that a request finds its match by search.
 *
 * Rules are sorted into buckets: those in one bucket have event, kind, state,
 * iotypes and flags in common, so that only sectors and numbers tell them
 * apart. A bucket keeps its rules without sectors in a list by number, and the
 * ranges of all others in runs. New ranges make a new run, which swallows older
 * ones until each run is at most half as large as the next older; n ranges are
 * thus in O(log n) runs, and each is copied O(log n) times.
 *
 * Readers walk all this under RCU, or under the engine's lock.
 */
#ifndef BLKDEBUG_INDEX_H
#define BLKDEBUG_INDEX_H

#include <linux/bits.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/rculist.h>
#include <linux/xarray.h>

#include "run.h"

/* What a rule does decides when it is looked for; faults come first */
enum blkdebug_kind_id {
	BLKDEBUG_KIND_FAULT,
	BLKDEBUG_KIND_BAD,	/* bad sectors: a fault of reads, healed by writes */
	BLKDEBUG_KIND_DELAY,	/* a fault that all may share */
	BLKDEBUG_NR_FAULT_KINDS,
	BLKDEBUG_KIND_SET_STATE = BLKDEBUG_NR_FAULT_KINDS,
	BLKDEBUG_KIND_SUSPEND,
	BLKDEBUG_NR_KINDS,
};

/**
 * struct blkdebug_bucket - rules that differ in number and sectors only
 * @link: in the group's list
 * @group: what the bucket is part of
 * @iotypes: of the rules
 * @flags_set: of the rules
 * @flags_clear: of the rules
 * @anywhere: rules without sectors, alive, by number
 * @runs: the others' ranges, newest run first
 * @first: where the first range in @runs starts
 * @last: where the last one ends
 * @nr_ranges: in @runs
 * @nr_dead: of these, ranges of rules that match no more
 * @dirty_link: in the ruleset's list of buckets worth a clean-up
 * @pending: rules that are being added; the control mutex guards it
 * @touched_link: in the list of buckets that get rules; likewise
 * @leaving: dead rules that @new_runs has no more; likewise
 * @new_runs: what replaces @runs, and after that the old @runs; likewise
 * @kept_runs: the older runs that both have in common; likewise
 */
struct blkdebug_bucket {
	struct list_head link;
	struct blkdebug_group *group;
	u16 iotypes;
	u16 flags_set;
	u16 flags_clear;
	struct list_head anywhere;
	struct blkdebug_run __rcu *runs;
	sector_t first;
	sector_t last;
	u64 nr_ranges;
	u64 nr_dead;
	struct list_head dirty_link;
	struct list_head pending;
	struct list_head touched_link;
	struct list_head leaving;
	struct blkdebug_run *new_runs;
	struct blkdebug_run *kept_runs;
};

/**
 * struct blkdebug_group - the buckets of one event, kind and state
 * @buckets: RCU list
 * @live: rules that can still match
 * @kind: what the group is part of
 */
struct blkdebug_group {
	struct list_head buckets;
	u64 live;
	struct blkdebug_kind *kind;
};

/**
 * struct blkdebug_kind - the rules of one event and kind
 * @any: those for every state
 * @by_state: group for each state that some rule asks for
 * @live: rules that can still match
 * @last: the highest number among them, once there was one
 */
struct blkdebug_kind {
	struct blkdebug_group any;
	struct xarray by_state;
	u64 live;
	u64 last;
};

/**
 * struct blkdebug_trigger - the rules of one event, or the standing ones
 * @kind: by kind
 * @event: enum blkdebug_event
 * @user_node: in the ruleset's table of user events
 * @name: the event's name, for user events as first written
 */
struct blkdebug_trigger {
	struct blkdebug_kind kind[BLKDEBUG_NR_KINDS];
	unsigned int event;
	struct hlist_node user_node;
	char name[BLKDEBUG_NAME_MAX + 1];
};

/**
 * struct blkdebug_ruleset - all rules of a table
 * @trigger: by event, NULL as long as no rule has named it
 * @standing: likewise for the standing rules
 * @user: triggers of user events, by name; RCU, the control mutex for writers
 * @rules: by number; the control mutex guards it
 * @used: rules used up, oldest first; the engine's lock guards it and @nr_used
 * @nr_used: how many
 * @nr_live: rules that can still match; the engine's lock guards it
 * @dirty: buckets worth a clean-up; likewise
 */
struct blkdebug_ruleset {
	struct blkdebug_trigger __rcu *trigger[BLKDEBUG_NR_EVENTS];
	struct blkdebug_trigger __rcu *standing;
	DECLARE_HASHTABLE(user, 8);
	struct xarray rules;
	struct list_head used;
	u64 nr_used;
	u64 nr_live;
	struct list_head dirty;
};

struct blkdebug_ruleset *blkdebug_ruleset_alloc(void);
void blkdebug_ruleset_free(struct blkdebug_ruleset *rs);

int blkdebug_index_prepare(struct blkdebug_ruleset *rs, struct list_head *rules,
			   struct list_head *touched);
void blkdebug_index_commit(struct blkdebug_ruleset *rs,
			   struct list_head *touched);
void blkdebug_index_finish(struct list_head *touched);

void blkdebug_index_kill(struct blkdebug_ruleset *rs,
			 struct blkdebug_rule *rule);
void blkdebug_index_drop(struct blkdebug_rule *rule);
void blkdebug_index_collect(struct blkdebug_ruleset *rs,
			    struct list_head *touched);
int blkdebug_index_clean(struct list_head *touched);

enum blkdebug_kind_id blkdebug_kind_of(const struct blkdebug_rule *rule);
struct blkdebug_trigger *blkdebug_user_trigger(struct blkdebug_ruleset *rs,
					       const char *name);
struct blkdebug_group *blkdebug_kind_state(struct blkdebug_kind *kind,
					   u32 state);
struct blkdebug_rule *
blkdebug_kind_first(struct blkdebug_kind *kind, u32 state,
		    const struct blkdebug_io *io, u64 after,
		    struct blkdebug_rule *best);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rule language: parsing and printing. Knows nothing of device-mapper.
 */
#ifndef BLKDEBUG_RULE_H
#define BLKDEBUG_RULE_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/seq_buf.h>
#include <linux/types.h>

#include "event.h"

#define BLKDEBUG_STATE_MAX	INT_MAX		/* QEMU keeps it in an int */

enum blkdebug_action {
	BLKDEBUG_INJECT_ERROR,
	BLKDEBUG_SET_STATE,
	BLKDEBUG_SUSPEND,
	BLKDEBUG_NR_ACTIONS,
};

/**
 * struct blkdebug_range - sectors from the target's start, both ends included
 * @first: the first
 * @last: the last
 */
struct blkdebug_range {
	sector_t first;
	sector_t last;
};

/**
 * struct blkdebug_rule - a rule, as written and as kept
 * @number: from 1, never used again in the life of a table
 * @hits: how often it has fired
 * @ranges: @nr_ranges of them, sorted, none touching the next; NULL: all
 * @user_event: name of the event if @event is %BLKDEBUG_EV_USER
 * @tag: the rule's name or NULL
 * @state: the state it needs; 0: any
 * @new_state: what set-state sets
 * @iotypes: mask of enum blkdebug_iotype; %BLKDEBUG_IO_EVENT is in it if no
 *	key asks for something that only a request has (sectors aside)
 * @flags_set: flags that a request must have
 * @flags_clear: flags that it must not have
 * @error: errno to inject, positive; 0 lets the request pass
 * @action: enum blkdebug_action
 * @event: enum blkdebug_event
 * @once: used up by its first hit
 * @immediately: the error completes in the submitter's context
 * @dead: matches no more: used up or removed
 * @gone: removed, and kept only until no run names it
 * @indexed: how the index holds it (see run.h)
 * @link: in a bucket's list if it has no sectors; on the control path's lists
 *	before it is published and after it is dead
 * @bucket: where the index keeps it
 * @tag_link: in the list of the tag's rules
 * @hold: set aside for a request that this breakpoint holds
 * @used_link: in the list of used-up rules
 * @rcu: frees it after the last reader; no list has it then
 *
 * Before the rule is published everything belongs to who writes it. From then
 * on the engine's lock guards @hits, @dead, @link and @hold, the control mutex
 * @gone, @indexed and @tag_link, both @used_link, and the rest stays as it is.
 */
struct blkdebug_rule {
	u64 number;
	u64 hits;
	struct blkdebug_range *ranges;
	const char *user_event;
	const char *tag;
	u32 nr_ranges;
	u32 state;
	u32 new_state;
	u16 iotypes;
	u16 flags_set;
	u16 flags_clear;
	u16 error;
	u8 action;
	u8 event;
	bool once;
	bool immediately;
	bool dead;
	bool gone;
	u8 indexed;
	struct list_head link;
	struct blkdebug_bucket *bucket;
	struct list_head tag_link;
	struct blkdebug_hold *hold;
	union {
		struct list_head used_link;
		struct rcu_head rcu;
	};
};

/**
 * struct blkdebug_error - what is wrong with what somebody wrote
 * @reason: terse, fit for dm's ti->error
 * @rule: number of the rule at fault; 0 if it is not in a rule
 * @word: the word at fault, or NULL
 * @part: the part of @word at fault, or NULL
 * @part_len: its length in bytes
 *
 * The words belong to the caller.
 */
struct blkdebug_error {
	char *reason;
	u64 rule;
	const char *word;
	const char *part;
	size_t part_len;
};

int blkdebug_error_set(struct blkdebug_error *err, char *reason,
		       const char *word);
void blkdebug_error_text(const struct blkdebug_error *err, char *buf,
			 size_t size);

int blkdebug_parse_number(const char *str, size_t len, u64 max, u64 *number);
int blkdebug_parse_errno(const char *str, u16 *error);
bool blkdebug_tag_valid(const char *tag);
bool blkdebug_is_action(const char *word);
int blkdebug_parse_rules(unsigned int argc, char **argv, u64 first,
			 struct list_head *rules, struct blkdebug_error *err);
void blkdebug_print_rule(struct seq_buf *out, const struct blkdebug_rule *rule);
void blkdebug_print_features(struct seq_buf *out);

void blkdebug_free_rule(struct blkdebug_rule *rule);
void blkdebug_free_rule_rcu(struct blkdebug_rule *rule);

int blkdebug_rule_init(void);
void blkdebug_rule_exit(void);

#endif

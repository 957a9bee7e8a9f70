/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rule language: parsing and printing. Knows nothing of device-mapper.
 */
#ifndef BLKDEBUG_RULE_H
#define BLKDEBUG_RULE_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/types.h>

#include "names.h"
#include "parse.h"

#define BLKDEBUG_STATE_MAX	INT_MAX		/* QEMU keeps it in an int */

/* The longest delay, and the most jitter: a day, in us */
#define BLKDEBUG_DELAY_MAX	86400000000ULL

/* The most bits that one rule flips in a request */
#define BLKDEBUG_BITS_MAX	64

/* For what is as long as somebody has written: that it is too long he hears */
#define BLKDEBUG_GFP_LONG	(GFP_KERNEL | __GFP_NOWARN)

/* Of a torn write: how much of it is written is drawn anew each time */
#define BLKDEBUG_SECTORS_RANDOM	U64_MAX

/**
 * struct blkdebug_range - sectors from the target's start, both ends included
 * @first: the first
 * @last: the last
 */
struct blkdebug_range {
	sector_t first;
	sector_t last;
};

struct blkdebug_media;

/**
 * struct blkdebug_params - what most rules do without
 * @rcu: frees it, of a rule that readers may still be looking at
 * @matches: how many requests have matched so far; the engine's lock guards it
 * @after: how many of them pass first
 * @interval: of those that follow, every how many-eth
 * @numerator: fire with the probability @numerator / @denominator
 * @denominator: see @numerator
 * @comm: name of the submitting task, its start if a '*' follows, or empty
 * @delay: how long a request waits, in us
 * @jitter: up to how much more, in us
 * @scale: us in the unit that the words of a delay are in
 * @at: byte to alter, from the first sector that the rule is about; or sector
 *	that a misdirected request goes to
 * @sectors: how many of a torn write are written, or %BLKDEBUG_SECTORS_RANDOM
 * @bits: bits to flip; 0: set the byte @at to @value
 * @value: see @bits
 * @transfer: enum blkdebug_transfer
 * @healed: a write heals the sectors that it covers
 * @media: if @healed, the sectors that are bad still
 */
struct blkdebug_params {
	struct rcu_head rcu;
	u64 matches;
	u64 after;
	u64 interval;
	u32 numerator;
	u32 denominator;
	char comm[TASK_COMM_LEN];
	u64 delay;
	u64 jitter;
	u32 scale;
	u64 at;
	u64 sectors;
	u8 bits;
	u8 value;
	u8 transfer;
	bool healed;
	struct blkdebug_media *media;
};

/**
 * struct blkdebug_rule - a rule, as written and as kept
 * @number: from 1, never used again in the life of a table
 * @hits: how often it has fired
 * @ranges: its sectors, sorted, none touching the next; NULL: all
 * @user_event: name of the event if @event is %BLKDEBUG_EV_USER
 * @tag: the rule's name or NULL
 * @params: what else was written, or NULL
 * @nr_ranges: how many @ranges there are
 * @state: the state it needs; 0: any
 * @new_state: what set-state sets
 * @times: used up by so many hits; 0: never
 * @iotypes: mask of enum blkdebug_iotype; %BLKDEBUG_IO_EVENT is in it if the
 *	rule acts on events and no key asks for something that only a request
 *	has (sectors aside)
 * @flags_set: flags that a request must have
 * @flags_clear: flags that it must not have
 * @error: errno to inject, positive; 0 lets the request pass
 * @action: enum blkdebug_action
 * @event: enum blkdebug_event
 * @immediately: the error completes in the submitter's context
 * @dead: matches no more: used up or removed
 * @gone: removed, and kept only until no run has it
 * @nr_indexed: entries that it has in runs
 * @wake_at: wake sleepers once @hits is as high
 * @link: on the control path's lists, before it is published and after it is
 *	dead
 * @group: the rules of its event, class and state
 * @tag_link: in the list of the tag's rules
 * @hold: set aside for a request that this breakpoint holds
 * @used_link: in the list of used-up rules
 * @rcu: frees it after the last reader; no list has it then
 *
 * Before the rule is published everything belongs to who writes it. From then
 * on the engine's lock guards @hits, @wake_at, @dead and @hold, the control mutex
 * @gone, @nr_indexed, @link and @tag_link, both @used_link, and the rest stays as
 * it is.
 */
struct blkdebug_rule {
	u64 number;
	u64 hits;
	struct blkdebug_range *ranges;
	const char *user_event;
	const char *tag;
	struct blkdebug_params *params;
	u32 nr_ranges;
	u32 state;
	u32 new_state;
	u32 times;
	u16 iotypes;
	u16 flags_set;
	u16 flags_clear;
	u16 error;
	u8 action;
	u8 event;
	bool immediately;
	bool dead;
	bool gone;
	u32 nr_indexed;
	u64 wake_at;
	struct list_head link;
	struct blkdebug_state_rules *group;
	struct list_head tag_link;
	struct blkdebug_hold *hold;
	union {
		struct list_head used_link;
		struct rcu_head rcu;
	};
};

/**
 * struct blkdebug_geometry - what rules can ask of a device
 * @sectors: that it has
 * @block: sectors of a logical block
 * @zoned: writes cannot be cut at will
 */
struct blkdebug_geometry {
	sector_t sectors;
	u32 block;
	bool zoned;
};

bool blkdebug_is_action(const char *word);
u16 blkdebug_action_iotypes(unsigned int action);
u16 blkdebug_action_error(unsigned int action);
int blkdebug_parse_rules(unsigned int argc, char **argv, u64 first,
			 const struct blkdebug_geometry *geometry,
			 struct list_head *rules, struct blkdebug_error *err);
void blkdebug_print_rule(struct seq_buf *out, const struct blkdebug_rule *rule);
void blkdebug_print_features(struct seq_buf *out);

static inline bool blkdebug_rule_heals(const struct blkdebug_rule *rule)
{
	return rule->params && rule->params->healed;
}

void blkdebug_free_rule(struct blkdebug_rule *rule);
void blkdebug_free_rule_rcu(struct blkdebug_rule *rule);

int blkdebug_rule_init(void);
void blkdebug_rule_exit(void);

#endif

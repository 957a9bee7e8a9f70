/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules: parsing and printing. Knows neither the engine nor device-mapper.
 */
#ifndef BLKDEBUG_RULE_H
#define BLKDEBUG_RULE_H

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/string.h>
#include <linux/types.h>

#include "names.h"
#include "parse.h"
#include "ranges.h"

#define BLKDEBUG_STATE_MAX	INT_MAX		/* QEMU keeps it in an int */

/* The longest delay, and the most jitter: a day, in us */
#define BLKDEBUG_DELAY_MAX	86400000000ULL

/* The most bits that one rule flips in an I/O */
#define BLKDEBUG_BITS_MAX	64

/* Value of sectors=random: draw the number of sectors for each torn write. */
#define BLKDEBUG_SECTORS_RANDOM	U64_MAX

struct blkdebug_cut;
struct blkdebug_hold;
struct blkdebug_media;

/* A probability, in lowest terms */
struct blkdebug_fraction {
	u32 numerator;			/* at most @denominator */
	u32 denominator;		/* 0: the rule has no key "probability" and
					 * always fires
					 */
};

/* Parameters that most rules do not have. */
struct blkdebug_params {
	/* Guarded by the engine's lock. */
	u64 matches;			/* I/O that matched so far */

	/* Constant once the rule is published. */
	u64 after;			/* matches that pass first */
	u64 interval;			/* then fire at each @interval-th match */
	struct blkdebug_fraction probability;
	char comm[TASK_COMM_LEN];	/* submitting task, or its start and '*' */
	u64 delay;			/* us */
	u64 jitter;			/* up to so many us are added to @delay */
	u64 at;				/* corrupt: first byte to alter, relative to the
					 * first sector that matched; misdirect: sector
					 */
	u64 sectors;			/* tear: sectors that are written, or
					 * BLKDEBUG_SECTORS_RANDOM
					 */
	u8 bits;			/* bits to flip; 0: set byte @at to @value */
	u8 value;
	u8 transfer;			/* enum blkdebug_transfer */
	bool healed;			/* a write heals the sectors that it covers */
	struct blkdebug_cut *cut;	/* power-cut: which writes survive; or NULL */

	/* Has a lock of its own. */
	struct blkdebug_media *media;	/* if @healed: sectors that are still bad */
};

struct blkdebug_rule {
	/* Constant once the rule is published. */
	u64 number;			/* from 1, unique in the life of a table */
	struct blkdebug_state_rules *group;	/* of its event, class and state */
	struct blkdebug_range *ranges;	/* sorted, none touching the next */
	const char *user_event;		/* if @event is BLKDEBUG_EV_USER */
	const char *tag;		/* or NULL */
	struct blkdebug_params *params;	/* or NULL */
	u32 nr_ranges;			/* 0: any sector */
	u32 state;			/* 0: any state */
	u32 new_state;			/* set-state: the state to set */
	u32 times;			/* hits until the rule is used up; 0: never */
	u16 iotypes;			/* mask; includes BLKDEBUG_IO_EVENT if the
					 * action applies to events and neither iotype
					 * nor flags exclude them
					 */
	u16 flags_set;			/* flags that an I/O must have */
	u16 flags_clear;		/* flags that an I/O must not have */
	u16 error;			/* errno to inject, positive; 0: pass the I/O */
	u8 action;			/* enum blkdebug_action */
	u8 event;			/* enum blkdebug_event */
	bool immediately;		/* complete in the submitter's context */

	/* Guarded by the engine's lock. */
	bool dead;			/* used up or removed: matches nothing */
	u64 hits;			/* how often the rule has fired */
	u64 wake_at;			/* wake sleepers once @hits is as high */
	struct blkdebug_hold *hold;	/* preallocated for the next held I/O */

	/* Guarded by the control mutex. */
	bool gone;			/* removed, but a run still refers to the rule */
	u32 nr_indexed;			/* entries that runs have of the rule */
	struct list_head tag_link;	/* in the list of the tag's rules */

	union {
		/*
		 * Guarded by the control mutex, before the rule is in force and after
		 * it is dead: in the control path's lists.
		 */
		struct list_head link;
		/* Guarded by the engine's lock, while the rule is in force. */
		struct {
			struct blkdebug_rule *next_match;	/* of the last search */
			u64 found_by;	/* last pass of a search that found the rule,
					 * if it has several ranges
					 */
		};
	};

	/* Guarded by the engine's lock and the control mutex. */
	struct list_head used_link;	/* in the list of used-up rules */
};

/* The limits that a device sets to rules */
struct blkdebug_geometry {
	sector_t sectors;		/* size of the target in sectors */
	u32 block;			/* size of a logical block in sectors, a power
					 * of two
					 */
	bool zoned;			/* the device has sequential zones */
};

int blkdebug_parse_rules(unsigned int argc, char **argv, u64 first,
			 const struct blkdebug_geometry *geometry,
			 struct list_head *rules, struct blkdebug_error *err);
void blkdebug_print_rule(struct seq_buf *out, const struct blkdebug_rule *rule);
void blkdebug_print_features(struct seq_buf *out);

/**
 * blkdebug_is_action - test whether a word begins a rule
 * @word: the word
 *
 * Context: Any context.
 * Return: true unless @word has the form key=value. blkdebug_parse_rules()
 * checks that the action exists.
 */
static inline bool blkdebug_is_action(const char *word)
{
	return !strchr(word, '=');
}

static inline bool blkdebug_rule_heals(const struct blkdebug_rule *rule)
{
	return rule->params && rule->params->healed;
}

void blkdebug_free_rule(struct blkdebug_rule *rule);
void blkdebug_free_rules(struct list_head *rules);

int blkdebug_rule_init(void);
void blkdebug_rule_exit(void);

#endif

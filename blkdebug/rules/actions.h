/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Actions of the rule language: one descriptor each.
 */
#ifndef BLKDEBUG_ACTIONS_H
#define BLKDEBUG_ACTIONS_H

#include "rule.h"

struct blkdebug_rule_parser;

/* Rules that the engine searches for together; the classes of faults come first. */
enum blkdebug_class {
	BLKDEBUG_CLASS_FAULT,
	BLKDEBUG_CLASS_BAD,	/* bad sectors: reads fail, writes heal */
	BLKDEBUG_CLASS_DELAY,	/* may precede another fault of the same I/O */
	BLKDEBUG_NR_FAULT_CLASSES,
	BLKDEBUG_CLASS_SET_STATE = BLKDEBUG_NR_FAULT_CLASSES,
	BLKDEBUG_CLASS_SUSPEND,
	BLKDEBUG_NR_CLASSES,
};

/*
 * The effect of a fault on an I/O. A copy, because the rule may be freed before the
 * effect is applied.
 */
struct blkdebug_effect {
	u8 action;			/* enum blkdebug_action */
	u8 value;			/* value of the byte at @start if @bits is 0 */
	u8 bits;			/* bits to flip */
	sector_t sectors;		/* how many of the first sectors are
					 * transferred
					 */
	sector_t to;			/* sector that the I/O goes to instead */
	u64 start;			/* the byte to set, or the first that may be
					 * altered, relative to the start of the I/O
					 */
	u64 bytes;			/* how many bytes may be altered */
	u64 draw;			/* source of random choices */
	struct blkdebug_cut *cut;	/* power-cut: which writes survive; a reference */
};

/*
 * An action. The keys of an action are in the table of keys.c, its name is in names.h.
 */
struct blkdebug_action_ops {
	u16 iotypes;			/* mask of enum blkdebug_iotype that the
					 * action applies to
					 */
	u16 error;			/* errno by default, positive or 0 */
	u8 class;			/* enum blkdebug_class of its rules, unless
					 * they have healed=on
					 */
	bool once;			/* rules are used up after one hit by default */
	/*
	 * Refuse keys that contradict each other, and complete the rule; returns 0,
	 * -ENOMEM, or -EINVAL with the error set. NULL: no keys contradict each other
	 */
	int (*check)(struct blkdebug_rule_parser *parser);
	/* See blkdebug_rule_fits(); NULL: fits any I/O */
	bool (*fits)(const struct blkdebug_rule *rule,
		     const struct blkdebug_io_desc *desc,
		     const struct blkdebug_geometry *geometry);
	/* Fill in the action's part of an effect; NULL: there is none */
	void (*effect)(const struct blkdebug_rule *rule,
		       const struct blkdebug_io_desc *desc,
		       const struct blkdebug_geometry *geometry,
		       struct blkdebug_effect *effect);
};

extern const struct blkdebug_action_ops blkdebug_action_ops[BLKDEBUG_NR_ACTIONS];

static inline const struct blkdebug_action_ops *
blkdebug_rule_ops(const struct blkdebug_rule *rule)
{
	return &blkdebug_action_ops[rule->action];
}

enum blkdebug_class blkdebug_class_of(const struct blkdebug_rule *rule);
bool blkdebug_rule_finds_bad(const struct blkdebug_rule *rule,
			     const struct blkdebug_io_desc *desc);
void blkdebug_rule_effect(const struct blkdebug_rule *rule,
			  const struct blkdebug_io_desc *desc,
			  const struct blkdebug_geometry *geometry, u64 seed,
			  struct blkdebug_effect *effect);

/**
 * blkdebug_rule_fits - test whether the action of a rule can be applied to an I/O
 * @rule: the rule, which matches the I/O
 * @desc: the I/O
 * @geometry: of the device
 *
 * Context: Any context. The caller holds the engine's lock, so that the ranges
 * and the media of @rule are not freed.
 * Return: false if the I/O is too short or too long for the action, or if all
 * of its bad sectors are healed.
 */
static inline bool blkdebug_rule_fits(const struct blkdebug_rule *rule,
				      const struct blkdebug_io_desc *desc,
				      const struct blkdebug_geometry *geometry)
{
	const struct blkdebug_action_ops *ops = blkdebug_rule_ops(rule);

	return (!ops->fits || ops->fits(rule, desc, geometry)) &&
	       (!blkdebug_rule_heals(rule) ||
		blkdebug_rule_finds_bad(rule, desc));
}

#endif

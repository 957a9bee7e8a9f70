/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys: the table that drives parsing, checking and printing of rules.
 */
#ifndef BLKDEBUG_KEYS_H
#define BLKDEBUG_KEYS_H

#include "rule.h"

/* In the order of canonical output */
enum blkdebug_key_id {
	BLKDEBUG_KEY_EVENT,
	BLKDEBUG_KEY_STATE,
	BLKDEBUG_KEY_SECTOR,
	BLKDEBUG_KEY_IOTYPE,
	BLKDEBUG_KEY_FLAGS,
	BLKDEBUG_KEY_COMM,
	BLKDEBUG_KEY_TAG,
	BLKDEBUG_KEY_AFTER,
	BLKDEBUG_KEY_INTERVAL,
	BLKDEBUG_KEY_PROBABILITY,
	BLKDEBUG_KEY_ERRNO,
	BLKDEBUG_KEY_ONCE,
	BLKDEBUG_KEY_TIMES,
	BLKDEBUG_KEY_IMMEDIATELY,
	BLKDEBUG_KEYS_HEALED,
	BLKDEBUG_KEY_TRANSFER,
	BLKDEBUG_KEY_NEW_STATE,
	BLKDEBUG_KEY_MS,
	BLKDEBUG_KEY_US,
	BLKDEBUG_KEY_JITTER,
	BLKDEBUG_KEY_BYTE,
	BLKDEBUG_KEY_VALUE,
	BLKDEBUG_KEY_BITS,
	BLKDEBUG_KEY_ON,
	BLKDEBUG_KEY_SECTORS,
	BLKDEBUG_KEY_TO,
	BLKDEBUG_NR_KEYS,
};

/**
 * struct blkdebug_key - a key of the rule language
 * @name: as written
 * @actions: mask of the actions that take it
 * @required: mask of those that need it
 * @params: its value is in the rule's @params
 * @parse: reads the value; 0, -ENOMEM, or -EINVAL with the reason set
 * @given: has the rule a value other than the default?
 * @print: writes the value
 */
struct blkdebug_key {
	const char *name;
	unsigned int actions;
	unsigned int required;
	bool params;
	int (*parse)(struct blkdebug_rule *rule, const char *val,
		     struct blkdebug_error *err);
	bool (*given)(const struct blkdebug_rule *rule);
	void (*print)(struct seq_buf *out, const struct blkdebug_rule *rule);
};

extern const struct blkdebug_key blkdebug_keys[BLKDEBUG_NR_KEYS];

#endif

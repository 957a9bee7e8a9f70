/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of the rule language: their names, types, limits and defaults.
 */
#ifndef BLKDEBUG_KEYS_H
#define BLKDEBUG_KEYS_H

#include "rule.h"

#define BLKDEBUG_MAX_KEYS	32

/* A rule that is being parsed */
struct blkdebug_rule_parser {
	struct blkdebug_rule *rule;	/* the rule so far */
	const char *action;		/* the word that the rule begins with */
	const char *args[BLKDEBUG_MAX_KEYS];	/* the key=value words by index of
						 * their key, NULL for a missing one
						 */
	const struct blkdebug_geometry *geometry;	/* limits of the device */
	struct blkdebug_error *err;	/* describes a failure */
};

struct blkdebug_key;

/* How values of a type are parsed and printed */
struct blkdebug_key_type {
	/* Parse a value; returns 0, -ENOMEM, or -EINVAL with the error set */
	int (*parse)(struct blkdebug_rule_parser *parser, const struct blkdebug_key *key,
		     const char *val);
	/* Print the value */
	void (*print)(struct seq_buf *out, const struct blkdebug_key *key,
		      const struct blkdebug_rule *rule);
};

/* A key of the rule language */
struct blkdebug_key {
	const char *name;		/* as written */
	u16 actions;			/* mask of the actions that take the key */
	u16 required;			/* mask of the actions that require it */
	const struct blkdebug_key_type *type;	/* how its value is parsed and printed */
	bool in_params;			/* the value is in struct blkdebug_params */
	u8 size;			/* size of the value in bytes */
	u16 offset;			/* of the value in struct blkdebug_params or
					 * struct blkdebug_rule
					 */
	/*
	 * Test whether the canonical form of a rule has the key. NULL: if an action
	 * requires the key, or if the value differs from @init
	 */
	bool (*is_set)(const struct blkdebug_key *key, const struct blkdebug_rule *rule);
	u64 min;			/* the smallest number */
	u64 max;			/* the largest number, or the number of @names */
	u64 init;			/* the default, which canonical output leaves
					 * out
					 */
	const char * const *names;	/* the names of the values, or NULL */
};

extern const struct blkdebug_key blkdebug_keys[];
extern const unsigned int blkdebug_nr_keys;

int blkdebug_key_lookup(const char *name, size_t len);
void blkdebug_set_defaults(struct blkdebug_rule *rule);
int blkdebug_alloc_params(struct blkdebug_rule *rule);
int blkdebug_parse_value(struct blkdebug_rule_parser *parser, unsigned int i);
void blkdebug_print_keys(struct seq_buf *out, const struct blkdebug_rule *rule);
void blkdebug_print_key_names(struct seq_buf *out);

/* Of the keys survive, lose, keep and seed, in choice.c */
extern const struct blkdebug_key_type blkdebug_choice_type;
bool blkdebug_has_choice(const struct blkdebug_key *key, const struct blkdebug_rule *rule);

#endif

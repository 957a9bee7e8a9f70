/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of the rule language: their names, types, limits and defaults.
 */
#ifndef BLKDEBUG_KEYS_H
#define BLKDEBUG_KEYS_H

#include "rule.h"

#define BLKDEBUG_MAX_KEYS	32

/**
 * struct blkdebug_rule_parser - a rule that is being parsed
 * @rule: the rule so far
 * @action: the word that the rule begins with
 * @args: the key=value words by index of their key, NULL for a missing one
 * @geometry: what the rule may ask of the device
 * @err: why the rule is refused
 */
struct blkdebug_rule_parser {
	struct blkdebug_rule *rule;
	const char *action;
	const char *args[BLKDEBUG_MAX_KEYS];
	const struct blkdebug_geometry *geometry;
	struct blkdebug_error *err;
};

struct blkdebug_key;

/**
 * struct blkdebug_key_type - how values of a type are parsed and printed
 * @parse: parses a value; returns 0, -ENOMEM, or -EINVAL with the error set
 * @print: prints the value
 */
struct blkdebug_key_type {
	int (*parse)(struct blkdebug_rule_parser *parser, const struct blkdebug_key *key,
		     const char *val);
	void (*print)(struct seq_buf *out, const struct blkdebug_key *key,
		      const struct blkdebug_rule *rule);
};

/**
 * struct blkdebug_key - a key of the rule language
 * @name: as written
 * @actions: mask of the actions that take the key
 * @required: mask of the actions that require it
 * @type: how its value is parsed and printed
 * @in_params: the value is in struct blkdebug_params
 * @size: size of the value in bytes
 * @offset: of the value in struct blkdebug_params or struct blkdebug_rule
 * @is_set: does a rule's canonical form have the key? NULL: if an action requires
 *	the key, or if the value differs from @init
 * @min: the smallest number
 * @max: the largest number, or the number of @names
 * @init: the default, which canonical output leaves out
 * @names: the names of the values, or NULL
 */
struct blkdebug_key {
	const char *name;
	u16 actions;
	u16 required;
	const struct blkdebug_key_type *type;
	bool in_params;
	u8 size;
	u16 offset;
	bool (*is_set)(const struct blkdebug_rule *rule);
	u64 min;
	u64 max;
	u64 init;
	const char * const *names;
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
bool blkdebug_has_survive(const struct blkdebug_rule *rule);
bool blkdebug_has_lose(const struct blkdebug_rule *rule);
bool blkdebug_has_keep(const struct blkdebug_rule *rule);
bool blkdebug_has_cut_seed(const struct blkdebug_rule *rule);

#endif

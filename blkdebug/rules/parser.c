// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parser of one rule: which keys the rule has, and whether they agree.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "actions.h"
#include "parser.h"

/**
 * blkdebug_parse_key - parse one key=value of a rule
 * @parser: the rule
 * @word: the word
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, or -EINVAL with @parser->err set.
 */
int blkdebug_parse_key(struct blkdebug_rule_parser *parser, const char *word)
{
	int i = blkdebug_key_lookup(word, strchrnul(word, '=') - word);
	int r;

	if (i < 0)
		return blkdebug_error_set(parser->err, "Unknown key", word);
	if (!(blkdebug_keys[i].actions & (1U << parser->rule->action)))
		return blkdebug_error_set(parser->err, "Key not of this action",
					  word);
	if (parser->args[i])
		return blkdebug_error_set(parser->err, "Key given twice", word);
	parser->args[i] = word;
	r = blkdebug_parse_value(parser, i);
	if (r)
		parser->err->word = word;
	return r;
}

/**
 * blkdebug_find_arg - find the word of a key in the rule that is parsed
 * @parser: the rule
 * @key: name of the key
 *
 * Context: Any context.
 * Return: the word, or NULL if the rule does not have the key.
 */
const char *blkdebug_find_arg(const struct blkdebug_rule_parser *parser,
			      const char *key)
{
	int i = blkdebug_key_lookup(key, strlen(key));

	return WARN_ON_ONCE(i < 0) ? NULL : parser->args[i];
}

/**
 * blkdebug_refuse_arg - refuse a word that contradicts another one
 * @parser: the rule
 * @reason: the reason
 * @arg: the word, or NULL if the action itself is at fault
 * @other: the word that @arg contradicts; NULL: the action
 *
 * Context: Any context.
 * Return: -EINVAL.
 */
int blkdebug_refuse_arg(struct blkdebug_rule_parser *parser, char *reason,
			const char *arg, const char *other)
{
	blkdebug_error_set(parser->err, reason, arg ?: parser->action);
	if (arg)
		parser->err->other = other ?: parser->action;
	return -EINVAL;
}

/**
 * blkdebug_refuse_missing - refuse a rule that lacks a key
 * @parser: the rule
 * @key: name of the key
 * @needed_by: the word that requires the key
 *
 * Context: Any context.
 * Return: -EINVAL.
 */
int blkdebug_refuse_missing(struct blkdebug_rule_parser *parser,
			    const char *key, const char *needed_by)
{
	blkdebug_error_part(parser->err, "Key missing", key, strlen(key));
	parser->err->word = needed_by;
	return -EINVAL;
}

static void parse_again(struct blkdebug_rule_parser *parser, const char *key)
{
	blkdebug_parse_value(parser, blkdebug_key_lookup(key, strlen(key)));
}

/* once=on is times=1; once=off agrees with any other number. */
static int check_times(struct blkdebug_rule_parser *parser)
{
	const char *once = blkdebug_find_arg(parser, "once");
	const char *times = blkdebug_find_arg(parser, "times");
	bool is_once, is_one;

	if (!once || !times)
		return 0;
	parse_again(parser, "once");
	is_once = parser->rule->times;
	parse_again(parser, "times");
	is_one = parser->rule->times == 1;
	if (is_once != is_one)
		return blkdebug_refuse_arg(parser, "Contradiction", once, times);
	return 0;
}

static int check_iotype(struct blkdebug_rule_parser *parser)
{
	const char *iotype = blkdebug_find_arg(parser, "iotype");
	const char *on = blkdebug_find_arg(parser, "on");
	struct blkdebug_rule *rule = parser->rule;
	u16 iotypes;

	if (!iotype)
		return 0;
	parse_again(parser, "iotype");
	iotypes = rule->iotypes;
	if (iotypes & ~blkdebug_rule_ops(rule)->iotypes)
		return blkdebug_refuse_arg(parser, "Iotype not of this action",
					   iotype, NULL);
	if (!on)
		return 0;
	parse_again(parser, "on");
	if (iotypes != rule->iotypes)
		return blkdebug_refuse_arg(parser, "Contradiction", on, iotype);
	return 0;
}

static int check_required(struct blkdebug_rule_parser *parser)
{
	unsigned int i;

	for (i = 0; i < blkdebug_nr_keys; i++) {
		if ((blkdebug_keys[i].required & (1U << parser->rule->action)) &&
		    !parser->args[i])
			return blkdebug_refuse_missing(parser, blkdebug_keys[i].name,
						       parser->action);
	}
	return 0;
}

/**
 * blkdebug_check_keys - check that the keys of a rule agree with each other
 * @parser: the rule, with all its keys parsed
 *
 * Context: Process context. May sleep.
 * Return: 0, or -EINVAL with @parser->err set.
 */
int blkdebug_check_keys(struct blkdebug_rule_parser *parser)
{
	int r = check_required(parser);

	if (!r)
		r = check_times(parser);
	return r ?: check_iotype(parser);
}

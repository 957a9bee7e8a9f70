// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules: parsing, printing and freeing.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "actions.h"
#include "bad-sectors.h"
#include "choice.h"
#include "keys.h"
#include "parser.h"

static struct kmem_cache *rule_cache;

static struct blkdebug_rule *alloc_rule(unsigned int action, u64 number)
{
	struct blkdebug_rule *rule = kmem_cache_zalloc(rule_cache, GFP_KERNEL);

	if (!rule)
		return NULL;
	INIT_LIST_HEAD(&rule->link);
	INIT_LIST_HEAD(&rule->tag_link);
	INIT_LIST_HEAD(&rule->used_link);
	rule->number = number;
	rule->wake_at = U64_MAX;
	rule->action = action;
	blkdebug_set_defaults(rule);
	return rule;
}

static int check_rule(struct blkdebug_rule_parser *parser)
{
	const struct blkdebug_action_ops *ops = blkdebug_rule_ops(parser->rule);
	int r = blkdebug_check_keys(parser);

	if (!r && ops->check)
		r = ops->check(parser);
	return r;
}

/* Parse the rule at @argv[*@pos], and advance *@pos past it. */
static int parse_rule(struct blkdebug_rule_parser *parser, unsigned int argc,
		      char **argv, unsigned int *pos, u64 number,
		      struct list_head *rules)
{
	int action, r;

	parser->action = argv[(*pos)++];
	parser->err->rule = number;
	action = blkdebug_action_lookup(parser->action);
	if (action < 0)
		return blkdebug_error_set(parser->err, "Unknown action",
					  parser->action);

	parser->rule = alloc_rule(action, number);
	if (!parser->rule)
		return -ENOMEM;
	list_add_tail(&parser->rule->link, rules);

	for (; *pos < argc && !blkdebug_is_action(argv[*pos]); (*pos)++) {
		r = blkdebug_parse_key(parser, argv[*pos]);
		if (r)
			return r;
	}
	return check_rule(parser);
}

/**
 * blkdebug_parse_rules - parse rules
 * @argc: number of words
 * @argv: the words
 * @first: number of the first rule
 * @geometry: limits of the device
 * @rules: the list that the rules are added to; on error the caller frees those
 *	already in it
 * @err: describes a failure
 *
 * Tags and user events of the rules point into @argv until the engine copies
 * them.
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, or -EINVAL, with @err set.
 */
int blkdebug_parse_rules(unsigned int argc, char **argv, u64 first,
			 const struct blkdebug_geometry *geometry,
			 struct list_head *rules, struct blkdebug_error *err)
{
	unsigned int pos = 0;

	while (pos < argc) {
		struct blkdebug_rule_parser parser = {
			.geometry = geometry,
			.err = err,
		};
		int r = parse_rule(&parser, argc, argv, &pos, first++, rules);

		if (r == -ENOMEM)
			blkdebug_error_set(err, "Cannot allocate rule", NULL);
		if (r)
			return r;
		cond_resched();
	}
	return 0;
}

/**
 * blkdebug_print_rule - print a rule in canonical form
 * @out: the output
 * @rule: the rule
 *
 * Context: Process context. May sleep.
 */
void blkdebug_print_rule(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", blkdebug_action_name(rule->action));
	blkdebug_print_keys(out, rule);
}

/**
 * blkdebug_print_features - print the words of the rule language
 * @out: the output: a line each for actions, keys, events, iotypes, flags and
 *	errnos
 *
 * Context: Any context.
 */
void blkdebug_print_features(struct seq_buf *out)
{
	unsigned int i;

	seq_buf_printf(out, "actions");
	for (i = 0; i < BLKDEBUG_NR_ACTIONS; i++)
		seq_buf_printf(out, " %s", blkdebug_action_name(i));
	seq_buf_printf(out, "\nkeys");
	blkdebug_print_key_names(out);
	seq_buf_printf(out, "\nevents");
	for (i = 0; i < BLKDEBUG_NR_EVENTS; i++)
		seq_buf_printf(out, " %s", blkdebug_event_name(i));
	seq_buf_printf(out, " user.*\niotypes");
	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++)
		seq_buf_printf(out, " %s", blkdebug_iotype_name(i));
	seq_buf_printf(out, "\nflags");
	for (i = 0; i < BLKDEBUG_NR_FLAGS; i++) {
		if (blkdebug_flags_known() & (1U << i))
			seq_buf_printf(out, " %s", blkdebug_flag_name(i));
	}
	seq_buf_printf(out, "\nerrnos");
	blkdebug_print_errnos(out);
	seq_buf_printf(out, "\n");
}

/**
 * blkdebug_free_rule - free a rule that no reader can see
 * @rule: the rule
 *
 * Context: Process context. May sleep.
 */
void blkdebug_free_rule(struct blkdebug_rule *rule)
{
	kvfree(rule->ranges);
	kfree(rule->hold);
	if (rule->params) {
		blkdebug_media_free(rule->params->media);
		blkdebug_put_cut(rule->params->cut);
	}
	kfree(rule->params);
	kmem_cache_free(rule_cache, rule);
}

/**
 * blkdebug_free_rules - free rules that no reader can see
 * @rules: the list of the rules, empty on return
 *
 * Context: Process context. May sleep.
 */
void blkdebug_free_rules(struct list_head *rules)
{
	struct blkdebug_rule *rule, *next;

	list_for_each_entry_safe(rule, next, rules, link) {
		blkdebug_free_rule(rule);
		cond_resched();
	}
	INIT_LIST_HEAD(rules);
}

/**
 * blkdebug_rule_init - create the cache of rules
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int __init blkdebug_rule_init(void)
{
	int r = blkdebug_media_init();

	if (r)
		return r;
	rule_cache = KMEM_CACHE(blkdebug_rule, 0);
	if (rule_cache)
		return 0;
	blkdebug_media_exit();
	return -ENOMEM;
}

/**
 * blkdebug_rule_exit - destroy the cache of rules; no rule is left
 *
 * Context: Process context. May sleep.
 */
void blkdebug_rule_exit(void)
{
	kmem_cache_destroy(rule_cache);
	blkdebug_media_exit();
}

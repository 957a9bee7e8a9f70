/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tags: names that rules and holds share.
 */
#ifndef BLKDEBUG_TAG_H
#define BLKDEBUG_TAG_H

#include <linux/list.h>
#include <linux/rbtree.h>

#include "../rules/rule.h"

struct blkdebug_engine;

/**
 * struct blkdebug_tag_count - numbers about the rules of one ruleset with a tag
 * @hits: how often they have fired, removed rules aside
 * @live: how many can match, those of an add under way included
 */
struct blkdebug_tag_count {
	u64 hits;
	u64 live;
};

/**
 * struct blkdebug_tag - a name that rules and holds have in common
 * @node: in the engine's tree of tags, by name
 * @rules: the rules with the tag, used-up ones included
 * @refs: how many rules and holds have the tag
 * @count: by @count_id of the ruleset in force, and of its successor during a
 *	replace; the other one is zero
 * @wake_at: wake sleepers once the rules in force have so many hits
 * @holds: the holds with the tag, oldest first
 * @idle_link: in the engine's list of tags without references
 * @name: the tag
 *
 * The control mutex guards @rules, and @node together with the engine's lock,
 * which guards @refs to @idle_link. @name stays.
 */
struct blkdebug_tag {
	struct rb_node node;
	struct list_head rules;

	u64 refs;
	struct blkdebug_tag_count count[2];
	u64 wake_at;
	struct list_head holds;
	struct list_head idle_link;

	char name[BLKDEBUG_NAME_MAX + 1];
};

/* A rule's tag is the name in a struct blkdebug_tag once the engine has it */
static inline struct blkdebug_tag *
blkdebug_rule_tag(const struct blkdebug_rule *rule)
{
	return rule->tag ? container_of(rule->tag, struct blkdebug_tag, name[0]) :
			   NULL;
}

struct blkdebug_tag *blkdebug_find_tag(struct blkdebug_engine *engine,
				       const char *name);
int blkdebug_tag_rule(struct blkdebug_engine *engine,
		      struct blkdebug_rule *rule);
void blkdebug_untag_rule(struct blkdebug_engine *engine,
			 struct blkdebug_rule *rule);
void blkdebug_tag_put(struct blkdebug_engine *engine, struct blkdebug_tag *tag);
void blkdebug_free_idle_tags(struct blkdebug_engine *engine);
void blkdebug_free_tags(struct blkdebug_engine *engine);

#endif

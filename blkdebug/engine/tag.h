/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tags: user-chosen names of rules and of the holds that they begin.
 */
#ifndef BLKDEBUG_TAG_H
#define BLKDEBUG_TAG_H

#include <linux/list.h>
#include <linux/rbtree.h>

#include "../rules/rule.h"

struct blkdebug_engine;

/* Sums over the rules of one ruleset that have the same tag */
struct blkdebug_tag_count {
	u64 hits;	/* hits; removed rules excluded, but not used-up rules that
			 * housekeeping has freed
			 */
	u64 live;	/* rules that can match; rules that an add has not yet put in
			 * force included
			 */
};

struct blkdebug_tag {
	/* Readers hold the engine's lock or the control mutex, writers both. */
	struct rb_node node;		/* in the engine's tree of tags, by @name */

	/* Guarded by the control mutex. */
	struct list_head rules;		/* rules with the tag; used-up ones included */

	/* Guarded by the engine's lock. */
	u64 refs;			/* rules and holds with the tag */
	struct blkdebug_tag_count count[2];	/* by @count_id of the ruleset; both
						 * are in use during a replace only
						 */
	u64 wake_at;			/* wake sleepers at so many hits */
	struct list_head holds;		/* holds with the tag, oldest first */
	struct list_head idle_link;	/* in the engine's list of tags without refs */

	/* Constant. */
	char name[BLKDEBUG_NAME_MAX + 1];
};

/*
 * Get the tag of a rule that blkdebug_tag_rule() has prepared: @tag of such a rule
 * points to the name in struct blkdebug_tag.
 */
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tags: see tag.h.
 */
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "engine.h"

/**
 * blkdebug_find_tag - look up a tag by its name
 * @engine: the engine
 * @name: the name
 *
 * Context: the engine's lock or the control mutex is held.
 *
 * Return: the tag, or NULL if the engine has no such tag.
 */
struct blkdebug_tag *blkdebug_find_tag(struct blkdebug_engine *engine,
				       const char *name)
{
	struct rb_node *node = engine->tags.rb_node;

	RCU_LOCKDEP_WARN(!lockdep_is_held(&engine->lock) &&
			 !lockdep_is_held(&engine->control),
			 "tags are read without a lock");
	while (node) {
		struct blkdebug_tag *tag =
			rb_entry(node, struct blkdebug_tag, node);
		int order = strcmp(name, tag->name);

		if (!order)
			return tag;
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static struct blkdebug_tag *alloc_tag(const char *name)
{
	struct blkdebug_tag *tag = kzalloc(sizeof(*tag), GFP_KERNEL);

	if (!tag)
		return NULL;
	INIT_LIST_HEAD(&tag->rules);
	INIT_LIST_HEAD(&tag->holds);
	INIT_LIST_HEAD(&tag->idle_link);
	tag->wake_at = U64_MAX;
	strscpy(tag->name, name, sizeof(tag->name));
	return tag;
}

static void insert_tag(struct blkdebug_engine *engine, struct blkdebug_tag *tag)
{
	struct rb_node **link = &engine->tags.rb_node;
	struct rb_node *parent = NULL;

	lockdep_assert_held(&engine->lock);
	lockdep_assert_held(&engine->control);
	while (*link) {
		parent = *link;
		if (strcmp(tag->name, rb_entry(parent, struct blkdebug_tag,
					       node)->name) < 0)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&tag->node, parent, link);
	rb_insert_color(&tag->node, &engine->tags);
}

/**
 * blkdebug_tag_rule - attach a rule to its tag
 * @engine: the engine
 * @rule: a rule whose @tag is the word that the user wrote
 *
 * Creates the struct blkdebug_tag if the tag is new. On success @rule->tag points
 * to the name in that struct.
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: 0, or -ENOMEM if the allocation of a new tag fails.
 */
int blkdebug_tag_rule(struct blkdebug_engine *engine,
		      struct blkdebug_rule *rule)
{
	struct blkdebug_tag *tag, *new = NULL;
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	tag = blkdebug_find_tag(engine, rule->tag);
	if (!tag) {
		new = alloc_tag(rule->tag);
		if (!new)
			return -ENOMEM;
		tag = new;
	}
	flags = blkdebug_lock(engine);
	if (new)
		insert_tag(engine, new);
	else
		list_del_init(&tag->idle_link);
	tag->refs++;
	blkdebug_unlock(engine, flags);
	rule->tag = tag->name;
	list_add_tail(&rule->tag_link, &tag->rules);
	return 0;
}

/**
 * blkdebug_untag_rule - undo blkdebug_tag_rule()
 * @engine: the engine
 * @rule: a rule, whether or not blkdebug_tag_rule() has been called for it
 *
 * Context: may sleep. The control mutex is held.
 */
void blkdebug_untag_rule(struct blkdebug_engine *engine,
			 struct blkdebug_rule *rule)
{
	struct blkdebug_tag *tag;
	unsigned long flags;

	lockdep_assert_held(&engine->control);
	/* The rule has no tag, or blkdebug_tag_rule() has not been called. */
	if (list_empty(&rule->tag_link))
		return;
	tag = blkdebug_rule_tag(rule);
	list_del_init(&rule->tag_link);
	flags = blkdebug_lock(engine);
	/* Used-up rules that have been freed have left their hits in the sum. */
	if (list_empty(&tag->rules))
		memset(tag->count, 0, sizeof(tag->count));
	blkdebug_tag_put(engine, tag);
	blkdebug_unlock(engine, flags);
}

/**
 * blkdebug_tag_put - drop the reference of a rule or a hold to a tag
 * @engine: the engine
 * @tag: the tag
 *
 * Context: the engine's lock is held.
 */
void blkdebug_tag_put(struct blkdebug_engine *engine, struct blkdebug_tag *tag)
{
	lockdep_assert_held(&engine->lock);
	if (--tag->refs)
		return;
	list_add_tail(&tag->idle_link, &engine->idle_tags);
	engine->ops->schedule_housekeeping(engine);
}

/* Remove a tag without references from the tree. Returns NULL if there is none. */
static struct blkdebug_tag *take_idle_tag(struct blkdebug_engine *engine)
{
	unsigned long flags = blkdebug_lock(engine);
	struct blkdebug_tag *tag;

	tag = list_first_entry_or_null(&engine->idle_tags, struct blkdebug_tag,
				       idle_link);
	if (tag) {
		list_del(&tag->idle_link);
		rb_erase(&tag->node, &engine->tags);
	}
	blkdebug_unlock(engine, flags);
	return tag;
}

/**
 * blkdebug_free_idle_tags - free the tags without references
 * @engine: the engine
 *
 * Context: may sleep. The control mutex is held.
 */
void blkdebug_free_idle_tags(struct blkdebug_engine *engine)
{
	struct blkdebug_tag *tag;

	lockdep_assert_held(&engine->control);
	while ((tag = take_idle_tag(engine))) {
		kfree(tag);
		cond_resched();
	}
}

/**
 * blkdebug_free_tags - free all tags
 * @engine: the engine, which no other thread uses any more
 *
 * Context: may sleep.
 */
void blkdebug_free_tags(struct blkdebug_engine *engine)
{
	struct blkdebug_tag *tag, *next;

	rbtree_postorder_for_each_entry_safe(tag, next, &engine->tags, node) {
		kfree(tag);
		cond_resched();
	}
	engine->tags = RB_ROOT;
}

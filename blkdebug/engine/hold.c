// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds: see hold.h.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "engine.h"

/* Assert that the engine's lock is held, which guards all holds. */
static void assert_locked(const struct blkdebug_holds *holds)
{
	lockdep_assert_held(&container_of(holds, struct blkdebug_engine, holds)->lock);
}

/**
 * blkdebug_holds_init - initialize an empty set of holds
 * @holds: the set
 *
 * Context: any.
 */
void blkdebug_holds_init(struct blkdebug_holds *holds)
{
	holds->tree = RB_ROOT;
	holds->last = 0;
	holds->nr = 0;
	INIT_LIST_HEAD(&holds->freed);
}

/**
 * blkdebug_holds_reap - free holds whose breakpoint is used up or removed
 * @freed: the holds, removed from struct blkdebug_holds
 *
 * Context: may sleep; the caller does not hold the engine's lock.
 */
void blkdebug_holds_reap(struct list_head *freed)
{
	struct blkdebug_hold *hold, *next;

	list_for_each_entry_safe(hold, next, freed, req_link) {
		kfree(hold);
		cond_resched();
	}
}

/**
 * blkdebug_hold_alloc - allocate the hold of a breakpoint
 * @rule: the breakpoint, not yet published; owns the hold
 *
 * Context: may sleep.
 *
 * Return: the hold, or NULL if the allocation fails.
 */
struct blkdebug_hold *blkdebug_hold_alloc(struct blkdebug_rule *rule)
{
	struct blkdebug_hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL);

	if (hold)
		hold->owner = rule;
	rule->hold = hold;
	return hold;
}

/**
 * blkdebug_io_init_holds - initialize the embedded holds of an I/O
 * @io: the I/O, which no breakpoint holds
 *
 * Context: any.
 */
void blkdebug_io_init_holds(struct blkdebug_io *io)
{
	unsigned int i;

	INIT_LIST_HEAD(&io->holds);
	for (i = 0; i < BLKDEBUG_HOLDS; i++) {
		io->hold[i].embedded = true;
		io->hold[i].io = NULL;
	}
}

/* Find a free embedded hold. Returns its index, or BLKDEBUG_HOLDS. */
static unsigned int find_embedded(const struct blkdebug_io *io)
{
	unsigned int i;

	for (i = 0; i < BLKDEBUG_HOLDS; i++) {
		if (!io->hold[i].io)
			break;
	}
	return i;
}

/**
 * blkdebug_has_free_hold - test whether a breakpoint can hold an I/O
 * @io: the I/O
 * @rule: the breakpoint
 *
 * Context: the engine's lock is held.
 *
 * Return: false if the breakpoint's hold and all embedded holds are in use.
 */
bool blkdebug_has_free_hold(const struct blkdebug_io *io,
			    const struct blkdebug_rule *rule)
{
	return !rule->hold->io || find_embedded(io) < BLKDEBUG_HOLDS;
}

/**
 * blkdebug_hold_begin - hold an I/O
 * @holds: the holds of the target
 * @io: the I/O
 * @rule: the breakpoint; blkdebug_has_free_hold() has returned true
 *
 * Context: the engine's lock is held.
 *
 * Return: the hold.
 */
struct blkdebug_hold *blkdebug_hold_begin(struct blkdebug_holds *holds,
					  struct blkdebug_io *io,
					  struct blkdebug_rule *rule)
{
	struct rb_node **link = &holds->tree.rb_node;
	struct blkdebug_hold *hold = rule->hold->io ?
				     &io->hold[find_embedded(io)] : rule->hold;
	struct rb_node *parent = NULL;

	assert_locked(holds);
	hold->number = ++holds->last;
	hold->rule = rule->number;
	hold->tag = blkdebug_rule_tag(rule);
	hold->io = io;
	hold->tag->refs++;
	list_add_tail(&hold->tag_link, &hold->tag->holds);
	if (list_empty(&io->holds))
		io->held_since = jiffies;
	list_add_tail(&hold->req_link, &io->holds);

	/* Numbers rise, so the new hold is the rightmost node. */
	while (*link) {
		parent = *link;
		link = &parent->rb_right;
	}
	rb_link_node(&hold->node, parent, link);
	rb_insert_color(&hold->node, &holds->tree);
	holds->nr++;
	return hold;
}

/**
 * blkdebug_hold_end - end a hold
 * @holds: the holds of the target
 * @hold: the hold; do not use it afterwards, because it may be reused or freed
 *
 * The caller drops the hold's reference to the tag.
 *
 * Context: the engine's lock is held.
 */
void blkdebug_hold_end(struct blkdebug_holds *holds, struct blkdebug_hold *hold)
{
	assert_locked(holds);
	rb_erase(&hold->node, &holds->tree);
	holds->nr--;
	list_del(&hold->tag_link);
	list_del(&hold->req_link);
	hold->io = NULL;
	if (!hold->embedded && !hold->owner)
		list_add_tail(&hold->req_link, &holds->freed);
}

/**
 * blkdebug_hold_disown - separate an active hold from its breakpoint
 * @rule: the breakpoint, used up or removed
 *
 * A hold that holds an I/O outlives the breakpoint; blkdebug_hold_end() adds
 * that hold to the list of holds to be freed.
 *
 * Context: the engine's lock is held.
 */
void blkdebug_hold_disown(struct blkdebug_rule *rule)
{
	if (rule->hold && rule->hold->io) {
		rule->hold->owner = NULL;
		rule->hold = NULL;
	}
}

/**
 * blkdebug_hold_after - find the next newer hold
 * @holds: the holds of the target
 * @number: number of a hold, which may have ended, or 0
 *
 * Context: the engine's lock is held.
 *
 * Return: the hold with the lowest number above @number, or NULL.
 */
struct blkdebug_hold *blkdebug_hold_after(struct blkdebug_holds *holds,
					  u64 number)
{
	struct rb_node *node = holds->tree.rb_node;
	struct blkdebug_hold *best = NULL;

	assert_locked(holds);
	while (node) {
		struct blkdebug_hold *hold =
			rb_entry(node, struct blkdebug_hold, node);

		if (hold->number > number) {
			best = hold;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds: which request is held under which tag, by which breakpoint.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "hold.h"

/**
 * blkdebug_holds_init - no holds yet
 * @holds: what to set up
 */
void blkdebug_holds_init(struct blkdebug_holds *holds)
{
	holds->tree = RB_ROOT;
	holds->last = 0;
	holds->nr = 0;
	INIT_LIST_HEAD(&holds->freed);
}

/**
 * blkdebug_holds_reap - free holds whose breakpoint is gone
 * @freed: a list of them, taken from struct blkdebug_holds
 *
 * The caller holds no lock. May sleep.
 */
void blkdebug_holds_reap(struct list_head *freed)
{
	struct blkdebug_hold *hold, *next;

	list_for_each_entry_safe(hold, next, freed, req_link)
		kfree(hold);
}

/**
 * blkdebug_hold_alloc - set a hold aside for a breakpoint
 * @rule: the breakpoint, which owns it from now on
 *
 * May sleep.
 *
 * Return: the hold, or NULL.
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
 * blkdebug_io_init_holds - a request starts out without holds
 * @io: the request
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

/* Index of a free hold of the request's own, or BLKDEBUG_HOLDS */
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
 * blkdebug_hold_room - is there a hold left?
 * @io: the request
 * @rule: the breakpoint it may hit
 *
 * Return: false if the breakpoint's own is taken and the request has no more
 * room. The caller holds the engine's lock.
 */
bool blkdebug_hold_room(const struct blkdebug_io *io,
			const struct blkdebug_rule *rule)
{
	return !rule->hold->io || find_embedded(io) < BLKDEBUG_HOLDS;
}

/**
 * blkdebug_hold_begin - hold a request
 * @holds: of the target
 * @io: the request
 * @rule: the breakpoint it has hit; blkdebug_hold_room() is true for both
 *
 * Return: the hold. The caller holds the engine's lock.
 */
struct blkdebug_hold *blkdebug_hold_begin(struct blkdebug_holds *holds,
					  struct blkdebug_io *io,
					  struct blkdebug_rule *rule)
{
	struct rb_node **link = &holds->tree.rb_node;
	struct blkdebug_hold *hold = rule->hold->io ?
				     &io->hold[find_embedded(io)] : rule->hold;
	struct rb_node *parent = NULL;

	hold->number = ++holds->last;
	hold->rule = rule->number;
	hold->tag = blkdebug_rule_tag(rule);
	hold->io = io;
	hold->tag->refs++;
	list_add_tail(&hold->tag_link, &hold->tag->holds);
	if (list_empty(&io->holds))
		io->held_since = jiffies;
	list_add_tail(&hold->req_link, &io->holds);

	/* Numbers rise, so the place is the rightmost one */
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
 * blkdebug_hold_end - a hold lets go of its request
 * @holds: of the target
 * @hold: the hold; it may be reused or gone afterwards
 *
 * The caller drops the reference to the tag. The caller holds the engine's
 * lock.
 */
void blkdebug_hold_end(struct blkdebug_holds *holds, struct blkdebug_hold *hold)
{
	rb_erase(&hold->node, &holds->tree);
	holds->nr--;
	list_del(&hold->tag_link);
	list_del(&hold->req_link);
	hold->io = NULL;
	if (!hold->embedded && !hold->owner)
		list_add_tail(&hold->req_link, &holds->freed);
}

/**
 * blkdebug_hold_disown - a breakpoint has no more use for its hold
 * @rule: the breakpoint, used up or removed
 *
 * If it holds a request, the hold lives on without the breakpoint. The caller
 * holds the engine's lock.
 */
void blkdebug_hold_disown(struct blkdebug_rule *rule)
{
	if (rule->hold && rule->hold->io) {
		rule->hold->owner = NULL;
		rule->hold = NULL;
	}
}

/**
 * blkdebug_hold_after - walk the holds, oldest first
 * @holds: of the target
 * @number: the number of the hold before, or 0
 *
 * Return: the hold with the next number, or NULL. The caller holds the
 * engine's lock.
 */
struct blkdebug_hold *blkdebug_hold_after(struct blkdebug_holds *holds,
					  u64 number)
{
	struct rb_node *node = holds->tree.rb_node;
	struct blkdebug_hold *best = NULL;

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

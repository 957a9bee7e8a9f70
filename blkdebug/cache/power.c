// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power supplies: see power.h.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "power.h"

static DEFINE_MUTEX(supplies_lock);	/* guards @supplies, and joining a supply */
static LIST_HEAD(supplies);

static struct blkdebug_supply *find_supply(const char *name)
{
	struct blkdebug_supply *supply;

	lockdep_assert_held(&supplies_lock);
	list_for_each_entry(supply, &supplies, link) {
		if (*name && !strcmp(supply->name, name))
			return supply;
	}
	return NULL;
}

static struct blkdebug_supply *alloc_supply(const char *name)
{
	struct blkdebug_supply *supply = kzalloc(sizeof(*supply), GFP_KERNEL);

	if (!supply)
		return NULL;
	supply->name = kstrdup(name, GFP_KERNEL);
	if (!supply->name) {
		kfree(supply);
		return NULL;
	}
	INIT_LIST_HEAD(&supply->lines);
	mutex_init(&supply->settling);
	init_waitqueue_head(&supply->wait);
	spin_lock_init(&supply->lock);
	list_add_tail(&supply->link, &supplies);
	return supply;
}

/**
 * blkdebug_join_power - connect a target to its supply
 * @line: the target's, zeroed but for the callbacks
 * @name: of the supply, or empty for a supply of its own
 *
 * Cuts do not concern the target before blkdebug_start_power().
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_join_power(struct blkdebug_line *line, const char *name)
{
	struct blkdebug_supply *supply;

	mutex_lock(&supplies_lock);
	supply = find_supply(name) ?: alloc_supply(name);
	if (supply) {
		mutex_lock(&supply->settling);
		line->supply = supply;
		line->moment = READ_ONCE(supply->moment);
		list_add_tail(&line->link, &supply->lines);
		mutex_unlock(&supply->settling);
	}
	mutex_unlock(&supplies_lock);
	return supply ? 0 : -ENOMEM;
}

static void start_line(struct blkdebug_line *line)
{
	lockdep_assert_held(&line->supply->lock);
	if (line->started)
		return;
	WRITE_ONCE(line->moment, line->supply->moment);
	line->settled = line->moment;
	WRITE_ONCE(line->started, true);
}

/**
 * blkdebug_start_power - let cuts of the supply concern a target from now on
 * @line: the target's, connected
 *
 * The first call gives it power, even if others of the supply have none; later calls
 * do nothing.
 *
 * Context: any.
 */
void blkdebug_start_power(struct blkdebug_line *line)
{
	unsigned long flags;

	spin_lock_irqsave(&line->supply->lock, flags);
	start_line(line);
	spin_unlock_irqrestore(&line->supply->lock, flags);
}

/**
 * blkdebug_leave_power - disconnect a target from its supply
 * @line: the target's, connected or zeroed; no I/O uses it
 *
 * Context: may sleep.
 */
void blkdebug_leave_power(struct blkdebug_line *line)
{
	struct blkdebug_supply *supply = line->supply;

	if (!supply)
		return;
	mutex_lock(&supplies_lock);
	mutex_lock(&supply->settling);
	list_del(&line->link);
	mutex_unlock(&supply->settling);
	line->supply = NULL;
	if (list_empty(&supply->lines)) {
		list_del(&supply->link);
		blkdebug_put_cut(supply->cut);
		mutex_destroy(&supply->settling);
		kfree(supply->name);
		kfree(supply);
	}
	mutex_unlock(&supplies_lock);
}

/**
 * blkdebug_cut_power - cut the power at this moment
 * @line: of a target of the supply
 * @cut: what the cut shall leave
 *
 * From now on I/O to all targets of the supply fails. The caller calls
 * blkdebug_settle_power() as soon as it may sleep.
 *
 * Context: any.
 *
 * Return: false if the power was off.
 */
bool blkdebug_cut_power(struct blkdebug_line *line, struct blkdebug_cut *cut)
{
	struct blkdebug_supply *supply = line->supply;
	unsigned long flags;
	bool was_on;

	spin_lock_irqsave(&supply->lock, flags);
	start_line(line);
	was_on = blkdebug_power_is_on(line) && !supply->cut;
	if (was_on) {
		refcount_inc(&cut->refs);
		supply->cut = cut;
		WRITE_ONCE(supply->moment, supply->moment + 1);
	}
	spin_unlock_irqrestore(&supply->lock, flags);
	return was_on;
}

/*
 * Test whether a target has no power, and has, or has not, chosen the survivors of the
 * cut. A target that starts while a cut is being settled has power.
 */
static bool is_off(struct blkdebug_line *line, bool settled)
{
	unsigned long flags;
	bool off;

	spin_lock_irqsave(&line->supply->lock, flags);
	off = line->started && !blkdebug_power_is_on(line) &&
	      (line->settled == line->moment + 1) == settled;
	spin_unlock_irqrestore(&line->supply->lock, flags);
	return off;
}

/*
 * Held I/O ends on all targets before the first one begins to write its survivors out: if
 * one target lies on another, the writes may be queued behind I/O that is held there.
 */
static void settle_lines(struct blkdebug_supply *supply,
			 const struct blkdebug_cut *cut)
{
	struct blkdebug_line *line;

	lockdep_assert_held(&supply->settling);
	list_for_each_entry(line, &supply->lines, link) {
		if (line->failed && is_off(line, false))
			line->failed(line);
	}
	list_for_each_entry(line, &supply->lines, link) {
		if (is_off(line, false)) {
			line->settle(line, cut);
			line->settled = line->moment + 1;
		}
	}
}

/**
 * blkdebug_settle_power - choose what survives the cut, on all targets
 * @line: of a target of the supply
 *
 * Does nothing if that has been done.
 *
 * Context: may sleep.
 */
void blkdebug_settle_power(struct blkdebug_line *line)
{
	struct blkdebug_supply *supply = line->supply;
	struct blkdebug_cut *cut;
	unsigned long flags;

	mutex_lock(&supply->settling);
	/* A cut in a rule's context does not hold @settling */
	spin_lock_irqsave(&supply->lock, flags);
	cut = supply->cut;
	spin_unlock_irqrestore(&supply->lock, flags);
	if (!cut) {
		mutex_unlock(&supply->settling);
		return;
	}
	/*
	 * Afterwards all sections that saw the power on have ended, with their
	 * acknowledgments.
	 */
	synchronize_rcu();
	settle_lines(supply, cut);
	spin_lock_irqsave(&supply->lock, flags);
	supply->cut = NULL;
	spin_unlock_irqrestore(&supply->lock, flags);
	mutex_unlock(&supply->settling);
	blkdebug_put_cut(cut);
}

/**
 * blkdebug_begin_survivors - a target is about to write out what survived
 * @line: the target's
 *
 * Called by its @settle, after the choice. The target calls blkdebug_end_survivors() before
 * it leaves the supply.
 *
 * Context: process.
 */
void blkdebug_begin_survivors(struct blkdebug_line *line)
{
	struct blkdebug_supply *supply = line->supply;
	unsigned long flags;

	lockdep_assert_held(&supply->settling);
	spin_lock_irqsave(&supply->lock, flags);
	if (!line->writing)
		WRITE_ONCE(supply->nr_writing, supply->nr_writing + 1);
	WRITE_ONCE(line->writing, true);
	spin_unlock_irqrestore(&supply->lock, flags);
}

/**
 * blkdebug_end_survivors - a target has written out what survived, or cannot
 * @line: the target's
 *
 * Context: any.
 */
void blkdebug_end_survivors(struct blkdebug_line *line)
{
	struct blkdebug_supply *supply = line->supply;
	unsigned long flags;

	spin_lock_irqsave(&supply->lock, flags);
	if (line->writing)
		WRITE_ONCE(supply->nr_writing, supply->nr_writing - 1);
	WRITE_ONCE(line->writing, false);
	spin_unlock_irqrestore(&supply->lock, flags);
	wake_up_all(&supply->wait);
}

/**
 * blkdebug_restore_power - let the power come back on all targets
 * @line: of a target of the supply
 *
 * Context: may sleep.
 *
 * Return: false if the power was on.
 */
bool blkdebug_restore_power(struct blkdebug_line *line)
{
	struct blkdebug_supply *supply = line->supply;
	bool was_off;

	if (blkdebug_power_is_on(line))
		return false;
	blkdebug_settle_power(line);
	mutex_lock(&supply->settling);
	was_off = is_off(line, true);
	if (was_off) {
		list_for_each_entry(line, &supply->lines, link) {
			/* A target that has just started may be cutting the power. */
			if (!is_off(line, true))
				continue;
			WRITE_ONCE(line->moment, READ_ONCE(supply->moment));
			if (line->restored)
				line->restored(line);
		}
	}
	mutex_unlock(&supply->settling);
	return was_off;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Power cuts of a target: see power-cut.h.
 */
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "../cache/power-trace.h"
#include "../engine/process.h"
#include "../engine/resume.h"
#include "../rules/chance.h"
#include "target.h"

/* For cuts by rules. Has a rescuer, because held I/O ends there. */
static struct workqueue_struct *cut_wq;

static int parse_choice(struct blkdebug_call *call, struct blkdebug_cut *cut)
{
	unsigned int i, seen = 0;
	int r = 0;

	for (i = 0; !r && i < call->argc; i++)
		r = blkdebug_parse_choice_word(cut, call->argv[i], &seen,
					       call->err);
	return r;
}

/* Callbacks of a power line: at a cut, and when the power comes back */

static void raise_event(struct blkdebug_target *t, unsigned int event)
{
	char name[] = "";

	/* Without power there are no breakpoints, so nothing holds the event */
	blkdebug_raise(&t->engine, &t->power.event, event, name);
}

static void set_powerless(struct blkdebug_engine *engine, bool powerless)
{
	unsigned long flags = blkdebug_write_lock(engine);

	WRITE_ONCE(engine->mode, (engine->mode & ~BLKDEBUG_POWERLESS) |
				 (powerless ? BLKDEBUG_POWERLESS : 0));
	blkdebug_write_unlock(engine, flags);
}

/*
 * Called when all I/O that saw the power on has entered the cache, or has been
 * acknowledged: end all held and delayed I/O.
 */
static void power_failed(struct blkdebug_line *line)
{
	struct blkdebug_target *t =
		container_of(line, struct blkdebug_target, power.line);

	lockdep_assert_held(&line->supply->settling);
	set_powerless(&t->engine, true);
	blkdebug_resume_all(&t->engine, NULL, -1);
	blkdebug_end_delays(&t->engine);
}

static void settle_cut(struct blkdebug_line *line,
		       const struct blkdebug_cut *cut)
{
	struct blkdebug_target *t =
		container_of(line, struct blkdebug_target, power.line);
	struct blkdebug_power *power = &t->power;

	lockdep_assert_held(&line->supply->settling);
	power->nr_cuts++;
	power->choice = cut->choice;
	power->seed = cut->seeded ? cut->seed :
		      blkdebug_draw(t->engine.seed, power->nr_cuts);
	memset(&power->outcome, 0, sizeof(power->outcome));
	blkdebug_cut_cache(t, &cut->choice, power->seed, &power->outcome);
	trace_blkdebug_cut(t->engine.dev, power->nr_cuts, &power->outcome,
			   power->choice.policy, power->seed);
	raise_event(t, BLKDEBUG_EV_POWER_CUT);
}

static void power_restored(struct blkdebug_line *line)
{
	struct blkdebug_target *t =
		container_of(line, struct blkdebug_target, power.line);
	const struct blkdebug_power *power = &t->power;

	lockdep_assert_held(&line->supply->settling);
	trace_blkdebug_power_on(t->engine.dev, power->nr_cuts, &power->outcome,
				power->choice.policy, power->seed);
	raise_event(t, BLKDEBUG_EV_POWER_ON);
	set_powerless(&t->engine, false);
}

/* Messages */

static int print_cut(struct blkdebug_target *t, struct seq_buf *out)
{
	const struct blkdebug_power *power = &t->power;
	const struct blkdebug_outcome *outcome = &power->outcome;

	mutex_lock(&power->line.supply->settling);
	seq_buf_printf(out,
		       "cut=%llu volatile=%llu survived=%llu torn=%llu lost=%llu survive=",
		       power->nr_cuts, outcome->nr_volatile, outcome->survived,
		       outcome->torn, outcome->lost);
	blkdebug_print_policy(out, &power->choice);
	seq_buf_printf(out, " seed=%llu", power->seed);
	mutex_unlock(&power->line.supply->settling);
	return BLKDEBUG_ANSWERED;
}

/*
 * Wait until the devices below have what survived. A suspend of the target waits for this
 * message, and a device below may be waiting for the end of that suspend.
 */
static void wait_for_survivors(struct blkdebug_target *t)
{
	struct blkdebug_supply *supply = t->power.line.supply;

	wait_event_killable(supply->wait, !blkdebug_has_survivors(supply) ||
			    blkdebug_suspending(&t->engine));
}

static int do_power_cut(struct blkdebug_target *t, struct blkdebug_call *call)
{
	struct blkdebug_cut *cut = blkdebug_cut_alloc();
	int r;

	if (!cut)
		return -ENOMEM;
	r = parse_choice(call, cut);
	if (!r && !blkdebug_cut_power(&t->power.line, cut))
		r = blkdebug_error_set(call->err, "The power is off",
				       call->argv[-1]);
	blkdebug_put_cut(cut);
	if (r)
		return r;
	blkdebug_settle_power(&t->power.line);
	wait_for_survivors(t);
	return print_cut(t, call->result);
}

static int do_power_on(struct blkdebug_target *t, struct blkdebug_call *call)
{
	if (!blkdebug_is_powered(t)) {
		/* A rule may have cut the power just now. */
		blkdebug_settle_power(&t->power.line);
		wait_for_survivors(t);
	}
	if (!blkdebug_restore_power(&t->power.line))
		return blkdebug_error_set(call->err, "The power is on",
					  call->argv[-1]);
	return print_cut(t, call->result);
}

static int do_volatile(struct blkdebug_target *t, struct blkdebug_call *call)
{
	struct blkdebug_volatile *list;
	unsigned int i, nr;

	if (!t->writeback.cache)
		return BLKDEBUG_ANSWERED;
	list = blkdebug_list_volatile(t->writeback.cache, &nr);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		const struct blkdebug_write_desc *desc = &list[i].desc;

		blkdebug_next_line(call->result);
		seq_buf_printf(call->result, "%u %s ", i + 1,
			       blkdebug_iotype_name(desc->iotype));
		blkdebug_print_io_flags(call->result, desc->flags);
		seq_buf_printf(call->result, " %llu %llu %llu %u",
			       (u64)desc->sector, (u64)desc->nr_sectors,
			       list[i].units,
			       jiffies_to_msecs(jiffies - list[i].since));
		cond_resched();
	}
	kvfree(list);
	return BLKDEBUG_ANSWERED;
}

/**
 * blkdebug_power_command - execute power-cut, power-on or volatile
 * @t: the target
 * @call: the message
 *
 * Context: may sleep.
 *
 * Return: %BLKDEBUG_ANSWERED or a negative errno.
 */
int blkdebug_power_command(struct blkdebug_target *t,
			   struct blkdebug_call *call)
{
	const char *name = call->argv[-1];

	if (!strcmp(name, "power-cut"))
		return do_power_cut(t, call);
	if (!strcmp(name, "power-on"))
		return do_power_on(t, call);
	return do_volatile(t, call);
}

/**
 * blkdebug_print_power - print the last words of the status line
 * @t: the target
 * @out: the output; each word follows a space
 */
void blkdebug_print_power(struct blkdebug_target *t, struct seq_buf *out)
{
	struct blkdebug_cache *cache = t->writeback.cache;
	u64 cached = 0;
	unsigned int nr = 0, views = 0;
	bool is_on;

	if (cache) {
		cached = (u64)blkdebug_used_data(&cache->pools) *
			 BLKDEBUG_BLOCK_BYTES;
		nr = blkdebug_active_writes(&cache->pools);
		views = blkdebug_count_views(cache);
	}
	/* A table that has never been resumed has power when it is */
	is_on = !READ_ONCE(t->power.line.started) || blkdebug_is_powered(t);
	seq_buf_printf(out, " power=%s cached=%llu volatile=%u views=%u",
		       is_on ? "on" : "off", cached, nr, views);
}

/**
 * blkdebug_next_cut_seed - get the seed of the next cut, if that cut is given none
 * @t: the target
 *
 * Context: any.
 *
 * Return: the seed.
 */
u64 blkdebug_next_cut_seed(const struct blkdebug_target *t)
{
	return blkdebug_draw(t->engine.seed, READ_ONCE(t->power.nr_cuts) + 1);
}

/* Rules */

static void settle_work(struct work_struct *work)
{
	struct blkdebug_power *power =
		container_of(work, struct blkdebug_power, work);
	unsigned int noio = memalloc_noio_save();

	blkdebug_settle_power(&power->line);
	memalloc_noio_restore(noio);
}

/**
 * blkdebug_expect_cut - prepare for cuts by rules
 * @t: the target
 *
 * From now on each bio is mapped only after a look at the power, so that all I/O fails
 * from the bio on whose rule cuts the power, not only after survivors have been chosen.
 * Context: any.
 */
void blkdebug_expect_cut(struct blkdebug_target *t)
{
	struct blkdebug_engine *engine = &t->engine;
	unsigned long flags = blkdebug_write_lock(engine);

	WRITE_ONCE(engine->mode, engine->mode | BLKDEBUG_CHECKS_POWER);
	blkdebug_write_unlock(engine, flags);
}

/**
 * blkdebug_cut_by_rule - cut the power at this moment
 * @t: the target
 * @cut: what the cut shall leave; a reference, which this drops
 *
 * Context: any.
 */
void blkdebug_cut_by_rule(struct blkdebug_target *t, struct blkdebug_cut *cut)
{
	/* If the power is off already, the bio fails without a cut. */
	if (blkdebug_cut_power(&t->power.line, cut))
		queue_work(cut_wq, &t->power.work);
	blkdebug_put_cut(cut);
}

/* Life cycle */

/**
 * blkdebug_power_init - connect a target to its power supply
 * @t: the target, with its options
 *
 * Context: may sleep.
 *
 * Return: 0 or -ENOMEM; blkdebug_power_exit() is to be called either way.
 */
int blkdebug_power_init(struct blkdebug_target *t)
{
	INIT_WORK(&t->power.work, settle_work);
	t->power.line.failed = power_failed;
	t->power.line.settle = settle_cut;
	t->power.line.restored = power_restored;
	return blkdebug_join_power(&t->power.line, t->opts.power);
}

/**
 * blkdebug_power_exit - disconnect a target from its power supply
 * @t: the target, connected or not; it has no I/O
 *
 * Context: may sleep.
 */
void blkdebug_power_exit(struct blkdebug_target *t)
{
	if (t->power.line.supply)
		flush_work(&t->power.work);
	blkdebug_leave_power(&t->power.line);
}

/**
 * blkdebug_power_setup - allocate the workqueue for cuts by rules
 *
 * Context: may sleep; called when the module is loaded.
 *
 * Return: 0 or -ENOMEM.
 */
int __init blkdebug_power_setup(void)
{
	cut_wq = alloc_workqueue("blkdebug-cut", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return cut_wq ? 0 : -ENOMEM;
}

/**
 * blkdebug_power_cleanup - free the workqueue for cuts by rules
 *
 * Context: may sleep; there are no targets.
 */
void blkdebug_power_cleanup(void)
{
	destroy_workqueue(cut_wq);
}

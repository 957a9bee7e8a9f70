// SPDX-License-Identifier: GPL-2.0-only
/*
 * dm-blkdebug: does for block devices what QEMU's blkdebug driver does for disk
 * images. Rules in the table line, or added by message, inject errors, change the
 * state of a state machine and hold bios, when an event occurs. See
 * Documentation/dm-blkdebug.rst.
 *
 * This file has the target type; the code behind it is in blkdebug/.
 */
#include <linux/blkdev.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "blkdebug/dm/crash-view.h"
#include "blkdebug/dm/limits.h"
#include "blkdebug/dm/marks.h"
#include "blkdebug/dm/message.h"
#include "blkdebug/dm/target.h"
#include "blkdebug/engine/process.h"
#include "blkdebug/engine/resume.h"
#include "blkdebug/engine/ruleset.h"

static int blkdebug_map(struct dm_target *ti, struct bio *bio)
{
	struct blkdebug_target *t = ti->private;
	unsigned int mode = READ_ONCE(t->engine.mode);

	if (unlikely(mode))
		return blkdebug_map_rules(t, bio, mode);
	blkdebug_remap(t, bio);
	return DM_MAPIO_REMAPPED;
}

static struct blkdebug_target *to_target(struct blkdebug_engine *engine)
{
	return container_of(engine, struct blkdebug_target, engine);
}

static void blkdebug_queue_io_work(struct blkdebug_engine *engine)
{
	struct blkdebug_target *t = to_target(engine);

	queue_work(t->wq, &t->io_work);
}

static void blkdebug_schedule_housekeeping(struct blkdebug_engine *engine)
{
	schedule_work(&to_target(engine)->housekeeping_work);
}

static int blkdebug_prepare_rule(struct blkdebug_engine *engine,
				 const struct blkdebug_rule *rule)
{
	lockdep_assert_held(&engine->control);
	if (rule->action == BLKDEBUG_POWER_CUT)
		blkdebug_expect_cut(to_target(engine));
	if (rule->action != BLKDEBUG_CORRUPT ||
	    !(rule->iotypes & (1U << BLKDEBUG_IO_WRITE)))
		return 0;
	return blkdebug_copies_init(&to_target(engine)->copies);
}

static int blkdebug_owner_command(struct blkdebug_call *call)
{
	struct blkdebug_target *t = to_target(call->engine);
	const char *name = call->argv[-1];

	if (!strcmp(name, "mark") || !strcmp(name, "unmark"))
		return blkdebug_mark_command(t, call);
	return blkdebug_power_command(t, call);
}

/* Callbacks of the engine */
static const struct blkdebug_ops blkdebug_ops = {
	.queue_ready = blkdebug_queue_io_work,
	.schedule_housekeeping = blkdebug_schedule_housekeeping,
	.prepare_rule = blkdebug_prepare_rule,
	.command = blkdebug_owner_command,
};

static void blkdebug_housekeeping_work(struct work_struct *work)
{
	struct blkdebug_target *t =
		container_of(work, struct blkdebug_target, housekeeping_work);
	unsigned int noio = memalloc_noio_save();
	unsigned int changes = blkdebug_engine_housekeep(&t->engine);

	memalloc_noio_restore(noio);
	if (!changes)
		return;
	dm_table_event(t->ti->table);
	blkdebug_sysfs_notify(t, changes);
}

static void blkdebug_dtr(struct dm_target *ti)
{
	struct blkdebug_target *t = ti->private;

	blkdebug_remove_origin(t);
	blkdebug_close_cache(t);
	/* Before the cache goes, because a cut may be choosing survivors there */
	blkdebug_power_exit(t);
	/* If another target failed the resume, no postsuspend has removed it */
	blkdebug_sysfs_remove(t);
	if (t->wq)
		destroy_workqueue(t->wq);
	cancel_work_sync(&t->housekeeping_work);
	blkdebug_engine_exit(&t->engine);
	blkdebug_writeback_exit(t);
	blkdebug_copies_exit(&t->copies);
	if (t->dev)
		dm_put_device(ti, t->dev);
	kfree(t);
}

/* Set the limits that rules are checked against; needs the device and the options */
static void set_geometry(struct blkdebug_target *t)
{
	struct blkdebug_geometry *geometry = &t->engine.geometry;

	geometry->sectors = t->ti->len;
	geometry->block = max_t(u64, bdev_logical_block_size(t->dev->bdev),
				t->opts.align) >> SECTOR_SHIFT;
	geometry->zoned = bdev_is_zoned(t->dev->bdev);
}

/* Parse options and rules; @argv starts behind the offset */
static int parse_table(struct blkdebug_target *t, unsigned int argc,
		       char **argv)
{
	struct blkdebug_engine *engine = &t->engine;
	struct blkdebug_error err = { .reason = NULL };
	unsigned int pos = 0;
	LIST_HEAD(rules);
	int r;

	r = blkdebug_parse_options(argc, argv, &pos, &t->opts, &err);
	if (!r)
		r = blkdebug_check_limits(t, &err);
	if (!r)
		r = blkdebug_check_cache(t, &err);
	if (!r)
		set_geometry(t);
	if (!r)
		r = blkdebug_parse_rules(argc - pos, argv + pos, 1,
					 &engine->geometry, &rules, &err);
	if (r) {
		blkdebug_log_error(t, &err);
		t->ti->error = err.reason;
		blkdebug_free_rules(&rules);
		return r;
	}
	engine->state = t->opts.state;
	engine->start_state = t->opts.state;
	engine->seed = t->opts.seed;
	if (t->opts.opt_write_zero || t->opts.opt_discard)
		engine->mode |= BLKDEBUG_HAS_SIZES;
	if (t->opts.cache)
		engine->mode |= BLKDEBUG_HAS_CACHE;
	if (t->opts.cache || t->opts.power[0])
		engine->mode |= BLKDEBUG_CHECKS_POWER;
	if (list_empty(&rules))
		return 0;

	mutex_lock(&engine->control);
	r = blkdebug_add_rules(engine, &rules, false);
	mutex_unlock(&engine->control);
	if (r)
		t->ti->error = "Cannot allocate rules";
	return r;
}

static int parse_device(struct blkdebug_target *t, char **argv)
{
	struct dm_target *ti = t->ti;
	u64 start;
	int r;

	if (blkdebug_parse_number(argv[1], strlen(argv[1]), U64_MAX, &start) ||
	    start != (sector_t)start) {
		ti->error = "Invalid device sector";
		return -EINVAL;
	}
	t->start = start;
	t->shift = t->start - ti->begin;
	r = dm_get_device(ti, argv[0], dm_table_get_mode(ti->table), &t->dev);
	if (r)
		ti->error = "Device lookup failed";
	return r;
}

/* Raise the event "none", by which a rule may be armed from the start */
static int raise_none(struct blkdebug_target *t)
{
	struct blkdebug_io *io = kmalloc(sizeof(*io), GFP_KERNEL);

	if (!io) {
		t->ti->error = "Cannot allocate I/O";
		return -ENOMEM;
	}
	blkdebug_raise(&t->engine, io, BLKDEBUG_EV_NONE, NULL);
	kfree(io);
	return 0;
}

static void set_capabilities(struct dm_target *ti)
{
	const struct blkdebug_target *t = ti->private;

	ti->max_io_len = min_not_zero(t->opts.max_transfer >> SECTOR_SHIFT,
				      (u64)blkdebug_largest_write(t));
	/* Rules match flushes even if the device below has no volatile cache */
	ti->flush_supported = true;
	ti->num_flush_bios = 1;
	ti->num_discard_bios = 1;
	ti->num_secure_erase_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->per_io_data_size = sizeof(struct blkdebug_bio);
	blkdebug_set_accounts_remapped_io(ti);
}

/* Parse the words of the table line and set up what they ask for. */
static int load_table(struct blkdebug_target *t, unsigned int argc, char **argv)
{
	int r;

	r = parse_device(t, argv);
	if (!r)
		r = parse_table(t, argc - 2, argv + 2);
	if (r)
		return r;
	r = blkdebug_power_init(t);
	if (r) {
		t->ti->error = "Cannot allocate power supply";
		return r;
	}
	r = blkdebug_writeback_init(t);
	if (r) {
		t->ti->error = "Cannot allocate write cache";
		return r;
	}
	return raise_none(t);
}

/*
 * Construct a target: <device> <offset> [<option>=<value>]... [<rule>]...
 */
static int blkdebug_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct blkdebug_target *t;
	int r;

	if (argc < 2) {
		ti->error = "Invalid argument count";
		return -EINVAL;
	}
	/* dm has split a long line into words without a pause */
	cond_resched();
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t) {
		ti->error = "Cannot allocate context";
		return -ENOMEM;
	}
	ti->private = t;
	t->ti = ti;
	t->engine.dev = disk_devt(dm_disk(dm_table_get_md(ti->table)));
	INIT_LIST_HEAD(&t->origin_link);
	INIT_LIST_HEAD(&t->marks);
	INIT_WORK(&t->io_work, blkdebug_io_work);
	INIT_WORK(&t->housekeeping_work, blkdebug_housekeeping_work);
	blkdebug_sysfs_init(t);
	r = blkdebug_engine_init(&t->engine, &blkdebug_ops);
	if (r) {
		ti->error = "Cannot allocate engine";
		goto bad;
	}
	t->wq = alloc_ordered_workqueue("blkdebug", WQ_MEM_RECLAIM);
	if (!t->wq) {
		ti->error = "Cannot allocate workqueue";
		r = -ENOMEM;
		goto bad;
	}
	r = load_table(t, argc, argv);
	if (r)
		goto bad;
	set_capabilities(ti);
	return 0;
bad:
	blkdebug_dtr(ti);
	return r;
}

/*
 * End all holds. Until the resume, the target holds no bio and no message sleeps. With
 * --noflush, bios that were held before they were submitted are requeued, so that the
 * next table maps them.
 */
static void blkdebug_presuspend(struct dm_target *ti)
{
	struct blkdebug_target *t = ti->private;
	LIST_HEAD(requeued);

	/* I/O that was held when the power failed ends in EIO, and is not requeued. */
	blkdebug_settle_power(&t->power.line);
	blkdebug_suspend(&t->engine, dm_noflush_suspending(ti), &requeued);
	wake_up_all(&t->power.line.supply->wait);
	blkdebug_requeue(&requeued);
}

static void blkdebug_postsuspend(struct dm_target *ti)
{
	struct blkdebug_target *t = ti->private;

	blkdebug_sysfs_remove(t);
	blkdebug_remove_origin(t);
	blkdebug_drain_cache(t);
}

static int blkdebug_preresume(struct dm_target *ti)
{
	return blkdebug_sysfs_add(ti->private);
}

/* End a suspend, or undo one that has failed */
static void blkdebug_resume(struct dm_target *ti)
{
	struct blkdebug_target *t = ti->private;

	blkdebug_start_power(&t->power.line);
	blkdebug_open_cache(t);
	blkdebug_unsuspend(&t->engine);
	blkdebug_add_origin(t);
}

static void print_table(struct blkdebug_target *t, struct seq_buf *out)
{
	seq_buf_printf(out, "%s %llu", t->dev->name,
		       (unsigned long long)t->start);
	blkdebug_print_options(out, &t->opts);
	blkdebug_print_rules(&t->engine, out);
}

/*
 * Write @text with a backslash before each character that separates words, attributes
 * or targets, as dm writes the names of devices to IMA. Empty @text afterwards.
 */
static void print_ima_text(struct seq_buf *out, struct seq_buf *text)
{
	size_t len = min(text->len, text->size - 1);
	size_t i;

	for (i = 0; i < len; i++) {
		char c = text->buffer[i];

		seq_buf_printf(out, strchr("\\ ,;=", c) ? "\\%c" : "%c", c);
	}
	seq_buf_clear(text);
}

static void print_ima(struct blkdebug_target *t, struct seq_buf *out)
{
	const struct target_type *type = t->ti->type;
	char *buffer = kmalloc(out->size, GFP_NOIO);
	struct seq_buf text;

	seq_buf_printf(out, "target_name=%s,target_version=%u.%u.%u",
		       type->name, type->version[0], type->version[1],
		       type->version[2]);
	if (!buffer)
		return;
	seq_buf_init(&text, buffer, out->size);
	seq_buf_printf(out, ",device_name=%s,start=%llu,options=",
		       t->dev->name, (unsigned long long)t->start);
	blkdebug_print_options(&text, &t->opts);
	print_ima_text(out, &text);
	seq_buf_printf(out, ",rules=");
	blkdebug_print_rules(&t->engine, &text);
	print_ima_text(out, &text);
	seq_buf_printf(out, ";");
	kfree(buffer);
}

static void blkdebug_status(struct dm_target *ti, status_type_t type,
			    unsigned int status_flags, char *result,
			    unsigned int maxlen)
{
	struct blkdebug_target *t = ti->private;
	struct seq_buf out;

	seq_buf_init(&out, result, maxlen);
	switch ((unsigned int)type) {
	case STATUSTYPE_INFO:
		blkdebug_print_status(&t->engine, &out);
		blkdebug_print_power(t, &out);
		break;
	case STATUSTYPE_TABLE:
		print_table(t, &out);
		break;
	case STATUSTYPE_IMA:
		print_ima(t, &out);
		break;
	}
}

static BLKDEBUG_PREPARE_IOCTL(blkdebug_prepare_ioctl)
{
	struct blkdebug_target *t = ti->private;

	*bdev = t->dev->bdev;
	/* Pass on only if the target maps the whole device, which ioctls act on */
	return t->start || ti->len != bdev_nr_sectors(t->dev->bdev);
}

static int blkdebug_iterate_devices(struct dm_target *ti,
				    iterate_devices_callout_fn fn, void *data)
{
	struct blkdebug_target *t = ti->private;

	return fn(ti, t->dev, t->start, ti->len, data);
}

#ifdef CONFIG_BLK_DEV_ZONED
static int blkdebug_report_zones(struct dm_target *ti,
				 struct dm_report_zones_args *args,
				 unsigned int nr_zones)
{
	struct blkdebug_target *t = ti->private;

	return dm_report_zones(t->dev->bdev, t->start,
			       args->next_sector + t->shift, args, nr_zones);
}
#else
#define blkdebug_report_zones NULL
#endif

static struct target_type blkdebug_target = {
	.name = "blkdebug",
	.version = { 1, 0, 0 },
	.features = DM_TARGET_NOWAIT | DM_TARGET_PASSES_INTEGRITY |
		    DM_TARGET_PASSES_CRYPTO | DM_TARGET_ZONED_HM |
		    DM_TARGET_ATOMIC_WRITES,
	.module = THIS_MODULE,
	.ctr = blkdebug_ctr,
	.dtr = blkdebug_dtr,
	.map = blkdebug_map,
	.message = blkdebug_target_message,
	.presuspend = blkdebug_presuspend,
	.presuspend_undo = blkdebug_resume,
	.postsuspend = blkdebug_postsuspend,
	.preresume = blkdebug_preresume,
	.resume = blkdebug_resume,
	.status = blkdebug_status,
	.prepare_ioctl = blkdebug_prepare_ioctl,
	.iterate_devices = blkdebug_iterate_devices,
	.io_hints = blkdebug_io_hints,
	.report_zones = blkdebug_report_zones,
};

static int features_get(char *buffer, const struct kernel_param *kp)
{
	struct seq_buf out;

	seq_buf_init(&out, buffer, PAGE_SIZE);
	blkdebug_print_all_features(&out);
	return out.len;
}

/* Without .set, the kernel would call a NULL pointer for dm-blkdebug.features= */
static int features_set(const char *value, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops features_ops = {
	.set = features_set,
	.get = features_get,
};

module_param_cb(features, &features_ops, NULL, 0444);
MODULE_PARM_DESC(features, "Actions, events, keys and messages that rules and users may use");

static int __init blkdebug_init(void)
{
	int r = blkdebug_rule_init();

	if (r)
		return r;
	r = blkdebug_power_setup();
	if (r)
		goto bad_power;
	r = dm_register_target(&blkdebug_target);
	if (r)
		goto bad;
	r = dm_register_target(&blkdebug_crash_target);
	if (r)
		goto bad_crash;
	return 0;
bad_crash:
	dm_unregister_target(&blkdebug_target);
bad:
	blkdebug_power_cleanup();
bad_power:
	blkdebug_rule_exit();
	return r;
}

static void __exit blkdebug_exit(void)
{
	dm_unregister_target(&blkdebug_crash_target);
	dm_unregister_target(&blkdebug_target);
	blkdebug_power_cleanup();
	/*
	 * blkdebug_end_io() runs dm's completion of a bio and, unless the compiler
	 * makes that a jump, returns into this module. The completion of the last bio
	 * lets the table go, and with it the reference to the module, while the hook
	 * has not returned. It runs in an interrupt, which ends before a grace period
	 * of RCU does, or in a task that may be preempted in the hook, but does not
	 * sleep there: hence a grace period of RCU tasks, which includes one of RCU
	 * and lasts until each task has slept or run in user space.
	 */
	synchronize_rcu_tasks();
	blkdebug_rule_exit();
}

module_init(blkdebug_init);
module_exit(blkdebug_exit);

MODULE_DESCRIPTION("Device-mapper target that injects errors and holds I/O");
MODULE_AUTHOR("The dm-blkdebug authors");
MODULE_LICENSE("GPL");

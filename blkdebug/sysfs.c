// SPDX-License-Identifier: GPL-2.0-only
/*
 * sysfs: /sys/block/dm-N/blkdebug-<start>/.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "target.h"

/*
 * All directories there are. The mutex guards it, and in each target @kobj and
 * @link.
 */
static LIST_HEAD(dirs);
static DEFINE_MUTEX(dirs_lock);

static struct blkdebug_file *to_file(struct kobj_attribute *attr)
{
	return container_of(attr, struct blkdebug_file, attr);
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	struct blkdebug_engine *engine = &to_file(attr)->target->engine;

	return sysfs_emit(buf, "%u\n", READ_ONCE(engine->state));
}

static ssize_t held_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	struct seq_buf out;

	seq_buf_init(&out, buf, PAGE_SIZE);
	blkdebug_print_held_tags(&to_file(attr)->target->engine, &out);
	return out.len;
}

static ssize_t injected_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	struct blkdebug_engine *engine = &to_file(attr)->target->engine;
	unsigned long flags = blkdebug_lock(engine);
	u64 injected = blkdebug_injected(engine);

	blkdebug_unlock(engine, flags);
	return sysfs_emit(buf, "%llu\n", injected);
}

/* Carry out the words written as the message of the file's name */
static int run_words(struct blkdebug_file *file, const char *buf)
{
	char answer[32];
	struct seq_buf out;
	char *words;
	char **argv;
	int argc, r;

	words = kasprintf(GFP_KERNEL, "%s %s", file->verb, buf);
	if (!words)
		return -ENOMEM;
	argv = argv_split(GFP_KERNEL, words, &argc);
	kfree(words);
	if (!argv)
		return -ENOMEM;
	/* There is nowhere to put an answer */
	seq_buf_init(&out, answer, sizeof(answer));
	r = -EINVAL;
	if (argc > 1)
		r = blkdebug_command(file->target, argc, argv, &out);
	argv_free(argv);
	return r < 0 ? r : 0;
}

static ssize_t words_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	unsigned int noio = memalloc_noio_save();
	int r = run_words(to_file(attr), buf);

	memalloc_noio_restore(noio);
	return r ?: count;
}

static const struct {
	const char *name;
	umode_t mode;
	ssize_t (*show)(struct kobject *kobj, struct kobj_attribute *attr,
			char *buf);
} files[BLKDEBUG_NR_FILES] = {
	{ "state", 0600, state_show },
	{ "event", 0200, NULL },
	{ "break", 0200, NULL },
	{ "remove_break", 0200, NULL },
	{ "resume", 0200, NULL },
	{ "held", 0400, held_show },
	{ "injected", 0400, injected_show },
};

/**
 * blkdebug_sysfs_init - make ready for a directory
 * @t: the target
 */
void blkdebug_sysfs_init(struct blkdebug_target *t)
{
	struct blkdebug_sysfs *sysfs = &t->sysfs;
	unsigned int i;

	INIT_LIST_HEAD(&sysfs->link);
	for (i = 0; i < BLKDEBUG_NR_FILES; i++) {
		struct blkdebug_file *file = &sysfs->file[i];

		sysfs_attr_init(&file->attr.attr);
		file->attr.attr.name = files[i].name;
		file->attr.attr.mode = files[i].mode;
		file->attr.show = files[i].show;
		if (files[i].mode & 0200)
			file->attr.store = words_store;
		file->target = t;
		file->verb = files[i].name;
		sysfs->attrs[i] = &file->attr.attr;
	}
	sysfs->group.attrs = sysfs->attrs;
}

static struct kobject *create_dir(struct blkdebug_target *t)
{
	struct mapped_device *md = dm_table_get_md(t->ti->table);
	struct kobject *parent = &disk_to_dev(dm_disk(md))->kobj;
	struct kobject *kobj;
	char name[32];

	snprintf(name, sizeof(name), "blkdebug-%llu",
		 (unsigned long long)t->ti->begin);
	kobj = kobject_create_and_add(name, parent);
	if (kobj && sysfs_create_group(kobj, &t->sysfs.group)) {
		kobject_put(kobj);
		return NULL;
	}
	return kobj;
}

/* Remove the directory, and wake who polls its files: they get ENODEV now */
static void remove_dir(struct kobject *kobj)
{
	struct kernfs_node *state = sysfs_get_dirent(kobj->sd, "state");
	struct kernfs_node *held = sysfs_get_dirent(kobj->sd, "held");

	kobject_del(kobj);
	sysfs_notify_dirent(state);
	sysfs_notify_dirent(held);
	sysfs_put(state);
	sysfs_put(held);
	kobject_put(kobj);
}

/* The directory of a target, or NULL, to be removed without the mutex */
static struct kobject *take_dir(struct blkdebug_target *t)
{
	struct kobject *kobj = t->sysfs.kobj;

	t->sysfs.kobj = NULL;
	list_del_init(&t->sysfs.link);
	return kobj;
}

/**
 * blkdebug_sysfs_remove - remove the directory, if there is one
 * @t: the target; nobody sleeps in it any more
 *
 * Waits for running reads and writes of its files. May sleep.
 */
void blkdebug_sysfs_remove(struct blkdebug_target *t)
{
	struct kobject *kobj;

	mutex_lock(&dirs_lock);
	kobj = take_dir(t);
	mutex_unlock(&dirs_lock);
	if (kobj)
		remove_dir(kobj);
}

/* The directory in the place of the target's, of a table that never went live */
static struct kobject *take_stale(struct blkdebug_target *t)
{
	struct mapped_device *md = dm_table_get_md(t->ti->table);
	struct blkdebug_target *other;

	list_for_each_entry(other, &dirs, sysfs.link) {
		if (other != t && other->ti->begin == t->ti->begin &&
		    dm_table_get_md(other->ti->table) == md)
			return take_dir(other);
	}
	return NULL;
}

/**
 * blkdebug_sysfs_add - create the directory, if there is none
 * @t: the target, whose table is about to go live
 *
 * To be called in preresume: earlier, the old table's directory may be there
 * yet, and that of a new device's disk is not. If another target makes the resume
 * fail then the directory stays, for when it is tried again; or until another table
 * is resumed, which is not told of this one. May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_sysfs_add(struct blkdebug_target *t)
{
	unsigned int noio = memalloc_noio_save();
	struct kobject *stale;
	int r = 0;

	mutex_lock(&dirs_lock);
	stale = take_stale(t);
	mutex_unlock(&dirs_lock);
	if (stale)
		remove_dir(stale);

	mutex_lock(&dirs_lock);
	if (!t->sysfs.kobj) {
		t->sysfs.kobj = create_dir(t);
		if (t->sysfs.kobj)
			list_add(&t->sysfs.link, &dirs);
		else
			r = -ENOMEM;
	}
	mutex_unlock(&dirs_lock);
	memalloc_noio_restore(noio);
	return r;
}

/**
 * blkdebug_sysfs_notify - wake who polls a file
 * @t: the target
 * @changes: enum blkdebug_change
 *
 * May sleep.
 */
void blkdebug_sysfs_notify(struct blkdebug_target *t, unsigned int changes)
{
	mutex_lock(&dirs_lock);
	if (t->sysfs.kobj && (changes & BLKDEBUG_CHANGED_STATE))
		sysfs_notify(t->sysfs.kobj, NULL, "state");
	if (t->sysfs.kobj && (changes & BLKDEBUG_CHANGED_HELD))
		sysfs_notify(t->sysfs.kobj, NULL, "held");
	mutex_unlock(&dirs_lock);
}

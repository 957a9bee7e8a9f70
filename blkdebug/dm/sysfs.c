// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory of a target in sysfs: /sys/block/dm-N/blkdebug-<start>/.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "message.h"

/*
 * Guards @targets and, in each target, @sysfs.kobj and @sysfs.link. Held while a
 * directory is removed, so that no thread frees a target whose files another thread
 * still waits for. Removal waits for running show() and store() callbacks: none of
 * them takes this lock, allocates memory that takes I/O, or sleeps in a suspended
 * target.
 */
static DEFINE_MUTEX(dirs_lock);
/* All targets that have a directory */
static LIST_HEAD(targets);

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

/* Execute the message that has the name of the file and the words in @buf */
static int execute_words(struct blkdebug_file *file, const char *buf)
{
	char result[32];
	struct seq_buf out;
	char *words;
	char **argv;
	int argc, r;

	words = kasprintf(GFP_KERNEL, "%s %s", file->command, buf);
	if (!words)
		return -ENOMEM;
	argv = argv_split(GFP_KERNEL, words, &argc);
	kfree(words);
	if (!argv)
		return -ENOMEM;
	/* A write returns no text: drop the result */
	seq_buf_init(&out, result, sizeof(result));
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
	int r = execute_words(to_file(attr), buf);

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
 * blkdebug_sysfs_init - initialize the attributes of a target's directory
 * @t: the target
 *
 * Creates no directory.
 *
 * Context: any.
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
		file->command = files[i].name;
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

/*
 * Remove the directory, if there is one. Callers of poll() on its files are woken,
 * and read ENODEV.
 */
static void remove_dir(struct blkdebug_target *t)
{
	struct kobject *kobj = t->sysfs.kobj;
	struct kernfs_node *state, *held;

	lockdep_assert_held(&dirs_lock);
	if (!kobj)
		return;
	state = sysfs_get_dirent(kobj->sd, "state");
	held = sysfs_get_dirent(kobj->sd, "held");
	kobject_del(kobj);
	sysfs_notify_dirent(state);
	sysfs_notify_dirent(held);
	sysfs_put(state);
	sysfs_put(held);
	kobject_put(kobj);
	t->sysfs.kobj = NULL;
	list_del_init(&t->sysfs.link);
}

/**
 * blkdebug_sysfs_remove - remove the directory, if there is one
 * @t: the target; suspended, so that no message to it sleeps
 *
 * Waits for running reads and writes of the files.
 *
 * Context: may sleep; takes dirs_lock.
 */
void blkdebug_sysfs_remove(struct blkdebug_target *t)
{
	mutex_lock(&dirs_lock);
	remove_dir(t);
	mutex_unlock(&dirs_lock);
}

/*
 * Find the target of another table of the same device whose directory has the name
 * of the directory of @t.
 */
static struct blkdebug_target *find_stale(struct blkdebug_target *t)
{
	struct mapped_device *md = dm_table_get_md(t->ti->table);
	struct blkdebug_target *other;

	lockdep_assert_held(&dirs_lock);
	list_for_each_entry(other, &targets, sysfs.link) {
		if (other != t && other->ti->begin == t->ti->begin &&
		    dm_table_get_md(other->ti->table) == md)
			return other;
	}
	return NULL;
}

/**
 * blkdebug_sysfs_add - create the directory, if there is none
 * @t: the target, whose table is about to go live
 *
 * To be called in preresume: before, the directory of the old table may exist, and
 * the disk of a new device is not in sysfs. If another target fails the resume, the
 * directory stays until the resume is tried again, until the table is destroyed, or
 * until another table of the device is resumed, which removes it here.
 *
 * Context: may sleep; takes dirs_lock.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_sysfs_add(struct blkdebug_target *t)
{
	unsigned int noio = memalloc_noio_save();
	struct blkdebug_target *stale;
	int r = 0;

	mutex_lock(&dirs_lock);
	stale = find_stale(t);
	if (stale)
		remove_dir(stale);
	if (!t->sysfs.kobj) {
		t->sysfs.kobj = create_dir(t);
		if (t->sysfs.kobj)
			list_add(&t->sysfs.link, &targets);
		else
			r = -ENOMEM;
	}
	mutex_unlock(&dirs_lock);
	memalloc_noio_restore(noio);
	return r;
}

/**
 * blkdebug_sysfs_notify - wake callers of poll() on files that have changed
 * @t: the target
 * @changes: enum blkdebug_change
 *
 * Context: may sleep; takes dirs_lock.
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

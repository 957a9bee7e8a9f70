/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of a target in sysfs: /sys/block/dm-N/blkdebug-<start>/. An upstream
 * series may leave it out: the target makes four calls and keeps one member.
 */
#ifndef BLKDEBUG_SYSFS_H
#define BLKDEBUG_SYSFS_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/sysfs.h>

struct blkdebug_target;

#define BLKDEBUG_NR_FILES	7

/* A file of the directory */
struct blkdebug_file {
	struct kobj_attribute attr;
	/* For show() and store(), which are passed @attr */
	struct blkdebug_target *target;
	/* A write of words executes the message "<command> <words>" */
	const char *command;
};

/* The directory of a target */
struct blkdebug_sysfs {
	/* Guarded by dirs_lock in sysfs.c */

	/* In the list of all targets that have a directory */
	struct list_head link;
	/* NULL while there is no directory */
	struct kobject *kobj;

	/* Constant after blkdebug_sysfs_init() */

	struct blkdebug_file file[BLKDEBUG_NR_FILES];
	/* The attributes of @file, terminated by NULL, as @group wants them */
	struct attribute *attrs[BLKDEBUG_NR_FILES + 1];
	struct attribute_group group;
};

void blkdebug_sysfs_init(struct blkdebug_target *t);
int blkdebug_sysfs_add(struct blkdebug_target *t);
void blkdebug_sysfs_remove(struct blkdebug_target *t);
void blkdebug_sysfs_notify(struct blkdebug_target *t, unsigned int changes);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysfs: /sys/block/dm-N/blkdebug-<start>/. An upstream series may leave this
 * out: the target makes three calls and keeps one member.
 */
#ifndef BLKDEBUG_SYSFS_H
#define BLKDEBUG_SYSFS_H

#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/sysfs.h>

struct blkdebug_target;

#define BLKDEBUG_NR_FILES	7

/**
 * struct blkdebug_file - a file of the directory
 * @attr: for sysfs
 * @target: whose file it is
 * @verb: the message that a write stands for, or NULL
 */
struct blkdebug_file {
	struct kobj_attribute attr;
	struct blkdebug_target *target;
	const char *verb;
};

/**
 * struct blkdebug_sysfs - the directory of a target
 * @link: in the list of all directories
 * @kobj: the directory, while the table is live
 * @file: its files
 * @attrs: the same, as sysfs wants them
 * @group: likewise
 */
struct blkdebug_sysfs {
	struct list_head link;
	struct kobject *kobj;
	struct blkdebug_file file[BLKDEBUG_NR_FILES];
	struct attribute *attrs[BLKDEBUG_NR_FILES + 1];
	struct attribute_group group;
};

void blkdebug_sysfs_init(struct blkdebug_target *t);
int blkdebug_sysfs_add(struct blkdebug_target *t);
void blkdebug_sysfs_remove(struct blkdebug_target *t);
void blkdebug_sysfs_notify(struct blkdebug_target *t, unsigned int changes);

#endif

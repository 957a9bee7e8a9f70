/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The current task.
 */
#ifndef SHIM_SCHED_H
#define SHIM_SCHED_H

#include <linux/spinlock.h>

#define TASK_COMM_LEN	16

struct shim_task {
	char comm[TASK_COMM_LEN];
};

extern struct shim_task shim_task;

#define current		(&shim_task)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that runs after a grace period: at its end, by the task that ends it.
 */
#ifndef SHIM_WORKQUEUE_H
#define SHIM_WORKQUEUE_H

#include <linux/rcupdate.h>

#define WQ_MEM_RECLAIM	1U

struct workqueue_struct {
	const char *name;
};

struct work_struct {
	void (*func)(struct work_struct *work);
};

struct rcu_work {
	struct work_struct work;
	struct rcu_head rcu;
};

#define to_rcu_work(ptr)	container_of(ptr, struct rcu_work, work)
#define INIT_RCU_WORK(rwork, fn)	((void)((rwork)->work.func = (fn)))

struct workqueue_struct *alloc_ordered_workqueue(const char *name,
						 unsigned int flags);
void destroy_workqueue(struct workqueue_struct *wq);
void flush_workqueue(struct workqueue_struct *wq);
bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork);

#endif

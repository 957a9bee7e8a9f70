/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutexes; see linux/spinlock.h.
 */
#ifndef SHIM_MUTEX_H
#define SHIM_MUTEX_H

#include <linux/spinlock.h>

struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name)	struct mutex name
#define mutex_init(mutex)	((mutex)->held = false)
#define mutex_destroy(mutex)	shim_assert(!(mutex)->held)

#define mutex_lock_nest_lock(mutex, nest)	\
	({ shim_assert((nest)->held); mutex_lock(mutex); })

void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

#endif

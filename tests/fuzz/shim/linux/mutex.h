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

void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks. There is one thread, so a lock is never contended; it records that it is held.
 */
#ifndef SHIM_SPINLOCK_H
#define SHIM_SPINLOCK_H

#include <linux/types.h>

struct shim_lock {
	bool held;
};

typedef struct shim_lock spinlock_t;

#define lockdep_is_held(lock)	((lock)->held)
#define lockdep_assert_held(lock)	shim_assert((lock)->held)

/* Spinlocks held and RCU read sections entered: sleeping is forbidden */
extern unsigned int shim_atomic;
/* Mutexes taken */
extern unsigned int shim_mutexes;

#define might_sleep()		shim_assert(!shim_atomic)
#define cond_resched()		might_sleep()

void shim_spin_lock(spinlock_t *lock);
void shim_spin_unlock(spinlock_t *lock);

#define DEFINE_SPINLOCK(name)	spinlock_t name
#define spin_lock_init(lock)	((lock)->held = false)
#define spin_lock(lock)	shim_spin_lock(lock)
#define spin_unlock(lock)	shim_spin_unlock(lock)
#define spin_lock_irqsave(lock, flags)	\
	do { (flags) = 1; shim_spin_lock(lock); } while (0)
#define spin_unlock_irqrestore(lock, flags)	\
	do { shim_assert((flags) == 1); shim_spin_unlock(lock); } while (0)

#endif

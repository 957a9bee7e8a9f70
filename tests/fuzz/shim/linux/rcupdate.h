/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU. There is one thread, so a grace period is over as soon as it is in no read
 * section and holds no spinlock.
 */
#ifndef SHIM_RCUPDATE_H
#define SHIM_RCUPDATE_H

#include <linux/slab.h>
#include <linux/spinlock.h>

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
	void *mem;
};

extern unsigned int shim_rcu_readers;

void rcu_read_lock(void);
void rcu_read_unlock(void);
void synchronize_rcu(void);
void rcu_barrier(void);
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void shim_free_rcu(struct rcu_head *head, void *mem);

#define synchronize_rcu_expedited()	synchronize_rcu()

#define kvfree_rcu(ptr, member)	shim_free_rcu(&(ptr)->member, ptr)
#define kfree_rcu(ptr, member)	shim_free_rcu(&(ptr)->member, ptr)

#define rcu_read_lock_held()	(shim_rcu_readers > 0)

#define RCU_LOCKDEP_WARN(condition, text)	shim_assert(!(condition))
#define rcu_access_pointer(ptr)		(ptr)
#define rcu_dereference_protected(ptr, condition)	\
	({ shim_assert(condition); (ptr); })
#define rcu_dereference_check(ptr, condition)	\
	({ shim_assert((condition) || rcu_read_lock_held()); (ptr); })
#define rcu_dereference(ptr)		rcu_dereference_check(ptr, 0)
#define rcu_dereference_sched(ptr)	rcu_dereference(ptr)
#define rcu_read_lock_sched()		rcu_read_lock()
#define rcu_read_unlock_sched()		rcu_read_unlock()
#define rcu_replace_pointer(ptr, value, condition) ({		\
	__typeof__(ptr) __old = rcu_dereference_protected(ptr, condition); \
								\
	rcu_assign_pointer(ptr, value);				\
	__old;							\
})
#define rcu_assign_pointer(ptr, value)	((ptr) = (value))
#define RCU_INIT_POINTER(ptr, value)	((ptr) = (value))

#endif

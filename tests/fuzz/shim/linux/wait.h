/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting. While a message sleeps, the fuzz target executes the next lines. Then the
 * sleeper tests its condition again, which must not be true without a wakeup.
 */
#ifndef SHIM_WAIT_H
#define SHIM_WAIT_H

#include <linux/spinlock.h>

typedef struct {
	unsigned int sleepers;
	unsigned long wakes;
} wait_queue_head_t;

static inline void init_waitqueue_head(wait_queue_head_t *wq)
{
	wq->sleepers = 0;
	wq->wakes = 0;
}

static inline bool waitqueue_active(const wait_queue_head_t *wq)
{
	return wq->sleepers;
}

static inline void wake_up_all(wait_queue_head_t *wq)
{
	wq->wakes++;
}

/*
 * For the fuzz target to say: 1: something has happened, 0: nothing more will
 * in time, negative: the sleeper is killed.
 */
long shim_sleep(void);

/* A true condition stands, whatever has ended the sleep */
#define wait_event_killable_timeout(wq, condition, timeout) ({	\
	long __limit = (timeout), __left = 1;			\
	bool __done;						\
								\
	might_sleep();						\
	shim_assert(!shim_mutexes);				\
	__done = (condition);					\
	while (!__done && __left > 0) {				\
		unsigned long __wakes = (wq).wakes;		\
								\
		(wq).sleepers++;				\
		__left = shim_sleep();				\
		(wq).sleepers--;				\
		__done = (condition);				\
		shim_assert(!__done || (wq).wakes != __wakes);	\
	}							\
	__done ? max_t(long, __limit, 1) : __left; })

#endif

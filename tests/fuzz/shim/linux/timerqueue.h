/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues by time.
 */
#ifndef SHIM_TIMERQUEUE_H
#define SHIM_TIMERQUEUE_H

#include <linux/ktime.h>

struct timerqueue_node {
	struct timerqueue_node *next;
	bool queued;
	ktime_t expires;
};

struct timerqueue_head {
	struct timerqueue_node *first;
};

static inline void timerqueue_init_head(struct timerqueue_head *head)
{
	head->first = NULL;
}

static inline void timerqueue_init(struct timerqueue_node *node)
{
	node->queued = false;
}

static inline struct timerqueue_node *
timerqueue_getnext(const struct timerqueue_head *head)
{
	return head->first;
}

/* Both return whether there is another first one, or any first one, now */
bool timerqueue_add(struct timerqueue_head *head, struct timerqueue_node *node);
bool timerqueue_del(struct timerqueue_head *head, struct timerqueue_node *node);

#endif

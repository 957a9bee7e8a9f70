/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists under RCU: as others, but that what is removed still leads on.
 */
#ifndef SHIM_RCULIST_H
#define SHIM_RCULIST_H

#include <linux/list.h>
#include <linux/rcupdate.h>

#define list_add_tail_rcu	list_add_tail
#define hlist_add_head_rcu	hlist_add_head
#define hlist_del_rcu		hlist_del

static inline void list_del_rcu(struct list_head *entry)
{
	shim_list_unlink(entry);
	entry->prev = NULL;
}

#define hlist_for_each_entry_rcu(pos, list, member, ...)	\
	hlist_for_each_entry(pos, list, member)

#define list_for_each_entry_rcu(pos, list, member, ...)		\
	list_for_each_entry(pos, list, member)

#endif

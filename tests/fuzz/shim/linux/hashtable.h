/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hash tables.
 */
#ifndef SHIM_HASHTABLE_H
#define SHIM_HASHTABLE_H

#include <linux/kernel.h>
#include <linux/rculist.h>

#define DECLARE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)]

#define hash_init(table) do {					\
	unsigned int __i;					\
								\
	for (__i = 0; __i < ARRAY_SIZE(table); __i++)		\
		(table)[__i].first = NULL;			\
} while (0)

#define shim_hash_list(table, key)				\
	(&(table)[(unsigned long)(key) % ARRAY_SIZE(table)])

#define hash_add_rcu(table, node, key)				\
	hlist_add_head(node, shim_hash_list(table, key))

#define hash_for_each_possible_rcu(table, pos, member, key, ...)	\
	for (pos = hlist_entry_safe(shim_hash_list(table, key)->first,	\
				    __typeof__(*pos), member);	\
	     pos; pos = hlist_entry_safe(pos->member.next,	\
					 __typeof__(*pos), member))

#define hash_for_each(table, i, pos, member)			\
	for (i = 0; i < ARRAY_SIZE(table); i++)			\
		for (pos = hlist_entry_safe((table)[i].first,	\
					    __typeof__(*pos), member);	\
		     pos;					\
		     pos = hlist_entry_safe(pos->member.next,	\
					    __typeof__(*pos), member))

#define hash_for_each_safe(table, i, tmp, pos, member)		\
	for (i = 0; i < ARRAY_SIZE(table); i++)			\
		for (pos = hlist_entry_safe((table)[i].first,	\
					    __typeof__(*pos), member);	\
		     pos && ((tmp = pos->member.next), 1);	\
		     pos = hlist_entry_safe(tmp, __typeof__(*pos), member))

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists, which notice when they are misused.
 */
#ifndef SHIM_LIST_H
#define SHIM_LIST_H

#include <linux/types.h>

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
	return list->next == list;
}

static inline void shim_list_check(const struct list_head *entry)
{
	shim_assert(entry->next && entry->prev);
	shim_assert(entry->next->prev == entry && entry->prev->next == entry);
}

static inline void shim_list_insert(struct list_head *new,
				    struct list_head *before,
				    struct list_head *behind)
{
	shim_list_check(before);
	shim_list_check(behind);
	shim_assert(new != before && new != behind);
	new->prev = before;
	new->next = behind;
	before->next = new;
	behind->prev = new;
}

static inline void list_add(struct list_head *new, struct list_head *list)
{
	shim_list_insert(new, list, list->next);
}

static inline void list_add_tail(struct list_head *new, struct list_head *list)
{
	shim_list_insert(new, list->prev, list);
}

static inline void shim_list_unlink(struct list_head *entry)
{
	shim_list_check(entry);
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
}

static inline void list_del(struct list_head *entry)
{
	shim_list_unlink(entry);
	entry->next = NULL;
	entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	shim_list_unlink(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *list)
{
	shim_list_unlink(entry);
	list_add_tail(entry, list);
}

static inline void list_splice_tail_init(struct list_head *from,
					 struct list_head *list)
{
	if (list_empty(from))
		return;
	shim_list_check(from);
	shim_list_check(list);
	from->next->prev = list->prev;
	list->prev->next = from->next;
	from->prev->next = list;
	list->prev = from->prev;
	INIT_LIST_HEAD(from);
}

static inline void list_splice_init(struct list_head *from,
				    struct list_head *list)
{
	list_splice_tail_init(from, list->next);
}

#define list_entry(ptr, type, member)	container_of(ptr, type, member)
#define list_next_entry(entry, member)	\
	list_entry((entry)->member.next, __typeof__(*(entry)), member)
#define list_first_entry(list, type, member)			\
	list_entry((list)->next, type, member)
#define list_last_entry(list, type, member)			\
	list_entry((list)->prev, type, member)
#define list_first_entry_or_null(list, type, member)		\
	(list_empty(list) ? NULL : list_first_entry(list, type, member))

#define shim_list_next(pos, member)				\
	list_entry((pos)->member.next, __typeof__(*(pos)), member)

#define list_for_each_entry(pos, list, member)			\
	for (pos = list_first_entry(list, __typeof__(*pos), member);	\
	     &pos->member != (list);				\
	     pos = shim_list_next(pos, member))

#define list_for_each_entry_safe(pos, next_pos, list, member)	\
	for (pos = list_first_entry(list, __typeof__(*pos), member),	\
	     next_pos = shim_list_next(pos, member);		\
	     &pos->member != (list);				\
	     pos = next_pos, next_pos = shim_list_next(next_pos, member))

/* Lists of which only the start is known, for hash tables */

struct hlist_node {
	struct hlist_node *next, **place;
};

struct hlist_head {
	struct hlist_node *first;
};

static inline void hlist_add_head(struct hlist_node *new,
				  struct hlist_head *list)
{
	new->next = list->first;
	new->place = &list->first;
	if (new->next)
		new->next->place = &new->next;
	list->first = new;
}

static inline void hlist_del(struct hlist_node *node)
{
	shim_assert(node->place && *node->place == node);
	*node->place = node->next;
	if (node->next)
		node->next->place = node->place;
	node->place = NULL;
}

#define INIT_HLIST_HEAD(list)	((void)((list)->first = NULL))

static inline bool hlist_empty(const struct hlist_head *list)
{
	return !list->first;
}

static inline void hlist_move_list(struct hlist_head *from, struct hlist_head *to)
{
	to->first = from->first;
	if (to->first)
		to->first->place = &to->first;
	from->first = NULL;
}

#define hlist_entry	container_of

/* The entry of @node, or NULL */
#define hlist_entry_safe(node, type, member) ({			\
	struct hlist_node *__node = (node);			\
	__node ? container_of(__node, type, member) : NULL; })

#define hlist_for_each_entry(pos, list, member)			\
	for (pos = hlist_entry_safe((list)->first, __typeof__(*pos), member); \
	     pos;						\
	     pos = hlist_entry_safe(pos->member.next, __typeof__(*pos), member))

#define hlist_for_each_entry_safe(pos, next_node, list, member)	\
	for (pos = hlist_entry_safe((list)->first, __typeof__(*pos), member); \
	     pos && ((next_node = pos->member.next), 1);	\
	     pos = hlist_entry_safe(next_node, __typeof__(*pos), member))

#endif

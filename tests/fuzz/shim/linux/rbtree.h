/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trees, not balanced.
 */
#ifndef SHIM_RBTREE_H
#define SHIM_RBTREE_H

#include <linux/types.h>

struct rb_node {
	struct rb_node *parent;
	struct rb_node *rb_left;
	struct rb_node *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT		((struct rb_root) { NULL })
#define RB_EMPTY_ROOT(root)	(!(root)->rb_node)

#define rb_entry_safe(ptr, type, member)	shim_rb_entry(ptr, type, member)
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->parent = parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	shim_assert(root->rb_node && node);
}

void rb_erase(struct rb_node *node, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *shim_rb_first_leaf(const struct rb_root *root);
struct rb_node *shim_rb_next_postorder(const struct rb_node *node);

#define shim_rb_entry(node, type, member) ({			\
	struct rb_node *__node = (node);			\
	__node ? container_of(__node, type, member) : NULL; })

#define rbtree_postorder_for_each_entry_safe(pos, next_pos, root, member) \
	for (pos = shim_rb_entry(shim_rb_first_leaf(root),	\
				 __typeof__(*pos), member);	\
	     pos && ((next_pos = shim_rb_entry(			\
			shim_rb_next_postorder(&pos->member),	\
			__typeof__(*pos), member)), 1);		\
	     pos = next_pos)

#endif

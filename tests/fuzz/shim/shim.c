// SPDX-License-Identifier: GPL-2.0-only
/*
 * Definitions of the functions that the shim's headers declare.
 */
#include <linux/blkdev.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_buf.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timerqueue.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

void shim_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	abort();
}

/* Memory */

unsigned int shim_fail_nth;
size_t shim_allocated;

void *shim_alloc(size_t size, gfp_t gfp, bool zero)
{
	void *mem;

	if ((gfp & ~(__GFP_NOWARN | __GFP_NORETRY)) == GFP_KERNEL)
		might_sleep();
	if (shim_fail_nth && !--shim_fail_nth)
		return NULL;
	mem = zero ? calloc(1, size) : malloc(size);
	shim_assert(mem);
	shim_allocated++;
	return mem;
}

void shim_free(const void *mem)
{
	if (!mem)
		return;
	shim_assert(shim_allocated);
	shim_allocated--;
	free((void *)mem);
}

void *kmalloc_array(size_t nr, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(nr, size, &bytes))
		return NULL;
	return shim_alloc(bytes, gfp, false);
}

void *kcalloc(size_t nr, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(nr, size, &bytes))
		return NULL;
	return shim_alloc(bytes, gfp, true);
}

char *kstrdup(const char *str, gfp_t gfp)
{
	char *copy = shim_alloc(strlen(str) + 1, gfp, false);

	return copy ? strcpy(copy, str) : NULL;
}

struct kmem_cache *shim_cache_create(size_t size)
{
	struct kmem_cache *cache = shim_alloc(sizeof(*cache), GFP_KERNEL, true);

	if (cache)
		cache->size = size;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	shim_assert(!cache || !cache->used);
	shim_free(cache);
}

void *shim_cache_alloc(struct kmem_cache *cache, gfp_t gfp, bool zero)
{
	void *mem = shim_alloc(cache->size, gfp, zero);

	cache->used += !!mem;
	return mem;
}

void kmem_cache_free(struct kmem_cache *cache, void *mem)
{
	shim_assert(mem && cache->used);
	cache->used--;
	shim_free(mem);
}

mempool_t *mempool_create_slab_pool(int min, struct kmem_cache *cache)
{
	mempool_t *pool = shim_alloc(sizeof(*pool), GFP_KERNEL, true);

	if (pool)
		pool->cache = cache;
	return pool;
}

void mempool_destroy(mempool_t *pool)
{
	shim_free(pool);
}

void *mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	unsigned int fail = shim_fail_nth;
	void *mem;

	might_sleep();
	shim_fail_nth = 0;
	mem = shim_cache_alloc(pool->cache, gfp, false);
	shim_fail_nth = fail;
	return mem;
}

void mempool_free(void *mem, mempool_t *pool)
{
	kmem_cache_free(pool->cache, mem);
}

/* Locks and RCU */

unsigned int shim_atomic;
unsigned int shim_mutexes;
unsigned int shim_rcu_readers;
enum shim_disturb shim_disturb;

static struct rcu_head *rcu_waiting;

static void free_mem(struct rcu_head *head)
{
	shim_free(head->mem);
}

/* End a grace period: free what waited for it */
static void end_grace_period(void)
{
	while (!shim_atomic && rcu_waiting) {
		struct rcu_head *head = rcu_waiting;

		rcu_waiting = head->next;
		head->func(head);
	}
}

static void leave_atomic(void)
{
	shim_assert(shim_atomic);
	shim_atomic--;
	end_grace_period();
}

void shim_spin_lock(spinlock_t *lock)
{
	shim_assert(!lock->held);
	lock->held = true;
	shim_atomic++;
}

void shim_spin_unlock(spinlock_t *lock)
{
	shim_assert(lock->held);
	lock->held = false;
	leave_atomic();
}

void mutex_lock(struct mutex *mutex)
{
	might_sleep();
	shim_assert(!mutex->held);
	mutex->held = true;
	shim_mutexes++;
}

void mutex_unlock(struct mutex *mutex)
{
	shim_assert(mutex->held && shim_mutexes);
	mutex->held = false;
	shim_mutexes--;
}

void rcu_read_lock(void)
{
	shim_rcu_readers++;
	shim_atomic++;
}

void rcu_read_unlock(void)
{
	shim_assert(shim_rcu_readers);
	shim_rcu_readers--;
	leave_atomic();
}

void synchronize_rcu(void)
{
	might_sleep();
	end_grace_period();
}

void rcu_barrier(void)
{
	might_sleep();
	end_grace_period();
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	head->next = rcu_waiting;
	rcu_waiting = head;
	end_grace_period();
}

void shim_free_rcu(struct rcu_head *head, void *mem)
{
	head->mem = mem;
	call_rcu(head, free_mem);
}

struct workqueue_struct *alloc_ordered_workqueue(const char *name,
						 unsigned int flags)
{
	struct workqueue_struct *wq = shim_alloc(sizeof(*wq), GFP_KERNEL, true);

	if (wq)
		wq->name = name;
	return wq;
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	shim_free(wq);
}

void flush_workqueue(struct workqueue_struct *wq)
{
	might_sleep();
}

static void run_rcu_work(struct rcu_head *head)
{
	struct rcu_work *rwork = container_of(head, struct rcu_work, rcu);

	rwork->work.func(&rwork->work);
}

bool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork)
{
	shim_assert(wq);
	call_rcu(&rwork->rcu, run_rcu_work);
	return true;
}

/* Trees */

static struct rb_node **link_of(struct rb_node *node, struct rb_root *root)
{
	if (!node->parent)
		return &root->rb_node;
	return node == node->parent->rb_left ? &node->parent->rb_left :
					       &node->parent->rb_right;
}

/* Put @node, or nothing, in the place of @old */
static void replace_node(struct rb_node *old, struct rb_node *node,
			 struct rb_root *root)
{
	shim_assert(*link_of(old, root) == old);
	*link_of(old, root) = node;
	if (node)
		node->parent = old->parent;
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next;

	if (!node->rb_left || !node->rb_right) {
		replace_node(node, node->rb_left ?: node->rb_right, root);
		return;
	}
	next = rb_next(node);
	replace_node(next, next->rb_right, root);
	replace_node(node, next, root);
	next->rb_left = node->rb_left;
	next->rb_right = node->rb_right;
	if (next->rb_left)
		next->rb_left->parent = next;
	if (next->rb_right)
		next->rb_right->parent = next;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_right)
		node = node->rb_right;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	const struct rb_root right = { node->rb_right };

	if (node->rb_right)
		return rb_first(&right);
	while (node->parent && node == node->parent->rb_right)
		node = node->parent;
	return node->parent;
}

static struct rb_node *first_leaf(struct rb_node *node)
{
	while (node && (node->rb_left || node->rb_right))
		node = node->rb_left ?: node->rb_right;
	return node;
}

struct rb_node *shim_rb_first_leaf(const struct rb_root *root)
{
	return first_leaf(root->rb_node);
}

struct rb_node *shim_rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = node->parent;

	if (parent && node == parent->rb_left && parent->rb_right)
		return first_leaf(parent->rb_right);
	return parent;
}

/* XArrays */

/* The place of an index, or where it would be */
static size_t xa_place(const struct xarray *xa, unsigned long index)
{
	size_t low = 0, high = xa->nr;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (xa->slot[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool xa_has(const struct xarray *xa, size_t place, unsigned long index)
{
	return place < xa->nr && xa->slot[place].index == index;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	size_t place = xa_place(xa, index);

	return xa_has(xa, place, index) ? xa->slot[place].entry : NULL;
}

/* A new array each time, so that the use of an old pointer into it is found. */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	size_t place = xa_place(xa, index);
	struct shim_xa_slot *slot;
	void *old;

	shim_assert(entry);
	if (xa_has(xa, place, index)) {
		old = xa->slot[place].entry;
		xa->slot[place].entry = entry;
		return old;
	}
	slot = kmalloc_array(xa->nr + 1, sizeof(*slot), gfp);
	if (!slot)
		return (void *)(long)-ENOMEM;
	if (xa->nr) {
		memcpy(slot, xa->slot, place * sizeof(*slot));
		memcpy(slot + place + 1, xa->slot + place,
		       (xa->nr - place) * sizeof(*slot));
	}
	slot[place].index = index;
	slot[place].entry = entry;
	kfree(xa->slot);
	xa->slot = slot;
	xa->nr++;
	return NULL;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	size_t place = xa_place(xa, index);
	void *old;

	if (!xa_has(xa, place, index))
		return NULL;
	old = xa->slot[place].entry;
	memmove(xa->slot + place, xa->slot + place + 1,
		(--xa->nr - place) * sizeof(*xa->slot));
	/* The kernel needs no memory for an empty one, either */
	if (!xa->nr)
		xa_destroy(xa);
	return old;
}

void xa_destroy(struct xarray *xa)
{
	kfree(xa->slot);
	xa_init(xa);
}

int xa_err(void *entry)
{
	long value = (long)entry;

	return value < 0 && value >= -MAX_ERRNO ? value : 0;
}

void *shim_xa_from(struct xarray *xa, unsigned long *index)
{
	size_t place = xa_place(xa, *index);

	if (place == xa->nr)
		return NULL;
	*index = xa->slot[place].index;
	return xa->slot[place].entry;
}

/* Text */

/**
 * struct out - where text goes
 * @buf: a buffer
 * @size: its size
 * @len: of all text so far, also of text that did not fit
 */
struct out {
	char *buf;
	size_t size;
	size_t len;
};

static void put(struct out *out, const char *text, size_t len)
{
	if (out->len < out->size)
		memcpy(out->buf + out->len, text,
		       min(len, out->size - out->len));
	out->len += len;
}

static void put_number(struct out *out, unsigned long long number,
		       unsigned int base)
{
	char digits[24], *start = digits + sizeof(digits);

	do {
		*--start = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	put(out, start, digits + sizeof(digits) - start);
}

/* %*pE: what does not print in octal */
static void put_escaped(struct out *out, const char *text, int len)
{
	for (; len > 0; len--, text++) {
		unsigned char c = *text;
		char octal[] = { '\\', '0' + (c >> 6), '0' + (c >> 3 & 7),
				 '0' + (c & 7) };

		if (c >= 0x20 && c < 0x7f)
			put(out, text, 1);
		else
			put(out, octal, sizeof(octal));
	}
}

static unsigned long long next_number(const char **format, va_list *args)
{
	unsigned int longs = 0;

	while (**format == 'l') {
		longs++;
		(*format)++;
	}
	switch (longs) {
	case 0:
		return va_arg(*args, unsigned int);
	case 1:
		return va_arg(*args, unsigned long);
	default:
		return va_arg(*args, unsigned long long);
	}
}

/* One conversion; returns what stands behind it in the format */
static const char *convert(struct out *out, const char *format, va_list *args)
{
	unsigned long long number;
	const char *str;
	char c;
	int len;

	switch (*format) {
	case '*':
		shim_assert(!strncmp(format, "*pE", 3));
		len = va_arg(*args, int);
		put_escaped(out, va_arg(*args, const char *), len);
		return format + 3;
	case 's':
		str = va_arg(*args, const char *);
		put(out, str, strlen(str));
		return format + 1;
	case 'c':
		c = va_arg(*args, int);
		put(out, &c, 1);
		return format + 1;
	case '%':
		put(out, "%", 1);
		return format + 1;
	}
	number = next_number(&format, args);
	switch (*format) {
	case 'd':
		if ((int)number < 0)
			put(out, "-", 1);
		put_number(out, abs((int)number), 10);
		return format + 1;
	case 'u':
		put_number(out, number, 10);
		return format + 1;
	case 'x':
		put_number(out, number, 16);
		return format + 1;
	}
	shim_bug(__FILE__, __LINE__, format);
}

/* As vsnprintf() */
static size_t print(char *buf, size_t size, const char *format, va_list *args)
{
	struct out out = { .buf = buf, .size = size };

	while (*format) {
		size_t plain = strcspn(format, "%");

		put(&out, format, plain);
		format += plain;
		if (*format)
			format = convert(&out, format + 1, args);
	}
	if (size)
		buf[min(out.len, size - 1)] = '\0';
	return out.len;
}

int shim_vscnprintf(char *buf, size_t size, const char *format, va_list args)
{
	size_t len;
	va_list copy;

	va_copy(copy, args);
	len = print(buf, size, format, &copy);
	va_end(copy);
	return size ? min(len, size - 1) : 0;
}

int shim_scnprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = shim_vscnprintf(buf, size, format, args);
	va_end(args);
	return len;
}

int seq_buf_printf(struct seq_buf *s, const char *format, ...)
{
	va_list args;
	size_t len;

	if (s->len >= s->size) {
		s->len = s->size + 1;
		return -1;
	}
	va_start(args, format);
	len = print(s->buffer + s->len, s->size - s->len, format, &args);
	va_end(args);
	if (len < s->size - s->len) {
		s->len += len;
		return 0;
	}
	s->len = s->size + 1;
	return -1;
}

int seq_buf_puts(struct seq_buf *s, const char *str)
{
	return seq_buf_printf(s, "%s", str);
}

int seq_buf_putc(struct seq_buf *s, unsigned char c)
{
	return seq_buf_printf(s, "%c", c);
}

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	shim_assert(size);
	if (len == size)
		len--;
	memcpy(to, from, len);
	to[len] = '\0';
	return from[len] ? -E2BIG : (ssize_t)len;
}

/* As generous as the kernel's: it takes a plus, an 0x and a newline, too */
int kstrtoull(const char *str, unsigned int base, unsigned long long *number)
{
	unsigned long long result = 0;
	const char *start;

	shim_assert(base == 10 || base == 16);
	str += *str == '+';
	if (base == 16 && str[0] == '0' && (str[1] | 0x20) == 'x')
		str += 2;
	for (start = str; isxdigit(*str); str++) {
		unsigned int digit = isdigit(*str) ? *str - '0' :
						     (*str | 0x20) - 'a' + 10;

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(result, base, &result) ||
		    __builtin_add_overflow(result, digit, &result))
			return -ERANGE;
	}
	if (str == start)
		return -EINVAL;
	str += *str == '\n';
	if (*str)
		return -EINVAL;
	*number = result;
	return 0;
}

/* The block layer */

static const int carried[] = {
	0, EIO, EOPNOTSUPP, ETIMEDOUT, ENOSPC, ENOLINK, EREMOTEIO, EBADE,
	ENODATA, EILSEQ, ENOMEM, EBUSY, EAGAIN, ENODEV, ETOOMANYREFS, EOVERFLOW,
	EREMCHG,
};

blk_status_t errno_to_blk_status(int error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(carried); i++) {
		if (carried[i] == -error)
			return i;
	}
	return 1;
}

int blk_status_to_errno(blk_status_t status)
{
	return -carried[status];
}

/* Time */

unsigned long jiffies = 1000;

static struct timerqueue_node **place_for(struct timerqueue_head *head,
					  ktime_t expires)
{
	struct timerqueue_node **link = &head->first;

	while (*link && (*link)->expires <= expires)
		link = &(*link)->next;
	return link;
}

bool timerqueue_add(struct timerqueue_head *head, struct timerqueue_node *node)
{
	struct timerqueue_node **link = place_for(head, node->expires);

	shim_assert(!node->queued);
	node->next = *link;
	node->queued = true;
	*link = node;
	return head->first == node;
}

bool timerqueue_del(struct timerqueue_head *head, struct timerqueue_node *node)
{
	struct timerqueue_node **link = &head->first;

	shim_assert(node->queued);
	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	node->queued = false;
	return head->first;
}

/* The current task, and whether tracepoints are enabled */

unsigned int shim_cpu;
struct shim_task shim_task;
bool shim_tracing;

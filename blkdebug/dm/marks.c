// SPDX-License-Identifier: GPL-2.0-only
/*
 * Origins and marks: see marks.h.
 */
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "marks.h"
#include "target.h"

#define GFP_ORIGINS	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/* A moment with a name */
struct mark {
	struct list_head link;		/* in the target's @marks */
	struct blkdebug_moment *moment;
	char name[BLKDEBUG_MARK_MAX + 1];
};

/*
 * Guards @origins, and the marks of all targets. A resume takes it, so allocations under it
 * fail instead of waiting for memory, which the I/O of a suspended device may have to free.
 */
static DEFINE_MUTEX(origins_lock);
static LIST_HEAD(origins);

static bool is_origin(const struct blkdebug_target *t)
{
	lockdep_assert_held(&origins_lock);
	return !list_empty(&t->origin_link);
}

static void free_mark(struct mark *mark)
{
	lockdep_assert_held(&origins_lock);
	list_del(&mark->link);
	blkdebug_put_moment(mark->moment);
	kfree(mark);
}

static struct mark *find_mark(const struct blkdebug_target *t, const char *name)
{
	struct mark *mark;

	lockdep_assert_held(&origins_lock);
	list_for_each_entry(mark, &t->marks, link) {
		if (!strcmp(mark->name, name))
			return mark;
	}
	return NULL;
}

/**
 * blkdebug_add_origin - views can be made of a target from now on
 * @t: the target, which is being resumed; one without a cache is ignored
 *
 * Context: may sleep.
 */
void blkdebug_add_origin(struct blkdebug_target *t)
{
	if (!t->writeback.cache)
		return;
	mutex_lock(&origins_lock);
	if (!is_origin(t))
		list_add_tail(&t->origin_link, &origins);
	mutex_unlock(&origins_lock);
}

/**
 * blkdebug_remove_origin - no views can be made of a target any more
 * @t: the target, suspended, or never resumed
 *
 * Frees the target's marks. The moments of views are given up when the cache is drained.
 *
 * Context: may sleep.
 */
void blkdebug_remove_origin(struct blkdebug_target *t)
{
	struct mark *mark, *next;

	mutex_lock(&origins_lock);
	list_del_init(&t->origin_link);
	list_for_each_entry_safe(mark, next, &t->marks, link)
		free_mark(mark);
	mutex_unlock(&origins_lock);
}

/* Moments for views */

static struct blkdebug_target *find_origin(dev_t dev)
{
	struct blkdebug_target *t;

	lockdep_assert_held(&origins_lock);
	list_for_each_entry(t, &origins, origin_link) {
		if (t->engine.dev == dev)
			return t;
	}
	return NULL;
}

static int capture_now(struct blkdebug_target *t, struct blkdebug_capture *capture,
		       struct blkdebug_moment **moment, const char **reason)
{
	*reason = "Cannot allocate moment";
	return blkdebug_capture_moments(capture, t->power.line.supply,
					&t->writeback.cache, 1, moment);
}

static int open_mark(const struct blkdebug_target *t, const char *name,
		     struct blkdebug_moment **moment, const char **reason)
{
	struct mark *mark = find_mark(t, name);

	*reason = "No such mark";
	if (!mark)
		return -ENOENT;
	*reason = "Mark has been given up";
	if (blkdebug_is_given_up(mark->moment))
		return -ENODATA;
	*moment = mark->moment;
	blkdebug_get_moment(mark->moment);
	return 0;
}

/* Returns as blkdebug_open_moment(), or -EAGAIN as blkdebug_capture_moments(). */
static int open_moment(dev_t dev, sector_t nr_sectors, const char *mark,
		       struct blkdebug_capture *capture,
		       struct blkdebug_origin *origin, const char **reason)
{
	struct blkdebug_target *t = find_origin(dev);

	*reason = "Device has no blkdebug target with a cache";
	if (!t)
		return -EINVAL;
	*reason = "View and blkdebug target differ in length";
	if (t->ti->begin || t->ti->len != nr_sectors)
		return -EINVAL;
	origin->below = t->dev->bdev->bd_dev;
	origin->start = t->start;
	origin->block_bytes = t->engine.geometry.block << SECTOR_SHIFT;
	origin->seed = blkdebug_next_cut_seed(t);
	return mark ? open_mark(t, mark, &origin->moment, reason) :
		      capture_now(t, capture, &origin->moment, reason);
}

/**
 * blkdebug_open_moment - get a moment of an origin for a view
 * @dev: the dm device with the origin's target
 * @nr_sectors: the length of the view
 * @mark: name of a mark, or NULL: this moment
 * @origin: the result, if there is no error
 * @reason: set to what is wrong
 *
 * Context: may sleep.
 *
 * Return: 0, -ENOMEM, -EINVAL (no such origin), -ENOENT (no such mark), -ENODATA (the mark
 * has been given up), or -EINTR (killed while a discard was under way).
 */
int blkdebug_open_moment(dev_t dev, sector_t nr_sectors, const char *mark,
			 struct blkdebug_origin *origin, const char **reason)
{
	/* The origin may be waiting for memory that its own I/O frees. */
	unsigned int noio = memalloc_noio_save();
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wait);
	struct blkdebug_capture capture;
	int r;

	blkdebug_init_capture(&capture, &wait);
	do {
		mutex_lock(&origins_lock);
		r = open_moment(dev, nr_sectors, mark, &capture, origin, reason);
		mutex_unlock(&origins_lock);
		/* A resume of a device below needs origins_lock. */
		if (r == -EAGAIN &&
		    wait_event_killable(wait, blkdebug_may_retry(&capture))) {
			*reason = "Interrupted";
			r = -EINTR;
		}
	} while (r == -EAGAIN);
	blkdebug_end_capture(&capture);
	memalloc_noio_restore(noio);
	return r;
}

/* Messages */

/* Get the next origin behind @other, NULL to begin, with the power supply of @t. */
static struct blkdebug_target *next_of_supply(const struct blkdebug_target *t,
					      struct blkdebug_target *other)
{
	lockdep_assert_held(&origins_lock);
	other = list_prepare_entry(other, &origins, origin_link);
	list_for_each_entry_continue(other, &origins, origin_link) {
		if (other->power.line.supply == t->power.line.supply)
			return other;
	}
	return NULL;
}

/* A mark being made on all targets of a power supply */
struct marking {
	unsigned int nr;		/* of targets */
	struct blkdebug_cache **caches;
	struct blkdebug_moment **moments;
	struct mark **marks;
};

static void free_marking(struct marking *m)
{
	unsigned int i;

	for (i = 0; m->marks && i < m->nr; i++)
		kfree(m->marks[i]);
	kfree(m->marks);
	kfree(m->moments);
	kfree(m->caches);
}

static int alloc_marking(struct marking *m, const struct blkdebug_target *t)
{
	struct blkdebug_target *other = NULL;
	unsigned int i = 0;

	while ((other = next_of_supply(t, other)))
		m->nr++;
	m->caches = kcalloc(m->nr, sizeof(*m->caches), GFP_ORIGINS);
	m->moments = kcalloc(m->nr, sizeof(*m->moments), GFP_ORIGINS);
	m->marks = kcalloc(m->nr, sizeof(*m->marks), GFP_ORIGINS);
	if (!m->caches || !m->moments || !m->marks)
		return -ENOMEM;
	while ((other = next_of_supply(t, other))) {
		m->marks[i] = kzalloc(sizeof(**m->marks), GFP_ORIGINS);
		if (!m->marks[i])
			return -ENOMEM;
		m->caches[i] = other->writeback.cache;
		i++;
	}
	return 0;
}

static void add_marks(struct marking *m, struct blkdebug_target *t,
		      const char *name)
{
	struct blkdebug_target *other = NULL;
	unsigned int i = 0;

	while ((other = next_of_supply(t, other))) {
		strscpy(m->marks[i]->name, name, sizeof(m->marks[i]->name));
		m->marks[i]->moment = m->moments[i];
		list_add_tail(&m->marks[i]->link, &other->marks);
		m->marks[i++] = NULL;
	}
}

static int make_mark(struct blkdebug_target *t, struct blkdebug_capture *capture,
		     const char *name)
{
	struct marking m = { .nr = 0 };
	int r = alloc_marking(&m, t);

	if (!r)
		r = blkdebug_capture_moments(capture, t->power.line.supply,
					     m.caches, m.nr, m.moments);
	if (!r)
		add_marks(&m, t, name);
	free_marking(&m);
	return r;
}

static bool is_marked(struct blkdebug_target *t, const char *name)
{
	struct blkdebug_target *other = NULL;

	while ((other = next_of_supply(t, other))) {
		if (find_mark(other, name))
			return true;
	}
	return false;
}

static int try_mark(struct blkdebug_target *t, struct blkdebug_capture *capture,
		    struct blkdebug_call *call)
{
	const char *name = call->argv[0];

	lockdep_assert_held(&origins_lock);
	if (!t->writeback.cache)
		return blkdebug_error_set(call->err, "Target without a cache",
					  call->argv[-1]);
	if (!blkdebug_tag_valid(name) || strlen(name) > BLKDEBUG_MARK_MAX)
		return blkdebug_error_set(call->err, "Invalid mark", name);
	if (!is_origin(t))
		return blkdebug_error_set(call->err, "The device is suspended",
					  call->argv[-1]);
	if (is_marked(t, name))
		return blkdebug_error_set(call->err, "Mark exists", name);
	return make_mark(t, capture, name);
}

/*
 * Wait until a discard has ended. A suspend of the target waits for this message, and the
 * discard may wait for the end of that suspend.
 *
 * Returns -EAGAIN, or -EINTR after a signal or at a suspend.
 */
static int wait_for_discard(struct blkdebug_target *t, struct blkdebug_capture *capture)
{
	if (wait_event_killable(*capture->wait, blkdebug_may_retry(capture) ||
				blkdebug_suspending(&t->engine)))
		return -EINTR;
	return blkdebug_may_retry(capture) ? -EAGAIN : -EINTR;
}

static int do_mark(struct blkdebug_target *t, struct blkdebug_call *call)
{
	struct blkdebug_capture capture;
	int r;

	blkdebug_init_capture(&capture, &t->power.line.supply->wait);
	do {
		mutex_lock(&origins_lock);
		r = try_mark(t, &capture, call);
		mutex_unlock(&origins_lock);
		if (r == -EAGAIN)
			r = wait_for_discard(t, &capture);
	} while (r == -EAGAIN);
	blkdebug_end_capture(&capture);
	return r;
}

static int remove_marks(struct blkdebug_target *t, struct blkdebug_call *call)
{
	const char *name = call->argv[0];
	struct blkdebug_target *other = NULL;
	bool found = false;
	struct mark *mark;

	while ((other = next_of_supply(t, other))) {
		mark = find_mark(other, name);
		if (!mark)
			continue;
		free_mark(mark);
		found = true;
	}
	return found ? 0 : blkdebug_call_no_such(call, "No such mark", name);
}

static int do_unmark(struct blkdebug_target *t, struct blkdebug_call *call)
{
	int r;

	mutex_lock(&origins_lock);
	r = remove_marks(t, call);
	mutex_unlock(&origins_lock);
	return r;
}

/**
 * blkdebug_mark_command - execute mark or unmark
 * @t: the target
 * @call: the message, with one argument
 *
 * Context: may sleep.
 *
 * Return: 0 or a negative errno.
 */
int blkdebug_mark_command(struct blkdebug_target *t, struct blkdebug_call *call)
{
	return strcmp(call->argv[-1], "mark") ? do_unmark(t, call) : do_mark(t, call);
}

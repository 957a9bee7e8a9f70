// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moments: see moment.h.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../rules/sort.h"
#include "moment.h"

/* Serializes captures; guards the @moments of all caches, and each moment's link to one */
static DEFINE_MUTEX(moments_lock);

/* Guards @waiting and its members. Taken behind @control of a cache. */
static DEFINE_SPINLOCK(waiting_lock);
static LIST_HEAD(waiting);	/* captures that wait for discards, by @link */

/*
 * The size is the user's choice: fail instead of killing processes. And I/O that may be what
 * frees memory waits for the locks.
 */
#define GFP_MOMENT	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/* A volatile write while the moment is captured */
struct listed_write {
	u64 seq;
	struct blkdebug_write_desc desc;
};

static struct blkdebug_moment *alloc_moment(struct blkdebug_cache *cache)
{
	struct blkdebug_moment *moment = kzalloc(sizeof(*moment), GFP_MOMENT);

	if (!moment)
		return NULL;
	moment->cache = cache;
	moment->users = 1;
	moment->unit_shift = cache->unit_shift;
	INIT_LIST_HEAD(&moment->link);
	return moment;
}

static void free_moment(struct blkdebug_moment *moment)
{
	kvfree(moment->entries);
	kvfree(moment->writes);
	kfree(moment);
}

/* Drop the references; the caller holds moments_lock. */
static void give_up(struct blkdebug_moment *moment)
{
	struct blkdebug_cache *cache = moment->cache;
	unsigned int i;

	lockdep_assert_held(&moments_lock);
	if (!cache)
		return;
	mutex_lock(&cache->control);
	if (!list_empty(&moment->link))
		WRITE_ONCE(cache->nr_moments, cache->nr_moments - 1);
	list_del_init(&moment->link);
	WRITE_ONCE(moment->given_up, true);
	moment->cache = NULL;
	for (i = 0; i < moment->nr_entries; i++) {
		blkdebug_put_version_ref(cache, moment->entries[i].version);
		cond_resched();
	}
	mutex_unlock(&cache->control);
	blkdebug_start_reaping(cache);
}

/* Capturing */

/* Did a write enter before the moment? @control keeps the next capture out. */
static bool was_before(const struct blkdebug_write *write, unsigned long captures)
{
	return write->captures != captures;
}

static unsigned int list_pool(struct blkdebug_pool *pool, unsigned long captures,
			      struct listed_write *list, unsigned int max)
{
	struct blkdebug_write *write = NULL;
	unsigned int nr = 0;

	while (nr < max && (write = blkdebug_next_write(pool, write))) {
		if (was_before(write, captures)) {
			list[nr].seq = write->seq;
			list[nr].desc = write->desc;
			nr++;
		}
		cond_resched();
	}
	return nr;
}

static int compare_listed(const void *a, const void *b)
{
	const struct listed_write *la = a, *lb = b;

	return la->seq < lb->seq ? -1 : la->seq > lb->seq;
}

/* List the volatile writes of a moment. Returns their number or -ENOMEM. */
static int list_writes(struct blkdebug_cache *cache, unsigned long captures,
		       struct listed_write **result)
{
	/* Writes that belong to the moment leave no list while @control is held. */
	unsigned int max = blkdebug_active_writes(&cache->pools);
	struct listed_write *list;
	unsigned int i;
	int nr = 0;

	lockdep_assert_held(&cache->control);
	list = kvmalloc_array(max + 1, sizeof(*list), GFP_MOMENT);
	if (!list)
		return -ENOMEM;
	for (i = 0; i < cache->pools.nr; i++)
		nr += list_pool(&cache->pools.pool[i], captures, list + nr,
				max - nr);
	*result = list;
	return nr;
}

static void take_entry(struct blkdebug_moment *moment,
		       const struct blkdebug_block *block,
		       struct blkdebug_version *version)
{
	struct blkdebug_entry *entry = &moment->entries[moment->nr_entries++];

	refcount_inc(&version->refs);
	entry->version = version;
	entry->block = block->nr;
	entry->mask = version->mask;
	entry->number = !version->durable;
}

static struct blkdebug_version *
get_version(struct blkdebug_cache *cache, struct blkdebug_version __rcu *version)
{
	return rcu_dereference_protected(version, lockdep_is_held(&cache->control));
}

/* Take the versions of a bucket that belong to the moment, or only count them. */
static unsigned int take_bucket(struct blkdebug_moment *moment,
				struct blkdebug_cache *cache, size_t bucket,
				unsigned long captures, bool take)
{
	struct blkdebug_version *version;
	struct blkdebug_block *block;
	unsigned int nr = 0;

	hlist_for_each_entry(block, &cache->buckets[bucket], node) {
		for (version = get_version(cache, block->newest); version;
		     version = get_version(cache, version->older)) {
			if (!was_before(version->write, captures))
				continue;
			nr++;
			if (take)
				take_entry(moment, block, version);
		}
	}
	return nr;
}

/* Take all versions that belong to the moment, or only count them. */
static unsigned int take_versions(struct blkdebug_moment *moment,
				  struct blkdebug_cache *cache,
				  unsigned long captures, bool take)
{
	size_t i, nr_buckets = (size_t)(cache->bucket_mask + 1) * BLKDEBUG_SHARDS;
	unsigned int nr = 0;

	for (i = 0; i < nr_buckets; i++) {
		struct blkdebug_shard *shard =
			&cache->shard[i / (cache->bucket_mask + 1)];

		spin_lock(&shard->lock);
		nr += take_bucket(moment, cache, i, captures, take);
		spin_unlock(&shard->lock);
		cond_resched();
	}
	return nr;
}

static int capture_entries(struct blkdebug_moment *moment,
			   struct blkdebug_cache *cache, unsigned long captures)
{
	unsigned int nr;

	lockdep_assert_held(&cache->control);
	/*
	 * All writes of the moment have entered, and while @control is held no version
	 * leaves its chain: the second walk finds as many as the first.
	 */
	nr = take_versions(moment, cache, captures, false);
	moment->entries = kvmalloc_array(nr + 1, sizeof(*moment->entries),
					 GFP_MOMENT);
	if (!moment->entries)
		return -ENOMEM;
	take_versions(moment, cache, captures, true);
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct blkdebug_entry *ea = a, *eb = b;

	if (ea->block != eb->block)
		return ea->block < eb->block ? -1 : 1;
	return ea->version->write->seq > eb->version->write->seq ? -1 : 1;
}

static u32 find_number(const struct listed_write *list, unsigned int nr, u64 seq)
{
	unsigned int low = 0, high = nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (list[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low + 1;
}

/* Sort what has been captured, and number the volatile writes. */
static int arrange_moment(struct blkdebug_moment *moment,
			  struct listed_write *list)
{
	unsigned int i;

	if (blkdebug_sort(list, moment->nr_writes, sizeof(*list), compare_listed) ||
	    blkdebug_sort(moment->entries, moment->nr_entries,
			  sizeof(*moment->entries), compare_entries))
		return -ENOMEM;
	moment->writes = kvmalloc_array(moment->nr_writes + 1,
					sizeof(*moment->writes), GFP_MOMENT);
	if (!moment->writes)
		return -ENOMEM;
	for (i = 0; i < moment->nr_writes; i++) {
		moment->writes[i] = list[i].desc;
		cond_resched();
	}
	for (i = 0; i < moment->nr_entries; i++) {
		struct blkdebug_entry *entry = &moment->entries[i];

		if (entry->number)
			entry->number = find_number(list, moment->nr_writes,
						    entry->version->write->seq);
		cond_resched();
	}
	return 0;
}

/* The caller holds @control of all caches of the moment. */
static int capture_moment(struct blkdebug_moment *moment, unsigned long captures)
{
	struct blkdebug_cache *cache = moment->cache;
	struct listed_write *list;
	int r;

	lockdep_assert_held(&moments_lock);
	lockdep_assert_held(&cache->control);
	r = list_writes(cache, captures, &list);
	if (r < 0)
		return r;
	moment->nr_writes = r;
	r = capture_entries(moment, cache, captures);
	if (!r)
		r = arrange_moment(moment, list);
	kvfree(list);
	if (!r) {
		list_add_tail(&moment->link, &cache->moments);
		WRITE_ONCE(cache->nr_moments, cache->nr_moments + 1);
	}
	return r;
}

static void lock_controls(struct blkdebug_cache **caches, unsigned int nr)
{
	unsigned int i;

	lockdep_assert_held(&moments_lock);
	for (i = 0; i < nr; i++)
		mutex_lock_nest_lock(&caches[i]->control, &moments_lock);
}

static void unlock_controls(struct blkdebug_cache **caches, unsigned int nr)
{
	lockdep_assert_held(&moments_lock);
	while (nr--)
		mutex_unlock(&caches[nr]->control);
}

static int alloc_moments(struct blkdebug_cache **caches, unsigned int nr,
			 struct blkdebug_moment **moments)
{
	unsigned int i;

	memset(moments, 0, nr * sizeof(*moments));
	for (i = 0; i < nr; i++) {
		moments[i] = alloc_moment(caches[i]);
		if (!moments[i])
			return -ENOMEM;
	}
	return 0;
}

static void drop_moments(struct blkdebug_moment **moments, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && moments[i]; i++) {
		give_up(moments[i]);
		free_moment(moments[i]);
		moments[i] = NULL;
	}
}

/* Let a capture wait if a discard is under way. The caller holds @control of all caches. */
static bool must_wait(struct blkdebug_capture *capture,
		      const struct blkdebug_supply *supply,
		      struct blkdebug_cache **caches, unsigned int nr)
{
	bool waits = false;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		lockdep_assert_held(&caches[i]->control);
		waits |= caches[i]->discarding;
	}
	if (!waits)
		return false;
	spin_lock(&waiting_lock);
	capture->supply = supply;
	WRITE_ONCE(capture->may_retry, false);
	if (list_empty(&capture->link))
		list_add_tail(&capture->link, &waiting);
	spin_unlock(&waiting_lock);
	return true;
}

/* The caller holds @control of all caches. */
static int capture_all(struct blkdebug_supply *supply, struct blkdebug_cache **caches,
		       unsigned int nr, struct blkdebug_moment **moments)
{
	unsigned long captures;
	unsigned int i;
	int r = 0;

	lockdep_assert_held(&moments_lock);
	/* moments_lock guards changes of @captures. */
	captures = supply->captures + 1;
	WRITE_ONCE(supply->captures, captures);
	synchronize_rcu_expedited();
	for (i = 0; !r && i < nr; i++)
		r = capture_moment(moments[i], captures);
	return r;
}

/**
 * blkdebug_capture_moments - freeze the state of caches at one moment
 * @capture: from blkdebug_init_capture()
 * @supply: the power supply of all of them
 * @caches: the caches
 * @nr: number of caches
 * @moments: the result, one for each cache, each with one user
 *
 * If a discard of one of the caches is under way, the caller waits on the capture's wait
 * queue until blkdebug_may_retry(), without a lock, because other I/O may need the lock
 * before the discard ends. Then it looks the caches up and calls this again. In the
 * meantime the caches of the supply begin no discards.
 *
 * Context: may sleep; does not wait for I/O if the caller has called
 * memalloc_noio_save().
 *
 * Return: 0, -EAGAIN or -ENOMEM; nothing is captured after an error.
 */
int blkdebug_capture_moments(struct blkdebug_capture *capture,
			     struct blkdebug_supply *supply,
			     struct blkdebug_cache **caches, unsigned int nr,
			     struct blkdebug_moment **moments)
{
	int r = alloc_moments(caches, nr, moments);

	mutex_lock(&moments_lock);
	lock_controls(caches, nr);
	if (!r && must_wait(capture, supply, caches, nr))
		r = -EAGAIN;
	if (!r)
		r = capture_all(supply, caches, nr, moments);
	unlock_controls(caches, nr);
	if (r)
		drop_moments(moments, nr);
	mutex_unlock(&moments_lock);
	return r;
}

/**
 * blkdebug_init_capture - prepare a capture
 * @capture: the capture
 * @wait: where the caller waits for discards
 */
void blkdebug_init_capture(struct blkdebug_capture *capture, wait_queue_head_t *wait)
{
	capture->wait = wait;
	INIT_LIST_HEAD(&capture->link);
	capture->supply = NULL;
	capture->may_retry = false;
}

/**
 * blkdebug_end_capture - let discards begin again
 * @capture: the capture; it has succeeded, or is not tried again
 *
 * Context: process.
 */
void blkdebug_end_capture(struct blkdebug_capture *capture)
{
	spin_lock(&waiting_lock);
	list_del_init(&capture->link);
	spin_unlock(&waiting_lock);
}

/* Discards */

static bool is_awaited(const struct blkdebug_supply *supply)
{
	struct blkdebug_capture *capture;
	bool awaited = false;

	spin_lock(&waiting_lock);
	list_for_each_entry(capture, &waiting, link)
		awaited |= capture->supply == supply;
	spin_unlock(&waiting_lock);
	return awaited;
}

/**
 * blkdebug_begin_discard - begin a discard of the device below
 * @cache: the cache; no discard of it is under way
 * @supply: its power supply
 *
 * Context: may sleep; does not wait for I/O.
 *
 * Return: false if the device below must not change: there are moments, or one is about
 * to be captured. Otherwise none is captured before blkdebug_end_discard().
 */
bool blkdebug_begin_discard(struct blkdebug_cache *cache,
			    const struct blkdebug_supply *supply)
{
	bool begins;

	mutex_lock(&cache->control);
	begins = !blkdebug_is_frozen(cache) && !is_awaited(supply);
	if (begins)
		cache->discarding = true;
	mutex_unlock(&cache->control);
	return begins;
}

/**
 * blkdebug_end_discard - end a discard of the device below
 * @cache: the cache
 * @supply: its power supply
 *
 * Context: may sleep; does not wait for I/O.
 */
void blkdebug_end_discard(struct blkdebug_cache *cache,
			  const struct blkdebug_supply *supply)
{
	struct blkdebug_capture *capture;

	mutex_lock(&cache->control);
	cache->discarding = false;
	mutex_unlock(&cache->control);
	spin_lock(&waiting_lock);
	list_for_each_entry(capture, &waiting, link) {
		if (capture->supply != supply)
			continue;
		WRITE_ONCE(capture->may_retry, true);
		wake_up_all(capture->wait);
	}
	spin_unlock(&waiting_lock);
}

/* Users */

/**
 * blkdebug_get_moment - add a user to a moment
 * @moment: the moment; the caller makes sure that it has a user
 *
 * Context: may sleep.
 */
void blkdebug_get_moment(struct blkdebug_moment *moment)
{
	mutex_lock(&moments_lock);
	moment->users++;
	mutex_unlock(&moments_lock);
}

/**
 * blkdebug_put_moment - remove a user from a moment
 * @moment: the moment, or NULL; it is freed with its last user
 *
 * Context: may sleep.
 */
void blkdebug_put_moment(struct blkdebug_moment *moment)
{
	bool unused;

	if (!moment)
		return;
	mutex_lock(&moments_lock);
	unused = !--moment->users;
	if (unused)
		give_up(moment);
	mutex_unlock(&moments_lock);
	if (unused)
		free_moment(moment);
}

/**
 * blkdebug_give_up_oldest - give up the oldest moment of a cache
 * @cache: the cache
 *
 * Its records are free after a grace period, unless the cache itself or another moment
 * has them.
 *
 * Context: may sleep.
 *
 * Return: false if the cache has no moment.
 */
bool blkdebug_give_up_oldest(struct blkdebug_cache *cache)
{
	struct blkdebug_moment *moment;

	mutex_lock(&moments_lock);
	moment = list_first_entry_or_null(&cache->moments,
					  struct blkdebug_moment, link);
	if (moment)
		give_up(moment);
	mutex_unlock(&moments_lock);
	return moment;
}

/**
 * blkdebug_give_up_moments - give up all moments of a cache
 * @cache: the cache
 *
 * Context: may sleep.
 */
void blkdebug_give_up_moments(struct blkdebug_cache *cache)
{
	while (blkdebug_give_up_oldest(cache))
		cond_resched();
}

/**
 * blkdebug_count_views - count the views and marks of a cache
 * @cache: the cache
 *
 * Context: may sleep.
 *
 * Return: their number, without those that have been given up.
 */
unsigned int blkdebug_count_views(struct blkdebug_cache *cache)
{
	struct blkdebug_moment *moment;
	unsigned int nr = 0;

	mutex_lock(&moments_lock);
	list_for_each_entry(moment, &cache->moments, link)
		nr += moment->users;
	mutex_unlock(&moments_lock);
	return nr;
}

/**
 * blkdebug_first_entry - find the first entry of a block, or of a later one
 * @moment: the moment
 * @block: number of the block
 *
 * Context: any.
 *
 * Return: index of the entry; the number of entries if there is none.
 */
unsigned int blkdebug_first_entry(const struct blkdebug_moment *moment,
				  u64 block)
{
	unsigned int low = 0, high = moment->nr_entries;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (moment->entries[mid].block < block)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filters: telling fast that no rule wants a request.
 */
#include "filter.h"

/**
 * blkdebug_trigger_live - can any rule of this event still match?
 * @trigger: the event, or NULL
 *
 * Return: true if so. The caller holds the engine's lock or rcu_read_lock().
 */
bool blkdebug_trigger_live(const struct blkdebug_trigger *trigger)
{
	unsigned int i;

	for (i = 0; trigger && i < BLKDEBUG_NR_KINDS; i++) {
		if (READ_ONCE(trigger->kind[i].live))
			return true;
	}
	return false;
}

static u64 nr_to_arm(struct blkdebug_kind *kind, u32 state)
{
	struct blkdebug_group *group;
	u64 nr;

	if (!READ_ONCE(kind->live))
		return 0;
	nr = READ_ONCE(kind->any.live);
	group = blkdebug_kind_state(kind, state);
	return group ? nr + READ_ONCE(group->live) : nr;
}

/**
 * blkdebug_nr_to_arm - how many faults would an event arm?
 * @trigger: the event
 * @state: the state in force
 *
 * Return: their number. The caller holds the engine's lock or rcu_read_lock().
 */
u64 blkdebug_nr_to_arm(struct blkdebug_trigger *trigger, u32 state)
{
	unsigned int i;
	u64 nr = 0;

	for (i = 0; i < BLKDEBUG_NR_FAULT_KINDS; i++)
		nr += nr_to_arm(&trigger->kind[i], state);
	return nr;
}

/**
 * blkdebug_last_to_arm - the highest number among the faults of an event
 * @trigger: the event
 *
 * Return: the number. The caller holds the engine's lock or rcu_read_lock().
 */
u64 blkdebug_last_to_arm(struct blkdebug_trigger *trigger)
{
	unsigned int i;
	u64 last = 0;

	for (i = 0; i < BLKDEBUG_NR_FAULT_KINDS; i++)
		last = max(last, READ_ONCE(trigger->kind[i].last));
	return last;
}

/* Do the faults of an event depend on the state? */
static bool by_state(const struct blkdebug_trigger *trigger)
{
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_FAULT_KINDS; i++) {
		if (!xa_empty(&trigger->kind[i].by_state))
			return true;
	}
	return false;
}

/**
 * blkdebug_same_armed - would an event arm just what is armed?
 * @armed: what is armed
 * @trigger: the event
 * @state: the state in force
 *
 * Return: true if so. The caller holds the engine's lock or rcu_read_lock().
 */
bool blkdebug_same_armed(const struct blkdebug_armed *armed,
			 struct blkdebug_trigger *trigger, u32 state)
{
	return READ_ONCE(armed->trigger) == trigger &&
	       READ_ONCE(armed->last) >= blkdebug_last_to_arm(trigger) &&
	       (READ_ONCE(armed->state) == state || !by_state(trigger));
}

/* From here on the filter tells nothing */
static void want_all(struct blkdebug_filter *filter)
{
	filter->first = 0;
	filter->last = U64_MAX;
	filter->nr = BLKDEBUG_FILTER_BUCKETS + 1;
	filter->nr_runs = BLKDEBUG_FILTER_RUNS + 1;
}

static void add_runs(struct blkdebug_filter *filter,
		     const struct blkdebug_bucket *bucket)
{
	const struct blkdebug_run *run =
		rcu_dereference_protected(bucket->runs, 1);

	for (; run; run = run->next) {
		if (run->tree || filter->nr_runs >= BLKDEBUG_FILTER_RUNS) {
			filter->nr_runs = BLKDEBUG_FILTER_RUNS + 1;
			return;
		}
		filter->run[filter->nr_runs++] = run;
	}
}

static void add_bucket(struct blkdebug_filter *filter,
		       struct blkdebug_bucket *bucket)
{
	if (filter->nr >= BLKDEBUG_FILTER_BUCKETS) {
		want_all(filter);
		return;
	}
	filter->bucket[filter->nr++] = bucket;
	if (list_empty(&bucket->anywhere)) {
		filter->first = min(filter->first, bucket->first);
		filter->last = max(filter->last, bucket->last);
		add_runs(filter, bucket);
	} else {
		filter->first = 0;
		filter->last = U64_MAX;
		filter->nr_runs = BLKDEBUG_FILTER_RUNS + 1;
	}
	if (bucket->flags_set | bucket->flags_clear) {
		filter->flags = true;
		filter->nr_runs = BLKDEBUG_FILTER_RUNS + 1;
	}
}

static void add_group(struct blkdebug_filter *filter, unsigned int iotype,
		      struct blkdebug_group *group)
{
	struct blkdebug_bucket *bucket;

	if (!group || !group->live)
		return;
	list_for_each_entry(bucket, &group->buckets, link) {
		if ((bucket->iotypes & (1U << iotype)) &&
		    (bucket->nr_ranges || !list_empty(&bucket->anywhere)))
			add_bucket(filter, bucket);
	}
}

static void add_kind(struct blkdebug_filter *filter, unsigned int iotype,
		     struct blkdebug_kind *kind, u32 state)
{
	if (!kind->live)
		return;
	add_group(filter, iotype, &kind->any);
	add_group(filter, iotype, blkdebug_kind_state(kind, state));
}

static void add_event(struct blkdebug_filter *filter, unsigned int iotype,
		      struct blkdebug_trigger *trigger,
		      const struct blkdebug_armed *armed, u32 state)
{
	if (!trigger)
		return;
	if (blkdebug_nr_to_arm(trigger, state) &&
	    !blkdebug_same_armed(armed, trigger, state))
		want_all(filter);
	add_kind(filter, iotype, &trigger->kind[BLKDEBUG_KIND_SET_STATE], state);
	add_kind(filter, iotype, &trigger->kind[BLKDEBUG_KIND_SUSPEND], state);
}

static void collect(struct blkdebug_filter *filter, unsigned int iotype,
		    struct blkdebug_ruleset *rs,
		    const struct blkdebug_armed *armed, u32 state)
{
	const struct blkdebug_raises *raises = &blkdebug_raises[iotype];
	struct blkdebug_trigger *trigger;
	unsigned int i;

	for (i = 0; i < BLKDEBUG_EVENTS_BEFORE; i++) {
		if (raises->before[i] == BLKDEBUG_EV_NONE)
			continue;
		trigger = rcu_dereference_protected(rs->trigger[raises->before[i]], 1);
		add_event(filter, iotype, trigger, armed, state);
	}
	/* The request needs preparing for an event at its completion */
	if (raises->done != BLKDEBUG_EV_NONE &&
	    blkdebug_trigger_live(rcu_dereference_protected(rs->trigger[raises->done], 1)))
		want_all(filter);

	trigger = rcu_dereference_protected(rs->standing, 1);
	for (i = 0; trigger && i < BLKDEBUG_NR_KINDS; i++)
		add_kind(filter, iotype, &trigger->kind[i], state);
	for (i = 0; armed->trigger && i < BLKDEBUG_NR_FAULT_KINDS; i++)
		add_kind(filter, iotype, &armed->trigger->kind[i], armed->state);
}

/* A filter with more than there is room for has none that count */
static unsigned int nr_slots(unsigned int nr, unsigned int room)
{
	return nr > room ? 0 : nr;
}

/*
 * A reader follows what it finds before it knows whether the filter has changed
 * meanwhile. So what is counted is in its place first: behind the old count there
 * may still be what has long been freed. And what no longer counts stays: a reader
 * with the old count may follow it yet.
 */
static void publish(struct blkdebug_filter *filter,
		    const struct blkdebug_filter *new)
{
	unsigned int i;

	WRITE_ONCE(filter->first, new->first);
	WRITE_ONCE(filter->last, new->last);
	WRITE_ONCE(filter->flags, new->flags);
	for (i = 0; i < nr_slots(new->nr, BLKDEBUG_FILTER_BUCKETS); i++)
		WRITE_ONCE(filter->bucket[i], new->bucket[i]);
	/* Pairs with passes_buckets() */
	smp_store_release(&filter->nr, new->nr);
	for (i = 0; i < nr_slots(new->nr_runs, BLKDEBUG_FILTER_RUNS); i++)
		WRITE_ONCE(filter->run[i], new->run[i]);
	/* Pairs with blkdebug_filter_passes() */
	smp_store_release(&filter->nr_runs, new->nr_runs);
}

/**
 * blkdebug_filter_make - make the filter of an I/O type
 * @filter: the result; readers may be using it
 * @iotype: enum blkdebug_iotype
 * @rs: the rules in force
 * @armed: what is armed
 * @state: the state in force
 *
 * The caller holds the engine's lock. What the filter was made of before is freed
 * no sooner than after an RCU grace period that begins behind this.
 */
void blkdebug_filter_make(struct blkdebug_filter *filter, unsigned int iotype,
			  struct blkdebug_ruleset *rs,
			  const struct blkdebug_armed *armed, u32 state)
{
	struct blkdebug_filter new = { .first = U64_MAX };

	collect(&new, iotype, rs, armed, state);
	publish(filter, &new);
}

static bool bucket_touched(const struct blkdebug_bucket *bucket,
			   sector_t first, sector_t last)
{
	const struct blkdebug_run *run;

	if (READ_ONCE(bucket->anywhere.next) != &bucket->anywhere)
		return true;
	for (run = rcu_dereference_check(bucket->runs, 1); run;
	     run = run->next) {
		if (blkdebug_run_find(run, first, last, 0, NULL))
			return true;
	}
	return false;
}

/* Kept apart from the usual case, which then has no registers to save */
static noinline bool passes_buckets(const struct blkdebug_filter *filter,
				    sector_t first, sector_t last, u16 flags)
{
	/* Pairs with the one in publish() */
	unsigned int i, nr = smp_load_acquire(&filter->nr);

	if (nr > BLKDEBUG_FILTER_BUCKETS)
		return false;
	for (i = 0; i < nr; i++) {
		struct blkdebug_bucket *bucket = READ_ONCE(filter->bucket[i]);

		if ((flags & bucket->flags_set) == bucket->flags_set &&
		    !(flags & bucket->flags_clear) &&
		    bucket_touched(bucket, first, last))
			return false;
	}
	return true;
}

/**
 * blkdebug_filter_passes - does no rule want a request?
 * @filter: of its I/O type
 * @first: its first sector
 * @last: its last sector
 * @flags: enum blkdebug_flag, if @filter asks for them
 *
 * Return: true if no rule does; false means that one may. The caller holds an
 * RCU read lock and finds out itself whether the filter has changed meanwhile.
 */
bool blkdebug_filter_passes(const struct blkdebug_filter *filter,
			    sector_t first, sector_t last, u16 flags)
{
	/* Pairs with the one in publish() */
	unsigned int i, nr = smp_load_acquire(&filter->nr_runs);

	if (unlikely(nr > BLKDEBUG_FILTER_RUNS))
		return passes_buckets(filter, first, last, flags);
	for (i = 0; i < nr; i++) {
		if (blkdebug_run_touched(READ_ONCE(filter->run[i]), first, last))
			return false;
	}
	return true;
}

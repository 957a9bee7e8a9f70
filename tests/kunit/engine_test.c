// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the engine: state, arming, used-up rules, delays, holds and suspends.
 */
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "kit.h"

static u64 count_injected(struct kit *kit)
{
	unsigned long flags = blkdebug_lock(&kit->engine);
	u64 nr = blkdebug_injected(&kit->engine);

	blkdebug_unlock(&kit->engine, flags);
	return nr;
}

/* Submit an I/O and return its outcome */
static int get_outcome(struct kit *kit, unsigned int iotype, sector_t sector,
		       sector_t nr_sectors, u16 flags)
{
	return kit_outcome(kit, kit_io(kit, iotype, sector, nr_sectors,
					    flags));
}

#define reads(kit, sector, result)					\
	KUNIT_EXPECT_EQ((kit)->test, result,				\
			get_outcome(kit, BLKDEBUG_IO_READ, sector, 8, 0))
#define writes(kit, sector, result)					\
	KUNIT_EXPECT_EQ((kit)->test, result,				\
			get_outcome(kit, BLKDEBUG_IO_WRITE, sector, 8, 0))
#define flushes(kit, result)						\
	KUNIT_EXPECT_EQ((kit)->test, result,				\
			get_outcome(kit, BLKDEBUG_IO_FLUSH, 0, 0, 0))

#define expect_state(kit, n)						\
	KUNIT_EXPECT_EQ((kit)->test, (kit)->engine.state, n)

#define expect_answer(kit, text, ...) do {				\
	kit_says(kit, 1, __VA_ARGS__);					\
	KUNIT_EXPECT_STREQ((kit)->test, (kit)->answer, text);		\
} while (0)

/* Matching */

static void test_standing(struct kunit *test)
{
	struct kit *kit = test->priv;

	reads(kit, 0, BLKDEBUG_PASS);
	kit_says(kit, 1, "add inject-error iotype=read sector=8-15,100 errno=ENODATA");
	kit_says(kit, 1, "add inject-error flags=fua,!meta errno=ENOSPC");
	reads(kit, 0, BLKDEBUG_PASS);
	reads(kit, 1, -ENODATA);
	reads(kit, 15, -ENODATA);
	reads(kit, 16, BLKDEBUG_PASS);
	reads(kit, 93, -ENODATA);
	writes(kit, 8, BLKDEBUG_PASS);
	KUNIT_EXPECT_EQ(test, -ENOSPC,
			get_outcome(kit, BLKDEBUG_IO_WRITE, 8, 8,
				    BLKDEBUG_FUA | BLKDEBUG_SYNC));
	KUNIT_EXPECT_EQ(test, BLKDEBUG_PASS,
			get_outcome(kit, BLKDEBUG_IO_WRITE, 8, 8,
				    BLKDEBUG_FUA | BLKDEBUG_META));
	flushes(kit, BLKDEBUG_PASS);
	kit_says(kit, 1, "add inject-error sector=0-99999 inject-error errno=ETIMEDOUT");
	flushes(kit, -ETIMEDOUT);
	expect_answer(kit, "3", "wait_hits 1 3");
}

/* The fault with the lowest number decides, wherever the index has it. */
static void test_first_written(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error sector=8 state=1 errno=ENODATA");
	kit_says(kit, 1, "add inject-error errno=ENOSPC");
	kit_says(kit, 1, "add inject-error sector=8 errno=EILSEQ");
	reads(kit, 8, -ENODATA);
	kit_says(kit, 0, "remove 1");
	reads(kit, 8, -ENOSPC);
	kit_says(kit, 0, "remove 2");
	reads(kit, 8, -EILSEQ);
	kit_says(kit, 1, "add inject-error errno=0");
	reads(kit, 8, -EILSEQ);
	reads(kit, 16, BLKDEBUG_PASS);
	expect_answer(kit, "1", "wait_hits 4 1");
}

static void test_errno_0(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error sector=8 errno=0 once=on inject-error");
	reads(kit, 8, BLKDEBUG_PASS);
	reads(kit, 8, BLKDEBUG_PASS);
	reads(kit, 0, -EIO);
	KUNIT_EXPECT_EQ(test, kit_rule(kit, 1)->hits, 2);
	KUNIT_EXPECT_FALSE(test, kit_rule(kit, 1)->dead);
	KUNIT_EXPECT_EQ(test, kit->engine.injected[BLKDEBUG_IO_READ], 1);
}

static void test_immediately(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 1, 0);

	kit_says(kit, 1, "add inject-error immediately=on state=1 inject-error");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_FAIL);
	KUNIT_EXPECT_TRUE(test, io->immediately);
	kit_says(kit, 1, "state 2");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_PTR_EQ(test, kit_ready(kit), io);
	KUNIT_EXPECT_EQ(test, io->verdict, BLKDEBUG_FAIL);
}

/* Arming */

static void test_armed_until_others_are(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error event=user.a errno=ENOSPC");
	kit_says(kit, 1, "add inject-error event=user.b sector=0 errno=EILSEQ");
	reads(kit, 0, BLKDEBUG_PASS);
	kit_says(kit, 0, "event user.a");
	reads(kit, 0, -ENOSPC);
	writes(kit, 8, -ENOSPC);
	/* This event arms no fault, so the armed set stays as it is. */
	kit_says(kit, 0, "event user.c");
	reads(kit, 0, -ENOSPC);
	kit_says(kit, 0, "event user_b");
	reads(kit, 0, -EILSEQ);
	reads(kit, 8, BLKDEBUG_PASS);
	KUNIT_EXPECT_EQ(test, kit->engine.armed.nr, 1);
	kit_says(kit, 0, "remove 2");
	KUNIT_EXPECT_EQ(test, kit->engine.armed.nr, 0);
	reads(kit, 0, BLKDEBUG_PASS);
}

static void test_state_tested_when_armed(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error event=user.a state=2");
	kit_says(kit, 1, "add inject-error event=user.a state=1 sector=0");
	kit_says(kit, 0, "event user.a");
	kit_says(kit, 1, "state 7");
	reads(kit, 0, -EIO);
	reads(kit, 8, BLKDEBUG_PASS);
	/* In this state the event arms no fault. */
	kit_says(kit, 0, "event user.a");
	reads(kit, 0, -EIO);
	kit_says(kit, 1, "state 2");
	kit_says(kit, 0, "event user.a");
	reads(kit, 8, -EIO);
}

static void test_written_after_arming(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error event=user.a sector=0");
	kit_says(kit, 0, "event user.a");
	kit_says(kit, 1, "add inject-error event=user.a sector=8 errno=ENOSPC");
	reads(kit, 8, BLKDEBUG_PASS);
	KUNIT_EXPECT_EQ(test, kit->engine.armed.nr, 1);
	kit_says(kit, 0, "event user.a");
	reads(kit, 8, -ENOSPC);
	KUNIT_EXPECT_EQ(test, kit->engine.armed.nr, 2);
}

/* I/O raises its events before it is checked. */
static void test_armed_by_io(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error event=pwritev sector=0 iotype=read");
	kit_says(kit, 1, "add inject-error event=flush_to_disk errno=ENOSPC");
	reads(kit, 0, BLKDEBUG_PASS);
	writes(kit, 64, BLKDEBUG_PASS);
	reads(kit, 0, -EIO);
	flushes(kit, -ENOSPC);
	reads(kit, 0, -ENOSPC);
	writes(kit, 64, BLKDEBUG_PASS);
}

/* States */

static void test_state_before_event(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add set-state event=user.go state=1 new_state=2");
	kit_says(kit, 1, "add set-state event=user.go state=2 new_state=3");
	kit_says(kit, 1, "add set-state event=user.go new_state=9");
	kit_says(kit, 1, "add inject-error event=user.go state=2");
	kit_says(kit, 0, "event user.go");
	expect_state(kit, 2);
	reads(kit, 0, BLKDEBUG_PASS);
	kit_says(kit, 0, "event user.go");
	expect_state(kit, 3);
	reads(kit, 0, -EIO);
	kit_says(kit, 0, "event user.go");
	expect_state(kit, 9);
}

/* Standing rules match the state before the I/O; a new state is for the next I/O. */
static void test_state_set_by_standing(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add set-state iotype=read state=1 new_state=2");
	kit_says(kit, 1, "add inject-error state=2 errno=ENOSPC");
	kit_says(kit, 1, "add set-state event=write_aio state=2 new_state=3");
	kit_says(kit, 1, "add inject-error state=3 errno=EILSEQ");
	reads(kit, 0, BLKDEBUG_PASS);
	expect_state(kit, 2);
	reads(kit, 0, -ENOSPC);
	/* The events of a write precede its check. */
	writes(kit, 0, -EILSEQ);
	expect_state(kit, 3);
}

static void test_reset(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 1, 0);

	kit->engine.start_state = 5;
	kit_says(kit, 1, "add suspend event=read_aio tag=a inject-error");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_HELD);
	writes(kit, 0, -EIO);
	kit_says(kit, 0, "reset");
	expect_state(kit, 5);
	KUNIT_EXPECT_PTR_EQ(test, kit_ready(kit), io);
	KUNIT_EXPECT_EQ(test, io->verdict, BLKDEBUG_PASS);
	expect_answer(kit, "", "list");
	KUNIT_EXPECT_EQ(test, count_injected(kit), 0);
	kit_says(kit, 1, "add inject-error");
	KUNIT_EXPECT_NOT_NULL(test, kit_rule(kit, 3));
}

/* Once */

static void test_once(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error once=on errno=ENOSPC tag=a");
	kit_says(kit, 1, "add inject-error sector=0 once=on tag=a");
	kit_says(kit, 1, "add inject-error errno=EILSEQ");
	reads(kit, 0, -ENOSPC);
	reads(kit, 0, -EIO);
	reads(kit, 0, -EILSEQ);
	expect_answer(kit, "2", "wait_hits a 2");
	kit_says(kit, -ENOENT, "wait_hits a 3");
	expect_answer(kit,
		      "1 1 used inject-error tag=a errno=ENOSPC once=on\n"
		      "2 1 used inject-error sector=0 tag=a once=on\n"
		      "3 1 - inject-error errno=EILSEQ", "list");
	kit_says(kit, 0, "remove a");
	kit_says(kit, -ENOENT, "wait_hits a 1");
}

#define RACERS		2
#define RACED_RULES	1000
#define RACED_READS	600	/* of each racer; together more than rules */

/**
 * struct racer - a thread that submits I/O beside others
 * @kit: the kit
 * @start: completed when all threads are to start
 * @done: completed when this thread has finished
 * @failed: I/Os that have failed
 * @passed: I/Os that have passed
 */
struct racer {
	struct kit *kit;
	struct completion *start;
	struct completion done;
	unsigned int failed;
	unsigned int passed;
};

static int run_racer(void *arg)
{
	struct racer *racer = arg;
	struct blkdebug_io *io = kmalloc(sizeof(*io), GFP_KERNEL);
	unsigned int i;

	wait_for_completion(racer->start);
	for (i = 0; io && i < RACED_READS; i++) {
		memset(io, 0xa5, sizeof(*io));
		memset(&io->desc, 0, sizeof(io->desc));
		io->desc.nr_sectors = 8;
		if (blkdebug_submit(&racer->kit->engine, io) == BLKDEBUG_FAIL)
			racer->failed++;
		else
			racer->passed++;
	}
	kfree(io);
	complete(&racer->done);
	return 0;
}

/* If two I/Os meet a rule with once=on, it fires for one; the other tries the next rule. */
static void test_once_raced_for(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct racer *racers = kunit_kcalloc(test, RACERS, sizeof(*racers),
					     GFP_KERNEL);
	DECLARE_COMPLETION_ONSTACK(start);
	struct blkdebug_rule *rule;
	unsigned int failed = 0, passed = 0, i;
	char *add = kunit_kzalloc(test, RACED_RULES * 60, GFP_KERNEL);
	size_t len = 0;

	KUNIT_ASSERT_NOT_NULL(test, racers);
	KUNIT_ASSERT_NOT_NULL(test, add);
	/* Rules with sectors and rules without are in the index in different ways. */
	for (i = 0; i < RACED_RULES; i++)
		len += sprintf(add + len, "inject-error%s once=on immediately=on ",
			       i % 2 ? "" : " sector=0-9");
	kit_says(kit, 1, "add %s", add);

	for (i = 0; i < RACERS; i++) {
		racers[i].kit = kit;
		racers[i].start = &start;
		init_completion(&racers[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(run_racer, &racers[i],
							    "racer-%u", i)));
	}
	complete_all(&start);
	for (i = 0; i < RACERS; i++) {
		wait_for_completion(&racers[i].done);
		failed += racers[i].failed;
		passed += racers[i].passed;
	}
	KUNIT_EXPECT_EQ(test, failed, RACED_RULES);
	KUNIT_EXPECT_EQ(test, passed, RACERS * RACED_READS - RACED_RULES);
	for (i = 1; i <= RACED_RULES; i++) {
		rule = kit_rule(kit, i);
		KUNIT_ASSERT_NOT_NULL(test, rule);
		KUNIT_ASSERT_EQ(test, rule->hits, 1);
		KUNIT_ASSERT_TRUE(test, rule->dead);
	}
}

/* Housekeeping keeps the last 1,000 used-up rules and frees the others. */
static void test_many_used_up(struct kunit *test)
{
	struct kit *kit = test->priv;
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		kit_says(kit, 1, "add inject-error sector=%u once=on", i % 7);
		reads(kit, 0, -EIO);
		if (i % 500 == 499)
			blkdebug_engine_housekeep(&kit->engine);
	}
	KUNIT_EXPECT_NULL(test, kit_rule(kit, 1));
	for (i = 1001; i <= 2000; i++)
		KUNIT_ASSERT_NOT_NULL(test, kit_rule(kit, i));
	reads(kit, 0, BLKDEBUG_PASS);
}

/* The hits of a tag start at zero after all its rules have been removed. */
static void test_hits_of_removed_tag(struct kunit *test)
{
	struct kit *kit = test->priv;
	unsigned int i;

	kit_add_rules(kit, 200, "inject-error once=on tag=a");
	for (i = 0; i < 2000; i++)
		reads(kit, 0, -EIO);
	expect_answer(kit, "2000", "wait_hits a 2000");
	/* Half of the used-up rules are freed, but their hits still count. */
	blkdebug_engine_housekeep(&kit->engine);
	KUNIT_EXPECT_NULL(test, kit_rule(kit, 1));
	expect_answer(kit, "2000", "wait_hits a 2000");
	kit_says(kit, 0, "remove a");
	kit_says(kit, 1, "add inject-error tag=a");
	kit_says(kit, -ETIMEDOUT, "wait_hits a 1 0");
	reads(kit, 0, -EIO);
	expect_answer(kit, "1", "wait_hits a 1");
}

/*
 * One read that matches 600 rules of two ranges each, in no order, counts each rule once
 * and tries the rules by number.
 */
static void test_many_match(struct kunit *test)
{
	const unsigned int nr = 600;
	struct kit *kit = test->priv;
	unsigned int i;

	for (i = 0; i < nr; i++)
		kit_says(kit, 1, "add inject-error sector=%u,%u after=1 once=on",
			 i * 257 % nr * 2, (nr + i * 263 % nr) * 2);
	KUNIT_EXPECT_EQ(test, BLKDEBUG_PASS,
			get_outcome(kit, BLKDEBUG_IO_READ, 0, 4 * nr, 0));
	for (i = 1; i <= nr; i++) {
		KUNIT_EXPECT_FALSE(test, kit_rule(kit, i)->dead);
		KUNIT_EXPECT_EQ(test, -EIO,
				get_outcome(kit, BLKDEBUG_IO_READ, 0, 4 * nr, 0));
		KUNIT_EXPECT_TRUE(test, kit_rule(kit, i)->dead);
	}
	KUNIT_EXPECT_EQ(test, BLKDEBUG_PASS,
			get_outcome(kit, BLKDEBUG_IO_READ, 0, 4 * nr, 0));
}

/* Add a rule for the I/O types of a mask. */
static void add_rule_for(struct kit *kit, unsigned int iotypes)
{
	char list[128];
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++) {
		if (iotypes & (1U << i))
			len += sprintf(list + len, "%s%s", len ? "," : "",
				       blkdebug_iotype_name(i));
	}
	kit_says(kit, 1, "add inject-error sector=%u iotype=%s", iotypes, list);
}

/* An add copies no large table of the filter, however many I/O types rules combine. */
static void test_large_table_stays(struct kunit *test)
{
	struct kit *kit = test->priv;
	const struct blkdebug_filter *filter;
	const struct blkdebug_range_table *large;
	char *sectors = kunit_kzalloc(test, 8192, GFP_KERNEL);
	unsigned int i, found = 0;
	size_t len = 0;

	KUNIT_ASSERT_NOT_NULL(test, sectors);
	for (i = 0; i < 1000; i++)
		len += sprintf(sectors + len, "%s%u", i ? "," : "", 1000 + 2 * i);
	kit_says(kit, 1, "add inject-error iotype=read sector=%s", sectors);
	rcu_read_lock();
	large = rcu_dereference(kit->engine.filter)->table[0];
	rcu_read_unlock();
	for (i = 1; i <= 200; i++)
		add_rule_for(kit, i);
	rcu_read_lock();
	filter = rcu_dereference(kit->engine.filter);
	for (i = 0; i < filter->nr; i++)
		found += filter->table[i] == large;
	KUNIT_EXPECT_LE(test, filter->nr, 33);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, found, 1);
	reads(kit, 1000, -EIO);
	writes(kit, 1000, BLKDEBUG_PASS);
}

/* Counted and random rules, and the effects of faults */

static void test_counted(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error after=2 interval=3 times=2 tag=a");
	kit_says(kit, 1, "add inject-error sector=8 errno=ENOSPC");
	reads(kit, 0, BLKDEBUG_PASS);
	reads(kit, 8, -ENOSPC);
	reads(kit, 0, BLKDEBUG_PASS);
	reads(kit, 0, BLKDEBUG_PASS);
	reads(kit, 8, -EIO);
	reads(kit, 0, BLKDEBUG_PASS);
	reads(kit, 0, BLKDEBUG_PASS);
	reads(kit, 0, -EIO);
	reads(kit, 0, BLKDEBUG_PASS);
	expect_answer(kit, "2", "wait_hits a 2");
	kit_says(kit, -ENOENT, "wait_hits a 3");
}

/* The same seed draws the same numbers, and the rule fires about as often as it should. */
static void test_probability(struct kunit *test)
{
	struct kit *kit = test->priv;
	unsigned int round, i, hits[2] = {};
	u64 which[2][4] = {};

	for (round = 0; round < 2; round++) {
		kit->engine.last_number = 0;
		kit->engine.seed = 7;
		kit_says(kit, 1, "replace inject-error probability=1/4");
		for (i = 0; i < 256; i++) {
			if (get_outcome(kit, BLKDEBUG_IO_READ, 0, 1, 0) == -EIO) {
				which[round][i / 64] |= 1ULL << i % 64;
				hits[round]++;
			}
		}
	}
	KUNIT_EXPECT_EQ(test, 0, memcmp(which[0], which[1], sizeof(which[0])));
	KUNIT_EXPECT_GT(test, hits[0], 40);
	KUNIT_EXPECT_LT(test, hits[0], 90);
}

/* Submit an I/O that a fault alters. */
static const struct blkdebug_effect *submit_altered(struct kit *kit,
						    unsigned int iotype,
						    sector_t sector,
						    sector_t nr_sectors)
{
	struct blkdebug_io *io = kit_io(kit, iotype, sector,
						   nr_sectors, 0);

	KUNIT_ASSERT_EQ(kit->test, kit_outcome(kit, io), BLKDEBUG_ALTER);
	return &io->effect;
}

/* Numbers are drawn evenly, within small and large limits. */
static void test_draw_below(struct kunit *test)
{
	static const u64 limits[] = { 1, 2, 1000, U32_MAX, U32_MAX + 1ULL,
				      1ULL << 40, U64_MAX };
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		u64 limit = limits[i], number = 0, upper = 0;

		for (nr = 0; nr < 1000; nr++) {
			u64 draw = blkdebug_draw_below(blkdebug_draw(1, number++),
						       limit);

			KUNIT_ASSERT_LT(test, draw, limit);
			upper += draw >= limit / 2;
		}
		if (limit > 1) {
			KUNIT_EXPECT_GT(test, upper, 400);
			KUNIT_EXPECT_LT(test, upper, 600);
		}
	}
}

static void test_effects(struct kunit *test)
{
	struct kit *kit = test->priv;
	const struct blkdebug_effect *effect;
	unsigned int i;

	kit->engine.geometry.block = 8;
	kit_says(kit, 1, "add corrupt on=read sector=20 byte=511 value=7");
	effect = submit_altered(kit, BLKDEBUG_IO_READ, 16, 8);
	KUNIT_EXPECT_EQ(test, effect->start, 4 * 512 + 511);
	KUNIT_EXPECT_EQ(test, effect->value, 7);
	kit_says(kit, 1, "replace corrupt sector=20-99 bits=3");
	effect = submit_altered(kit, BLKDEBUG_IO_WRITE, 16, 8);
	KUNIT_EXPECT_EQ(test, effect->start, 4 * 512);
	KUNIT_EXPECT_EQ(test, effect->bytes, 4 * 512);
	kit_says(kit, 1, "replace tear sectors=12");
	effect = submit_altered(kit, BLKDEBUG_IO_WRITE, 16, 16);
	KUNIT_EXPECT_EQ(test, effect->sectors, 8);
	kit_says(kit, 1, "replace tear sectors=random");
	for (i = 0; i < 100; i++) {
		effect = submit_altered(kit, BLKDEBUG_IO_WRITE, 16, 32);
		KUNIT_EXPECT_EQ(test, effect->sectors % 8, 0);
		KUNIT_EXPECT_LT(test, effect->sectors, 32);
	}
	kit_says(kit, 1, "replace misdirect to=1048568");
	effect = submit_altered(kit, BLKDEBUG_IO_WRITE, 16, 8);
	KUNIT_EXPECT_EQ(test, effect->to, 1048568);
	writes(kit, 16, BLKDEBUG_ALTER);
	KUNIT_EXPECT_EQ(test, BLKDEBUG_PASS,
			get_outcome(kit, BLKDEBUG_IO_WRITE, 16, 16, 0));
	kit_says(kit, 1, "replace inject-error sector=29 transfer=partial");
	effect = submit_altered(kit, BLKDEBUG_IO_READ, 16, 32);
	KUNIT_EXPECT_EQ(test, effect->sectors, 8);
}

/* All delays that match are added up, and a fault follows them. */
static void test_delay(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_says(kit, 1, "add delay ms=3600000 delay sector=9 ms=5");
	kit_says(kit, 1, "add delay iotype=read us=7 inject-error");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_EQ(test, io->delay, 3600000007);
	KUNIT_EXPECT_NULL(test, kit_ready(kit));
	blkdebug_end_delays(&kit->engine);
	KUNIT_EXPECT_PTR_EQ(test, kit_ready(kit), io);
	KUNIT_EXPECT_EQ(test, io->verdict, BLKDEBUG_FAIL);
}

/* Delays end in the order of their due times. */
static void test_delays_due(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *slow = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);
	struct blkdebug_io *fast = kit_io(kit, BLKDEBUG_IO_WRITE, 0, 8, 0);
	struct blkdebug_io *io;

	kit_says(kit, 1, "add delay iotype=read ms=300 delay iotype=write ms=10");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, slow), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_EQ(test, kit_submit(kit, fast), BLKDEBUG_QUEUED);
	while (!(io = kit_ready(kit)))
		cond_resched();
	KUNIT_EXPECT_PTR_EQ(test, io, fast);
	while (!(io = kit_ready(kit)))
		cond_resched();
	KUNIT_EXPECT_PTR_EQ(test, io, slow);
}

/* Heal all sectors that a write covers. */
static void heal_sectors(struct kit *kit, const struct blkdebug_io *io,
			 sector_t sector, sector_t nr_sectors)
{
	struct blkdebug_heal heal = {
		.sector = sector,
		.nr_sectors = nr_sectors,
	};

	do {
		if (!heal.spare)
			heal.spare = blkdebug_bad_alloc(GFP_KERNEL);
	} while (!blkdebug_heal_some(&kit->engine, io, &heal));
	blkdebug_bad_free(heal.spare);
}

static void test_healed(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_WRITE, 12, 8, 0);

	kit_says(kit, 1, "add inject-error sector=8-15,100 healed=on tag=bad");
	reads(kit, 0, BLKDEBUG_PASS);
	reads(kit, 5, -EIO);
	KUNIT_EXPECT_EQ(test, kit_outcome(kit, io), BLKDEBUG_PASS);
	KUNIT_EXPECT_TRUE(test, io->heals);
	heal_sectors(kit, io, 12, 8);
	expect_answer(kit, "1 1 - inject-error sector=8-11,100 tag=bad healed=on",
		      "list");
	reads(kit, 12, BLKDEBUG_PASS);
	heal_sectors(kit, io, 0, 200);
	KUNIT_EXPECT_TRUE(test, kit_rule(kit, 1)->dead);
	reads(kit, 8, BLKDEBUG_PASS);
}

/* Holds */

/* Submit an I/O that a breakpoint holds. */
static struct blkdebug_io *submit_held(struct kit *kit, unsigned int iotype)
{
	struct blkdebug_io *io = kit_io(kit, iotype, 0, 8, 0);

	KUNIT_ASSERT_EQ(kit->test, kit_submit(kit, io), BLKDEBUG_HELD);
	return io;
}

/* Expect that the next I/O on @ready is this one, with this verdict. */
static void expect_continues(struct kit *kit, struct blkdebug_io *io,
			     enum blkdebug_verdict verdict, int error)
{
	KUNIT_ASSERT_PTR_EQ(kit->test, kit_ready(kit), io);
	KUNIT_EXPECT_EQ(kit->test, io->verdict, verdict);
	KUNIT_EXPECT_EQ(kit->test, io->error, error);
	KUNIT_EXPECT_TRUE(kit->test, list_empty(&io->holds));
}

static void test_hold(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io;

	kit_says(kit, 1, "break write_aio a iotype=write");
	reads(kit, 0, BLKDEBUG_PASS);
	io = submit_held(kit, BLKDEBUG_IO_WRITE);
	expect_answer(kit, "1", "is_suspended a");
	writes(kit, 0, BLKDEBUG_PASS);
	kit_says(kit, 0, "resume a");
	expect_continues(kit, io, BLKDEBUG_PASS, 0);
	kit_says(kit, -ENOENT, "resume a");
	KUNIT_EXPECT_EQ(test, kit->engine.held[BLKDEBUG_IO_WRITE], 1);
}

/* Faults that are armed during a hold apply to the held I/O. */
static void test_hold_comes_before_faults(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io;

	kit_says(kit, 1, "add suspend event=read_aio tag=a inject-error event=user.x");
	io = submit_held(kit, BLKDEBUG_IO_READ);
	kit_says(kit, 0, "event user.x");
	kit_says(kit, 0, "resume a");
	expect_continues(kit, io, BLKDEBUG_FAIL, EIO);
}

/* All breakpoints of an event hold an I/O at once; the next event follows their resume. */
static void test_hold_under_several_tags(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io;

	kit_says(kit, 1, "add suspend event=write_aio tag=a");
	kit_says(kit, 1, "add suspend event=write_aio tag=b");
	kit_says(kit, 1, "add suspend event=pwritev tag=c");
	kit_says(kit, 1, "add suspend tag=d");
	io = submit_held(kit, BLKDEBUG_IO_WRITE);
	KUNIT_EXPECT_EQ(test, kit->engine.holds.nr, 2);
	kit_says(kit, 0, "resume b");
	KUNIT_EXPECT_NULL(test, kit_ready(kit));
	kit_says(kit, 0, "resume a");
	KUNIT_EXPECT_NULL(test, kit_ready(kit));
	expect_answer(kit, "1", "is_suspended c");
	kit_says(kit, 0, "resume c");
	expect_answer(kit, "1", "is_suspended d");
	kit_says(kit, 0, "resume d");
	expect_continues(kit, io, BLKDEBUG_PASS, 0);
}

/* "resume" ends the newest hold with the tag; "all" ends them from the oldest on. */
static void test_resume_order(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io[4];
	unsigned int i;

	kit_says(kit, 1, "add suspend event=read_aio tag=a once=off");
	for (i = 0; i < ARRAY_SIZE(io); i++)
		io[i] = submit_held(kit, BLKDEBUG_IO_READ);
	kit_says(kit, 0, "resume a");
	expect_continues(kit, io[3], BLKDEBUG_PASS, 0);
	kit_says(kit, 0, "resume #2");
	expect_continues(kit, io[1], BLKDEBUG_PASS, 0);
	kit_says(kit, 0, "resume a all errno=ENODATA");
	expect_continues(kit, io[0], BLKDEBUG_FAIL, ENODATA);
	expect_continues(kit, io[2], BLKDEBUG_FAIL, ENODATA);
	KUNIT_EXPECT_NULL(test, kit_ready(kit));
}

/* "resume" with an errno ends all holds of the I/O, and no further rule is tried. */
static void test_resume_with_errno(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io;

	kit_says(kit, 1, "add suspend event=write_aio tag=a");
	kit_says(kit, 1, "add suspend event=write_aio tag=b");
	kit_says(kit, 1, "add suspend event=pwritev tag=c");
	kit_says(kit, 1, "add inject-error errno=EILSEQ");
	io = submit_held(kit, BLKDEBUG_IO_WRITE);
	kit_says(kit, 0, "resume a errno=ENOSPC");
	expect_continues(kit, io, BLKDEBUG_FAIL, ENOSPC);
	KUNIT_EXPECT_EQ(test, kit->engine.holds.nr, 0);
	kit_says(kit, 1, "break write_aio a");
	io = submit_held(kit, BLKDEBUG_IO_WRITE);
	kit_says(kit, 0, "resume a errno=0");
	expect_continues(kit, io, BLKDEBUG_PASS, 0);
}

/* Breakpoints without a free hold wait for their turn with the I/O. */
static void test_holds_beyond_embedded(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *first, *second;
	unsigned int i, nr = BLKDEBUG_HOLDS + 3;

	for (i = 0; i < nr; i++)
		kit_says(kit, 1, "add suspend event=read_aio tag=t%u once=off", i);
	first = submit_held(kit, BLKDEBUG_IO_READ);
	KUNIT_EXPECT_EQ(test, kit->engine.holds.nr, nr);
	second = submit_held(kit, BLKDEBUG_IO_READ);
	KUNIT_EXPECT_EQ(test, kit->engine.holds.nr, nr + BLKDEBUG_HOLDS);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_NULL(test, kit_ready(kit));
		kit_says(kit, 0, "resume t%u all", i);
	}
	/* Each breakpoint has held both I/Os once. */
	expect_continues(kit, first, BLKDEBUG_PASS, 0);
	expect_continues(kit, second, BLKDEBUG_PASS, 0);
	for (i = 1; i <= nr; i++)
		KUNIT_EXPECT_EQ(test, kit_rule(kit, i)->hits, 2);
}

/* Each resumed I/O continues in a section of its own, as do all holds of an I/O. */
static void test_resume_in_sections(struct kunit *test)
{
	struct kit *kit = test->priv;
	const unsigned int nr = 10;
	unsigned int before, i;
	LIST_HEAD(requeued);

	kit_says(kit, 1, "add suspend event=read_aio tag=a once=off");
	for (i = 0; i < nr; i++)
		submit_held(kit, BLKDEBUG_IO_READ);
	before = raw_read_seqcount(&kit->engine.seq);
	kit_says(kit, 0, "resume a all");
	KUNIT_EXPECT_GE(test, raw_read_seqcount(&kit->engine.seq) - before, 2 * nr);
	for (i = 0; i < nr; i++)
		submit_held(kit, BLKDEBUG_IO_READ);
	before = raw_read_seqcount(&kit->engine.seq);
	blkdebug_suspend(&kit->engine, true, &requeued);
	KUNIT_EXPECT_GE(test, raw_read_seqcount(&kit->engine.seq) - before, 2 * nr);
	blkdebug_unsuspend(&kit->engine);
}

/* Breakpoints that are added during a hold do not match at the event of that hold. */
static void test_late_breakpoint(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io;

	kit_says(kit, 1, "break write_aio a");
	io = submit_held(kit, BLKDEBUG_IO_WRITE);
	kit_says(kit, 1, "break write_aio b");
	kit_says(kit, 1, "break pwritev c");
	kit_says(kit, 0, "resume a");
	expect_answer(kit, "0", "is_suspended b");
	kit_says(kit, 0, "resume c");
	expect_continues(kit, io, BLKDEBUG_PASS, 0);
}

/* The same for an I/O that breakpoints hold in turns. */
static void test_late_breakpoint_without_free_hold(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *first, *second;
	unsigned int i, nr = BLKDEBUG_HOLDS + 1;

	for (i = 0; i < nr; i++)
		kit_says(kit, 1, "add suspend event=read_aio tag=t%u once=off", i);
	first = submit_held(kit, BLKDEBUG_IO_READ);
	second = submit_held(kit, BLKDEBUG_IO_READ);
	kit_says(kit, 1, "add suspend event=read_aio tag=late once=off");
	for (i = 0; i < nr; i++)
		kit_says(kit, 0, "resume t%u all", i);
	expect_answer(kit, "0", "is_suspended late");
	kit_say(kit, "resume late all");
	expect_continues(kit, first, BLKDEBUG_PASS, 0);
	expect_continues(kit, second, BLKDEBUG_PASS, 0);
}

/* Faults match the state at the end of the last hold. */
static void test_state_moves_during_hold(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io;

	kit_says(kit, 1, "add suspend tag=a set-state new_state=2 state=1");
	kit_says(kit, 1, "add inject-error state=3 inject-error state=1 errno=ENOSPC");
	io = submit_held(kit, BLKDEBUG_IO_READ);
	expect_state(kit, 2);
	kit_says(kit, 1, "state 3");
	kit_says(kit, 0, "resume a");
	expect_continues(kit, io, BLKDEBUG_FAIL, EIO);
}

static void test_held_at_completion(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_WRITE, 0, 8, 0);

	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_PASS);
	KUNIT_EXPECT_FALSE(test, blkdebug_raises_done(&kit->engine,
						      BLKDEBUG_IO_WRITE));
	kit_says(kit, 1, "add suspend event=pwritev_done tag=a once=off");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_PASS);
	KUNIT_EXPECT_TRUE(test, blkdebug_raises_done(&kit->engine,
						     BLKDEBUG_IO_WRITE));
	KUNIT_EXPECT_EQ(test, blkdebug_complete(&kit->engine, io), BLKDEBUG_HELD);
	kit_says(kit, 0, "resume a");
	expect_continues(kit, io, BLKDEBUG_PASS, 0);
	KUNIT_EXPECT_EQ(test, io->step, BLKDEBUG_STEP_DONE);
	KUNIT_EXPECT_EQ(test, blkdebug_complete(&kit->engine, io), BLKDEBUG_HELD);
	kit_says(kit, 0, "resume a errno=ENODATA");
	expect_continues(kit, io, BLKDEBUG_FAIL, ENODATA);
}

/* A hold outlives its breakpoint. */
static void test_hold_outlives_rules(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io[3];
	unsigned int i;

	kit_says(kit, 1, "add suspend event=read_aio tag=a suspend event=read_aio tag=b once=off");
	for (i = 0; i < ARRAY_SIZE(io); i++)
		io[i] = submit_held(kit, BLKDEBUG_IO_READ);
	kit_says(kit, 0, "clear");
	blkdebug_engine_housekeep(&kit->engine);
	expect_answer(kit, "1", "is_suspended a");
	kit_says(kit, 0, "remove_break b");
	expect_continues(kit, io[1], BLKDEBUG_PASS, 0);
	expect_continues(kit, io[2], BLKDEBUG_PASS, 0);
	kit_says(kit, 1, "replace inject-error");
	kit_says(kit, 0, "resume a");
	expect_continues(kit, io[0], BLKDEBUG_FAIL, EIO);
	blkdebug_engine_housekeep(&kit->engine);
	kit_says(kit, 0, "clear");
	blkdebug_engine_housekeep(&kit->engine);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&kit->engine.tags));
}

/* Suspends */

static void test_suspend(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *read, *done, *write;
	LIST_HEAD(requeued);

	kit_says(kit, 1, "add suspend event=read_aio tag=a once=off");
	kit_says(kit, 1, "add suspend event=read_done tag=b");
	kit_says(kit, 1, "add suspend event=write_aio tag=c");
	kit_says(kit, 1, "add inject-error iotype=write");
	done = submit_held(kit, BLKDEBUG_IO_READ);
	kit_says(kit, 0, "resume a");
	expect_continues(kit, done, BLKDEBUG_PASS, 0);
	KUNIT_EXPECT_EQ(test, blkdebug_complete(&kit->engine, done),
			BLKDEBUG_HELD);
	read = submit_held(kit, BLKDEBUG_IO_READ);
	write = kit_io(kit, BLKDEBUG_IO_WRITE, 0, 8, 0);
	write->requeue = false;
	KUNIT_EXPECT_EQ(test, kit_submit(kit, write), BLKDEBUG_HELD);

	/* dm requeues one; one has completed; the last one must not be requeued. */
	blkdebug_suspend(&kit->engine, true, &requeued);
	KUNIT_EXPECT_PTR_EQ(test, &read->link, requeued.next);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&requeued));
	expect_continues(kit, done, BLKDEBUG_PASS, 0);
	expect_continues(kit, write, BLKDEBUG_FAIL, EIO);

	/* No I/O is held, no message sleeps, and errors are still injected. */
	reads(kit, 0, BLKDEBUG_PASS);
	writes(kit, 0, -EIO);
	kit_says(kit, -EINTR, "wait_break a");
	kit_says(kit, -EINTR, "wait_hits a 9");
	blkdebug_unsuspend(&kit->engine);
	submit_held(kit, BLKDEBUG_IO_READ);
}

/* Messages that sleep */

/**
 * struct sleeper - a thread that sends a message
 * @kit: the kit
 * @words: the message
 * @r: result of the message
 * @done: completed when the message has returned
 */
struct sleeper {
	struct kit *kit;
	char *words[3];
	int r;
	struct completion done;
};

static int run_sleeper(void *arg)
{
	struct sleeper *sleeper = arg;
	struct blkdebug_error err;
	struct seq_buf answer;
	char text[128];

	seq_buf_init(&answer, text, sizeof(text));
	sleeper->r = blkdebug_message(&sleeper->kit->engine, 2, sleeper->words,
				      &answer, &err);
	complete(&sleeper->done);
	return 0;
}

static void start_sleeper(struct kit *kit, struct sleeper *sleeper,
			  char *command, char *word)
{
	sleeper->kit = kit;
	sleeper->words[0] = command;
	sleeper->words[1] = word;
	init_completion(&sleeper->done);
	KUNIT_ASSERT_FALSE(kit->test,
			   IS_ERR(kthread_run(run_sleeper, sleeper, "sleeper")));
}

static void test_event_sleeps(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct sleeper sleeper;

	kit_says(kit, 1, "add suspend event=user.x tag=a once=off");
	kit_says(kit, 1, "add set-state event=user.x new_state=4");
	start_sleeper(kit, &sleeper, "event", "user.x");
	kit_says(kit, 1, "wait_break a");
	expect_state(kit, 4);
	kit_says(kit, 0, "resume a errno=ENOSPC");
	wait_for_completion(&sleeper.done);
	KUNIT_EXPECT_EQ(test, sleeper.r, -ENOSPC);

	start_sleeper(kit, &sleeper, "event", "user.x");
	kit_says(kit, 1, "wait_break a");
	kit_says(kit, 0, "reset");
	wait_for_completion(&sleeper.done);
	KUNIT_EXPECT_EQ(test, sleeper.r, 0);
}

/* An event with more breakpoints than one section tries continues after each resume. */
static void test_event_meets_many_breakpoints(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct sleeper sleeper;

	kit_says(kit, 1, "add suspend event=user.x tag=a once=off");
	kit_add_rules(kit, 220, "suspend event=user.x tag=b after=9");
	kit_says(kit, 1, "add suspend event=user.x tag=c once=off");
	start_sleeper(kit, &sleeper, "event", "user.x");
	kit_says(kit, 1, "wait_break a");
	kit_says(kit, 0, "resume a");
	kit_says(kit, 1, "wait_break c");
	kit_says(kit, 0, "resume c");
	wait_for_completion(&sleeper.done);
	KUNIT_EXPECT_EQ(test, sleeper.r, 0);
}

static void test_wait_break_sleeps(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io;
	struct sleeper sleeper;

	kit_says(kit, 1, "add suspend event=read_aio tag=a");
	start_sleeper(kit, &sleeper, "wait_break", "a");
	io = submit_held(kit, BLKDEBUG_IO_READ);
	wait_for_completion(&sleeper.done);
	KUNIT_EXPECT_EQ(test, sleeper.r, 1);
	kit_says(kit, 0, "resume a");
	expect_continues(kit, io, BLKDEBUG_PASS, 0);
	kit_says(kit, -ETIMEDOUT, "wait_break a 10");
}

/* Messages that change nothing */

/* Expect no update since @before that lockless readers notice. */
#define expect_undisturbed(kit, before, what)				\
	KUNIT_EXPECT_EQ_MSG((kit)->test, before,			\
			    raw_read_seqcount(&(kit)->engine.seq), what)

/* Send a message that lockless readers must not take for an update. */
static void expect_reads_only(struct kit *kit, int r, const char *message)
{
	unsigned int before = raw_read_seqcount(&kit->engine.seq);

	KUNIT_EXPECT_EQ_MSG(kit->test, r, kit_say(kit, "%s", message), "%s",
			    message);
	KUNIT_EXPECT_EQ_MSG(kit->test, before,
			    raw_read_seqcount(&kit->engine.seq), "%s", message);
}

static void test_messages_that_read(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_says(kit, 1, "add inject-error event=user.x tag=x inject-error sector=8 healed=on");
	kit_says(kit, 1, "add suspend event=read_aio tag=a suspend event=write_aio tag=b once=off");
	kit_says(kit, 0, "event user.x");
	submit_held(kit, BLKDEBUG_IO_READ);
	submit_held(kit, BLKDEBUG_IO_WRITE);
	expect_reads_only(kit, 1, "list");
	expect_reads_only(kit, 1, "held");
	expect_reads_only(kit, 1, "stats");
	expect_reads_only(kit, 1, "state");
	expect_reads_only(kit, 1, "features");
	expect_reads_only(kit, 1, "is_suspended a");
	expect_reads_only(kit, 1, "is_suspended nosuch");
	expect_reads_only(kit, 1, "wait_break b");
	expect_reads_only(kit, -ETIMEDOUT, "wait_break nosuch 0");
	expect_reads_only(kit, -ETIMEDOUT, "wait_hits x 9 0");
	expect_reads_only(kit, -ETIMEDOUT, "wait_hits 1 9 0");
	expect_reads_only(kit, -ENOENT, "wait_hits nosuch 9 0");
	expect_reads_only(kit, -ENOENT, "resume nosuch");
	expect_reads_only(kit, -ENOENT, "resume #99");
	expect_reads_only(kit, -ENOENT, "remove nosuch");
}

/* The same for the status and table lines, and for the files in sysfs. */
static void test_status_reads_only(struct kunit *test)
{
	struct kit *kit = test->priv;
	unsigned int before;
	struct seq_buf out;

	kit_says(kit, 1, "add inject-error sector=8-99 healed=on inject-error tag=x sector=0");
	kit_says(kit, 1, "add suspend event=read_aio tag=a");
	submit_held(kit, BLKDEBUG_IO_READ);
	seq_buf_init(&out, kit->answer, sizeof(kit->answer));
	before = raw_read_seqcount(&kit->engine.seq);
	blkdebug_print_status(&kit->engine, &out);
	expect_undisturbed(kit, before, "status");
	blkdebug_print_rules(&kit->engine, &out);
	expect_undisturbed(kit, before, "table");
	blkdebug_print_held_tags(&kit->engine, &out);
	expect_undisturbed(kit, before, "held");
	KUNIT_EXPECT_EQ(test, count_injected(kit), 0);
	expect_undisturbed(kit, before, "injected");
}

/* The same for a sleeping message that is woken and tests its condition. */
static void test_sleeping_reads_only(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct sleeper sleeper;
	unsigned int before, i;

	kit_says(kit, 1, "add inject-error sector=0 tag=x suspend event=write_aio tag=a");
	start_sleeper(kit, &sleeper, "wait_break", "a");
	while (!waitqueue_active(&kit->engine.wait))
		cond_resched();
	before = raw_read_seqcount(&kit->engine.seq);
	for (i = 0; i < 100; i++) {
		wake_up_all(&kit->engine.wait);
		cond_resched();
	}
	expect_undisturbed(kit, before, "wait_break");
	submit_held(kit, BLKDEBUG_IO_WRITE);
	wait_for_completion(&sleeper.done);
	KUNIT_EXPECT_EQ(test, sleeper.r, 1);
}

static struct kunit_case engine_cases[] = {
	KUNIT_CASE(test_standing),
	KUNIT_CASE(test_first_written),
	KUNIT_CASE(test_errno_0),
	KUNIT_CASE(test_immediately),
	KUNIT_CASE(test_armed_until_others_are),
	KUNIT_CASE(test_state_tested_when_armed),
	KUNIT_CASE(test_written_after_arming),
	KUNIT_CASE(test_armed_by_io),
	KUNIT_CASE(test_state_before_event),
	KUNIT_CASE(test_state_set_by_standing),
	KUNIT_CASE(test_reset),
	KUNIT_CASE(test_once),
	KUNIT_CASE(test_once_raced_for),
	KUNIT_CASE(test_many_used_up),
	KUNIT_CASE(test_hits_of_removed_tag),
	KUNIT_CASE(test_many_match),
	KUNIT_CASE(test_large_table_stays),
	KUNIT_CASE(test_counted),
	KUNIT_CASE(test_probability),
	KUNIT_CASE(test_draw_below),
	KUNIT_CASE(test_effects),
	KUNIT_CASE(test_delay),
	KUNIT_CASE(test_delays_due),
	KUNIT_CASE(test_healed),
	KUNIT_CASE(test_hold),
	KUNIT_CASE(test_hold_comes_before_faults),
	KUNIT_CASE(test_hold_under_several_tags),
	KUNIT_CASE(test_resume_order),
	KUNIT_CASE(test_resume_with_errno),
	KUNIT_CASE(test_holds_beyond_embedded),
	KUNIT_CASE(test_resume_in_sections),
	KUNIT_CASE(test_late_breakpoint),
	KUNIT_CASE(test_late_breakpoint_without_free_hold),
	KUNIT_CASE(test_state_moves_during_hold),
	KUNIT_CASE(test_held_at_completion),
	KUNIT_CASE(test_hold_outlives_rules),
	KUNIT_CASE(test_suspend),
	KUNIT_CASE(test_event_sleeps),
	KUNIT_CASE(test_event_meets_many_breakpoints),
	KUNIT_CASE(test_wait_break_sleeps),
	KUNIT_CASE(test_messages_that_read),
	KUNIT_CASE(test_status_reads_only),
	KUNIT_CASE(test_sleeping_reads_only),
	{}
};

struct kunit_suite blkdebug_engine_suite = {
	.name = "blkdebug-engine",
	.suite_init = kit_begin,
	.suite_exit = kit_end,
	.init = kit_init,
	.exit = kit_exit,
	.test_cases = engine_cases,
};

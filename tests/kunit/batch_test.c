// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of I/O that meets more rules than one section of the engine's lock tries. The
 * next section is the worker's, or on zones the submitter's.
 */
#include <linux/errno.h>

#include "kit.h"

/*
 * Continue an I/O as the worker does, until it is held, is delayed or has its verdict.
 * Returns the number of sections of the lock that this takes.
 */
static unsigned int continue_io(struct kit *kit, struct blkdebug_io *io)
{
	unsigned int nr;

	for (nr = 0; kit_ready(kit) == io && io->verdict == BLKDEBUG_NEED_LOCK; nr++)
		blkdebug_continue(&kit->engine, io);
	return nr;
}

/* Expect that an I/O is the first one on @ready, with this verdict. */
static void expect_ready(struct kit *kit, struct blkdebug_io *io,
			 enum blkdebug_verdict verdict)
{
	KUNIT_EXPECT_PTR_EQ(kit->test, kit_ready(kit), io);
	KUNIT_EXPECT_EQ(kit->test, io->verdict, verdict);
}

/* Submit an I/O that continues in the worker, and expect its verdict after that. */
static void expect_queued(struct kit *kit, struct blkdebug_io *io,
			  unsigned int sections, enum blkdebug_verdict verdict)
{
	KUNIT_EXPECT_EQ(kit->test, kit_submit(kit, io), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_EQ(kit->test, continue_io(kit, io), sections);
	KUNIT_EXPECT_EQ(kit->test, io->verdict, verdict);
}

/* Expect that each rule of a sequence has been tried once. */
static void expect_tried(struct kit *kit, u64 first, u64 last)
{
	for (; first <= last; first++)
		KUNIT_ASSERT_EQ(kit->test, kit_rule(kit, first)->params->matches, 1);
}

/* Each fault is tried once, until one fires. */
static void test_many_faults(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_add_rules(kit, 220, "inject-error after=9");
	expect_queued(kit, io, 2, BLKDEBUG_PASS);
	expect_tried(kit, 1, 2200);
	kit_says(kit, 1, "add inject-error errno=ENOSPC");
	kit_says(kit, 1, "add inject-error after=9");
	expect_queued(kit, io, 2, BLKDEBUG_FAIL);
	KUNIT_EXPECT_EQ(test, io->error, ENOSPC);
	KUNIT_EXPECT_EQ(test, kit_rule(kit, 2202)->params->matches, 0);
}

/* Delays are tried before faults, and each search has a batch of its own. */
static void test_many_delays_and_faults(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_add_rules(kit, 110, "inject-error after=9");
	kit_add_rules(kit, 110, "delay us=1 after=9");
	kit_says(kit, 1, "add inject-error");
	expect_queued(kit, io, 2, BLKDEBUG_FAIL);
	expect_tried(kit, 1, 2200);
}

/* A write that meets many faults heals bad sectors if none of them fires. */
static void test_many_faults_and_bad_sectors(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_WRITE, 0, 8, 0);

	kit_says(kit, 1, "add inject-error sector=0 healed=on");
	kit_add_rules(kit, 110, "inject-error iotype=write after=9");
	expect_queued(kit, io, 1, BLKDEBUG_PASS);
	KUNIT_EXPECT_TRUE(test, io->heals);
}

/* The first change of state that fires is applied, once, and only then breakpoints. */
static void test_many_changes_of_state(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_add_rules(kit, 220, "set-state event=read_aio new_state=2 after=9");
	kit_says(kit, 1, "add set-state event=read_aio new_state=3");
	kit_says(kit, 1, "add suspend event=read_aio state=1 tag=a");
	kit_says(kit, 1, "add suspend event=read_aio state=3 tag=b");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_EQ(test, kit->engine.state, 1);
	KUNIT_EXPECT_EQ(test, continue_io(kit, io), 2);
	KUNIT_EXPECT_EQ(test, kit->engine.state, 3);
	KUNIT_EXPECT_EQ(test, io->verdict, BLKDEBUG_HELD);
	expect_tried(kit, 1, 2200);
	kit_says(kit, 0, "resume a");
	expect_ready(kit, io, BLKDEBUG_PASS);
	KUNIT_EXPECT_EQ(test, kit_rule(kit, 2201)->hits, 1);
}

/* A breakpoint behind many that do not fire holds the I/O. */
static void test_many_breakpoints_decline(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_add_rules(kit, 110, "suspend event=read_aio tag=a after=9");
	kit_says(kit, 1, "add suspend event=read_aio tag=b");
	expect_queued(kit, io, 1, BLKDEBUG_HELD);
	expect_tried(kit, 1, 1100);
	kit_says(kit, 0, "resume b");
	expect_ready(kit, io, BLKDEBUG_PASS);
}

/* The worker continues with a completed I/O, too. */
static void test_many_at_completion(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_add_rules(kit, 110, "suspend event=read_done tag=a after=9");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_PASS);
	KUNIT_EXPECT_EQ(test, blkdebug_complete(&kit->engine, io), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_EQ(test, continue_io(kit, io), 1);
	KUNIT_EXPECT_EQ(test, io->verdict, BLKDEBUG_PASS);
	KUNIT_EXPECT_EQ(test, io->step, BLKDEBUG_STEP_DONE);
	expect_tried(kit, 1, 1100);
}

/* An event of a message returns when all its rules have been tried. */
static void test_many_at_event(struct kunit *test)
{
	struct kit *kit = test->priv;

	kit_add_rules(kit, 110, "set-state event=user.x new_state=2 after=9");
	kit_says(kit, 1, "add set-state event=user.x new_state=3");
	kit_says(kit, 0, "event user.x");
	KUNIT_EXPECT_EQ(test, kit->engine.state, 3);
	expect_tried(kit, 1, 1100);
}

/* On zones, rules that do not fire leave the I/O to its submitter, so that it stays in order. */
static void test_many_on_zones(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_WRITE, 0, 8, 0);
	unsigned int before;

	kit->engine.geometry.zoned = true;
	kit_add_rules(kit, 110, "delay us=1 after=9");
	kit_add_rules(kit, 110, "inject-error after=9");
	before = raw_read_seqcount(&kit->engine.seq);
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_PASS);
	KUNIT_EXPECT_EQ(test, raw_read_seqcount(&kit->engine.seq) - before, 6);
	kit->engine.geometry.zoned = false;
	expect_queued(kit, io, 2, BLKDEBUG_PASS);
}

/* More breakpoints than hold an I/O at once hold it in turns, each once. */
static void test_many_holds(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);
	unsigned int i;

	kit_add_rules(kit, 110, "suspend event=read_aio tag=a once=off");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_HELD);
	KUNIT_EXPECT_EQ(test, kit->engine.holds.nr, 1024);
	kit_says(kit, 0, "resume a all");
	KUNIT_EXPECT_NULL(test, kit_ready(kit));
	KUNIT_EXPECT_EQ(test, kit->engine.holds.nr, 76);
	kit_says(kit, 0, "resume a all");
	expect_ready(kit, io, BLKDEBUG_PASS);
	for (i = 1; i <= 1100; i++)
		KUNIT_ASSERT_EQ(test, kit_rule(kit, i)->hits, 1);
}

/* The worker continues an I/O with more delays than one section of the lock tries. */
static void test_many_delays(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_add_rules(kit, 210, "delay us=7 once=on");
	kit_says(kit, 1, "add inject-error");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_EQ(test, continue_io(kit, io), 2);
	KUNIT_EXPECT_EQ(test, io->delay, 14700);
	blkdebug_end_delays(&kit->engine);
	expect_ready(kit, io, BLKDEBUG_FAIL);
	KUNIT_EXPECT_EQ(test, kit_outcome(kit, io), -EIO);
}

/* Each delay is tried once, whether or not it fires, and whatever batch it is in. */
static void test_batches_of_delays(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);
	unsigned int i;

	kit_add_rules(kit, 110, "delay us=7");
	kit_add_rules(kit, 110, "delay us=1 after=9");
	KUNIT_EXPECT_EQ(test, kit_submit(kit, io), BLKDEBUG_QUEUED);
	KUNIT_EXPECT_EQ(test, continue_io(kit, io), 2);
	KUNIT_EXPECT_EQ(test, io->delay, 7700);
	for (i = 1; i <= 1100; i++)
		KUNIT_ASSERT_EQ(test, kit_rule(kit, i)->hits, 1);
	for (; i <= 2200; i++)
		KUNIT_ASSERT_EQ(test, kit_rule(kit, i)->params->matches, 1);
	blkdebug_end_delays(&kit->engine);
	KUNIT_EXPECT_PTR_EQ(test, kit_ready(kit), io);
}

/* Submit a read that has met the first batch of its delays. */
static struct blkdebug_io *submit_delayed(struct kit *kit)
{
	struct blkdebug_io *io = kit_io(kit, BLKDEBUG_IO_READ, 0, 8, 0);

	kit_add_rules(kit, 110, "delay ms=3600000");
	KUNIT_EXPECT_EQ(kit->test, kit_submit(kit, io), BLKDEBUG_QUEUED);
	expect_ready(kit, io, BLKDEBUG_NEED_LOCK);
	return io;
}

/* If the power fails between two batches of delays, the I/O fails at once. */
static void test_delays_and_cut(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = submit_delayed(kit);

	kit->engine.mode |= BLKDEBUG_POWERLESS;
	blkdebug_continue(&kit->engine, io);
	expect_ready(kit, io, BLKDEBUG_FAIL);
}

/* "reset" between two batches of delays ends the delays of the I/O so far. */
static void test_delays_and_reset(struct kunit *test)
{
	struct kit *kit = test->priv;
	struct blkdebug_io *io = submit_delayed(kit);

	kit_says(kit, 0, "reset");
	kit_says(kit, 1, "add delay us=7");
	blkdebug_continue(&kit->engine, io);
	KUNIT_EXPECT_EQ(test, io->delay, 7);
	blkdebug_end_delays(&kit->engine);
	expect_ready(kit, io, BLKDEBUG_PASS);
}

static struct kunit_case batch_cases[] = {
	KUNIT_CASE(test_many_faults),
	KUNIT_CASE(test_many_delays_and_faults),
	KUNIT_CASE(test_many_faults_and_bad_sectors),
	KUNIT_CASE(test_many_changes_of_state),
	KUNIT_CASE(test_many_breakpoints_decline),
	KUNIT_CASE(test_many_at_completion),
	KUNIT_CASE(test_many_at_event),
	KUNIT_CASE(test_many_on_zones),
	KUNIT_CASE(test_many_holds),
	KUNIT_CASE(test_many_delays),
	KUNIT_CASE(test_batches_of_delays),
	KUNIT_CASE(test_delays_and_cut),
	KUNIT_CASE(test_delays_and_reset),
	{ }
};

struct kunit_suite blkdebug_batch_suite = {
	.name = "blkdebug-batch",
	.suite_init = kit_begin,
	.suite_exit = kit_end,
	.init = kit_init,
	.exit = kit_exit,
	.test_cases = batch_cases,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the write cache: against the model, its memory, and its power.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "cache_model.h"
#include "kit.h"

static unsigned int cache_seed;
module_param(cache_seed, uint, 0444);
MODULE_PARM_DESC(cache_seed, "Of the random steps; 0: one is drawn");

static unsigned int cache_rounds = 40;
module_param(cache_rounds, uint, 0444);
MODULE_PARM_DESC(cache_rounds, "How often to begin with an empty cache, each with the next seed");

#define STEPS	200

/**
 * struct seeded_dice - random numbers from a seed
 * @dice: for the model
 * @state: of the generator
 */
struct seeded_dice {
	struct cache_dice dice;
	u64 state;
};

static u32 roll(struct cache_dice *dice, u32 limit)
{
	struct seeded_dice *seeded = container_of(dice, struct seeded_dice, dice);

	seeded->state ^= seeded->state << 13;
	seeded->state ^= seeded->state >> 7;
	seeded->state ^= seeded->state << 17;
	return (u32)(seeded->state >> 32) % limit;
}

static void test_model(struct kunit *test)
{
	unsigned int first = cache_seed ?: get_random_u32(), i;
	struct seeded_dice seeded = { .dice.roll = roll };
	const char *wrong;

	for (i = 0; i < cache_rounds; i++) {
		seeded.state = (first + i + 1) * 0x9e3779b97f4a7c15ULL | 1;
		wrong = cache_model_run(&seeded.dice, STEPS);
		KUNIT_ASSERT_PTR_EQ_MSG(test, wrong, NULL, "seed %u, %s",
					first + i, wrong);
	}
}

static void test_late(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, cache_model_late(), NULL);
}

static void ignore_space(struct blkdebug_cache *cache)
{
}

static const struct blkdebug_cache_ops ops = { .space_freed = ignore_space };

/* Memory is refused when the table is loaded, not later */
static void test_no_memory(struct kunit *test)
{
	struct blkdebug_cache *cache;

	cache = blkdebug_cache_alloc((u64)si_mem_available() << PAGE_SHIFT, 512,
				     &ops);
	KUNIT_EXPECT_PTR_EQ(test, cache, NULL);
	blkdebug_cache_free(cache);
}

/* The memory that 4 KiB writes may take */
static void test_memory(struct kunit *test)
{
	size_t record = sizeof(struct blkdebug_version) +
			sizeof(struct blkdebug_block) +
			sizeof(struct blkdebug_write);

	/* 5 records for 4 blocks, and up to 2 buckets a record */
	KUNIT_EXPECT_LE(test, (size_t)(record + 2 * sizeof(struct hlist_head)) * 5 / 4,
			(size_t)BLKDEBUG_BLOCK_BYTES / 10);
}

/**
 * struct powered - a target with power
 * @line: its power
 * @log: letters that its callbacks append: f, s or r for failed, settle or restored
 * @starts: another target, which starts and cuts the power when this one has power again
 */
struct powered {
	struct blkdebug_line line;
	char *log;
	struct powered *starts;
};

static void append(struct blkdebug_line *line, const char *letter)
{
	strcat(container_of(line, struct powered, line)->log, letter);
}

static void log_failed(struct blkdebug_line *line)
{
	append(line, "f");
}

static void log_settle(struct blkdebug_line *line, const struct blkdebug_cut *cut)
{
	append(line, "s");
}

static void cut_other(struct powered *other)
{
	struct blkdebug_cut *cut = blkdebug_cut_alloc();

	blkdebug_start_power(&other->line);
	if (cut)
		blkdebug_cut_power(&other->line, cut);
	blkdebug_put_cut(cut);
}

static void log_restored(struct blkdebug_line *line)
{
	struct powered *powered = container_of(line, struct powered, line);

	append(line, "r");
	if (powered->starts)
		cut_other(powered->starts);
}

static void connect(struct kunit *test, struct powered *powered, char *log)
{
	powered->log = log;
	powered->line.failed = log_failed;
	powered->line.settle = log_settle;
	powered->line.restored = log_restored;
	KUNIT_ASSERT_EQ(test, blkdebug_join_power(&powered->line, "kunit"), 0);
}

/* Held I/O ends on all targets before one of them writes out. */
static void test_power_order(struct kunit *test)
{
	struct powered one = { }, two = { };
	char log[16] = "";

	connect(test, &one, log);
	connect(test, &two, log);
	blkdebug_start_power(&one.line);
	cut_other(&two);
	blkdebug_settle_power(&one.line);
	KUNIT_EXPECT_STREQ(test, log, "ffss");
	KUNIT_EXPECT_TRUE(test, blkdebug_restore_power(&two.line));
	KUNIT_EXPECT_STREQ(test, log, "ffssrr");
	blkdebug_leave_power(&one.line);
	blkdebug_leave_power(&two.line);
}

/* A target that starts and cuts the power, while it comes back on others, stays off. */
static void test_power_cut_again(struct kunit *test)
{
	struct powered two = { }, one = { .starts = &two };
	char log[16] = "";

	connect(test, &one, log);
	connect(test, &two, log);
	cut_other(&one);
	KUNIT_EXPECT_TRUE(test, blkdebug_restore_power(&one.line));
	KUNIT_EXPECT_STREQ(test, log, "fsr");
	KUNIT_EXPECT_FALSE(test, blkdebug_power_is_on(&two.line));
	one.starts = NULL;
	KUNIT_EXPECT_TRUE(test, blkdebug_restore_power(&two.line));
	KUNIT_EXPECT_STREQ(test, log, "fsrffssrr");
	blkdebug_leave_power(&one.line);
	blkdebug_leave_power(&two.line);
}

/* One target writes its survivors out, and another one is to begin. */
static void test_survivors(struct kunit *test)
{
	struct powered one = { }, two = { };
	struct blkdebug_supply *supply;
	char log[16] = "";

	connect(test, &one, log);
	connect(test, &two, log);
	supply = one.line.supply;
	mutex_lock(&supply->settling);
	blkdebug_begin_survivors(&one.line);
	blkdebug_begin_survivors(&two.line);
	/* A second cut, before the first one has been written out */
	blkdebug_begin_survivors(&one.line);
	mutex_unlock(&supply->settling);
	blkdebug_end_survivors(&one.line);
	KUNIT_EXPECT_FALSE(test, blkdebug_writes_survivors(&one.line));
	blkdebug_end_survivors(&one.line);
	KUNIT_EXPECT_TRUE(test, blkdebug_writes_survivors(&two.line));
	KUNIT_EXPECT_TRUE(test, blkdebug_has_survivors(supply));
	blkdebug_end_survivors(&two.line);
	KUNIT_EXPECT_FALSE(test, blkdebug_has_survivors(supply));
	blkdebug_leave_power(&one.line);
	blkdebug_leave_power(&two.line);
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(test_model),
	KUNIT_CASE(test_late),
	KUNIT_CASE(test_no_memory),
	KUNIT_CASE(test_memory),
	KUNIT_CASE(test_power_order),
	KUNIT_CASE(test_power_cut_again),
	KUNIT_CASE(test_survivors),
	{}
};

struct kunit_suite blkdebug_cache_suite = {
	.name = "blkdebug-cache",
	.test_cases = cache_cases,
};

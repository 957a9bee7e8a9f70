// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the write cache: against the model, and its memory.
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
		KUNIT_ASSERT_PTR_EQ_MSG(test, wrong, NULL, "seed %u, line %s",
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

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(test_model),
	KUNIT_CASE(test_late),
	KUNIT_CASE(test_no_memory),
	KUNIT_CASE(test_memory),
	{}
};

struct kunit_suite blkdebug_cache_suite = {
	.name = "blkdebug-cache",
	.test_cases = cache_cases,
};

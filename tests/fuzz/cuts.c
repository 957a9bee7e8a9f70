// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the write cache: the bytes of an input are the random choices of the model
 * in tests/kunit/cache_model.c, which is compared with the cache after each step.
 * When the input ends so do the steps.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "cache_model.h"
#include "fuzz.h"

/**
 * struct input_dice - choices from an input
 * @dice: for the model
 * @data: the input
 * @end: its end
 */
struct input_dice {
	struct cache_dice dice;
	const u8 *data;
	const u8 *end;
};

static u32 roll(struct cache_dice *dice, u32 limit)
{
	struct input_dice *input = container_of(dice, struct input_dice, dice);
	u32 number = 0;

	if (input->data < input->end)
		number = *input->data++;
	if (limit > U8_MAX + 1 && input->data < input->end)
		number = number << 8 | *input->data++;
	/* The records come from other pools, too */
	shim_cpu = number % num_possible_cpus();
	return number % limit;
}

/* Each allocation fails in turn, until none is left to fail */
static void fail_each(void)
{
	static const struct blkdebug_cache_ops ops;
	struct blkdebug_cache *cache;
	unsigned int nth;

	for (nth = 1; nth <= 64; nth++) {
		size_t before = shim_allocated;

		shim_fail_nth = nth;
		cache = blkdebug_cache_alloc(2 * BLKDEBUG_BLOCK_BYTES, 512, &ops);
		shim_assert(!cache == !shim_fail_nth);
		shim_fail_nth = 0;
		blkdebug_cache_free(cache);
		shim_assert(shim_allocated == before);
		if (cache)
			return;
	}
	shim_assert(false);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input_dice input = {
		.dice.roll = roll,
		.data = data,
		.end = data + size,
	};
	size_t before = shim_allocated;
	const char *wrong;

	wrong = cache_model_run(&input.dice, min(size / 4, (size_t)400)) ?:
		cache_model_late();
	if (wrong)
		shim_bug("cache_model.c", 0, wrong);
	shim_assert(shim_allocated == before);
	fail_each();
	return 0;
}

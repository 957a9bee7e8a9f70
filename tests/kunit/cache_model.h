/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the write cache, compared with the cache after each random step. The
 * model is a list of writes, walked for each question; it knows no blocks, chains,
 * masks or locks. KUnit runs it in a kernel, libFuzzer in user space. cache_model.c is the
 * model; cache_steps.c and cache_view_steps.c do each step with the model and the cache.
 */
#ifndef BLKDEBUG_TEST_CACHE_MODEL_H
#define BLKDEBUG_TEST_CACHE_MODEL_H

#include "blkdebug/cache/power.h"

/**
 * struct cache_dice - where the model gets its random numbers
 * @roll: returns a number below its second argument
 */
struct cache_dice {
	u32 (*roll)(struct cache_dice *dice, u32 limit);
};

const char *cache_model_late(void);
const char *cache_model_run(struct cache_dice *dice, unsigned int nr_steps);

#endif

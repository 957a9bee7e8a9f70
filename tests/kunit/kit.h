/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the unit tests: an engine without a device, and helpers to use it.
 */
#ifndef BLKDEBUG_TEST_KIT_H
#define BLKDEBUG_TEST_KIT_H

#include <kunit/test.h>

#include "blkdebug/engine/commands.h"
#include "blkdebug/engine/heal.h"
#include "blkdebug/engine/process.h"
#include "blkdebug/engine/resume.h"
#include "blkdebug/engine/ruleset.h"
#include "blkdebug/rules/chance.h"

#define KIT_TEXT	8192

/**
 * struct kit - an engine under test
 * @test: the test
 * @engine: the engine, not suspended
 * @answer: the answer to the last message
 * @err: the error of the last message
 * @argv: the words of the last message, which @err may point to
 */
struct kit {
	struct kunit *test;
	struct blkdebug_engine engine;
	char answer[KIT_TEXT];
	struct blkdebug_error err;
	char **argv;
};

int kit_begin(struct kunit_suite *suite);
void kit_end(struct kunit_suite *suite);
int kit_init(struct kunit *test);
void kit_exit(struct kunit *test);

int kit_parse(struct kunit *test, const char *text, struct list_head *rules,
	      struct blkdebug_error *err, char ***argv);
void kit_free_rules(struct list_head *rules);
char *kit_print(struct kunit *test, const struct list_head *rules);

__printf(2, 3) int kit_say(struct kit *kit, const char *format, ...);
void kit_add_rules(struct kit *kit, unsigned int tens, const char *rule);
struct blkdebug_rule *kit_rule(struct kit *kit, u64 number);
struct blkdebug_io *kit_io(struct kit *kit, unsigned int iotype,
			   sector_t sector, sector_t nr_sectors,
			   u16 flags);
enum blkdebug_verdict kit_submit(struct kit *kit,
				 struct blkdebug_io *io);
int kit_outcome(struct kit *kit, struct blkdebug_io *io);
struct blkdebug_io *kit_ready(struct kit *kit);

/* Send a message that must return @r. */
#define kit_says(kit, r, ...)						\
	KUNIT_ASSERT_EQ((kit)->test, kit_say(kit, __VA_ARGS__), r)

extern struct kunit_suite blkdebug_rule_suite;
extern struct kunit_suite blkdebug_engine_suite;
extern struct kunit_suite blkdebug_batch_suite;
extern struct kunit_suite blkdebug_model_suite;
extern struct kunit_suite blkdebug_cache_suite;

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared by the unit tests: see kit.h.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "kit.h"

static void do_nothing(struct blkdebug_engine *engine)
{
}

static int prepare_nothing(struct blkdebug_engine *engine,
			   const struct blkdebug_rule *rule)
{
	return 0;
}

static const struct blkdebug_ops ops = {
	.queue_ready = do_nothing,
	.schedule_housekeeping = do_nothing,
	.prepare_rule = prepare_nothing,
};

/* The geometry of a device that does not exist */
static const struct blkdebug_geometry geometry = { .sectors = 1 << 20, .block = 1 };

/**
 * kit_begin - create the caches of the rule language, for @suite_init of a suite
 * @suite: the suite
 *
 * KUnit runs the tests before a module's own initialization, or right after it.
 *
 * Return: 0 or -ENOMEM.
 */
int __ref kit_begin(struct kunit_suite *suite)
{
	return blkdebug_rule_init();
}

/**
 * kit_end - undo kit_begin(), for @suite_exit of a suite
 * @suite: the suite
 */
void kit_end(struct kunit_suite *suite)
{
	blkdebug_rule_exit();
}

/**
 * kit_init - set up an engine, for @init of a suite
 * @test: the test; its @priv becomes the struct kit
 *
 * Return: 0 or -ENOMEM.
 */
int kit_init(struct kunit *test)
{
	struct kit *kit = kunit_kzalloc(test, sizeof(*kit), GFP_KERNEL);

	if (!kit)
		return -ENOMEM;
	kit->test = test;
	kit->engine.geometry = geometry;
	test->priv = kit;
	if (blkdebug_engine_init(&kit->engine, &ops)) {
		blkdebug_engine_exit(&kit->engine);
		return -ENOMEM;
	}
	blkdebug_unsuspend(&kit->engine);
	return 0;
}

static void free_words(struct kit *kit)
{
	if (kit->argv)
		argv_free(kit->argv);
	kit->argv = NULL;
}

/**
 * kit_exit - undo kit_init(), for @exit of a suite
 * @test: the test
 */
void kit_exit(struct kunit *test)
{
	struct kit *kit = test->priv;

	if (!kit)
		return;
	kit_say(kit, "reset");
	blkdebug_engine_housekeep(&kit->engine);
	blkdebug_engine_exit(&kit->engine);
	free_words(kit);
}

/**
 * kit_parse - parse rules
 * @test: the test
 * @text: the rules
 * @rules: the list that the rules are added to
 * @err: describes a failure
 * @argv: set to the words, which @rules and @err point to; the caller frees them
 *
 * Return: as blkdebug_parse_rules().
 */
int kit_parse(struct kunit *test, const char *text, struct list_head *rules,
	      struct blkdebug_error *err, char ***argv)
{
	int argc;

	memset(err, 0, sizeof(*err));
	*argv = argv_split(GFP_KERNEL, text, &argc);
	KUNIT_ASSERT_NOT_NULL(test, *argv);
	return blkdebug_parse_rules(argc, *argv, 1, &geometry, rules, err);
}

/**
 * kit_free_rules - free rules that have not been added to an engine
 * @rules: the list of the rules, empty on return
 */
void kit_free_rules(struct list_head *rules)
{
	blkdebug_free_rules(rules);
}

/**
 * kit_print - print rules
 * @test: the test
 * @rules: the list of the rules
 *
 * Return: the rules in one line; freed after the test.
 */
char *kit_print(struct kunit *test, const struct list_head *rules)
{
	char *text = kunit_kzalloc(test, KIT_TEXT, GFP_KERNEL);
	struct blkdebug_rule *rule;
	struct seq_buf out;

	KUNIT_ASSERT_NOT_NULL(test, text);
	seq_buf_init(&out, text, KIT_TEXT);
	list_for_each_entry(rule, rules, link) {
		if (out.len)
			seq_buf_printf(&out, " ");
		blkdebug_print_rule(&out, rule);
	}
	return text;
}

/**
 * kit_say - send a message to the engine
 * @kit: the kit
 * @format: the words
 *
 * Return: as blkdebug_message().
 */
int kit_say(struct kit *kit, const char *format, ...)
{
	struct seq_buf answer;
	va_list args;
	char *text;
	int argc;

	va_start(args, format);
	text = kvasprintf(GFP_KERNEL, format, args);
	va_end(args);
	KUNIT_ASSERT_NOT_NULL(kit->test, text);
	free_words(kit);
	kit->argv = argv_split(GFP_KERNEL, text, &argc);
	kfree(text);
	KUNIT_ASSERT_NOT_NULL(kit->test, kit->argv);

	memset(kit->answer, 0, sizeof(kit->answer));
	seq_buf_init(&answer, kit->answer, sizeof(kit->answer));
	return blkdebug_message(&kit->engine, argc, kit->argv, &answer,
				&kit->err);
}

/**
 * kit_rule - find a rule of the engine
 * @kit: the kit
 * @number: number of the rule
 *
 * Return: the rule, or NULL.
 */
struct blkdebug_rule *kit_rule(struct kit *kit, u64 number)
{
	struct blkdebug_rule *rule;

	mutex_lock(&kit->engine.control);
	rule = xa_load(&blkdebug_rules(&kit->engine)->rules, number);
	mutex_unlock(&kit->engine.control);
	return rule;
}

/**
 * kit_io - allocate an I/O, uninitialized but for its description, as dm does
 * @kit: the kit
 * @iotype: enum blkdebug_iotype
 * @sector: first sector
 * @nr_sectors: number of sectors
 * @flags: mask of enum blkdebug_flag
 *
 * Return: the I/O; freed after the test.
 */
struct blkdebug_io *kit_io(struct kit *kit, unsigned int iotype,
			   sector_t sector, sector_t nr_sectors,
			   u16 flags)
{
	struct blkdebug_io *io = kunit_kmalloc(kit->test, sizeof(*io),
						     GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(kit->test, io);
	memset(io, 0xa5, sizeof(*io));
	io->desc.iotype = iotype;
	io->desc.sector = sector;
	io->desc.nr_sectors = nr_sectors;
	io->desc.flags = flags;
	io->requeue = true;
	return io;
}

/**
 * kit_submit - count an I/O and submit it to the engine
 * @kit: the kit
 * @io: the I/O
 *
 * Return: as blkdebug_submit().
 */
enum blkdebug_verdict kit_submit(struct kit *kit, struct blkdebug_io *io)
{
	bool wanted = blkdebug_count(&kit->engine, io->desc.iotype);
	enum blkdebug_verdict verdict = blkdebug_submit(&kit->engine, io);

	/* The target submits only I/O that rules may match. */
	if (!wanted)
		KUNIT_EXPECT_EQ(kit->test, verdict, BLKDEBUG_PASS);
	return verdict;
}

/**
 * kit_ready - remove the first I/O from the engine's list @ready
 * @kit: the kit
 *
 * Return: the I/O, or NULL if the list is empty.
 */
struct blkdebug_io *kit_ready(struct kit *kit)
{
	unsigned long flags = blkdebug_lock(&kit->engine);
	struct blkdebug_io *io =
		list_first_entry_or_null(&kit->engine.ready,
					 struct blkdebug_io, link);

	if (io)
		list_del_init(&io->link);
	blkdebug_unlock(&kit->engine, flags);
	return io;
}

/**
 * kit_outcome - submit an I/O and, if it is queued, take its verdict from the queue
 * @kit: the kit
 * @io: the I/O
 *
 * Return: enum blkdebug_verdict, or the errno that the I/O fails with, negative.
 */
int kit_outcome(struct kit *kit, struct blkdebug_io *io)
{
	enum blkdebug_verdict verdict = kit_submit(kit, io);

	if (verdict == BLKDEBUG_QUEUED && kit_ready(kit) == io)
		verdict = io->verdict;
	return verdict == BLKDEBUG_FAIL ? -(int)io->error : (int)verdict;
}

/**
 * kit_add_rules - add many equal rules
 * @kit: the kit
 * @tens: the number of rules divided by ten
 * @rule: the rule
 */
void kit_add_rules(struct kit *kit, unsigned int tens, const char *rule)
{
	while (tens--)
		kit_says(kit, 1, "add %s %s %s %s %s %s %s %s %s %s", rule, rule, rule,
			 rule, rule, rule, rule, rule, rule, rule);
}

kunit_test_suites(&blkdebug_rule_suite, &blkdebug_engine_suite,
		  &blkdebug_batch_suite, &blkdebug_model_suite,
		  &blkdebug_cache_suite);

MODULE_DESCRIPTION("Unit tests of dm-blkdebug's rules and engine");
MODULE_AUTHOR("The dm-blkdebug authors");
MODULE_LICENSE("GPL");

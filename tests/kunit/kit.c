// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared by the unit tests, see kit.h.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "kit.h"

static void nothing(struct blkdebug_engine *engine)
{
}

static int set_nothing_aside(struct blkdebug_engine *engine,
			     const struct blkdebug_rule *rule)
{
	return 0;
}

static const struct blkdebug_ops ops = {
	.queue_ready = nothing,
	.schedule_housekeeping = nothing,
	.prepare_rule = set_nothing_aside,
};

/* The geometry of a device that does not exist */
static const struct blkdebug_geometry geometry = { .sectors = 1 << 20, .block = 1 };

/**
 * kit_begin - for a suite's @suite_init
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
 * kit_end - for a suite's @suite_exit
 * @suite: the suite
 */
void kit_end(struct kunit_suite *suite)
{
	blkdebug_rule_exit();
}

/**
 * kit_init - set up an engine, for a suite's @init
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
 * kit_exit - tear down the engine, for a suite's @exit
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
 * @err: why a rule is refused
 * @argv: the words, which @rules and @err point to; the caller frees them
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
 * kit_free_rules - free rules that no engine has
 * @rules: the list of the rules, empty on return
 */
void kit_free_rules(struct list_head *rules)
{
	blkdebug_free_rules(rules);
}

/**
 * kit_print - print rules
 * @test: the test
 * @rules: the list of them
 *
 * Return: the rules in one line; gone after the test.
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
 * kit_say - send a message
 * @kit: to whose engine
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
 * kit_rule - find a rule
 * @kit: in whose engine
 * @number: its number
 *
 * Return: the rule, or NULL.
 */
struct blkdebug_rule *kit_rule(struct kit *kit, u64 number)
{
	struct blkdebug_rule *rule;

	mutex_lock(&kit->engine.control);
	rule = xa_load(&rcu_dereference_protected(kit->engine.rules, 1)->rules,
		       number);
	mutex_unlock(&kit->engine.control);
	return rule;
}

/**
 * kit_io - make an I/O in uninitialized memory, as that from dm is
 * @kit: for whose engine
 * @iotype: enum blkdebug_iotype
 * @sector: its first sector
 * @nr_sectors: how many
 * @flags: enum blkdebug_flag
 *
 * Return: the I/O; gone after the test.
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
 * kit_submit - count and submit an I/O
 * @kit: to whose engine
 * @io: the I/O
 *
 * Return: as blkdebug_submit().
 */
enum blkdebug_verdict kit_submit(struct kit *kit, struct blkdebug_io *io)
{
	bool wanted = blkdebug_count(&kit->engine, io->desc.iotype);
	enum blkdebug_verdict verdict = blkdebug_submit(&kit->engine, io);

	/* The target would not pass such an I/O to the engine. */
	if (!wanted)
		KUNIT_EXPECT_EQ(kit->test, verdict, BLKDEBUG_PASS);
	return verdict;
}

/**
 * kit_ready - take an I/O off the list of those that continue
 * @kit: from whose engine
 *
 * Return: the first of them, or NULL.
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
 * kit_outcome - submit an I/O that nothing holds for long
 * @kit: to whose engine
 * @io: the I/O
 *
 * Return: enum blkdebug_verdict, or the errno that it fails with, negative.
 */
int kit_outcome(struct kit *kit, struct blkdebug_io *io)
{
	enum blkdebug_verdict verdict = kit_submit(kit, io);

	if (verdict == BLKDEBUG_QUEUED && kit_ready(kit) == io)
		verdict = io->verdict;
	return verdict == BLKDEBUG_FAIL ? -(int)io->error : (int)verdict;
}

kunit_test_suites(&blkdebug_rule_suite, &blkdebug_engine_suite,
		  &blkdebug_model_suite, &blkdebug_cache_suite);

MODULE_DESCRIPTION("Unit tests of dm-blkdebug's rules and engine");
MODULE_AUTHOR("The dm-blkdebug authors");
MODULE_LICENSE("GPL");

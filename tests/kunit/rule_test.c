// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the rule language.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "blkdebug/rules/sort.h"
#include "kit.h"

#define NAME_63	"a23456789.123456789.123456789.123456789.123456789.123456789.123"
#define ALL_IOTYPES \
	"zone-mgmt,zone-append,secure-erase,flush,discard,write-zeroes,write,read"

/**
 * struct canonical - rules and their canonical form
 * @in: the rules as written
 * @out: the rules as printed; NULL: as @in
 */
struct canonical {
	const char *in;
	const char *out;
};

static const struct canonical canonical[] = {
	{ "inject-error" },
	{ "set-state" },
	{ "suspend tag=a" },
	{ "inject-error set-state suspend tag=a" },
	/* All keys, in any order */
	{ "inject-error event=pwritev state=2 sector=1-2 iotype=write flags=fua tag=t" },
	{ "inject-error tag=t flags=fua iotype=write sector=1-2 state=2 event=pwritev",
	  "inject-error event=pwritev state=2 sector=1-2 iotype=write flags=fua tag=t" },
	{ "inject-error tag=t errno=ENOSPC once=on immediately=on" },
	{ "inject-error immediately=on once=on errno=ENOSPC tag=t",
	  "inject-error tag=t errno=ENOSPC once=on immediately=on" },
	{ "set-state new_state=3 tag=t event=user.x",
	  "set-state event=user.x tag=t new_state=3" },
	{ "suspend once=off tag=t state=1", "suspend state=1 tag=t once=off" },
	/* Defaults are left out */
	{ "inject-error state=0 errno=EIO once=off immediately=off",
	  "inject-error" },
	{ "set-state new_state=0", "set-state" },
	{ "suspend tag=a once=on", "suspend tag=a" },
	{ "set-state iotype=" ALL_IOTYPES,
	  "set-state" },
	/* Numbers */
	{ "set-state state=0x10 new_state=010",
	  "set-state state=16 new_state=10" },
	{ "set-state state=2147483647" },
	/* Events */
	{ "set-state event=l1_grow_alloc_table",
	  "set-state event=l1_grow.alloc_table" },
	{ "set-state event=pwritev.done", "set-state event=pwritev_done" },
	{ "set-state event=user_a.b" },
	{ "set-state event=none" },
	/* Sectors */
	{ "inject-error sector=7" },
	{ "inject-error sector=7-7", "inject-error sector=7" },
	{ "inject-error sector=20-29,5,0-3,10-19,4",
	  "inject-error sector=0-5,10-29" },
	{ "inject-error sector=10-19,15-25,11-12,25",
	  "inject-error sector=10-25" },
	{ "inject-error sector=8,8,8", "inject-error sector=8" },
	{ "inject-error sector=0x10-0x1f,1048575",
	  "inject-error sector=16-31,1048575" },
	{ "inject-error sector=5-18446744073709551614,0-18446744073709551615,9",
	  "inject-error sector=0-18446744073709551615" },
	/* A range may end beyond the target, but must begin within */
	{ "inject-error sector=1048575-18446744073709551615" },
	/* Iotypes and flags */
	{ "inject-error iotype=flush,read,read",
	  "inject-error iotype=read,flush" },
	{ "inject-error flags=!rahead,meta,!fua,meta",
	  "inject-error flags=!fua,meta,!rahead" },
	/* Counted and random rules */
	{ "inject-error times=5 probability=2/8 interval=2 after=3 comm=dd*",
	  "inject-error comm=dd* after=3 interval=2 probability=1/4 times=5" },
	{ "inject-error times=0 after=0 interval=1 probability=3/3",
	  "inject-error" },
	{ "inject-error times=1", "inject-error once=on" },
	{ "suspend tag=a times=0", "suspend tag=a once=off" },
	{ "suspend tag=a once=off times=2", "suspend tag=a times=2" },
	{ "set-state probability=0/9", "set-state probability=0/1" },
	/* Faults other than errors */
	{ "delay ms=1 jitter=2" },
	{ "delay us=2000 jitter=1000", "delay ms=2 jitter=1" },
	{ "delay us=2000 jitter=1" },
	{ "delay us=0", "delay ms=0" },
	{ "drop iotype=flush,write", "drop iotype=write,flush" },
	{ "corrupt value=0xff byte=3", "corrupt byte=3 value=255" },
	{ "corrupt on=read bits=64", "corrupt bits=64 on=read" },
	{ "corrupt iotype=write bits=1", "corrupt bits=1 on=write" },
	{ "tear sectors=random errno=EIO", "tear errno=EIO sectors=random" },
	{ "misdirect to=0x10", "misdirect to=16" },
	{ "inject-error healed=on sector=9,8 iotype=read",
	  "inject-error sector=8-9 healed=on" },
	{ "inject-error transfer=partial sector=8",
	  "inject-error sector=8 transfer=partial" },
	{ "inject-error transfer=none healed=off", "inject-error" },
	/* Errnos */
	{ "inject-error errno=0" },
	{ "inject-error errno=5", "inject-error" },
	{ "inject-error errno=0x1c", "inject-error errno=ENOSPC" },
	/* Tags */
	{ "inject-error tag=_ set-state tag=" NAME_63 },
};

static void canonical_desc(const struct canonical *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->in);
}

KUNIT_ARRAY_PARAM(canonical, canonical, canonical_desc);

static void expect_printed(struct kunit *test, const char *in, const char *out)
{
	struct blkdebug_error err;
	LIST_HEAD(rules);
	char **argv;

	KUNIT_EXPECT_EQ(test, kit_parse(test, in, &rules, &err, &argv), 0);
	KUNIT_EXPECT_STREQ(test, kit_print(test, &rules), out);
	kit_free_rules(&rules);
	argv_free(argv);
}

/* Rules print in canonical form, and the canonical form prints as itself. */
static void test_canonical(struct kunit *test)
{
	const struct canonical *c = test->param_value;
	const char *out = c->out ?: c->in;

	expect_printed(test, c->in, out);
	expect_printed(test, out, out);
}

/**
 * struct mistake - rules that are refused
 * @text: the rules
 * @rule: number of the rule at fault
 * @reason: the expected reason
 * @word: the word at fault
 * @part: the part at fault, or NULL
 */
struct mistake {
	const char *text;
	u64 rule;
	const char *reason;
	const char *word;
	const char *part;
};

static const struct mistake mistakes[] = {
	{ "explode", 1, "Unknown action", "explode" },
	{ "inject-error event", 2, "Unknown action", "event" },
	{ "inject-error frob=1", 1, "Unknown key", "frob=1" },
	{ "inject-error =1", 1, "Unknown key", "=1" },
	{ "inject-error stat=1", 1, "Unknown key", "stat=1" },
	{ "inject-error states=1", 1, "Unknown key", "states=1" },
	{ "inject-error set-state errno=EIO", 2, "Key not of this action",
	  "errno=EIO" },
	{ "suspend tag=a new_state=1", 1, "Key not of this action",
	  "new_state=1" },
	{ "inject-error state=1 state=1", 1, "Key given twice", "state=1" },
	{ "inject-error suspend event=none once=off", 2, "Key missing",
	  "suspend", "tag" },
	{ "inject-error event=", 1, "Unknown event", "event=" },
	{ "inject-error event=user.", 1, "Unknown event", "event=user." },
	{ "inject-error event=Read_aio", 1, "Unknown event", "event=Read_aio" },
	{ "inject-error state=", 1, "Invalid number", "state=" },
	{ "inject-error state=+1", 1, "Invalid number", "state=+1" },
	{ "inject-error state=2147483648", 1, "Number out of range",
	  "state=2147483648" },
	{ "inject-error sector=1-2-3", 1, "Invalid sector", "sector=1-2-3",
	  "1-2-3" },
	{ "inject-error sector=1,,3", 1, "Invalid sector", "sector=1,,3", "" },
	{ "inject-error sector=1,9-8,3", 1, "Range ends before it starts",
	  "sector=1,9-8,3", "9-8" },
	{ "inject-error sector=18446744073709551616", 1, "Number out of range",
	  "sector=18446744073709551616", "18446744073709551616" },
	{ "inject-error sector=0,1048576", 1, "Sector outside the target",
	  "sector=0,1048576", "1048576" },
	{ "inject-error sector=1048577-18446744073709551615,0", 1,
	  "Sector outside the target",
	  "sector=1048577-18446744073709551615,0",
	  "1048577-18446744073709551615" },
	{ "inject-error iotype=read,event", 1, "Unknown iotype",
	  "iotype=read,event", "event" },
	{ "inject-error flags=fua,!", 1, "Unknown flag", "flags=fua,!", "!" },
	{ "inject-error flags=fua,sync,!fua", 1,
	  "Flag both required and excluded", "flags=fua,sync,!fua", "!fua" },
	{ "suspend tag=1a", 1, "Invalid tag", "tag=1a" },
	{ "suspend tag=" NAME_63 "4", 1, "Invalid tag", "tag=" NAME_63 "4" },
	{ "inject-error errno=EFOO", 1, "Not an errno that bios carry",
	  "errno=EFOO" },
	{ "inject-error errno=EAGAIN", 1, "Not an errno that bios carry",
	  "errno=EAGAIN" },
	{ "inject-error errno=1", 1, "Not an errno that bios carry",
	  "errno=1" },
	{ "inject-error times=4294967296", 1, "Number out of range",
	  "times=4294967296" },
	{ "inject-error interval=0", 1, "Number out of range", "interval=0" },
	{ "inject-error probability=1", 1, "Invalid fraction",
	  "probability=1" },
	{ "inject-error probability=2/1", 1, "Not between 0/1 and 1/1",
	  "probability=2/1" },
	{ "inject-error comm=a23456789.123456", 1, "Invalid task name",
	  "comm=a23456789.123456" },
	{ "inject-error once=on times=2", 1, "Contradiction", "once=on" },
	{ "delay tag=a", 1, "Key missing", "delay", "ms" },
	{ "delay us=1 ms=1", 1, "Two delays", "ms=1" },
	{ "delay ms=86400001", 1, "Number out of range", "ms=86400001" },
	{ "delay ms=1 jitter=86400001", 1, "Number out of range",
	  "jitter=86400001" },
	{ "drop iotype=read", 1, "Iotype not of this action", "iotype=read" },
	{ "corrupt", 1, "Key missing", "corrupt", "byte" },
	{ "corrupt byte=1", 1, "Key missing", "byte=1", "value" },
	{ "corrupt bits=1 byte=1", 1, "Either bits or a byte", "bits=1" },
	{ "corrupt bits=65", 1, "Number out of range", "bits=65" },
	{ "corrupt bits=1 on=read iotype=write", 1, "Contradiction",
	  "on=read" },
	{ "corrupt bits=1 on=read iotype=flush", 1,
	  "Iotype not of this action", "iotype=flush" },
	{ "tear errno=EIO", 1, "Key missing", "tear", "sectors" },
	{ "misdirect to=1048576", 1, "Sector outside the target",
	  "to=1048576" },
	{ "inject-error healed=on", 1, "Key missing", "healed=on", "sector" },
	{ "inject-error healed=on sector=1 iotype=write", 1,
	  "Only reads find bad sectors", "healed=on" },
	{ "inject-error transfer=all errno=0", 1,
	  "Transfer without an error", "transfer=all" },
	{ "inject-error transfer=some", 1, "Unknown value", "transfer=some" },
	{ "inject-error once=yes", 1, "Neither on nor off", "once=yes" },
	{ "inject-error immediately=", 1, "Neither on nor off",
	  "immediately=" },
};

static void mistake_desc(const struct mistake *m, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", m->text);
}

KUNIT_ARRAY_PARAM(mistake, mistakes, mistake_desc);

static void test_mistake(struct kunit *test)
{
	const struct mistake *m = test->param_value;
	struct blkdebug_error err;
	LIST_HEAD(rules);
	char **argv;
	char *part;

	KUNIT_EXPECT_EQ(test, kit_parse(test, m->text, &rules, &err, &argv),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, err.rule, m->rule);
	KUNIT_EXPECT_STREQ(test, err.reason, m->reason);
	KUNIT_ASSERT_NOT_NULL(test, err.word);
	KUNIT_EXPECT_STREQ(test, err.word, m->word);
	KUNIT_EXPECT_EQ(test, !err.part, !m->part);
	if (err.part && m->part) {
		part = kstrndup(err.part, err.part_len, GFP_KERNEL);
		KUNIT_EXPECT_STREQ(test, part, m->part);
		kfree(part);
	}
	kit_free_rules(&rules);
	argv_free(argv);
}

static struct blkdebug_rule *parse_one(struct kunit *test, const char *text,
				       struct list_head *rules, char ***argv)
{
	struct blkdebug_error err;

	KUNIT_ASSERT_EQ(test, kit_parse(test, text, rules, &err, argv), 0);
	return list_last_entry(rules, struct blkdebug_rule, link);
}

/* The parser sets all members of a rule. */
static void test_kept(struct kunit *test)
{
	const char *text =
		"inject-error event=user.e state=7 sector=9,1-2 iotype=read,flush flags=fua,!meta";
	struct blkdebug_rule *rule;
	LIST_HEAD(rules);
	char **argv;

	rule = parse_one(test, text, &rules, &argv);
	KUNIT_EXPECT_EQ(test, rule->number, 1);
	KUNIT_EXPECT_EQ(test, rule->hits, 0);
	KUNIT_EXPECT_EQ(test, rule->action, BLKDEBUG_INJECT_ERROR);
	KUNIT_EXPECT_EQ(test, rule->event, BLKDEBUG_EV_USER);
	KUNIT_EXPECT_STREQ(test, rule->user_event, "user.e");
	KUNIT_EXPECT_EQ(test, rule->state, 7);
	KUNIT_EXPECT_EQ(test, rule->nr_ranges, 2);
	KUNIT_EXPECT_EQ(test, rule->ranges[0].first, 1);
	KUNIT_EXPECT_EQ(test, rule->ranges[0].last, 2);
	KUNIT_EXPECT_EQ(test, rule->ranges[1].first, 9);
	KUNIT_EXPECT_EQ(test, rule->ranges[1].last, 9);
	/* Events of messages have neither iotype nor flags, so the bit is clear */
	KUNIT_EXPECT_EQ(test, rule->iotypes,
			1U << BLKDEBUG_IO_READ | 1U << BLKDEBUG_IO_FLUSH);
	KUNIT_EXPECT_EQ(test, rule->flags_set, BLKDEBUG_FUA);
	KUNIT_EXPECT_EQ(test, rule->flags_clear, BLKDEBUG_META);
	KUNIT_EXPECT_FALSE(test, rule->dead);
	kit_free_rules(&rules);
	argv_free(argv);

	rule = parse_one(test, "set-state inject-error tag=t errno=ENODATA once=on immediately=on",
			 &rules, &argv);
	KUNIT_EXPECT_EQ(test, rule->number, 2);
	KUNIT_EXPECT_STREQ(test, rule->tag, "t");
	KUNIT_EXPECT_EQ(test, rule->error, ENODATA);
	KUNIT_EXPECT_EQ(test, rule->times, 1);
	KUNIT_EXPECT_TRUE(test, rule->immediately);
	rule = list_first_entry(&rules, struct blkdebug_rule, link);
	KUNIT_EXPECT_EQ(test, rule->event, BLKDEBUG_EV_STANDING);
	KUNIT_EXPECT_EQ(test, rule->iotypes,
			BLKDEBUG_ALL_IOTYPES | 1U << BLKDEBUG_IO_EVENT);
	KUNIT_EXPECT_EQ(test, rule->nr_ranges, 0);
	kit_free_rules(&rules);
	argv_free(argv);
}

/**
 * struct number - an input of blkdebug_parse_number()
 * @text: the digits
 * @max: the largest number allowed
 * @r: the expected return value
 * @number: the expected number
 */
struct number {
	const char *text;
	u64 max;
	int r;
	u64 number;
};

static const struct number numbers[] = {
	{ "0", U64_MAX, 0, 0 },
	{ "010", U64_MAX, 0, 10 },
	{ "0x1F", U64_MAX, 0, 31 },
	{ "0x0000000000000000000000000000000000000001", 1, 0, 1 },
	{ "18446744073709551615", U64_MAX, 0, U64_MAX },
	{ "18446744073709551616", U64_MAX, -ERANGE },
	{ "8", 7, -ERANGE },
	{ "7", 7, 0, 7 },
	{ "", 9, -EINVAL },
	{ "0x", 9, -EINVAL },
	{ "0x0x1", 9, -EINVAL },
	{ "0xg", 9, -EINVAL },
	{ "1x", 9, -EINVAL },
	{ "a", 99, -EINVAL },
	{ "-1", 9, -EINVAL },
	{ "+1", 9, -EINVAL },
	{ " 1", 9, -EINVAL },
	{ "1 ", 9, -EINVAL },
	{ "1\n", 9, -EINVAL },
	{ "0x1\n", 9, -EINVAL },
	{ "\n", 9, -EINVAL },
};

static void number_desc(const struct number *n, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%*pE'", (int)strlen(n->text),
		 n->text);
}

KUNIT_ARRAY_PARAM(number, numbers, number_desc);

static void test_number(struct kunit *test)
{
	const struct number *n = test->param_value;
	char followed[64];
	u64 number;

	/* The parser must not read the character after the number. */
	snprintf(followed, sizeof(followed), "%s1", n->text);
	KUNIT_EXPECT_EQ(test, n->r,
			blkdebug_parse_number(followed, strlen(n->text), n->max,
					      &number));
	if (!n->r)
		KUNIT_EXPECT_EQ(test, number, n->number);
}

/* The text is cut off and terminated at any buffer size. */
static void test_error_text(struct kunit *test)
{
	const char *full = "rule 7: Invalid sector: '1\\t2' in 'sector=1\\t2,3'";
	struct blkdebug_error err = { .rule = 7, .reason = "Invalid sector" };
	char word[] = "sector=1\t2,3", text[128];
	size_t size;

	err.word = word;
	err.part = word + 7;
	err.part_len = 3;
	for (size = 1; size < sizeof(text); size++) {
		size_t len = min(size - 1, strlen(full));

		memset(text, 'x', sizeof(text));
		blkdebug_error_text(&err, text, size);
		KUNIT_ASSERT_EQ(test, strlen(text), len);
		KUNIT_ASSERT_EQ(test, memcmp(text, full, len), 0);
	}
}

static void test_tags(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, blkdebug_tag_valid("_"));
	KUNIT_EXPECT_TRUE(test, blkdebug_tag_valid("a.b-c_9"));
	KUNIT_EXPECT_TRUE(test, blkdebug_tag_valid(NAME_63));
	KUNIT_EXPECT_FALSE(test, blkdebug_tag_valid(NAME_63 "4"));
	KUNIT_EXPECT_FALSE(test, blkdebug_tag_valid(""));
	KUNIT_EXPECT_FALSE(test, blkdebug_tag_valid("9"));
	KUNIT_EXPECT_FALSE(test, blkdebug_tag_valid("-"));
	KUNIT_EXPECT_FALSE(test, blkdebug_tag_valid("."));
	KUNIT_EXPECT_FALSE(test, blkdebug_tag_valid("a b"));
	KUNIT_EXPECT_FALSE(test, blkdebug_tag_valid("\xe4"));
}

/* An array entry as the index has them: sorted by @key, found again by @pos */
struct sortable {
	u64 key;
	u64 pos;
	u64 unused;
};

static int compare_sortables(const void *a, const void *b)
{
	const struct sortable *sa = a, *sb = b;

	if (sa->key != sb->key)
		return sa->key < sb->key ? -1 : 1;
	return 0;
}

/* Few keys, so that many entries are equal. */
static void fill_sortables(struct sortable *entry, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		entry[i].key = blkdebug_draw_below(blkdebug_draw(nr, i), nr / 4 + 1);
		entry[i].pos = i;
	}
}

static void expect_sorted(struct kunit *test, size_t nr)
{
	struct sortable *entry = kvcalloc(nr + 1, sizeof(*entry), GFP_KERNEL);
	bool *seen = kvcalloc(nr + 1, sizeof(*seen), GFP_KERNEL);
	size_t i, nr_seen = 0;

	KUNIT_ASSERT_NOT_NULL(test, entry);
	KUNIT_ASSERT_NOT_NULL(test, seen);
	fill_sortables(entry, nr);
	KUNIT_EXPECT_EQ(test, blkdebug_sort(entry, nr, sizeof(*entry),
					    compare_sortables), 0);
	for (i = 0; i < nr; i++) {
		if (i && entry[i - 1].key > entry[i].key)
			KUNIT_FAIL(test, "entries %zu of %zu not sorted", i, nr);
		if (entry[i].pos < nr && !seen[entry[i].pos]) {
			seen[entry[i].pos] = true;
			nr_seen++;
		}
	}
	KUNIT_EXPECT_EQ(test, nr_seen, nr);
	kvfree(seen);
	kvfree(entry);
}

/* Sizes around that of a chunk, and sizes that need up to four merges */
static void test_sort(struct kunit *test)
{
	static const size_t sizes[] = {
		0, 1, 2, 511, 512, 513, 1023, 1024, 1025, 1537, 3000, 5000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		expect_sorted(test, sizes[i]);
}

/* Each event is found by its name only. */
static void test_events(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_EVENTS; i++)
		KUNIT_EXPECT_EQ(test, i,
				blkdebug_event_lookup(blkdebug_event_name(i)));
	KUNIT_EXPECT_EQ(test, blkdebug_event_lookup("user_x"), BLKDEBUG_EV_USER);
	KUNIT_EXPECT_EQ(test, blkdebug_event_lookup("user.x"), BLKDEBUG_EV_USER);
	KUNIT_EXPECT_EQ(test, blkdebug_event_lookup("user"), -ENOENT);
	KUNIT_EXPECT_EQ(test, blkdebug_event_lookup("user-x"), -ENOENT);
	KUNIT_EXPECT_EQ(test, blkdebug_name_cmp("user.a_b", "user_a.b"), 0);
	KUNIT_EXPECT_GT(test, blkdebug_name_cmp("user.b", "user.a"), 0);
	KUNIT_EXPECT_LT(test, blkdebug_name_cmp("user.a", "user.ab"), 0);
}

static struct kunit_case rule_cases[] = {
	KUNIT_CASE_PARAM(test_canonical, canonical_gen_params),
	KUNIT_CASE_PARAM(test_mistake, mistake_gen_params),
	KUNIT_CASE(test_kept),
	KUNIT_CASE_PARAM(test_number, number_gen_params),
	KUNIT_CASE(test_error_text),
	KUNIT_CASE(test_tags),
	KUNIT_CASE(test_sort),
	KUNIT_CASE(test_events),
	{}
};

struct kunit_suite blkdebug_rule_suite = {
	.name = "blkdebug-rule",
	.suite_init = kit_begin,
	.suite_exit = kit_end,
	.test_cases = rule_cases,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the rule language: an input is what stands behind device and offset in
 * a table line. What is taken is printed, read again and found the same; what is
 * refused, or fails for want of memory, leaves nothing behind.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "rules/choice.h"
#include "fuzz.h"

/**
 * struct table - options and rules of a table line
 * @opts: the options
 * @rules: the rules
 * @err: what is wrong, if anything
 */
struct table {
	struct blkdebug_options opts;
	struct list_head rules;
	struct blkdebug_error err;
};

/* The geometry of the device */
static struct blkdebug_geometry geometry = { .sectors = 1 << 20, .block = 8 };

static int parse(struct table *table, const struct words *words)
{
	char **argv = (char **)words->argv;
	unsigned int pos = 0;
	int r;

	INIT_LIST_HEAD(&table->rules);
	memset(&table->err, 0, sizeof(table->err));
	r = blkdebug_parse_options(words->argc, argv, &pos, &table->opts,
				   &table->err);
	if (!r)
		r = blkdebug_parse_rules(words->argc - pos, argv + pos, 1,
					 &geometry, &table->rules, &table->err);
	return r;
}

static void free_table(struct table *table)
{
	blkdebug_free_rules(&table->rules);
}

static void print(void *arg, struct seq_buf *out)
{
	struct table *table = arg;
	struct blkdebug_rule *rule;

	blkdebug_print_options(out, &table->opts);
	list_for_each_entry(rule, &table->rules, link) {
		seq_buf_printf(out, " ");
		blkdebug_print_rule(out, rule);
	}
}

static bool same_string(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* A value in it need not be there if it is the default */
static void copy_params(struct blkdebug_params *copy,
			const struct blkdebug_params *params)
{
	memset(copy, 0, sizeof(*copy));
	copy->interval = 1;
	if (params)
		memcpy(copy, params, sizeof(*copy));
	copy->media = NULL;
	copy->cut = NULL;
}

static void compare_numbers(const struct blkdebug_numbers *a,
			    const struct blkdebug_numbers *b)
{
	shim_assert(a->nr == b->nr);
	shim_assert(!a->nr || !memcmp(a->range, b->range,
				      a->nr * sizeof(*a->range)));
}

static void compare_cuts(const struct blkdebug_cut *a,
			 const struct blkdebug_cut *b)
{
	shim_assert(!a == !b);
	if (!a)
		return;
	shim_assert(a->seeded == b->seeded && a->seed == b->seed);
	shim_assert(a->choice.policy == b->choice.policy &&
		    a->choice.numerator == b->choice.numerator &&
		    a->choice.denominator == b->choice.denominator);
	compare_numbers(&a->choice.lose, &b->choice.lose);
	compare_numbers(&a->choice.keep, &b->choice.keep);
}

static void compare_params(const struct blkdebug_params *a,
			   const struct blkdebug_params *b)
{
	struct blkdebug_params plain_a, plain_b;

	copy_params(&plain_a, a);
	copy_params(&plain_b, b);
	shim_assert(!memcmp(&plain_a, &plain_b, sizeof(plain_a)));
	compare_cuts(a ? a->cut : NULL, b ? b->cut : NULL);
}

/* All but what points elsewhere */
static void copy_plain(struct blkdebug_rule *copy,
		       const struct blkdebug_rule *rule)
{
	memcpy(copy, rule, sizeof(*copy));
	memset(&copy->link, 0, sizeof(copy->link));
	memset(&copy->tag_link, 0, sizeof(copy->tag_link));
	memset(&copy->used_link, 0, sizeof(copy->used_link));
	copy->params = NULL;
	copy->ranges = NULL;
	copy->tag = NULL;
	copy->user_event = NULL;
}

static void compare_rules(const struct blkdebug_rule *a,
			  const struct blkdebug_rule *b)
{
	struct blkdebug_rule plain_a, plain_b;

	copy_plain(&plain_a, a);
	copy_plain(&plain_b, b);
	shim_assert(!memcmp(&plain_a, &plain_b, sizeof(plain_a)));
	compare_params(a->params, b->params);
	shim_assert(same_string(a->tag, b->tag));
	shim_assert(same_string(a->user_event, b->user_event));
	shim_assert(!a->nr_ranges ||
		    !memcmp(a->ranges, b->ranges,
			    a->nr_ranges * sizeof(*a->ranges)));
}

static void compare(struct table *a, struct table *b)
{
	struct list_head *la = &a->rules, *lb = &b->rules;

	shim_assert(!memcmp(&a->opts, &b->opts, sizeof(a->opts)));
	for (la = la->next, lb = lb->next;
	     la != &a->rules && lb != &b->rules; la = la->next, lb = lb->next)
		compare_rules(list_entry(la, struct blkdebug_rule, link),
			      list_entry(lb, struct blkdebug_rule, link));
	shim_assert(la == &a->rules && lb == &b->rules);
}

/* Nothing but what can be printed makes sense in a table line */
static void check_printable(const char *text)
{
	for (; *text; text++)
		shim_assert(*text >= ' ' && *text <= '~');
}

/* The index relies on it */
static void check_ranges(const struct table *table)
{
	struct blkdebug_rule *rule;
	u32 i;

	list_for_each_entry(rule, &table->rules, link) {
		for (i = 0; i < rule->nr_ranges; i++)
			shim_assert(rule->ranges[i].first <= rule->ranges[i].last);
		for (i = 1; i < rule->nr_ranges; i++)
			shim_assert(rule->ranges[i].first - 1 >
				    rule->ranges[i - 1].last);
	}
}

/* A printed rule can be parsed, and prints the same again */
static void check_canonical(struct table *table)
{
	char *text = text_of(print, table), *again;
	struct words words;
	struct table copy;

	check_printable(text);
	words_split(&words, text, strlen(text));
	shim_assert(!parse(&copy, &words));
	compare(table, &copy);
	again = text_of(print, &copy);
	shim_assert(!strcmp(text, again));
	free(again);
	free_table(&copy);
	words_free(&words);
	free(text);
}

/* No word may be taken that has bytes in it which nothing is made of */
static void check_words(const struct words *words)
{
	unsigned int i;

	for (i = 0; i < words->argc; i++)
		check_printable(words->argv[i]);
}

/* Each allocation fails in turn, until none is left to fail */
static void fail_each(const struct words *words, int outcome)
{
	struct table table;
	unsigned int nth;
	bool failed;
	int r;

	for (nth = 1; nth <= 64; nth++) {
		size_t before = shim_allocated;

		shim_fail_nth = nth;
		r = parse(&table, words);
		failed = !shim_fail_nth;
		shim_fail_nth = 0;
		shim_assert(r == (failed ? -ENOMEM : outcome));
		if (failed)
			shim_assert(table.err.reason);
		free_table(&table);
		shim_assert(shim_allocated == before);
		if (!failed)
			break;
	}
}

static void try(const struct words *words)
{
	size_t before = shim_allocated;
	struct table table;
	int r;

	r = parse(&table, words);
	shim_assert(!r || r == -EINVAL);
	if (r) {
		check_error(&table.err, words->argc, (char **)words->argv);
	} else {
		check_words(words);
		check_ranges(&table);
		check_canonical(&table);
	}
	free_table(&table);
	shim_assert(shim_allocated == before);
	fail_each(words, r);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct words words;

	words_split(&words, (const char *)data, size);
	try(&words);
	geometry.zoned = true;
	try(&words);
	geometry.zoned = false;
	words_free(&words);
	return 0;
}

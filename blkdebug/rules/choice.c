// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choices of the writes that survive a power cut: see choice.h.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "choice.h"
#include "keys.h"
#include "parser.h"
#include "rule.h"
#include "parse.h"

const char * const blkdebug_choice_keys[BLKDEBUG_NR_CHOICE_KEYS] = {
	[BLKDEBUG_CHOICE_SURVIVE] = "survive",
	[BLKDEBUG_CHOICE_LOSE] = "lose",
	[BLKDEBUG_CHOICE_KEEP] = "keep",
	[BLKDEBUG_CHOICE_SEED] = "seed",
};

#define POLICY_NAME(id, name)	name,

static const char * const policy_names[BLKDEBUG_NR_POLICIES] = {
	BLKDEBUG_POLICIES(POLICY_NAME)
};

static bool has_odds(unsigned int policy)
{
	return policy == BLKDEBUG_SURVIVE_WRITES ||
	       policy == BLKDEBUG_SURVIVE_UNITS;
}

/* Parse the value of survive=. Returns 0, -EINVAL or -ERANGE. */
static int parse_policy(const char *word, size_t len, struct blkdebug_choice *choice)
{
	const char *colon = memchr(word, ':', len);
	int policy = blkdebug_name_lookup(policy_names, BLKDEBUG_NR_POLICIES, word,
					  colon ? colon - word : len);

	if (policy < 0 || (colon && !has_odds(policy)))
		return -EINVAL;
	choice->policy = policy;
	choice->numerator = 1;
	choice->denominator = 2;
	if (!colon)
		return 0;
	return blkdebug_parse_fraction(colon + 1, word + len - colon - 1,
				       &choice->numerator, &choice->denominator);
}

/**
 * blkdebug_print_policy - print the value of survive=
 * @out: the output
 * @choice: the choice
 *
 * Context: Any context.
 */
void blkdebug_print_policy(struct seq_buf *out,
			   const struct blkdebug_choice *choice)
{
	seq_buf_printf(out, "%s", policy_names[choice->policy]);
	if (has_odds(choice->policy) &&
	    (choice->numerator != 1 || choice->denominator != 2))
		seq_buf_printf(out, ":%u/%u", choice->numerator,
			       choice->denominator);
}

/**
 * blkdebug_cut_alloc - allocate a cut with the default choice
 *
 * Context: Process context. May sleep.
 * Return: the cut, for blkdebug_put_cut(), or NULL if the allocation fails.
 */
struct blkdebug_cut *blkdebug_cut_alloc(void)
{
	struct blkdebug_cut *cut = kzalloc(sizeof(*cut), GFP_KERNEL);

	if (!cut)
		return NULL;
	refcount_set(&cut->refs, 1);
	cut->choice.policy = BLKDEBUG_SURVIVE_RANDOM;
	cut->choice.numerator = 1;
	cut->choice.denominator = 2;
	return cut;
}

/**
 * blkdebug_put_cut - drop a reference to a cut
 * @cut: the cut, or NULL
 *
 * Context: Any context.
 */
void blkdebug_put_cut(struct blkdebug_cut *cut)
{
	if (!cut || !refcount_dec_and_test(&cut->refs))
		return;
	kvfree(cut->choice.lose.range);
	kvfree(cut->choice.keep.range);
	kfree(cut);
}

static int parse_list(const char *val, struct blkdebug_numbers *numbers,
		      struct blkdebug_error *err)
{
	struct blkdebug_range *list = NULL;
	int r = blkdebug_parse_ranges(val, U64_MAX, &list, &numbers->nr, err);

	numbers->range = list;
	return r;
}

/**
 * blkdebug_parse_choice - parse the value of a key
 * @cut: the cut, without this key so far
 * @key: enum blkdebug_choice_key
 * @val: the value
 * @err: describes a failure
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, or -EINVAL with @err set.
 */
int blkdebug_parse_choice(struct blkdebug_cut *cut, unsigned int key,
			  const char *val, struct blkdebug_error *err)
{
	struct blkdebug_choice *choice = &cut->choice;
	int r;

	switch (key) {
	case BLKDEBUG_CHOICE_SURVIVE:
		r = parse_policy(val, strlen(val), choice);
		return r ? blkdebug_error_set(err, "Unknown policy", NULL) : 0;
	case BLKDEBUG_CHOICE_LOSE:
		return parse_list(val, &choice->lose, err);
	case BLKDEBUG_CHOICE_KEEP:
		return parse_list(val, &choice->keep, err);
	default:
		cut->seeded = true;
		r = blkdebug_parse_number(val, strlen(val), U64_MAX, &cut->seed);
		return r ? blkdebug_error_set(err, r == -ERANGE ?
					      "Number out of range" :
					      "Invalid number", NULL) : 0;
	}
}

/**
 * blkdebug_parse_choice_word - parse a word of a choice, <key>=<value>
 * @cut: the cut
 * @word: the word
 * @seen: mask of the keys so far; 0 before the first word
 * @err: describes a failure
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, or -EINVAL with @err set.
 */
int blkdebug_parse_choice_word(struct blkdebug_cut *cut, const char *word,
			       unsigned int *seen, struct blkdebug_error *err)
{
	size_t len = strchrnul(word, '=') - word;
	int key = blkdebug_name_lookup(blkdebug_choice_keys,
				       BLKDEBUG_NR_CHOICE_KEYS, word, len);
	int r;

	if (key < 0 || !word[len])
		return blkdebug_error_set(err, "Unknown key", word);
	if (*seen & (1U << key))
		return blkdebug_error_set(err, "Key given twice", word);
	*seen |= 1U << key;
	r = blkdebug_parse_choice(cut, key, word + len + 1, err);
	if (r == -EINVAL && !err->word)
		return blkdebug_error_set(err, err->reason, word);
	return r;
}

/**
 * blkdebug_choice_has - test whether the canonical form of a choice has a key
 * @cut: the cut
 * @key: enum blkdebug_choice_key
 *
 * Context: Any context.
 * Return: true if it has.
 */
bool blkdebug_choice_has(const struct blkdebug_cut *cut, unsigned int key)
{
	switch (key) {
	case BLKDEBUG_CHOICE_SURVIVE:
		return cut->choice.policy != BLKDEBUG_SURVIVE_RANDOM;
	case BLKDEBUG_CHOICE_LOSE:
		return cut->choice.lose.nr;
	case BLKDEBUG_CHOICE_KEEP:
		return cut->choice.keep.nr;
	default:
		return cut->seeded;
	}
}

/**
 * blkdebug_print_choice - print the value of a key
 * @out: the output
 * @cut: the cut
 * @key: enum blkdebug_choice_key
 *
 * Context: Process context. May sleep.
 */
void blkdebug_print_choice(struct seq_buf *out, const struct blkdebug_cut *cut,
			   unsigned int key)
{
	const struct blkdebug_numbers *list = key == BLKDEBUG_CHOICE_LOSE ?
					      &cut->choice.lose :
					      &cut->choice.keep;
	u32 i;

	if (key == BLKDEBUG_CHOICE_SURVIVE) {
		blkdebug_print_policy(out, &cut->choice);
		return;
	}
	if (key == BLKDEBUG_CHOICE_SEED) {
		seq_buf_printf(out, "%llu", cut->seed);
		return;
	}
	for (i = 0; i < list->nr; i++) {
		blkdebug_print_range(out, &list->range[i], !i);
		cond_resched();
	}
}

/* The keys of a choice share one struct, which the first key allocates. */
static int parse_choice(struct blkdebug_rule_parser *parser,
			const struct blkdebug_key *key, const char *val)
{
	struct blkdebug_params *params = parser->rule->params;

	if (!params->cut)
		params->cut = blkdebug_cut_alloc();
	if (!params->cut)
		return -ENOMEM;
	return blkdebug_parse_choice(params->cut, key->max, val, parser->err);
}

static void print_choice(struct seq_buf *out, const struct blkdebug_key *key,
			 const struct blkdebug_rule *rule)
{
	blkdebug_print_choice(out, rule->params->cut, key->max);
}

/**
 * blkdebug_has_choice - test whether the canonical form of a rule has a key of its cut
 * @key: the key
 * @rule: the rule
 *
 * Context: Any context.
 * Return: true if it has.
 */
bool blkdebug_has_choice(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	const struct blkdebug_cut *cut = rule->params->cut;

	return cut && blkdebug_choice_has(cut, key->max);
}

const struct blkdebug_key_type blkdebug_choice_type = { parse_choice, print_choice };

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options: the key=value words of a table line before its first rule.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/string.h>

#include "options.h"

/* An option */
struct option {
	const char *name;		/* as written */
	size_t offset;			/* of the value in struct blkdebug_options: a
					 * u64, or the buffer of a name
					 */
	u64 min;			/* the smallest value */
	u64 max;			/* the largest value */
	u64 init;			/* the default */
	bool size;			/* a size in bytes, which may have a suffix */
	bool word;			/* a name, not a number */
	bool always;			/* print the option even if its value is @init */
};

#define LIMIT(_name, _member)						\
	{								\
		.name = _name,						\
		.offset = offsetof(struct blkdebug_options, _member),	\
		.max = INT_MAX,						\
		.size = true,						\
	}

/* In the order of canonical output */
static const struct option options[] = {
	LIMIT("align", align),
	LIMIT("max-transfer", max_transfer),
	LIMIT("opt-write-zero", opt_write_zero),
	LIMIT("max-write-zero", max_write_zero),
	LIMIT("opt-discard", opt_discard),
	LIMIT("max-discard", max_discard),
	{
		.name = "cache",
		.offset = offsetof(struct blkdebug_options, cache),
		.min = BLKDEBUG_CACHE_MIN,
		.max = BLKDEBUG_CACHE_MAX,
		.size = true,
	}, {
		.name = "atomic-write",
		.offset = offsetof(struct blkdebug_options, atomic_write),
		.min = BLKDEBUG_UNIT_MIN,
		.max = BLKDEBUG_UNIT_MAX,
		.size = true,
	}, {
		.name = "power",
		.offset = offsetof(struct blkdebug_options, power),
		.word = true,
	}, {
		.name = "state",
		.offset = offsetof(struct blkdebug_options, state),
		.max = BLKDEBUG_STATE_MAX,
		.init = 1,
	}, {
		.name = "seed",
		.offset = offsetof(struct blkdebug_options, seed),
		.max = U64_MAX,
		.always = true,
	},
};

static u64 *get_option_value(const struct option *opt, struct blkdebug_options *opts)
{
	return (void *)opts + opt->offset;
}

static int lookup_option(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (strlen(options[i].name) == len &&
		    !memcmp(options[i].name, word, len))
			return i;
	}
	return -EINVAL;
}

/* Parse a number with an optional suffix: k, m or g for powers of 1024. */
static int parse_size(const char *val, size_t len, u64 max, u64 *size)
{
	unsigned int shift = 0;
	int r;

	switch (len ? val[len - 1] : '\0') {
	case 'g':
	case 'G':
		shift += 10;
		fallthrough;
	case 'm':
	case 'M':
		shift += 10;
		fallthrough;
	case 'k':
	case 'K':
		shift += 10;
		len--;
	}
	r = blkdebug_parse_number(val, len, max >> shift, size);
	*size <<= shift;
	return r;
}

static int parse_value(const struct option *opt, const char *val,
		       struct blkdebug_options *opts)
{
	u64 *value = get_option_value(opt, opts);
	int r;

	if (opt->word) {
		if (!blkdebug_name_valid(val))
			return -EINVAL;
		strscpy((char *)value, val, BLKDEBUG_NAME_MAX + 1);
		return 0;
	}
	if (opt->size)
		r = parse_size(val, strlen(val), opt->max, value);
	else
		r = blkdebug_parse_number(val, strlen(val), opt->max, value);
	return r ?: (*value < opt->min ? -ERANGE : 0);
}

static int parse_option(const char *word, struct blkdebug_options *opts,
			u32 *seen, struct blkdebug_error *err)
{
	size_t len = strchrnul(word, '=') - word;
	const char *val = word + len + 1;
	int i = lookup_option(word, len);
	int r;

	if (i < 0)
		return blkdebug_error_set(err, "Unknown option", word);
	if (*seen & (1U << i))
		return blkdebug_error_set(err, "Option given twice", word);
	*seen |= 1U << i;
	r = parse_value(&options[i], val, opts);
	if (r)
		return blkdebug_error_set(err, r == -ERANGE ?
					  "Number out of range" :
					  options[i].word ? "Invalid name" :
					  "Invalid number", word);
	return 0;
}

/**
 * blkdebug_parse_options - parse the options before the first rule
 * @argc: number of words
 * @argv: the words
 * @pos: index of the first word; on return that of the first rule
 * @opts: the result, defaults included; the default seed is random
 * @err: describes a failure
 *
 * Context: Any context.
 * Return: 0, or -EINVAL with @err set.
 */
int blkdebug_parse_options(unsigned int argc, char **argv, unsigned int *pos,
			   struct blkdebug_options *opts,
			   struct blkdebug_error *err)
{
	unsigned int i;
	u32 seen = 0;

	memset(opts, 0, sizeof(*opts));
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].init)
			*get_option_value(&options[i], opts) = options[i].init;
	}
	get_random_bytes(&opts->seed, sizeof(opts->seed));

	for (; *pos < argc && !blkdebug_is_action(argv[*pos]); (*pos)++) {
		int r = parse_option(argv[*pos], opts, &seen, err);

		if (r)
			return r;
	}
	return 0;
}

/**
 * blkdebug_print_options - print options in canonical form
 * @out: the output; each option follows a space
 * @opts: the options
 *
 * Context: Any context.
 */
void blkdebug_print_options(struct seq_buf *out,
			    const struct blkdebug_options *opts)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		u64 *value = get_option_value(&options[i],
					  (struct blkdebug_options *)opts);

		if (options[i].word && *(char *)value)
			seq_buf_printf(out, " %s=%s", options[i].name,
				       (char *)value);
		if (!options[i].word &&
		    (options[i].always || *value != options[i].init))
			seq_buf_printf(out, " %s=%llu", options[i].name, *value);
	}
}

/**
 * blkdebug_print_option_names - print the names of all options
 * @out: the output; each name follows a space
 *
 * Context: Any context.
 */
void blkdebug_print_option_names(struct seq_buf *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		seq_buf_printf(out, " %s", options[i].name);
}

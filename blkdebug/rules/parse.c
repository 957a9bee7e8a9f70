// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of words: numbers, errnos, lists and errors.
 */
#include <linux/blkdev.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "parse.h"

/* Bytes of a word that an error shows: a list of sectors may be megabytes. */
#define WORD_SHOWN	128

/* The errnos that a blk_status_t stands for in any supported kernel */
static const struct {
	const char *name;
	u16 error;
} errno_names[] = {
	{ "EIO",		EIO },
	{ "ENODATA",		ENODATA },
	{ "EILSEQ",		EILSEQ },
	{ "EOPNOTSUPP",		EOPNOTSUPP },
	{ "ETIMEDOUT",		ETIMEDOUT },
	{ "ENOSPC",		ENOSPC },
	{ "ENOLINK",		ENOLINK },
	{ "EREMOTEIO",		EREMOTEIO },
	{ "EBADE",		EBADE },
	{ "ENOMEM",		ENOMEM },
	{ "EBUSY",		EBUSY },
	{ "ENODEV",		ENODEV },
	{ "EINVAL",		EINVAL },
	{ "ETIME",		ETIME },
	{ "ETOOMANYREFS",	ETOOMANYREFS },
	{ "EOVERFLOW",		EOVERFLOW },
};

/**
 * blkdebug_error_set - record an error
 * @err: the error
 * @reason: for example "Unknown key"
 * @word: the word at fault, or NULL
 *
 * Context: Any context.
 * Return: -EINVAL, for the caller to return.
 */
int blkdebug_error_set(struct blkdebug_error *err, char *reason,
		       const char *word)
{
	err->reason = reason;
	err->word = word;
	err->part = NULL;
	err->other = NULL;
	return -EINVAL;
}

/**
 * blkdebug_error_part - record an error in a part of a word
 * @err: the error; the caller that has the whole word sets @err->word
 * @reason: for example "Unknown flag"
 * @part: the part at fault, within the word
 * @len: length of @part in bytes
 *
 * Context: Any context.
 * Return: -EINVAL, for the caller to return.
 */
int blkdebug_error_part(struct blkdebug_error *err, char *reason,
			const char *part, size_t len)
{
	err->reason = reason;
	err->part = part;
	err->part_len = len;
	err->other = NULL;
	return -EINVAL;
}

static int shown_length(const char *word)
{
	return strnlen(word, WORD_SHOWN);
}

/**
 * blkdebug_error_text - write an error as a line for the kernel log
 * @err: the error
 * @buf: the line, always terminated
 * @size: size of @buf in bytes, not 0
 *
 * Context: Any context.
 */
void blkdebug_error_text(const struct blkdebug_error *err, char *buf,
			 size_t size)
{
	size_t len = 0;

	if (err->rule)
		len += scnprintf(buf, size, "rule %llu: ", err->rule);
	len += scnprintf(buf + len, size - len, "%s", err->reason);
	if (err->part && err->part_len)
		len += scnprintf(buf + len, size - len, ": '%*pE'",
				 (int)min_t(size_t, err->part_len, WORD_SHOWN),
				 err->part);
	if (err->word)
		len += scnprintf(buf + len, size - len, "%s '%*pE'",
				 err->part && err->part_len ? " in" : ":",
				 shown_length(err->word), err->word);
	if (err->other)
		scnprintf(buf + len, size - len, " with '%*pE'",
			  shown_length(err->other), err->other);
}

/**
 * blkdebug_parse_number - parse a decimal number, or a hexadecimal one after 0x
 * @str: the digits, not necessarily terminated at @len
 * @len: length of @str in bytes
 * @max: the largest allowed
 * @number: the result
 *
 * Unlike kstrtoull(), this accepts neither a sign nor a newline, and 010 is ten,
 * as in dm's other targets.
 *
 * Context: Any context.
 * Return: 0, -EINVAL if @str is not a number, or -ERANGE if it exceeds @max.
 */
int blkdebug_parse_number(const char *str, size_t len, u64 max, u64 *number)
{
	char digits[32];
	int base = 10;
	int r;

	if (len > 2 && str[0] == '0' && str[1] == 'x') {
		str += 2;
		len -= 2;
		base = 16;
	}
	for (; len > 1 && *str == '0'; len--)
		str++;
	/* kstrtoull() accepts a leading sign and a trailing newline. */
	if (!len || len >= sizeof(digits) || !isxdigit(*str) ||
	    !isxdigit(str[len - 1]))
		return -EINVAL;
	memcpy(digits, str, len);
	digits[len] = '\0';
	r = kstrtoull(digits, base, number);
	if (!r && *number > max)
		r = -ERANGE;
	return r;
}

/**
 * blkdebug_parse_fraction - parse a fraction between 0/1 and 1/1
 * @str: the fraction, not necessarily terminated at @len
 * @len: length of @str in bytes
 * @numerator: the result
 * @denominator: the result, not 0
 *
 * Context: Any context.
 * Return: 0, -EINVAL if @str is not a fraction, or -ERANGE if it is above 1/1 or has
 * the denominator 0.
 */
int blkdebug_parse_fraction(const char *str, size_t len, u32 *numerator,
			    u32 *denominator)
{
	const char *slash = memchr(str, '/', len);
	u64 n, d;

	if (!slash || blkdebug_parse_number(str, slash - str, U32_MAX, &n) ||
	    blkdebug_parse_number(slash + 1, str + len - slash - 1, U32_MAX, &d))
		return -EINVAL;
	if (!d || n > d)
		return -ERANGE;
	*numerator = n;
	*denominator = d;
	return 0;
}

/* Test whether a bio that fails with an errno reports the same errno to its submitter. */
static bool is_bio_errno(int error)
{
	/* dm requeues a bio that ends with EREMCHG; submitters retry EAGAIN. */
	if (error == EREMCHG || error == EAGAIN)
		return false;
	return blk_status_to_errno(errno_to_blk_status(-error)) == -error;
}

/**
 * blkdebug_next_item - take the next item off a comma-separated list
 * @list: the rest of the list, advanced past the item; NULL after the last one
 * @len: length of the item in bytes
 *
 * An empty list has one empty item.
 *
 * Context: Any context.
 * Return: the item, not terminated, or NULL if there is none left.
 */
const char *blkdebug_next_item(const char **list, size_t *len)
{
	const char *item = *list;

	if (!item)
		return NULL;
	*len = strchrnul(item, ',') - item;
	*list = item[*len] ? item + *len + 1 : NULL;
	return item;
}

/**
 * blkdebug_parse_errno - parse an errno, by name or number
 * @str: for example "EIO" or "5"
 * @error: the result, positive or 0
 *
 * Context: Any context.
 * Return: 0, or -EINVAL if bios of this kernel cannot report it.
 */
int blkdebug_parse_errno(const char *str, u16 *error)
{
	unsigned int i;
	u64 number;

	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (!strcmp(errno_names[i].name, str)) {
			*error = errno_names[i].error;
			return is_bio_errno(*error) ? 0 : -EINVAL;
		}
	}
	if (blkdebug_parse_number(str, strlen(str), MAX_ERRNO, &number) ||
	    !is_bio_errno(number))
		return -EINVAL;
	*error = number;
	return 0;
}

/**
 * blkdebug_print_errno - print an errno by its name, or its number without one
 * @out: the output
 * @error: the errno, positive or 0
 *
 * Context: Any context.
 */
void blkdebug_print_errno(struct seq_buf *out, u16 error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (errno_names[i].error == error) {
			seq_buf_printf(out, "%s", errno_names[i].name);
			return;
		}
	}
	seq_buf_printf(out, "%u", error);
}

/**
 * blkdebug_print_errnos - print the names of all errnos that bios can report
 * @out: the output; each name follows a space
 *
 * Context: Any context.
 */
void blkdebug_print_errnos(struct seq_buf *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (is_bio_errno(errno_names[i].error))
			seq_buf_printf(out, " %s", errno_names[i].name);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words: see parse.h.
 */
#include <linux/blkdev.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "parse.h"

/* Of a word in a log line or an error; a list of sectors may be megabytes */
#define WORD_SHOWN	128

/* The errnos that a blk_status_t may stand for, in one kernel or another */
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
 * blkdebug_error_set - say what is wrong
 * @err: where to
 * @reason: terse: "Unknown key"
 * @word: the word at fault, or NULL
 *
 * Return: -EINVAL, for the caller to pass on.
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
 * blkdebug_error_part - say what is wrong with a part of a word
 * @err: where to; its word is set afterwards, by who has all of it
 * @reason: terse: "Unknown flag"
 * @part: the part at fault, within the word
 * @len: its length in bytes
 *
 * Return: -EINVAL, for the caller to pass on.
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

static int shown(size_t len)
{
	return min_t(size_t, len, WORD_SHOWN);
}

/**
 * blkdebug_error_text - a line for the kernel log
 * @err: what is wrong
 * @buf: where to
 * @size: of @buf, in bytes
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
				 shown(err->part_len), err->part);
	if (err->word)
		len += scnprintf(buf + len, size - len, "%s '%*pE'",
				 err->part && err->part_len ? " in" : ":",
				 shown(strlen(err->word)), err->word);
	if (err->other)
		scnprintf(buf + len, size - len, " with '%*pE'",
			  shown(strlen(err->other)), err->other);
}

/**
 * blkdebug_parse_number - read a decimal number, or a hexadecimal one after 0x
 * @str: the digits, which need not end at @len
 * @len: their length in bytes
 * @max: the largest allowed
 * @number: the result
 *
 * Unlike kstrtoull() it takes nothing but digits, and no octal number: dm's
 * other targets read 010 as ten.
 *
 * Return: 0, -EINVAL: no number, or -ERANGE: larger than @max.
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
	/* kstrtoull() would take a sign in front, and a newline behind */
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

/* Does a bio carry this errno to its submitter as it is? */
static bool errno_carried(int error)
{
	/* dm requeues a bio that ends in EREMCHG, submitters one in EAGAIN */
	if (error == EREMCHG || error == EAGAIN)
		return false;
	return blk_status_to_errno(errno_to_blk_status(-error)) == -error;
}

/**
 * blkdebug_parse_errno - read an errno, by name or number
 * @str: "EIO", "5"
 * @error: the result, positive or 0
 *
 * Return: 0, or -EINVAL: no errno that this kernel's bios carry.
 */
int blkdebug_parse_errno(const char *str, u16 *error)
{
	unsigned int i;
	u64 number;

	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (!strcmp(errno_names[i].name, str)) {
			*error = errno_names[i].error;
			return errno_carried(*error) ? 0 : -EINVAL;
		}
	}
	if (blkdebug_parse_number(str, strlen(str), MAX_ERRNO, &number) ||
	    !errno_carried(number))
		return -EINVAL;
	*error = number;
	return 0;
}

/**
 * blkdebug_print_errno - write an errno by its name, if it has one here
 * @out: where to
 * @error: the errno, positive or 0
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
 * blkdebug_print_errnos - write the names of all errnos that bios carry here
 * @out: where to; each name follows a space
 */
void blkdebug_print_errnos(struct seq_buf *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (errno_carried(errno_names[i].error))
			seq_buf_printf(out, " %s", errno_names[i].name);
	}
}

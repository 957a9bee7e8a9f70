/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words: reading numbers and errnos, and saying what is wrong with a word.
 */
#ifndef BLKDEBUG_PARSE_H
#define BLKDEBUG_PARSE_H

#include <linux/seq_buf.h>
#include <linux/types.h>

/**
 * struct blkdebug_error - what is wrong with what somebody wrote
 * @reason: terse, fit for dm's ti->error
 * @rule: number of the rule at fault; 0 if it is not in a rule
 * @word: the word at fault, or NULL
 * @part: the part of @word at fault, or NULL
 * @part_len: its length in bytes
 * @other: the word that does not go with @word, or NULL
 *
 * The words belong to the caller.
 */
struct blkdebug_error {
	char *reason;
	u64 rule;
	const char *word;
	const char *part;
	size_t part_len;
	const char *other;
};

int blkdebug_error_set(struct blkdebug_error *err, char *reason,
		       const char *word);
int blkdebug_error_part(struct blkdebug_error *err, char *reason,
			const char *part, size_t len);
void blkdebug_error_text(const struct blkdebug_error *err, char *buf,
			 size_t size);

int blkdebug_parse_number(const char *str, size_t len, u64 max, u64 *number);
int blkdebug_parse_errno(const char *str, u16 *error);
void blkdebug_print_errno(struct seq_buf *out, u16 error);
void blkdebug_print_errnos(struct seq_buf *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parsing of words: numbers, errnos and lists, and the description of an error.
 */
#ifndef BLKDEBUG_PARSE_H
#define BLKDEBUG_PARSE_H

#include <linux/seq_buf.h>
#include <linux/types.h>

/* User-sized allocation: failure returns -ENOMEM, so don't warn. */
#define BLKDEBUG_GFP_LONG	(GFP_KERNEL | __GFP_NOWARN)

/* An error in a table line or a message. The words belong to the caller. */
struct blkdebug_error {
	char *reason;			/* short enough for dm's ti->error */
	u64 rule;			/* number of the rule at fault; 0 if the error
					 * is not in a rule
					 */
	const char *word;		/* the word at fault, or NULL */
	const char *part;		/* the part of @word at fault, or NULL */
	size_t part_len;		/* length of @part in bytes */
	const char *other;		/* the word that contradicts @word, or NULL */
};

int blkdebug_error_set(struct blkdebug_error *err, char *reason,
		       const char *word);
int blkdebug_error_part(struct blkdebug_error *err, char *reason,
			const char *part, size_t len);
void blkdebug_error_text(const struct blkdebug_error *err, char *buf,
			 size_t size);

int blkdebug_parse_number(const char *str, size_t len, u64 max, u64 *number);
int blkdebug_parse_fraction(const char *str, size_t len, u32 *numerator,
			    u32 *denominator);
const char *blkdebug_next_item(const char **list, size_t *len);
int blkdebug_parse_errno(const char *str, u16 *error);
void blkdebug_print_errno(struct seq_buf *out, u16 error);
void blkdebug_print_errnos(struct seq_buf *out);

#endif

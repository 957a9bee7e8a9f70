// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions that the fuzz targets share.
 */
#include <linux/ctype.h>

#include "fuzz.h"

#define TEXT_SIZE	(256 << 10)

/* Read one word, which a backslash keeps from ending at a blank */
static char *read_word(const char **text, const char *end)
{
	char *word = malloc(end - *text + 1), *to = word;
	const char *from = *text;

	for (; from < end && *from && !isspace(*from); from++) {
		if (*from == '\\' && from + 1 < end && from[1])
			from++;
		*to++ = *from;
	}
	*to++ = '\0';
	*text = from;
	return realloc(word, to - word);
}

/**
 * words_split - make words of text, as dm does
 * @words: the result
 * @text: the text, which need not end at @len
 * @len: its length
 */
void words_split(struct words *words, const char *text, size_t len)
{
	const char *end = text + len;

	words->argc = 0;
	while (words->argc < MAX_WORDS) {
		while (text < end && (isspace(*text) || !*text))
			text++;
		if (text == end)
			break;
		words->argv[words->argc++] = read_word(&text, end);
	}
}

/**
 * words_free - free the words
 * @words: the words
 */
void words_free(struct words *words)
{
	while (words->argc)
		free(words->argv[--words->argc]);
}

/* Is this one of the words, rather than a copy, or what was one? */
static bool is_word(const char *word, unsigned int argc, char **argv)
{
	while (argc) {
		if (argv[--argc] == word)
			return true;
	}
	return false;
}

static bool is_part(const struct blkdebug_error *err)
{
	return err->part >= err->word &&
	       err->part + err->part_len <= err->word + strlen(err->word);
}

static void check_error_text(const struct blkdebug_error *err, size_t size)
{
	char *text = malloc(size);

	blkdebug_error_text(err, text, size);
	shim_assert(strnlen(text, size) < size);
	if (size == 512)
		shim_assert(strstr(text, err->reason));
	free(text);
}

/**
 * check_error - does an error say what is wrong, and with which word?
 * @err: the error
 * @argc: how many words there were
 * @argv: these words
 */
void check_error(const struct blkdebug_error *err, unsigned int argc,
		 char **argv)
{
	size_t size;

	shim_assert(err->reason && *err->reason);
	shim_assert(is_word(err->word, argc, argv));
	/* A part is one of the word, or the name of a key that is missing */
	if (err->part && err->part_len)
		shim_assert(is_part(err) || !strcmp(err->reason, "Key missing"));
	shim_assert(!err->other || is_word(err->other, argc, argv));
	for (size = 1; size <= 512; size *= 8)
		check_error_text(err, size);
}

/**
 * text_of - print to memory
 * @print: prints
 * @arg: for @print
 *
 * Return: the text, to be freed.
 */
char *text_of(void (*print)(void *arg, struct seq_buf *out), void *arg)
{
	static char buf[TEXT_SIZE];
	struct seq_buf out;

	seq_buf_init(&out, buf, sizeof(buf));
	print(arg, &out);
	shim_assert(!seq_buf_has_overflowed(&out));
	return strndup(buf, out.len);
}

/**
 * LLVMFuzzerInitialize - set up
 * @argc: how many arguments
 * @argv: the arguments
 *
 * Return: 0.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return blkdebug_rule_init();
}

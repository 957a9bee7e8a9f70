/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations that the fuzz targets share.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "rules/options.h"

#define MAX_WORDS	1000

/**
 * struct words - words, each in memory of its own
 * @argc: how many
 * @argv: the words
 */
struct words {
	unsigned int argc;
	char *argv[MAX_WORDS];
};

void words_split(struct words *words, const char *text, size_t len);
void words_free(struct words *words);

void check_error(const struct blkdebug_error *err, unsigned int argc,
		 char **argv);
char *text_of(void (*print)(void *arg, struct seq_buf *out), void *arg);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif

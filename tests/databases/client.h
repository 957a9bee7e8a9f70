/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A database under test. The functions without a return value end the program on
 * an error.
 */
#ifndef DATABASES_CLIENT_H
#define DATABASES_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#define MAX_ROW		1600

/* Opens the database in @dir, creates it if there is none, and lets it recover.
 * The meaning of @setting is up to the database.
 */
void open_database(const char *dir, const char *setting);
void close_database(void);

/* Commits one transaction: row 0 and row @nr get @data, and row @old is deleted
 * unless it is 0. Returns false if that has failed.
 */
bool commit_rows(unsigned int nr, const char *data, size_t size, unsigned int old);

/* Reads a row of at most MAX_ROW bytes; returns its size, or -1 if there is none */
long read_row(unsigned int nr, char *data);
unsigned int count_rows(void);

/* Returns what the database's own check finds, or NULL */
const char *check_integrity(void);

#endif

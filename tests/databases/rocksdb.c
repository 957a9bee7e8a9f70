// SPDX-License-Identifier: GPL-2.0-only
/* RocksDB. SETTING is "sync" or "nosync" */
#include <err.h>
#include <rocksdb/c.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

static rocksdb_t *database;
static rocksdb_writeoptions_t *write_options;
static rocksdb_readoptions_t *read_options;

static void must(const char *what, const char *error)
{
	if (error)
		errx(1, "%s: %s", what, error);
}

void open_database(const char *dir, const char *setting)
{
	rocksdb_options_t *options = rocksdb_options_create();
	char path[256], *error = NULL;

	rocksdb_options_set_create_if_missing(options, 1);
	rocksdb_options_set_paranoid_checks(options, 1);
	/* So small that the log is flushed and tables are compacted while it runs */
	rocksdb_options_set_write_buffer_size(options, 64 << 10);
	rocksdb_options_set_level0_file_num_compaction_trigger(options, 2);
	write_options = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(write_options, strcmp(setting, "nosync") != 0);
	read_options = rocksdb_readoptions_create();
	rocksdb_readoptions_set_verify_checksums(read_options, 1);
	snprintf(path, sizeof(path), "%s/rocksdb", dir);
	database = rocksdb_open(options, path, &error);
	must("open", error);
}

void close_database(void)
{
	rocksdb_close(database);
}

/* Keys of equal length are sorted as the numbers are */
static size_t key_of(unsigned int nr, char *key)
{
	return sprintf(key, "%010u", nr);
}

bool commit_rows(unsigned int nr, const char *data, size_t size, unsigned int old)
{
	rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
	char key[16], *error = NULL;

	rocksdb_writebatch_put(batch, key, key_of(0, key), data, size);
	rocksdb_writebatch_put(batch, key, key_of(nr, key), data, size);
	if (old)
		rocksdb_writebatch_delete(batch, key, key_of(old, key));
	rocksdb_write(database, write_options, batch, &error);
	rocksdb_writebatch_destroy(batch);
	return !error;
}

long read_row(unsigned int nr, char *data)
{
	char key[16], *error = NULL, *value;
	size_t size;

	value = rocksdb_get(database, read_options, key, key_of(nr, key), &size, &error);
	must("get", error);
	if (!value)
		return -1;
	if (size <= MAX_ROW)
		memcpy(data, value, size);
	rocksdb_free(value);
	return size;
}

/* Reads all rows; returns their number, or what is wrong in @error */
static unsigned int read_all(char **error)
{
	rocksdb_iterator_t *iterator = rocksdb_create_iterator(database, read_options);
	unsigned int count = 0;

	*error = NULL;
	for (rocksdb_iter_seek_to_first(iterator); rocksdb_iter_valid(iterator);
	     rocksdb_iter_next(iterator))
		count++;
	rocksdb_iter_get_error(iterator, error);
	rocksdb_iter_destroy(iterator);
	return count;
}

unsigned int count_rows(void)
{
	char *error;

	return read_all(&error);
}

/* The reads verify the checksum of each block */
const char *check_integrity(void)
{
	char *error;

	read_all(&error);
	return error;
}

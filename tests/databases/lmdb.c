// SPDX-License-Identifier: GPL-2.0-only
/* LMDB. SETTING is "sync" or "nosync" */
#include <err.h>
#include <fcntl.h>
#include <lmdb.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

static struct MDB_env *env;
static MDB_dbi table;

static void must(const char *what, int error)
{
	if (error)
		errx(1, "%s: %s", what, mdb_strerror(error));
}

static MDB_val value_of(const void *data, size_t size)
{
	return (MDB_val){ .mv_size = size, .mv_data = (void *)data };
}

void open_database(const char *dir, const char *setting)
{
	MDB_txn *txn;

	must("create", mdb_env_create(&env));
	must("map", mdb_env_set_mapsize(env, 16 << 20));
	must("open", mdb_env_open(env, dir, strcmp(setting, "nosync") ? 0 : MDB_NOSYNC, 0600));
	must("begin", mdb_txn_begin(env, NULL, 0, &txn));
	must("table", mdb_dbi_open(txn, NULL, MDB_INTEGERKEY | MDB_CREATE, &table));
	must("commit", mdb_txn_commit(txn));
}

void close_database(void)
{
	mdb_env_close(env);
}

static bool put_row(MDB_txn *txn, unsigned int nr, const char *data, size_t size)
{
	MDB_val key = value_of(&nr, sizeof(nr)), value = value_of(data, size);

	return !mdb_put(txn, table, &key, &value, 0);
}

bool commit_rows(unsigned int nr, const char *data, size_t size, unsigned int old)
{
	MDB_val key = value_of(&old, sizeof(old));
	MDB_txn *txn;

	if (mdb_txn_begin(env, NULL, 0, &txn))
		return false;
	if (put_row(txn, 0, data, size) && put_row(txn, nr, data, size) &&
	    (!old || !mdb_del(txn, table, &key, NULL)))
		return !mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return false;
}

long read_row(unsigned int nr, char *data)
{
	MDB_val key = value_of(&nr, sizeof(nr)), value;
	MDB_txn *txn;
	long size = -1;
	int error;

	must("begin", mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
	error = mdb_get(txn, table, &key, &value);
	if (error != MDB_NOTFOUND) {
		must("get", error);
		size = value.mv_size;
		if (size <= MAX_ROW)
			memcpy(data, value.mv_data, size);
	}
	mdb_txn_abort(txn);
	return size;
}

unsigned int count_rows(void)
{
	MDB_val key, value;
	unsigned int count = 0;
	MDB_cursor *cursor;
	MDB_txn *txn;

	must("begin", mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
	must("cursor", mdb_cursor_open(txn, table, &cursor));
	while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
		count++;
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	return count;
}

/* LMDB has no check of its own; a compacting copy reads each page that is in use,
 * and compares their number with that of the free ones.
 */
const char *check_integrity(void)
{
	int fd = open("/dev/null", O_WRONLY), error;

	error = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
	close(fd);
	return error ? mdb_strerror(error) : NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/* SQLite. SETTING is a journal mode and a synchronous mode, such as "wal,full" */
#include <err.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

static struct sqlite3 *database;

static bool execute(const char *sql)
{
	return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void must(const char *sql)
{
	if (!execute(sql))
		errx(1, "%s: %s", sql, sqlite3_errmsg(database));
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(database));
	return statement;
}

void open_database(const char *dir, const char *setting)
{
	char text[256], journal[32], synchronous[32];

	if (sscanf(setting, "%31[^,],%31s", journal, synchronous) != 2)
		errx(2, "not a setting of SQLite: %s", setting);
	snprintf(text, sizeof(text), "%s/sqlite.db", dir);
	if (sqlite3_open(text, &database) != SQLITE_OK)
		errx(1, "%s: %s", text, sqlite3_errmsg(database));
	snprintf(text, sizeof(text), "pragma journal_mode=%s", journal);
	must(text);
	snprintf(text, sizeof(text), "pragma synchronous=%s", synchronous);
	must(text);
	/* So that a WAL is written back now and then */
	must("pragma wal_autocheckpoint=20");
	must("create table if not exists rows (nr integer primary key, data blob)");
	must("create index if not exists data on rows (data)");
}

void close_database(void)
{
	if (sqlite3_close(database) != SQLITE_OK)
		errx(1, "close: %s", sqlite3_errmsg(database));
}

static bool put_row(unsigned int nr, const char *data, size_t size)
{
	sqlite3_stmt *statement = prepare("insert or replace into rows values (?, ?)");
	bool ok;

	sqlite3_bind_int64(statement, 1, nr);
	sqlite3_bind_blob(statement, 2, data, size, SQLITE_STATIC);
	ok = sqlite3_step(statement) == SQLITE_DONE;
	sqlite3_finalize(statement);
	return ok;
}

bool commit_rows(unsigned int nr, const char *data, size_t size, unsigned int old)
{
	char text[64];

	snprintf(text, sizeof(text), "delete from rows where nr = %u", old);
	return execute("begin") && put_row(0, data, size) && put_row(nr, data, size) &&
	       (!old || execute(text)) && execute("commit");
}

long read_row(unsigned int nr, char *data)
{
	sqlite3_stmt *statement = prepare("select data from rows where nr = ?");
	long size = -1;

	sqlite3_bind_int64(statement, 1, nr);
	if (sqlite3_step(statement) == SQLITE_ROW) {
		size = sqlite3_column_bytes(statement, 0);
		if (size <= MAX_ROW)
			memcpy(data, sqlite3_column_blob(statement, 0), size);
	}
	sqlite3_finalize(statement);
	return size;
}

unsigned int count_rows(void)
{
	sqlite3_stmt *statement = prepare("select count(*) from rows");
	unsigned int count = 0;

	if (sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return count;
}

const char *check_integrity(void)
{
	static char finding[256];
	sqlite3_stmt *statement = prepare("pragma integrity_check");

	if (sqlite3_step(statement) == SQLITE_ROW)
		snprintf(finding, sizeof(finding), "%s", sqlite3_column_text(statement, 0));
	else
		snprintf(finding, sizeof(finding), "%s", sqlite3_errmsg(database));
	sqlite3_finalize(statement);
	return strcmp(finding, "ok") ? finding : NULL;
}

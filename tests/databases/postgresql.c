// SPDX-License-Identifier: GPL-2.0-only
/*
 * PostgreSQL, by a server that listens in /tmp. SETTING is not used: the server has it.
 * The table and the extension amcheck are there.
 */
#include <err.h>
#include <postgresql/libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define SOCKET	"/tmp/.s.PGSQL.5432"

static PGconn *server;

/*
 * Waits until the server has recovered: ten seconds for its socket, and two minutes as
 * long as that exists
 */
void open_database(const char *dir, const char *setting)
{
	unsigned int i;

	(void)dir;
	(void)setting;
	for (i = 0; i < 200 || (i < 2400 && !access(SOCKET, F_OK)); i++) {
		PQfinish(server);
		server = PQconnectdb("host=/tmp user=postgres dbname=postgres");
		if (PQstatus(server) == CONNECTION_OK)
			return;
		usleep(50000);
	}
	errx(1, "connect: %s", PQerrorMessage(server));
}

void close_database(void)
{
	PQfinish(server);
}

static bool execute(const char *sql, int nr, const char * const *values,
		    const int *sizes, const int *formats)
{
	PGresult *result = PQexecParams(server, sql, nr, NULL, values, sizes, formats, 0);
	ExecStatusType status = PQresultStatus(result);

	PQclear(result);
	return status == PGRES_COMMAND_OK;
}

static const char insert[] =
	"insert into rows values ($1::int, $2::bytea) on conflict (nr) do update set data = $2";

static bool put_row(unsigned int nr, const char *data, size_t size)
{
	char number[16];
	const char * const values[] = { number, data };
	int sizes[] = { 0, size }, formats[] = { 0, 1 };

	snprintf(number, sizeof(number), "%u", nr);
	return execute(insert, 2, values, sizes, formats);
}

bool commit_rows(unsigned int nr, const char *data, size_t size, unsigned int old)
{
	char text[64];

	snprintf(text, sizeof(text), "delete from rows where nr = %u", old);
	return execute("begin", 0, NULL, NULL, NULL) && put_row(0, data, size) &&
	       put_row(nr, data, size) && (!old || execute(text, 0, NULL, NULL, NULL)) &&
	       execute("commit", 0, NULL, NULL, NULL);
}

/* The first column of the first row; NULL if there is none */
static PGresult *select_one(const char *sql, int format)
{
	PGresult *result = PQexecParams(server, sql, 0, NULL, NULL, NULL, NULL, format);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		errx(1, "%s: %s", sql, PQerrorMessage(server));
	return result;
}

long read_row(unsigned int nr, char *data)
{
	PGresult *result;
	long size = -1;
	char text[64];

	snprintf(text, sizeof(text), "select data from rows where nr = %u", nr);
	result = select_one(text, 1);
	if (PQntuples(result)) {
		size = PQgetlength(result, 0, 0);
		if (size <= MAX_ROW)
			memcpy(data, PQgetvalue(result, 0, 0), size);
	}
	PQclear(result);
	return size;
}

unsigned int count_rows(void)
{
	PGresult *result = select_one("select count(*) from rows", 0);
	unsigned int count = strtoul(PQgetvalue(result, 0, 0), NULL, 10);

	PQclear(result);
	return count;
}

/* Reads all of the heap, whose pages have checksums, and of the index */
const char *check_integrity(void)
{
	static char finding[256];
	PGresult *result;

	PQclear(select_one("select bt_index_parent_check('rows_pkey', true)", 0));
	result = select_one("select msg from verify_heapam('rows')", 0);
	if (PQntuples(result))
		snprintf(finding, sizeof(finding), "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return *finding ? finding : NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * DATABASE write DIR SETTING COUNT	commits COUNT transactions, or until one fails, and
 *					prints the number of each that was committed
 * DATABASE check DIR SETTING		recovers the database, has it check itself, and prints
 *					the number of the last transaction in it
 *
 * A transaction writes its number and data into row 0 and into a row of its own, and
 * deletes the row of a transaction before: of each transaction all must be there, or
 * nothing.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

#define ROWS	40	/* the last ones stay */

/* Data of different size for each transaction, which begin with its number */
static size_t fill_row(unsigned int nr, char *data)
{
	size_t size = 16 + nr * 7919U % (MAX_ROW - 16);

	memset(data, 'a' + nr % 26, size);
	snprintf(data, 16, "%u", nr);
	return size;
}

static bool has_row(unsigned int row, unsigned int nr)
{
	char found[MAX_ROW], wanted[MAX_ROW];
	size_t size = fill_row(nr, wanted);

	return read_row(row, found) == (long)size && !memcmp(found, wanted, size);
}

static unsigned int last_transaction(void)
{
	char data[MAX_ROW];

	return read_row(0, data) < 16 ? 0 : strtoul(data, NULL, 10);
}

static void commit_all(unsigned int count)
{
	unsigned int first = last_transaction() + 1, nr;
	char data[MAX_ROW];

	for (nr = first; nr < first + count; nr++) {
		if (!commit_rows(nr, data, fill_row(nr, data), nr > ROWS ? nr - ROWS : 0))
			errx(3, "transaction %u fails", nr);
		printf("%u\n", nr);
		fflush(stdout);
	}
}

static void check_all(void)
{
	unsigned int last = last_transaction(), rows = last < ROWS ? last : ROWS, nr;
	const char *finding = check_integrity();

	if (finding)
		errx(1, "the database finds: %s", finding);
	if (last && !has_row(0, last))
		errx(1, "row 0 is not of one transaction");
	for (nr = last - rows + 1; nr <= last; nr++)
		if (!has_row(nr, nr))
			errx(1, "transaction %u is not there, but %u is", nr, last);
	if (last && count_rows() != rows + 1)
		errx(1, "%u rows instead of %u", count_rows(), rows + 1);
	printf("%u\n", last);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: DATABASE write|check DIR SETTING [COUNT]");
	open_database(argv[2], argv[3]);
	if (!strcmp(argv[1], "write")) {
		commit_all(argc > 4 ? strtoul(argv[4], NULL, 10) : 100);
		/* No clean end: the power fails before */
		_exit(0);
	}
	check_all();
	close_database();
	return 0;
}

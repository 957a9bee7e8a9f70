// SPDX-License-Identifier: GPL-2.0-only
/*
 * iocost read|write DEVICE: does direct I/O of 4 KiB to scattered blocks, the same in
 * each run, and prints the nanoseconds for one. This is the median of many batches,
 * because the timer interrupt falls into some of them.
 */
#include "bench.h"

#define BATCH	64

static int fd, is_write;
static char *buffer;

static void do_batch(const off_t *place)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		if ((is_write ? pwrite(fd, buffer, IO_SIZE, place[i]) :
				pread(fd, buffer, IO_SIZE, place[i])) != IO_SIZE)
			err(1, "at %lld", (long long)place[i]);
	}
}

static int compare(const void *a, const void *b)
{
	unsigned long long na = *(unsigned long long *)a, nb = *(unsigned long long *)b;

	return na < nb ? -1 : na > nb;
}

int main(int argc, char **argv)
{
	static unsigned long long spent[NR_PLACES / BATCH];
	const unsigned int nr = NR_PLACES / BATCH;
	off_t *place;
	unsigned int i;

	if (argc != 3)
		errx(2, "usage: iocost read|write DEVICE");
	is_write = !strcmp(argv[1], "write");
	place = make_places(open_device(argv[2], &fd));
	buffer = alloc_buffer();

	for (i = 0; i < nr / 4; i++)
		do_batch(place);
	for (i = 0; i < nr; i++) {
		spent[i] = now();
		do_batch(place + i * BATCH);
		spent[i] = now() - spent[i];
	}
	qsort(spent, nr, sizeof(spent[0]), compare);
	printf("%llu\n", spent[nr / 2] / BATCH);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * holds DEVICE NR [RESUME]: sends NR reads to a blkdebug device with a breakpoint
 * "bp" that holds all reads and is not one-shot.
 *
 * With RESUME, the path of the target's sysfs file of that name, the program then
 * resumes 1,000 reads one by one, and the rest at once. It prints four numbers,
 * each in nanoseconds for one read: holding the first 1,000, holding the last
 * 1,000, resuming one by one, resuming all at once.
 *
 * Without RESUME, it prints "held" and waits until all reads are complete.
 */
#include "bench.h"
#include <linux/aio_abi.h>
#include <sys/syscall.h>

#define SECTOR	512
#define BATCH	1000

static struct iocb iocbs[BATCH];
static struct io_event events[BATCH];

static void submit(aio_context_t aio, struct iocb **list)
{
	long done, nr = 0;

	while (nr < BATCH) {
		done = syscall(SYS_io_submit, aio, BATCH - nr, list + nr);
		if (done < 0)
			err(1, "io_submit");
		nr += done;
	}
}

static void reap(aio_context_t aio, unsigned long nr)
{
	long done, i;

	while (nr) {
		done = syscall(SYS_io_getevents, aio, 1, nr < BATCH ? nr : BATCH, events, NULL);
		if (done < 0)
			err(1, "io_getevents");
		for (i = 0; i < done; i++)
			if (events[i].res != SECTOR)
				errx(1, "a read ended with %lld", (long long)events[i].res);
		nr -= done;
	}
}

/* Returns the time for one batch. The reads are held when io_submit() returns. */
static unsigned long long hold(aio_context_t aio, int fd, char *buffer, unsigned long first)
{
	static struct iocb *list[BATCH];
	unsigned int i;
	unsigned long long start;

	for (i = 0; i < BATCH; i++) {
		iocbs[i] = (struct iocb) {
			.aio_lio_opcode = IOCB_CMD_PREAD,
			.aio_fildes = fd,
			.aio_buf = (unsigned long)buffer,
			.aio_nbytes = SECTOR,
			.aio_offset = (first + i) * SECTOR,
		};
		list[i] = &iocbs[i];
	}
	start = now();
	submit(aio, list);
	return now() - start;
}

static void resume(int fd, const char *words)
{
	if (pwrite(fd, words, strlen(words), 0) < 0)
		err(1, "%s", words);
}

static void measure_resume(aio_context_t aio, const char *path, unsigned long nr,
			   unsigned long long *one, unsigned long long *all)
{
	int fd = open(path, O_WRONLY);
	unsigned long i;

	if (fd < 0)
		err(1, "%s", path);
	*one = now();
	for (i = 0; i < BATCH; i++)
		resume(fd, "bp");
	reap(aio, BATCH);
	*all = now();
	*one = *all - *one;
	resume(fd, "bp all");
	reap(aio, nr - BATCH);
	*all = now() - *all;
}

int main(int argc, char **argv)
{
	unsigned long long spent_first, spent_last = 0, spent_one, spent_all;
	aio_context_t aio = 0;
	unsigned long nr, i;
	char *buffer;
	int fd;

	if (argc != 3 && argc != 4)
		errx(2, "usage: holds DEVICE NR [RESUME]");
	nr = strtoul(argv[2], NULL, 10);
	if (nr < 2 * BATCH || nr % BATCH)
		errx(2, "NR is not a multiple of %d, or too small", BATCH);
	open_device(argv[1], &fd);
	if (syscall(SYS_io_setup, nr, &aio))
		err(1, "io_setup");
	buffer = alloc_buffer();

	spent_first = hold(aio, fd, buffer, 0);
	for (i = BATCH; i < nr; i += BATCH)
		spent_last = hold(aio, fd, buffer, i);
	if (argc == 3) {
		puts("held");
		fflush(stdout);
		reap(aio, nr);
		return 0;
	}
	measure_resume(aio, argv[3], nr, &spent_one, &spent_all);
	printf("%llu %llu %llu %llu\n", spent_first / BATCH, spent_last / BATCH,
	       spent_one / BATCH, spent_all / (nr - BATCH));
	return 0;
}

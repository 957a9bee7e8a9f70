// SPDX-License-Identifier: GPL-2.0-only
/*
 * holds DEVICE RESUME NR: sends NR reads to a blkdebug device with a breakpoint
 * "bp" that stays and holds reads. Then it resumes a thousand of them one by one,
 * and the rest at once, by RESUME, the target's file in sysfs. Prints nanoseconds
 * for each: to hold one of the first thousand, one of the last, to resume one
 * alone, and one of all.
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

/* How long it takes to send a thousand, which are held when io_submit returns */
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

int main(int argc, char **argv)
{
	unsigned long long spent_first, spent_last = 0, spent_one, spent_all;
	aio_context_t aio = 0;
	int fd, resume_fd;
	unsigned long nr, i;
	char *buffer;

	if (argc != 4)
		errx(2, "usage: holds DEVICE RESUME NR");
	nr = strtoul(argv[3], NULL, 10);
	if (nr < 2 * BATCH || nr % BATCH)
		errx(2, "not a multiple of %d, or too few", BATCH);
	open_device(argv[1], &fd);
	resume_fd = open(argv[2], O_WRONLY);
	if (resume_fd < 0)
		err(1, "%s", argv[2]);
	if (syscall(SYS_io_setup, nr, &aio))
		err(1, "io_setup");
	buffer = alloc_buffer();

	spent_first = hold(aio, fd, buffer, 0);
	for (i = BATCH; i < nr; i += BATCH)
		spent_last = hold(aio, fd, buffer, i);

	spent_one = now();
	for (i = 0; i < BATCH; i++)
		resume(resume_fd, "bp");
	reap(aio, BATCH);
	spent_all = now();
	spent_one = spent_all - spent_one;
	resume(resume_fd, "bp all");
	reap(aio, nr - BATCH);
	spent_all = now() - spent_all;

	printf("%llu %llu %llu %llu\n", spent_first / BATCH, spent_last / BATCH,
	       spent_one / BATCH, spent_all / (nr - BATCH));
	return 0;
}

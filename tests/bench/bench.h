/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions that the benchmark's programs share. Under qemu's -icount shift=0 one
 * nanosecond of the guest's clock is one instruction.
 */
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <err.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define IO_SIZE		4096

/* The number of blocks that I/O touches. Only these have to be written beforehand. */
#define NR_PLACES	4096

static inline unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static inline unsigned long long open_device(const char *path, int *fd)
{
	unsigned long long size;

	*fd = open(path, O_RDWR | O_DIRECT);
	if (*fd < 0)
		err(1, "%s", path);
	if (ioctl(*fd, BLKGETSIZE64, &size))
		err(1, "%s: size", path);
	return size;
}

static inline void *alloc_buffer(void)
{
	void *buffer = aligned_alloc(IO_SIZE, IO_SIZE);

	if (!buffer)
		errx(1, "no memory");
	return memset(buffer, 0, IO_SIZE);
}

/*
 * Returns blocks with even numbers, scattered over the device, the same in each
 * run. I/O never touches blocks with odd numbers, so that rules can name these. The
 * generator meets the conditions of Hull and Dobell, so that it visits each of 2^k
 * pairs of blocks once before it repeats one.
 */
static inline off_t *make_places(unsigned long long size)
{
	off_t *place = malloc(NR_PLACES * sizeof(*place));
	unsigned long long pairs = 1, pair = 0;
	unsigned int i;

	if (!place)
		errx(1, "no memory");
	while (pairs * 2 <= size / (2 * IO_SIZE))
		pairs *= 2;
	for (i = 0; i < NR_PLACES; i++) {
		pair = (pair * 4093 + 2731) % pairs;
		place[i] = pair * 2 * IO_SIZE;
	}
	return place;
}

#endif

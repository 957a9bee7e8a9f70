// SPDX-License-Identifier: GPL-2.0-only
/*
 * io FILE OP...: does the very requests named, no others, and prints one line
 * for each: "ok", the name of its errno, or what an op below says.
 *
 *	r SECTOR COUNT [nowait] [byte=HEX]	read; with byte, "differs" if not all are that
 *	w SECTOR COUNT [nowait] [fua] [byte=HEX]	write (of byte 00)
 *	f					flush
 *	d SECTOR COUNT				discard
 *	s SECTOR COUNT				secure erase
 *	z SECTOR COUNT				write zeroes, without falling back to plain writes
 *	cat					prints what a file in sysfs says
 *	poll MS					"ready" if that has changed since cat, or "timeout"
 *
 * Why not the tools there are: xfs_io does not tell which of several requests
 * failed, blkdiscard reads the device before it discards, nothing polls sysfs;
 * and on an emulated processor starting them takes longer than the test.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR		512
#define BUFFER_ALIGN	4096

struct op {
	char name[8];
	unsigned long long first, count;	/* in sectors */
	int rwf;				/* RWF_ flags */
	int byte;				/* -1: none given */
};

static void parse_option(struct op *op, const char *word)
{
	if (!strcmp(word, "nowait"))
		op->rwf |= RWF_NOWAIT;
	else if (!strcmp(word, "fua"))
		op->rwf |= RWF_DSYNC;
	else if (sscanf(word, "byte=%x", (unsigned int *)&op->byte) != 1)
		errx(2, "no such option: %s", word);
}

static struct op parse(const char *text)
{
	struct op op = { .byte = -1 };
	char copy[128], *word, *rest = copy;
	int used = 0;

	if (sscanf(text, "%7s %llu %llu%n", op.name, &op.first, &op.count, &used) < 3)
		return op;
	snprintf(copy, sizeof(copy), "%s", text + used);
	while ((word = strsep(&rest, " ")))
		if (*word)
			parse_option(&op, word);
	return op;
}

static bool all_are(const unsigned char *data, size_t size, int byte)
{
	return data[0] == byte && !memcmp(data, data + 1, size - 1);
}

static const char *outcome(long result)
{
	return result < 0 ? strerrorname_np(errno) : "ok";
}

static const char *transfer(int fd, const struct op *op, bool writing)
{
	size_t size = op->count * SECTOR;
	const char *said = "ok";
	struct iovec iov = { .iov_len = size };
	ssize_t done;

	iov.iov_base = aligned_alloc(BUFFER_ALIGN, (size + BUFFER_ALIGN - 1) & -BUFFER_ALIGN);
	if (!size || !iov.iov_base)
		errx(2, "no buffer of %zu bytes", size);
	memset(iov.iov_base, writing && op->byte >= 0 ? op->byte : 0, size);
	if (writing)
		done = pwritev2(fd, &iov, 1, op->first * SECTOR, op->rwf);
	else
		done = preadv2(fd, &iov, 1, op->first * SECTOR, op->rwf);
	if (done < 0)
		said = outcome(done);
	else if ((size_t)done != size)
		said = "short";
	else if (!writing && op->byte >= 0 && !all_are(iov.iov_base, size, op->byte))
		said = "differs";
	free(iov.iov_base);
	return said;
}

static const char *range_ioctl(int fd, const struct op *op, unsigned long request)
{
	unsigned long long range[2] = { op->first * SECTOR, op->count * SECTOR };

	return outcome(ioctl(fd, request, range));
}

static const char *cat(int fd)
{
	static char text[65536];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	if (size < 0)
		return outcome(size);
	text[size] = '\0';
	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	return text;
}

static const char *wait_change(int fd, unsigned long long ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLPRI };
	int ready = poll(&pollfd, 1, ms);

	if (ready < 0)
		return outcome(ready);
	return ready ? "ready" : "timeout";
}

static const char *perform(int fd, const struct op *op)
{
	if (!strcmp(op->name, "r"))
		return transfer(fd, op, false);
	if (!strcmp(op->name, "w"))
		return transfer(fd, op, true);
	if (!strcmp(op->name, "f"))
		return outcome(fsync(fd));
	if (!strcmp(op->name, "d"))
		return range_ioctl(fd, op, BLKDISCARD);
	if (!strcmp(op->name, "s"))
		return range_ioctl(fd, op, BLKSECDISCARD);
	if (!strcmp(op->name, "z"))
		return outcome(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					 op->first * SECTOR, op->count * SECTOR));
	if (!strcmp(op->name, "cat"))
		return cat(fd);
	if (!strcmp(op->name, "poll"))
		return wait_change(fd, op->first);
	errx(2, "no such op: %s", op->name);
}

/* Files in sysfs can't be opened O_DIRECT, nor all of them for writing. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT);

	if (fd < 0)
		fd = open(path, O_RDONLY | O_DIRECT);
	if (fd < 0)
		fd = open(path, O_RDONLY);
	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	int fd, i;

	if (argc < 3)
		errx(2, "usage: io FILE OP...");
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = open_file(argv[1]);
	for (i = 2; i < argc; i++) {
		struct op op = parse(argv[i]);

		puts(perform(fd, &op));
	}
	return 0;
}

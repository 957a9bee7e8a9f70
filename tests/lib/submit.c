// SPDX-License-Identifier: GPL-2.0-only
/*
 * submit FILE SEED THREADS FIRST COUNT: does random I/O, one bio each, on these
 * sectors of a device until SIGTERM. Then it prints the number of bios of each
 * type and of each result, one type a line:
 *
 *	read all=120 ok=100 EIO=20
 *
 * and on the last line the failed opens of the device, by errno. The device is
 * reopened every few bios, so that it can be removed and created during the run.
 * With the same seed each thread does the same I/O.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECTOR		512
#define BUFFER_ALIGN	4096
#define MAX_SECTORS	16
#define PER_OPEN	32
#define PAUSE_US	10000
#define DISCARD_SECTORS	8		/* unaligned discards may be split */
#define MAX_ERRNO	160

enum type { READ, WRITE, WRITE_ZEROES, DISCARD, FLUSH, NR_TYPES, OPEN = NR_TYPES };

static const char * const names[] = {
	"read", "write", "write-zeroes", "discard", "flush", "open",
};

struct count {
	unsigned long all, ok, shorter, error[MAX_ERRNO];
};

struct submitter {
	pthread_t thread;
	unsigned long long random;
	void *buffer;
	struct count count[NR_TYPES + 1];
};

static const char *path;
static unsigned long long first, count;
static bool stopped;

/* Knuth's MMIX generator, without its low bits, whose periods are short */
static unsigned int below(struct submitter *s, unsigned int n)
{
	s->random = s->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (s->random >> 33) % n;
}

static enum type choose_type(struct submitter *s)
{
	unsigned int percent = below(s, 100);

	if (percent < 40)
		return READ;
	if (percent < 75)
		return WRITE;
	if (percent < 83)
		return WRITE_ZEROES;
	return percent < 91 ? DISCARD : FLUSH;
}

/* The result of the system call; for reads and writes minus the length */
static long request(struct submitter *s, int fd, enum type type)
{
	unsigned int align = type == DISCARD ? DISCARD_SECTORS : 1;
	unsigned int nr = align * (1 + below(s, MAX_SECTORS / align));
	unsigned long long sector = first + below(s, (count - nr) / align) * align;
	unsigned long long range[2] = { sector * SECTOR, nr * SECTOR };
	long done;

	switch (type) {
	case READ:
		done = pread(fd, s->buffer, range[1], range[0]);
		return done < 0 ? done : done - (long)range[1];
	case WRITE:
		done = pwrite(fd, s->buffer, range[1], range[0]);
		return done < 0 ? done : done - (long)range[1];
	case WRITE_ZEROES:
		return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, range[0],
				 range[1]);
	case DISCARD:
		return ioctl(fd, BLKDISCARD, range);
	default:
		return fsync(fd);
	}
}

static bool go_on(void)
{
	return !__atomic_load_n(&stopped, __ATOMIC_RELAXED);
}

static void note(struct count *count, long result)
{
	count->all++;
	if (result > 0 || result < -1)
		count->shorter++;
	else if (!result)
		count->ok++;
	else if (errno < MAX_ERRNO)
		count->error[errno]++;
}

static void *run(void *arg)
{
	struct submitter *s = arg;
	enum type type;
	int fd, i;

	while (go_on()) {
		fd = open(path, O_RDWR | O_DIRECT);
		note(&s->count[OPEN], fd < 0 ? -1 : 0);
		for (i = 0; fd >= 0 && i < PER_OPEN && go_on(); i++) {
			type = choose_type(s);
			note(&s->count[type], request(s, fd, type));
		}
		if (fd >= 0)
			close(fd);
		/* Leave the processors to the actors for a moment */
		usleep(PAUSE_US);
	}
	return NULL;
}

static void print_counts(const struct submitter *s, unsigned long threads, int type)
{
	struct count sum = { 0 };
	unsigned long i;
	int error;

	for (i = 0; i < threads; i++) {
		sum.all += s[i].count[type].all;
		sum.ok += s[i].count[type].ok;
		sum.shorter += s[i].count[type].shorter;
		for (error = 0; error < MAX_ERRNO; error++)
			sum.error[error] += s[i].count[type].error[error];
	}
	printf("%s all=%lu ok=%lu", names[type], sum.all, sum.ok);
	if (sum.shorter)
		printf(" short=%lu", sum.shorter);
	for (error = 0; error < MAX_ERRNO; error++)
		if (sum.error[error])
			printf(" %s=%lu", strerrorname_np(error), sum.error[error]);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct submitter *submitters;
	unsigned long threads, i;
	sigset_t signals;
	int type, signal;

	if (argc != 6)
		errx(2, "usage: submit FILE SEED THREADS FIRST COUNT");
	path = argv[1];
	threads = strtoul(argv[3], NULL, 0);
	first = strtoull(argv[4], NULL, 0);
	count = strtoull(argv[5], NULL, 0);
	submitters = calloc(threads, sizeof(*submitters));
	if (!submitters || count <= MAX_SECTORS)
		errx(2, "nothing to do");
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (i = 0; i < threads; i++) {
		submitters[i].random = strtoull(argv[2], NULL, 0) * threads + i;
		submitters[i].buffer = aligned_alloc(BUFFER_ALIGN, MAX_SECTORS * SECTOR);
		if (!submitters[i].buffer)
			errx(2, "no buffer");
		memset(submitters[i].buffer, 0, MAX_SECTORS * SECTOR);
		errno = pthread_create(&submitters[i].thread, NULL, run, &submitters[i]);
		if (errno)
			err(2, "pthread_create");
	}
	sigwait(&signals, &signal);
	__atomic_store_n(&stopped, true, __ATOMIC_RELAXED);
	for (i = 0; i < threads; i++)
		pthread_join(submitters[i].thread, NULL);
	for (type = 0; type <= OPEN; type++)
		print_counts(submitters, threads, type);
	return 0;
}

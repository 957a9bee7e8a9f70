// SPDX-License-Identifier: GPL-2.0-only
/*
 * scaling ROUNDS TURNS MS read|write DEVICE DEVICE: in each round, reads from or writes
 * to each device on one processor and on two, MS milliseconds at a time. The four
 * alternate, so that other load of the host affects them equally. Each processor has
 * sectors of its own. Prints four numbers of I/Os for each round: first device on one
 * processor and on two, second device on one and on two.
 */
#include "bench.h"
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define MAX_WORKERS	2

static struct shared {
	atomic_ulong ios[MAX_WORKERS];
	atomic_int ready, go;
} *shared;

static int fds[2], is_write;
static off_t *places;

static void work(int fd, int cpu)
{
	const unsigned int nr_places = NR_PLACES / MAX_WORKERS;
	const off_t *place = places + cpu * nr_places;
	char *buffer = alloc_buffer();
	unsigned long nr = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "processor %d", cpu);
	shared->ready++;
	while (!shared->go)
		;
	while (shared->go == 1) {
		if ((is_write ? pwrite(fd, buffer, IO_SIZE, place[nr % nr_places]) :
				pread(fd, buffer, IO_SIZE, place[nr % nr_places])) != IO_SIZE)
			err(1, "I/O");
		nr++;
	}
	shared->ios[cpu] = nr;
	_exit(0);
}

/* Returns the number of I/Os in @ms milliseconds. */
static double measure(int fd, int cpus, unsigned int ms)
{
	unsigned long long spent;
	unsigned long sum = 0;
	int i, status;

	memset(shared, 0, sizeof(*shared));
	for (i = 0; i < cpus; i++)
		if (!fork())
			work(fd, i);
	while (shared->ready < cpus)
		usleep(1000);
	spent = now();
	shared->go = 1;
	usleep(ms * 1000);
	shared->go = 2;
	spent = now() - spent;
	for (i = 0; i < cpus; i++)
		if (wait(&status) < 0 || status)
			errx(1, "a worker failed");
	for (i = 0; i < cpus; i++)
		sum += shared->ios[i];
	/* Empty a write cache, so that no writer ever waits for space. */
	if (is_write && fdatasync(fd))
		err(1, "flush");
	return sum * (ms * 1e6) / spent;
}

static void do_round(unsigned int turns, unsigned int ms)
{
	double nr[4] = { 0 };
	unsigned int i, n;

	/* The devices swap their order from turn to turn. */
	for (n = 0; n < 4 * turns; n++) {
		i = (n * 2 + n / 2) % 4;
		if (n / 4 % 2)
			i ^= 2;
		nr[i] += measure(fds[i / 2], 1 + i % 2, ms);
	}
	printf("%.0f %.0f %.0f %.0f\n", nr[0], nr[1], nr[2], nr[3]);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned int rounds, i;

	if (argc != 7)
		errx(2, "usage: scaling ROUNDS TURNS MS read|write DEVICE DEVICE");
	rounds = strtoul(argv[1], NULL, 10);
	is_write = !strcmp(argv[4], "write");
	for (i = 0; i < 2; i++)
		places = make_places(open_device(argv[5 + i], &fds[i]));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");

	for (i = 0; i < rounds; i++)
		do_round(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * scaling ROUNDS TURNS MS DEVICE DEVICE: in each round, reads from each device on one
 * processor and on two, MS milliseconds at a time. The four alternate, so that other
 * load of the host affects them equally. Prints four numbers of reads for each round:
 * first device on one processor and on two, second device on one and on two.
 */
#include "bench.h"
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define MAX_WORKERS	2

static struct shared {
	atomic_ulong reads[MAX_WORKERS];
	atomic_int ready, go;
} *shared;

static int fds[2];
static off_t *places;

static void work(int fd, int cpu)
{
	unsigned int i = cpu * NR_PLACES / MAX_WORKERS;
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
		if (pread(fd, buffer, IO_SIZE, places[i++ % NR_PLACES]) != IO_SIZE)
			err(1, "read");
		nr++;
	}
	shared->reads[cpu] = nr;
	_exit(0);
}

/* Returns the number of reads in @ms milliseconds. */
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
		sum += shared->reads[i];
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

	if (argc != 6)
		errx(2, "usage: scaling ROUNDS TURNS MS DEVICE DEVICE");
	rounds = strtoul(argv[1], NULL, 10);
	for (i = 0; i < 2; i++)
		places = make_places(open_device(argv[4 + i], &fds[i]));
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");

	for (i = 0; i < rounds; i++)
		do_round(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
	return 0;
}

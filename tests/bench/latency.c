// SPDX-License-Identifier: GPL-2.0-only
/*
 * latency RESULT SECONDS COMMAND [ARG]...: runs COMMAND while a real-time task
 * wakes every 100 microseconds, and writes one line to the file RESULT:
 *
 *	LONGEST DURATION STATUS
 *
 * LONGEST is the longest delay between the time at which the task was due and the
 * time at which it ran. DURATION is the run time of COMMAND. Both are in
 * microseconds, which are thousands of instructions under qemu's -icount shift=0.
 * STATUS is the exit status of COMMAND, or "timeout" if it took longer than SECONDS
 * and was killed.
 *
 * The task goes on for a while after COMMAND has ended, so that work which COMMAND
 * left to the kernel's workers is included.
 */
#include "bench.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PERIOD_NS	100000ULL
#define AFTERWARDS_NS	200000000ULL
#define SECOND_NS	1000000000ULL

static unsigned long long longest;

static void sleep_until(unsigned long long due)
{
	struct timespec ts = {
		.tv_sec = due / SECOND_NS,
		.tv_nsec = due % SECOND_NS,
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* Sleeps for one period; returns the time at which the task ran again. */
static unsigned long long wake_once(void)
{
	unsigned long long due = now() + PERIOD_NS, woken;

	sleep_until(due);
	woken = now();
	if (woken - due > longest)
		longest = woken - due;
	return woken;
}

/* The child waits until the parent is a real-time task. */
static pid_t start_command(char **argv, int *go)
{
	int ends[2];
	pid_t pid;
	char c;

	if (pipe(ends))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		close(ends[1]);
		if (read(ends[0], &c, 1) < 0)
			err(1, "pipe");
		close(ends[0]);
		execvp(argv[0], argv);
		err(127, "%s", argv[0]);
	}
	close(ends[0]);
	*go = ends[1];
	return pid;
}

static void become_real_time(void)
{
	struct sched_param param = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };

	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		err(1, "mlockall");
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		err(1, "SCHED_FIFO");
}

/* Returns when the process has ended, or twice the limit is over. */
static unsigned long long watch(pid_t pid, unsigned long long limit, int *status, int *killed)
{
	unsigned long long start = now(), spent = 0;

	*killed = 0;
	while (!waitpid(pid, status, WNOHANG)) {
		spent = wake_once() - start;
		if (spent > 2 * limit)
			break;
		if (spent > limit && !*killed) {
			kill(pid, SIGKILL);
			*killed = 1;
		}
	}
	return spent;
}

int main(int argc, char **argv)
{
	unsigned long long limit, spent, end;
	int go, status = 0, killed;
	FILE *result;
	pid_t pid;

	if (argc < 4)
		errx(2, "usage: latency RESULT SECONDS COMMAND [ARG]...");
	limit = strtoul(argv[2], NULL, 10) * SECOND_NS;
	result = fopen(argv[1], "w");
	if (!result)
		err(1, "%s", argv[1]);
	pid = start_command(argv + 3, &go);
	become_real_time();
	close(go);

	spent = watch(pid, limit, &status, &killed);
	for (end = now() + AFTERWARDS_NS; wake_once() < end; )
		;
	fprintf(result, "%llu %llu ", longest / 1000, spent / 1000);
	if (killed)
		fprintf(result, "timeout\n");
	else
		fprintf(result, "%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return fclose(result) ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * promises [-d] [-s SEED] [-c CUTS] [-e EVERY] -k KEYS... NAME FSTYPE OPTIONS CHECKER [ARG]...
 *
 * Cuts the power of the dm device NAME, which has a file system of that type, again
 * and again while a workload runs. After each cut the file system is mounted, which
 * recovers it, all that fsync has promised must be there, and the checker must find
 * no error.
 *
 *	-k KEYS		when a rule cuts the power: at the first bio that matches the
 *			keys (such as "iotype=flush"), in the next round at the second
 *			one, and so on, until a round ends without a cut; may be repeated
 *	-e EVERY	not at each of these bios, but at one in EVERY
 *	-c CUTS		at most as many cuts for each -k
 *	-d		drop all flushes, so that promises are broken
 *
 * After every third cut the power also fails during the recovery. Does not stop at
 * a broken promise, but when the file system cannot be mounted or the checker finds
 * an error. The last line counts cuts, those during recovery, volatile writes and
 * their fate, promised sectors and names, and failures:
 *
 *	cuts=9 recovery=3 volatile=80 survived=30 torn=4 lost=46 promised=99 failures=0
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR		512
#define FILES		6
#define SECTORS		96	/* of a file */
#define GENERATIONS	32	/* of a name, in a round */
#define OPERATIONS	16	/* of a round */
#define MAGIC		0x70726f6d69736573ULL

struct stamp {
	unsigned long long magic;
	unsigned int file, sector;
	unsigned long long generation, version;
};

/* A name refers to nothing, or to a file that nothing but its name was given to */
struct generation {
	bool absent;
	unsigned long long id;
	unsigned int size, durable_size;		/* in sectors */
	/* Versions; a @durable of 0 promises nothing */
	unsigned long long issued[SECTORS], durable[SECTORS];
};

/* After a cut the name has one of the generations from @durable to @last */
struct name {
	struct generation generations[GENERATIONS];
	unsigned int durable, last;
};

static struct name files[FILES];
static const char *device, *type, *options;
static char path[128], **checker;
static unsigned long long seed = 1, next_version = 1, next_generation = 1;
static unsigned long cuts, recovery, promised, failures;
static unsigned long volatile_writes, survived, torn, lost;
static bool dropping;
static int control;

/* Knuth's MMIX; its low bits are not random enough */
static unsigned int below(unsigned long long *random, unsigned int n)
{
	*random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*random >> 33) % n;
}

/* --- The device --- */

static char buffer[16384];

static struct dm_ioctl *new_ioctl(void)
{
	struct dm_ioctl *dmi = (struct dm_ioctl *)buffer;

	memset(buffer, 0, sizeof(buffer));
	dmi->version[0] = DM_VERSION_MAJOR;
	dmi->data_size = sizeof(buffer);
	dmi->data_start = sizeof(*dmi);
	snprintf(dmi->name, sizeof(dmi->name), "%s", device);
	return dmi;
}

/* Returns the answer, which is valid until the next ioctl */
static const char *message(const char *text)
{
	struct dm_ioctl *dmi = new_ioctl();
	struct dm_target_msg *msg = (struct dm_target_msg *)(dmi + 1);

	strcpy(msg->message, text);
	if (ioctl(control, DM_TARGET_MSG, dmi))
		err(2, "%s", text);
	return buffer + dmi->data_start;
}

static bool power_is_off(void)
{
	struct dm_ioctl *dmi = new_ioctl();

	if (ioctl(control, DM_TABLE_STATUS, dmi))
		err(2, "status");
	return strstr(buffer + dmi->data_start + sizeof(struct dm_target_spec),
		      " power=off ");
}

static void power_on(void)
{
	unsigned int v, s, t, l;
	const char *answer;

	answer = message("power-on");
	if (sscanf(answer, "cut=%*u volatile=%u survived=%u torn=%u lost=%u",
		   &v, &s, &t, &l) != 4)
		errx(2, "power-on: %s", answer);
	volatile_writes += v;
	survived += s;
	torn += t;
	lost += l;
}

static void set_rules(const char *keys, unsigned int after)
{
	char text[256];

	snprintf(text, sizeof(text), "replace power-cut %s after=%u%s", keys, after,
		 dropping ? " drop iotype=flush" : "");
	message(text);
}

/* Makes all that is on the device durable, so that the next cut does not lose it */
static void flush_device(void)
{
	int disk = open(path, O_RDWR);

	if (disk < 0 || fsync(disk))
		err(2, "%s", path);
	close(disk);
}

/* --- What is promised --- */

static struct generation *current(unsigned int nr)
{
	return &files[nr].generations[files[nr].last];
}

static struct generation *new_generation(unsigned int nr, bool absent)
{
	struct generation *g;

	if (++files[nr].last == GENERATIONS)
		errx(2, "too many generations");
	g = current(nr);
	memset(g, 0, sizeof(*g));
	g->absent = absent;
	g->id = next_generation++;
	return g;
}

static void promise_sectors(struct generation *g, unsigned int first, unsigned int count)
{
	memcpy(g->durable + first, g->issued + first, count * sizeof(*g->durable));
	if (g->durable_size < first + count)
		g->durable_size = first + count;
}

static void promise_names(void)
{
	unsigned int nr;

	for (nr = 0; nr < FILES; nr++)
		files[nr].durable = files[nr].last;
}

/* --- The workload; each operation returns false if it has failed --- */

static void name_of(unsigned int nr, char *name)
{
	sprintf(name, "/mnt/file%u", nr);
}

static bool write_sectors(int fd, unsigned int nr, struct generation *g,
			  unsigned int first, unsigned int count, int flags)
{
	static struct stamp stamps[SECTORS][SECTOR / sizeof(struct stamp)];
	struct iovec iov = { .iov_base = stamps, .iov_len = count * SECTOR };
	unsigned long long version = next_version++;
	unsigned int i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < SECTOR / sizeof(struct stamp); j++)
			stamps[i][j] = (struct stamp){ MAGIC, nr, first + i, g->id, version };
		g->issued[first + i] = version;
	}
	if (first + count > g->size)
		g->size = first + count;
	return pwritev2(fd, &iov, 1, (off_t)first * SECTOR, flags) == (ssize_t)iov.iov_len;
}

static bool sync_directory(void)
{
	int fd = open("/mnt", O_RDONLY | O_DIRECTORY);
	bool ok = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	if (ok)
		promise_names();
	return ok;
}

static bool sync_all(void)
{
	int fd = open("/mnt", O_RDONLY | O_DIRECTORY);
	bool ok = fd >= 0 && !syncfs(fd);
	unsigned int nr;

	if (fd >= 0)
		close(fd);
	if (!ok)
		return false;
	promise_names();
	for (nr = 0; nr < FILES; nr++)
		promise_sectors(current(nr), 0, current(nr)->size);
	return true;
}

/* Writes a new file, which replaces the old one only when it is durable */
static bool replace(unsigned int nr, unsigned int count, bool sync)
{
	int fd = open("/mnt/new", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct generation *g;
	char name[32];
	bool ok;

	if (fd < 0)
		return false;
	name_of(nr, name);
	g = new_generation(nr, false);
	ok = write_sectors(fd, nr, g, 0, count, 0) && !fsync(fd);
	close(fd);
	if (!ok)
		return false;
	promise_sectors(g, 0, g->size);
	return !rename("/mnt/new", name) && (!sync || sync_directory());
}

static bool change(unsigned int nr, unsigned long long *random, unsigned int how)
{
	struct generation *g = current(nr);
	unsigned int first = below(random, g->size + 1), count = 1 + below(random, 24);
	char name[32];
	bool ok;
	int fd;

	if (g->absent)
		return replace(nr, 1 + below(random, 24), true);
	name_of(nr, name);
	fd = open(name, O_RDWR);
	if (fd < 0)
		return false;
	if (first + count > SECTORS)
		first = SECTORS - count;
	ok = write_sectors(fd, nr, g, first, count, how == 2 ? RWF_DSYNC : 0);
	if (ok && how == 2)
		promise_sectors(g, first, count);
	if (ok && how < 2) {
		ok = how ? !fsync(fd) : !fdatasync(fd);
		if (ok)
			promise_sectors(g, 0, g->size);
	}
	close(fd);
	return ok;
}

static bool delete(unsigned int nr, bool sync)
{
	char name[32];

	if (current(nr)->absent)
		return true;
	name_of(nr, name);
	new_generation(nr, true);
	return !unlink(name) && (!sync || sync_directory());
}

/* Nothing is promised of these files */
static bool change_small_files(unsigned long long *random)
{
	unsigned int i, first = below(random, 100);
	char name[32];
	int fd;

	for (i = first; i < first + 6; i++) {
		sprintf(name, "/mnt/small%u", i % 16);
		if (!unlink(name))
			continue;
		fd = open(name, O_RDWR | O_CREAT, 0600);
		if (fd < 0 || write(fd, name, sizeof(name)) < 0)
			return false;
		close(fd);
	}
	return true;
}

static bool work(void)
{
	unsigned long long random = seed;
	unsigned int i, nr, what;
	bool ok = true;

	for (i = 0; ok && i < OPERATIONS; i++) {
		nr = below(&random, FILES);
		what = below(&random, 16);
		if (what < 9)
			ok = change(nr, &random, below(&random, 5));
		else if (what < 11)
			ok = replace(nr, 1 + below(&random, SECTORS), what == 9);
		else if (what < 12)
			ok = delete(nr, below(&random, 2));
		else if (what < 13)
			ok = sync_directory();
		else if (what < 14)
			ok = sync_all();
		else
			ok = change_small_files(&random);
	}
	return ok;
}

/* --- Judgement --- */

static void failed(const char *what, const char *why)
{
	if (++failures <= 10)
		printf("cut %lu: %s: %s\n", cuts, what, why);
}

/* Is @data what @g may be after the cut? Returns what is wrong, or NULL */
static const char *mismatch(const struct generation *g, unsigned int nr, const char *data,
			    ssize_t size, unsigned int *sector)
{
	struct stamp stamp, expected = { MAGIC, nr, 0, g->id, 0 };
	unsigned int i, j;

	*sector = 0;
	if (size < 0)
		return g->absent ? NULL : "not there";
	if (g->absent)
		return "there, but deleted";
	if (size < (ssize_t)g->durable_size * SECTOR)
		return "too short";
	for (i = 0; i < g->durable_size; i++) {
		if (!g->durable[i])
			continue;
		*sector = i;
		expected.sector = i;
		for (j = 0; j < SECTOR / sizeof(stamp); j++) {
			memcpy(&stamp, data + i * SECTOR + j * sizeof(stamp), sizeof(stamp));
			if (!j)
				expected.version = stamp.version;
			if (memcmp(&stamp, &expected, sizeof(stamp)))
				return "other data";
		}
		if (stamp.version < g->durable[i] || stamp.version > g->issued[i])
			return "an old version";
	}
	return NULL;
}

static void judge_file(unsigned int nr)
{
	static char data[SECTORS * SECTOR];
	struct name *file = &files[nr];
	const char *wrong = NULL;
	unsigned int i, sector = 0;
	ssize_t size = -1;
	char name[32], where[64];
	int fd;

	name_of(nr, name);
	fd = open(name, O_RDONLY);
	if (fd >= 0) {
		size = read(fd, data, sizeof(data));
		close(fd);
		if (size < 0)
			return failed(name, "cannot be read");
	} else if (errno != ENOENT) {
		return failed(name, "cannot be opened");
	}
	for (i = file->durable; i <= file->last; i++) {
		wrong = mismatch(&file->generations[i], nr, data, size, &sector);
		if (!wrong)
			break;
	}
	snprintf(where, sizeof(where), "%s, sector %u", name, sector);
	if (wrong)
		failed(where, wrong);
	promised += 1 + file->generations[file->durable].durable_size;
}

static bool checks(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* A checker may ask what to do about an error */
		if (!freopen("/dev/null", "r", stdin) || !freopen("/tmp/checker", "w", stdout))
			_exit(126);
		dup2(1, 2);
		execvp(*checker, checker);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* --- Rounds --- */

static bool mount_it(void)
{
	return !mount(path, "/mnt", type, 0, options);
}

static void unmount_it(void)
{
	if (umount2("/mnt", 0))
		err(2, "umount");
}

/* Deletes all files and makes new ones, all durable */
static void start_round(void)
{
	unsigned int nr;
	char name[32];
	bool ok = true;

	for (nr = 0; nr < 16; nr++) {
		sprintf(name, "/mnt/small%u", nr);
		unlink(name);
	}
	for (nr = 0; ok && nr < FILES; nr++) {
		files[nr].last = 0;
		ok = replace(nr, 8 + 8 * nr, false);
	}
	if (!ok || !sync_all())
		err(2, "cannot start a round");
}

/* Mounts the file system after a cut, with one more cut while that goes on */
static bool recover(void)
{
	bool mounted;

	message("clear");
	if (cuts % 3 == 0) {
		set_rules("iotype=write", cuts / 3 % 8);
		mounted = mount_it();
		if (!power_is_off()) {
			message("clear");
			return mounted;
		}
		if (mounted)
			unmount_it();
		power_on();
		recovery++;
		message("clear");
	}
	return mount_it();
}

/* Returns false if the file system is lost */
static bool judge(void)
{
	unsigned int nr;
	char line[256];
	FILE *output;

	if (!recover()) {
		failed("mount", strerror(errno));
		return false;
	}
	for (nr = 0; nr < FILES; nr++)
		judge_file(nr);
	unmount_it();
	flush_device();
	if (checks())
		return true;
	failed("the checker", "an error");
	output = fopen("/tmp/checker", "r");
	while (output && fgets(line, sizeof(line), output))
		fputs(line, stdout);
	return false;
}

/* Returns false if the file system is lost; sets @more if there was a cut */
static bool round_of(const char *keys, unsigned int nr, bool *more)
{
	if (!mount_it())
		err(2, "mount");
	start_round();
	set_rules(keys, nr);
	work();
	*more = power_is_off();
	if (!*more)
		message("clear");
	unmount_it();
	if (!*more)
		return true;
	power_on();
	cuts++;
	return judge();
}

static void sweep(const char *keys, unsigned int every, unsigned int most)
{
	bool more = true;
	unsigned int i;

	for (i = 0; more && i < most; i++)
		if (!round_of(keys, i * every, &more))
			return;
}

int main(int argc, char **argv)
{
	const char *keys[8];
	unsigned int nr_keys = 0, every = 1, most = ~0U, i;
	int option;

	while ((option = getopt(argc, argv, "+ds:c:e:k:")) > 0) {
		if (option == 'd')
			dropping = true;
		else if (option == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (option == 'c')
			most = strtoul(optarg, NULL, 10);
		else if (option == 'e')
			every = strtoul(optarg, NULL, 10);
		else if (option == 'k' && nr_keys < 8)
			keys[nr_keys++] = optarg;
		else
			errx(2, "see the comment in promises.c");
	}
	if (argc - optind < 4)
		errx(2, "see the comment in promises.c");
	device = argv[optind];
	type = argv[optind + 1];
	options = argv[optind + 2];
	checker = argv + optind + 3;
	snprintf(path, sizeof(path), "/dev/mapper/%s", device);
	control = open("/dev/mapper/control", O_RDWR);
	if (control < 0)
		err(2, "control");
	for (i = 0; i < nr_keys; i++)
		sweep(keys[i], every, most);
	printf("cuts=%lu recovery=%lu volatile=%lu survived=%lu torn=%lu lost=%lu ", cuts,
	       recovery, volatile_writes, survived, torn, lost);
	printf("promised=%lu failures=%lu\n", promised, failures);
	return failures > 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle SEED ROUNDS UNIT NAME [NAME NAME]: cuts the power of dm devices, and checks
 * that what is left is what a volatile write cache may leave. Knows nothing of how
 * the module works.
 *
 * With one device there are two kinds of rounds:
 *
 *   racing   Threads write stamped sectors of their own, flush, and write
 *            synchronously, while the power fails. Each sector must have its last
 *            durable version or a newer one.
 *   exact    One thread writes; the set of writes that survive is computed from the
 *            choice, or compared with all sets that the policy allows.
 *
 * While the threads of a racing round run, views are made of the device. Each sector of
 * a view must have what was durable before the view was made, or a newer version that
 * was submitted before it was there, and must have the same after the cut.
 *
 * With three devices of one power supply, each thread writes a number synchronously
 * to the first, then the second, then the third. No device may have a number that
 * the one before it lacks, and none may lack a number that was acknowledged. The same
 * holds for views of the three at one mark.
 *
 * UNIT is the size of a unit in sectors. The last line has what was seen:
 *
 *	cuts=9 views=4 stake=80 old=30 intermediate=10 new=40 torn=3 reordered=2 wrong=0
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR		512
#define AREA		256	/* sectors of a thread */
#define THREADS		4
#define MAX_WRITES	40	/* of an exact round */
#define MAX_SECTORS	24	/* of a write */
#define MAGIC		0x626c6b6465627567ULL

struct stamp {
	unsigned long long magic, sector, version;
};

struct sector {
	unsigned long long durable;	/* every cut leaves this one, or a newer one */
	unsigned long long completed;	/* the newest one that was acknowledged */
	unsigned long long issued;	/* the newest one that was submitted */
};

struct worker {
	pthread_t thread;
	unsigned int nr;
	unsigned long long random;
	char *buffer;
};

static struct sector sectors[THREADS * AREA];
static struct worker workers[THREADS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *names[3];
static int disks[3], control;
static unsigned int unit;
static unsigned long long next_version = 1;
static unsigned long cuts, views, stake, old, intermediate, new, torn, reordered, wrong;

/* Knuth's MMIX; its low bits are not random enough */
static unsigned int below(unsigned long long *random, unsigned int n)
{
	*random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*random >> 33) % n;
}

static struct dm_ioctl *dm_request(const char *name)
{
	static char buffer[16384];
	struct dm_ioctl *dmi = (struct dm_ioctl *)buffer;

	memset(buffer, 0, sizeof(buffer));
	dmi->version[0] = DM_VERSION_MAJOR;
	dmi->data_size = sizeof(buffer);
	dmi->data_start = sizeof(*dmi);
	snprintf(dmi->name, sizeof(dmi->name), "%s", name);
	return dmi;
}

static bool message(const char *name, const char *text, char *answer, size_t size)
{
	struct dm_ioctl *dmi = dm_request(name);
	struct dm_target_msg *msg = (struct dm_target_msg *)(dmi + 1);

	strcpy(msg->message, text);
	if (ioctl(control, DM_TARGET_MSG, dmi))
		return false;
	snprintf(answer, size, "%s", (char *)dmi + dmi->data_start);
	return true;
}

static void must(const char *name, const char *text, char *answer, size_t size)
{
	if (!message(name, text, answer, size))
		err(2, "%s", text);
}

/* --- Views --- */

struct view {
	char name[16];
	int disk;
};

static void dm_do(unsigned long request, struct dm_ioctl *dmi, const char *what)
{
	if (ioctl(control, request, dmi))
		err(2, "%s", what);
}

static void load_view(const char *name, const char *origin, const char *words)
{
	struct dm_ioctl *dmi = dm_request(name);
	struct dm_target_spec *spec = (struct dm_target_spec *)(dmi + 1);
	struct stat st;
	char path[64];
	off_t size;
	int disk;

	snprintf(path, sizeof(path), "/dev/mapper/%s", origin);
	disk = open(path, O_RDONLY);
	if (disk < 0 || fstat(disk, &st))
		err(2, "%s", path);
	size = lseek(disk, 0, SEEK_END);
	close(disk);
	dmi->target_count = 1;
	spec->length = size / SECTOR;
	strcpy(spec->target_type, "blkdebug-crash");
	sprintf((char *)(spec + 1), "%u:%u %s", major(st.st_rdev), minor(st.st_rdev),
		words);
	dm_do(DM_TABLE_LOAD, dmi, words);
}

static void make_view(struct view *view, const char *origin, const char *words)
{
	struct dm_ioctl *dmi;
	char path[64];

	snprintf(view->name, sizeof(view->name), "oracle-view%lu", views++);
	dm_do(DM_DEV_CREATE, dm_request(view->name), "create");
	load_view(view->name, origin, words);
	dmi = dm_request(view->name);
	dm_do(DM_DEV_SUSPEND, dmi, "resume");
	snprintf(path, sizeof(path), "/tmp/%s", view->name);
	if (mknod(path, S_IFBLK | 0600, dmi->dev))
		err(2, "%s", path);
	view->disk = open(path, O_RDWR | O_DIRECT);
	if (view->disk < 0)
		err(2, "%s", path);
	unlink(path);
}

/* Read a view. Returns false if a full cache has given the view up. */
static bool read_view(struct view *view, char *buffer, size_t size)
{
	if (pread(view->disk, buffer, size, 0) == (ssize_t)size)
		return true;
	if (errno != EIO)
		err(2, "read of a view");
	return false;
}

static void remove_view(struct view *view)
{
	close(view->disk);
	dm_do(DM_DEV_REMOVE, dm_request(view->name), "remove");
}

static void mistake(const char *what, unsigned long long sector,
		    unsigned long long version)
{
	if (++wrong <= 10)
		printf("wrong: %s: sector %llu version %llu durable %llu issued %llu\n",
		       what, sector, version, sectors[sector].durable,
		       sectors[sector].issued);
}

static void fill(char *buffer, unsigned long long sector, unsigned int count,
		 unsigned long long version)
{
	struct stamp stamp = { .magic = MAGIC, .version = version };
	unsigned int i, j;

	for (i = 0; i < count; i++) {
		stamp.sector = sector + i;
		for (j = 0; j + sizeof(stamp) <= SECTOR; j += sizeof(stamp))
			memcpy(buffer + i * SECTOR + j, &stamp, sizeof(stamp));
	}
}

/* The version in a sector; 0 for zeroes, ~0 if the sector is of no one write */
static unsigned long long version_of(const char *buffer, unsigned long long sector)
{
	static const char zeroes[SECTOR];
	struct stamp first, stamp;
	unsigned int j;

	if (!memcmp(buffer, zeroes, SECTOR))
		return 0;
	memcpy(&first, buffer, sizeof(first));
	for (j = 0; j + sizeof(stamp) <= SECTOR; j += sizeof(stamp)) {
		memcpy(&stamp, buffer + j, sizeof(stamp));
		if (memcmp(&stamp, &first, sizeof(stamp)))
			return ~0ULL;
	}
	return first.magic == MAGIC && first.sector == sector ? first.version : ~0ULL;
}

static char *aligned_buffer(size_t size)
{
	char *buffer = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);

	if (!buffer)
		errx(2, "no buffer");
	return buffer;
}

static void read_all(int disk, char *buffer, size_t size)
{
	if (pread(disk, buffer, size, 0) != (ssize_t)size)
		err(2, "read");
}

/* --- Racing rounds --- */

static bool write_range(struct worker *w, unsigned int first, unsigned int count,
			bool sync)
{
	struct iovec iov = { .iov_base = w->buffer, .iov_len = count * SECTOR };
	unsigned long long version;
	unsigned int i;
	bool ok;

	pthread_mutex_lock(&lock);
	version = next_version++;
	for (i = first; i < first + count; i++)
		sectors[i].issued = version;
	pthread_mutex_unlock(&lock);
	fill(w->buffer, first, count, version);
	ok = pwritev2(disks[0], &iov, 1, (off_t)first * SECTOR,
		      sync ? RWF_DSYNC : 0) == (ssize_t)iov.iov_len;
	if (!ok)
		return false;
	pthread_mutex_lock(&lock);
	for (i = first; i < first + count; i++) {
		sectors[i].completed = version;
		if (sync)
			sectors[i].durable = version;
	}
	pthread_mutex_unlock(&lock);
	return true;
}

static bool flush(void)
{
	unsigned long long completed[THREADS * AREA];
	unsigned int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < THREADS * AREA; i++)
		completed[i] = sectors[i].completed;
	pthread_mutex_unlock(&lock);
	if (fdatasync(disks[0]))
		return false;
	pthread_mutex_lock(&lock);
	for (i = 0; i < THREADS * AREA; i++)
		if (sectors[i].durable < completed[i])
			sectors[i].durable = completed[i];
	pthread_mutex_unlock(&lock);
	return true;
}

static void *race(void *arg)
{
	struct worker *w = arg;
	unsigned int what, count;
	bool ok = true;

	while (ok) {
		what = below(&w->random, 100);
		count = 1 + below(&w->random, MAX_SECTORS);
		if (what < 4)
			ok = flush();
		else
			ok = write_range(w, w->nr * AREA + below(&w->random, AREA - count),
					 count, what < 8);
	}
	return NULL;
}

static void judge_sector(unsigned int i, unsigned long long version)
{
	struct sector *s = &sectors[i];

	if (version < s->durable || version > s->issued)
		mistake("sector", i, version);
	if (s->durable != s->issued) {
		stake++;
		if (version == s->durable)
			old++;
		else if (version == s->issued)
			new++;
		else
			intermediate++;
	}
	s->durable = version;
	s->completed = version;
	s->issued = version;
}

static void judge_all(void)
{
	static char *buffer;
	unsigned int i;

	if (!buffer)
		buffer = aligned_alloc(4096, sizeof(sectors) / sizeof(*sectors) * SECTOR);
	read_all(disks[0], buffer, THREADS * AREA * SECTOR);
	for (i = 0; i < THREADS * AREA; i++)
		judge_sector(i, version_of(buffer + i * SECTOR, i));
}

static const char * const policies[] = {
	"none", "all", "prefix", "writes", "units", "one-lost", "one-kept",
	"meta", "data", "random", "writes:1/5", "units:4/5",
};

#define POLICIES (sizeof(policies) / sizeof(*policies))

/* A view, what has to be in it, and what was seen there */
struct racing_view {
	struct view view;
	unsigned long long durable[THREADS * AREA];
	char *data;
	bool valid;
};

static void make_racing_view(struct racing_view *rv, unsigned long long *random)
{
	unsigned int i;
	char words[64];

	pthread_mutex_lock(&lock);
	for (i = 0; i < THREADS * AREA; i++)
		rv->durable[i] = sectors[i].durable;
	pthread_mutex_unlock(&lock);
	snprintf(words, sizeof(words), "survive=%s", policies[below(random, POLICIES)]);
	make_view(&rv->view, names[0], words);
	if (!rv->data)
		rv->data = aligned_buffer(THREADS * AREA * SECTOR);
	rv->valid = read_view(&rv->view, rv->data, THREADS * AREA * SECTOR);
	pthread_mutex_lock(&lock);
	for (i = 0; rv->valid && i < THREADS * AREA; i++) {
		unsigned long long version = version_of(rv->data + i * SECTOR, i);

		if (version < rv->durable[i] || version > sectors[i].issued)
			mistake("sector of a view", i, version);
		intermediate += version > rv->durable[i] && version < sectors[i].issued;
	}
	pthread_mutex_unlock(&lock);
}

static void check_racing_view(struct racing_view *rv)
{
	static char *data;

	if (!data)
		data = aligned_buffer(THREADS * AREA * SECTOR);
	if (rv->valid && read_view(&rv->view, data, THREADS * AREA * SECTOR) &&
	    memcmp(data, rv->data, THREADS * AREA * SECTOR))
		mistake("a view has changed", 0, 0);
	remove_view(&rv->view);
}

static void racing_round(unsigned long long *random)
{
	static struct racing_view racing_views[3];
	unsigned int i, nr_views = below(random, 4);
	char text[128], answer[256];

	for (i = 0; i < THREADS; i++)
		pthread_create(&workers[i].thread, NULL, race, &workers[i]);
	for (i = 0; i < nr_views; i++) {
		usleep(below(random, 10000));
		make_racing_view(&racing_views[i], random);
	}
	usleep(below(random, nr_views ? 2000 : 40000));
	snprintf(text, sizeof(text), "power-cut survive=%s",
		 policies[below(random, POLICIES)]);
	must(names[0], text, answer, sizeof(answer));
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	must(names[0], "power-on", answer, sizeof(answer));
	cuts++;
	judge_all();
	while (nr_views)
		check_racing_view(&racing_views[--nr_views]);
}

/* --- Exact rounds --- */

struct write {
	unsigned int first, count;
	unsigned long long version;
};

/* Sector @i after a cut that leaves of write @n the units from 0 to units[n] - 1 */
static unsigned long long expected(const struct write *writes, unsigned int nr,
				   const unsigned int *units, unsigned int i)
{
	unsigned long long version = sectors[i].durable;
	unsigned int n;

	for (n = 0; n < nr; n++)
		if (i >= writes[n].first && i < writes[n].first + writes[n].count &&
		    i / unit - writes[n].first / unit < units[n])
			version = writes[n].version;
	return version;
}

static bool fits(const struct write *writes, unsigned int nr,
		 const unsigned int *units, const unsigned long long *found)
{
	unsigned int i;

	for (i = 0; i < AREA; i++)
		if (found[i] != expected(writes, nr, units, i))
			return false;
	return true;
}

static unsigned int nr_units(const struct write *w)
{
	return (w->first + w->count - 1) / unit - w->first / unit + 1;
}

/* Is there a set of writes, as the policy allows, that explains what was found? */
static bool explained(const char *policy, const struct write *writes,
		      unsigned int nr, const bool *kept,
		      const unsigned long long *found)
{
	unsigned int units[MAX_WRITES], i, n, u;

	if (!strcmp(policy, "keep")) {
		for (n = 0; n < nr; n++)
			units[n] = kept[n] ? ~0U : 0;
		return fits(writes, nr, units, found);
	}
	for (i = 0; i <= nr; i++) {
		for (n = 0; n < nr; n++) {
			if (!strcmp(policy, "prefix"))
				units[n] = n < i ? ~0U : 0;
			else
				units[n] = (n == i) == !strcmp(policy, "one-kept") ?
					   ~0U : 0;
		}
		if (strcmp(policy, "prefix")) {
			if (i < nr && fits(writes, nr, units, found))
				return true;
			continue;
		}
		for (u = 0; u <= (i < nr ? nr_units(&writes[i]) : 0); u++) {
			if (i < nr)
				units[i] = u;
			if (fits(writes, nr, units, found)) {
				torn += i < nr && u && u < nr_units(&writes[i]);
				return true;
			}
		}
	}
	return false;
}

static void exact_round(unsigned long long *random)
{
	static const char * const exact[] = { "keep", "prefix", "one-lost", "one-kept" };
	const char *policy = exact[below(random, 4)];
	struct write writes[MAX_WRITES];
	unsigned long long found[AREA];
	bool kept[MAX_WRITES];
	static char *buffer;
	char text[1024], answer[256], want[64];
	unsigned int nr = 1 + below(random, MAX_WRITES), n, i, survived = 0;

	if (!buffer)
		buffer = aligned_buffer(AREA * SECTOR);
	if (!flush())
		err(2, "flush");
	snprintf(text, sizeof(text), "power-cut survive=%s", strcmp(policy, "keep") ?
		 policy : "none");
	for (n = 0; n < nr; n++) {
		struct write *w = &writes[n];

		w->count = 1 + below(random, MAX_SECTORS);
		w->first = below(random, AREA - w->count);
		w->version = next_version;
		if (!write_range(&workers[0], w->first, w->count, false))
			err(2, "write");
		kept[n] = below(random, 2);
		survived += kept[n];
		reordered += n && kept[n] && !kept[n - 1];
		if (!strcmp(policy, "keep") && kept[n])
			sprintf(text + strlen(text), "%s%u", strstr(text, "keep=") ?
				"," : " keep=", n + 1);
	}
	must(names[0], text, answer, sizeof(answer));
	must(names[0], "power-on", text, sizeof(text));
	cuts++;
	if (strcmp(answer, text))
		mistake("power-on repeats another line", 0, 0);
	if (!strcmp(policy, "keep"))
		snprintf(want, sizeof(want), " volatile=%u survived=%u torn=0 lost=%u ",
			 nr, survived, nr - survived);
	else
		snprintf(want, sizeof(want), " volatile=%u ", nr);
	if (!strstr(answer, want)) {
		printf("wrong: %s but wanted %s\n", answer, want);
		wrong++;
	}
	read_all(disks[0], buffer, AREA * SECTOR);
	for (i = 0; i < AREA; i++)
		found[i] = version_of(buffer + i * SECTOR, i);
	if (!explained(policy, writes, nr, kept, found))
		mistake(policy, 0, found[0]);
	judge_all();
}

/* --- Groups --- */

static unsigned long long acknowledged[THREADS][3], submitted[THREADS][3];

static void *write_in_order(void *arg)
{
	struct worker *w = arg;
	unsigned long long n;
	unsigned int disk;

	for (n = acknowledged[w->nr][0] + 1;; n++) {
		for (disk = 0; disk < 3; disk++) {
			struct iovec iov = { .iov_base = w->buffer, .iov_len = SECTOR };

			fill(w->buffer, w->nr, 1, n);
			submitted[w->nr][disk] = n;
			if (pwritev2(disks[disk], &iov, 1, w->nr * SECTOR,
				     RWF_DSYNC) != SECTOR)
				return NULL;
			acknowledged[w->nr][disk] = n;
		}
	}
}

static void judge_thread(unsigned int nr)
{
	static char *buffer;
	unsigned long long n[3];
	unsigned int disk;

	if (!buffer)
		buffer = aligned_buffer(THREADS * SECTOR);
	for (disk = 0; disk < 3; disk++) {
		read_all(disks[disk], buffer, THREADS * SECTOR);
		n[disk] = version_of(buffer + nr * SECTOR, nr);
		stake++;
		if (n[disk] == acknowledged[nr][disk])
			old++;
		else if (n[disk] == submitted[nr][disk])
			new++;
		else
			mistake("acknowledged", nr, n[disk]);
		if (disk && n[disk] > n[disk - 1])
			mistake("order", nr, n[disk]);
	}
	for (disk = 0; disk < 3; disk++)
		acknowledged[nr][disk] = n[disk];
}

/* A number that was acknowledged before the mark is in all views */
static void judge_marked(unsigned long long before[THREADS][3])
{
	struct view view[3];
	unsigned int nr, disk;
	unsigned long long n[3];
	static char *buffer;

	if (!buffer)
		buffer = aligned_buffer(THREADS * SECTOR);
	for (disk = 0; disk < 3; disk++)
		make_view(&view[disk], names[disk], "at=here");
	for (nr = 0; nr < THREADS; nr++) {
		for (disk = 0; disk < 3; disk++) {
			if (!read_view(&view[disk], buffer, THREADS * SECTOR))
				errx(2, "a view was given up");
			n[disk] = version_of(buffer + nr * SECTOR, nr);
			if (n[disk] < before[nr][disk] || (disk && n[disk] > n[disk - 1]))
				mistake("order in views", nr, n[disk]);
		}
	}
	for (disk = 0; disk < 3; disk++)
		remove_view(&view[disk]);
}

static void mark_round(unsigned long long *random)
{
	unsigned long long before[THREADS][3];
	char answer[256];

	memcpy(before, acknowledged, sizeof(before));
	must(names[below(random, 3)], "mark here", answer, sizeof(answer));
	usleep(below(random, 4000));
	judge_marked(before);
	must(names[below(random, 3)], "unmark here", answer, sizeof(answer));
}

static void group_round(unsigned long long *random)
{
	char answer[256];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&workers[i].thread, NULL, write_in_order, &workers[i]);
	usleep(below(random, 40000));
	if (below(random, 2))
		mark_round(random);
	must(names[below(random, 3)], "power-cut", answer, sizeof(answer));
	for (i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	must(names[below(random, 3)], "power-on", answer, sizeof(answer));
	cuts++;
	for (i = 0; i < THREADS; i++)
		judge_thread(i);
}

int main(int argc, char **argv)
{
	unsigned long long random;
	unsigned int i, rounds;
	char path[128];

	if (argc != 5 && argc != 7)
		errx(2, "usage: oracle SEED ROUNDS UNIT NAME [NAME NAME]");
	random = strtoull(argv[1], NULL, 10);
	rounds = strtoul(argv[2], NULL, 10);
	unit = strtoul(argv[3], NULL, 10);
	control = open("/dev/mapper/control", O_RDWR);
	for (i = 0; (int)i < argc - 4; i++) {
		names[i] = argv[4 + i];
		snprintf(path, sizeof(path), "/dev/mapper/%s", names[i]);
		disks[i] = open(path, O_RDWR | O_DIRECT);
		if (disks[i] < 0 || control < 0)
			err(2, "%s", path);
	}
	for (i = 0; i < THREADS; i++) {
		workers[i].nr = i;
		workers[i].random = random + i;
		workers[i].buffer = aligned_alloc(4096, MAX_SECTORS * SECTOR);
	}
	for (i = 0; i < rounds; i++) {
		if (argc == 7)
			group_round(&random);
		else if (below(&random, 2))
			racing_round(&random);
		else
			exact_round(&random);
	}
	printf("cuts=%lu views=%lu stake=%lu old=%lu intermediate=%lu new=%lu ", cuts,
	       views, stake, old, intermediate, new);
	printf("torn=%lu reordered=%lu wrong=%lu\n", torn, reordered, wrong);
	return wrong > 0;
}

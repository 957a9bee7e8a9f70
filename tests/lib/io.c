// SPDX-License-Identifier: GPL-2.0-only
/*
 * io FILE OP...: does just the ops named and prints a line for each: "ok", the
 * name of its errno, or the output described below. With "-" in the place of the
 * ops it reads them from stdin, one a line.
 *
 *	r SECTOR COUNT [nowait] [byte=HEX]	read; with byte, "differs" if not all are that
 *	w SECTOR COUNT [nowait] [fua] [atomic] [byte=HEX] write (of byte 00)
 *	x SECTOR COUNT				read; prints the bytes: 00*512 for 512 of them
 *	rx SECTOR COUNT				read into fe*; prints the outcome and the bytes
 *	f					flush
 *	wf SECTOR COUNT				write, and flush if that went well
 *	wc SECTOR COUNT [byte=HEX]		write; "differs" if the buffer is another then
 *	q SECTOR COUNT NR			NR writes, one behind the other, all in flight at
 *						once; how many ended how: "15*ok 1*EIO"
 *	d SECTOR COUNT				discard
 *	s SECTOR COUNT				secure erase
 *	zr SECTOR COUNT				resets zones
 *	z SECTOR COUNT				write zeroes, without falling back to plain writes
 *	cat					what a file in sysfs says, on one line
 *	poll MS					"ready" if that has changed since cat, or "timeout"
 *	message WORD...				sends that to sector 0 of a dm device
 *	ask WORD...				the same, and prints the answer on one line
 *	table START LENGTH TARGET WORD...	gives a dm device another table
 *	load START LENGTH TARGET WORD...	loads it only
 *	suspend [noflush], resume, clear	of a dm device, as dmsetup does it
 *	show					a dm device's status, table, list and stats
 *	put FILE WORD...			writes that to a file
 *	get FILE				what it says, on one line
 *	open FILE				what comes next is about this one
 *	nth N OP...				does that while the Nth allocation fails: "hit"
 *						or, if there are less, "miss"; and what OP said
 *	until FILE OP...			does that again and again until FILE exists; the
 *						different results, and how many times each: "9*ok"
 *	repeat NR OP...				does that NR times, and counts the results likewise
 *	view START LENGTH TARGET WORD...	creates a dm device with this table and removes it
 *	begin OP...				does that in a process of its own
 *	end WORD				waits for that; "ok" if WORD is what OP said
 *
 * Existing tools do not fit: xfs_io does not report which of several operations
 * failed, blkdiscard reads the device before it discards, and none polls sysfs.
 * Starting a process on an emulated processor takes longer than most tests.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/blkzoned.h>
#include <linux/dm-ioctl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECTOR		512
#define BUFFER_ALIGN	4096

#ifndef RWF_ATOMIC
#define RWF_ATOMIC	0x40	/* since 6.11 */
#endif

struct op {
	char name[8];
	const char *rest;			/* the words after the name */
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
	else if (!strcmp(word, "atomic"))
		op->rwf |= RWF_ATOMIC;
	else if (sscanf(word, "byte=%x", (unsigned int *)&op->byte) != 1)
		errx(2, "no such option: %s", word);
}

static struct op parse(const char *text)
{
	struct op op = { .byte = -1 };
	char copy[128], *word, *rest = copy;
	int used = 0;

	op.rest = text + strcspn(text, " ");
	op.rest += strspn(op.rest, " ");
	if (sscanf(text, "%7s %llu %llu%n", op.name, &op.first, &op.count, &used) < 3 ||
	    !strcmp(op.name, "table") || !strcmp(op.name, "load") || !strcmp(op.name, "view") ||
	    !strcmp(op.name, "q"))
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

/* Equal bytes in a row are one word, so that most sectors are one word */
static const char *bytes(const unsigned char *data, size_t size)
{
	static char text[4096];
	size_t used = 0, start, end;

	*text = '\0';
	for (start = 0; start < size && used < sizeof(text) - 32; start = end) {
		for (end = start + 1; end < size && data[end] == data[start]; end++)
			;
		used += sprintf(text + used, "%s%02x*%zu", used ? " " : "", data[start],
				end - start);
	}
	return text;
}

static const char *outcome_and_bytes(const char *said, const unsigned char *data, size_t size)
{
	static char text[4096 + 32];

	snprintf(text, sizeof(text), "%s %s", said, bytes(data, size));
	return text;
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
	if (!strcmp(op->name, "rx"))
		memset(iov.iov_base, 0xfe, size);
	if (writing)
		done = pwritev2(fd, &iov, 1, op->first * SECTOR, op->rwf);
	else
		done = preadv2(fd, &iov, 1, op->first * SECTOR, op->rwf);
	if (done < 0)
		said = outcome(done);
	else if ((size_t)done != size)
		said = "short";
	else if ((!writing || !strcmp(op->name, "wc")) && op->byte >= 0 &&
		 !all_are(iov.iov_base, size, op->byte))
		said = "differs";
	else if (!strcmp(op->name, "x"))
		said = bytes(iov.iov_base, size);
	if (!strcmp(op->name, "rx"))
		said = outcome_and_bytes(said, iov.iov_base, size);
	free(iov.iov_base);
	return said;
}

/* Results, and how often each was met */
#define MAX_RESULTS	16

struct tally {
	int nr;
	char result[MAX_RESULTS][64];
	unsigned long times[MAX_RESULTS];
};

static void tally_add(struct tally *tally, const char *result)
{
	int i;

	for (i = 0; i < tally->nr; i++)
		if (!strcmp(tally->result[i], result))
			break;
	if (i == MAX_RESULTS)
		errx(2, "too many different results");
	if (i == tally->nr) {
		snprintf(tally->result[i], sizeof(tally->result[i]), "%s", result);
		tally->nr++;
	}
	tally->times[i]++;
}

static const char *tally_text(const struct tally *tally)
{
	static char text[MAX_RESULTS * 96];
	size_t used = 0;
	int i;

	*text = '\0';
	for (i = 0; i < tally->nr; i++)
		used += sprintf(text + used, "%s%lu*%s", used ? " " : "", tally->times[i],
				tally->result[i]);
	return text;
}

#define MAX_QUEUED	128

static const char *queue_writes(int fd, const struct op *op)
{
	static struct iocb iocbs[MAX_QUEUED];
	struct io_event events[MAX_QUEUED];
	size_t size = op->count * SECTOR;
	struct tally tally = { 0 };
	aio_context_t context = 0;
	long done, results[MAX_QUEUED];
	unsigned int nr, i;
	void *buffer;

	if (sscanf(op->rest, "%*u %*u %u", &nr) != 1 || !nr || nr > MAX_QUEUED)
		errx(2, "no number of writes: %s", op->rest);
	buffer = aligned_alloc(BUFFER_ALIGN, (size + BUFFER_ALIGN - 1) & -BUFFER_ALIGN);
	if (!buffer || syscall(SYS_io_setup, nr, &context))
		err(2, "io_setup");
	memset(buffer, 0x51, size);
	for (i = 0; i < nr; i++) {
		struct iocb *iocb = &iocbs[i];

		*iocb = (struct iocb) {
			.aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_data = i,
			.aio_buf = (unsigned long)buffer, .aio_nbytes = size,
			.aio_offset = op->first * SECTOR + i * size,
		};
	}
	/* Each by a call of its own, so that none waits in a plug for the others. */
	for (i = 0; i < nr; i++) {
		struct iocb *iocb = &iocbs[i];

		if (syscall(SYS_io_submit, context, 1, &iocb) != 1)
			err(2, "io_submit");
	}
	done = syscall(SYS_io_getevents, context, nr, nr, events, NULL);
	if (done != (long)nr)
		err(2, "io_getevents");
	for (i = 0; i < nr; i++)
		results[events[i].data] = events[i].res;
	for (i = 0; i < nr; i++)
		tally_add(&tally, results[i] < 0 ? strerrorname_np(-results[i]) :
				  results[i] == (long)size ? "ok" : "short");
	syscall(SYS_io_destroy, context);
	free(buffer);
	return tally_text(&tally);
}

static const char *reset_zones(int fd, const struct op *op)
{
	struct blk_zone_range range = { .sector = op->first, .nr_sectors = op->count };

	return outcome(ioctl(fd, BLKRESETZONE, &range));
}

static const char *range_ioctl(int fd, const struct op *op, unsigned long request)
{
	unsigned long long range[2] = { op->first * SECTOR, op->count * SECTOR };

	return outcome(ioctl(fd, request, range));
}

/* dm's ioctls have their data in the same buffer, after the header */
union dm_call {
	struct dm_ioctl header;
	struct {
		struct dm_ioctl header;
		struct dm_target_msg target;
		char words[];
	} message;
	struct {
		struct dm_ioctl header;
		struct dm_target_spec target;
		char words[];
	} table;
	char bytes[4 << 20];
};

/* The size of the buffer for an answer */
#define ANSWER_SIZE	65536

/* The device of the ops, or 0 */
static dev_t device;

static union dm_call *dm_call(int fd, const char *words)
{
	static union dm_call call;
	struct stat st;

	if (!device) {
		if (fstat(fd, &st))
			err(2, "fstat");
		device = st.st_rdev;
	}
	if (strlen(words) >= sizeof(call) - sizeof(call.table))
		errx(2, "too many words");
	memset(&call, 0, sizeof(call.table));
	call.header.version[0] = DM_VERSION_MAJOR;
	call.header.data_size = sizeof(call.table) + strlen(words) + 1;
	call.header.data_start = sizeof(call.header);
	call.header.dev = device;
	return &call;
}

static int dm_control(void)
{
	static int control = -1;

	if (control < 0)
		control = open("/dev/mapper/control", O_RDWR);
	return control;
}

static const char *dm_ioctl(unsigned long request, union dm_call *call)
{
	int control = dm_control();

	return outcome(control < 0 ? control : ioctl(control, request, call));
}

static const char *dm_message(int fd, const char *words)
{
	union dm_call *call = dm_call(fd, words);

	strcpy(call->message.words, words);
	return dm_ioctl(DM_TARGET_MSG, call);
}

static void make_one_line(char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			*text = ';';
}

static void add_answer(char *text, int fd, const char *words)
{
	union dm_call *call = dm_call(fd, words);

	strcpy(call->message.words, words);
	call->header.data_size = ANSWER_SIZE;
	strcat(text, dm_ioctl(DM_TARGET_MSG, call));
	if (call->header.flags & DM_DATA_OUT_FLAG) {
		strcat(text, " ");
		strcat(text, call->bytes + call->header.data_start);
	}
}

static const char *ask(int fd, const char *words)
{
	static char text[2 * ANSWER_SIZE];

	*text = '\0';
	add_answer(text, fd, words);
	make_one_line(text);
	return text;
}

static const char *dm_load(int fd, const char *line)
{
	union dm_call *call = dm_call(fd, line);
	struct dm_target_spec *target = &call->table.target;
	unsigned long long start, length;
	int used = 0;

	if (sscanf(line, "%llu %llu %15s %n", &start, &length, target->target_type, &used) < 3)
		errx(2, "no table: %s", line);
	target->sector_start = start;
	target->length = length;
	strcpy(call->table.words, line + used);
	call->header.target_count = 1;
	return dm_ioctl(DM_TABLE_LOAD, call);
}

/* Without the flag it resumes, with the new table if there is one. */
static const char *dm_suspend(int fd, unsigned int flags)
{
	union dm_call *call = dm_call(fd, "");

	call->header.flags = flags;
	return dm_ioctl(DM_DEV_SUSPEND, call);
}

static const char *dm_table(int fd, const char *line)
{
	const char *said = dm_load(fd, line);

	return strcmp(said, "ok") ? said : dm_suspend(fd, 0);
}

/* The ops that follow are about the new device. */
static const char *create_device(int fd, const char *name)
{
	union dm_call *call = dm_call(fd, "");
	const char *said;

	call->header.dev = 0;
	strcpy(call->header.name, name);
	said = dm_ioctl(DM_DEV_CREATE, call);
	if (!strcmp(said, "ok"))
		device = call->header.dev;
	return said;
}

static const char *make_view(int fd, const char *line)
{
	const char *said = create_device(fd, "io-view"), *removed;

	if (strcmp(said, "ok"))
		return said;
	said = dm_table(fd, line);
	removed = dm_ioctl(DM_DEV_REMOVE, dm_call(fd, ""));
	device = 0;
	return strcmp(said, "ok") ? said : removed;
}

static void add_status(char *text, int fd, unsigned int flags)
{
	union dm_call *call = dm_call(fd, "");

	call->header.data_size = ANSWER_SIZE;
	call->header.flags = flags | DM_NOFLUSH_FLAG;
	strcat(text, dm_ioctl(DM_TABLE_STATUS, call));
	if (call->header.target_count == 1) {
		strcat(text, " ");
		strcat(text, call->bytes + call->header.data_start +
		       sizeof(struct dm_target_spec));
	}
	strcat(text, " | ");
}

static const char *show(int fd)
{
	static char text[4 * ANSWER_SIZE];

	*text = '\0';
	add_status(text, fd, 0);
	add_status(text, fd, DM_STATUS_TABLE_FLAG);
	add_answer(text, fd, "list");
	strcat(text, " | ");
	add_answer(text, fd, "stats");
	make_one_line(text);
	return text;
}

/* sysfs does not support O_DIRECT, and some of its files cannot be written. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_DIRECT);

	if (fd < 0)
		fd = open(path, O_RDONLY | O_DIRECT);
	if (fd < 0)
		fd = open(path, O_RDONLY);
	return fd;
}

static const char *reopen(int fd, const char *path)
{
	int new = open_file(path);

	if (new >= 0) {
		dup2(new, fd);
		close(new);
	}
	device = 0;
	return outcome(new);
}

static const char *perform(int fd, const struct op *op);

static const char *cat(int fd)
{
	static char text[65536];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	if (size < 0)
		return outcome(size);
	text[size] = '\0';
	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	make_one_line(text);
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

static const char *put(const char *text)
{
	char path[128];
	const char *said;
	int used = 0, fd;

	if (sscanf(text, "%127s %n", path, &used) < 1)
		errx(2, "no file: %s", text);
	fd = open(path, O_WRONLY);
	said = outcome(fd < 0 ? fd : write(fd, text + used, strlen(text + used)));
	if (fd >= 0)
		close(fd);
	return said;
}

static const char *get(const char *path)
{
	int fd = open(path, O_RDONLY);
	const char *said;

	if (fd < 0)
		return outcome(fd);
	said = cat(fd);
	close(fd);
	return said;
}

static void set_fail_nth(int nth_fd, unsigned int nth)
{
	if (dprintf(nth_fd, "%u", nth) < 0)
		err(2, "fail-nth");
}

static const char *perform_nth(int fd, const char *text)
{
	static char said[5 * ANSWER_SIZE];
	static int nth_fd = -1;
	unsigned int nth, left;
	char number[16] = "";
	const char *result;
	int used = 0;
	struct op op;

	if (sscanf(text, "%u %n", &nth, &used) < 1 || !nth)
		errx(2, "no number: %s", text);
	op = parse(text + used);
	/* All other allocations come before this, so that only those of the op count. */
	dm_call(fd, "");
	dm_control();
	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (nth_fd < 0)
		nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	set_fail_nth(nth_fd, nth);
	result = perform(fd, &op);
	if (pread(nth_fd, number, sizeof(number) - 1, 0) <= 0)
		err(2, "fail-nth");
	set_fail_nth(nth_fd, 0);
	left = strtoul(number, NULL, 0);
	snprintf(said, sizeof(said), "%s %s", left ? "miss" : "hit", result);
	return said;
}

/* The results of begun ops arrive here */
static int begun = -1;

static const char *begin(int fd, const char *text)
{
	struct op op = parse(text);
	const char *said;
	int ends[2];
	pid_t pid;

	if (begun >= 0 || pipe(ends))
		err(2, "begin");
	pid = fork();
	if (pid < 0)
		err(2, "begin");
	if (!pid) {
		said = perform(fd, &op);
		_exit(write(ends[1], said, strlen(said)) < 0);
	}
	close(ends[1]);
	begun = ends[0];
	return "ok";
}

static const char *end(const char *wanted)
{
	static char said[128];
	ssize_t size;

	if (begun < 0)
		errx(2, "nothing has begun");
	size = read(begun, said, sizeof(said) - 1);
	if (size < 0 || wait(NULL) < 0)
		err(2, "end");
	said[size] = '\0';
	close(begun);
	begun = -1;
	return strcmp(said, wanted) ? said : "ok";
}

static const char *perform_until(int fd, const char *text)
{
	struct tally tally = { 0 };
	char file[128];
	struct op op;
	int used = 0;

	if (sscanf(text, "%127s %n", file, &used) < 1)
		errx(2, "no file: %s", text);
	op = parse(text + used);
	do {
		tally_add(&tally, perform(fd, &op));
	} while (access(file, F_OK));
	return tally_text(&tally);
}

static const char *repeat_op(int fd, const char *text)
{
	struct tally tally = { 0 };
	unsigned int nr;
	struct op op;
	int used = 0;

	if (sscanf(text, "%u %n", &nr, &used) < 1 || !nr)
		errx(2, "no number: %s", text);
	op = parse(text + used);
	while (nr--)
		tally_add(&tally, perform(fd, &op));
	return tally_text(&tally);
}

static const char *write_and_flush(int fd, const struct op *op)
{
	const char *said = transfer(fd, op, true);

	return strcmp(said, "ok") ? said : outcome(fsync(fd));
}

static const char *perform(int fd, const struct op *op)
{
	if (!strcmp(op->name, "r") || !strcmp(op->name, "x") || !strcmp(op->name, "rx"))
		return transfer(fd, op, false);
	if (!strcmp(op->name, "w") || !strcmp(op->name, "wc"))
		return transfer(fd, op, true);
	if (!strcmp(op->name, "q"))
		return queue_writes(fd, op);
	if (!strcmp(op->name, "f"))
		return outcome(fsync(fd));
	if (!strcmp(op->name, "wf"))
		return write_and_flush(fd, op);
	if (!strcmp(op->name, "d"))
		return range_ioctl(fd, op, BLKDISCARD);
	if (!strcmp(op->name, "s"))
		return range_ioctl(fd, op, BLKSECDISCARD);
	if (!strcmp(op->name, "zr"))
		return reset_zones(fd, op);
	if (!strcmp(op->name, "z"))
		return outcome(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					 op->first * SECTOR, op->count * SECTOR));
	if (!strcmp(op->name, "cat"))
		return cat(fd);
	if (!strcmp(op->name, "poll"))
		return wait_change(fd, op->first);
	if (!strcmp(op->name, "message"))
		return dm_message(fd, op->rest);
	if (!strcmp(op->name, "ask"))
		return ask(fd, op->rest);
	if (!strcmp(op->name, "repeat"))
		return repeat_op(fd, op->rest);
	if (!strcmp(op->name, "view"))
		return make_view(fd, op->rest);
	if (!strcmp(op->name, "table"))
		return dm_table(fd, op->rest);
	if (!strcmp(op->name, "load"))
		return dm_load(fd, op->rest);
	if (!strcmp(op->name, "suspend"))
		return dm_suspend(fd, DM_SUSPEND_FLAG |
				  (strcmp(op->rest, "noflush") ? 0 : DM_NOFLUSH_FLAG));
	if (!strcmp(op->name, "resume"))
		return dm_suspend(fd, 0);
	if (!strcmp(op->name, "clear"))
		return dm_ioctl(DM_TABLE_CLEAR, dm_call(fd, ""));
	if (!strcmp(op->name, "show"))
		return show(fd);
	if (!strcmp(op->name, "put"))
		return put(op->rest);
	if (!strcmp(op->name, "open"))
		return reopen(fd, op->rest);
	if (!strcmp(op->name, "get"))
		return get(op->rest);
	if (!strcmp(op->name, "until"))
		return perform_until(fd, op->rest);
	if (!strcmp(op->name, "nth"))
		return perform_nth(fd, op->rest);
	if (!strcmp(op->name, "begin"))
		return begin(fd, op->rest);
	if (!strcmp(op->name, "end"))
		return end(op->rest);
	errx(2, "no such op: %s", op->name);
}

static void say_outcome(int fd, const char *text)
{
	struct op op = parse(text);

	puts(perform(fd, &op));
}

static void perform_stdin(int fd)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	while ((size = getline(&line, &room, stdin)) > 0) {
		if (line[size - 1] == '\n')
			line[size - 1] = '\0';
		say_outcome(fd, line);
	}
	free(line);
}

int main(int argc, char **argv)
{
	int fd, i;

	if (argc < 3)
		errx(2, "usage: io FILE OP...");
	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = open_file(argv[1]);
	if (fd < 0)
		err(2, "%s", argv[1]);
	if (argc == 3 && !strcmp(argv[2], "-"))
		perform_stdin(fd);
	else
		for (i = 2; i < argc; i++)
			say_outcome(fd, argv[i]);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * messages DEVICE BATCH: sends each line of stdin as a message to a dm device. After
 * each BATCH messages it prints the mean time of one in nanoseconds.
 */
#include "bench.h"
#include <linux/dm-ioctl.h>
#include <sys/stat.h>

#define LINE_SIZE	4096

/* The argument of a dm ioctl: header and payload are contiguous. */
static struct {
	struct dm_ioctl header;
	struct dm_target_msg target;
	char words[LINE_SIZE];
} call;

static void send(int control, dev_t dev)
{
	memset(&call.header, 0, sizeof(call.header));
	call.header.version[0] = DM_VERSION_MAJOR;
	call.header.data_size = sizeof(call);
	call.header.data_start = sizeof(call.header);
	call.header.dev = dev;
	call.target.sector = 0;
	if (ioctl(control, DM_TARGET_MSG, &call))
		err(1, "%s", call.words);
}

int main(int argc, char **argv)
{
	unsigned long batch, nr = 0;
	unsigned long long spent = 0, start;
	struct stat st;
	int control;

	if (argc != 3)
		errx(2, "usage: messages DEVICE BATCH");
	batch = strtoul(argv[2], NULL, 10);
	if (stat(argv[1], &st))
		err(1, "%s", argv[1]);
	control = open("/dev/mapper/control", O_RDWR);
	if (control < 0)
		err(1, "device-mapper");

	while (fgets(call.words, sizeof(call.words), stdin)) {
		call.words[strcspn(call.words, "\n")] = '\0';
		start = now();
		send(control, st.st_rdev);
		spent += now() - start;
		if (++nr % batch)
			continue;
		printf("%llu\n", spent / batch);
		spent = 0;
	}
	return 0;
}

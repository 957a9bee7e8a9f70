/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events, I/O types and flags: their names, and what a request raises.
 */
#ifndef BLKDEBUG_NAMES_H
#define BLKDEBUG_NAMES_H

#include <linux/sched.h>
#include <linux/types.h>

#define BLKDEBUG_NAME_MAX	63	/* characters in an event name or a tag */

/* What a request asks the device to do */
enum blkdebug_iotype {
	BLKDEBUG_IO_READ,
	BLKDEBUG_IO_WRITE,
	BLKDEBUG_IO_WRITE_ZEROES,
	BLKDEBUG_IO_DISCARD,
	BLKDEBUG_IO_FLUSH,
	BLKDEBUG_IO_SECURE_ERASE,
	BLKDEBUG_IO_ZONE_APPEND,
	BLKDEBUG_IO_ZONE_MGMT,
	BLKDEBUG_NR_IOTYPES,
	/* The caller of the message "event": held like a request, but none */
	BLKDEBUG_IO_EVENT = BLKDEBUG_NR_IOTYPES,
};

#define BLKDEBUG_ALL_IOTYPES	((1U << BLKDEBUG_NR_IOTYPES) - 1)

/* Bits of struct blkdebug_io's flags; the block layer's own numbers move. */
enum blkdebug_flag {
	BLKDEBUG_FUA	= 1U << 0,
	BLKDEBUG_META	= 1U << 1,
	BLKDEBUG_SYNC	= 1U << 2,
	BLKDEBUG_PRIO	= 1U << 3,
	BLKDEBUG_RAHEAD	= 1U << 4,
	BLKDEBUG_NOWAIT	= 1U << 5,
	BLKDEBUG_ATOMIC	= 1U << 6,
};

#define BLKDEBUG_NR_FLAGS	7

/**
 * struct blkdebug_io - a request as rules see it
 * @sector: first sector, from the target's start
 * @nr_sectors: sectors touched; 0 for what has none (flush, event)
 * @iotype: enum blkdebug_iotype
 * @flags: enum blkdebug_flag
 * @comm: name of the task that has submitted it
 */
struct blkdebug_io {
	sector_t sector;
	sector_t nr_sectors;
	u8 iotype;
	u16 flags;
	char comm[TASK_COMM_LEN];
};

/*
 * Events. Those that I/O raises by itself, and "none", have names here; the
 * other events of QEMU's are known by their place in the table of names only.
 */
enum blkdebug_event {
	BLKDEBUG_EV_NONE,
	BLKDEBUG_EV_READ_AIO,
	BLKDEBUG_EV_WRITE_AIO,
	BLKDEBUG_EV_PWRITEV,
	BLKDEBUG_EV_PWRITEV_ZERO,
	BLKDEBUG_EV_PWRITEV_DONE,
	BLKDEBUG_EV_FLUSH_TO_OS,
	BLKDEBUG_EV_FLUSH_TO_DISK,
	BLKDEBUG_EV_READ_DONE,
	BLKDEBUG_EV_FLUSH_DONE,
	BLKDEBUG_EV_DISCARD,
	BLKDEBUG_EV_DISCARD_DONE,
	BLKDEBUG_NR_IO_EVENTS,
	BLKDEBUG_NR_EVENTS = 52,
	BLKDEBUG_EV_USER = BLKDEBUG_NR_EVENTS,	/* user.<anything> */
	BLKDEBUG_EV_STANDING,			/* a rule without an event */
};

/* The most events a request raises before its check */
#define BLKDEBUG_EVENTS_BEFORE	2

/**
 * struct blkdebug_raises - the events of one I/O type
 * @before: raised in this order before the check; %BLKDEBUG_EV_NONE is a gap
 * @done: raised when the request completes, or %BLKDEBUG_EV_NONE
 */
struct blkdebug_raises {
	u8 before[BLKDEBUG_EVENTS_BEFORE];
	u8 done;
};

extern const struct blkdebug_raises blkdebug_raises[BLKDEBUG_NR_IOTYPES];

int blkdebug_name_cmp(const char *a, const char *b);
bool blkdebug_name_valid(const char *name);
int blkdebug_event_lookup(const char *name);
const char *blkdebug_event_name(unsigned int event);

int blkdebug_iotype_lookup(const char *name, size_t len);
const char *blkdebug_iotype_name(unsigned int iotype);

int blkdebug_flag_lookup(const char *name, size_t len);
const char *blkdebug_flag_name(unsigned int bit);
u16 blkdebug_flags_known(void);

#endif

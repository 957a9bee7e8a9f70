// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events, I/O types and flags: their names, and what a request raises.
 */
#include <linux/blk_types.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../compat.h"
#include "names.h"

/* QEMU's names in the spelling of its first blkdebug driver, and four of ours */
static const char * const event_names[BLKDEBUG_NR_EVENTS] = {
	[BLKDEBUG_EV_NONE]		= "none",
	[BLKDEBUG_EV_READ_AIO]		= "read_aio",
	[BLKDEBUG_EV_WRITE_AIO]		= "write_aio",
	[BLKDEBUG_EV_PWRITEV]		= "pwritev",
	[BLKDEBUG_EV_PWRITEV_ZERO]	= "pwritev_zero",
	[BLKDEBUG_EV_PWRITEV_DONE]	= "pwritev_done",
	[BLKDEBUG_EV_FLUSH_TO_OS]	= "flush_to_os",
	[BLKDEBUG_EV_FLUSH_TO_DISK]	= "flush_to_disk",
	[BLKDEBUG_EV_READ_DONE]		= "read_done",
	[BLKDEBUG_EV_FLUSH_DONE]	= "flush_done",
	[BLKDEBUG_EV_DISCARD]		= "discard",
	[BLKDEBUG_EV_DISCARD_DONE]	= "discard_done",
	"l1_update",
	"l1_grow.alloc_table",
	"l1_grow.write_table",
	"l1_grow.activate_table",
	"l1_shrink_write_table",
	"l1_shrink_free_l2_clusters",
	"l2_load",
	"l2_update",
	"l2_update_compressed",
	"l2_alloc.cow_read",
	"l2_alloc.write",
	"read_backing_aio",
	"read_compressed",
	"write_compressed",
	"vmstate_load",
	"vmstate_save",
	"cow_read",
	"cow_write",
	"cor_write",
	"reftable_load",
	"reftable_grow",
	"reftable_update",
	"refblock_load",
	"refblock_update",
	"refblock_update_part",
	"refblock_alloc",
	"refblock_alloc.hookup",
	"refblock_alloc.write",
	"refblock_alloc.write_blocks",
	"refblock_alloc.write_table",
	"refblock_alloc.switch_table",
	"cluster_alloc",
	"cluster_alloc_bytes",
	"cluster_alloc_space",
	"cluster_free",
	"pwritev_rmw.head",
	"pwritev_rmw.after_head",
	"pwritev_rmw.tail",
	"pwritev_rmw.after_tail",
	"empty_image_prepare",
};

static const char * const iotype_names[] = {
	[BLKDEBUG_IO_READ]		= "read",
	[BLKDEBUG_IO_WRITE]		= "write",
	[BLKDEBUG_IO_WRITE_ZEROES]	= "write-zeroes",
	[BLKDEBUG_IO_DISCARD]		= "discard",
	[BLKDEBUG_IO_FLUSH]		= "flush",
	[BLKDEBUG_IO_SECURE_ERASE]	= "secure-erase",
	[BLKDEBUG_IO_ZONE_APPEND]	= "zone-append",
	[BLKDEBUG_IO_ZONE_MGMT]		= "zone-mgmt",
	[BLKDEBUG_IO_EVENT]		= "event",
};

static const char * const flag_names[BLKDEBUG_NR_FLAGS] = {
	"fua", "meta", "sync", "prio", "rahead", "nowait", "atomic",
};

const struct blkdebug_raises blkdebug_raises[BLKDEBUG_NR_IOTYPES] = {
	[BLKDEBUG_IO_READ] = {
		.before = { BLKDEBUG_EV_READ_AIO },
		.done = BLKDEBUG_EV_READ_DONE,
	},
	[BLKDEBUG_IO_WRITE] = {
		.before = { BLKDEBUG_EV_WRITE_AIO, BLKDEBUG_EV_PWRITEV },
		.done = BLKDEBUG_EV_PWRITEV_DONE,
	},
	[BLKDEBUG_IO_ZONE_APPEND] = {
		.before = { BLKDEBUG_EV_WRITE_AIO, BLKDEBUG_EV_PWRITEV },
		.done = BLKDEBUG_EV_PWRITEV_DONE,
	},
	[BLKDEBUG_IO_WRITE_ZEROES] = {
		.before = { BLKDEBUG_EV_PWRITEV_ZERO },
		.done = BLKDEBUG_EV_PWRITEV_DONE,
	},
	[BLKDEBUG_IO_FLUSH] = {
		.before = { BLKDEBUG_EV_FLUSH_TO_OS, BLKDEBUG_EV_FLUSH_TO_DISK },
		.done = BLKDEBUG_EV_FLUSH_DONE,
	},
	[BLKDEBUG_IO_DISCARD] = {
		.before = { BLKDEBUG_EV_DISCARD },
		.done = BLKDEBUG_EV_DISCARD_DONE,
	},
};

/**
 * blkdebug_name_cmp - order two event names, '.' and '_' being alike
 * @a: a name
 * @b: another
 *
 * QEMU renamed its events from "l1_grow.alloc_table" to "l1_grow_alloc_table";
 * both spellings are in use.
 *
 * Return: as strcmp().
 */
int blkdebug_name_cmp(const char *a, const char *b)
{
	for (;; a++, b++) {
		char ca = *a == '.' ? '_' : *a;
		char cb = *b == '.' ? '_' : *b;

		if (ca != cb || !ca)
			return (unsigned char)ca - (unsigned char)cb;
	}
}

/**
 * blkdebug_name_valid - is this a well-formed event name?
 * @name: the name
 *
 * Return: true for 1 to %BLKDEBUG_NAME_MAX of [A-Za-z0-9_.-].
 */
bool blkdebug_name_valid(const char *name)
{
	size_t len = 0;

	for (; *name; name++, len++) {
		if (!isascii(*name) ||
		    (!isalnum(*name) && !strchr("_.-", *name)))
			return false;
	}
	return len && len <= BLKDEBUG_NAME_MAX;
}

/**
 * blkdebug_event_lookup - find an event by its name
 * @name: the name
 *
 * Return: enum blkdebug_event, with %BLKDEBUG_EV_USER for each user event, or
 * -ENOENT.
 */
int blkdebug_event_lookup(const char *name)
{
	unsigned int i;

	if (!blkdebug_name_valid(name))
		return -ENOENT;
	if (!strncmp(name, "user", 4) && (name[4] == '.' || name[4] == '_') &&
	    name[5])
		return BLKDEBUG_EV_USER;
	for (i = 0; i < BLKDEBUG_NR_EVENTS; i++) {
		if (!blkdebug_name_cmp(event_names[i], name))
			return i;
	}
	return -ENOENT;
}

/**
 * blkdebug_event_name - the canonical name of an event
 * @event: below %BLKDEBUG_NR_EVENTS
 *
 * Return: the name.
 */
const char *blkdebug_event_name(unsigned int event)
{
	return event_names[event];
}

static int lookup(const char * const *names, unsigned int nr,
		  const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return i;
	}
	return -ENOENT;
}

/**
 * blkdebug_iotype_lookup - find an I/O type by its name
 * @name: the name, which need not end at @len
 * @len: its length in bytes
 *
 * Return: enum blkdebug_iotype or -ENOENT.
 */
int blkdebug_iotype_lookup(const char *name, size_t len)
{
	return lookup(iotype_names, BLKDEBUG_NR_IOTYPES, name, len);
}

/**
 * blkdebug_iotype_name - the name of an I/O type
 * @iotype: enum blkdebug_iotype
 *
 * Return: the name.
 */
const char *blkdebug_iotype_name(unsigned int iotype)
{
	return iotype_names[iotype];
}

/**
 * blkdebug_flag_lookup - find a flag by its name
 * @name: the name, which need not end at @len
 * @len: its length in bytes
 *
 * Return: the number of its bit, or -ENOENT: no such flag on this kernel.
 */
int blkdebug_flag_lookup(const char *name, size_t len)
{
	int bit = lookup(flag_names, BLKDEBUG_NR_FLAGS, name, len);

	if (bit >= 0 && !(blkdebug_flags_known() & (1U << bit)))
		return -ENOENT;
	return bit;
}

/**
 * blkdebug_flag_name - the name of a flag
 * @bit: number of the flag's bit
 *
 * Return: the name.
 */
const char *blkdebug_flag_name(unsigned int bit)
{
	return flag_names[bit];
}

/**
 * blkdebug_flags_known - the flags that this kernel's bios can carry
 *
 * Return: a mask of enum blkdebug_flag.
 */
u16 blkdebug_flags_known(void)
{
	u16 known = BLKDEBUG_FUA | BLKDEBUG_META | BLKDEBUG_SYNC |
		    BLKDEBUG_PRIO | BLKDEBUG_RAHEAD | BLKDEBUG_NOWAIT;

	if (BLKDEBUG_REQ_ATOMIC)
		known |= BLKDEBUG_ATOMIC;
	return known;
}

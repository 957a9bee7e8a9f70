// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of the rule language, and the events that each I/O type raises.
 */
#include <linux/blk_types.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../compat.h"
#include "names.h"

#define IOTYPE_NAME(name, string)	[BLKDEBUG_IO_##name] = string,
#define FLAG_NAME(name, string)		[BLKDEBUG_##name##_BIT] = string,
#define ACTION_NAME(name, string)	[BLKDEBUG_##name] = string,
#define TRANSFER_NAME(name, string)	[BLKDEBUG_TRANSFER_##name] = string,
#define EVENT_NAME(name, string)	[BLKDEBUG_EV_##name] = string,

static const char * const iotype_names[] = {
	BLKDEBUG_IOTYPES(IOTYPE_NAME)
	[BLKDEBUG_IO_EVENT] = "event",
};

static const char * const flag_names[] = { BLKDEBUG_FLAGS(FLAG_NAME) };

static const char * const action_names[] = { BLKDEBUG_ACTIONS(ACTION_NAME) };

const char * const blkdebug_transfer_names[] = {
	BLKDEBUG_TRANSFERS(TRANSFER_NAME)
};

static const char * const event_names[] = {
	BLKDEBUG_IO_EVENTS(EVENT_NAME)
	BLKDEBUG_OTHER_EVENTS(EVENT_NAME)
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
 * blkdebug_name_cmp - compare two event names; '.' equals '_'
 * @a: a name
 * @b: another name
 *
 * QEMU renamed its events from "l1_grow.alloc_table" to "l1_grow_alloc_table";
 * both spellings are in use.
 *
 * Context: Any context.
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
 * blkdebug_name_valid - test whether a name is well-formed
 * @name: the name
 *
 * Context: Any context.
 * Return: true for 1 to %BLKDEBUG_NAME_MAX of [A-Za-z0-9_.-].
 */
bool blkdebug_name_valid(const char *name)
{
	size_t len;

	for (len = 0; name[len]; len++) {
		if (len == BLKDEBUG_NAME_MAX || !isascii(name[len]) ||
		    (!isalnum(name[len]) && !strchr("_.-", name[len])))
			return false;
	}
	return len;
}

/**
 * blkdebug_tag_valid - test whether a tag is well-formed
 * @tag: the tag
 *
 * Context: Any context.
 * Return: true for 1 to %BLKDEBUG_NAME_MAX of [A-Za-z0-9_.-], the first one a
 * letter or '_'.
 */
bool blkdebug_tag_valid(const char *tag)
{
	return blkdebug_name_valid(tag) && !isdigit(*tag) && *tag != '.' &&
	       *tag != '-';
}

/**
 * blkdebug_name_lookup - find a name in a table
 * @names: the table
 * @nr: entries in @names
 * @name: the name, not necessarily terminated at @len
 * @len: length of @name in bytes
 *
 * Context: Any context.
 * Return: the index in @names, or -ENOENT.
 */
int blkdebug_name_lookup(const char * const *names, unsigned int nr,
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
 * blkdebug_event_lookup - find an event by its name
 * @name: the name
 *
 * Context: Any context.
 * Return: enum blkdebug_event, with %BLKDEBUG_EV_USER for every user event, or
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
 * blkdebug_event_name - get the canonical name of an event
 * @event: below %BLKDEBUG_NR_EVENTS
 *
 * Context: Any context.
 * Return: the name.
 */
const char *blkdebug_event_name(unsigned int event)
{
	return event_names[event];
}

/**
 * blkdebug_iotype_lookup - find an I/O type by its name
 * @name: the name, not necessarily terminated at @len
 * @len: length of @name in bytes
 *
 * Context: Any context.
 * Return: enum blkdebug_iotype, without %BLKDEBUG_IO_EVENT, or -ENOENT.
 */
int blkdebug_iotype_lookup(const char *name, size_t len)
{
	return blkdebug_name_lookup(iotype_names, BLKDEBUG_NR_IOTYPES, name,
				    len);
}

/**
 * blkdebug_iotype_name - get the name of an I/O type
 * @iotype: enum blkdebug_iotype
 *
 * Context: Any context.
 * Return: the name.
 */
const char *blkdebug_iotype_name(unsigned int iotype)
{
	return iotype_names[iotype];
}

/**
 * blkdebug_flag_lookup - find a flag by its name
 * @name: the name, not necessarily terminated at @len
 * @len: length of @name in bytes
 *
 * Context: Any context.
 * Return: enum blkdebug_flag_bit, or -ENOENT if this kernel has no such flag.
 */
int blkdebug_flag_lookup(const char *name, size_t len)
{
	int bit = blkdebug_name_lookup(flag_names, BLKDEBUG_NR_FLAGS, name,
				       len);

	if (bit >= 0 && !(blkdebug_flags_known() & (1U << bit)))
		return -ENOENT;
	return bit;
}

/**
 * blkdebug_flag_name - get the name of a flag
 * @bit: enum blkdebug_flag_bit
 *
 * Context: Any context.
 * Return: the name.
 */
const char *blkdebug_flag_name(unsigned int bit)
{
	return flag_names[bit];
}

/**
 * blkdebug_flags_known - get the flags that bios of this kernel can have
 *
 * Context: Any context.
 * Return: a mask of enum blkdebug_flag.
 */
u16 blkdebug_flags_known(void)
{
	u16 known = (1U << BLKDEBUG_NR_FLAGS) - 1;

	if (!BLKDEBUG_REQ_ATOMIC)
		known &= ~BLKDEBUG_ATOMIC;
	return known;
}

/**
 * blkdebug_action_lookup - find an action by its name
 * @name: the name
 *
 * Context: Any context.
 * Return: enum blkdebug_action, or -ENOENT.
 */
int blkdebug_action_lookup(const char *name)
{
	return blkdebug_name_lookup(action_names, BLKDEBUG_NR_ACTIONS, name,
				    strlen(name));
}

/**
 * blkdebug_action_name - get the name of an action
 * @action: enum blkdebug_action
 *
 * Context: Any context.
 * Return: the name.
 */
const char *blkdebug_action_name(unsigned int action)
{
	return action_names[action];
}

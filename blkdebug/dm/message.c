// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: from dm and from sysfs to the engine's commands.
 */
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "message.h"

/* Size of the description of a mistake in the kernel log, in bytes */
#define ERROR_TEXT	512

/**
 * blkdebug_log_error - log a mistake in a table or a message
 * @t: the target
 * @err: the mistake
 *
 * Context: may sleep.
 */
void blkdebug_log_error(struct blkdebug_target *t,
			const struct blkdebug_error *err)
{
	char *text = kmalloc(ERROR_TEXT, GFP_KERNEL);

	if (text) {
		blkdebug_error_text(err, text, ERROR_TEXT);
		DMERR("%s: %s", dm_table_device_name(t->ti->table), text);
	}
	kfree(text);
}

/**
 * blkdebug_command - execute a message, from dm or from sysfs
 * @t: the target
 * @argc: number of words, at least one
 * @argv: the words
 * @result: empty; receives the result
 *
 * Allocations start no I/O here, because this target might hold that I/O.
 *
 * Context: may sleep.
 *
 * Return: 0, 1 if there is a result, or a negative errno.
 */
int blkdebug_command(struct blkdebug_target *t, unsigned int argc, char **argv,
		     struct seq_buf *result)
{
	unsigned int noio = memalloc_noio_save();
	struct blkdebug_error err;
	int r = blkdebug_message(&t->engine, argc, argv, result, &err);

	if (r < 0 && err.reason)
		blkdebug_log_error(t, &err);
	memalloc_noio_restore(noio);
	return r;
}

/**
 * blkdebug_target_message - dm's .message
 * @ti: the target
 * @argc: number of words, at least one
 * @argv: the words
 * @result: buffer for the result
 * @maxlen: size of @result in bytes
 *
 * Context: may sleep.
 *
 * Return: 0, 1 if there is a result, or a negative errno.
 */
int blkdebug_target_message(struct dm_target *ti, unsigned int argc,
			    char **argv, char *result, unsigned int maxlen)
{
	struct seq_buf out;

	/* dm has split a long message into words without a pause */
	cond_resched();
	if (maxlen)
		*result = '\0';
	seq_buf_init(&out, result, maxlen);
	return blkdebug_command(ti->private, argc, argv, &out);
}

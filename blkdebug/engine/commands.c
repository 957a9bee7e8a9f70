// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: look up and execute messages; status, state and counters.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "call.h"
#include "commands.h"

#define DEFAULT_TIMEOUT_MS	60000

/* Parse a number of at most @max. Returns 0, or -EINVAL with @call->err set. */
int blkdebug_call_number(struct blkdebug_call *call, const char *word, u64 max,
			 u64 *number)
{
	int r = blkdebug_parse_number(word, strlen(word), max, number);

	if (r)
		return blkdebug_error_set(call->err, r == -ERANGE ?
					  "Number out of range" :
					  "Invalid number", word);
	return 0;
}

/* Parse the timeout, in ms, in the word at @pos, if there is one. Sets jiffies. */
int blkdebug_call_timeout(struct blkdebug_call *call, unsigned int pos, long *timeout)
{
	u64 ms = DEFAULT_TIMEOUT_MS;
	int r;

	if (pos < call->argc) {
		r = blkdebug_call_number(call, call->argv[pos], INT_MAX, &ms);
		if (r)
			return r;
	}
	*timeout = msecs_to_jiffies(ms);
	return 0;
}

/* Fail because a rule, tag or event does not exist. Returns -ENOENT. */
int blkdebug_call_no_such(struct blkdebug_call *call, char *reason, const char *word)
{
	blkdebug_error_set(call->err, reason, word);
	return -ENOENT;
}

/* Returns 0 if the word may be a tag, or -EINVAL with @call->err set. */
int blkdebug_call_check_tag(struct blkdebug_call *call, const char *word)
{
	if (!blkdebug_tag_valid(word))
		return blkdebug_error_set(call->err, "Invalid tag", word);
	return 0;
}

/* Begin a line of a result. The last line ends without a newline. */
void blkdebug_next_line(struct seq_buf *out)
{
	if (out->len)
		seq_buf_printf(out, "\n");
}

/* Get the errno for a wait whose condition is false; @left: result of the wait. */
int blkdebug_wait_error(long left)
{
	return left < 0 ? -EINTR : -ETIMEDOUT;
}

/* Test whether sleepers are to give up because the device is being suspended. */
bool blkdebug_suspending(struct blkdebug_engine *engine)
{
	return READ_ONCE(engine->mode) & BLKDEBUG_SUSPENDING;
}

static int do_state(struct blkdebug_call *call)
{
	u64 state;
	int r;

	if (call->argc) {
		r = blkdebug_call_number(call, call->argv[0], BLKDEBUG_STATE_MAX,
					 &state);
		if (r)
			return r;
		blkdebug_set_state(call->engine, state);
	} else {
		state = READ_ONCE(call->engine->state);
	}
	seq_buf_printf(call->result, "%llu", state);
	return BLKDEBUG_ANSWERED;
}

static void print_counters(struct blkdebug_engine *engine, struct seq_buf *out,
			   unsigned int iotype)
{
	unsigned long flags = blkdebug_lock(engine);
	u64 injected = engine->injected[iotype];
	u64 held = engine->held[iotype];

	blkdebug_unlock(engine, flags);
	blkdebug_next_line(out);
	seq_buf_printf(out, "%s seen=%lu injected=%llu held=%llu",
		       blkdebug_iotype_name(iotype),
		       blkdebug_seen(engine, iotype), injected, held);
}

static int do_stats(struct blkdebug_call *call)
{
	struct blkdebug_engine *engine = call->engine;
	unsigned int i;

	if (call->argc && strcmp(call->argv[0], "reset"))
		return blkdebug_error_set(call->err, "Unexpected word",
					  call->argv[0]);
	mutex_lock(&engine->control);
	if (call->argc) {
		blkdebug_reset_counters(engine);
	} else {
		for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++)
			print_counters(engine, call->result, i);
	}
	mutex_unlock(&engine->control);
	return call->argc ? 0 : BLKDEBUG_ANSWERED;
}

static int do_owner_command(struct blkdebug_call *call)
{
	const struct blkdebug_ops *ops = call->engine->ops;

	if (!ops->command)
		return blkdebug_error_set(call->err, "Unknown message",
					  call->argv[-1]);
	return ops->command(call);
}

static int do_features(struct blkdebug_call *call)
{
	blkdebug_print_all_features(call->result);
	return BLKDEBUG_ANSWERED;
}

/* A message */
struct command {
	const char *name;		/* its first word */
	unsigned int min;		/* further words at least */
	unsigned int max;		/* further words at most */
	/* Returns 0, BLKDEBUG_ANSWERED, or a negative errno. May sleep. */
	int (*fn)(struct blkdebug_call *call);
};

static const struct command commands[] = {
	{ "event", 1, 2, blkdebug_do_event },
	{ "break", 2, UINT_MAX, blkdebug_do_break },
	{ "remove_break", 1, 1, blkdebug_do_remove_break },
	{ "resume", 1, 3, blkdebug_do_resume },
	{ "wait_break", 1, 2, blkdebug_do_wait_break },
	{ "is_suspended", 1, 1, blkdebug_do_is_suspended },
	{ "held", 0, 0, blkdebug_do_held },
	{ "add", 1, UINT_MAX, blkdebug_do_add },
	{ "replace", 1, UINT_MAX, blkdebug_do_replace },
	{ "remove", 1, UINT_MAX, blkdebug_do_remove },
	{ "clear", 0, 0, blkdebug_do_clear },
	{ "reset", 0, 0, blkdebug_do_reset },
	{ "list", 0, 0, blkdebug_do_list },
	{ "wait_hits", 2, 3, blkdebug_do_wait_hits },
	{ "state", 0, 1, do_state },
	{ "stats", 0, 1, do_stats },
	{ "features", 0, 0, do_features },
	{ "power-cut", 0, 4, do_owner_command },
	{ "power-on", 0, 0, do_owner_command },
	{ "volatile", 0, 0, do_owner_command },
	{ "mark", 1, 1, do_owner_command },
	{ "unmark", 1, 1, do_owner_command },
};

/**
 * blkdebug_message - execute a message
 * @engine: the engine
 * @argc: number of words, at least one
 * @argv: the words
 * @result: empty; receives the result
 * @err: describes a failure; its reason is NULL if the errno says all
 *
 * Context: may sleep; the messages event, wait_break and wait_hits do so until their
 * condition is true or their timeout has passed.
 *
 * Return: 0, 1 if there is a result, or a negative errno.
 */
int blkdebug_message(struct blkdebug_engine *engine, unsigned int argc,
		     char **argv, struct seq_buf *result,
		     struct blkdebug_error *err)
{
	struct blkdebug_call call = {
		.engine = engine,
		.argc = argc - 1,
		.argv = argv + 1,
		.result = result,
		.err = err,
	};
	unsigned int i;

	memset(err, 0, sizeof(*err));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, argv[0]))
			continue;
		if (call.argc < commands[i].min || call.argc > commands[i].max)
			return blkdebug_error_set(err, "Invalid argument count",
						  argv[0]);
		return commands[i].fn(&call);
	}
	return blkdebug_error_set(err, "Unknown message", argv[0]);
}

/**
 * blkdebug_print_status - print the status line
 * @engine: the engine
 * @out: the output
 *
 * Context: may sleep; takes the control mutex.
 */
void blkdebug_print_status(struct blkdebug_engine *engine, struct seq_buf *out)
{
	u64 rules, armed, held, injected;
	unsigned long flags;
	u32 state;

	mutex_lock(&engine->control);
	flags = blkdebug_lock(engine);
	state = engine->state;
	rules = blkdebug_rules(engine)->nr_live;
	armed = engine->armed.event ? engine->armed.nr : 0;
	held = engine->holds.nr;
	injected = blkdebug_injected(engine);
	blkdebug_unlock(engine, flags);
	mutex_unlock(&engine->control);
	seq_buf_printf(out,
		       "state=%u rules=%llu armed=%llu held=%llu injected=%llu seed=%llu",
		       state, rules, armed, held, injected, engine->seed);
}

/**
 * blkdebug_print_all_features - print the names of all actions, keys, events, options
 *	and messages, one kind a line
 * @out: the output
 *
 * Context: any.
 */
void blkdebug_print_all_features(struct seq_buf *out)
{
	unsigned int i;

	blkdebug_print_features(out);
	seq_buf_printf(out, "options");
	blkdebug_print_option_names(out);
	seq_buf_printf(out, "\nmessages");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		seq_buf_printf(out, " %s", commands[i].name);
	seq_buf_printf(out, "\n");
}

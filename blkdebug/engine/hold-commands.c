// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that raise events, and that list, resume and wait for holds.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "call.h"
#include "commands.h"
#include "process.h"
#include "resume.h"
#include "ruleset.h"

/* Fail without a line in the kernel log, because a script may poll this message. */
static int fail_quietly(struct blkdebug_call *call)
{
	call->err->reason = NULL;
	return -ENOENT;
}

static bool event_released(struct blkdebug_engine *engine, struct blkdebug_io *io)
{
	unsigned long flags = blkdebug_lock(engine);
	bool held = io->verdict == BLKDEBUG_HELD;

	blkdebug_unlock(engine, flags);
	return !held;
}

static int raise_event(struct blkdebug_call *call, struct blkdebug_io *io,
		       unsigned int event, long timeout)
{
	struct blkdebug_engine *engine = call->engine;
	char name[BLKDEBUG_NAME_MAX + 1];
	long left;

	strscpy(name, call->argv[0], sizeof(name));
	blkdebug_raise(engine, io, event, name);
	while ((left = wait_event_killable_timeout(engine->wait,
						   event_released(engine, io),
						   timeout)) > 0 &&
	       io->verdict == BLKDEBUG_NEED_LOCK) {
		timeout = left;
		blkdebug_continue_event(engine, io);
	}
	if (blkdebug_cancel_event(engine, io))
		return blkdebug_wait_error(left);
	return -(int)io->error;
}

int blkdebug_do_event(struct blkdebug_call *call)
{
	struct blkdebug_io *io;
	long timeout;
	int event, r;

	event = blkdebug_event_lookup(call->argv[0]);
	if (event < 0)
		return blkdebug_call_no_such(call, "Unknown event", call->argv[0]);
	r = blkdebug_call_timeout(call, 1, &timeout);
	if (r)
		return r;
	io = kmalloc(sizeof(*io), GFP_KERNEL);
	if (!io)
		return -ENOMEM;
	r = raise_event(call, io, event, timeout);
	kfree(io);
	return r;
}

static bool remove_breakpoint(struct blkdebug_engine *engine,
			      struct blkdebug_rule *rule)
{
	bool breakpoint = rule->action == BLKDEBUG_SUSPEND &&
			  !READ_ONCE(rule->dead);

	if (breakpoint)
		blkdebug_remove_rule(engine, rule);
	return breakpoint;
}

int blkdebug_do_remove_break(struct blkdebug_call *call)
{
	struct blkdebug_engine *engine = call->engine;
	const char *word = call->argv[0];
	struct blkdebug_tag *tag;
	bool held = false;
	int r;

	r = blkdebug_call_check_tag(call, word);
	if (r)
		return r;
	mutex_lock(&engine->control);
	r = blkdebug_visit_named(call, word, remove_breakpoint);
	tag = blkdebug_find_tag(engine, word);
	if (tag)
		held = blkdebug_resume_all(engine, tag, -1);
	mutex_unlock(&engine->control);
	return held ? 0 : r;
}

/* Arguments of "resume" */
struct resumption {
	u64 hold;			/* number of the hold; 0: a tag is given */
	bool all;			/* all holds with the tag */
	int error;			/* errno to fail with, or negative */
};

static int parse_resume(struct blkdebug_call *call, struct resumption *res)
{
	const char *word = call->argv[0];
	unsigned int i;
	u16 error;
	int r;

	if (*word == '#') {
		if (blkdebug_parse_number(word + 1, strlen(word + 1), U64_MAX,
					  &res->hold) || !res->hold)
			return blkdebug_error_set(call->err, "Invalid number",
						  word);
	} else {
		r = blkdebug_call_check_tag(call, word);
		if (r)
			return r;
	}
	for (i = 1; i < call->argc; i++) {
		word = call->argv[i];
		if (!strcmp(word, "all") && !res->all && !res->hold) {
			res->all = true;
		} else if (!strncmp(word, "errno=", 6) && res->error < 0) {
			if (blkdebug_parse_errno(word + 6, &error))
				return blkdebug_error_set(call->err,
					"Not an errno that bios carry", word);
			res->error = error;
		} else {
			return blkdebug_error_set(call->err, "Unexpected word",
						  word);
		}
	}
	return 0;
}

/* Find the hold with this number or, if 0, the newest hold with the tag @word. */
static struct blkdebug_hold *find_hold(struct blkdebug_engine *engine,
				       const char *word, u64 number)
{
	struct blkdebug_hold *hold;
	struct blkdebug_tag *tag;

	lockdep_assert_held(&engine->lock);
	if (number) {
		hold = blkdebug_hold_after(&engine->holds, number - 1);
		return hold && hold->number == number ? hold : NULL;
	}
	tag = blkdebug_find_tag(engine, word);
	if (!tag || list_empty(&tag->holds))
		return NULL;
	return list_last_entry(&tag->holds, struct blkdebug_hold, tag_link);
}

static bool resume_one(struct blkdebug_engine *engine, const char *word,
		       const struct resumption *res)
{
	unsigned long flags = blkdebug_lock(engine);
	struct blkdebug_hold *hold = find_hold(engine, word, res->hold);

	/* A test that polls must not disturb I/O while nothing is held. */
	if (hold) {
		blkdebug_write_begin(engine);
		blkdebug_resume_hold(engine, hold, res->error);
		blkdebug_write_end(engine);
	}
	blkdebug_unlock(engine, flags);
	return hold;
}

static bool resume_tag(struct blkdebug_engine *engine, const char *word,
		       const struct resumption *res)
{
	struct blkdebug_tag *tag;
	bool any = false;

	mutex_lock(&engine->control);
	tag = blkdebug_find_tag(engine, word);
	if (tag)
		any = blkdebug_resume_all(engine, tag, res->error);
	mutex_unlock(&engine->control);
	return any;
}

int blkdebug_do_resume(struct blkdebug_call *call)
{
	struct resumption res = { .error = -1 };
	const char *word = call->argv[0];
	bool any;
	int r;

	r = parse_resume(call, &res);
	if (r)
		return r;
	any = res.all ? resume_tag(call->engine, word, &res) :
			resume_one(call->engine, word, &res);
	return any ? 0 : fail_quietly(call);
}

/* A line of "held", copied under the engine's lock and printed without the lock */
struct held_line {
	u64 hold;
	u64 rule;
	char tag[BLKDEBUG_NAME_MAX + 1];
	char event[BLKDEBUG_NAME_MAX + 1];
	struct blkdebug_io_desc desc;
	unsigned int ms;
};

static void copy_hold(const struct blkdebug_hold *hold, struct held_line *line)
{
	const struct blkdebug_io *io = hold->io;

	line->hold = hold->number;
	line->rule = hold->rule;
	strscpy(line->tag, hold->tag->name, sizeof(line->tag));
	strscpy(line->event, io->event ?: "-", sizeof(line->event));
	line->desc = io->desc;
	line->ms = jiffies_to_msecs(jiffies - io->held_since);
}

/**
 * blkdebug_print_io_flags - print the flags of an I/O
 * @out: the output; "-" stands for no flags
 * @flags: a mask of enum blkdebug_flag
 */
void blkdebug_print_io_flags(struct seq_buf *out, u16 flags)
{
	const char *comma = "";
	unsigned int i;

	if (!flags)
		seq_buf_printf(out, "-");
	for (i = 0; i < BLKDEBUG_NR_FLAGS; i++) {
		if (!(flags & (1U << i)))
			continue;
		seq_buf_printf(out, "%s%s", comma, blkdebug_flag_name(i));
		comma = ",";
	}
}

static void print_held_line(struct seq_buf *out, const struct held_line *line)
{
	blkdebug_next_line(out);
	seq_buf_printf(out, "%llu %s %llu %s %s ", line->hold, line->tag,
		       line->rule, line->event,
		       blkdebug_iotype_name(line->desc.iotype));
	blkdebug_print_io_flags(out, line->desc.flags);
	seq_buf_printf(out, " %llu %llu %u", (u64)line->desc.sector,
		       (u64)line->desc.nr_sectors, line->ms);
}

static bool copy_next_hold(struct blkdebug_engine *engine, u64 number,
			   struct held_line *line)
{
	unsigned long flags = blkdebug_lock(engine);
	struct blkdebug_hold *hold = blkdebug_hold_after(&engine->holds, number);

	if (hold)
		copy_hold(hold, line);
	blkdebug_unlock(engine, flags);
	return hold;
}

int blkdebug_do_held(struct blkdebug_call *call)
{
	struct held_line line = { .hold = 0 };

	while (copy_next_hold(call->engine, line.hold, &line)) {
		print_held_line(call->result, &line);
		cond_resched();
	}
	return BLKDEBUG_ANSWERED;
}

/* Test whether a hold has this tag. Copies the newest one to @line unless NULL. */
static bool find_held_tag(struct blkdebug_engine *engine, const char *tag,
			  struct held_line *line)
{
	unsigned long flags = blkdebug_lock(engine);
	struct blkdebug_hold *hold = find_hold(engine, tag, 0);

	if (hold && line)
		copy_hold(hold, line);
	blkdebug_unlock(engine, flags);
	return hold;
}

int blkdebug_do_wait_break(struct blkdebug_call *call)
{
	struct blkdebug_engine *engine = call->engine;
	const char *tag = call->argv[0];
	struct held_line line;
	long timeout, left;
	bool held = false;
	int r;

	r = blkdebug_call_check_tag(call, tag);
	if (!r)
		r = blkdebug_call_timeout(call, 1, &timeout);
	if (r)
		return r;
	left = wait_event_killable_timeout(engine->wait,
					   (held = find_held_tag(engine, tag, &line)) ||
					   blkdebug_suspending(engine), timeout);
	if (!held)
		return left > 0 ? -EINTR : blkdebug_wait_error(left);
	print_held_line(call->result, &line);
	return BLKDEBUG_ANSWERED;
}

int blkdebug_do_is_suspended(struct blkdebug_call *call)
{
	int r = blkdebug_call_check_tag(call, call->argv[0]);

	if (r)
		return r;
	seq_buf_printf(call->result, "%d",
		       find_held_tag(call->engine, call->argv[0], NULL));
	return BLKDEBUG_ANSWERED;
}

/**
 * blkdebug_print_held_tags - print the tag of each hold, one a line
 * @engine: the engine
 * @out: the output
 *
 * Context: any.
 */
void blkdebug_print_held_tags(struct blkdebug_engine *engine,
			      struct seq_buf *out)
{
	struct held_line line = { .hold = 0 };

	/* Print no tag that does not fit as a whole. */
	while (copy_next_hold(engine, line.hold, &line) &&
	       out->len + strlen(line.tag) + 1 < out->size)
		seq_buf_printf(out, "%s\n", line.tag);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Internals of the commands: the context of a message and the functions that
 * execute messages. Callers of the commands include commands.h only.
 */
#ifndef BLKDEBUG_CALL_H
#define BLKDEBUG_CALL_H

#include "engine.h"

/* Return value of a command with a result, as dm expects */
#define BLKDEBUG_ANSWERED	1

/* A command being executed */
struct blkdebug_call {
	struct blkdebug_engine *engine;
	unsigned int argc;		/* words after the command */
	char **argv;
	struct seq_buf *result;
	struct blkdebug_error *err;	/* reason of a failure, for the kernel log */
};

/* Handle a rule. Returns false if the command does not apply to the rule. */
typedef bool (*blkdebug_rule_fn)(struct blkdebug_engine *engine,
				 struct blkdebug_rule *rule);

int blkdebug_call_number(struct blkdebug_call *call, const char *word, u64 max,
			 u64 *number);
int blkdebug_call_timeout(struct blkdebug_call *call, unsigned int pos,
			  long *timeout);
int blkdebug_call_no_such(struct blkdebug_call *call, char *reason,
			  const char *word);
int blkdebug_call_check_tag(struct blkdebug_call *call, const char *word);
void blkdebug_next_line(struct seq_buf *out);
int blkdebug_wait_error(long left);
bool blkdebug_suspending(struct blkdebug_engine *engine);
int blkdebug_visit_named(struct blkdebug_call *call, const char *word,
			 blkdebug_rule_fn fn);

void blkdebug_print_io_flags(struct seq_buf *out, u16 flags);

/* rule-commands.c */
int blkdebug_do_break(struct blkdebug_call *call);
int blkdebug_do_add(struct blkdebug_call *call);
int blkdebug_do_replace(struct blkdebug_call *call);
int blkdebug_do_remove(struct blkdebug_call *call);
int blkdebug_do_clear(struct blkdebug_call *call);
int blkdebug_do_reset(struct blkdebug_call *call);
int blkdebug_do_list(struct blkdebug_call *call);
int blkdebug_do_wait_hits(struct blkdebug_call *call);

/* hold-commands.c */
int blkdebug_do_event(struct blkdebug_call *call);
int blkdebug_do_remove_break(struct blkdebug_call *call);
int blkdebug_do_resume(struct blkdebug_call *call);
int blkdebug_do_wait_break(struct blkdebug_call *call);
int blkdebug_do_is_suspended(struct blkdebug_call *call);
int blkdebug_do_held(struct blkdebug_call *call);

#endif

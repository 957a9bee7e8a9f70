// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control: the verbs. Messages and sysfs both come here.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "commands.h"
#include "process.h"
#include "resume.h"
#include "ruleset.h"

#define DEFAULT_TIMEOUT_MS	60000

/**
 * struct call - a verb being carried out
 * @engine: for which target
 * @argc: words after the verb
 * @argv: these words
 * @answer: where the answer goes
 * @err: what is wrong, if anything
 */
struct call {
	struct blkdebug_engine *engine;
	unsigned int argc;
	char **argv;
	struct seq_buf *answer;
	struct blkdebug_error *err;
};

/* What a verb returns if there is an answer, as dm wants it */
#define ANSWERED	1

static int parse_number(struct call *call, const char *word, u64 max,
			u64 *number)
{
	int r = blkdebug_parse_number(word, strlen(word), max, number);

	if (r)
		return blkdebug_error_set(call->err, r == -ERANGE ?
					  "Number out of range" :
					  "Invalid number", word);
	return 0;
}

/* The timeout in the word at @pos, in jiffies */
static int parse_timeout(struct call *call, unsigned int pos, long *timeout)
{
	u64 ms = DEFAULT_TIMEOUT_MS;
	int r;

	if (pos < call->argc) {
		r = parse_number(call, call->argv[pos], INT_MAX, &ms);
		if (r)
			return r;
	}
	*timeout = msecs_to_jiffies(ms);
	return 0;
}

static int no_such(struct call *call, char *reason, const char *word)
{
	blkdebug_error_set(call->err, reason, word);
	return -ENOENT;
}

/* The same, for what a test may poll: without a line in the kernel log */
static int not_there(struct call *call)
{
	call->err->reason = NULL;
	return -ENOENT;
}

static int check_tag(struct call *call, const char *word)
{
	if (!blkdebug_tag_valid(word))
		return blkdebug_error_set(call->err, "Invalid tag", word);
	return 0;
}

/* Answers consist of lines without a newline after the last */
static void next_line(struct seq_buf *out)
{
	if (out->len)
		seq_buf_printf(out, "\n");
}

/* Why a wait_event has ended without its condition */
static int gave_up(long left)
{
	return left < 0 ? -EINTR : -ETIMEDOUT;
}

static bool suspending(struct blkdebug_engine *engine)
{
	return READ_ONCE(engine->mode) & BLKDEBUG_SUSPENDING;
}

/* Rules */

/* Read rules, numbered as if they were added now; the control mutex is held */
static int parse_rules(struct call *call, unsigned int argc, char **argv,
		       struct list_head *rules)
{
	int r = blkdebug_parse_rules(argc, argv, call->engine->last_number + 1,
				     &call->engine->geometry, rules, call->err);

	if (r)
		blkdebug_free_rules(rules);
	return r;
}

static int add_rules(struct call *call, unsigned int argc, char **argv,
		     bool replace)
{
	struct blkdebug_engine *engine = call->engine;
	LIST_HEAD(rules);
	int r;

	r = parse_rules(call, argc, argv, &rules);
	if (!r)
		r = blkdebug_add_rules(engine, &rules, replace);
	return r;
}

static int do_rules(struct call *call, bool replace)
{
	struct blkdebug_engine *engine = call->engine;
	u64 first;
	int r;

	mutex_lock(&engine->control);
	first = engine->last_number + 1;
	r = add_rules(call, call->argc, call->argv, replace);
	if (!r)
		seq_buf_printf(call->answer, "%llu-%llu", first,
			       engine->last_number);
	mutex_unlock(&engine->control);
	return r ?: ANSWERED;
}

static int do_add(struct call *call)
{
	return do_rules(call, false);
}

static int do_replace(struct call *call)
{
	return do_rules(call, true);
}

/* Words for a breakpoint: those of the message, and what is implied */
static int add_breakpoint(struct call *call, char *event, char *tag)
{
	unsigned int argc = call->argc + 1;
	char **argv;
	int r;

	argv = kmalloc_array(argc, sizeof(*argv), GFP_KERNEL);
	if (!argv)
		return -ENOMEM;
	argv[0] = "suspend";
	argv[1] = event;
	argv[2] = tag;
	memcpy(&argv[3], &call->argv[2], (call->argc - 2) * sizeof(*argv));
	r = add_rules(call, argc, argv, false);
	kfree(argv);
	return r;
}

static int do_break(struct call *call)
{
	struct blkdebug_engine *engine = call->engine;
	char event[sizeof("event=") + BLKDEBUG_NAME_MAX];
	char tag[sizeof("tag=") + BLKDEBUG_NAME_MAX];
	unsigned int i;
	int r;

	if (blkdebug_event_lookup(call->argv[0]) < 0)
		return no_such(call, "Unknown event", call->argv[0]);
	r = check_tag(call, call->argv[1]);
	if (r)
		return r;
	for (i = 2; i < call->argc; i++) {
		if (blkdebug_is_action(call->argv[i]))
			return blkdebug_error_set(call->err, "Not key=value",
						  call->argv[i]);
	}
	snprintf(event, sizeof(event), "event=%s", call->argv[0]);
	snprintf(tag, sizeof(tag), "tag=%s", call->argv[1]);

	mutex_lock(&engine->control);
	r = add_breakpoint(call, event, tag);
	if (!r)
		seq_buf_printf(call->answer, "%llu", engine->last_number);
	mutex_unlock(&engine->control);
	return r ?: ANSWERED;
}

/* What to do to a rule; false if it is not one of those meant */
typedef bool (*rule_fn)(struct blkdebug_engine *engine,
			struct blkdebug_rule *rule);

/*
 * Call @fn for each rule that a word names, by number or tag, with the control
 * mutex held. Returns 0, or -ENOENT if there was none.
 */
static int visit_named(struct call *call, const char *word, rule_fn fn)
{
	struct blkdebug_engine *engine = call->engine;
	struct blkdebug_rule *rule, *next;
	struct blkdebug_tag *tag;
	bool any = false;
	u64 number;
	int r;

	if (blkdebug_tag_valid(word)) {
		tag = blkdebug_find_tag(engine, word);
		if (tag) {
			list_for_each_entry_safe(rule, next, &tag->rules,
						 tag_link)
				any |= fn(engine, rule);
		}
	} else {
		r = parse_number(call, word, ULONG_MAX, &number);
		if (r)
			return r;
		rule = xa_load(&blkdebug_rules(engine)->rules, number);
		if (rule)
			any = fn(engine, rule);
	}
	return any ? 0 : no_such(call, "No such rule", word);
}

static bool find_any(struct blkdebug_engine *engine,
		     struct blkdebug_rule *rule)
{
	return true;
}

static bool remove_any(struct blkdebug_engine *engine,
		       struct blkdebug_rule *rule)
{
	blkdebug_remove_rule(engine, rule);
	return true;
}

/* None, unless all are there. Two words may name the same rule */
static int do_remove(struct call *call)
{
	unsigned int i;
	int r = 0;

	mutex_lock(&call->engine->control);
	for (i = 0; !r && i < call->argc; i++)
		r = visit_named(call, call->argv[i], find_any);
	for (i = 0; !r && i < call->argc; i++)
		visit_named(call, call->argv[i], remove_any);
	mutex_unlock(&call->engine->control);
	return r;
}

static int do_clear(struct call *call)
{
	int r;

	mutex_lock(&call->engine->control);
	r = blkdebug_clear_rules(call->engine, false);
	mutex_unlock(&call->engine->control);
	return r;
}

static int do_reset(struct call *call)
{
	int r;

	mutex_lock(&call->engine->control);
	r = blkdebug_clear_rules(call->engine, true);
	if (!r) {
		blkdebug_resume_all(call->engine, NULL, -1);
		blkdebug_end_delays(call->engine);
	}
	mutex_unlock(&call->engine->control);
	return r;
}

static const char *rule_mark(struct blkdebug_engine *engine,
			     const struct blkdebug_rule *rule)
{
	if (rule->dead)
		return "used";
	return blkdebug_rule_armed(engine, rule) ? "armed" : "-";
}

static bool is_dead(struct blkdebug_engine *engine,
		    const struct blkdebug_rule *rule)
{
	unsigned long flags = blkdebug_lock(engine);
	bool dead = rule->dead;

	blkdebug_unlock(engine, flags);
	return dead;
}

/* Have all bad sectors of a rule been healed while they were being printed? */
static bool just_healed(struct blkdebug_engine *engine,
			const struct blkdebug_rule *rule, bool was_dead)
{
	return blkdebug_rule_heals(rule) && !was_dead && is_dead(engine, rule);
}

/* Take back what has been printed; readers of the buffer stop at the NUL */
static void rewind_buf(struct seq_buf *out, size_t len)
{
	if (len >= out->len)
		return;
	out->len = len;
	out->buffer[len] = '\0';
}

static void list_rule(struct call *call, const struct blkdebug_rule *rule)
{
	struct blkdebug_engine *engine = call->engine;
	const char *mark;
	unsigned long flags;
	size_t before;
	bool dead;
	u64 hits;

	next_line(call->answer);
	before = call->answer->len;
	do {
		rewind_buf(call->answer, before);
		flags = blkdebug_lock(engine);
		mark = rule_mark(engine, rule);
		dead = rule->dead;
		hits = rule->hits;
		blkdebug_unlock(engine, flags);
		seq_buf_printf(call->answer, "%llu %llu %s ", rule->number,
			       hits, mark);
		blkdebug_print_rule(call->answer, rule);
	} while (just_healed(engine, rule, dead));
}

static int do_list(struct call *call)
{
	struct blkdebug_engine *engine = call->engine;
	struct blkdebug_rule *rule;
	unsigned long number;

	mutex_lock(&engine->control);
	xa_for_each(&blkdebug_rules(engine)->rules, number, rule) {
		list_rule(call, rule);
		cond_resched();
	}
	mutex_unlock(&engine->control);
	return ANSWERED;
}

/**
 * struct hits - what wait_hits waits for
 * @word: number or tag of the rules
 * @number: of the rule; 0 if @word is a tag
 * @want: how many hits
 * @nr: how many there are
 * @found: the hits may still be reached
 */
struct hits {
	const char *word;
	u64 number;
	u64 want;
	u64 nr;
	bool found;
};

static void count_rule_hits(struct blkdebug_ruleset *rs, struct hits *hits)
{
	struct blkdebug_rule *rule;

	/* Rules of an add are in the array before they are in force */
	if (hits->number > rs->visible)
		return;
	rule = xa_load(&rs->rules, hits->number);
	if (!rule)
		return;
	hits->nr = rule->hits;
	hits->found = !rule->dead;
	rule->wake_at = min(rule->wake_at, hits->want);
}

static void count_tag_hits(struct blkdebug_engine *engine, struct hits *hits)
{
	struct blkdebug_tag *tag = blkdebug_find_tag(engine, hits->word);
	struct blkdebug_tag_count *count;

	if (!tag)
		return;
	count = &tag->count[blkdebug_rules(engine)->count_id];
	hits->nr = count->hits;
	hits->found = count->live;
	tag->wake_at = min(tag->wake_at, hits->want);
}

/*
 * Count the hits of the rules in question, and find out whether there may be
 * more. If they are too few, the hit that makes them enough wakes the sleepers.
 */
static void count_hits(struct blkdebug_engine *engine, struct hits *hits)
{
	unsigned long flags = blkdebug_lock(engine);

	hits->nr = 0;
	hits->found = false;
	if (hits->number)
		count_rule_hits(blkdebug_rules(engine), hits);
	else
		count_tag_hits(engine, hits);
	blkdebug_unlock(engine, flags);
}

static bool hits_done(struct blkdebug_engine *engine, struct hits *hits)
{
	count_hits(engine, hits);
	return hits->nr >= hits->want || !hits->found || suspending(engine);
}

static int do_wait_hits(struct call *call)
{
	struct blkdebug_engine *engine = call->engine;
	struct hits hits = { .word = call->argv[0] };
	unsigned long flags;
	long timeout, left;
	int r;

	if (!blkdebug_tag_valid(hits.word)) {
		r = parse_number(call, hits.word, ULONG_MAX, &hits.number);
		if (r)
			return r;
		if (!hits.number)
			return no_such(call, "No such rule", hits.word);
	}
	r = parse_number(call, call->argv[1], U64_MAX, &hits.want);
	if (!r)
		r = parse_timeout(call, 2, &timeout);
	if (r)
		return r;

	left = wait_event_killable_timeout(engine->wait,
					   hits_done(engine, &hits), timeout);
	if (hits.nr >= hits.want && (hits.found || hits.nr)) {
		flags = blkdebug_lock(engine);
		blkdebug_notify(engine, 0);
		blkdebug_unlock(engine, flags);
		seq_buf_printf(call->answer, "%llu", hits.nr);
		return ANSWERED;
	}
	if (!hits.found)
		return no_such(call, "No such rule", hits.word);
	return left > 0 ? -EINTR : gave_up(left);
}

/* Events and holds */

static bool let_go(struct blkdebug_engine *engine, struct blkdebug_io *io)
{
	unsigned long flags = blkdebug_lock(engine);
	bool held = io->verdict == BLKDEBUG_HELD;

	blkdebug_unlock(engine, flags);
	return !held;
}

static int raise_event(struct call *call, struct blkdebug_io *io,
		       unsigned int event, long timeout)
{
	struct blkdebug_engine *engine = call->engine;
	char name[BLKDEBUG_NAME_MAX + 1];
	long left;

	strscpy(name, call->argv[0], sizeof(name));
	blkdebug_raise(engine, io, event, name);
	left = wait_event_killable_timeout(engine->wait, let_go(engine, io),
					   timeout);
	if (blkdebug_cancel_event(engine, io))
		return gave_up(left);
	return -(int)io->error;
}

static int do_event(struct call *call)
{
	struct blkdebug_io *io;
	long timeout;
	int event, r;

	event = blkdebug_event_lookup(call->argv[0]);
	if (event < 0)
		return no_such(call, "Unknown event", call->argv[0]);
	r = parse_timeout(call, 1, &timeout);
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

static int do_remove_break(struct call *call)
{
	struct blkdebug_engine *engine = call->engine;
	const char *word = call->argv[0];
	struct blkdebug_tag *tag;
	bool held = false;
	int r;

	r = check_tag(call, word);
	if (r)
		return r;
	mutex_lock(&engine->control);
	r = visit_named(call, word, remove_breakpoint);
	tag = blkdebug_find_tag(engine, word);
	if (tag)
		held = blkdebug_resume_all(engine, tag, -1);
	mutex_unlock(&engine->control);
	return held ? 0 : r;
}

/**
 * struct resumption - what "resume" is told
 * @hold: number of the hold; 0 if a tag is given
 * @all: all holds with the tag
 * @error: errno to fail with, or negative
 */
struct resumption {
	u64 hold;
	bool all;
	int error;
};

static int parse_resume(struct call *call, struct resumption *res)
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
		r = check_tag(call, word);
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

/* The hold with this number, or the last one with the tag */
static struct blkdebug_hold *find_hold(struct blkdebug_engine *engine,
				       const char *word, u64 number)
{
	struct blkdebug_hold *hold;
	struct blkdebug_tag *tag;

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
	unsigned long flags = blkdebug_write_lock(engine);
	struct blkdebug_hold *hold = find_hold(engine, word, res->hold);

	if (hold)
		blkdebug_resume_hold(engine, hold, res->error);
	blkdebug_write_unlock(engine, flags);
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

static int do_resume(struct call *call)
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
	return any ? 0 : not_there(call);
}

/* What a line of "held" shows, taken under the lock and printed without */
struct held_line {
	u64 hold;
	u64 rule;
	char tag[BLKDEBUG_NAME_MAX + 1];
	char event[BLKDEBUG_NAME_MAX + 1];
	struct blkdebug_io_desc desc;
	unsigned int ms;
};

static void note_hold(const struct blkdebug_hold *hold, struct held_line *line)
{
	const struct blkdebug_io *io = hold->io;

	line->hold = hold->number;
	line->rule = hold->rule;
	strscpy(line->tag, hold->tag->name, sizeof(line->tag));
	strscpy(line->event, io->event ?: "-", sizeof(line->event));
	line->desc = io->desc;
	line->ms = jiffies_to_msecs(jiffies - io->held_since);
}

static void print_io_flags(struct seq_buf *out, u16 flags)
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
	next_line(out);
	seq_buf_printf(out, "%llu %s %llu %s %s ", line->hold, line->tag,
		       line->rule, line->event,
		       blkdebug_iotype_name(line->desc.iotype));
	print_io_flags(out, line->desc.flags);
	seq_buf_printf(out, " %llu %llu %u", (u64)line->desc.sector,
		       (u64)line->desc.nr_sectors, line->ms);
}

static bool next_held(struct blkdebug_engine *engine, u64 number,
		      struct held_line *line)
{
	unsigned long flags = blkdebug_lock(engine);
	struct blkdebug_hold *hold = blkdebug_hold_after(&engine->holds, number);

	if (hold)
		note_hold(hold, line);
	blkdebug_unlock(engine, flags);
	return hold;
}

static int do_held(struct call *call)
{
	struct held_line line = { .hold = 0 };

	while (next_held(call->engine, line.hold, &line)) {
		print_held_line(call->answer, &line);
		cond_resched();
	}
	return ANSWERED;
}

/* Is something held with this tag? The last one is noted in @line, if given */
static bool tag_held(struct blkdebug_engine *engine, const char *tag,
		     struct held_line *line)
{
	unsigned long flags = blkdebug_lock(engine);
	struct blkdebug_hold *hold = find_hold(engine, tag, 0);

	if (hold && line)
		note_hold(hold, line);
	blkdebug_unlock(engine, flags);
	return hold;
}

static int do_wait_break(struct call *call)
{
	struct blkdebug_engine *engine = call->engine;
	const char *tag = call->argv[0];
	struct held_line line;
	long timeout, left;
	bool held = false;
	int r;

	r = check_tag(call, tag);
	if (!r)
		r = parse_timeout(call, 1, &timeout);
	if (r)
		return r;
	left = wait_event_killable_timeout(engine->wait,
					   (held = tag_held(engine, tag, &line)) ||
					   suspending(engine), timeout);
	if (!held)
		return left > 0 ? -EINTR : gave_up(left);
	print_held_line(call->answer, &line);
	return ANSWERED;
}

static int do_is_suspended(struct call *call)
{
	int r = check_tag(call, call->argv[0]);

	if (r)
		return r;
	seq_buf_printf(call->answer, "%d",
		       tag_held(call->engine, call->argv[0], NULL));
	return ANSWERED;
}

/* State and counters */

static int do_state(struct call *call)
{
	u64 state;
	int r;

	if (call->argc) {
		r = parse_number(call, call->argv[0], BLKDEBUG_STATE_MAX,
				 &state);
		if (r)
			return r;
		blkdebug_set_state(call->engine, state);
	} else {
		state = READ_ONCE(call->engine->state);
	}
	seq_buf_printf(call->answer, "%llu", state);
	return ANSWERED;
}

static void print_counters(struct blkdebug_engine *engine, struct seq_buf *out,
			   unsigned int iotype)
{
	unsigned long flags = blkdebug_lock(engine);
	u64 injected = engine->injected[iotype];
	u64 held = engine->held[iotype];

	blkdebug_unlock(engine, flags);
	next_line(out);
	seq_buf_printf(out, "%s seen=%lu injected=%llu held=%llu",
		       blkdebug_iotype_name(iotype),
		       blkdebug_seen(engine, iotype), injected, held);
}

static int do_stats(struct call *call)
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
			print_counters(engine, call->answer, i);
	}
	mutex_unlock(&engine->control);
	return call->argc ? 0 : ANSWERED;
}

static int do_features(struct call *call)
{
	blkdebug_print_all_features(call->answer);
	return ANSWERED;
}

/**
 * struct verb - a message
 * @name: its first word
 * @min: the fewest words after that
 * @max: the most
 * @fn: carries it out; 0, %ANSWERED or an errno, negative
 */
struct verb {
	const char *name;
	unsigned int min;
	unsigned int max;
	int (*fn)(struct call *call);
};

static const struct verb verbs[] = {
	{ "event", 1, 2, do_event },
	{ "break", 2, UINT_MAX, do_break },
	{ "remove_break", 1, 1, do_remove_break },
	{ "resume", 1, 3, do_resume },
	{ "wait_break", 1, 2, do_wait_break },
	{ "is_suspended", 1, 1, do_is_suspended },
	{ "held", 0, 0, do_held },
	{ "add", 1, UINT_MAX, do_add },
	{ "replace", 1, UINT_MAX, do_replace },
	{ "remove", 1, UINT_MAX, do_remove },
	{ "clear", 0, 0, do_clear },
	{ "reset", 0, 0, do_reset },
	{ "list", 0, 0, do_list },
	{ "wait_hits", 2, 3, do_wait_hits },
	{ "state", 0, 1, do_state },
	{ "stats", 0, 1, do_stats },
	{ "features", 0, 0, do_features },
};

/**
 * blkdebug_message - carry out a message
 * @engine: for which target
 * @argc: how many words, at least one
 * @argv: the words
 * @answer: where the answer goes, empty
 * @err: what is wrong, if there is more to say than the errno does; else its
 *	reason is NULL
 *
 * May sleep; see the interface for which messages do so for long.
 *
 * Return: 0, 1 if there is an answer, or a negative errno.
 */
int blkdebug_message(struct blkdebug_engine *engine, unsigned int argc,
		     char **argv, struct seq_buf *answer,
		     struct blkdebug_error *err)
{
	struct call call = {
		.engine = engine,
		.argc = argc - 1,
		.argv = argv + 1,
		.answer = answer,
		.err = err,
	};
	unsigned int i;

	memset(err, 0, sizeof(*err));
	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, argv[0]))
			continue;
		if (call.argc < verbs[i].min || call.argc > verbs[i].max)
			return blkdebug_error_set(err, "Invalid argument count",
						  argv[0]);
		return verbs[i].fn(&call);
	}
	return blkdebug_error_set(err, "Unknown message", argv[0]);
}

/**
 * blkdebug_print_status - write the status line
 * @engine: the engine
 * @out: where to
 *
 * May sleep.
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
 * blkdebug_print_rules - write the options and rules of a table line
 * @engine: the engine
 * @out: where to; each word comes with a blank before it
 *
 * May sleep.
 */
void blkdebug_print_rules(struct blkdebug_engine *engine, struct seq_buf *out)
{
	struct blkdebug_rule *rule;
	unsigned long number;
	size_t before;

	mutex_lock(&engine->control);
	xa_for_each(&blkdebug_rules(engine)->rules, number, rule) {
		if (READ_ONCE(rule->dead))
			continue;
		before = out->len;
		seq_buf_printf(out, " ");
		blkdebug_print_rule(out, rule);
		if (just_healed(engine, rule, false))
			rewind_buf(out, before);
		cond_resched();
	}
	mutex_unlock(&engine->control);
}

/**
 * blkdebug_print_held_tags - write the tag of each hold, one a line
 * @engine: the engine
 * @out: where to
 *
 * May sleep.
 */
void blkdebug_print_held_tags(struct blkdebug_engine *engine,
			      struct seq_buf *out)
{
	struct held_line line = { .hold = 0 };

	/* As many as fit, each whole */
	while (next_held(engine, line.hold, &line) &&
	       out->len + strlen(line.tag) + 1 < out->size)
		seq_buf_printf(out, "%s\n", line.tag);
}

/**
 * blkdebug_print_all_features - write what this module knows, one kind a line
 * @out: where to
 */
void blkdebug_print_all_features(struct seq_buf *out)
{
	blkdebug_print_features(out);
	seq_buf_printf(out, "options");
	blkdebug_print_option_names(out);
	seq_buf_printf(out, "\n");
}

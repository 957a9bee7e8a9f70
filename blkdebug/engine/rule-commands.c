// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that add, remove, list and wait for rules.
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

/* Parse rules and number them as the next ones to be added. */
static int parse_rules(struct blkdebug_call *call, unsigned int argc, char **argv,
		       struct list_head *rules)
{
	struct blkdebug_engine *engine = call->engine;
	int r;

	lockdep_assert_held(&engine->control);
	r = blkdebug_parse_rules(argc, argv, engine->last_number + 1,
				 &engine->geometry, rules, call->err);
	if (r)
		blkdebug_free_rules(rules);
	return r;
}

static int add_rules(struct blkdebug_call *call, unsigned int argc, char **argv,
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

static int execute_add(struct blkdebug_call *call, bool replace)
{
	struct blkdebug_engine *engine = call->engine;
	u64 first;
	int r;

	mutex_lock(&engine->control);
	first = engine->last_number + 1;
	r = add_rules(call, call->argc, call->argv, replace);
	if (!r)
		seq_buf_printf(call->result, "%llu-%llu", first,
			       engine->last_number);
	mutex_unlock(&engine->control);
	return r ?: BLKDEBUG_ANSWERED;
}

int blkdebug_do_add(struct blkdebug_call *call)
{
	return execute_add(call, false);
}

int blkdebug_do_replace(struct blkdebug_call *call)
{
	return execute_add(call, true);
}

/* Add the breakpoint of a message "break": suspend <event> <tag> <further words>. */
static int add_breakpoint(struct blkdebug_call *call, char *event, char *tag)
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

int blkdebug_do_break(struct blkdebug_call *call)
{
	struct blkdebug_engine *engine = call->engine;
	char event[sizeof("event=") + BLKDEBUG_NAME_MAX];
	char tag[sizeof("tag=") + BLKDEBUG_NAME_MAX];
	unsigned int i;
	int r;

	if (blkdebug_event_lookup(call->argv[0]) < 0)
		return blkdebug_call_no_such(call, "Unknown event", call->argv[0]);
	r = blkdebug_call_check_tag(call, call->argv[1]);
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
		seq_buf_printf(call->result, "%llu", engine->last_number);
	mutex_unlock(&engine->control);
	return r ?: BLKDEBUG_ANSWERED;
}

/*
 * Call @fn for each rule that a word names, by number or tag. The control mutex is
 * held. Returns 0, or -ENOENT if @fn has returned false for all rules.
 */
int blkdebug_visit_named(struct blkdebug_call *call, const char *word, blkdebug_rule_fn fn)
{
	struct blkdebug_engine *engine = call->engine;
	struct blkdebug_rule *rule, *next;
	struct blkdebug_tag *tag;
	bool any = false;
	u64 number;
	int r;

	lockdep_assert_held(&engine->control);
	if (blkdebug_tag_valid(word)) {
		tag = blkdebug_find_tag(engine, word);
		if (tag) {
			list_for_each_entry_safe(rule, next, &tag->rules,
						 tag_link) {
				any |= fn(engine, rule);
				cond_resched();
			}
		}
	} else {
		r = blkdebug_call_number(call, word, ULONG_MAX, &number);
		if (r)
			return r;
		rule = xa_load(&blkdebug_rules(engine)->rules, number);
		if (rule)
			any = fn(engine, rule);
	}
	return any ? 0 : blkdebug_call_no_such(call, "No such rule", word);
}

static bool accept_rule(struct blkdebug_engine *engine,
			struct blkdebug_rule *rule)
{
	return true;
}

static bool remove_rule(struct blkdebug_engine *engine,
			struct blkdebug_rule *rule)
{
	blkdebug_remove_rule(engine, rule);
	return true;
}

/*
 * Remove all rules that the words name, or none if a word names no rule. Two words may
 * name the same rule, so the second loop ignores -ENOENT.
 */
int blkdebug_do_remove(struct blkdebug_call *call)
{
	unsigned int i;
	int r = 0;

	mutex_lock(&call->engine->control);
	for (i = 0; !r && i < call->argc; i++) {
		r = blkdebug_visit_named(call, call->argv[i], accept_rule);
		cond_resched();
	}
	for (i = 0; !r && i < call->argc; i++) {
		blkdebug_visit_named(call, call->argv[i], remove_rule);
		cond_resched();
	}
	mutex_unlock(&call->engine->control);
	return r;
}

int blkdebug_do_clear(struct blkdebug_call *call)
{
	int r;

	mutex_lock(&call->engine->control);
	r = blkdebug_clear_rules(call->engine, false);
	mutex_unlock(&call->engine->control);
	return r;
}

int blkdebug_do_reset(struct blkdebug_call *call)
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

static const char *get_rule_mark(struct blkdebug_engine *engine,
				 const struct blkdebug_rule *rule)
{
	lockdep_assert_held(&engine->lock);
	if (rule->dead)
		return "used";
	return blkdebug_rule_armed(engine, rule) ? "armed" : "-";
}

static bool rule_is_dead(struct blkdebug_engine *engine,
			 const struct blkdebug_rule *rule)
{
	unsigned long flags = blkdebug_lock(engine);
	bool dead = rule->dead;

	blkdebug_unlock(engine, flags);
	return dead;
}

/* Test whether the last bad sector of a rule was healed while the rule was printed. */
static bool rule_just_healed(struct blkdebug_engine *engine,
			     const struct blkdebug_rule *rule, bool was_dead)
{
	return blkdebug_rule_heals(rule) && !was_dead && rule_is_dead(engine, rule);
}

/* Truncate the output to @len bytes. Readers of the buffer stop at the NUL. */
static void rewind_buf(struct seq_buf *out, size_t len)
{
	if (len >= out->len)
		return;
	out->len = len;
	out->buffer[len] = '\0';
}

static void list_rule(struct blkdebug_call *call, const struct blkdebug_rule *rule)
{
	struct blkdebug_engine *engine = call->engine;
	const char *mark;
	unsigned long flags;
	size_t before;
	bool dead;
	u64 hits;

	lockdep_assert_held(&engine->control);
	blkdebug_next_line(call->result);
	before = call->result->len;
	do {
		rewind_buf(call->result, before);
		flags = blkdebug_lock(engine);
		mark = get_rule_mark(engine, rule);
		dead = rule->dead;
		hits = rule->hits;
		blkdebug_unlock(engine, flags);
		seq_buf_printf(call->result, "%llu %llu %s ", rule->number,
			       hits, mark);
		blkdebug_print_rule(call->result, rule);
	} while (rule_just_healed(engine, rule, dead));
}

int blkdebug_do_list(struct blkdebug_call *call)
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
	return BLKDEBUG_ANSWERED;
}

/* Condition of "wait_hits" */
struct hits {
	const char *word;		/* number or tag of the rules */
	u64 number;			/* of the rule; 0: @word is a tag */
	u64 want;			/* wait for so many hits */
	u64 nr;				/* hits so far */
	bool found;			/* there may be more hits */
};

static void count_rule_hits(struct blkdebug_engine *engine, struct hits *hits)
{
	struct blkdebug_ruleset *rs = blkdebug_rules(engine);
	struct blkdebug_rule *rule;

	lockdep_assert_held(&engine->lock);
	/* Rules of an add are in @rules before they are in force. */
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

	lockdep_assert_held(&engine->lock);
	if (!tag)
		return;
	count = &tag->count[blkdebug_rules(engine)->count_id];
	hits->nr = count->hits;
	hits->found = count->live;
	tag->wake_at = min(tag->wake_at, hits->want);
}

/*
 * Get the hits so far, and whether there may be more. Also sets @wake_at, so that the
 * hit that the caller waits for wakes the sleepers.
 */
static void count_hits(struct blkdebug_engine *engine, struct hits *hits)
{
	unsigned long flags = blkdebug_lock(engine);

	hits->nr = 0;
	hits->found = false;
	if (hits->number)
		count_rule_hits(engine, hits);
	else
		count_tag_hits(engine, hits);
	blkdebug_unlock(engine, flags);
}

static bool check_hits(struct blkdebug_engine *engine, struct hits *hits)
{
	count_hits(engine, hits);
	return hits->nr >= hits->want || !hits->found || blkdebug_suspending(engine);
}

int blkdebug_do_wait_hits(struct blkdebug_call *call)
{
	struct blkdebug_engine *engine = call->engine;
	struct hits hits = { .word = call->argv[0] };
	unsigned long flags;
	long timeout, left;
	int r;

	if (!blkdebug_tag_valid(hits.word)) {
		r = blkdebug_call_number(call, hits.word, ULONG_MAX, &hits.number);
		if (r)
			return r;
		if (!hits.number)
			return blkdebug_call_no_such(call, "No such rule", hits.word);
	}
	r = blkdebug_call_number(call, call->argv[1], U64_MAX, &hits.want);
	if (!r)
		r = blkdebug_call_timeout(call, 2, &timeout);
	if (r)
		return r;

	left = wait_event_killable_timeout(engine->wait,
					   check_hits(engine, &hits), timeout);
	if (hits.nr >= hits.want && (hits.found || hits.nr)) {
		flags = blkdebug_lock(engine);
		blkdebug_tell_watchers(engine, 0);
		blkdebug_unlock(engine, flags);
		seq_buf_printf(call->result, "%llu", hits.nr);
		return BLKDEBUG_ANSWERED;
	}
	if (!hits.found)
		return blkdebug_call_no_such(call, "No such rule", hits.word);
	return left > 0 ? -EINTR : blkdebug_wait_error(left);
}

/**
 * blkdebug_print_rules - print the rules of a table line
 * @engine: the engine
 * @out: the output; each rule follows a space
 *
 * Context: may sleep; takes the control mutex.
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
		if (rule_just_healed(engine, rule, false))
			rewind_buf(out, before);
		cond_resched();
	}
	mutex_unlock(&engine->control);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the messages and the engine behind them. Each line of an input is an
 * operation on a device:
 *
 *	WORD...			a message
 *	.device SECTORS BLOCK [zoned]	size of the device, and its blocks of
 *				2^BLOCK sectors; in the first line only
 *	.comm NAME		name of the task that submits I/O from now on
 *	.io IOTYPE SECTOR SECTORS [FLAG[,FLAG]...]	submits an I/O
 *	.end [N]		completes an I/O that the device below has: the oldest,
 *				or the Nth after it
 *	.suspend [noflush]	suspends the device
 *	.resume			resumes it
 *	.time MS		lets time pass
 *	.fail N			the Nth allocation of the next line fails: of the message,
 *				or else of the work items
 *	.busy [late]		the next lockless read section finds an update under way,
 *				or, with "late", finds at its end that there was one
 *	.lazy			work items wait from now on
 *	.work			runs them, and from now on after each line again
 *	.answer BYTES		size of the buffer for answers from now on
 *	.trace			enables the tracepoints
 *	.kill			kills the newest sleeper
 *	.timeout		lets the timeout of the newest sleeper expire
 *
 * While a message sleeps, the next lines are executed. After each line all counters
 * must be right. A message that is refused, or that fails for lack of memory, must
 * have changed nothing. An I/O that the filters let pass must match no rule. At the
 * end all I/O completes and all messages return.
 */
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>

#include "engine/commands.h"
#include "engine/heal.h"
#include "engine/process.h"
#include "engine/resume.h"
#include "engine/ruleset.h"
#include "fuzz.h"
#include "rules/bad-sectors.h"

#define MAX_SLEEPERS	4
#define MAX_SECTORS	0x80000000000000ULL	/* of a device */
#define MAX_IO		0x100000000ULL		/* sectors of a bio */
#define ERESTARTSYS	512

/**
 * struct fuzz_io - an I/O that has not completed
 * @link: in the list @ios of the world
 * @down: the device below has it; otherwise the engine holds it
 * @io: as the engine sees it
 */
struct fuzz_io {
	struct list_head link;
	bool down;
	struct blkdebug_io io;
};

/**
 * struct world - the state of the fuzz target
 * @pos: the next line of the input
 * @end: the end of the input
 * @engine: under test
 * @ios: I/Os that have not completed, oldest first
 * @io_work: the engine has called queue_ready()
 * @housekeeping_work: the engine has called schedule_housekeeping()
 * @lazy: do not run work items by themselves
 * @noflush: the kind of suspend
 * @fail: the allocation of the next line that fails, or 0
 * @answer_size: size of the buffer for an answer, in bytes
 * @sleepers: messages that sleep
 * @lines: read so far
 */
static struct world {
	const char *pos;
	const char *end;
	struct blkdebug_engine *engine;
	struct list_head ios;
	bool io_work;
	bool housekeeping_work;
	bool lazy;
	bool noflush;
	unsigned int fail;
	size_t answer_size;
	unsigned int sleepers;
	unsigned long lines;
} w;

static void queue_ready(struct blkdebug_engine *engine)
{
	lockdep_assert_held(&engine->lock);
	w.io_work = true;
}

static void schedule_housekeeping(struct blkdebug_engine *engine)
{
	lockdep_assert_held(&engine->lock);
	w.housekeeping_work = true;
}

static int prepare_rule(struct blkdebug_engine *engine,
			const struct blkdebug_rule *rule)
{
	void *mem = kmalloc(1, GFP_KERNEL);

	lockdep_assert_held(&engine->control);
	kfree(mem);
	return mem ? 0 : -ENOMEM;
}

static const struct blkdebug_ops ops = {
	.queue_ready = queue_ready,
	.schedule_housekeeping = schedule_housekeeping,
	.prepare_rule = prepare_rule,
};

static bool suspended(void)
{
	return w.engine->mode & BLKDEBUG_SUSPENDING;
}

static struct blkdebug_ruleset *rules(void)
{
	return rcu_access_pointer(w.engine->rules);
}

/* Words of a line */

static const char *word(const struct words *words, unsigned int pos)
{
	return pos < words->argc ? words->argv[pos] : "";
}

static u64 number(const struct words *words, unsigned int pos)
{
	return strtoull(word(words, pos), NULL, 0);
}

static bool next_line(struct words *words)
{
	const char *newline;

	if (w.pos == w.end)
		return false;
	newline = memchr(w.pos, '\n', w.end - w.pos) ?: w.end;
	words_split(words, w.pos, newline - w.pos);
	w.pos = newline + (newline < w.end);
	w.lines++;
	return true;
}

/* All output that users can see */

static void say(struct seq_buf *out, const char *verb)
{
	struct blkdebug_error err;

	shim_assert(blkdebug_message(w.engine, 1, (char **)&verb, out,
				     &err) == 1);
	seq_buf_printf(out, "\n");
}

static void print_table(void *arg, struct seq_buf *out)
{
	blkdebug_print_rules(w.engine, out);
}

static void print_all(void *arg, struct seq_buf *out)
{
	blkdebug_print_status(w.engine, out);
	print_table(NULL, out);
	say(out, "list");
	say(out, "held");
	say(out, "stats");
}

/* I/O */

static void end_io(struct fuzz_io *fio)
{
	list_del(&fio->link);
	free(fio);
}

static void complete_io(struct fuzz_io *fio)
{
	fio->down = false;
	if (!blkdebug_raises_done(w.engine, fio->io.desc.iotype) ||
	    blkdebug_complete(w.engine, &fio->io) != BLKDEBUG_HELD)
		end_io(fio);
}

/* No standing rule for all states may have bad sectors among those written. */
static void check_healed(const struct blkdebug_io_desc *desc, sector_t sector,
			 sector_t nr_sectors)
{
	struct blkdebug_range bad;
	struct blkdebug_rule *rule;
	unsigned long nr;

	xa_for_each(&rules()->rules, nr, rule) {
		if (!blkdebug_rule_heals(rule) || rule->dead || rule->state ||
		    rule->event != BLKDEBUG_EV_STANDING ||
		    !(rule->iotypes & (1U << desc->iotype)))
			continue;
		shim_assert(!blkdebug_media_first_bad(rule->params->media, sector,
						      sector + nr_sectors - 1,
						      &bad));
	}
}

static void send_down(struct fuzz_io *fio, sector_t sector, sector_t nr_sectors)
{
	struct blkdebug_heal heal = { .sector = sector, .nr_sectors = nr_sectors };
	bool done = !fio->io.heals || !nr_sectors;

	shim_assert(sector + nr_sectors <= w.engine->geometry.sectors);
	while (!done) {
		if (!heal.spare)
			heal.spare = blkdebug_bad_alloc(GFP_KERNEL);
		done = blkdebug_heal_some(w.engine, &fio->io, &heal);
	}
	blkdebug_bad_free(heal.spare);
	if (fio->io.desc.iotype != BLKDEBUG_IO_READ && nr_sectors)
		check_healed(&fio->io.desc, sector, nr_sectors);
	fio->down = true;
}

/* Apply a fault, and check its numbers. */
static void apply_fault(struct fuzz_io *fio)
{
	const struct blkdebug_effect *effect = &fio->io.effect;
	const struct blkdebug_io_desc *desc = &fio->io.desc;

	switch (effect->action) {
	case BLKDEBUG_INJECT_ERROR:
		shim_assert(fio->io.error);
		fallthrough;
	case BLKDEBUG_TEAR:
		shim_assert(effect->sectors <= desc->nr_sectors);
		shim_assert(effect->sectors % w.engine->geometry.block == 0);
		if (effect->sectors || !desc->nr_sectors)
			send_down(fio, desc->sector, effect->sectors);
		else
			complete_io(fio);
		break;
	case BLKDEBUG_DROP:
		complete_io(fio);
		break;
	case BLKDEBUG_CORRUPT:
		shim_assert(effect->start < desc->nr_sectors << SECTOR_SHIFT);
		shim_assert(!effect->bits || effect->start + effect->bytes <=
					     desc->nr_sectors << SECTOR_SHIFT);
		send_down(fio, desc->sector, desc->nr_sectors);
		break;
	case BLKDEBUG_MISDIRECT:
		shim_assert(effect->to % w.engine->geometry.block == 0);
		send_down(fio, effect->to, desc->nr_sectors);
		break;
	default:
		shim_assert(!"a fault");
	}
}

static void execute_io(struct fuzz_io *fio)
{
	shim_assert(!fio->down && list_empty(&fio->io.holds));
	fio->io.heals = blkdebug_may_heal(w.engine, &fio->io);
	if (fio->io.step == BLKDEBUG_STEP_DONE) {
		end_io(fio);
	} else if (fio->io.verdict == BLKDEBUG_FAIL) {
		shim_assert(fio->io.error);
		complete_io(fio);
	} else if (fio->io.verdict == BLKDEBUG_ALTER) {
		apply_fault(fio);
	} else {
		shim_assert(fio->io.verdict == BLKDEBUG_PASS);
		send_down(fio, fio->io.desc.sector, fio->io.desc.nr_sectors);
	}
}

static void work(void)
{
	struct blkdebug_io *io, *next;
	unsigned long flags;
	LIST_HEAD(ready);

	while (w.io_work) {
		w.io_work = false;
		flags = blkdebug_lock(w.engine);
		list_splice_init(&w.engine->ready, &ready);
		blkdebug_unlock(w.engine, flags);
		list_for_each_entry_safe(io, next, &ready, link)
			execute_io(container_of(io, struct fuzz_io, io));
		INIT_LIST_HEAD(&ready);
	}
	if (w.housekeeping_work) {
		w.housekeeping_work = false;
		blkdebug_engine_housekeep(w.engine);
	}
}

/* Decide as the target does whether a rule may match an I/O. */
static bool wanted(const struct blkdebug_io_desc *desc)
{
	unsigned int seq = blkdebug_read_begin(w.engine);

	if (!(w.engine->mode & BLKDEBUG_HAS_RULES) ||
	    !blkdebug_count(w.engine, desc->iotype))
		return false;
	if (!desc->nr_sectors || suspended())
		return true;
	if (blkdebug_span_passes(w.engine, seq, desc->iotype, desc->sector,
				 desc->sector + desc->nr_sectors - 1))
		return false;
	return !blkdebug_filter_passes(w.engine, seq, desc->iotype,
				       w.engine->by_flags ? desc->flags : 0,
				       desc->sector,
				       desc->sector + desc->nr_sectors - 1);
}

static void describe(const struct words *words, struct blkdebug_io_desc *desc)
{
	const struct blkdebug_geometry *geometry = &w.engine->geometry;
	const char *flag = word(words, 4);
	int iotype = blkdebug_iotype_lookup(word(words, 1),
					    strlen(word(words, 1)));

	memcpy(desc->comm, current->comm, sizeof(desc->comm));
	desc->iotype = iotype < 0 ? BLKDEBUG_IO_READ : iotype;
	desc->sector = number(words, 2) % geometry->sectors & -(u64)geometry->block;
	desc->nr_sectors = min(number(words, 3) % MAX_IO & -(u64)geometry->block,
			       geometry->sectors - desc->sector) ?: geometry->block;
	desc->flags = 0;
	if (desc->iotype == BLKDEBUG_IO_FLUSH) {
		desc->sector = 0;
		desc->nr_sectors = 0;
	}
	while (*flag) {
		size_t len = strcspn(flag, ",");
		int bit = blkdebug_flag_lookup(flag, len);

		if (bit >= 0)
			desc->flags |= 1U << bit;
		flag += len + !!flag[len];
	}
}

static void submit_by_rules(struct fuzz_io *fio)
{
	switch (blkdebug_submit(w.engine, &fio->io)) {
	case BLKDEBUG_PASS:
		send_down(fio, fio->io.desc.sector, fio->io.desc.nr_sectors);
		break;
	case BLKDEBUG_FAIL:
		shim_assert(fio->io.error && fio->io.immediately);
		complete_io(fio);
		break;
	case BLKDEBUG_ALTER:
		apply_fault(fio);
		break;
	case BLKDEBUG_HELD:
	case BLKDEBUG_QUEUED:
		break;
	default:
		shim_assert(!"a verdict");
	}
}

/* Submit an I/O that no rule may match: it passes without the lock. */
static void submit_filtered(struct fuzz_io *fio)
{
	char *before = text_of(print_all, NULL), *after;
	unsigned int count = w.engine->seq.count;

	shim_assert(blkdebug_submit(w.engine, &fio->io) == BLKDEBUG_PASS);
	shim_assert(!fio->io.heals);
	shim_assert(w.engine->seq.count == count || shim_disturb ||
		    shim_tracing);
	fio->down = true;

	after = text_of(print_all, NULL);
	shim_assert(!strcmp(before, after));
	free(before);
	free(after);
}

/* dm does not clear the data that it keeps with a bio */
static void do_io(const struct words *words)
{
	struct fuzz_io *fio = malloc(sizeof(*fio));

	memset(fio, 0xa5, sizeof(*fio));
	describe(words, &fio->io.desc);
	fio->io.requeue = fio->io.desc.iotype == BLKDEBUG_IO_READ;
	if (suspended() && w.noflush && fio->io.requeue) {
		free(fio);
		return;
	}
	fio->down = false;
	list_add_tail(&fio->link, &w.ios);
	if (wanted(&fio->io.desc))
		submit_by_rules(fio);
	else
		submit_filtered(fio);
}

static void do_end(const struct words *words)
{
	u64 nth = number(words, 1);
	struct fuzz_io *fio, *last = NULL;

	list_for_each_entry(fio, &w.ios, link) {
		if (!fio->down)
			continue;
		last = fio;
		if (!nth--)
			break;
	}
	if (last)
		complete_io(last);
}

static void do_suspend(const struct words *words)
{
	struct blkdebug_io *io, *next;
	LIST_HEAD(requeued);

	w.noflush = !strcmp(word(words, 1), "noflush");
	blkdebug_suspend(w.engine, w.noflush, &requeued);
	list_for_each_entry_safe(io, next, &requeued, link) {
		shim_assert(io->requeue && list_empty(&io->holds));
		end_io(container_of(io, struct fuzz_io, io));
	}
}

/* Messages */

static bool failed_cleanly(const struct words *words, int r)
{
	/* The event was raised, even if its caller has timed out. */
	return r < 0 && (strcmp(word(words, 0), "event") || r != -ETIMEDOUT);
}

static void judge(const struct words *words, int r,
		  const struct blkdebug_error *err)
{
	/* Tests poll with "resume", so its ENOENT leaves no line in the log */
	bool polled = r == -ENOENT && !strcmp(word(words, 0), "resume");

	shim_assert(r <= 1);
	shim_assert(err->reason || polled || (r != -EINVAL && r != -ENOENT));
	if (r < 0 && err->reason && r != -ENOMEM)
		check_error(err, words->argc, (char **)words->argv);
}

static void do_message(const struct words *words)
{
	char *before = text_of(print_all, NULL), *after;
	char *buf = malloc(w.answer_size);
	unsigned int fail = w.fail;
	unsigned long lines = w.lines;
	struct blkdebug_error err;
	struct seq_buf answer;
	bool failed;
	int r;

	seq_buf_init(&answer, buf, w.answer_size);
	shim_fail_nth = fail;
	r = blkdebug_message(w.engine, words->argc, (char **)words->argv,
			     &answer, &err);
	failed = fail && !shim_fail_nth;
	shim_fail_nth = 0;
	judge(words, r, &err);
	/* Unless other lines were executed meanwhile */
	if (w.lines == lines) {
		shim_assert((r == -ENOMEM) == failed);
		after = text_of(print_all, NULL);
		shim_assert(!failed_cleanly(words, r) || !strcmp(before, after));
		free(after);
	}
	free(before);
	free(buf);
}

/* Check the conditions that hold at any time */

static bool is_fuzz_io(const struct blkdebug_io *io)
{
	struct fuzz_io *fio;

	list_for_each_entry(fio, &w.ios, link) {
		if (&fio->io == io)
			return !fio->down;
	}
	return io->desc.iotype == BLKDEBUG_IO_EVENT && w.sleepers;
}

static bool in_list(const struct list_head *entry, const struct list_head *list)
{
	const struct list_head *pos;

	for (pos = list->next; pos != list; pos = pos->next) {
		if (pos == entry)
			return true;
	}
	return false;
}

static bool is_delayed(const struct blkdebug_io *io)
{
	const struct timerqueue_node *node;

	for (node = w.engine->delays.queue.first; node; node = node->next) {
		if (node == &io->due)
			return true;
	}
	return false;
}

/* If an I/O is delayed, the timer expires in time for the first delay. */
static void check_delays(void)
{
	const struct blkdebug_delays *delays = &w.engine->delays;
	const struct timerqueue_node *node = delays->queue.first;

	if (!node)
		return;
	shim_assert(!suspended());
	shim_assert(delays->timer.active);
	shim_assert(delays->timer.expires <= node->expires);
}

static u64 list_length(const struct list_head *list)
{
	const struct list_head *pos;
	u64 length = 0;

	for (pos = list->next; pos != list; pos = pos->next)
		length++;
	return length;
}

static void check_holds(void)
{
	struct blkdebug_hold *hold;
	struct fuzz_io *fio;
	u64 nr = 0, last = 0;

	while ((hold = blkdebug_hold_after(&w.engine->holds, last))) {
		shim_assert(hold->number > last);
		last = hold->number;
		shim_assert(is_fuzz_io(hold->io));
		shim_assert(in_list(&hold->req_link, &hold->io->holds));
		shim_assert(in_list(&hold->tag_link, &hold->tag->holds));
		shim_assert(hold->embedded || !hold->owner ||
			    hold->owner->hold == hold);
		nr++;
	}
	shim_assert(nr == w.engine->holds.nr);
	shim_assert(!nr || !suspended());
	if (w.io_work)
		return;
	shim_assert(list_empty(&w.engine->ready));
	list_for_each_entry(fio, &w.ios, link)
		shim_assert(fio->down || !list_empty(&fio->io.holds) ||
			    is_delayed(&fio->io));
}

static void check_rules(void)
{
	u64 live = 0, used = 0, armed = 0;
	struct blkdebug_rule *rule;
	unsigned long nr;

	xa_for_each(&rules()->rules, nr, rule) {
		shim_assert(rule->number == nr && nr <= w.engine->last_number);
		live += !rule->dead;
		used += rule->dead;
		armed += blkdebug_rule_armed(w.engine, rule);
	}
	shim_assert(live == rules()->nr_live);
	shim_assert(used == rules()->nr_used);
	shim_assert(!w.engine->armed.event || armed == w.engine->armed.nr);
	shim_assert(!live == !(w.engine->mode & BLKDEBUG_HAS_RULES));
}

static void check_tag(const struct blkdebug_tag *tag)
{
	struct blkdebug_rule *rule;
	u64 nr = 0, live = 0, hits = 0;

	list_for_each_entry(rule, &tag->rules, tag_link) {
		shim_assert(blkdebug_rule_tag(rule) == tag);
		nr++;
		live += !rule->dead;
		hits += rule->hits;
	}
	shim_assert(live == tag->count[rules()->count_id].live);
	shim_assert(hits <= tag->count[rules()->count_id].hits);
	shim_assert(!tag->count[!rules()->count_id].live);
	shim_assert(tag->refs == nr + list_length(&tag->holds));
	shim_assert(!tag->refs == !list_empty(&tag->idle_link));
}

static void check_tags(void)
{
	struct rb_node *node;

	for (node = rb_first(&w.engine->tags); node; node = rb_next(node))
		check_tag(rb_entry(node, struct blkdebug_tag, node));
}

/* As for a read of the file in sysfs: whole lines only */
static void check_held_tags(void)
{
	char *buf = malloc(w.answer_size);
	struct seq_buf out;

	seq_buf_init(&out, buf, w.answer_size);
	blkdebug_print_held_tags(w.engine, &out);
	shim_assert(!seq_buf_has_overflowed(&out));
	shim_assert(!out.len || buf[out.len - 1] == '\n');
	free(buf);
}

/**
 * struct news - changes that are reported to the users of a device
 * @state_changes: how often the state has changed
 * @last_hold: number of the last hold
 * @nr_holds: how many there are
 * @lines: read by then
 */
struct news {
	u64 state_changes;
	u64 last_hold;
	u64 nr_holds;
	unsigned long lines;
};

static struct news news(void)
{
	return (struct news) {
		.state_changes = w.engine->state_changes,
		.last_hold = w.engine->holds.last,
		.nr_holds = w.engine->holds.nr,
		.lines = w.lines,
	};
}

/* Work items that ran while a message slept may have reported the changes. */
static void check_told(struct news old)
{
	struct news new = news();
	unsigned int changes = w.engine->changes;

	if (new.lines != old.lines)
		return;
	shim_assert(new.state_changes == old.state_changes ||
		    (changes & BLKDEBUG_CHANGED_STATE));
	shim_assert((new.last_hold == old.last_hold &&
		     new.nr_holds == old.nr_holds) ||
		    (changes & BLKDEBUG_CHANGED_HELD));
	shim_assert(!changes || w.housekeeping_work);
}

static void check(void)
{
	unsigned long flags = blkdebug_lock(w.engine);

	check_holds();
	check_delays();
	check_rules();
	check_tags();
	blkdebug_unlock(w.engine, flags);
	if (w.engine->holds.nr)
		check_held_tags();
}

/* The table line can be parsed, and prints the same again */
static void check_table(void)
{
	char *text = text_of(print_table, NULL);
	struct blkdebug_rule *rule, *next;
	struct blkdebug_error err;
	struct words words;
	LIST_HEAD(copy);

	words_split(&words, text, strlen(text));
	shim_assert(!blkdebug_parse_rules(words.argc, words.argv, 1,
					  &w.engine->geometry, &copy, &err));
	shim_assert(list_length(&copy) == rules()->nr_live);
	list_for_each_entry_safe(rule, next, &copy, link)
		blkdebug_free_rule(rule);
	words_free(&words);
	free(text);
}

/* Lines */

static void do_resume(const struct words *words)
{
	blkdebug_unsuspend(w.engine);
}

static void do_time(const struct words *words)
{
	struct hrtimer *timer = &w.engine->delays.timer;

	jiffies += msecs_to_jiffies(number(words, 1) % 100000000);
	if (timer->active && timer->expires <= ktime_get()) {
		timer->active = false;
		timer->function(timer);
	}
}

static void do_comm(const struct words *words)
{
	memset(current->comm, 0, TASK_COMM_LEN);
	strscpy(current->comm, word(words, 1), TASK_COMM_LEN);
}

static void do_device(const struct words *words)
{
	struct blkdebug_geometry *geometry = &w.engine->geometry;

	if (w.lines > 1)
		return;
	geometry->block = 1U << number(words, 2) % 8;
	geometry->sectors = number(words, 1) % MAX_SECTORS & -(u64)geometry->block;
	geometry->sectors = geometry->sectors ?: geometry->block;
	geometry->zoned = !strcmp(word(words, 3), "zoned");
}

static void do_lazy(const struct words *words)
{
	w.lazy = true;
}

static void do_work(const struct words *words)
{
	w.lazy = false;
}

static void do_trace(const struct words *words)
{
	shim_tracing = true;
}

static void do_answer(const struct words *words)
{
	w.answer_size = number(words, 1) % 4096 + 1;
}

static const struct {
	const char *name;
	void (*fn)(const struct words *words);
} doings[] = {
	{ ".comm", do_comm },
	{ ".device", do_device },
	{ ".io", do_io },
	{ ".end", do_end },
	{ ".suspend", do_suspend },
	{ ".resume", do_resume },
	{ ".time", do_time },
	{ ".lazy", do_lazy },
	{ ".work", do_work },
	{ ".answer", do_answer },
	{ ".trace", do_trace },
};

static void do_line(const struct words *words)
{
	struct news old;
	unsigned int i;

	if (!strcmp(word(words, 0), ".fail")) {
		w.fail = number(words, 1) % 1000;
		return;
	}
	if (!strcmp(word(words, 0), ".busy")) {
		shim_disturb = !strcmp(word(words, 1), "late") ?
			       SHIM_DISTURB_END : SHIM_DISTURB_START;
		return;
	}
	old = news();
	for (i = 0; i < ARRAY_SIZE(doings); i++) {
		if (!strcmp(word(words, 0), doings[i].name)) {
			doings[i].fn(words);
			break;
		}
	}
	if (i == ARRAY_SIZE(doings) && words->argc)
		do_message(words);
	else
		shim_fail_nth = w.fail;
	check_told(old);
	if (!w.lazy)
		work();
	shim_fail_nth = 0;
	w.fail = 0;
	shim_disturb = SHIM_UNDISTURBED;
	check();
}

long shim_sleep(void)
{
	struct words words;
	long left = 1;

	if (w.sleepers == MAX_SLEEPERS || !next_line(&words))
		return 0;
	shim_fail_nth = 0;
	if (!strcmp(word(&words, 0), ".kill")) {
		left = -ERESTARTSYS;
	} else if (!strcmp(word(&words, 0), ".timeout")) {
		left = 0;
	} else {
		w.sleepers++;
		w.fail = 0;
		do_line(&words);
		w.sleepers--;
	}
	words_free(&words);
	return left;
}

static void begin_world(const u8 *data, size_t size)
{
	memset(&w, 0, sizeof(w));
	INIT_LIST_HEAD(&w.ios);
	w.pos = (const char *)data;
	w.end = w.pos + size;
	w.answer_size = 4096;
	shim_disturb = SHIM_UNDISTURBED;
	shim_tracing = false;
	w.engine = kzalloc(sizeof(*w.engine), GFP_KERNEL);
	shim_assert(!blkdebug_engine_init(w.engine, &ops));
	blkdebug_unsuspend(w.engine);
	w.engine->geometry.sectors = 1 << 20;
	w.engine->geometry.block = 1;
	memset(current->comm, 0, TASK_COMM_LEN);
}

/* After a reset nothing is held, and what is below ends as it completes */
static void end_world(void)
{
	const char *reset = "reset";
	struct blkdebug_error err;
	struct fuzz_io *fio, *next;

	w.lazy = false;
	shim_disturb = SHIM_UNDISTURBED;
	shim_assert(!blkdebug_message(w.engine, 1, (char **)&reset, NULL,
				      &err));
	work();
	check();
	list_for_each_entry_safe(fio, next, &w.ios, link) {
		shim_assert(fio->down);
		complete_io(fio);
	}
	shim_assert(list_empty(&w.ios));
	work();
	blkdebug_engine_exit(w.engine);
	kfree(w.engine);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	size_t before = shim_allocated;
	struct words words;

	begin_world(data, size);
	while (next_line(&words)) {
		do_line(&words);
		words_free(&words);
	}
	check_table();
	end_world();
	shim_assert(shim_allocated == before);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rule language. One table of keys drives parsing, checking and printing;
 * a new key is an entry there and the line that uses it.
 */
#include <linux/blkdev.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "rule.h"

#define ALL_ACTIONS	((1U << BLKDEBUG_NR_ACTIONS) - 1)
#define ON(action)	(1U << BLKDEBUG_##action)

/* Of a word in a log line or an error; a list of sectors may be megabytes */
#define WORD_SHOWN	128

static struct kmem_cache *rule_cache;

static const char * const action_names[BLKDEBUG_NR_ACTIONS] = {
	[BLKDEBUG_INJECT_ERROR]	= "inject-error",
	[BLKDEBUG_SET_STATE]	= "set-state",
	[BLKDEBUG_SUSPEND]	= "suspend",
};

/* The errnos that a blk_status_t may stand for, in one kernel or another */
static const struct {
	const char *name;
	u16 error;
} errno_names[] = {
	{ "EIO",		EIO },
	{ "ENODATA",		ENODATA },
	{ "EILSEQ",		EILSEQ },
	{ "EOPNOTSUPP",		EOPNOTSUPP },
	{ "ETIMEDOUT",		ETIMEDOUT },
	{ "ENOSPC",		ENOSPC },
	{ "ENOLINK",		ENOLINK },
	{ "EREMOTEIO",		EREMOTEIO },
	{ "EBADE",		EBADE },
	{ "ENOMEM",		ENOMEM },
	{ "EBUSY",		EBUSY },
	{ "ENODEV",		ENODEV },
	{ "EINVAL",		EINVAL },
	{ "ETIME",		ETIME },
	{ "ETOOMANYREFS",	ETOOMANYREFS },
	{ "EOVERFLOW",		EOVERFLOW },
};

/**
 * blkdebug_error_set - say what is wrong
 * @err: where to
 * @reason: terse: "Unknown key"
 * @word: the word at fault, or NULL
 *
 * Return: -EINVAL, for the caller to pass on.
 */
int blkdebug_error_set(struct blkdebug_error *err, char *reason,
		       const char *word)
{
	err->reason = reason;
	err->word = word;
	err->part = NULL;
	return -EINVAL;
}

/* The same for a part of the word that is being parsed; which comes later */
static int error_part(struct blkdebug_error *err, char *reason,
		      const char *part, size_t len)
{
	err->reason = reason;
	err->part = part;
	err->part_len = len;
	return -EINVAL;
}

static int shown(size_t len)
{
	return min_t(size_t, len, WORD_SHOWN);
}

/**
 * blkdebug_error_text - a line for the kernel log
 * @err: what is wrong
 * @buf: where to
 * @size: of @buf, in bytes
 */
void blkdebug_error_text(const struct blkdebug_error *err, char *buf,
			 size_t size)
{
	size_t len = 0;

	if (err->rule)
		len += scnprintf(buf, size, "rule %llu: ", err->rule);
	len += scnprintf(buf + len, size - len, "%s", err->reason);
	if (err->part && err->part_len)
		len += scnprintf(buf + len, size - len, ": '%*pE'",
				 shown(err->part_len), err->part);
	if (err->word)
		scnprintf(buf + len, size - len, "%s '%*pE'",
			  err->part && err->part_len ? " in" : ":",
			  shown(strlen(err->word)), err->word);
}

/**
 * blkdebug_parse_number - read a decimal number, or a hexadecimal one after 0x
 * @str: the digits, which need not end at @len
 * @len: their length in bytes
 * @max: the largest allowed
 * @number: the result
 *
 * Unlike kstrtoull() it takes neither a sign nor an octal number: dm's other
 * targets read 010 as ten.
 *
 * Return: 0, -EINVAL: no number, or -ERANGE: larger than @max.
 */
int blkdebug_parse_number(const char *str, size_t len, u64 max, u64 *number)
{
	char digits[32];
	int base = 10;
	int r;

	if (len > 2 && str[0] == '0' && str[1] == 'x') {
		str += 2;
		len -= 2;
		base = 16;
	}
	for (; len > 1 && *str == '0'; len--)
		str++;
	if (!len || len >= sizeof(digits) || !isxdigit(*str))
		return -EINVAL;
	memcpy(digits, str, len);
	digits[len] = '\0';
	r = kstrtoull(digits, base, number);
	if (!r && *number > max)
		r = -ERANGE;
	return r;
}

/* Does a bio carry this errno to its submitter as it is? */
static bool errno_carried(int error)
{
	/* dm requeues a bio that ends in EREMCHG, submitters one in EAGAIN */
	if (error == EREMCHG || error == EAGAIN)
		return false;
	return blk_status_to_errno(errno_to_blk_status(-error)) == -error;
}

/**
 * blkdebug_parse_errno - read an errno, by name or number
 * @str: "EIO", "5"
 * @error: the result, positive or 0
 *
 * Return: 0, or -EINVAL: no errno that this kernel's bios carry.
 */
int blkdebug_parse_errno(const char *str, u16 *error)
{
	unsigned int i;
	u64 number;

	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (!strcmp(errno_names[i].name, str)) {
			*error = errno_names[i].error;
			return errno_carried(*error) ? 0 : -EINVAL;
		}
	}
	if (blkdebug_parse_number(str, strlen(str), MAX_ERRNO, &number) ||
	    !errno_carried(number))
		return -EINVAL;
	*error = number;
	return 0;
}

static void print_errno_name(struct seq_buf *out, u16 error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (errno_names[i].error == error) {
			seq_buf_printf(out, "%s", errno_names[i].name);
			return;
		}
	}
	seq_buf_printf(out, "%u", error);
}

/**
 * blkdebug_tag_valid - is this a well-formed tag?
 * @tag: the tag
 *
 * Return: true for 1 to %BLKDEBUG_NAME_MAX of [A-Za-z0-9_.-], the first one a
 * letter or '_'.
 */
bool blkdebug_tag_valid(const char *tag)
{
	return blkdebug_name_valid(tag) && !isdigit(*tag) && *tag != '.' &&
	       *tag != '-';
}

/*
 * Keys. A parser gets what stands behind the '='; a printer is called only if
 * the value is not the default.
 */

static int parse_u32(const char *val, u32 *number, struct blkdebug_error *err)
{
	u64 n;
	int r = blkdebug_parse_number(val, strlen(val), BLKDEBUG_STATE_MAX, &n);

	if (r)
		return blkdebug_error_set(err, r == -ERANGE ?
					  "Number out of range" :
					  "Invalid number", NULL);
	*number = n;
	return 0;
}

static int parse_switch(const char *val, bool *on, struct blkdebug_error *err)
{
	if (strcmp(val, "on") && strcmp(val, "off"))
		return blkdebug_error_set(err, "Neither on nor off", NULL);
	*on = !strcmp(val, "on");
	return 0;
}

static void print_switch(struct seq_buf *out, bool on)
{
	seq_buf_printf(out, "%s", on ? "on" : "off");
}

static int parse_event(struct blkdebug_rule *rule, const char *val,
		       struct blkdebug_error *err)
{
	int event = blkdebug_event_lookup(val);

	if (event < 0)
		return blkdebug_error_set(err, "Unknown event", NULL);
	rule->event = event;
	if (event == BLKDEBUG_EV_USER)
		rule->user_event = val;
	return 0;
}

static bool has_event(const struct blkdebug_rule *rule)
{
	return rule->event != BLKDEBUG_EV_STANDING;
}

static void print_event(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", rule->event == BLKDEBUG_EV_USER ?
		       rule->user_event : blkdebug_event_name(rule->event));
}

static int parse_state(struct blkdebug_rule *rule, const char *val,
		       struct blkdebug_error *err)
{
	return parse_u32(val, &rule->state, err);
}

static bool has_state(const struct blkdebug_rule *rule)
{
	return rule->state;
}

static void print_state(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%u", rule->state);
}

static int parse_range(const char *val, size_t len, struct blkdebug_range *range,
		       struct blkdebug_error *err)
{
	const char *dash = memchr(val, '-', len);
	size_t first_len = dash ? dash - val : len;
	u64 first, last;
	int r;

	r = blkdebug_parse_number(val, first_len, U64_MAX, &first);
	last = first;
	if (!r && dash)
		r = blkdebug_parse_number(dash + 1, len - first_len - 1, U64_MAX,
					  &last);
	if (r)
		return error_part(err, r == -ERANGE ? "Number out of range" :
				  "Invalid sector", val, len);
	if (last < first)
		return error_part(err, "Range ends before it starts", val, len);
	range->first = first;
	range->last = last;
	return 0;
}

static int cmp_ranges(const void *a, const void *b)
{
	const struct blkdebug_range *ra = a, *rb = b;

	if (ra->first != rb->first)
		return ra->first < rb->first ? -1 : 1;
	return 0;
}

/* Sort the ranges, and make one of those that touch */
static u32 normalize_ranges(struct blkdebug_range *ranges, u32 nr)
{
	u32 i, last = 0;

	for (i = 1; i < nr; i++) {
		if (ranges[i].first < ranges[i - 1].first) {
			sort(ranges, nr, sizeof(*ranges), cmp_ranges, NULL);
			break;
		}
	}
	for (i = 1; i < nr; i++) {
		if (ranges[last].last == U64_MAX ||
		    ranges[i].first <= ranges[last].last + 1)
			ranges[last].last = max(ranges[last].last,
						ranges[i].last);
		else
			ranges[++last] = ranges[i];
	}
	return last + 1;
}

static int parse_sector(struct blkdebug_rule *rule, const char *val,
			struct blkdebug_error *err)
{
	struct blkdebug_range *ranges;
	const char *comma;
	size_t nr = 1;
	u32 i;

	for (comma = strchr(val, ','); comma; comma = strchr(comma + 1, ','))
		nr++;
	if (nr > U32_MAX)
		return blkdebug_error_set(err, "Too many sectors", NULL);
	ranges = kvmalloc_array(nr, sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return -ENOMEM;
	rule->ranges = ranges;
	rule->nr_ranges = nr;

	for (i = 0; i < nr; i++) {
		size_t len = strchrnul(val, ',') - val;
		int r = parse_range(val, len, &ranges[i], err);

		if (r)
			return r;
		val += len + 1;
	}
	rule->nr_ranges = normalize_ranges(ranges, nr);
	return 0;
}

static bool has_sector(const struct blkdebug_rule *rule)
{
	return rule->nr_ranges;
}

static void print_sector(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	u32 i;

	for (i = 0; i < rule->nr_ranges; i++) {
		const struct blkdebug_range *range = &rule->ranges[i];

		seq_buf_printf(out, i ? ",%llu" : "%llu", (u64)range->first);
		if (range->last != range->first)
			seq_buf_printf(out, "-%llu", (u64)range->last);
	}
}

static int parse_iotype(struct blkdebug_rule *rule, const char *val,
			struct blkdebug_error *err)
{
	u32 mask = 0;

	for (;;) {
		size_t len = strchrnul(val, ',') - val;
		int iotype = blkdebug_iotype_lookup(val, len);

		if (iotype < 0)
			return error_part(err, "Unknown iotype", val, len);
		mask |= 1U << iotype;
		if (!val[len])
			break;
		val += len + 1;
	}
	if (mask != BLKDEBUG_ALL_IOTYPES)
		rule->iotypes = mask;
	return 0;
}

static bool has_iotype(const struct blkdebug_rule *rule)
{
	return (rule->iotypes & BLKDEBUG_ALL_IOTYPES) != BLKDEBUG_ALL_IOTYPES;
}

static void print_iotype(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++) {
		if (!(rule->iotypes & (1U << i)))
			continue;
		seq_buf_printf(out, "%s%s", comma, blkdebug_iotype_name(i));
		comma = ",";
	}
}

static int parse_flags(struct blkdebug_rule *rule, const char *val,
		       struct blkdebug_error *err)
{
	for (;;) {
		size_t len = strchrnul(val, ',') - val;
		bool not = *val == '!';
		int bit = blkdebug_flag_lookup(val + not, len - not);

		if (bit < 0)
			return error_part(err, "Unknown flag", val, len);
		if (not)
			rule->flags_clear |= 1U << bit;
		else
			rule->flags_set |= 1U << bit;
		if (rule->flags_clear & rule->flags_set)
			return error_part(err, "Flag both asked for and ruled out",
					  val, len);
		if (!val[len])
			break;
		val += len + 1;
	}
	rule->iotypes &= ~(1U << BLKDEBUG_IO_EVENT);
	return 0;
}

static bool has_flags(const struct blkdebug_rule *rule)
{
	return rule->flags_set | rule->flags_clear;
}

static void print_flags(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	const char *comma = "";
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_FLAGS; i++) {
		if (!((rule->flags_set | rule->flags_clear) & (1U << i)))
			continue;
		seq_buf_printf(out, "%s%s%s", comma,
			       rule->flags_clear & (1U << i) ? "!" : "",
			       blkdebug_flag_name(i));
		comma = ",";
	}
}

static int parse_tag(struct blkdebug_rule *rule, const char *val,
		     struct blkdebug_error *err)
{
	if (!blkdebug_tag_valid(val))
		return blkdebug_error_set(err, "Invalid tag", NULL);
	rule->tag = val;
	return 0;
}

static bool has_tag(const struct blkdebug_rule *rule)
{
	return rule->tag;
}

static void print_tag(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", rule->tag);
}

static int parse_error(struct blkdebug_rule *rule, const char *val,
		       struct blkdebug_error *err)
{
	if (blkdebug_parse_errno(val, &rule->error))
		return blkdebug_error_set(err, "Not an errno that bios carry",
					  NULL);
	return 0;
}

static bool has_error(const struct blkdebug_rule *rule)
{
	return rule->error != EIO;
}

static void print_error(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	print_errno_name(out, rule->error);
}

static int parse_once(struct blkdebug_rule *rule, const char *val,
		      struct blkdebug_error *err)
{
	return parse_switch(val, &rule->once, err);
}

/* Breakpoints are one-shot by themselves, as QEMU's are */
static bool has_once(const struct blkdebug_rule *rule)
{
	return rule->once != (rule->action == BLKDEBUG_SUSPEND);
}

static void print_once(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	print_switch(out, rule->once);
}

static int parse_immediately(struct blkdebug_rule *rule, const char *val,
			     struct blkdebug_error *err)
{
	return parse_switch(val, &rule->immediately, err);
}

static bool has_immediately(const struct blkdebug_rule *rule)
{
	return rule->immediately;
}

static void print_immediately(struct seq_buf *out,
			      const struct blkdebug_rule *rule)
{
	print_switch(out, rule->immediately);
}

static int parse_new_state(struct blkdebug_rule *rule, const char *val,
			   struct blkdebug_error *err)
{
	return parse_u32(val, &rule->new_state, err);
}

static bool has_new_state(const struct blkdebug_rule *rule)
{
	return rule->new_state;
}

static void print_new_state(struct seq_buf *out,
			    const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%u", rule->new_state);
}

/**
 * struct rule_key - a key of the rule language
 * @name: as written
 * @actions: mask of the actions that take it
 * @required: mask of those that need it
 * @parse: reads the value; 0, -ENOMEM, or -EINVAL with the reason set
 * @given: has the rule a value other than the default?
 * @print: writes the value
 */
struct rule_key {
	const char *name;
	unsigned int actions;
	unsigned int required;
	int (*parse)(struct blkdebug_rule *rule, const char *val,
		     struct blkdebug_error *err);
	bool (*given)(const struct blkdebug_rule *rule);
	void (*print)(struct seq_buf *out, const struct blkdebug_rule *rule);
};

/* In the order of canonical output */
static const struct rule_key keys[] = {
	{ "event", ALL_ACTIONS, 0, parse_event, has_event, print_event },
	{ "state", ALL_ACTIONS, 0, parse_state, has_state, print_state },
	{ "sector", ALL_ACTIONS, 0, parse_sector, has_sector, print_sector },
	{ "iotype", ALL_ACTIONS, 0, parse_iotype, has_iotype, print_iotype },
	{ "flags", ALL_ACTIONS, 0, parse_flags, has_flags, print_flags },
	{ "tag", ALL_ACTIONS, ON(SUSPEND), parse_tag, has_tag, print_tag },
	{ "errno", ON(INJECT_ERROR), 0, parse_error, has_error, print_error },
	{ "once", ON(INJECT_ERROR) | ON(SUSPEND), 0,
	  parse_once, has_once, print_once },
	{ "immediately", ON(INJECT_ERROR), 0,
	  parse_immediately, has_immediately, print_immediately },
	{ "new_state", ON(SET_STATE), 0,
	  parse_new_state, has_new_state, print_new_state },
};

static int lookup_action(const char *word)
{
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_ACTIONS; i++) {
		if (!strcmp(action_names[i], word))
			return i;
	}
	return -EINVAL;
}

/**
 * blkdebug_is_action - does this word start a rule?
 * @word: the word
 *
 * Return: true if it is not of the form key=value; whether it is an action
 * that exists is for blkdebug_parse_rules() to say.
 */
bool blkdebug_is_action(const char *word)
{
	return !strchr(word, '=');
}

static int lookup_key(const char *word, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strlen(keys[i].name) == len &&
		    !memcmp(keys[i].name, word, len))
			return i;
	}
	return -EINVAL;
}

/* Read one key=value; @seen has a bit for each key that the rule has so far */
static int parse_key(struct blkdebug_rule *rule, const char *word, u32 *seen,
		     struct blkdebug_error *err)
{
	size_t len = strchrnul(word, '=') - word;
	int key = lookup_key(word, len);
	int r;

	if (key < 0)
		return blkdebug_error_set(err, "Unknown key", word);
	if (!(keys[key].actions & (1U << rule->action)))
		return blkdebug_error_set(err, "Key not of this action", word);
	if (*seen & (1U << key))
		return blkdebug_error_set(err, "Key given twice", word);
	*seen |= 1U << key;

	r = keys[key].parse(rule, word + len + 1, err);
	err->word = word;
	return r;
}

static int check_required(const struct blkdebug_rule *rule, const char *action,
			  struct blkdebug_error *err)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!(keys[i].required & (1U << rule->action)) ||
		    keys[i].given(rule))
			continue;
		blkdebug_error_set(err, "Key missing", action);
		return error_part(err, err->reason, keys[i].name,
				  strlen(keys[i].name));
	}
	return 0;
}

static struct blkdebug_rule *alloc_rule(unsigned int action, u64 number)
{
	struct blkdebug_rule *rule = kmem_cache_zalloc(rule_cache, GFP_KERNEL);

	if (!rule)
		return NULL;
	INIT_LIST_HEAD(&rule->link);
	INIT_LIST_HEAD(&rule->tag_link);
	INIT_LIST_HEAD(&rule->used_link);
	rule->number = number;
	rule->action = action;
	rule->event = BLKDEBUG_EV_STANDING;
	rule->iotypes = BLKDEBUG_ALL_IOTYPES | (1U << BLKDEBUG_IO_EVENT);
	rule->error = EIO;
	rule->once = action == BLKDEBUG_SUSPEND;
	return rule;
}

/* Read the rule at @argv[*@pos] and move *@pos behind it */
static int parse_rule(unsigned int argc, char **argv, unsigned int *pos,
		      u64 number, struct list_head *rules,
		      struct blkdebug_error *err)
{
	const char *name = argv[(*pos)++];
	struct blkdebug_rule *rule;
	int action = lookup_action(name);
	u32 seen = 0;
	int r;

	err->rule = number;
	if (action < 0)
		return blkdebug_error_set(err, "Unknown action", name);

	rule = alloc_rule(action, number);
	if (!rule)
		return -ENOMEM;
	list_add_tail(&rule->link, rules);

	for (; *pos < argc && !blkdebug_is_action(argv[*pos]); (*pos)++) {
		r = parse_key(rule, argv[*pos], &seen, err);
		if (r)
			return r;
	}
	return check_required(rule, name, err);
}

/**
 * blkdebug_parse_rules - read rules
 * @argc: how many words
 * @argv: the words
 * @first: the number of the first rule
 * @rules: the rules are added to this list; also those read before an error,
 *	for the caller to free
 * @err: what is wrong, if anything
 *
 * Tags and user events in the rules point into @argv until the engine takes
 * the rules over. May sleep.
 *
 * Return: 0, -ENOMEM, or -EINVAL with @err set.
 */
int blkdebug_parse_rules(unsigned int argc, char **argv, u64 first,
			 struct list_head *rules, struct blkdebug_error *err)
{
	unsigned int pos = 0;

	while (pos < argc) {
		int r = parse_rule(argc, argv, &pos, first++, rules, err);

		if (r == -ENOMEM)
			blkdebug_error_set(err, "Cannot allocate rule", NULL);
		if (r)
			return r;
		cond_resched();
	}
	return 0;
}

/**
 * blkdebug_print_rule - write a rule in canonical form
 * @out: where to
 * @rule: the rule
 */
void blkdebug_print_rule(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	unsigned int i;

	seq_buf_printf(out, "%s", action_names[rule->action]);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!(keys[i].actions & (1U << rule->action)) ||
		    !keys[i].given(rule))
			continue;
		seq_buf_printf(out, " %s=", keys[i].name);
		keys[i].print(out, rule);
	}
}

/**
 * blkdebug_print_features - write what rules may be made of, one kind a line
 * @out: where to
 */
void blkdebug_print_features(struct seq_buf *out)
{
	unsigned int i;

	seq_buf_printf(out, "actions");
	for (i = 0; i < BLKDEBUG_NR_ACTIONS; i++)
		seq_buf_printf(out, " %s", action_names[i]);
	seq_buf_printf(out, "\nkeys");
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		seq_buf_printf(out, " %s", keys[i].name);
	seq_buf_printf(out, "\nevents");
	for (i = 0; i < BLKDEBUG_NR_EVENTS; i++)
		seq_buf_printf(out, " %s", blkdebug_event_name(i));
	seq_buf_printf(out, " user.*\niotypes");
	for (i = 0; i < BLKDEBUG_NR_IOTYPES; i++)
		seq_buf_printf(out, " %s", blkdebug_iotype_name(i));
	seq_buf_printf(out, "\nflags");
	for (i = 0; i < BLKDEBUG_NR_FLAGS; i++) {
		if (blkdebug_flags_known() & (1U << i))
			seq_buf_printf(out, " %s", blkdebug_flag_name(i));
	}
	seq_buf_printf(out, "\nerrnos");
	for (i = 0; i < ARRAY_SIZE(errno_names); i++) {
		if (errno_carried(errno_names[i].error))
			seq_buf_printf(out, " %s", errno_names[i].name);
	}
	seq_buf_printf(out, "\n");
}

/**
 * blkdebug_free_rule - free a rule that no reader can see
 * @rule: the rule
 *
 * May sleep.
 */
void blkdebug_free_rule(struct blkdebug_rule *rule)
{
	kvfree(rule->ranges);
	kfree(rule->hold);
	kmem_cache_free(rule_cache, rule);
}

static void free_rule_cb(struct rcu_head *rcu)
{
	kmem_cache_free(rule_cache,
			container_of(rcu, struct blkdebug_rule, rcu));
}

/**
 * blkdebug_free_rule_rcu - free a rule that readers may still be looking at
 * @rule: the rule; nothing leads to it any more
 *
 * Readers look at neither the list of ranges nor the hold. May sleep.
 */
void blkdebug_free_rule_rcu(struct blkdebug_rule *rule)
{
	kvfree(rule->ranges);
	kfree(rule->hold);
	call_rcu(&rule->rcu, free_rule_cb);
}

/**
 * blkdebug_rule_init - set up what all rules share
 *
 * Return: 0 or -ENOMEM.
 */
int __init blkdebug_rule_init(void)
{
	rule_cache = KMEM_CACHE(blkdebug_rule, 0);
	return rule_cache ? 0 : -ENOMEM;
}

/**
 * blkdebug_rule_exit - tear it down; no rule is left
 */
void blkdebug_rule_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(rule_cache);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of the rule language: a new one is an entry in the table at the end, and
 * the line that uses it. A parser gets what stands behind the '='; a printer is
 * called only if the value is not the default.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/gcd.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "keys.h"
#include "../media.h"

static int parse_number(const char *val, u64 min, u64 max, u64 *number,
			struct blkdebug_error *err)
{
	int r = blkdebug_parse_number(val, strlen(val), max, number);

	if (!r && *number < min)
		r = -ERANGE;
	if (r)
		return blkdebug_error_set(err, r == -ERANGE ?
					  "Number out of range" :
					  "Invalid number", NULL);
	return 0;
}

static int parse_u32(const char *val, u64 max, u32 *number,
		     struct blkdebug_error *err)
{
	u64 n;
	int r = parse_number(val, 0, max, &n, err);

	if (!r)
		*number = n;
	return r;
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
	return parse_u32(val, BLKDEBUG_STATE_MAX, &rule->state, err);
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
		return blkdebug_error_part(err, r == -ERANGE ? "Number out of range" :
				  "Invalid sector", val, len);
	if (last < first)
		return blkdebug_error_part(err, "Range ends before it starts", val, len);
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
	ranges = kvmalloc_array(nr, sizeof(*ranges), BLKDEBUG_GFP_LONG);
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

static void print_range(struct seq_buf *out, const struct blkdebug_range *range,
			bool first)
{
	seq_buf_printf(out, first ? "%llu" : ",%llu", (u64)range->first);
	if (range->last != range->first)
		seq_buf_printf(out, "-%llu", (u64)range->last);
}

/* Writes go on healing sectors meanwhile */
static bool print_bad_sectors(struct seq_buf *out, struct blkdebug_media *media)
{
	struct blkdebug_range bad = { .last = 0 };
	sector_t from = 0;
	bool first = true;

	while (blkdebug_media_first_bad(media, from, U64_MAX, &bad)) {
		print_range(out, &bad, first);
		first = false;
		if (bad.last == U64_MAX)
			break;
		from = bad.last + 1;
		cond_resched();
	}
	return !first;
}

static void print_sector(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	u32 i;

	/* Used up, it is shown as it was written */
	if (blkdebug_rule_heals(rule) &&
	    print_bad_sectors(out, rule->params->media))
		return;
	for (i = 0; i < rule->nr_ranges; i++)
		print_range(out, &rule->ranges[i], !i);
}

static int parse_iotype(struct blkdebug_rule *rule, const char *val,
			struct blkdebug_error *err)
{
	u32 mask = 0;

	for (;;) {
		size_t len = strchrnul(val, ',') - val;
		int iotype = blkdebug_iotype_lookup(val, len);

		if (iotype < 0)
			return blkdebug_error_part(err, "Unknown iotype", val, len);
		mask |= 1U << iotype;
		if (!val[len])
			break;
		val += len + 1;
	}
	/* Whoever names all that there are wants no less than who names none */
	if (mask == (blkdebug_action_iotypes(rule->action) & BLKDEBUG_ALL_IOTYPES))
		mask |= rule->iotypes & (1U << BLKDEBUG_IO_EVENT);
	rule->iotypes = mask;
	return 0;
}

/* What alters data has the key "on" for it, and a bad sector is found by reads */
static bool has_iotype(const struct blkdebug_rule *rule)
{
	return rule->action != BLKDEBUG_CORRUPT && !blkdebug_rule_heals(rule) &&
	       (rule->iotypes ^ blkdebug_action_iotypes(rule->action)) &
	       BLKDEBUG_ALL_IOTYPES;
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
			return blkdebug_error_part(err, "Unknown flag", val, len);
		if (not)
			rule->flags_clear |= 1U << bit;
		else
			rule->flags_set |= 1U << bit;
		if (rule->flags_clear & rule->flags_set)
			return blkdebug_error_part(err, "Flag both asked for and ruled out",
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
	return rule->error != blkdebug_action_error(rule->action);
}

static void print_error(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	blkdebug_print_errno(out, rule->error);
}

/* Breakpoints are one-shot by themselves, as QEMU's are */
static u32 default_times(const struct blkdebug_rule *rule)
{
	return rule->action == BLKDEBUG_SUSPEND;
}

static int parse_once(struct blkdebug_rule *rule, const char *val,
		      struct blkdebug_error *err)
{
	bool once = false;
	int r = parse_switch(val, &once, err);

	rule->times = once;
	return r;
}

static bool has_once(const struct blkdebug_rule *rule)
{
	return rule->times <= 1 && rule->times != default_times(rule);
}

static void print_once(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	print_switch(out, rule->times);
}

static int parse_times(struct blkdebug_rule *rule, const char *val,
		       struct blkdebug_error *err)
{
	return parse_u32(val, U32_MAX, &rule->times, err);
}

/* Never and once have words of their own */
static bool has_times(const struct blkdebug_rule *rule)
{
	return rule->times > 1;
}

static void print_times(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%u", rule->times);
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
	return parse_u32(val, BLKDEBUG_STATE_MAX, &rule->new_state, err);
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

static bool comm_valid(const char *comm, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!isascii(comm[i]) || !isgraph(comm[i]) || comm[i] == '\\')
			return false;
	}
	return len > 0;
}

static int parse_comm(struct blkdebug_rule *rule, const char *val,
		      struct blkdebug_error *err)
{
	size_t len = strlen(val);

	if (len >= sizeof(rule->params->comm) || !comm_valid(val, len))
		return blkdebug_error_set(err, "Invalid task name", NULL);
	strscpy(rule->params->comm, val, sizeof(rule->params->comm));
	return 0;
}

static bool has_comm(const struct blkdebug_rule *rule)
{
	return rule->params && *rule->params->comm;
}

static void print_comm(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", rule->params->comm);
}

static int parse_after(struct blkdebug_rule *rule, const char *val,
		       struct blkdebug_error *err)
{
	return parse_number(val, 0, U32_MAX, &rule->params->after, err);
}

static bool has_after(const struct blkdebug_rule *rule)
{
	return rule->params && rule->params->after;
}

static void print_after(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%llu", rule->params->after);
}

static int parse_interval(struct blkdebug_rule *rule, const char *val,
			  struct blkdebug_error *err)
{
	return parse_number(val, 1, U32_MAX, &rule->params->interval, err);
}

static bool has_interval(const struct blkdebug_rule *rule)
{
	return rule->params && rule->params->interval > 1;
}

static void print_interval(struct seq_buf *out,
			   const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%llu", rule->params->interval);
}

static int parse_probability(struct blkdebug_rule *rule, const char *val,
			     struct blkdebug_error *err)
{
	const char *slash = strchrnul(val, '/');
	u64 numerator, denominator;
	unsigned long divisor;

	if (!*slash ||
	    blkdebug_parse_number(val, slash - val, U32_MAX, &numerator) ||
	    blkdebug_parse_number(slash + 1, strlen(slash + 1), U32_MAX,
				  &denominator))
		return blkdebug_error_set(err, "Invalid fraction", NULL);
	if (!denominator || numerator > denominator)
		return blkdebug_error_set(err, "Not between 0/1 and 1/1", NULL);
	divisor = gcd(numerator, denominator);
	rule->params->numerator = div_u64(numerator, divisor);
	rule->params->denominator = div_u64(denominator, divisor);
	return 0;
}

static bool has_probability(const struct blkdebug_rule *rule)
{
	return rule->params &&
	       rule->params->numerator != rule->params->denominator;
}

static void print_probability(struct seq_buf *out,
			      const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%u/%u", rule->params->numerator,
		       rule->params->denominator);
}

static int parse_healed(struct blkdebug_rule *rule, const char *val,
			struct blkdebug_error *err)
{
	return parse_switch(val, &rule->params->healed, err);
}

static void print_healed(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	print_switch(out, rule->params->healed);
}

static int parse_transfer(struct blkdebug_rule *rule, const char *val,
			  struct blkdebug_error *err)
{
	int transfer = match_string(blkdebug_transfer_names, BLKDEBUG_NR_TRANSFERS, val);

	if (transfer < 0)
		return blkdebug_error_set(err, "Neither none, partial nor all",
					  NULL);
	rule->params->transfer = transfer;
	return 0;
}

static bool has_transfer(const struct blkdebug_rule *rule)
{
	return rule->params && rule->params->transfer != BLKDEBUG_TRANSFER_NONE;
}

static void print_transfer(struct seq_buf *out,
			   const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", blkdebug_transfer_names[rule->params->transfer]);
}

/* The unit of jitter is not known yet; blkdebug_parse_rules() scales both */
static int parse_delay(struct blkdebug_rule *rule, const char *val, u32 scale,
		       struct blkdebug_error *err)
{
	rule->params->scale = scale;
	return parse_number(val, 0, BLKDEBUG_DELAY_MAX / scale, &rule->params->delay, err);
}

static int parse_ms(struct blkdebug_rule *rule, const char *val,
		    struct blkdebug_error *err)
{
	return parse_delay(rule, val, USEC_PER_MSEC, err);
}

static int parse_us(struct blkdebug_rule *rule, const char *val,
		    struct blkdebug_error *err)
{
	return parse_delay(rule, val, 1, err);
}

static int parse_jitter(struct blkdebug_rule *rule, const char *val,
			struct blkdebug_error *err)
{
	return parse_number(val, 0, BLKDEBUG_DELAY_MAX, &rule->params->jitter, err);
}

static bool whole_ms(const struct blkdebug_params *params)
{
	u64 delay = params->delay, jitter = params->jitter;

	return !do_div(delay, USEC_PER_MSEC) && !do_div(jitter, USEC_PER_MSEC);
}

static u64 scaled(u64 us, const struct blkdebug_params *params)
{
	return whole_ms(params) ? div_u64(us, USEC_PER_MSEC) : us;
}

static bool has_ms(const struct blkdebug_rule *rule)
{
	return whole_ms(rule->params);
}

static bool has_us(const struct blkdebug_rule *rule)
{
	return !whole_ms(rule->params);
}

static void print_delay(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%llu", scaled(rule->params->delay, rule->params));
}

static bool has_jitter(const struct blkdebug_rule *rule)
{
	return rule->params->jitter;
}

static void print_jitter(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%llu", scaled(rule->params->jitter, rule->params));
}

static int parse_byte(struct blkdebug_rule *rule, const char *val,
		      struct blkdebug_error *err)
{
	return parse_number(val, 0, U32_MAX, &rule->params->at, err);
}

static bool sets_byte(const struct blkdebug_rule *rule)
{
	return !rule->params->bits;
}

static void print_at(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%llu", rule->params->at);
}

static int parse_value(struct blkdebug_rule *rule, const char *val,
		       struct blkdebug_error *err)
{
	u64 value;
	int r = parse_number(val, 0, U8_MAX, &value, err);

	if (!r)
		rule->params->value = value;
	return r;
}

static void print_value(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%u", rule->params->value);
}

static int parse_bits(struct blkdebug_rule *rule, const char *val,
		      struct blkdebug_error *err)
{
	u64 bits;
	int r = parse_number(val, 1, BLKDEBUG_BITS_MAX, &bits, err);

	if (!r)
		rule->params->bits = bits;
	return r;
}

static bool has_bits(const struct blkdebug_rule *rule)
{
	return rule->params->bits;
}

static void print_bits(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%u", rule->params->bits);
}

static int parse_on(struct blkdebug_rule *rule, const char *val,
		    struct blkdebug_error *err)
{
	if (!strcmp(val, "read"))
		rule->iotypes = 1U << BLKDEBUG_IO_READ;
	else if (!strcmp(val, "write"))
		rule->iotypes = 1U << BLKDEBUG_IO_WRITE;
	else
		return blkdebug_error_set(err, "Neither read nor write", NULL);
	return 0;
}

static bool has_on(const struct blkdebug_rule *rule)
{
	return rule->iotypes != blkdebug_action_iotypes(BLKDEBUG_CORRUPT);
}

static int parse_sectors(struct blkdebug_rule *rule, const char *val,
			 struct blkdebug_error *err)
{
	if (!strcmp(val, "random")) {
		rule->params->sectors = BLKDEBUG_SECTORS_RANDOM;
		return 0;
	}
	return parse_number(val, 0, U32_MAX, &rule->params->sectors, err);
}

/* There is no default */
static bool always(const struct blkdebug_rule *rule)
{
	return true;
}

static void print_sectors(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	if (rule->params->sectors == BLKDEBUG_SECTORS_RANDOM)
		seq_buf_printf(out, "random");
	else
		seq_buf_printf(out, "%llu", rule->params->sectors);
}

static int parse_to(struct blkdebug_rule *rule, const char *val,
		    struct blkdebug_error *err)
{
	return parse_number(val, 0, U64_MAX, &rule->params->at, err);
}

#define ALL	((1U << BLKDEBUG_NR_ACTIONS) - 1)
#define A(action)	(1U << BLKDEBUG_##action)

const struct blkdebug_key blkdebug_keys[BLKDEBUG_NR_KEYS] = {
	[BLKDEBUG_KEY_EVENT] = {
		"event", ALL, 0, false,
		parse_event, has_event, print_event },
	[BLKDEBUG_KEY_STATE] = {
		"state", ALL, 0, false,
		parse_state, has_state, print_state },
	[BLKDEBUG_KEY_SECTOR] = {
		"sector", ALL, 0, false,
		parse_sector, has_sector, print_sector },
	[BLKDEBUG_KEY_IOTYPE] = {
		"iotype", ALL, 0, false,
		parse_iotype, has_iotype, print_iotype },
	[BLKDEBUG_KEY_FLAGS] = {
		"flags", ALL, 0, false,
		parse_flags, has_flags, print_flags },
	[BLKDEBUG_KEY_COMM] = {
		"comm", ALL, 0, true,
		parse_comm, has_comm, print_comm },
	[BLKDEBUG_KEY_TAG] = {
		"tag", ALL, A(SUSPEND), false,
		parse_tag, has_tag, print_tag },
	[BLKDEBUG_KEY_AFTER] = {
		"after", ALL, 0, true,
		parse_after, has_after, print_after },
	[BLKDEBUG_KEY_INTERVAL] = {
		"interval", ALL, 0, true,
		parse_interval, has_interval, print_interval },
	[BLKDEBUG_KEY_PROBABILITY] = {
		"probability", ALL, 0, true,
		parse_probability, has_probability, print_probability },
	[BLKDEBUG_KEY_ERRNO] = {
		"errno", A(INJECT_ERROR) | A(TEAR), 0, false,
		parse_error, has_error, print_error },
	[BLKDEBUG_KEY_ONCE] = {
		"once", ALL, 0, false,
		parse_once, has_once, print_once },
	[BLKDEBUG_KEY_TIMES] = {
		"times", ALL, 0, false,
		parse_times, has_times, print_times },
	[BLKDEBUG_KEY_IMMEDIATELY] = {
		"immediately", A(INJECT_ERROR), 0, false,
		parse_immediately, has_immediately, print_immediately },
	[BLKDEBUG_KEYS_HEALED] = {
		"healed", A(INJECT_ERROR), 0, true,
		parse_healed, blkdebug_rule_heals, print_healed },
	[BLKDEBUG_KEY_TRANSFER] = {
		"transfer", A(INJECT_ERROR), 0, true,
		parse_transfer, has_transfer, print_transfer },
	[BLKDEBUG_KEY_NEW_STATE] = {
		"new_state", A(SET_STATE), 0, false,
		parse_new_state, has_new_state, print_new_state },
	[BLKDEBUG_KEY_MS] = {
		"ms", A(DELAY), 0, true,
		parse_ms, has_ms, print_delay },
	[BLKDEBUG_KEY_US] = {
		"us", A(DELAY), 0, true,
		parse_us, has_us, print_delay },
	[BLKDEBUG_KEY_JITTER] = {
		"jitter", A(DELAY), 0, true,
		parse_jitter, has_jitter, print_jitter },
	[BLKDEBUG_KEY_BYTE] = {
		"byte", A(CORRUPT), 0, true,
		parse_byte, sets_byte, print_at },
	[BLKDEBUG_KEY_VALUE] = {
		"value", A(CORRUPT), 0, true,
		parse_value, sets_byte, print_value },
	[BLKDEBUG_KEY_BITS] = {
		"bits", A(CORRUPT), 0, true,
		parse_bits, has_bits, print_bits },
	[BLKDEBUG_KEY_ON] = {
		"on", A(CORRUPT), 0, true,
		parse_on, has_on, print_iotype },
	[BLKDEBUG_KEY_SECTORS] = {
		"sectors", A(TEAR), A(TEAR), true,
		parse_sectors, always, print_sectors },
	[BLKDEBUG_KEY_TO] = {
		"to", A(MISDIRECT), A(MISDIRECT), true,
		parse_to, always, print_at },
};

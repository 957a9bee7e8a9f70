// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of the rule language.
 *
 * The table at the end has one line a key: name, the actions that take it, those
 * that require it, its type, the member that holds its value, and the limits and
 * the default of a number. A new key of an existing type needs no other code.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/gcd.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "actions.h"
#include "bad-sectors.h"
#include "choice.h"
#include "keys.h"

static void *value_address(const struct blkdebug_key *key,
			   const struct blkdebug_rule *rule)
{
	return (key->in_params ? (void *)rule->params : (void *)rule) +
	       key->offset;
}

static u64 read_value(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	const void *value = value_address(key, rule);

	switch (key->size) {
	case sizeof(u8):
		return *(const u8 *)value;
	case sizeof(u32):
		return *(const u32 *)value;
	default:
		return *(const u64 *)value;
	}
}

static void write_value(const struct blkdebug_key *key, struct blkdebug_rule *rule,
			u64 number)
{
	void *value = value_address(key, rule);

	switch (key->size) {
	case sizeof(u8):
		*(u8 *)value = number;
		break;
	case sizeof(u32):
		*(u32 *)value = number;
		break;
	default:
		*(u64 *)value = number;
	}
}

/* Types that any key can have: numbers, switches, names, durations, fractions */

static int parse_number(struct blkdebug_rule_parser *parser,
			const struct blkdebug_key *key, const char *val)
{
	u64 number = 0;
	int r = blkdebug_parse_number(val, strlen(val), key->max, &number);

	if (!r && number < key->min)
		r = -ERANGE;
	if (r)
		return blkdebug_error_set(parser->err, r == -ERANGE ?
					  "Number out of range" :
					  "Invalid number", NULL);
	write_value(key, parser->rule, number);
	return 0;
}

static void print_number(struct seq_buf *out, const struct blkdebug_key *key,
			 const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%llu", read_value(key, rule));
}

static const struct blkdebug_key_type number_type = { parse_number, print_number };

static int parse_switch(struct blkdebug_rule_parser *parser,
			const struct blkdebug_key *key, const char *val)
{
	if (strcmp(val, "on") && strcmp(val, "off"))
		return blkdebug_error_set(parser->err, "Neither on nor off",
					  NULL);
	write_value(key, parser->rule, !strcmp(val, "on"));
	return 0;
}

static void print_switch(struct seq_buf *out, const struct blkdebug_key *key,
			 const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", read_value(key, rule) ? "on" : "off");
}

static const struct blkdebug_key_type switch_type = { parse_switch, print_switch };

static int parse_name(struct blkdebug_rule_parser *parser,
		      const struct blkdebug_key *key, const char *val)
{
	int i = blkdebug_name_lookup(key->names, key->max, val, strlen(val));

	if (i < 0)
		return blkdebug_error_set(parser->err, "Unknown value", NULL);
	write_value(key, parser->rule, i);
	return 0;
}

static void print_name(struct seq_buf *out, const struct blkdebug_key *key,
		       const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", key->names[read_value(key, rule)]);
}

static const struct blkdebug_key_type name_type = { parse_name, print_name };

static bool is_whole_ms(const struct blkdebug_rule *rule)
{
	u32 delay_us, jitter_us;

	div_u64_rem(rule->params->delay, USEC_PER_MSEC, &delay_us);
	div_u64_rem(rule->params->jitter, USEC_PER_MSEC, &jitter_us);
	return !delay_us && !jitter_us;
}

static bool has_ms(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return is_whole_ms(rule);
}

static bool has_us(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return !is_whole_ms(rule);
}

/* check_delay() converts parsed values to us, when the unit is known. */
static void print_duration(struct seq_buf *out, const struct blkdebug_key *key,
			   const struct blkdebug_rule *rule)
{
	u64 us = read_value(key, rule);

	seq_buf_printf(out, "%llu", is_whole_ms(rule) ?
		       div_u64(us, USEC_PER_MSEC) : us);
}

static const struct blkdebug_key_type duration_type = { parse_number, print_duration };

static int parse_fraction(struct blkdebug_rule_parser *parser,
			  const struct blkdebug_key *key, const char *val)
{
	struct blkdebug_fraction *fraction = value_address(key, parser->rule);
	u32 numerator, denominator, divisor;
	int r;

	r = blkdebug_parse_fraction(val, strlen(val), &numerator, &denominator);
	if (r)
		return blkdebug_error_set(parser->err, r == -ERANGE ?
					  "Not between 0/1 and 1/1" :
					  "Invalid fraction", NULL);
	/* 1/1 is the default, 0/0. */
	if (numerator == denominator)
		return 0;
	divisor = gcd(numerator, denominator);
	fraction->numerator = numerator / divisor;
	fraction->denominator = denominator / divisor;
	return 0;
}

static void print_fraction(struct seq_buf *out, const struct blkdebug_key *key,
			   const struct blkdebug_rule *rule)
{
	const struct blkdebug_fraction *fraction = value_address(key, rule);

	seq_buf_printf(out, "%u/%u", fraction->numerator, fraction->denominator);
}

static bool has_probability(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->params->probability.denominator;
}

static const struct blkdebug_key_type fraction_type = { parse_fraction, print_fraction };

/* Types of one key each */

static int parse_event(struct blkdebug_rule_parser *parser,
		       const struct blkdebug_key *key, const char *val)
{
	int event = blkdebug_event_lookup(val);

	if (event < 0)
		return blkdebug_error_set(parser->err, "Unknown event", NULL);
	parser->rule->event = event;
	if (event == BLKDEBUG_EV_USER)
		parser->rule->user_event = val;
	return 0;
}

static void print_event(struct seq_buf *out, const struct blkdebug_key *key,
			const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", rule->event == BLKDEBUG_EV_USER ?
		       rule->user_event : blkdebug_event_name(rule->event));
}

static const struct blkdebug_key_type event_type = { parse_event, print_event };

static int parse_sector(struct blkdebug_rule_parser *parser,
			const struct blkdebug_key *key, const char *val)
{
	return blkdebug_parse_ranges(val, parser->geometry->sectors,
				     &parser->rule->ranges,
				     &parser->rule->nr_ranges, parser->err);
}

/* Writes may heal sectors between two calls of blkdebug_media_first_bad(). */
static bool print_bad_sectors(struct seq_buf *out, struct blkdebug_media *media)
{
	struct blkdebug_range bad = { .last = 0 };
	sector_t from = 0;
	bool first = true;

	while (blkdebug_media_first_bad(media, from, U64_MAX, &bad)) {
		blkdebug_print_range(out, &bad, first);
		first = false;
		if (bad.last == U64_MAX)
			break;
		from = bad.last + 1;
		cond_resched();
	}
	return !first;
}

static void print_sector(struct seq_buf *out, const struct blkdebug_key *key,
			 const struct blkdebug_rule *rule)
{
	u32 i;

	/* A rule without bad sectors is used up, and printed as written. */
	if (blkdebug_rule_heals(rule) &&
	    print_bad_sectors(out, rule->params->media))
		return;
	for (i = 0; i < rule->nr_ranges; i++) {
		blkdebug_print_range(out, &rule->ranges[i], !i);
		cond_resched();
	}
}

static const struct blkdebug_key_type sector_type = { parse_sector, print_sector };

static int parse_iotype(struct blkdebug_rule_parser *parser,
			const struct blkdebug_key *key, const char *val)
{
	struct blkdebug_rule *rule = parser->rule;
	const char *item;
	size_t len;
	u16 mask = 0;

	while ((item = blkdebug_next_item(&val, &len))) {
		int iotype = blkdebug_iotype_lookup(item, len);

		if (iotype < 0)
			return blkdebug_error_part(parser->err, "Unknown iotype",
						   item, len);
		mask |= 1U << iotype;
	}
	/* All iotypes of the action are the same as no key "iotype". */
	if (mask == (blkdebug_rule_ops(rule)->iotypes & BLKDEBUG_ALL_IOTYPES))
		mask |= rule->iotypes & (1U << BLKDEBUG_IO_EVENT);
	rule->iotypes = mask;
	return 0;
}

/* Corrupt prints the key "on" instead; iotype=read is the default of healed=on. */
static bool has_iotype(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->action != BLKDEBUG_CORRUPT && !blkdebug_rule_heals(rule) &&
	       (rule->iotypes ^ blkdebug_rule_ops(rule)->iotypes) & BLKDEBUG_ALL_IOTYPES;
}

static void print_iotype(struct seq_buf *out, const struct blkdebug_key *key,
			 const struct blkdebug_rule *rule)
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

static const struct blkdebug_key_type iotype_type = { parse_iotype, print_iotype };

/* "on" names the only iotype; the key "iotype" may repeat it. */
static int parse_on(struct blkdebug_rule_parser *parser, const struct blkdebug_key *key,
		    const char *val)
{
	int iotype = blkdebug_iotype_lookup(val, strlen(val));

	if (iotype != BLKDEBUG_IO_READ && iotype != BLKDEBUG_IO_WRITE)
		return blkdebug_error_set(parser->err, "Neither read nor write",
					  NULL);
	parser->rule->iotypes = 1U << iotype;
	return 0;
}

static bool has_on(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->iotypes != blkdebug_rule_ops(rule)->iotypes;
}

static const struct blkdebug_key_type on_type = { parse_on, print_iotype };

static int parse_flags(struct blkdebug_rule_parser *parser,
		       const struct blkdebug_key *key, const char *val)
{
	struct blkdebug_rule *rule = parser->rule;
	const char *item;
	size_t len;

	while ((item = blkdebug_next_item(&val, &len))) {
		bool not = *item == '!';
		int bit = blkdebug_flag_lookup(item + not, len - not);

		if (bit < 0)
			return blkdebug_error_part(parser->err, "Unknown flag",
						   item, len);
		if (not)
			rule->flags_clear |= 1U << bit;
		else
			rule->flags_set |= 1U << bit;
		if (rule->flags_clear & rule->flags_set)
			return blkdebug_error_part(parser->err,
					"Flag both required and excluded",
					item, len);
	}
	/* Events of messages have no flags. */
	rule->iotypes &= ~(1U << BLKDEBUG_IO_EVENT);
	return 0;
}

static bool has_flags(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->flags_set | rule->flags_clear;
}

static void print_flags(struct seq_buf *out, const struct blkdebug_key *key,
			const struct blkdebug_rule *rule)
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

static const struct blkdebug_key_type flags_type = { parse_flags, print_flags };

static bool is_task_name(const char *comm, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!isascii(comm[i]) || !isgraph(comm[i]) || comm[i] == '\\')
			return false;
	}
	return len > 0;
}

static int parse_comm(struct blkdebug_rule_parser *parser,
		      const struct blkdebug_key *key, const char *val)
{
	char *comm = parser->rule->params->comm;
	size_t len = strlen(val);

	if (len >= TASK_COMM_LEN || !is_task_name(val, len))
		return blkdebug_error_set(parser->err, "Invalid task name",
					  NULL);
	strscpy(comm, val, TASK_COMM_LEN);
	return 0;
}

static void print_comm(struct seq_buf *out, const struct blkdebug_key *key,
		       const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", rule->params->comm);
}

static const struct blkdebug_key_type comm_type = { parse_comm, print_comm };

static int parse_tag(struct blkdebug_rule_parser *parser, const struct blkdebug_key *key,
		     const char *val)
{
	if (!blkdebug_tag_valid(val))
		return blkdebug_error_set(parser->err, "Invalid tag", NULL);
	parser->rule->tag = val;
	return 0;
}

static bool has_tag(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->tag;
}

static void print_tag(struct seq_buf *out, const struct blkdebug_key *key,
		      const struct blkdebug_rule *rule)
{
	seq_buf_printf(out, "%s", rule->tag);
}

static const struct blkdebug_key_type tag_type = { parse_tag, print_tag };

static int parse_errno(struct blkdebug_rule_parser *parser,
		       const struct blkdebug_key *key, const char *val)
{
	if (blkdebug_parse_errno(val, &parser->rule->error))
		return blkdebug_error_set(parser->err,
					  "Not an errno that bios carry", NULL);
	return 0;
}

static bool has_errno(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->error != blkdebug_rule_ops(rule)->error;
}

static void print_errno(struct seq_buf *out, const struct blkdebug_key *key,
			const struct blkdebug_rule *rule)
{
	blkdebug_print_errno(out, rule->error);
}

static const struct blkdebug_key_type errno_type = { parse_errno, print_errno };

/* Canonical form: "once" for at most one hit, "times" for more. */
static bool has_once(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->times <= 1 && rule->times != blkdebug_rule_ops(rule)->once;
}

static bool has_times(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return rule->times > 1;
}

static bool sets_byte(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	return !rule->params->bits;
}

static int parse_torn(struct blkdebug_rule_parser *parser,
		      const struct blkdebug_key *key, const char *val)
{
	if (strcmp(val, "random"))
		return parse_number(parser, key, val);
	write_value(key, parser->rule, BLKDEBUG_SECTORS_RANDOM);
	return 0;
}

static void print_torn(struct seq_buf *out, const struct blkdebug_key *key,
		       const struct blkdebug_rule *rule)
{
	if (read_value(key, rule) == BLKDEBUG_SECTORS_RANDOM)
		seq_buf_printf(out, "random");
	else
		print_number(out, key, rule);
}

static const struct blkdebug_key_type torn_type = { parse_torn, print_torn };

#define ALL	((1U << BLKDEBUG_NR_ACTIONS) - 1)
#define A(action)	(1U << BLKDEBUG_##action)
#define VALUE(_struct, _member)						\
	.offset = offsetof(_struct, _member),				\
	.size = sizeof_field(_struct, _member)
#define RULE(_member)	VALUE(struct blkdebug_rule, _member)
#define PARAM(_member)							\
	.in_params = true, VALUE(struct blkdebug_params, _member)

/* In the order of canonical output */
const struct blkdebug_key blkdebug_keys[] = {
	{ "event", ALL, 0, &event_type, RULE(event), .init = BLKDEBUG_EV_STANDING },
	{ "state", ALL, 0, &number_type, RULE(state), .max = BLKDEBUG_STATE_MAX },
	{ "sector", ALL, 0, &sector_type, RULE(nr_ranges) },
	{ "iotype", ALL, 0, &iotype_type, .is_set = has_iotype },
	{ "flags", ALL, 0, &flags_type, .is_set = has_flags },
	{ "comm", ALL, 0, &comm_type, PARAM(comm[0]) },
	{ "tag", ALL, A(SUSPEND), &tag_type, .is_set = has_tag },
	{ "after", ALL, 0, &number_type, PARAM(after), .max = U32_MAX },
	{ "interval", ALL, 0, &number_type, PARAM(interval), .min = 1, .max = U32_MAX, .init = 1 },
	{ "probability", ALL, 0, &fraction_type, PARAM(probability), .is_set = has_probability },
	{ "errno", A(INJECT_ERROR) | A(TEAR), 0, &errno_type, .is_set = has_errno },
	{ "once", ALL, 0, &switch_type, RULE(times), .is_set = has_once },
	{ "times", ALL, 0, &number_type, RULE(times), .max = U32_MAX, .is_set = has_times },
	{ "immediately", A(INJECT_ERROR), 0, &switch_type, RULE(immediately) },
	{ "healed", A(INJECT_ERROR), 0, &switch_type, PARAM(healed) },
	{ "transfer", A(INJECT_ERROR), 0, &name_type, PARAM(transfer),
	  .names = blkdebug_transfer_names, .max = BLKDEBUG_NR_TRANSFERS },
	{ "new_state", A(SET_STATE), 0, &number_type, RULE(new_state), .max = BLKDEBUG_STATE_MAX },
	{ "ms", A(DELAY), 0, &duration_type, PARAM(delay), .is_set = has_ms,
	  .max = BLKDEBUG_DELAY_MAX / USEC_PER_MSEC },
	{ "us", A(DELAY), 0, &duration_type, PARAM(delay), .is_set = has_us,
	  .max = BLKDEBUG_DELAY_MAX },
	{ "jitter", A(DELAY), 0, &duration_type, PARAM(jitter), .max = BLKDEBUG_DELAY_MAX },
	{ "byte", A(CORRUPT), 0, &number_type, PARAM(at), .max = U32_MAX, .is_set = sets_byte },
	{ "value", A(CORRUPT), 0, &number_type, PARAM(value), .max = U8_MAX, .is_set = sets_byte },
	{ "bits", A(CORRUPT), 0, &number_type, PARAM(bits), .min = 1, .max = BLKDEBUG_BITS_MAX },
	{ "on", A(CORRUPT), 0, &on_type, .is_set = has_on },
	{ "sectors", A(TEAR), A(TEAR), &torn_type, PARAM(sectors), .max = U32_MAX },
	{ "to", A(MISDIRECT), A(MISDIRECT), &number_type, PARAM(at), .max = U64_MAX },
	{ "survive", A(POWER_CUT), 0, &blkdebug_choice_type, PARAM(cut),
	  .is_set = blkdebug_has_choice, .max = BLKDEBUG_CHOICE_SURVIVE },
	{ "lose", A(POWER_CUT), 0, &blkdebug_choice_type, PARAM(cut),
	  .is_set = blkdebug_has_choice, .max = BLKDEBUG_CHOICE_LOSE },
	{ "keep", A(POWER_CUT), 0, &blkdebug_choice_type, PARAM(cut),
	  .is_set = blkdebug_has_choice, .max = BLKDEBUG_CHOICE_KEEP },
	{ "seed", A(POWER_CUT), 0, &blkdebug_choice_type, PARAM(cut),
	  .is_set = blkdebug_has_choice, .max = BLKDEBUG_CHOICE_SEED },
};

const unsigned int blkdebug_nr_keys = ARRAY_SIZE(blkdebug_keys);

static_assert(ARRAY_SIZE(blkdebug_keys) <= BLKDEBUG_MAX_KEYS);

/**
 * blkdebug_key_lookup - find a key by its name
 * @name: the name, not necessarily terminated at @len
 * @len: length of @name in bytes
 *
 * Context: Any context.
 * Return: the index of the key, or -ENOENT.
 */
int blkdebug_key_lookup(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blkdebug_keys); i++) {
		if (strlen(blkdebug_keys[i].name) == len &&
		    !memcmp(blkdebug_keys[i].name, name, len))
			return i;
	}
	return -ENOENT;
}

static void write_defaults(struct blkdebug_rule *rule, bool in_params)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blkdebug_keys); i++) {
		if (blkdebug_keys[i].in_params == in_params && blkdebug_keys[i].init)
			write_value(&blkdebug_keys[i], rule, blkdebug_keys[i].init);
	}
}

/**
 * blkdebug_set_defaults - set the values of a rule without keys
 * @rule: a zeroed rule with its @action
 *
 * Context: Any context.
 */
void blkdebug_set_defaults(struct blkdebug_rule *rule)
{
	const struct blkdebug_action_ops *ops = blkdebug_rule_ops(rule);

	write_defaults(rule, false);
	rule->iotypes = ops->iotypes;
	rule->error = ops->error;
	rule->times = ops->once;
}

/**
 * blkdebug_alloc_params - allocate the parameters that most rules do not have
 * @rule: the rule, with or without parameters
 *
 * Context: Process context. May sleep.
 * Return: 0 or -ENOMEM.
 */
int blkdebug_alloc_params(struct blkdebug_rule *rule)
{
	if (rule->params)
		return 0;
	rule->params = kzalloc(sizeof(*rule->params), GFP_KERNEL);
	if (!rule->params)
		return -ENOMEM;
	write_defaults(rule, true);
	return 0;
}

/**
 * blkdebug_parse_value - parse the value of a key
 * @parser: the rule
 * @i: index of the key, which @parser->args has
 *
 * Context: Process context. May sleep.
 * Return: 0, -ENOMEM, or -EINVAL with @parser->err set, but for its word.
 */
int blkdebug_parse_value(struct blkdebug_rule_parser *parser, unsigned int i)
{
	const struct blkdebug_key *key = &blkdebug_keys[i];
	int r = key->in_params ? blkdebug_alloc_params(parser->rule) : 0;

	if (!r)
		r = key->type->parse(parser, key,
				     strchr(parser->args[i], '=') + 1);
	return r;
}

static bool is_set(const struct blkdebug_key *key, const struct blkdebug_rule *rule)
{
	if (!(key->actions & (1U << rule->action)) ||
	    (key->in_params && !rule->params))
		return false;
	if (key->is_set)
		return key->is_set(key, rule);
	return (key->required & (1U << rule->action)) ||
	       read_value(key, rule) != key->init;
}

/**
 * blkdebug_print_keys - print the keys of a rule in canonical form
 * @out: the output; each key follows a space
 * @rule: the rule
 *
 * Context: Process context. May sleep.
 */
void blkdebug_print_keys(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blkdebug_keys); i++) {
		if (!is_set(&blkdebug_keys[i], rule))
			continue;
		seq_buf_printf(out, " %s=", blkdebug_keys[i].name);
		blkdebug_keys[i].type->print(out, &blkdebug_keys[i], rule);
	}
}

/**
 * blkdebug_print_key_names - print the names of all keys
 * @out: the output; each name follows a space
 *
 * Context: Any context.
 */
void blkdebug_print_key_names(struct seq_buf *out)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blkdebug_keys); i++)
		seq_buf_printf(out, " %s", blkdebug_keys[i].name);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rule language: actions, rules, and what does not go together. Its keys
 * are in keys.c.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "keys.h"
#include "../media.h"

#define IO(iotype)	(1U << BLKDEBUG_IO_##iotype)
#define ANYTHING	(BLKDEBUG_ALL_IOTYPES | IO(EVENT))

/* What makes a bad sector good: whatever gives it new contents */
#define HEALING		(IO(WRITE) | IO(WRITE_ZEROES) | IO(DISCARD) | IO(ZONE_APPEND))

static struct kmem_cache *rule_cache;

/**
 * struct reading - a rule that is being read
 * @rule: what is known of it so far
 * @action: the word it began with
 * @given: the words of its keys, NULL where there is none
 * @geometry: what it can ask of the device
 * @err: what is wrong
 */
struct reading {
	struct blkdebug_rule *rule;
	const char *action;
	const char *given[BLKDEBUG_NR_KEYS];
	const struct blkdebug_geometry *geometry;
	struct blkdebug_error *err;
};

/* Two words that make no sense together; without @with it is the action */
static int refuse(struct reading *r, char *reason, const char *word,
		  const char *with)
{
	blkdebug_error_set(r->err, reason, word ?: r->action);
	if (word)
		r->err->other = with ?: r->action;
	return -EINVAL;
}

static int lacks(struct reading *r, unsigned int key, const char *needs)
{
	const char *name = blkdebug_keys[key].name;

	blkdebug_error_part(r->err, "Key missing", name, strlen(name));
	r->err->word = needs;
	return -EINVAL;
}

/* Read the value of a key once more, where another key has overwritten it */
static void reread(struct reading *r, unsigned int key)
{
	blkdebug_keys[key].parse(r->rule, strchr(r->given[key], '=') + 1,
				 r->err);
}

static int check_transfer(struct reading *r)
{
	const char *transfer = r->given[BLKDEBUG_KEY_TRANSFER];
	const struct blkdebug_params *params = r->rule->params;

	if (!transfer || params->transfer == BLKDEBUG_TRANSFER_NONE)
		return 0;
	if (!r->rule->error)
		return refuse(r, "Nothing fails", transfer,
			      r->given[BLKDEBUG_KEY_ERRNO]);
	if (r->rule->immediately)
		return refuse(r, "No transfer is immediate", transfer,
			      r->given[BLKDEBUG_KEY_IMMEDIATELY]);
	if (params->transfer == BLKDEBUG_TRANSFER_PARTIAL &&
	    !r->given[BLKDEBUG_KEY_SECTOR])
		return lacks(r, BLKDEBUG_KEY_SECTOR, transfer);
	return 0;
}

static int check_healed(struct reading *r)
{
	const char *healed = r->given[BLKDEBUG_KEYS_HEALED];
	struct blkdebug_rule *rule = r->rule;

	if (!blkdebug_rule_heals(rule))
		return 0;
	if (!r->given[BLKDEBUG_KEY_SECTOR])
		return lacks(r, BLKDEBUG_KEY_SECTOR, healed);
	if (r->given[BLKDEBUG_KEY_IOTYPE] && rule->iotypes != IO(READ))
		return refuse(r, "Only reads find bad sectors", healed,
			      r->given[BLKDEBUG_KEY_IOTYPE]);
	if (r->given[BLKDEBUG_KEY_FLAGS])
		return refuse(r, "Bad sectors are so for all", healed,
			      r->given[BLKDEBUG_KEY_FLAGS]);
	if (r->given[BLKDEBUG_KEY_COMM])
		return refuse(r, "Bad sectors are so for all", healed,
			      r->given[BLKDEBUG_KEY_COMM]);
	rule->iotypes = IO(READ) | HEALING;
	rule->params->media = blkdebug_media_alloc(rule->ranges, rule->nr_ranges);
	return rule->params->media ? 0 : -ENOMEM;
}

static int check_inject_error(struct reading *r)
{
	int error = check_transfer(r);

	return error ?: check_healed(r);
}

static int check_delay(struct reading *r)
{
	struct blkdebug_params *params = r->rule->params;
	const char *ms = r->given[BLKDEBUG_KEY_MS];

	if (ms && r->given[BLKDEBUG_KEY_US])
		return refuse(r, "Two delays", ms, r->given[BLKDEBUG_KEY_US]);
	if (!ms && !r->given[BLKDEBUG_KEY_US])
		return lacks(r, BLKDEBUG_KEY_MS, r->action);
	params->delay *= params->scale;
	params->jitter *= params->scale;
	if (params->jitter > BLKDEBUG_DELAY_MAX)
		return refuse(r, "Number out of range",
			      r->given[BLKDEBUG_KEY_JITTER], ms);
	return 0;
}

static int check_corrupt(struct reading *r)
{
	const char *byte = r->given[BLKDEBUG_KEY_BYTE];
	const char *bits = r->given[BLKDEBUG_KEY_BITS];
	const char *value = r->given[BLKDEBUG_KEY_VALUE];
	const char *iotype = r->given[BLKDEBUG_KEY_IOTYPE];
	const char *on = r->given[BLKDEBUG_KEY_ON];

	if (bits && byte)
		return refuse(r, "Either bits or a byte", bits, byte);
	if (bits && value)
		return refuse(r, "Bits have no value", bits, value);
	if (byte && !value)
		return lacks(r, BLKDEBUG_KEY_VALUE, byte);
	if (!bits && !byte)
		return lacks(r, BLKDEBUG_KEY_BYTE, r->action);
	if (iotype && on) {
		u16 iotypes;

		reread(r, BLKDEBUG_KEY_IOTYPE);
		iotypes = r->rule->iotypes;
		reread(r, BLKDEBUG_KEY_ON);
		if (iotypes != r->rule->iotypes)
			return refuse(r, "Contradiction", on, iotype);
	}
	if (r->geometry->zoned && (r->rule->iotypes & IO(WRITE)))
		return refuse(r, "Not for writes to zones", on, NULL);
	return 0;
}

static int check_misdirect(struct reading *r)
{
	const struct blkdebug_geometry *geometry = r->geometry;
	const char *to = r->given[BLKDEBUG_KEY_TO];
	u64 sector = r->rule->params->at;

	if (sector >= geometry->sectors)
		return refuse(r, "Sector outside the target", to, NULL);
	if (sector & (geometry->block - 1))
		return refuse(r, "Sector not aligned", to, NULL);
	return 0;
}

/**
 * struct action - what a rule can do
 * @iotypes: mask of enum blkdebug_iotype that it can be done to
 * @error: the default errno
 * @params: is it always described in @params of the rule?
 * @check: do the keys go together?
 */
struct action {
	u16 iotypes;
	u16 error;
	bool params;
	int (*check)(struct reading *r);
};

static const struct action actions[BLKDEBUG_NR_ACTIONS] = {
	[BLKDEBUG_INJECT_ERROR] = {
		BLKDEBUG_ALL_IOTYPES, EIO, false,
		check_inject_error },
	[BLKDEBUG_SET_STATE] = { ANYTHING, 0, false, NULL },
	[BLKDEBUG_SUSPEND] = { ANYTHING, 0, false, NULL },
	[BLKDEBUG_DELAY] = {
		BLKDEBUG_ALL_IOTYPES, 0, true, check_delay },
	/* A dropped zone append could not say where it has written to */
	[BLKDEBUG_DROP] = {
		IO(WRITE) | IO(WRITE_ZEROES) | IO(DISCARD) |
			IO(FLUSH) | IO(SECURE_ERASE), 0, false, NULL },
	[BLKDEBUG_CORRUPT] = {
		IO(READ) | IO(WRITE), 0, true, check_corrupt },
	[BLKDEBUG_TEAR] = { IO(WRITE), 0, true, NULL },
	[BLKDEBUG_MISDIRECT] = {
		IO(READ) | IO(WRITE) | IO(WRITE_ZEROES) |
			     IO(DISCARD), 0, true, check_misdirect },
};

/**
 * blkdebug_action_iotypes - what an action can be done to
 * @action: enum blkdebug_action
 *
 * Return: mask of enum blkdebug_iotype.
 */
u16 blkdebug_action_iotypes(unsigned int action)
{
	return actions[action].iotypes;
}

/**
 * blkdebug_action_error - the errno that an action has by default
 * @action: enum blkdebug_action
 *
 * Return: the errno, positive or 0.
 */
u16 blkdebug_action_error(unsigned int action)
{
	return actions[action].error;
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

	for (i = 0; i < BLKDEBUG_NR_KEYS; i++) {
		if (strlen(blkdebug_keys[i].name) == len &&
		    !memcmp(blkdebug_keys[i].name, word, len))
			return i;
	}
	return -EINVAL;
}

static int need_params(struct blkdebug_rule *rule)
{
	struct blkdebug_params *params = rule->params;

	if (params)
		return 0;
	params = kzalloc(sizeof(*params), GFP_KERNEL);
	if (!params)
		return -ENOMEM;
	params->interval = 1;
	params->numerator = 1;
	params->denominator = 1;
	rule->params = params;
	return 0;
}

/* Read one key=value */
static int parse_key(struct reading *r, const char *word)
{
	size_t len = strchrnul(word, '=') - word;
	struct blkdebug_rule *rule = r->rule;
	int id = lookup_key(word, len);
	const struct blkdebug_key *key;
	int error = 0;

	if (id < 0)
		return blkdebug_error_set(r->err, "Unknown key", word);
	key = &blkdebug_keys[id];
	if (!(key->actions & (1U << rule->action)))
		return blkdebug_error_set(r->err, "Key not of this action",
					  word);
	if (r->given[id])
		return blkdebug_error_set(r->err, "Key given twice", word);
	r->given[id] = word;

	if (key->params)
		error = need_params(rule);
	if (!error)
		error = key->parse(rule, word + len + 1, r->err);
	r->err->word = word;
	return error;
}

static int check_required(struct reading *r)
{
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_KEYS; i++) {
		if ((blkdebug_keys[i].required & (1U << r->rule->action)) &&
		    !r->given[i])
			return lacks(r, i, r->action);
	}
	return 0;
}

/* once=on is times=1; once=off any other number */
static int check_times(struct reading *r)
{
	const char *once = r->given[BLKDEBUG_KEY_ONCE];
	const char *times = r->given[BLKDEBUG_KEY_TIMES];
	bool once_is, times_are;

	if (!once || !times)
		return 0;
	reread(r, BLKDEBUG_KEY_ONCE);
	once_is = r->rule->times == 1;
	reread(r, BLKDEBUG_KEY_TIMES);
	times_are = r->rule->times == 1;
	if (once_is != times_are)
		return refuse(r, "Contradiction", once, times);
	return 0;
}

static int check_iotype(struct reading *r)
{
	const char *iotype = r->given[BLKDEBUG_KEY_IOTYPE];

	if (iotype &&
	    (r->rule->iotypes & ~actions[r->rule->action].iotypes))
		return refuse(r, "Iotype not of this action", iotype, NULL);
	return 0;
}

/* All keys have been read; do they go together? */
static int check_rule(struct reading *r)
{
	const struct action *action = &actions[r->rule->action];
	int error = check_required(r);

	if (!error)
		error = check_times(r);
	if (!error)
		error = check_iotype(r);
	if (!error && action->check)
		error = action->check(r);
	return error;
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
	rule->wake_at = U64_MAX;
	rule->action = action;
	rule->event = BLKDEBUG_EV_STANDING;
	rule->iotypes = actions[action].iotypes;
	rule->error = actions[action].error;
	rule->times = action == BLKDEBUG_SUSPEND;
	if (actions[action].params && need_params(rule)) {
		blkdebug_free_rule(rule);
		return NULL;
	}
	return rule;
}

/* Read the rule at @argv[*@pos] and move *@pos behind it */
static int parse_rule(unsigned int argc, char **argv, unsigned int *pos,
		      u64 number, const struct blkdebug_geometry *geometry,
		      struct list_head *rules, struct blkdebug_error *err)
{
	struct reading reading = {
		.action = argv[(*pos)++],
		.geometry = geometry,
		.err = err,
	};
	int action = blkdebug_action_lookup(reading.action);
	int r;

	err->rule = number;
	if (action < 0)
		return blkdebug_error_set(err, "Unknown action", reading.action);

	reading.rule = alloc_rule(action, number);
	if (!reading.rule)
		return -ENOMEM;
	list_add_tail(&reading.rule->link, rules);

	for (; *pos < argc && !blkdebug_is_action(argv[*pos]); (*pos)++) {
		r = parse_key(&reading, argv[*pos]);
		if (r)
			return r;
	}
	return check_rule(&reading);
}

/**
 * blkdebug_parse_rules - read rules
 * @argc: how many words
 * @argv: the words
 * @first: the number of the first rule
 * @geometry: what rules can ask of the device
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
			 const struct blkdebug_geometry *geometry,
			 struct list_head *rules, struct blkdebug_error *err)
{
	unsigned int pos = 0;

	while (pos < argc) {
		int r = parse_rule(argc, argv, &pos, first++, geometry, rules,
				   err);

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
 *
 * May sleep.
 */
void blkdebug_print_rule(struct seq_buf *out, const struct blkdebug_rule *rule)
{
	unsigned int i;

	seq_buf_printf(out, "%s", blkdebug_action_name(rule->action));
	for (i = 0; i < BLKDEBUG_NR_KEYS; i++) {
		const struct blkdebug_key *key = &blkdebug_keys[i];

		if (!(key->actions & (1U << rule->action)) || !key->given(rule))
			continue;
		seq_buf_printf(out, " %s=", key->name);
		key->print(out, rule);
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
		seq_buf_printf(out, " %s", blkdebug_action_name(i));
	seq_buf_printf(out, "\nkeys");
	for (i = 0; i < BLKDEBUG_NR_KEYS; i++)
		seq_buf_printf(out, " %s", blkdebug_keys[i].name);
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
	blkdebug_print_errnos(out);
	seq_buf_printf(out, "\n");
}

static void free_params(struct blkdebug_params *params)
{
	if (params)
		blkdebug_media_free(params->media);
	kfree(params);
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
	free_params(rule->params);
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
 * Readers look at neither the list of ranges, nor the media, nor the hold. May
 * sleep.
 */
void blkdebug_free_rule_rcu(struct blkdebug_rule *rule)
{
	kvfree(rule->ranges);
	kfree(rule->hold);
	if (rule->params) {
		blkdebug_media_free(rule->params->media);
		kfree_rcu(rule->params, rcu);
	}
	call_rcu(&rule->rcu, free_rule_cb);
}

/**
 * blkdebug_rule_init - set up what all rules share
 *
 * Return: 0 or -ENOMEM.
 */
int __init blkdebug_rule_init(void)
{
	int r = blkdebug_media_init();

	if (r)
		return r;
	rule_cache = KMEM_CACHE(blkdebug_rule, 0);
	if (rule_cache)
		return 0;
	blkdebug_media_exit();
	return -ENOMEM;
}

/**
 * blkdebug_rule_exit - tear it down; no rule is left
 */
void blkdebug_rule_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(rule_cache);
	blkdebug_media_exit();
}

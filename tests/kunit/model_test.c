// SPDX-License-Identifier: GPL-2.0-only
/*
 * The engine against a model of it: random rules, events and I/Os. The model
 * tries all rules one after the other and marks those that are armed, without index,
 * filter and locks.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "blkdebug/rules/bad-sectors.h"
#include "kit.h"

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "Seed of the random rules and I/O; 0: a random one");

static unsigned int rounds = 100;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "How often to begin without rules, each with the next seed");

#define STEPS		150
#define MAX_RULES	100
#define MAX_SECTOR	160
#define STATES		4

/**
 * struct model_rule - a rule as the model keeps it
 * @number: number of the rule in the engine
 * @matches: I/Os and events that the rule has matched
 * @hits: how often the rule has fired
 * @dead: used up
 * @armed: in the armed set
 * @parsed: list whose only element is @rule
 * @rule: the parsed rule
 * @argv: words of the rule
 */
struct model_rule {
	u64 number;
	u64 matches;
	u64 hits;
	bool dead;
	bool armed;
	struct list_head parsed;
	const struct blkdebug_rule *rule;
	char **argv;
};

/**
 * struct model - the model
 * @kit: the kit, whose engine is compared with the model
 * @seed: of this round
 * @random: the last random number
 * @alike: rules differ in sectors and numbers only
 * @state: in force
 * @nr: elements of @rules
 * @rules: the rules, by number
 */
struct model {
	struct kit *kit;
	unsigned int seed;
	u64 random;
	bool alike;
	u32 state;
	unsigned int nr;
	struct model_rule *rules[MAX_RULES];
};

/* Draw a number below @limit. */
static unsigned int draw_below(struct model *m, unsigned int limit)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (m->random >> 16) % limit;
}

static bool one_in(struct model *m, unsigned int n)
{
	return !draw_below(m, n);
}

/* Random rules */

static const char * const events[] = {
	"read_aio", "write_aio", "pwritev", "flush_to_os", "flush_to_disk",
	"discard", "user.a", "user_a", "user.b",
};

static const char * const iotypes[] = { "read", "write", "discard", "flush" };
static const char * const flags[] = { "fua", "meta", "sync" };
static const char * const errnos[] = { "0", "EIO", "ENOSPC", "ENODATA" };

/* Few sectors, so that several rules match an I/O; at times many or long ranges */
static void random_sectors(struct model *m, struct seq_buf *out)
{
	unsigned int nr = one_in(m, 4) ? 20 : 1 + draw_below(m, 4), i;

	for (i = 0; i < nr; i++) {
		unsigned int first = draw_below(m, MAX_SECTOR);

		seq_buf_printf(out, "%s%u", i ? "," : " sector=", first);
		if (one_in(m, 2))
			seq_buf_printf(out, "-%u",
				       first + draw_below(m, one_in(m, 5) ? 50 : 6));
	}
}

static void random_rule(struct model *m, struct seq_buf *out)
{
	bool fault = m->alike || !one_in(m, 4);

	seq_buf_printf(out, fault ? "inject-error" : "set-state");
	if (m->alike) {
		random_sectors(m, out);
		seq_buf_printf(out, " once=%s", one_in(m, 3) ? "on" : "off");
		return;
	}
	if (!one_in(m, 3))
		seq_buf_printf(out, " event=%s",
			       events[draw_below(m, ARRAY_SIZE(events))]);
	if (one_in(m, 2))
		seq_buf_printf(out, " state=%u", 1 + draw_below(m, STATES));
	if (!one_in(m, 3))
		random_sectors(m, out);
	if (one_in(m, 3))
		seq_buf_printf(out, " iotype=%s,%s",
			       iotypes[draw_below(m, ARRAY_SIZE(iotypes))],
			       iotypes[draw_below(m, ARRAY_SIZE(iotypes))]);
	if (one_in(m, 4))
		seq_buf_printf(out, " flags=%s%s", one_in(m, 2) ? "!" : "",
			       flags[draw_below(m, ARRAY_SIZE(flags))]);
	if (fault)
		seq_buf_printf(out, " errno=%s",
			       errnos[draw_below(m, ARRAY_SIZE(errnos))]);
	else
		seq_buf_printf(out, " new_state=%u", draw_below(m, STATES + 1));
	if (one_in(m, 2))
		seq_buf_printf(out, " times=%u", draw_below(m, 4));
	if (one_in(m, 4))
		seq_buf_printf(out, " after=%u", draw_below(m, 3));
	if (one_in(m, 4))
		seq_buf_printf(out, " interval=%u", 1 + draw_below(m, 3));
}

/* The model */

static bool rule_touches(const struct blkdebug_rule *rule,
			 const struct blkdebug_io_desc *desc)
{
	u32 i;

	if (!rule->nr_ranges)
		return true;
	for (i = 0; i < rule->nr_ranges; i++) {
		if (desc->nr_sectors && rule->ranges[i].last >= desc->sector &&
		    rule->ranges[i].first < desc->sector + desc->nr_sectors)
			return true;
	}
	return false;
}

static bool rule_matches(const struct blkdebug_rule *rule,
			 const struct blkdebug_io_desc *desc)
{
	return (rule->iotypes & (1U << desc->iotype)) &&
	       (desc->flags & rule->flags_set) == rule->flags_set &&
	       !(desc->flags & rule->flags_clear) && rule_touches(rule, desc);
}

static bool rule_in_state(const struct blkdebug_rule *rule, u32 state)
{
	return !rule->state || rule->state == state;
}

static bool rule_of_event(const struct blkdebug_rule *rule, unsigned int event,
			  const char *name)
{
	return rule->event == event &&
	       (event != BLKDEBUG_EV_USER ||
		!blkdebug_name_cmp(rule->user_event, name));
}

/* Count a match, and decide whether the rule fires. */
static bool rule_fires(struct model_rule *mr)
{
	const struct blkdebug_params *params = mr->rule->params;

	mr->matches++;
	if (params && (mr->matches <= params->after ||
		       (mr->matches - params->after) % params->interval))
		return false;
	mr->hits++;
	mr->dead = mr->hits == mr->rule->times &&
		   (mr->rule->action != BLKDEBUG_INJECT_ERROR || mr->rule->error);
	return true;
}

/* Apply the first set-state rule of @event that fires. */
static void model_set_state(struct model *m, unsigned int event,
			    const char *name, const struct blkdebug_io_desc *desc)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		struct model_rule *mr = m->rules[i];
		const struct blkdebug_rule *rule = mr->rule;

		if (rule->action == BLKDEBUG_SET_STATE && !mr->dead &&
		    rule_of_event(rule, event, name) && rule_in_state(rule, m->state) &&
		    rule_matches(rule, desc) && rule_fires(mr)) {
			m->state = rule->new_state;
			return;
		}
	}
}

static bool would_arm(const struct model *m, const struct model_rule *mr,
		      unsigned int event, const char *name)
{
	return mr->rule->action == BLKDEBUG_INJECT_ERROR && !mr->dead &&
	       rule_of_event(mr->rule, event, name) && rule_in_state(mr->rule, m->state);
}

static void model_event(struct model *m, unsigned int event, const char *name,
			const struct blkdebug_io_desc *desc)
{
	bool arms = false;
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		arms |= would_arm(m, m->rules[i], event, name);
	for (i = 0; arms && i < m->nr; i++)
		m->rules[i]->armed = would_arm(m, m->rules[i], event, name);
	model_set_state(m, event, name, desc);
}

/* Returns the errno that the I/O fails with, or 0 */
static int model_check(struct model *m, const struct blkdebug_io_desc *desc)
{
	u32 state = m->state;
	unsigned int i;

	model_set_state(m, BLKDEBUG_EV_STANDING, NULL, desc);
	for (i = 0; i < m->nr; i++) {
		struct model_rule *mr = m->rules[i];
		const struct blkdebug_rule *rule = mr->rule;

		if (rule->action != BLKDEBUG_INJECT_ERROR || mr->dead ||
		    !rule_matches(rule, desc))
			continue;
		if (!mr->armed && !(rule->event == BLKDEBUG_EV_STANDING &&
				    rule_in_state(rule, state)))
			continue;
		if (rule_fires(mr))
			return rule->error;
	}
	return 0;
}

static int model_submit(struct model *m, const struct blkdebug_io_desc *desc)
{
	const struct blkdebug_raises *raises = &blkdebug_raises[desc->iotype];
	unsigned int i;

	for (i = 0; i < BLKDEBUG_EVENTS_BEFORE; i++) {
		if (raises->before[i] != BLKDEBUG_EV_NONE)
			model_event(m, raises->before[i], NULL, desc);
	}
	return model_check(m, desc);
}

static void model_free_rule(struct model_rule *mr)
{
	kit_free_rules(&mr->parsed);
	argv_free(mr->argv);
	kfree(mr);
}

static void model_add(struct model *m, const char *text, u64 number)
{
	struct model_rule *mr = kzalloc(sizeof(*mr), GFP_KERNEL);
	struct blkdebug_error err;

	KUNIT_ASSERT_NOT_NULL(m->kit->test, mr);
	INIT_LIST_HEAD(&mr->parsed);
	KUNIT_ASSERT_EQ(m->kit->test, 0,
			kit_parse(m->kit->test, text, &mr->parsed, &err,
				  &mr->argv));
	mr->rule = list_first_entry(&mr->parsed, struct blkdebug_rule, link);
	mr->number = number;
	m->rules[m->nr++] = mr;
}

/* Operations on the model and on the engine */

static void step_add(struct model *m)
{
	struct kit *kit = m->kit;
	u64 number = kit->engine.last_number;
	unsigned int nr = 1 + draw_below(m, 4);
	char *text = kmalloc(KIT_TEXT, GFP_KERNEL);
	char *all = kzalloc(KIT_TEXT, GFP_KERNEL);
	struct seq_buf out;

	KUNIT_ASSERT_NOT_NULL(kit->test, text);
	KUNIT_ASSERT_NOT_NULL(kit->test, all);
	for (; nr && m->nr < MAX_RULES; nr--) {
		seq_buf_init(&out, text, KIT_TEXT);
		random_rule(m, &out);
		strlcat(all, text, KIT_TEXT);
		strlcat(all, " ", KIT_TEXT);
		model_add(m, text, ++number);
	}
	if (*all)
		kit_says(kit, 1, "add %s", all);
	kfree(text);
	kfree(all);
}

static void step_remove(struct model *m)
{
	unsigned int i;

	if (!m->nr)
		return;
	i = draw_below(m, m->nr);
	kit_says(m->kit, 0, "remove %llu", m->rules[i]->number);
	model_free_rule(m->rules[i]);
	m->nr--;
	memmove(&m->rules[i], &m->rules[i + 1],
		(m->nr - i) * sizeof(m->rules[0]));
}

static void step_clear(struct model *m)
{
	kit_says(m->kit, 0, "clear");
	while (m->nr)
		model_free_rule(m->rules[--m->nr]);
}

static void step_state(struct model *m)
{
	m->state = draw_below(m, STATES + 1);
	kit_says(m->kit, 1, "state %u", m->state);
}

static void step_event(struct model *m)
{
	const struct blkdebug_io_desc desc = { .iotype = BLKDEBUG_IO_EVENT };
	const char *name = events[draw_below(m, ARRAY_SIZE(events))];

	kit_says(m->kit, 0, "event %s", name);
	model_event(m, blkdebug_event_lookup(name), name, &desc);
}

static void step_io(struct model *m)
{
	struct kit *kit = m->kit;
	struct blkdebug_io io;
	const char *name;
	int result;

	memset(&io, 0xa5, sizeof(io));
	memset(&io.desc, 0, sizeof(io.desc));
	name = iotypes[draw_below(m, ARRAY_SIZE(iotypes))];
	io.desc.iotype = blkdebug_iotype_lookup(name, strlen(name));
	io.desc.flags = draw_below(m, 1U << ARRAY_SIZE(flags));
	if (io.desc.iotype != BLKDEBUG_IO_FLUSH) {
		io.desc.sector = draw_below(m, MAX_SECTOR);
		io.desc.nr_sectors = 1 + draw_below(m, one_in(m, 4) ? 60 : 4);
	}
	result = kit_outcome(kit, &io);
	KUNIT_ASSERT_EQ_MSG(kit->test, result, -model_submit(m, &io.desc),
			    "seed %u", m->seed);
}

static void compare_rules(struct model *m)
{
	struct kit *kit = m->kit;
	unsigned int i;

	KUNIT_ASSERT_EQ_MSG(kit->test, kit->engine.state, m->state, "seed %u",
			    m->seed);
	for (i = 0; i < m->nr; i++) {
		struct model_rule *mr = m->rules[i];
		struct blkdebug_rule *rule = kit_rule(kit, mr->number);
		unsigned long irq;
		bool armed;

		KUNIT_ASSERT_NOT_NULL(kit->test, rule);
		irq = blkdebug_lock(&kit->engine);
		armed = blkdebug_rule_armed(&kit->engine, rule);
		blkdebug_unlock(&kit->engine, irq);
		KUNIT_ASSERT_EQ_MSG(kit->test, rule->hits, mr->hits,
				    "seed %u, rule %llu", m->seed, mr->number);
		KUNIT_ASSERT_EQ_MSG(kit->test, rule->dead, mr->dead,
				    "seed %u, rule %llu", m->seed, mr->number);
		KUNIT_ASSERT_EQ_MSG(kit->test, armed, mr->armed && !mr->dead,
				    "seed %u, rule %llu", m->seed, mr->number);
	}
}

static void do_step(struct model *m)
{
	switch (draw_below(m, 32)) {
	case 0:
	case 1:
	case 2:
		step_add(m);
		break;
	case 3:
		step_remove(m);
		break;
	case 4:
		step_state(m);
		break;
	case 5:
	case 6:
	case 7:
		step_event(m);
		break;
	case 8:
		blkdebug_engine_housekeep(&m->kit->engine);
		break;
	case 9:
		if (one_in(m, 8))
			step_clear(m);
		break;
	default:
		step_io(m);
		break;
	}
	compare_rules(m);
}

/* Each round has a seed of its own, so that it can be repeated alone. */
static void begin_round(struct model *m)
{
	if (!m->seed)
		m->seed = seed ?: get_random_u32();
	else
		m->seed++;
	m->seed = m->seed ?: 1;
	m->random = m->seed * 0x9e3779b97f4a7c15ULL;
}

static void test_model(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int i, round;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->kit = test->priv;
	for (round = 0; round < rounds; round++) {
		kit_says(m->kit, 0, "reset");
		begin_round(m);
		m->alike = one_in(m, 2);
		m->state = 1;
		for (i = 0; i < STEPS; i++)
			do_step(m);
		step_clear(m);
	}
}

/* Bad sectors, against a bit for each sector */

static struct blkdebug_media *random_media(struct model *m, unsigned long *bad)
{
	struct blkdebug_media *media;
	struct blkdebug_error err;
	struct seq_buf out;
	LIST_HEAD(rules);
	char text[512];
	char **argv;
	const struct blkdebug_rule *rule;
	u32 i;

	seq_buf_init(&out, text, sizeof(text));
	seq_buf_printf(&out, "inject-error");
	random_sectors(m, &out);
	KUNIT_ASSERT_EQ(m->kit->test, 0,
			kit_parse(m->kit->test, text, &rules, &err, &argv));
	rule = list_first_entry(&rules, struct blkdebug_rule, link);
	for (i = 0; i < rule->nr_ranges; i++)
		bitmap_set(bad, rule->ranges[i].first,
			   rule->ranges[i].last - rule->ranges[i].first + 1);
	media = blkdebug_media_alloc(rule->ranges, rule->nr_ranges);
	KUNIT_ASSERT_NOT_NULL(m->kit->test, media);
	kit_free_rules(&rules);
	argv_free(argv);
	return media;
}

static void compare_media(struct model *m, struct blkdebug_media *media,
			  const unsigned long *bad)
{
	unsigned int first = draw_below(m, 2 * MAX_SECTOR);
	unsigned int last = first + draw_below(m, 2 * MAX_SECTOR - first);
	unsigned int from = find_next_bit(bad, last + 1, first);
	struct blkdebug_range found;
	bool any = blkdebug_media_first_bad(media, first, last, &found);

	KUNIT_ASSERT_EQ_MSG(m->kit->test, any, from <= last, "seed %u", m->seed);
	if (!any)
		return;
	KUNIT_ASSERT_EQ_MSG(m->kit->test, found.first, from, "seed %u", m->seed);
	KUNIT_ASSERT_EQ_MSG(m->kit->test, found.last,
			    find_next_zero_bit(bad, last + 1, from) - 1,
			    "seed %u", m->seed);
}

static void test_media(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	DECLARE_BITMAP(bad, 2 * MAX_SECTOR);
	struct blkdebug_bad *spare;
	struct blkdebug_media *media;
	unsigned int budget, round;
	bool left;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->kit = test->priv;
	for (round = 0; round < rounds; round++) {
		begin_round(m);
		bitmap_zero(bad, 2 * MAX_SECTOR);
		media = random_media(m, bad);
		do {
			unsigned int first = draw_below(m, MAX_SECTOR + 50);
			unsigned int nr = 1 + draw_below(m, one_in(m, 4) ? 60 : 5);

			compare_media(m, media, bad);
			spare = NULL;
			do {
				budget = 1 + draw_below(m, 5);
				if (!spare)
					spare = blkdebug_bad_alloc(GFP_KERNEL);
			} while (!blkdebug_media_heal(media, first,
						      first + nr - 1, &spare,
						      &budget));
			left = !blkdebug_media_empty(media);
			blkdebug_bad_free(spare);
			bitmap_clear(bad, first, nr);
			KUNIT_ASSERT_EQ_MSG(test, left,
					    !bitmap_empty(bad, 2 * MAX_SECTOR),
					    "seed %u", m->seed);
		} while (left);
		blkdebug_media_free(media);
	}
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(test_model),
	KUNIT_CASE(test_media),
	{}
};

struct kunit_suite blkdebug_model_suite = {
	.name = "blkdebug-model",
	.suite_init = kit_begin,
	.suite_exit = kit_end,
	.init = kit_init,
	.exit = kit_exit,
	.test_cases = model_cases,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queries of the rules of an event. Without the engine's lock, a result may be
 * outdated when the function returns.
 */
#include "rule-index.h"

/**
 * blkdebug_event_live - test whether a rule of an event can match
 * @er: the rules of the event, or NULL
 *
 * Context: RCU read side.
 *
 * Return: true if a rule can match now, or when an add under way has completed.
 */
bool blkdebug_event_live(const struct blkdebug_event_rules *er)
{
	unsigned int i;

	for (i = 0; er && i < BLKDEBUG_NR_CLASSES; i++) {
		if (READ_ONCE(er->class[i].live))
			return true;
	}
	return false;
}

/* Count the rules in force that can match. */
static u64 count_live_rules(const struct blkdebug_ruleset *rs,
			    const struct blkdebug_state_rules *sr)
{
	u64 nr = READ_ONCE(sr->live);

	if (READ_ONCE(sr->batch) <= READ_ONCE(rs->visible))
		nr += READ_ONCE(sr->pending);
	return nr;
}

static struct blkdebug_state_rules *
find_state_rules(struct blkdebug_rule_class *class, u32 state)
{
	return xa_empty(&class->by_state) ? NULL :
					    xa_load(&class->by_state, state);
}

/**
 * blkdebug_faults_to_arm - count the faults that an event arms
 * @rs: the ruleset
 * @er: the rules of the event
 * @state: the state in force
 *
 * Context: RCU read side.
 *
 * Return: the number of faults.
 */
u64 blkdebug_faults_to_arm(const struct blkdebug_ruleset *rs,
			   struct blkdebug_event_rules *er, u32 state)
{
	unsigned int i;
	u64 nr = 0;

	for (i = 0; i < BLKDEBUG_NR_FAULT_CLASSES; i++) {
		struct blkdebug_rule_class *class = &er->class[i];
		struct blkdebug_state_rules *sr;

		if (!READ_ONCE(class->live))
			continue;
		nr += count_live_rules(rs, &class->any);
		sr = find_state_rules(class, state);
		if (sr)
			nr += count_live_rules(rs, sr);
	}
	return nr;
}

/**
 * blkdebug_last_fault - get the highest number of the faults of an event
 * @er: the rules of the event
 *
 * Context: any.
 *
 * Return: the number; the fault may not be in force yet.
 */
u64 blkdebug_last_fault(const struct blkdebug_event_rules *er)
{
	unsigned int i;
	u64 last = 0;

	for (i = 0; i < BLKDEBUG_NR_FAULT_CLASSES; i++)
		last = max(last, READ_ONCE(er->class[i].last));
	return last;
}

/**
 * blkdebug_faults_by_state - test whether faults of an event depend on the state
 * @er: the rules of the event
 *
 * Context: any.
 *
 * Return: true if a fault is for one state only.
 */
bool blkdebug_faults_by_state(const struct blkdebug_event_rules *er)
{
	unsigned int i;

	for (i = 0; i < BLKDEBUG_NR_FAULT_CLASSES; i++) {
		if (!xa_empty(&er->class[i].by_state))
			return true;
	}
	return false;
}

/**
 * blkdebug_class_iotypes - get the I/O types that rules of a class match
 * @class: the rules of an event and class
 * @state: skip rules for other states
 *
 * Context: the engine's lock is held.
 *
 * Return: mask of enum blkdebug_iotype.
 */
u16 blkdebug_class_iotypes(struct blkdebug_rule_class *class, u32 state)
{
	struct blkdebug_state_rules *sr;
	u16 iotypes;

	if (!class->live)
		return 0;
	iotypes = class->any.iotypes;
	sr = find_state_rules(class, state);
	return sr ? iotypes | sr->iotypes : iotypes;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions about the rules of an event. The answers hold for one moment only
 * under the engine's lock.
 */
#include "rule-index.h"

/**
 * blkdebug_event_live - can a rule of an event match?
 * @er: the rules of the event, or NULL
 *
 * Context: RCU read side.
 *
 * Return: true if one can, or is about to be in force.
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

/* Rules in force that can match */
static u64 live_rules(const struct blkdebug_ruleset *rs,
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
 * Return: their number.
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
		nr += live_rules(rs, &class->any);
		sr = find_state_rules(class, state);
		if (sr)
			nr += live_rules(rs, sr);
	}
	return nr;
}

/**
 * blkdebug_last_fault - the highest number among the faults of an event
 * @er: the rules of the event
 *
 * Context: any.
 *
 * Return: the number; it may be that of a rule that is not in force yet.
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
 * blkdebug_faults_by_state - do the faults of an event depend on the state?
 * @er: the rules of the event
 *
 * Context: any.
 *
 * Return: true if a fault asks for a state.
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
 * blkdebug_class_iotypes - the I/O types that rules of a class are for
 * @class: event and class
 * @state: only rules for this state, and those for all
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

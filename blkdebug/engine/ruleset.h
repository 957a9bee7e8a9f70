/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ruleset: add, replace and remove rules, and free those that are not in use.
 */
#ifndef BLKDEBUG_RULESET_H
#define BLKDEBUG_RULESET_H

#include "engine.h"

int blkdebug_add_rules(struct blkdebug_engine *engine, struct list_head *rules,
		       bool replace);
int blkdebug_clear_rules(struct blkdebug_engine *engine, bool reset);
void blkdebug_remove_rule(struct blkdebug_engine *engine,
			  struct blkdebug_rule *rule);
unsigned int blkdebug_engine_housekeep(struct blkdebug_engine *engine);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parser of one rule.
 */
#ifndef BLKDEBUG_PARSER_H
#define BLKDEBUG_PARSER_H

#include "keys.h"

int blkdebug_parse_key(struct blkdebug_rule_parser *parser, const char *word);
int blkdebug_check_keys(struct blkdebug_rule_parser *parser);

const char *blkdebug_find_arg(const struct blkdebug_rule_parser *parser,
			      const char *key);
int blkdebug_refuse_arg(struct blkdebug_rule_parser *parser, char *reason,
			const char *arg, const char *other);
int blkdebug_refuse_missing(struct blkdebug_rule_parser *parser,
			    const char *key, const char *needed_by);

#endif

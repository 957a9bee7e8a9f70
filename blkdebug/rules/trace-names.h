/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How tracepoints print I/O types, faults, flags and policies.
 */
#ifndef BLKDEBUG_TRACE_NAMES_H
#define BLKDEBUG_TRACE_NAMES_H

#include "choice.h"
#include "names.h"

#define BLKDEBUG_IOTYPE_SYMBOL(name, string)	{ BLKDEBUG_IO_##name, string },
#define BLKDEBUG_FLAG_SYMBOL(name, string)	{ BLKDEBUG_##name, string },
#define BLKDEBUG_ACTION_SYMBOL(name, string)	{ BLKDEBUG_##name, string },
#define BLKDEBUG_POLICY_SYMBOL(name, string)	{ BLKDEBUG_SURVIVE_##name, string },

/* The lists end with a comma, so a last entry must follow. */
#define blkdebug_show_iotype(iotype)					\
	__print_symbolic(iotype,					\
			 BLKDEBUG_IOTYPES(BLKDEBUG_IOTYPE_SYMBOL)	\
			 { BLKDEBUG_IO_EVENT, "event" })
#define blkdebug_show_fault(action)					\
	__print_symbolic(action,					\
			 BLKDEBUG_ACTIONS(BLKDEBUG_ACTION_SYMBOL)	\
			 { 255, "unknown" })
#define blkdebug_show_flags(flags)					\
	((flags) ? __print_flags(flags, ",",				\
				 BLKDEBUG_FLAGS(BLKDEBUG_FLAG_SYMBOL)	\
				 { 32768, "unknown" }) : "-")
#define blkdebug_show_policy(policy)					\
	__print_symbolic(policy,					\
			 BLKDEBUG_POLICIES(BLKDEBUG_POLICY_SYMBOL)	\
			 { 255, "unknown" })

/*
 * The kernel replaces the names of enums by their values only in tracepoints of the
 * header that defines these values.
 */
#define BLKDEBUG_IOTYPE_VALUE(name, string)	TRACE_DEFINE_ENUM(BLKDEBUG_IO_##name);
#define BLKDEBUG_NAME_VALUE(name, string)	TRACE_DEFINE_ENUM(BLKDEBUG_##name);

#endif

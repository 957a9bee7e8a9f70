/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How tracepoints print I/O types, faults, flags and policies. Programs that read binary
 * traces learn the values of these enums from engine/trace.h and cache/power-trace.h.
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

#endif

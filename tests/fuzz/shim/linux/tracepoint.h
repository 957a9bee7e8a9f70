/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: functions that do nothing.
 */
#ifndef SHIM_TRACEPOINT_H
#define SHIM_TRACEPOINT_H

#include <linux/types.h>

/* Tracepoints are enabled */
extern bool shim_tracing;

#define TP_PROTO(...)	__VA_ARGS__
#define TP_ARGS(...)
#define TP_STRUCT__entry(...)
#define TP_fast_assign(...)
#define TP_printk(...)

#define DEFINE_EVENT(template, name, proto, args)		\
	static inline void trace_##name(proto) { }		\
	static inline bool trace_##name##_enabled(void)		\
	{							\
		return shim_tracing;					\
	}
#define TRACE_EVENT(name, proto, args, entry, assign, print)	\
	DEFINE_EVENT(none, name, PARAMS(proto), args)
#define DECLARE_EVENT_CLASS(name, proto, args, entry, assign, print)

/* Taken with its semicolon */
#define TRACE_DEFINE_ENUM(name)	struct shim_enum

#define PARAMS(...)	__VA_ARGS__

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what rules do to requests, under events/dm_blkdebug/.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dm_blkdebug

#if !defined(BLKDEBUG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BLKDEBUG_TRACE_H

#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "rules/rule.h"

/*
 * A tracepoint "event" wants to define these names, which mean something else
 * to trace_events.h. Nobody in the module calls either.
 */
#define register_trace_event	blkdebug_register_trace_event
#define unregister_trace_event	blkdebug_unregister_trace_event

#ifndef BLKDEBUG_TRACE_NAMES
#define BLKDEBUG_TRACE_NAMES
#define blkdebug_show_iotype(iotype)				\
	__print_symbolic(iotype,				\
		{ BLKDEBUG_IO_READ,		"read" },	\
		{ BLKDEBUG_IO_WRITE,		"write" },	\
		{ BLKDEBUG_IO_WRITE_ZEROES,	"write-zeroes" }, \
		{ BLKDEBUG_IO_DISCARD,		"discard" },	\
		{ BLKDEBUG_IO_FLUSH,		"flush" },	\
		{ BLKDEBUG_IO_SECURE_ERASE,	"secure-erase" }, \
		{ BLKDEBUG_IO_ZONE_APPEND,	"zone-append" }, \
		{ BLKDEBUG_IO_ZONE_MGMT,	"zone-mgmt" },	\
		{ BLKDEBUG_IO_EVENT,		"event" })

#define blkdebug_show_fault(action)				\
	__print_symbolic(action,				\
		{ BLKDEBUG_INJECT_ERROR,	"inject-error" }, \
		{ BLKDEBUG_DELAY,		"delay" },	\
		{ BLKDEBUG_DROP,		"drop" },	\
		{ BLKDEBUG_CORRUPT,		"corrupt" },	\
		{ BLKDEBUG_TEAR,		"tear" },	\
		{ BLKDEBUG_MISDIRECT,		"misdirect" })

#define blkdebug_show_flags(flags)				\
	((flags) ? __print_flags(flags, ",",			\
		{ BLKDEBUG_FUA,		"fua" },		\
		{ BLKDEBUG_META,	"meta" },		\
		{ BLKDEBUG_SYNC,	"sync" },		\
		{ BLKDEBUG_PRIO,	"prio" },		\
		{ BLKDEBUG_RAHEAD,	"rahead" },		\
		{ BLKDEBUG_NOWAIT,	"nowait" },		\
		{ BLKDEBUG_ATOMIC,	"atomic" }) : "-")
#endif

/* For those who read traces without this header, as perf does */
TRACE_DEFINE_ENUM(BLKDEBUG_IO_READ);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_WRITE);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_WRITE_ZEROES);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_DISCARD);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_FLUSH);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_SECURE_ERASE);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_ZONE_APPEND);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_ZONE_MGMT);
TRACE_DEFINE_ENUM(BLKDEBUG_IO_EVENT);
TRACE_DEFINE_ENUM(BLKDEBUG_INJECT_ERROR);
TRACE_DEFINE_ENUM(BLKDEBUG_DELAY);
TRACE_DEFINE_ENUM(BLKDEBUG_DROP);
TRACE_DEFINE_ENUM(BLKDEBUG_CORRUPT);
TRACE_DEFINE_ENUM(BLKDEBUG_TEAR);
TRACE_DEFINE_ENUM(BLKDEBUG_MISDIRECT);
TRACE_DEFINE_ENUM(BLKDEBUG_FUA);
TRACE_DEFINE_ENUM(BLKDEBUG_META);
TRACE_DEFINE_ENUM(BLKDEBUG_SYNC);
TRACE_DEFINE_ENUM(BLKDEBUG_PRIO);
TRACE_DEFINE_ENUM(BLKDEBUG_RAHEAD);
TRACE_DEFINE_ENUM(BLKDEBUG_NOWAIT);
TRACE_DEFINE_ENUM(BLKDEBUG_ATOMIC);

/* An event; @name is its canonical name */
TRACE_EVENT(event,
	TP_PROTO(dev_t dev, const struct blkdebug_io *io, const char *name),
	TP_ARGS(dev, io, name),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(u8, iotype)
		__field(u16, flags)
		__string(name, name)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->sector = io->sector;
		__entry->nr_sectors = io->nr_sectors;
		__entry->iotype = io->iotype;
		__entry->flags = io->flags;
		blkdebug_assign_str(name, name);
	),
	TP_printk("%d:%d %s %s %llu + %llu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __get_str(name),
		  blkdebug_show_iotype(__entry->iotype), __entry->sector,
		  __entry->nr_sectors, blkdebug_show_flags(__entry->flags))
);

/* A change of state, by a rule or, with rule 0, by a message or sysfs */
TRACE_EVENT(state,
	TP_PROTO(dev_t dev, const struct blkdebug_io *io, u64 rule, u32 from,
		 u32 to),
	TP_ARGS(dev, io, rule, from, to),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(u64, rule)
		__field(u32, from)
		__field(u32, to)
		__field(u8, iotype)
		__field(u16, flags)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->sector = io->sector;
		__entry->nr_sectors = io->nr_sectors;
		__entry->rule = rule;
		__entry->from = from;
		__entry->to = to;
		__entry->iotype = io->iotype;
		__entry->flags = io->flags;
	),
	TP_printk("%d:%d rule %llu state %u -> %u %s %llu + %llu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->rule,
		  __entry->from, __entry->to,
		  blkdebug_show_iotype(__entry->iotype), __entry->sector,
		  __entry->nr_sectors, blkdebug_show_flags(__entry->flags))
);

/* A fault; an error with errno 0: it passes. Rule 0: resumed with an errno */
TRACE_EVENT(inject,
	TP_PROTO(dev_t dev, const struct blkdebug_io *io, u64 rule,
		 unsigned int action, int error),
	TP_ARGS(dev, io, rule, action, error),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(u64, rule)
		__field(int, error)
		__field(u8, action)
		__field(u8, iotype)
		__field(u16, flags)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->sector = io->sector;
		__entry->nr_sectors = io->nr_sectors;
		__entry->rule = rule;
		__entry->action = action;
		__entry->error = error;
		__entry->iotype = io->iotype;
		__entry->flags = io->flags;
	),
	TP_printk("%d:%d rule %llu errno %d %s %llu + %llu %s %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->rule,
		  __entry->error, blkdebug_show_iotype(__entry->iotype),
		  __entry->sector, __entry->nr_sectors,
		  blkdebug_show_flags(__entry->flags),
		  blkdebug_show_fault(__entry->action))
);

/* A hold begins or ends */
DECLARE_EVENT_CLASS(blkdebug_hold_class,
	TP_PROTO(dev_t dev, const struct blkdebug_io *io, u64 rule, u64 hold,
		 const char *tag),
	TP_ARGS(dev, io, rule, hold, tag),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(u64, rule)
		__field(u64, hold)
		__field(u8, iotype)
		__field(u16, flags)
		__string(tag, tag)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->sector = io->sector;
		__entry->nr_sectors = io->nr_sectors;
		__entry->rule = rule;
		__entry->hold = hold;
		__entry->iotype = io->iotype;
		__entry->flags = io->flags;
		blkdebug_assign_str(tag, tag);
	),
	TP_printk("%d:%d rule %llu hold %llu tag %s %s %llu + %llu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->rule,
		  __entry->hold, __get_str(tag),
		  blkdebug_show_iotype(__entry->iotype), __entry->sector,
		  __entry->nr_sectors, blkdebug_show_flags(__entry->flags))
);

DEFINE_EVENT(blkdebug_hold_class, hold,
	TP_PROTO(dev_t dev, const struct blkdebug_io *io, u64 rule, u64 hold,
		 const char *tag),
	TP_ARGS(dev, io, rule, hold, tag)
);

DEFINE_EVENT(blkdebug_hold_class, resume,
	TP_PROTO(dev_t dev, const struct blkdebug_io *io, u64 rule, u64 hold,
		 const char *tag),
	TP_ARGS(dev, io, rule, hold, tag)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

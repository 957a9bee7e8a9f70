/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints for the effects of rules on I/Os, under events/dm_blkdebug/.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dm_blkdebug

#if !defined(BLKDEBUG_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BLKDEBUG_TRACE_H

#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "../compat.h"
#include "../rules/rule.h"
#include "../rules/trace-names.h"

#ifndef BLKDEBUG_TRACE_FIELDS
/* The fields that all events have */
#define BLKDEBUG_TRACE_FIELDS						\
	__field(dev_t, dev)						\
	__field(u64, sector)						\
	__field(u64, nr_sectors)					\
	__field(u8, iotype)						\
	__field(u16, flags)
#define blkdebug_assign_fields(_dev, _desc)				\
	do {								\
		__entry->dev = (_dev);					\
		__entry->sector = (_desc)->sector;			\
		__entry->nr_sectors = (_desc)->nr_sectors;		\
		__entry->iotype = (_desc)->iotype;			\
		__entry->flags = (_desc)->flags;			\
	} while (0)
#endif

/* Programs that read binary traces, such as perf, need the values of enums. */
BLKDEBUG_IOTYPES(BLKDEBUG_IOTYPE_VALUE)
TRACE_DEFINE_ENUM(BLKDEBUG_IO_EVENT);
BLKDEBUG_ACTIONS(BLKDEBUG_NAME_VALUE)
BLKDEBUG_FLAGS(BLKDEBUG_NAME_VALUE)

/* An event is raised. @name is the canonical name. */
TRACE_EVENT(blkdebug_event,
	TP_PROTO(dev_t dev, const struct blkdebug_io_desc *desc, const char *name),
	TP_ARGS(dev, desc, name),
	TP_STRUCT__entry(
		BLKDEBUG_TRACE_FIELDS
		__string(name, name)
	),
	TP_fast_assign(
		blkdebug_assign_fields(dev, desc);
		blkdebug_assign_str(name, name);
	),
	TP_printk("%d:%d %s %s %llu + %llu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __get_str(name),
		  blkdebug_show_iotype(__entry->iotype), __entry->sector,
		  __entry->nr_sectors, blkdebug_show_flags(__entry->flags))
);

/* The state changes. Rule 0: a message or sysfs changes it. */
TRACE_EVENT(blkdebug_state,
	TP_PROTO(dev_t dev, const struct blkdebug_io_desc *desc, u64 rule, u32 from,
		 u32 to),
	TP_ARGS(dev, desc, rule, from, to),
	TP_STRUCT__entry(
		BLKDEBUG_TRACE_FIELDS
		__field(u64, rule)
		__field(u32, from)
		__field(u32, to)
	),
	TP_fast_assign(
		blkdebug_assign_fields(dev, desc);
		__entry->rule = rule;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("%d:%d rule %llu state %u -> %u %s %llu + %llu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->rule,
		  __entry->from, __entry->to,
		  blkdebug_show_iotype(__entry->iotype), __entry->sector,
		  __entry->nr_sectors, blkdebug_show_flags(__entry->flags))
);

/*
 * A fault is applied. Action inject-error with errno 0: the I/O passes. Rule 0: a message
 * resumes the I/O with this errno.
 */
TRACE_EVENT(blkdebug_inject,
	TP_PROTO(dev_t dev, const struct blkdebug_io_desc *desc, u64 rule,
		 unsigned int action, int error),
	TP_ARGS(dev, desc, rule, action, error),
	TP_STRUCT__entry(
		BLKDEBUG_TRACE_FIELDS
		__field(u64, rule)
		__field(int, error)
		__field(u8, action)
	),
	TP_fast_assign(
		blkdebug_assign_fields(dev, desc);
		__entry->rule = rule;
		__entry->action = action;
		__entry->error = error;
	),
	TP_printk("%d:%d rule %llu errno %d %s %llu + %llu %s %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->rule,
		  __entry->error, blkdebug_show_iotype(__entry->iotype),
		  __entry->sector, __entry->nr_sectors,
		  blkdebug_show_flags(__entry->flags),
		  blkdebug_show_fault(__entry->action))
);

/* A hold begins or ends. */
DECLARE_EVENT_CLASS(blkdebug_hold_class,
	TP_PROTO(dev_t dev, const struct blkdebug_io_desc *desc, u64 rule, u64 hold,
		 const char *tag),
	TP_ARGS(dev, desc, rule, hold, tag),
	TP_STRUCT__entry(
		BLKDEBUG_TRACE_FIELDS
		__field(u64, rule)
		__field(u64, hold)
		__string(tag, tag)
	),
	TP_fast_assign(
		blkdebug_assign_fields(dev, desc);
		__entry->rule = rule;
		__entry->hold = hold;
		blkdebug_assign_str(tag, tag);
	),
	TP_printk("%d:%d rule %llu hold %llu tag %s %s %llu + %llu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->rule,
		  __entry->hold, __get_str(tag),
		  blkdebug_show_iotype(__entry->iotype), __entry->sector,
		  __entry->nr_sectors, blkdebug_show_flags(__entry->flags))
);

DEFINE_EVENT(blkdebug_hold_class, blkdebug_hold,
	TP_PROTO(dev_t dev, const struct blkdebug_io_desc *desc, u64 rule, u64 hold,
		 const char *tag),
	TP_ARGS(dev, desc, rule, hold, tag)
);

DEFINE_EVENT(blkdebug_hold_class, blkdebug_resume,
	TP_PROTO(dev_t dev, const struct blkdebug_io_desc *desc, u64 rule, u64 hold,
		 const char *tag),
	TP_ARGS(dev, desc, rule, hold, tag)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

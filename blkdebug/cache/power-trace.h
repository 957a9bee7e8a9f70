/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints for writes that become durable and for power cuts, under events/dm_blkdebug/.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dm_blkdebug

#if !defined(BLKDEBUG_POWER_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define BLKDEBUG_POWER_TRACE_H

#include <linux/types.h>
#include <linux/kdev_t.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "../rules/trace-names.h"
#include "survive.h"

#define BLKDEBUG_CAUSE_SYMBOL(name, string)	{ BLKDEBUG_BY_##name, string },
#define blkdebug_show_cause(cause)					\
	__print_symbolic(cause,						\
			 BLKDEBUG_CAUSES(BLKDEBUG_CAUSE_SYMBOL)		\
			 { 255, "unknown" })

/* Programs that read binary traces, such as perf, need the values of enums. */
#define BLKDEBUG_CAUSE_VALUE(name, string)	TRACE_DEFINE_ENUM(BLKDEBUG_BY_##name);
#define BLKDEBUG_POLICY_VALUE(name, string)	TRACE_DEFINE_ENUM(BLKDEBUG_SURVIVE_##name);

BLKDEBUG_IOTYPES(BLKDEBUG_IOTYPE_VALUE)
TRACE_DEFINE_ENUM(BLKDEBUG_IO_EVENT);
BLKDEBUG_FLAGS(BLKDEBUG_NAME_VALUE)
BLKDEBUG_CAUSES(BLKDEBUG_CAUSE_VALUE)
BLKDEBUG_POLICIES(BLKDEBUG_POLICY_VALUE)

/*
 * A write becomes durable, or, at a cut, at least one unit of it. @write is its place in
 * the order in which writes entered the cache.
 */
TRACE_EVENT(blkdebug_durable,
	TP_PROTO(dev_t dev, const struct blkdebug_write *write, unsigned int cause),
	TP_ARGS(dev, write, cause),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(u64, write)
		__field(u8, cause)
		__field(u8, iotype)
		__field(u16, flags)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->sector = write->desc.sector;
		__entry->nr_sectors = write->desc.nr_sectors;
		__entry->write = write->seq;
		__entry->cause = cause;
		__entry->iotype = write->desc.iotype;
		__entry->flags = write->desc.flags;
	),
	TP_printk("%d:%d write %llu by %s %s %llu + %llu %s",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->write,
		  blkdebug_show_cause(__entry->cause),
		  blkdebug_show_iotype(__entry->iotype), __entry->sector,
		  __entry->nr_sectors, blkdebug_show_flags(__entry->flags))
);

/* The power of a target fails, or comes back: the line that the messages answer. */
DECLARE_EVENT_CLASS(blkdebug_power_class,
	TP_PROTO(dev_t dev, u64 cut, const struct blkdebug_outcome *outcome,
		 unsigned int policy, u64 seed),
	TP_ARGS(dev, cut, outcome, policy, seed),
	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(u64, cut)
		__field(u64, nr_volatile)
		__field(u64, survived)
		__field(u64, torn)
		__field(u64, lost)
		__field(u64, seed)
		__field(u8, policy)
	),
	TP_fast_assign(
		__entry->dev = dev;
		__entry->cut = cut;
		__entry->nr_volatile = outcome->nr_volatile;
		__entry->survived = outcome->survived;
		__entry->torn = outcome->torn;
		__entry->lost = outcome->lost;
		__entry->seed = seed;
		__entry->policy = policy;
	),
	TP_printk("%d:%d cut %llu volatile %llu survived %llu torn %llu lost %llu survive %s seed %llu",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->cut,
		  __entry->nr_volatile, __entry->survived, __entry->torn,
		  __entry->lost, blkdebug_show_policy(__entry->policy),
		  __entry->seed)
);

DEFINE_EVENT(blkdebug_power_class, blkdebug_cut,
	TP_PROTO(dev_t dev, u64 cut, const struct blkdebug_outcome *outcome,
		 unsigned int policy, u64 seed),
	TP_ARGS(dev, cut, outcome, policy, seed)
);

DEFINE_EVENT(blkdebug_power_class, blkdebug_power_on,
	TP_PROTO(dev_t dev, u64 cut, const struct blkdebug_outcome *outcome,
		 unsigned int policy, u64 seed),
	TP_ARGS(dev, cut, outcome, policy, seed)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE power-trace
#include <trace/define_trace.h>

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the rule language: events, I/O types, flags, actions. Each name is
 * in one X-macro list, which yields the enum, the strings and the tracepoints'
 * symbols. Each list is in the order that "features" prints.
 */
#ifndef BLKDEBUG_NAMES_H
#define BLKDEBUG_NAMES_H

#include <linux/sched.h>
#include <linux/types.h>

#define BLKDEBUG_NAME_MAX	63	/* characters in an event name or a tag */

/* Operations that an I/O can ask for */
#define BLKDEBUG_IOTYPES(X)						\
	X(READ, "read")							\
	X(WRITE, "write")						\
	X(WRITE_ZEROES, "write-zeroes")					\
	X(DISCARD, "discard")						\
	X(FLUSH, "flush")						\
	X(SECURE_ERASE, "secure-erase")					\
	X(ZONE_APPEND, "zone-append")					\
	X(ZONE_MGMT, "zone-mgmt")

/* Flags of an I/O that rules can select by */
#define BLKDEBUG_FLAGS(X)						\
	X(FUA, "fua")							\
	X(META, "meta")							\
	X(SYNC, "sync")							\
	X(PRIO, "prio")							\
	X(RAHEAD, "rahead")						\
	X(NOWAIT, "nowait")						\
	X(ATOMIC, "atomic")

/* Actions of rules */
#define BLKDEBUG_ACTIONS(X)						\
	X(INJECT_ERROR, "inject-error")					\
	X(SET_STATE, "set-state")					\
	X(SUSPEND, "suspend")						\
	X(DELAY, "delay")						\
	X(DROP, "drop")							\
	X(CORRUPT, "corrupt")						\
	X(TEAR, "tear")							\
	X(MISDIRECT, "misdirect")					\
	X(POWER_CUT, "power-cut")

/* Which part of a failing I/O is transferred (key "transfer") */
#define BLKDEBUG_TRANSFERS(X)						\
	X(NONE, "none")							\
	X(PARTIAL, "partial")						\
	X(ALL, "all")

/*
 * Events: QEMU's, in the spelling of its first blkdebug driver, and four that
 * QEMU does not have. I/O raises those of the first list except "none"; only the
 * message "event" raises the others.
 */
#define BLKDEBUG_IO_EVENTS(X)						\
	X(NONE, "none")							\
	X(READ_AIO, "read_aio")						\
	X(WRITE_AIO, "write_aio")					\
	X(PWRITEV, "pwritev")						\
	X(PWRITEV_ZERO, "pwritev_zero")					\
	X(PWRITEV_DONE, "pwritev_done")					\
	X(FLUSH_TO_OS, "flush_to_os")					\
	X(FLUSH_TO_DISK, "flush_to_disk")				\
	X(READ_DONE, "read_done")					\
	X(FLUSH_DONE, "flush_done")					\
	X(DISCARD, "discard")						\
	X(DISCARD_DONE, "discard_done")

#define BLKDEBUG_OTHER_EVENTS(X)					\
	X(L1_UPDATE, "l1_update")					\
	X(L1_GROW_ALLOC_TABLE, "l1_grow.alloc_table")			\
	X(L1_GROW_WRITE_TABLE, "l1_grow.write_table")			\
	X(L1_GROW_ACTIVATE_TABLE, "l1_grow.activate_table")		\
	X(L1_SHRINK_WRITE_TABLE, "l1_shrink_write_table")		\
	X(L1_SHRINK_FREE_L2_CLUSTERS, "l1_shrink_free_l2_clusters")	\
	X(L2_LOAD, "l2_load")						\
	X(L2_UPDATE, "l2_update")					\
	X(L2_UPDATE_COMPRESSED, "l2_update_compressed")			\
	X(L2_ALLOC_COW_READ, "l2_alloc.cow_read")			\
	X(L2_ALLOC_WRITE, "l2_alloc.write")				\
	X(READ_BACKING_AIO, "read_backing_aio")				\
	X(READ_COMPRESSED, "read_compressed")				\
	X(WRITE_COMPRESSED, "write_compressed")				\
	X(VMSTATE_LOAD, "vmstate_load")					\
	X(VMSTATE_SAVE, "vmstate_save")					\
	X(COW_READ, "cow_read")						\
	X(COW_WRITE, "cow_write")					\
	X(COR_WRITE, "cor_write")					\
	X(REFTABLE_LOAD, "reftable_load")				\
	X(REFTABLE_GROW, "reftable_grow")				\
	X(REFTABLE_UPDATE, "reftable_update")				\
	X(REFBLOCK_LOAD, "refblock_load")				\
	X(REFBLOCK_UPDATE, "refblock_update")				\
	X(REFBLOCK_UPDATE_PART, "refblock_update_part")			\
	X(REFBLOCK_ALLOC, "refblock_alloc")				\
	X(REFBLOCK_ALLOC_HOOKUP, "refblock_alloc.hookup")		\
	X(REFBLOCK_ALLOC_WRITE, "refblock_alloc.write")			\
	X(REFBLOCK_ALLOC_WRITE_BLOCKS, "refblock_alloc.write_blocks")	\
	X(REFBLOCK_ALLOC_WRITE_TABLE, "refblock_alloc.write_table")	\
	X(REFBLOCK_ALLOC_SWITCH_TABLE, "refblock_alloc.switch_table")	\
	X(CLUSTER_ALLOC, "cluster_alloc")				\
	X(CLUSTER_ALLOC_BYTES, "cluster_alloc_bytes")			\
	X(CLUSTER_ALLOC_SPACE, "cluster_alloc_space")			\
	X(CLUSTER_FREE, "cluster_free")					\
	X(PWRITEV_RMW_HEAD, "pwritev_rmw.head")				\
	X(PWRITEV_RMW_AFTER_HEAD, "pwritev_rmw.after_head")		\
	X(PWRITEV_RMW_TAIL, "pwritev_rmw.tail")				\
	X(PWRITEV_RMW_AFTER_TAIL, "pwritev_rmw.after_tail")		\
	X(EMPTY_IMAGE_PREPARE, "empty_image_prepare")			\
	X(POWER_CUT, "power_cut")					\
	X(POWER_ON, "power_on")

#define BLKDEBUG_IOTYPE_ENUM(name, string)	BLKDEBUG_IO_##name,
#define BLKDEBUG_FLAG_BIT_ENUM(name, string)	BLKDEBUG_##name##_BIT,
#define BLKDEBUG_FLAG_ENUM(name, string)				\
	BLKDEBUG_##name = 1U << BLKDEBUG_##name##_BIT,
#define BLKDEBUG_ACTION_ENUM(name, string)	BLKDEBUG_##name,
#define BLKDEBUG_TRANSFER_ENUM(name, string)	BLKDEBUG_TRANSFER_##name,
#define BLKDEBUG_EVENT_ENUM(name, string)	BLKDEBUG_EV_##name,

enum blkdebug_iotype {
	BLKDEBUG_IOTYPES(BLKDEBUG_IOTYPE_ENUM)
	BLKDEBUG_NR_IOTYPES,
	/* The caller of the message "event", which breakpoints hold like a bio */
	BLKDEBUG_IO_EVENT = BLKDEBUG_NR_IOTYPES,
};

#define BLKDEBUG_ALL_IOTYPES	((1U << BLKDEBUG_NR_IOTYPES) - 1)

enum blkdebug_flag_bit {
	BLKDEBUG_FLAGS(BLKDEBUG_FLAG_BIT_ENUM)
	BLKDEBUG_NR_FLAGS,
};

/* Bits of struct blkdebug_io_desc's flags; the block layer's REQ_* numbers change. */
enum blkdebug_flag {
	BLKDEBUG_FLAGS(BLKDEBUG_FLAG_ENUM)
};

enum blkdebug_action {
	BLKDEBUG_ACTIONS(BLKDEBUG_ACTION_ENUM)
	BLKDEBUG_NR_ACTIONS,
};

enum blkdebug_transfer {
	BLKDEBUG_TRANSFERS(BLKDEBUG_TRANSFER_ENUM)
	BLKDEBUG_NR_TRANSFERS,
};

enum blkdebug_event {
	BLKDEBUG_IO_EVENTS(BLKDEBUG_EVENT_ENUM)
	BLKDEBUG_OTHER_EVENTS(BLKDEBUG_EVENT_ENUM)
	BLKDEBUG_NR_EVENTS,
	BLKDEBUG_EV_USER = BLKDEBUG_NR_EVENTS,	/* user.<any name> */
	BLKDEBUG_EV_STANDING,			/* a rule without an event */
};

/* An I/O as rules see it */
struct blkdebug_io_desc {
	sector_t sector;		/* first sector, from the target's start */
	sector_t nr_sectors;		/* sectors touched; 0 for a flush or an event */
	u8 iotype;			/* enum blkdebug_iotype */
	u16 flags;			/* mask of enum blkdebug_flag */
	char comm[TASK_COMM_LEN];	/* name of the task that submitted it */
};

/* The most events that an I/O raises before its check */
#define BLKDEBUG_EVENTS_BEFORE	2

/* The events of one I/O type */
struct blkdebug_raises {
	u8 before[BLKDEBUG_EVENTS_BEFORE];	/* raised in this order before the
						 * check; %BLKDEBUG_EV_NONE is a gap
						 */
	u8 done;			/* raised when the I/O completes, or
					 * %BLKDEBUG_EV_NONE
					 */
};

extern const struct blkdebug_raises blkdebug_raises[BLKDEBUG_NR_IOTYPES];

int blkdebug_name_cmp(const char *a, const char *b);
bool blkdebug_name_valid(const char *name);
bool blkdebug_tag_valid(const char *tag);
int blkdebug_name_lookup(const char * const *names, unsigned int nr,
			 const char *name, size_t len);

int blkdebug_event_lookup(const char *name);
const char *blkdebug_event_name(unsigned int event);

int blkdebug_iotype_lookup(const char *name, size_t len);
const char *blkdebug_iotype_name(unsigned int iotype);

int blkdebug_flag_lookup(const char *name, size_t len);
const char *blkdebug_flag_name(unsigned int bit);
u16 blkdebug_flags_known(void);

int blkdebug_action_lookup(const char *name);
const char *blkdebug_action_name(unsigned int action);

extern const char * const blkdebug_transfer_names[BLKDEBUG_NR_TRANSFERS];

#endif

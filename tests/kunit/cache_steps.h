/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data of the model of the write cache, and of the cache that the model is compared
 * with. For the files of the model alone.
 */
#ifndef BLKDEBUG_TEST_CACHE_STEPS_H
#define BLKDEBUG_TEST_CACHE_STEPS_H

#include "blkdebug/cache/view.h"
#include "cache_model.h"

#define SECTORS		96
#define MAX_SECTORS	24	/* of a write */
#define CAPACITY	20	/* blocks */
#define FLUSHES		3
#define BATCHES		2
#define EXTENTS		16
#define VIEWS		3

enum state { IN_FLIGHT, COMPLETED, SETTLED };

/**
 * struct model_write - a write as the model keeps it
 * @desc: the write
 * @stamp: what its sectors hold; 0 if they are zeroes
 * @state: %SETTLED: durable, or decided by a cut
 * @covered: by which of the flushes under way
 * @real: the cache's write, until it has been acknowledged or has failed
 */
struct model_write {
	struct blkdebug_write_desc desc;
	u32 stamp;
	enum state state;
	u8 covered;
	struct blkdebug_write *real;
};

/* Extents on their way to the device below */
struct batch {
	unsigned int nr;
	struct blkdebug_extent extent[EXTENTS];
};

/**
 * struct model_view - a view of a moment, and what it has to show
 * @view: the view; its @moment is NULL if there is none
 * @cut: its choice
 * @range: of @cut's lists
 * @made: which capture made it
 * @sector: what each sector holds
 * @own: the view has written the sector
 * @stake: the volatile writes with a version of the sector, by number
 * @touched: the volatile writes that a reader may have told apart
 */
struct model_view {
	struct blkdebug_view view;
	struct blkdebug_cut cut;
	struct blkdebug_range range[2];
	unsigned long made;
	u32 sector[SECTORS];
	bool own[SECTORS];
	unsigned long stake[SECTORS];
	unsigned long touched;
};

/**
 * struct model - the model, and the cache that it is compared with
 * @dice: random numbers
 * @wrong: what was not as it should be, or NULL
 * @cache: the cache
 * @line: its power
 * @cut: what the next cut shall leave
 * @range: of @cut's lists
 * @outcome: what the last cut has left
 * @unit: sectors of a unit
 * @nr: writes so far
 * @writes: the writes, in the order in which they entered
 * @durable: what each sector holds at least
 * @seq: the write, from 1, that made it durable; older ones do not matter
 * @below: what the device below holds
 * @flushing: a flush is under way
 * @epoch: of that flush
 * @batch: being written out
 * @view: views
 * @stamp: the last one given
 */
struct model {
	struct cache_dice *dice;
	const char *wrong;
	struct blkdebug_cache *cache;
	struct blkdebug_line line;
	struct blkdebug_cut cut;
	struct blkdebug_range range[2];
	struct blkdebug_outcome outcome;
	unsigned int unit;
	unsigned int nr;
	struct model_write *writes;
	u32 durable[SECTORS];
	unsigned int seq[SECTORS];
	u32 below[SECTORS];
	bool flushing[FLUSHES];
	u64 epoch[FLUSHES];
	struct batch batch[BATCHES];
	struct model_view view[VIEWS];
	u32 stamp;
};

#define TEXT(x)		#x
#define LINE(x)		TEXT(x)
#define expect(m, condition) do {					\
	if (!(condition) && !(m)->wrong)				\
		(m)->wrong = __FILE__ ":" LINE(__LINE__) ": " #condition; \
} while (0)

static inline u32 roll(struct model *m, u32 limit)
{
	return m->dice->roll(m->dice, limit);
}

/* cache_model.c */
bool cache_model_at_stake(const struct model *m, unsigned int i, unsigned int sector);
bool cache_model_is_volatile(const struct model *m, unsigned int i);
unsigned int cache_model_count(const struct model *m);
u32 cache_model_read(const struct model *m, unsigned int sector);
void cache_model_harden(struct model *m, unsigned int i);
unsigned int cache_model_harden_oldest(struct model *m, unsigned int want);
void cache_model_choose(struct model *m);
void cache_model_leave(const struct model *m, u32 *sector,
		       struct blkdebug_outcome *outcome);
void cache_model_cut(struct model *m, struct blkdebug_outcome *outcome);
u32 cache_model_span_stamp(struct model *m, const struct blkdebug_span *span,
			   unsigned int sector, unsigned int nth);

/* cache_view_steps.c */
void cache_model_step_view(struct model *m);
void cache_model_compare_views(struct model *m);
void cache_model_drop_views(struct model *m);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Power cuts of a target: the messages power-cut, power-on and volatile.
 *
 * While the power is off, I/O fails in three places, so that each bio ends in EIO
 * wherever it is at the moment of the cut:
 *
 *   map           a new bio: blkdebug_is_powered()
 *   engine        a bio on its way through the rules, or held: BLKDEBUG_POWERLESS
 *   completion    a bio about to be acknowledged: blkdebug_acknowledge()
 */
#ifndef BLKDEBUG_POWER_CUT_H
#define BLKDEBUG_POWER_CUT_H

#include <linux/workqueue.h>

#include "../cache/power.h"
#include "../engine/call.h"

struct blkdebug_target;

/* The power of a target */
struct blkdebug_power {
	struct blkdebug_line line;	/* where it comes from; see there */
	struct work_struct work;	/* chooses survivors after a cut by a rule */

	/* Guarded by the mutex @settling of the supply. */
	u64 nr_cuts;
	struct blkdebug_outcome outcome;	/* of the last cut */
	struct blkdebug_choice choice;	/* of the last cut, without its lists */
	u64 seed;			/* of the last cut */
	struct blkdebug_io event;	/* for raising power_cut and power_on */
};

int blkdebug_power_setup(void);
void blkdebug_power_cleanup(void);

int blkdebug_power_init(struct blkdebug_target *t);
void blkdebug_power_exit(struct blkdebug_target *t);

void blkdebug_expect_cut(struct blkdebug_target *t);
void blkdebug_cut_by_rule(struct blkdebug_target *t, struct blkdebug_cut *cut);
int blkdebug_power_command(struct blkdebug_target *t,
			   struct blkdebug_call *call);
u64 blkdebug_next_cut_seed(const struct blkdebug_target *t);
void blkdebug_print_power(struct blkdebug_target *t, struct seq_buf *out);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target blkdebug-crash: see crash-view.h.
 */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../cache/view.h"
#include "../compat.h"
#include "../rules/parse.h"
#include "crash-view.h"
#include "marks.h"
#include "split-read.h"

#define DM_MSG_PREFIX "blkdebug-crash"

struct crash_view {
	/* Constant. */
	struct dm_target *ti;
	blkdebug_open_bdev *origin;	/* not claimed, because it may be mounted */
	char origin_name[16];		/* <major>:<minor> */
	struct dm_dev *below;		/* the device below the origin's target */
	sector_t start;			/* of the view, on @below */
	unsigned int block_bytes;	/* the logical block size */
	char *mark;			/* of at=, or NULL */
	struct workqueue_struct *wq;	/* for @work alone, so that I/O continues when
					 * memory is short
					 */
	struct bio_set parts;		/* reads of @below */

	struct blkdebug_view view;
	struct work_struct work;	/* executes @queue */

	spinlock_t lock;		/* guards @queue */
	struct bio_list queue;
};

static bool is_given_up(const struct crash_view *cv)
{
	return blkdebug_is_given_up(cv->view.moment);
}

static sector_t view_sector(const struct crash_view *cv, const struct bio *bio)
{
	return dm_target_offset(cv->ti, bio->bi_iter.bi_sector);
}

/* I/O */

static void end_bio(struct bio *bio, blk_status_t status)
{
	if (status)
		bio->bi_status = status;
	bio_endio(bio);
}

/* Serve the next sectors of a read from one place. Returns how many. */
static sector_t read_span(struct crash_view *cv, struct bio *bio, sector_t offset)
{
	struct blkdebug_split *split = dm_per_bio_data(bio, sizeof(*split));
	struct blkdebug_span span = { .nr_sectors = bio_sectors(bio) - offset };

	rcu_read_lock();
	if (is_given_up(cv)) {
		/* blkdebug_crash_end_io() fails the bio. */
		rcu_read_unlock();
		return span.nr_sectors;
	}
	blkdebug_find_in_view(&cv->view, view_sector(cv, bio) + offset,
			      span.nr_sectors, &span);
	if (span.source != BLKDEBUG_BELOW)
		blkdebug_copy_part(bio, offset, span.data, span.nr_sectors);
	rcu_read_unlock();
	if (span.source == BLKDEBUG_BELOW)
		blkdebug_read_below(split, &cv->parts, cv->below->bdev,
				    cv->start - cv->ti->begin, offset,
				    span.nr_sectors);
	return span.nr_sectors;
}

static void read_bio(struct crash_view *cv, struct bio *bio)
{
	struct blkdebug_split *split = dm_per_bio_data(bio, sizeof(*split));
	sector_t nr_sectors = bio_sectors(bio), offset = 0;

	blkdebug_touch_view(&cv->view, view_sector(cv, bio), nr_sectors);
	blkdebug_begin_split(split, bio, end_bio);
	while (offset < nr_sectors)
		offset += read_span(cv, bio, offset);
	blkdebug_end_split(split);
}

/* Write the sectors from @sector on that are in one block. Returns 0 or -ENOMEM. */
static int write_part(struct crash_view *cv, struct bio *bio,
		      struct bvec_iter *iter, sector_t sector,
		      unsigned int nr_sectors)
{
	u8 *data;

	if (bio_op(bio) == REQ_OP_WRITE_ZEROES)
		return blkdebug_zero_view(&cv->view, sector, nr_sectors);
	data = blkdebug_write_view(&cv->view, sector, nr_sectors);
	if (!data)
		return -ENOMEM;
	blkdebug_copy_data(bio, iter, data, nr_sectors << SECTOR_SHIFT, false);
	return 0;
}

static void write_bio(struct crash_view *cv, struct bio *bio)
{
	sector_t sector = view_sector(cv, bio);
	sector_t end = sector + bio_sectors(bio);
	struct bvec_iter iter = bio->bi_iter;
	int r = 0;

	while (!r && sector < end) {
		unsigned int first = sector & (BLKDEBUG_BLOCK_SECTORS - 1);
		unsigned int nr = min_t(sector_t, end - sector,
					BLKDEBUG_BLOCK_SECTORS - first);

		r = write_part(cv, bio, &iter, sector, nr);
		sector += nr;
		cond_resched();
	}
	end_bio(bio, errno_to_blk_status(r));
}

/*
 * Must this readahead fail? It reads more than the reader needs, and so would touch writes
 * that do not matter. Readahead may fail at any time: the reader then reads what it needs.
 */
static bool refuses_readahead(struct crash_view *cv, const struct bio *bio)
{
	return bio->bi_opf & REQ_RAHEAD &&
	       blkdebug_would_touch_view(&cv->view, view_sector(cv, bio),
					 bio_sectors(bio));
}

static void execute_bio(struct crash_view *cv, struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		if (refuses_readahead(cv, bio))
			end_bio(bio, BLK_STS_IOERR);
		else
			read_bio(cv, bio);
		break;
	case REQ_OP_WRITE:
	case REQ_OP_WRITE_ZEROES:
		write_bio(cv, bio);
		break;
	case REQ_OP_FLUSH:
		end_bio(bio, BLK_STS_OK);
		break;
	default:
		end_bio(bio, BLK_STS_NOTSUPP);
	}
}

static void crash_view_work(struct work_struct *work)
{
	struct crash_view *cv = container_of(work, struct crash_view, work);
	unsigned int noio = memalloc_noio_save();
	struct bio_list batch = BIO_EMPTY_LIST;
	struct bio *bio;

	spin_lock_irq(&cv->lock);
	bio_list_merge(&batch, &cv->queue);
	bio_list_init(&cv->queue);
	spin_unlock_irq(&cv->lock);
	while ((bio = bio_list_pop(&batch))) {
		execute_bio(cv, bio);
		cond_resched();
	}
	memalloc_noio_restore(noio);
}

static int blkdebug_crash_map(struct dm_target *ti, struct bio *bio)
{
	struct crash_view *cv = ti->private;
	unsigned long flags;

	if (is_given_up(cv))
		return DM_MAPIO_KILL;
	if (bio_op(bio) == REQ_OP_READ && bio_sectors(bio) &&
	    !blkdebug_view_holds(&cv->view, view_sector(cv, bio), bio_sectors(bio))) {
		bio->bi_iter.bi_sector = cv->start + view_sector(cv, bio);
		bio_set_dev(bio, cv->below->bdev);
		return DM_MAPIO_REMAPPED;
	}
	spin_lock_irqsave(&cv->lock, flags);
	bio_list_add(&cv->queue, bio);
	spin_unlock_irqrestore(&cv->lock, flags);
	queue_work(cv->wq, &cv->work);
	return DM_MAPIO_SUBMITTED;
}

static int blkdebug_crash_end_io(struct dm_target *ti, struct bio *bio,
				 blk_status_t *status)
{
	/*
	 * The origin sets @given_up before it writes to the device below. So if a read
	 * of that device has seen such a write, it sees @given_up from here on.
	 */
	smp_mb();
	if (is_given_up(ti->private))
		*status = BLK_STS_IOERR;
	return DM_ENDIO_DONE;
}

/* Table lines */

static int refuse_word(struct crash_view *cv, const struct blkdebug_error *err)
{
	char text[256];

	blkdebug_error_text(err, text, sizeof(text));
	DMERR("%s: %s", dm_table_device_name(cv->ti->table), text);
	cv->ti->error = err->reason;
	return -EINVAL;
}

/* Parse the words behind the origin: the choice, and at=. */
static int parse_words(struct crash_view *cv, unsigned int argc, char **argv,
		       struct blkdebug_cut *cut)
{
	struct blkdebug_error err = { .reason = NULL };
	unsigned int i, seen = 0;
	int r = 0;

	for (i = 0; !r && i < argc; i++) {
		if (strncmp(argv[i], "at=", 3)) {
			r = blkdebug_parse_choice_word(cut, argv[i], &seen, &err);
		} else if (cv->mark) {
			r = blkdebug_error_set(&err, "Key given twice", argv[i]);
		} else {
			cv->mark = kstrdup(argv[i] + 3, GFP_KERNEL);
			r = cv->mark ? 0 : -ENOMEM;
		}
	}
	if (r == -EINVAL)
		return refuse_word(cv, &err);
	if (r)
		cv->ti->error = "Cannot allocate choice";
	return r;
}

/* Open the origin, so that it cannot be removed. @name is a path, or numbers. */
static int open_origin(struct crash_view *cv, const char *name)
{
	unsigned int major, minor;
	dev_t dev;
	char end;
	int r = 0;

	if (sscanf(name, "%u:%u%c", &major, &minor, &end) == 2)
		dev = MKDEV(major, minor);
	else
		r = blkdebug_lookup_path(name, &dev);
	if (!r) {
		cv->origin = blkdebug_open_dev(dev);
		r = PTR_ERR_OR_ZERO(cv->origin);
	}
	if (r) {
		cv->origin = NULL;
		cv->ti->error = "Device lookup failed";
		return r;
	}
	snprintf(cv->origin_name, sizeof(cv->origin_name), "%u:%u", MAJOR(dev),
		 MINOR(dev));
	return 0;
}

/* Get the moment, and the device below the origin's target. */
static int open_below(struct crash_view *cv, struct blkdebug_origin *origin)
{
	struct dm_target *ti = cv->ti;
	char below[16];
	int r;

	r = blkdebug_open_moment(blkdebug_bdev_of(cv->origin)->bd_dev, ti->len,
				 cv->mark, origin, (const char **)&ti->error);
	if (r)
		return r;
	ti->error = NULL;
	cv->start = origin->start;
	cv->block_bytes = origin->block_bytes;
	snprintf(below, sizeof(below), "%u:%u", MAJOR(origin->below),
		 MINOR(origin->below));
	r = dm_get_device(ti, below, dm_table_get_mode(ti->table), &cv->below);
	if (r) {
		ti->error = "Lookup of the device below failed";
		blkdebug_put_moment(origin->moment);
	}
	return r;
}

static int load_view(struct crash_view *cv, unsigned int argc, char **argv,
		     struct blkdebug_cut *cut)
{
	u64 last_block = (cv->ti->len - 1) >> BLKDEBUG_BLOCK_SHIFT;
	struct blkdebug_origin origin;
	int r;

	/* An xarray keeps the written blocks, by unsigned long. */
	if (last_block != (unsigned long)last_block) {
		cv->ti->error = "Device too large for a view";
		return -EINVAL;
	}
	r = parse_words(cv, argc - 1, argv + 1, cut);
	if (!r)
		r = open_origin(cv, argv[0]);
	if (!r)
		r = open_below(cv, &origin);
	if (r)
		return r;
	r = blkdebug_view_init(&cv->view, origin.moment, cut,
			       cut->seeded ? cut->seed : origin.seed);
	if (r)
		cv->ti->error = "Cannot allocate view";
	return r;
}

static void blkdebug_crash_dtr(struct dm_target *ti)
{
	struct crash_view *cv = ti->private;

	if (cv->wq)
		destroy_workqueue(cv->wq);
	blkdebug_view_exit(&cv->view);
	if (bioset_initialized(&cv->parts))
		bioset_exit(&cv->parts);
	if (cv->below)
		dm_put_device(ti, cv->below);
	if (cv->origin)
		blkdebug_close_bdev(cv->origin);
	kfree(cv->mark);
	kfree(cv);
}

static int alloc_resources(struct crash_view *cv)
{
	int r;

	cv->wq = alloc_ordered_workqueue("blkdebug-crash", WQ_MEM_RECLAIM);
	r = cv->wq ? blkdebug_split_bioset_init(&cv->parts) : -ENOMEM;
	if (r)
		cv->ti->error = "Cannot allocate view";
	return r;
}

static void set_capabilities(struct dm_target *ti)
{
	ti->flush_supported = true;
	ti->num_flush_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->per_io_data_size = sizeof(struct blkdebug_split);
	blkdebug_set_accounts_remapped_io(ti);
}

/* Construct a view: <origin> [<choice>] [at=<mark>] */
static int blkdebug_crash_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct blkdebug_cut *cut;
	struct crash_view *cv;
	int r;

	if (!argc) {
		ti->error = "Invalid argument count";
		return -EINVAL;
	}
	cv = kzalloc(sizeof(*cv), GFP_KERNEL);
	cut = blkdebug_cut_alloc();
	if (!cv || !cut) {
		ti->error = "Cannot allocate context";
		blkdebug_put_cut(cut);
		kfree(cv);
		return -ENOMEM;
	}
	ti->private = cv;
	cv->ti = ti;
	spin_lock_init(&cv->lock);
	bio_list_init(&cv->queue);
	INIT_WORK(&cv->work, crash_view_work);
	r = alloc_resources(cv);
	if (!r)
		r = load_view(cv, argc, argv, cut);
	blkdebug_put_cut(cut);
	if (r) {
		blkdebug_crash_dtr(ti);
		return r;
	}
	set_capabilities(ti);
	return 0;
}

/* Messages and status */

static int blkdebug_crash_message(struct dm_target *ti, unsigned int argc,
				  char **argv, char *result, unsigned int maxlen)
{
	struct crash_view *cv = ti->private;
	const struct blkdebug_view *view = &cv->view;
	unsigned int i, nr = atomic_read(&view->nr_touched);
	struct seq_buf out;
	u32 number;

	if (argc != 1 || strcmp(argv[0], "touched")) {
		DMERR("%s: Unknown message: '%s'",
		      dm_table_device_name(ti->table), argv[0]);
		return -EINVAL;
	}
	if (maxlen)
		*result = '\0';
	seq_buf_init(&out, result, maxlen);
	for (i = 0; i < nr; i++) {
		/* 0: a reader has counted a write, but not stored the number yet. */
		number = READ_ONCE(view->order[i]);
		if (number)
			seq_buf_printf(&out, "%s%u", out.len ? " " : "", number);
		cond_resched();
	}
	return 1;
}

static void print_info(const struct crash_view *cv, struct seq_buf *out)
{
	const struct blkdebug_outcome *outcome = &cv->view.outcome;

	if (is_given_up(cv)) {
		seq_buf_printf(out, "invalid");
		return;
	}
	seq_buf_printf(out,
		       "volatile=%llu survived=%llu torn=%llu lost=%llu touched=%d survive=",
		       outcome->nr_volatile, outcome->survived, outcome->torn,
		       outcome->lost, atomic_read(&cv->view.nr_touched));
	blkdebug_print_policy(out, &cv->view.cut->choice);
	seq_buf_printf(out, " seed=%llu", cv->view.seed);
}

static void print_words(const struct crash_view *cv, struct seq_buf *out)
{
	const struct blkdebug_cut *cut = cv->view.cut;
	unsigned int key;

	for (key = 0; key < BLKDEBUG_NR_CHOICE_KEYS; key++) {
		if (!blkdebug_choice_has(cut, key))
			continue;
		seq_buf_printf(out, " %s=", blkdebug_choice_keys[key]);
		blkdebug_print_choice(out, cut, key);
	}
	if (cv->mark)
		seq_buf_printf(out, " at=%s", cv->mark);
}

static void blkdebug_crash_status(struct dm_target *ti, status_type_t type,
				  unsigned int status_flags, char *result,
				  unsigned int maxlen)
{
	struct crash_view *cv = ti->private;
	struct seq_buf out;

	seq_buf_init(&out, result, maxlen);
	switch ((unsigned int)type) {
	case STATUSTYPE_INFO:
		print_info(cv, &out);
		break;
	case STATUSTYPE_TABLE:
		seq_buf_printf(&out, "%s", cv->origin_name);
		print_words(cv, &out);
		break;
	case STATUSTYPE_IMA:
		seq_buf_printf(&out, "target_name=%s,target_version=%u.%u.%u,device_name=%s;",
			       ti->type->name, ti->type->version[0],
			       ti->type->version[1], ti->type->version[2],
			       cv->origin_name);
		break;
	}
}

static int blkdebug_crash_iterate_devices(struct dm_target *ti,
					  iterate_devices_callout_fn fn, void *data)
{
	struct crash_view *cv = ti->private;

	return fn(ti, cv->below, cv->start, ti->len, data);
}

static void blkdebug_crash_io_hints(struct dm_target *ti,
				    struct queue_limits *limits)
{
	struct crash_view *cv = ti->private;

	limits->logical_block_size = max(limits->logical_block_size,
					 cv->block_bytes);
	limits->physical_block_size = max(limits->physical_block_size,
					  limits->logical_block_size);
}

struct target_type blkdebug_crash_target = {
	.name = "blkdebug-crash",
	.version = { 1, 0, 0 },
	.module = THIS_MODULE,
	.ctr = blkdebug_crash_ctr,
	.dtr = blkdebug_crash_dtr,
	.map = blkdebug_crash_map,
	.end_io = blkdebug_crash_end_io,
	.message = blkdebug_crash_message,
	.status = blkdebug_crash_status,
	.iterate_devices = blkdebug_crash_iterate_devices,
	.io_hints = blkdebug_crash_io_hints,
};

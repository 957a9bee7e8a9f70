/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Corruption: data altered in flight.
 *
 * What is read is altered where it has arrived. What is written belongs to the
 * submitter, so the pages that are to be altered are copied, and the bio gets a
 * list of pages of its own that has the copies in their places; no more of it
 * changes, so it is still one bio with its integrity and encryption.
 */
#ifndef BLKDEBUG_CORRUPT_H
#define BLKDEBUG_CORRUPT_H

#include <linux/bio.h>
#include <linux/mempool.h>

#include "../compat.h"
#include "../rules/actions.h"

/* Places in a bio whose pages may be replaced; larger ones are split first */
#define BLKDEBUG_COPY_VECS	256

/**
 * struct blkdebug_copy - the list of pages of a write that is altered
 * @bvec: the bio's own list, and where it stood in that
 * @bi_iter: likewise
 * @nr: of @vec
 * @nr_pages: of @page
 * @vec: what the bio has instead: @own_vec, or allocated if that is too short
 * @own_vec: long enough for all writes but those in very many pieces
 * @page: the copies
 */
struct blkdebug_copy {
	struct bio_vec *bvec;
	struct bvec_iter bi_iter;
	unsigned int nr;
	unsigned int nr_pages;
	struct bio_vec *vec;
	struct bio_vec own_vec[BLKDEBUG_COPY_VECS + 2 * BLKDEBUG_BITS_MAX];
	struct page *page[BLKDEBUG_BITS_MAX];
};

/**
 * struct blkdebug_copies - memory for what is altered in writes
 * @copies: struct blkdebug_copy; NULL as long as no rule alters writes
 * @pages: for the data
 *
 * Set up before the first rule that needs it; the control mutex guards that.
 */
struct blkdebug_copies {
	mempool_t *copies;
	mempool_t *pages;
};

int blkdebug_copies_init(struct blkdebug_copies *copies);
void blkdebug_copies_exit(struct blkdebug_copies *copies);

unsigned int blkdebug_copy_sectors(struct bio *bio);
struct blkdebug_copy *blkdebug_corrupt_write(struct blkdebug_copies *copies,
					     struct bio *bio,
					     const struct blkdebug_effect *effect);
void blkdebug_copy_free(struct blkdebug_copies *copies, struct bio *bio,
			struct blkdebug_copy *copy);
void blkdebug_corrupt_read(struct bio *bio, struct bvec_iter iter,
			   const struct blkdebug_effect *effect);

#endif

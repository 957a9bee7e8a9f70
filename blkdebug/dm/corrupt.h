/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Corruption: data altered in flight.
 *
 * The data of a read are altered in the pages that have received them. The pages of a
 * write belong to its submitter, so the pages to be altered are copied, and the bio gets
 * a bio_vec array of its own that refers to the copies. The bio stays one bio, with its
 * integrity data and encryption context, because no other member changes.
 */
#ifndef BLKDEBUG_CORRUPT_H
#define BLKDEBUG_CORRUPT_H

#include <linux/bio.h>
#include <linux/mempool.h>

#include "../compat.h"
#include "../rules/actions.h"

/* Segments of a write that is altered as one bio; larger writes are split first */
#define BLKDEBUG_COPY_VECS	256

/* The bio_vec array of an altered write. Used by the owner of the bio. */
struct blkdebug_copy {
	struct bio_vec *bvec;		/* the bio's own array */
	struct bvec_iter bi_iter;	/* the bio's own position in @bvec */
	unsigned int nr;		/* elements of @vec */
	unsigned int nr_pages;		/* elements of @page */
	struct bio_vec *vec;		/* the altered array: @own_vec, or allocated if
					 * that is too short
					 */
	struct bio_vec own_vec[BLKDEBUG_COPY_VECS + 2 * BLKDEBUG_BITS_MAX];
	struct page *page[BLKDEBUG_BITS_MAX];	/* the copies */
};

/* Memory for altered writes */
struct blkdebug_copies {
	/*
	 * Set under the control mutex before the first rule that alters writes is in
	 * force; read without a lock.
	 */
	mempool_t *copies;		/* struct blkdebug_copy; NULL: not initialized */
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corruption: see corrupt.h.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../rules/chance.h"
#include "corrupt.h"

/* A byte to alter */
struct place {
	u32 byte;			/* offset in the data of the bio; u32, because
					 * struct places is on the stack
					 */
	u8 flip;			/* bits to flip, or 0 */
	u8 value;			/* if @flip is 0: the new value */
};

/* All bytes to alter in a bio, sorted by offset */
struct places {
	unsigned int nr;
	struct place place[BLKDEBUG_BITS_MAX];
};

/* Add a bit to be flipped. Returns false if the bit is to be flipped already. */
static bool flip_bit(struct places *places, u64 bit)
{
	u64 byte = bit / BITS_PER_BYTE;
	u8 mask = 1U << (bit % BITS_PER_BYTE);
	unsigned int i, at = 0;

	while (at < places->nr && places->place[at].byte < byte)
		at++;
	if (at < places->nr && places->place[at].byte == byte) {
		if (places->place[at].flip & mask)
			return false;
		places->place[at].flip |= mask;
		return true;
	}
	for (i = places->nr++; i > at; i--)
		places->place[i] = places->place[i - 1];
	places->place[at].byte = byte;
	places->place[at].flip = mask;
	return true;
}

static void find_places(struct places *places,
			const struct blkdebug_effect *effect)
{
	unsigned int flipped = 0;
	u64 nth = 0;

	places->nr = 0;
	if (!effect->bits) {
		places->nr = 1;
		places->place[0].byte = effect->start;
		places->place[0].flip = 0;
		places->place[0].value = effect->value;
		return;
	}
	/* Ends, because a sector has many more bits than BLKDEBUG_BITS_MAX. */
	while (flipped < effect->bits) {
		u64 draw = blkdebug_draw(effect->draw, nth++);
		u64 bit = blkdebug_draw_below(draw,
					      effect->bytes * BITS_PER_BYTE);

		if (flip_bit(places, effect->start * BITS_PER_BYTE + bit))
			flipped++;
	}
}

/* Find the first place at or behind @byte. Returns its index, or places->nr. */
static unsigned int find_place(const struct places *places, u64 byte)
{
	unsigned int i = 0;

	while (i < places->nr && places->place[i].byte < byte)
		i++;
	return i;
}

/* Alter a part of a page, which has the bytes of the bio from offset @start on. */
static void alter_bytes(const struct places *places, struct page *page,
			unsigned int offset, unsigned int len, u64 start)
{
	unsigned int i = find_place(places, start);
	u8 *data;

	if (i == places->nr || places->place[i].byte >= start + len)
		return;
	data = kmap_local_page(page);
	for (; i < places->nr && places->place[i].byte < start + len; i++) {
		const struct place *place = &places->place[i];
		u8 *byte = data + offset + (place->byte - start);

		*byte = place->flip ? *byte ^ place->flip : place->value;
	}
	kunmap_local(data);
	flush_dcache_page(page);
}

/**
 * blkdebug_corrupt_read - alter the data of a read
 * @bio: the read, which has succeeded
 * @iter: the bio's iterator when the bio was submitted
 * @effect: the fault
 *
 * Context: any.
 */
void blkdebug_corrupt_read(struct bio *bio, struct bvec_iter iter,
			   const struct blkdebug_effect *effect)
{
	struct places places;
	struct bio_vec bv;
	u64 start = 0;

	find_places(&places, effect);
	__bio_for_each_segment(bv, bio, iter, iter) {
		alter_bytes(&places, bv.bv_page, bv.bv_offset, bv.bv_len, start);
		start += bv.bv_len;
	}
}

/**
 * blkdebug_copies_init - allocate the memory for altered writes
 * @copies: zeroed, or initialized already
 *
 * Context: may sleep. The control mutex is held.
 *
 * Return: 0 or -ENOMEM.
 */
int blkdebug_copies_init(struct blkdebug_copies *copies)
{
	mempool_t *pool;

	if (copies->copies)
		return 0;
	/* Reserve the memory of one altered write, so that I/O never deadlocks. */
	copies->pages = mempool_create_page_pool(BLKDEBUG_BITS_MAX, 0);
	pool = mempool_create_kmalloc_pool(1, sizeof(struct blkdebug_copy));
	if (!pool || !copies->pages) {
		mempool_destroy(pool);
		blkdebug_copies_exit(copies);
		return -ENOMEM;
	}
	/* map_wanted() in bio.c reads this pointer without a lock. */
	WRITE_ONCE(copies->copies, pool);
	return 0;
}

/**
 * blkdebug_copies_exit - free the memory for altered writes
 * @copies: the memory, which no write uses, or zeroed
 *
 * Context: may sleep.
 */
void blkdebug_copies_exit(struct blkdebug_copies *copies)
{
	mempool_destroy(copies->copies);
	mempool_destroy(copies->pages);
	copies->copies = NULL;
	copies->pages = NULL;
}

/**
 * blkdebug_copy_sectors - get the size of a write that can be altered as one bio
 * @bio: the write
 *
 * Context: any.
 *
 * Return: the number of sectors in the first %BLKDEBUG_COPY_VECS segments: all sectors
 * of the bio, unless its memory consists of many small pieces.
 */
unsigned int blkdebug_copy_sectors(struct bio *bio)
{
	unsigned int nr = 0, bytes = 0;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_bvec(bv, bio, iter) {
		if (nr++ == BLKDEBUG_COPY_VECS)
			return bytes >> SECTOR_SHIFT;
		bytes += bv.bv_len;
	}
	return bio_sectors(bio);
}

static void append_segment(struct blkdebug_copy *copy, struct page *page,
			   unsigned int offset, unsigned int len)
{
	struct bio_vec *bv = &copy->vec[copy->nr];

	if (!len)
		return;
	copy->nr++;
	bv->bv_page = page;
	bv->bv_offset = offset;
	bv->bv_len = len;
}

/* Append an altered copy of a part of a page. */
static void append_altered(struct blkdebug_copies *copies,
			   struct blkdebug_copy *copy, struct bio_vec *part,
			   const struct places *places, u64 start)
{
	struct page *page = mempool_alloc(copies->pages, GFP_NOIO);
	u8 *to = kmap_local_page(page);
	u8 *from = kmap_local_page(part->bv_page);

	memcpy(to + part->bv_offset, from + part->bv_offset, part->bv_len);
	kunmap_local(from);
	kunmap_local(to);
	alter_bytes(places, page, part->bv_offset, part->bv_len, start);
	copy->page[copy->nr_pages++] = page;
	append_segment(copy, page, part->bv_offset, part->bv_len);
}

/* Append a segment of the bio's own array: few of its pages are altered. */
static void append_bvec_altered(struct blkdebug_copies *copies,
				struct blkdebug_copy *copy, struct bio_vec *bv,
			const struct places *places, u64 start)
{
	unsigned int done = 0;

	for (;;) {
		unsigned int i = find_place(places, start + done);
		unsigned int offset, at;
		struct bio_vec part;

		if (i == places->nr ||
		    places->place[i].byte >= start + bv->bv_len)
			break;
		at = bv->bv_offset + (places->place[i].byte - start);
		offset = max_t(unsigned int, at & PAGE_MASK,
			       bv->bv_offset + done);
		append_segment(copy, bv->bv_page, bv->bv_offset + done,
			       offset - bv->bv_offset - done);
		part.bv_page = nth_page(bv->bv_page, offset / PAGE_SIZE);
		part.bv_offset = offset_in_page(offset);
		part.bv_len = min_t(unsigned int, PAGE_SIZE - part.bv_offset,
				    bv->bv_offset + bv->bv_len - offset);
		done = offset - bv->bv_offset;
		append_altered(copies, copy, &part, places, start + done);
		done += part.bv_len;
	}
	append_segment(copy, bv->bv_page, bv->bv_offset + done, bv->bv_len - done);
}

/* Combine the sector and size of @iter with the position in memory of @data. */
static struct bvec_iter combine_iters(struct bvec_iter iter, struct bvec_iter data)
{
	data.bi_sector = iter.bi_sector;
	data.bi_size = iter.bi_size;
	return data;
}

/* Count the segments needed at most: each place may split a segment into three. */
static unsigned int count_vecs(struct bio *bio)
{
	unsigned int nr = 2 * BLKDEBUG_BITS_MAX;
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_bvec(bv, bio, iter)
		nr++;
	return nr;
}

static struct blkdebug_copy *alloc_copy(struct blkdebug_copies *copies,
					struct bio *bio)
{
	struct blkdebug_copy *copy = mempool_alloc(copies->copies, GFP_NOIO);
	unsigned int nr = count_vecs(bio);

	copy->nr = 0;
	copy->nr_pages = 0;
	copy->vec = copy->own_vec;
	if (nr <= ARRAY_SIZE(copy->own_vec))
		return copy;
	/* Not kvmalloc(): completions may be atomic, where vfree() is not allowed. */
	copy->vec = kmalloc_array(nr, sizeof(*copy->vec), GFP_NOIO | __GFP_NOWARN);
	if (copy->vec)
		return copy;
	mempool_free(copy, copies->copies);
	return NULL;
}

/**
 * blkdebug_corrupt_write - alter the data of a write
 * @copies: the memory, initialized
 * @bio: the write, not submitted yet
 * @effect: the fault
 *
 * Not reentrant: called by the worker of the target only. If memory is short, waits
 * until other altered writes have completed.
 *
 * Context: may sleep.
 *
 * Return: the copy, for blkdebug_copy_free() when the write completes, or NULL if the
 * write is larger than blkdebug_copy_sectors() and an allocation fails.
 */
struct blkdebug_copy *blkdebug_corrupt_write(struct blkdebug_copies *copies,
					     struct bio *bio,
					     const struct blkdebug_effect *effect)
{
	struct blkdebug_copy *copy = alloc_copy(copies, bio);
	struct bvec_iter iter;
	struct places places;
	struct bio_vec bv;
	u64 start = 0;

	if (!copy)
		return NULL;
	find_places(&places, effect);
	bio_for_each_bvec(bv, bio, iter) {
		append_bvec_altered(copies, copy, &bv, &places, start);
		start += bv.bv_len;
	}
	copy->bvec = bio->bi_io_vec;
	copy->bi_iter = bio->bi_iter;
	bio->bi_io_vec = copy->vec;
	bio->bi_iter = combine_iters(bio->bi_iter, (struct bvec_iter){});
	return copy;
}

/**
 * blkdebug_copy_free - restore the bio_vec array of a write and free the copy
 * @copies: the memory that the copy is from
 * @bio: the write, which has completed
 * @copy: from blkdebug_corrupt_write()
 *
 * Context: any.
 */
void blkdebug_copy_free(struct blkdebug_copies *copies, struct bio *bio,
			struct blkdebug_copy *copy)
{
	bio->bi_io_vec = copy->bvec;
	bio->bi_iter = combine_iters(bio->bi_iter, copy->bi_iter);
	while (copy->nr_pages)
		mempool_free(copy->page[--copy->nr_pages], copies->pages);
	if (copy->vec != copy->own_vec)
		kfree(copy->vec);
	mempool_free(copy, copies->copies);
}

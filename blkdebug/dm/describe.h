/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The properties of a bio that rules and the write cache use.
 */
#ifndef BLKDEBUG_DESCRIBE_H
#define BLKDEBUG_DESCRIBE_H

#include <linux/bio.h>

#include "../compat.h"
#include "../rules/names.h"

/**
 * blkdebug_bio_iotype - get the I/O type of a bio
 * @bio: the bio
 *
 * Context: any.
 *
 * Return: enum blkdebug_iotype.
 */
static inline unsigned int blkdebug_bio_iotype(const struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		return BLKDEBUG_IO_READ;
	case REQ_OP_WRITE:
		/* dm splits a flush from its data: the flush is an empty write */
		return bio_sectors(bio) ? BLKDEBUG_IO_WRITE : BLKDEBUG_IO_FLUSH;
	case REQ_OP_FLUSH:
		return BLKDEBUG_IO_FLUSH;
	case REQ_OP_DISCARD:
		return BLKDEBUG_IO_DISCARD;
	case REQ_OP_SECURE_ERASE:
		return BLKDEBUG_IO_SECURE_ERASE;
	case REQ_OP_WRITE_ZEROES:
		return BLKDEBUG_IO_WRITE_ZEROES;
	case REQ_OP_ZONE_APPEND:
		return BLKDEBUG_IO_ZONE_APPEND;
	default:
		return BLKDEBUG_IO_ZONE_MGMT;
	}
}

/**
 * blkdebug_bio_flags - get the flags of a bio that rules can select by
 * @bio: the bio
 *
 * Context: any.
 *
 * Return: a mask of enum blkdebug_flag.
 */
static inline u16 blkdebug_bio_flags(const struct bio *bio)
{
	u16 flags = 0;

	if (bio->bi_opf & REQ_FUA)
		flags |= BLKDEBUG_FUA;
	if (bio->bi_opf & REQ_META)
		flags |= BLKDEBUG_META;
	if (bio->bi_opf & REQ_SYNC)
		flags |= BLKDEBUG_SYNC;
	if (bio->bi_opf & REQ_PRIO)
		flags |= BLKDEBUG_PRIO;
	if (bio->bi_opf & REQ_RAHEAD)
		flags |= BLKDEBUG_RAHEAD;
	if (bio->bi_opf & REQ_NOWAIT)
		flags |= BLKDEBUG_NOWAIT;
	if (bio->bi_opf & BLKDEBUG_REQ_ATOMIC)
		flags |= BLKDEBUG_ATOMIC;
	return flags;
}

#endif

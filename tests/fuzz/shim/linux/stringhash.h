/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hashes of names; poor ones, so that names do collide.
 */
#ifndef SHIM_STRINGHASH_H
#define SHIM_STRINGHASH_H

#define init_name_hash(salt)		((unsigned long)(salt))
#define partial_name_hash(c, hash)	((hash) + (unsigned char)(c))
#define end_name_hash(hash)		((unsigned int)(hash) % 16)

#endif

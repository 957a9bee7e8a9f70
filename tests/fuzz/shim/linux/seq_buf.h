/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text in a buffer of limited size.
 */
#ifndef SHIM_SEQ_BUF_H
#define SHIM_SEQ_BUF_H

#include <linux/kernel.h>

struct seq_buf {
	char *buffer;
	size_t size;
	size_t len;
};

static inline void seq_buf_init(struct seq_buf *s, char *buf, unsigned int size)
{
	s->buffer = buf;
	s->size = size;
	s->len = 0;
}

/* As the kernel has it: of what does not fit, as much as does; then none */
static inline bool seq_buf_has_overflowed(const struct seq_buf *s)
{
	return s->len > s->size;
}

int seq_buf_printf(struct seq_buf *s, const char *format, ...);
int seq_buf_puts(struct seq_buf *s, const char *str);
int seq_buf_putc(struct seq_buf *s, unsigned char c);

#endif

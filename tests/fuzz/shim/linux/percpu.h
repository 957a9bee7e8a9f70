/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data of each processor; there is one processor.
 */
#ifndef SHIM_PERCPU_H
#define SHIM_PERCPU_H

#include <linux/slab.h>

#define alloc_percpu(type)	kzalloc(sizeof(type), GFP_KERNEL)
#define free_percpu(ptr)	kfree(ptr)
#define per_cpu_ptr(ptr, cpu)	((void)(cpu), (ptr))
#define this_cpu_inc(var)	((var)++)
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < 1; (cpu)++)

#endif

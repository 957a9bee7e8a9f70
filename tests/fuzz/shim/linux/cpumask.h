/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processors: three, of which the fuzz target says which one runs.
 */
#ifndef SHIM_CPUMASK_H
#define SHIM_CPUMASK_H

#include <linux/types.h>

#define num_possible_cpus()	3U

extern unsigned int shim_cpu;

#endif

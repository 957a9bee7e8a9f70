/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SMP_H
#define SHIM_SMP_H

#include <linux/cpumask.h>

#define raw_smp_processor_id()	(shim_cpu)

#endif

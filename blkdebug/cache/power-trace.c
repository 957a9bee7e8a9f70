// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints: the code behind power-trace.h.
 */
#define CREATE_TRACE_POINTS
#include "power-trace.h"

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracepoints in words, for golden orders, diagrams and world_trace_text(). */
#ifndef MODELS_KERNEL_TRACE_TEXT_H
#define MODELS_KERNEL_TRACE_TEXT_H

#include <stddef.h>

#include "models/hw/tracepoint.h"

void trace_text(const struct trace_record *r, char *buf, size_t n);

#endif

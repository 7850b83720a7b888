/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracepoint ids; the state class is a flag in the id (sim/engine/trace.h). */
#ifndef MODELS_HW_TRACEPOINT_H
#define MODELS_HW_TRACEPOINT_H

#include "sim/engine/trace.h"

enum tracepoint {
#define TP(id, class, format) TP_##id,
#include "models/hw/trace.def"
#undef TP
	NR_TRACEPOINTS
};

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations on one primitive of the kernel, for what was measured of it alone:
 * threads that take and release one object of the machine as fast as they can,
 * or wait for grace periods.  No design and no secondary MMU is involved.
 */
#ifndef MODELS_WORKLOAD_PRIMITIVE_H
#define MODELS_WORKLOAD_PRIMITIVE_H

#include "models/workload/thread.h"

struct primitives;

/* op->n times in a row; metric contend.time has the mean. */
void op_contend(struct thread *t, const struct op_config *op);
/* Once; metric synchronize.time. */
void op_synchronize(struct thread *t, const struct op_config *op);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slots of the pool: what pool.c (processes) and record.c (results) share. */
#ifndef SIM_RUN_POOL_INT_H
#define SIM_RUN_POOL_INT_H

#include <sys/types.h>

#include "sim/run/pool.h"

enum slot_state { SLOT_EMPTY, SLOT_IDLE, SLOT_BUSY };
enum kill_reason { KILL_NONE, KILL_TIMEOUT, KILL_CORRUPT };

struct slot {
	enum slot_state state;
	enum kill_reason killed;
	int fd, log_fd;			/* socket, memory file; -1 if empty */
	int eof;
	int died;			/* report received, not yet dealt with */
	int status;			/* of waitpid() */
	struct pool_task task;
	int64_t started;		/* monotonic */
	struct strbuf in;		/* bytes of the record so far */
};

struct pool {
	int control;
	pid_t zygote;
	int64_t timeout_ns;
	double timeout;
	int n;
	struct slot *slot;
};

/* Read what has arrived without waiting. */
void slot_read(struct slot *s);
/* 1: a whole and sound record of the slot's task is there and unpacked into
 * @out; 0: not yet; -1: nonsense. */
int slot_take_record(struct slot *s, struct pool_done *out);
/* The result of a run whose worker died, from its status and last output. */
void slot_failed_result(const struct pool *p, const struct slot *s, struct result *r);
/* Pass the output of a good run on to our stderr. */
void slot_forward_log(const struct slot *s);

#endif

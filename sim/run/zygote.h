/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The far side of the pool: zygote, workers, and the words between them. */
#ifndef SIM_RUN_ZYGOTE_H
#define SIM_RUN_ZYGOTE_H

#include <stdint.h>
#include <sys/types.h>

#include "sim/run/pool.h"

enum zygote_op { ZYGOTE_SPAWN = 1, ZYGOTE_KILL };
enum zygote_event { ZYGOTE_STARTED = 1, ZYGOTE_DIED };

struct zygote_request {			/* SPAWN carries two descriptors */
	int32_t op, slot;
};

struct zygote_report {
	int32_t event, slot;
	int32_t pid;			/* STARTED: -1 if fork failed */
	int32_t status;			/* DIED: of waitpid(); STARTED: errno */
};

#define RECORD_MAGIC	0x52444f57u	/* "WODR" */
#define RECORD_MAX	(64u << 20)

struct record_head {			/* before each packed result */
	uint32_t magic, length;
	uint64_t checksum;		/* of the packed bytes */
	int32_t source, config;		/* echo of the task */
	uint32_t replication, reserved;
	int64_t wall_ns, max_rss;
};

/* Body of the zygote process; never returns. */
void zygote_main(const struct run_job *job, int control, uint64_t memory_limit)
	__attribute__((noreturn));
int64_t monotonic_ns(void);

#endif

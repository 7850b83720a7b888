/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A block device and its request queue (block/blk-core.c, elevator.c,
 * mm/backing-dev.c of 2.6.27): swap, and the disk of files.
 *
 * A bio is one page.  It joins a queued request that ends where it begins, or
 * becomes one of its own; a full direction makes its caller sleep.  A queue
 * that was empty is plugged, so that neighbours can join: it starts at 4
 * requests, after 3 ms, or when somebody waits for a page of it (sync_page).
 * Reads go first, but a write after 2 reads in its way.  The device serves
 * @depth requests at once; each pays its positioning unless it goes on where
 * the last one ended, and a time per page.  Completion is an interrupt on the
 * CPU that owns the device, which ends all requests that are done and starts
 * the next.  Times are keyed by (direction, first page, how often it went), not
 * by the order of arrival.
 *
 * A device without latency (compressed memory) has no queue: the page is
 * worked on by the caller's CPU and is done when submit_bio() returns.
 *
 * Congested: above 7/8 of a direction's requests, until below 13/16 of them.
 * Left out: elevator sorting, barriers, errors, the CPU time of the unplug
 * timer, the memory that compressed pages take.
 */
#ifndef MODELS_KERNEL_BLK_H
#define MODELS_KERNEL_BLK_H

#include "models/kernel/page.h"
#include "models/kernel/spinlock.h"

#define BLK_MAX_PAGES 32	/* of one request: 128 KiB */
#define BLK_MAX_REQUESTS 128	/* of one direction */
#define BLK_MAX_DEPTH 64

enum blk_dir { BLK_READ, BLK_WRITE };

/* One page is done; any context, may take locks. */
typedef void (*blk_end_io)(struct ctx *w, struct page *p);

struct request {
	enum blk_dir dir;
	uint64_t sector;		/* of the first page, in pages */
	int n;
	struct page *page[BLK_MAX_PAGES];
	blk_end_io end_io;
	uint64_t key;			/* of its times */
	struct request *next;
};

struct blk_config {
	struct dist access;		/* positioning */
	sim_time transfer;		/* per page */
	int64_t depth;			/* requests at once; 0: memory, worked by the CPU */
	int cpu;			/* takes its interrupts */
};

struct request_list { struct request *head, *tail; int n; };

struct blk_channel {			/* a request that the device works on */
	struct request_queue *q;
	struct request *rq;
	uint32_t slot;
};

struct request_queue {
	struct machine *m;
	const struct blk_config *cfg;
	struct spinlock lock;
	struct request_list queued[2];
	int count[2];			/* queued, at the device, or done and not yet ended */
	int starved;			/* reads that went past a waiting write */
	int plugged;
	uint32_t plug_slot;
	struct blk_channel *channel;
	int in_flight;
	uint64_t next_sector[2];	/* where the last request of each direction ends */
	struct request_list done;
	struct request *pool;
	struct blk_waiter *room;	/* sleepers, in order */
	struct request_queue *next;	/* of the machine */
};

struct request_queue *blk_init_queue(struct machine *m, const struct blk_config *cfg);
/*
 * Queue one page (locked, or under writeback); may sleep for a request.  @key
 * names the page in this transfer, the same in every design.
 */
void submit_bio(struct ctx *w, struct request_queue *q, enum blk_dir dir, uint64_t sector,
		struct page *p, uint64_t key, blk_end_io end_io);
/* Start what is plugged. */
void blk_unplug(struct ctx *w, struct request_queue *q);
int bdi_write_congested(const struct request_queue *q);
/* Sleep until a write has ended on a queue that is not congested, at most @timeout;
 * @why: label of reclaim.wait. */
void congestion_wait(struct ctx *w, sim_time timeout, int why);
/* A task is about to sleep for a page under I/O: all plugs out. */
void sync_page(struct ctx *w);

#endif

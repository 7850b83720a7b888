/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Request queues and the devices behind them; see blk.h. */
#include "models/kernel/blk.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "models/kernel/timer.h"
#include "sim/base/xassert.h"

enum { UNPLUG_REQUESTS = 4, WRITES_STARVED = 2 };
#define UNPLUG_DELAY	MS(3)
#define CONGESTED_ON	(BLK_MAX_REQUESTS - BLK_MAX_REQUESTS / 8 + 1)
#define CONGESTED_OFF	(BLK_MAX_REQUESTS - BLK_MAX_REQUESTS / 8 - BLK_MAX_REQUESTS / 16 - 1)

struct blk_waiter {
	struct ctx *w;
	int woken;
	struct blk_waiter *next;
};

/* --- sleepers ----------------------------------------------------------------- */

static void enqueue(struct blk_waiter **list, struct blk_waiter *x)
{
	while (*list)
		list = &(*list)->next;
	x->next = NULL;
	*list = x;
}

static void dequeue(struct blk_waiter **list, struct blk_waiter *x)
{
	for (; *list; list = &(*list)->next)
		if (*list == x) {
			*list = x->next;
			return;
		}
}

static void wake_first(struct ctx *w, struct blk_waiter **list)
{
	struct blk_waiter *x = *list;

	*list = x->next;
	x->woken = 1;
	wake_up_process(w, x->w);
}

/* --- the device ----------------------------------------------------------------- */

static void push(struct request_list *l, struct request *rq)
{
	rq->next = NULL;
	if (l->tail)
		l->tail->next = rq;
	else
		l->head = rq;
	l->tail = rq;
	l->n++;
}

static struct request *pop(struct request_list *l)
{
	struct request *rq = l->head;

	l->head = rq->next;
	if (!l->head)
		l->tail = NULL;
	l->n--;
	return rq;
}

/* Reads first; a write that two reads have passed goes next. */
static struct request *next_request(struct request_queue *q)
{
	struct request_list *r = &q->queued[BLK_READ], *x = &q->queued[BLK_WRITE];

	if (r->n && (!x->n || q->starved < WRITES_STARVED)) {
		q->starved += x->n > 0;
		return pop(r);
	}
	q->starved = 0;
	return x->n ? pop(x) : NULL;
}

static sim_time service_time(struct request_queue *q, const struct request *rq)
{
	sim_time d = q->cfg->transfer * rq->n;
	struct rng rng;

	if (rq->sector == q->next_sector[rq->dir])
		return d;
	for (int i = 0; i < 4; i++)
		rng.s[i] = rng_keyed(rq->key, rq->dir, (uint64_t)i) | 1;
	rng.draws = 0;
	return d + dist_draw(&q->cfg->access, &rng);
}

/* Give the device what it can take. */
static void dispatch(struct request_queue *q)
{
	struct sim *s = &q->m->sim;

	for (int i = 0; i < q->cfg->depth && !q->plugged; i++) {
		struct blk_channel *c = &q->channel[i];

		if (c->rq)
			continue;
		c->rq = next_request(q);
		if (!c->rq)
			return;
		q->in_flight++;
		sim_at(s, c->slot, s->now + service_time(q, c->rq));
		q->next_sector[c->rq->dir] = c->rq->sector + (uint64_t)c->rq->n;
	}
}

static void served(struct sim *s, void *arg)
{
	struct blk_channel *c = arg;
	struct request_queue *q = c->q;

	push(&q->done, c->rq);
	c->rq = NULL;
	q->in_flight--;
	irq_send(&q->m->cpu[q->cfg->cpu], VECTOR_BLOCK, s->now);
}

static void unplug_timeout(struct sim *s, void *arg)
{
	struct request_queue *q = arg;

	(void)s;
	q->plugged = 0;
	dispatch(q);
}

/* --- completion -------------------------------------------------------------------- */

static void end_request(struct ctx *w, struct request_queue *q, struct request *rq)
{
	enum blk_dir rq_dir = rq->dir;

	for (int i = 0; i < rq->n; i++) {
		charge(w, COST_BIO_END);
		rq->end_io(w, rq->page[i]);
	}
	spin_lock_irqsave(w, &q->lock);
	sync(w);
	q->count[rq->dir]--;
	rq->next = q->pool;
	q->pool = rq;
	spin_unlock_irqrestore(w, &q->lock);
	if (q->room && q->count[BLK_WRITE] < BLK_MAX_REQUESTS && q->count[BLK_READ] < BLK_MAX_REQUESTS)
		wake_first(w, &q->room);
	if (rq_dir != BLK_WRITE || q->count[BLK_WRITE] >= CONGESTED_OFF)
		return;
	while (w->m->kernel->uncongested)	/* clear_bdi_congested, set before or not */
		wake_first(w, &w->m->kernel->uncongested);
}

static void block_interrupt(struct ctx *w, unsigned vector)
{
	(void)vector;
	charge(w, COST_BLOCK_IRQ);
	sync(w);
	for (struct request_queue *q = w->m->kernel->queues; q; q = q->next) {
		while (q->done.n)
			end_request(w, q, pop(&q->done));
		dispatch(q);
	}
}

/* --- submission -------------------------------------------------------------------- */

static struct request *get_request(struct request_queue *q)
{
	struct request *rq = q->pool;

	if (rq)
		q->pool = rq->next;
	else
		rq = arena_alloc(q->m->arena, sizeof(*rq));
	return rq;
}

/* A queued request of the direction that ends where this page begins. */
static struct request *mergeable(struct request_queue *q, enum blk_dir dir, uint64_t sector,
				 blk_end_io end_io)
{
	for (struct request *rq = q->queued[dir].head; rq; rq = rq->next)
		if (rq->sector + (uint64_t)rq->n == sector && rq->n < BLK_MAX_PAGES &&
		    rq->end_io == end_io)
			return rq;
	return NULL;
}

/* The queue's lock is held; 0: no request is free. */
static int make_request(struct request_queue *q, enum blk_dir dir, uint64_t sector,
			struct page *p, uint64_t key, blk_end_io end_io)
{
	struct request *rq = mergeable(q, dir, sector, end_io);

	if (rq) {
		rq->page[rq->n++] = p;
		return 1;
	}
	if (q->count[dir] >= BLK_MAX_REQUESTS)
		return 0;
	if (!q->in_flight && !q->queued[BLK_READ].n && !q->queued[BLK_WRITE].n && !q->done.n) {
		q->plugged = 1;
		sim_at(&q->m->sim, q->plug_slot, q->m->sim.now + UNPLUG_DELAY);
	}
	rq = get_request(q);
	rq->dir = dir;
	rq->sector = sector;
	rq->page[0] = p;
	rq->n = 1;
	rq->key = key;
	rq->end_io = end_io;
	push(&q->queued[dir], rq);
	q->count[dir]++;
	return 1;
}

static void unplug(struct request_queue *q)
{
	if (q->plugged) {
		q->plugged = 0;
		sim_cancel(&q->m->sim, q->plug_slot);
	}
	dispatch(q);
}

/* get_request_wait */
static void wait_for_room(struct ctx *w, struct request_queue *q)
{
	struct blk_waiter x = { .w = w };
	struct wait_mark mark;

	unplug(q);
	enqueue(&q->room, &x);
	wait_begin(w, &mark);
	while (!x.woken)
		schedule(w, "room in the request queue", NULL);
	wait_end(w, &mark, LOCK_IO, 0, 0);
}

void submit_bio(struct ctx *w, struct request_queue *q, enum blk_dir dir, uint64_t sector,
		struct page *p, uint64_t key, blk_end_io end_io)
{
	int queued;

	charge(w, COST_BIO_SUBMIT);
	if (!q->cfg->depth) {		/* compressed here and now */
		charge(w, dir == BLK_WRITE ? COST_ZRAM_WRITE : COST_ZRAM_READ);
		sync(w);
		end_io(w, p);
		return;
	}
	for (;;) {
		spin_lock_irqsave(w, &q->lock);
		sync(w);
		queued = make_request(q, dir, sector, p, key, end_io);
		if (queued && (!q->plugged || q->queued[BLK_READ].n + q->queued[BLK_WRITE].n >= UNPLUG_REQUESTS))
			unplug(q);
		spin_unlock_irqrestore(w, &q->lock);
		if (queued)
			return;
		wait_for_room(w, q);
	}
}

void blk_unplug(struct ctx *w, struct request_queue *q)
{
	sync(w);
	unplug(q);
}

void sync_page(struct ctx *w)
{
	for (struct request_queue *q = w->m->kernel->queues; q; q = q->next)
		if (q->plugged)
			blk_unplug(w, q);
}

/* --- congestion --------------------------------------------------------------------- */

int bdi_write_congested(const struct request_queue *q)
{
	return q->count[BLK_WRITE] >= CONGESTED_ON;
}

void congestion_wait(struct ctx *w, sim_time timeout, int why)
{
	struct blk_waiter **list = &w->m->kernel->uncongested;
	struct blk_waiter x = { .w = w };
	struct wait_mark mark;

	sync(w);
	wait_begin(w, &mark);
	enqueue(list, &x);
	schedule_timeout_woken(w, timeout, &x.woken);
	if (!x.woken)
		dequeue(list, &x);
	metric_tally(&w->m->metrics, METRIC_RECLAIM_WAIT, why, now_of(w) - mark.t0);
	wait_end(w, &mark, LOCK_IO, 0, 0);
}

/* --- construction --------------------------------------------------------------------- */

struct request_queue *blk_init_queue(struct machine *m, const struct blk_config *cfg)
{
	struct request_queue *q = arena_alloc(m->arena, sizeof(*q));
	struct request_queue **at = &m->kernel->queues;

	q->m = m;
	q->cfg = cfg;
	spin_lock_init(m, &q->lock, LOCK_IO_QUEUE);
	q->plug_slot = sim_slot_new(&m->sim, PRIO_NORMAL);
	sim_slot_call(&m->sim, q->plug_slot, unplug_timeout, q);
	q->channel = arena_alloc(m->arena, sizeof(*q->channel) * (size_t)(cfg->depth + 1));
	for (int i = 0; i < cfg->depth; i++) {
		q->channel[i].q = q;
		q->channel[i].slot = sim_slot_new(&m->sim, PRIO_NORMAL);
		sim_slot_call(&m->sim, q->channel[i].slot, served, &q->channel[i]);
	}
	q->next_sector[BLK_READ] = q->next_sector[BLK_WRITE] = UINT64_MAX;
	while (*at)
		at = &(*at)->next;
	*at = q;
	m->vector_handler[VC_BLOCK] = block_interrupt;
	return q;
}

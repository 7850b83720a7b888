/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Broadcast messages between the hubs of SGI UV; see bau.h. */
#include "models/kernel/bau.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"
#include "sim/base/xassert.h"

#define BAU_RESOURCES 8			/* software-acknowledge resources of a blade */

enum { ROUND_PRIMARY };
enum { BAU_MESSAGES, BAU_BLADES, BAU_INTERRUPTS, BAU_REFUSED };

struct bau_message {			/* one per CPU: preemption is off while it is under way */
	uint64_t va;
	struct ctx *sender;		/* polls; NULL: not yet, or no longer */
	int blades;			/* that have not replied */
	struct bau_wait { struct bau_message *msg; struct bau_wait *next; } *wait; /* per blade */
};

struct bau_entry {			/* of a blade's payload queue */
	struct bau_message *msg;	/* NULL: free */
	sim_time arrives;
	uint64_t order;
	uint64_t seen_by;
	int acknowledged;
	struct line seen_line, count_line;
};

struct bau_blade {
	struct bau_entry entry[BAU_RESOURCES];
	struct bau_wait *refused, *last_refused;	/* their hubs try again, in turn */
	uint64_t cpus;
};

struct bau {
	struct bau_blade *blade;
	struct bau_message *message;
	int n_blades, cpus_per_blade;
	uint64_t order;
};

static int blade_of(const struct bau *b, int cpu)
{
	return cpu / b->cpus_per_blade;
}

/* --- a message on its way ------------------------------------------------------------ */

static struct bau_entry *free_entry(struct bau_blade *d)
{
	for (int i = 0; i < BAU_RESOURCES; i++)
		if (!d->entry[i].msg)
			return &d->entry[i];
	return NULL;
}

/* @w: whose draws it takes and whose step it is. */
static void take_entry(struct ctx *w, struct bau *b, struct bau_blade *d, struct bau_entry *e,
		       struct bau_message *msg)
{
	struct machine *m = w->m;

	e->msg = msg;
	e->arrives = now_of(w) + cost_draw(w, COST_BAU_MESSAGE);
	e->order = b->order++;
	e->seen_by = 0;
	e->acknowledged = 0;
	for (uint64_t s = d->cpus; s; s &= s - 1) {
		irq_send(&m->cpu[__builtin_ctzll(s)], VECTOR_BAU, e->arrives);
		metric_count(&m->metrics, METRIC_BAU, BAU_INTERRUPTS, 1);
	}
}

static void deliver(struct ctx *w, struct bau *b, int blade, struct bau_message *msg)
{
	struct bau_blade *d = &b->blade[blade];
	struct bau_entry *e = free_entry(d);
	struct bau_wait *q = &msg->wait[blade];

	metric_count(&w->m->metrics, METRIC_BAU, BAU_BLADES, 1);
	if (e && !d->refused) {
		take_entry(w, b, d, e, msg);
		return;
	}
	metric_count(&w->m->metrics, METRIC_BAU, BAU_REFUSED, 1);
	q->msg = msg;
	q->next = NULL;
	if (d->last_refused)
		d->last_refused->next = q;
	else
		d->refused = q;
	d->last_refused = q;
}

/* --- sender ----------------------------------------------------------------------------- */

static void send_and_wait(struct ctx *w, struct bau *b, struct bau_message *msg, uint64_t blades)
{
	charge(w, COST_BAU_ACTIVATE);
	sync(w);
	msg->sender = w;
	msg->blades = __builtin_popcountll(blades);
	tp(w, TP_BAU_SEND, (uint64_t)msg->blades, blades);
	metric_count(&w->m->metrics, METRIC_BAU, BAU_MESSAGES, 1);
	for (; blades; blades &= blades - 1)
		deliver(w, b, __builtin_ctzll(blades), msg);
}

uint64_t bau_flush_others(struct ctx *w, const struct flush_tlb_info *info, uint64_t mask)
{
	struct bau *b = w->m->kernel->bau;
	int own = blade_of(b, w->cpu->id);
	uint64_t blades = 0, local = mask & b->blade[own].cpus;
	struct bau_message *msg = &b->message[w->cpu->id];
	sim_time first;

	for (uint64_t s = mask & ~local; s; s &= s - 1)
		blades |= 1ull << blade_of(b, __builtin_ctzll(s));
	if (!blades)
		return local;
	BUG_ON(!w->preempt_count || msg->sender);
	msg->va = info->end == TLB_FLUSH_ALL ? TLB_FLUSH_ALL : info->start;
	send_and_wait(w, b, msg, blades);
	first = now_of(w);
	mmu_notifier(w, info->mm, SITE_flush_tlb, POINT_flush_sent, info->name_start, info->name_end);
	sync(w);
	spin_service(w, "broadcast flush");
	msg->sender = NULL;
	charge(w, COST_BAU_POLL);
	sync(w);
	tp(w, TP_BAU_DONE, 0, 0);
	metric_count(&w->m->metrics, METRIC_ROUND, ROUND_PRIMARY, 1);
	metric_tally(&w->m->metrics, METRIC_ROUND_LATENCY, ROUND_PRIMARY, now_of(w) - first);
	return local;
}

/* --- destination ----------------------------------------------------------------------------- */

/* The blade's last CPU has flushed: reply, and room for the next message. */
static void reply(struct ctx *w, struct bau *b, struct bau_blade *d, struct bau_entry *e)
{
	struct bau_message *msg = e->msg;
	struct bau_wait *q = d->refused;

	e->msg = NULL;
	if (q) {
		d->refused = q->next;
		if (!d->refused)
			d->last_refused = NULL;
		take_entry(w, b, d, e, q->msg);
	}
	if (--msg->blades == 0)
		spin_wake(msg->sender, now_of(w) + cost_draw(w, COST_BAU_REPLY));
}

/* The oldest message that has arrived and that @me has not seen. */
static struct bau_entry *next_entry(struct bau_blade *d, uint64_t me, sim_time now)
{
	struct bau_entry *best = NULL;

	for (int i = 0; i < BAU_RESOURCES; i++) {
		struct bau_entry *e = &d->entry[i];

		if (e->msg && e->arrives <= now && !(e->seen_by & me) &&
		    (!best || e->order < best->order))
			best = e;
	}
	return best;
}

/* uv_bau_process_message */
static void process(struct ctx *w, struct bau *b, struct bau_blade *d, struct bau_entry *e)
{
	charge(w, COST_BAU_PROCESS);
	line_access(w, &e->seen_line, LINE_ATOMIC);
	sync(w);
	e->seen_by |= 1ull << w->cpu->id;
	flush_tlb_local(w, e->msg->va);
	line_access(w, &e->count_line, LINE_ATOMIC);
	sync(w);
	if (++e->acknowledged == b->cpus_per_blade)
		reply(w, b, d, e);
}

static void bau_interrupt(struct ctx *w, unsigned vector)
{
	struct bau *b = w->m->kernel->bau;
	struct bau_blade *d = &b->blade[blade_of(b, w->cpu->id)];
	uint64_t me = 1ull << w->cpu->id;
	struct bau_entry *e;

	(void)vector;
	sync(w);
	while ((e = next_entry(d, me, now_of(w))))
		process(w, b, d, e);
}

void bau_init(struct machine *m)
{
	struct bau *b;

	if (m->mc->flush != FLUSH_BY_BAU)
		return;
	b = m->kernel->bau = arena_alloc(m->arena, sizeof(*b));
	b->cpus_per_blade = (int)(m->mc->blade_sockets * m->mc->cores);
	b->n_blades = (m->nr_cpus + b->cpus_per_blade - 1) / b->cpus_per_blade;
	b->blade = arena_alloc(m->arena, sizeof(*b->blade) * (size_t)b->n_blades);
	b->message = arena_alloc(m->arena, sizeof(*b->message) * (size_t)m->nr_cpus);
	for (int i = 0; i < b->n_blades; i++)
		for (int k = 0; k < BAU_RESOURCES; k++) {
			line_init(&b->blade[i].entry[k].seen_line);
			line_init(&b->blade[i].entry[k].count_line);
		}
	for (int i = 0; i < m->nr_cpus; i++) {
		b->blade[blade_of(b, i)].cpus |= 1ull << i;
		b->message[i].wait = arena_alloc(m->arena, sizeof(*b->message[i].wait) *
						 (size_t)b->n_blades);
	}
	m->vector_handler[VC_BAU] = bau_interrupt;
}

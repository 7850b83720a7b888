/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Interrupt delivery: arrival lists, pending vectors (the local APIC's IRR),
 * the interrupt and softirq coroutines of a CPU, the background of interrupts-off
 * handlers.
 *
 * Follows arch/x86/kernel/irq_64.c and entry_64.S of 2.6.27: handlers run with
 * interrupts off, one vector at a time, highest number first; a vector that
 * becomes pending twice before it is served is served once.
 */
#include "models/hw/irq.h"
#include "sim/base/xassert.h"

int irq_pending(const struct cpu *c)
{
	return (c->pending[0] | c->pending[1] | c->pending[2] | c->pending[3]) != 0;
}

static int highest_pending(const struct cpu *c)
{
	for (int i = 3; i >= 0; i--)
		if (c->pending[i])
			return i * 64 + 63 - __builtin_clzll(c->pending[i]);
	return -1;
}

/* --- the interrupt coroutine --------------------------------------------- */

static void serve_one(struct cpu *c, struct ctx *w, unsigned vector)
{
	enum vector_class class = vector_class(vector), purpose = class;
	int is_irq = class != VC_IDLE_CALL;	/* else code of the idle loop */

	c->pending[vector / 64] &= ~(1ull << (vector % 64));
	ctx_next_item(w);
	if (is_irq)
		charge(w, COST_IRQ_ENTRY);
	sync(w);
	tp(w, TP_IRQ_ENTER, vector, 0);
	if (c->m->vector_purpose)
		purpose = c->m->vector_purpose(c, vector);
	c->handled |= 1ull << purpose;
	if (class <= VC_RESCHEDULE)	/* the others are no IPIs */
		metric_count(&c->m->metrics, METRIC_IPI_RECEIVED, purpose, 1);
	if (c->m->vector_handler[class])
		c->m->vector_handler[class](w, vector);
	if (is_irq)
		charge(w, COST_IRQ_RETURN);
	sync(w);
	tp(w, TP_IRQ_LEAVE, vector, 0);
	BUG_ON(w->spinlocks || w->preempt_count);
}

/*
 * May the thread below lose the CPU here?  It was interrupted, so its interrupts
 * are on.  The kernel spins with preemption off, so who spins with it on is a user.
 */
static int preemptible(const struct ctx *w)
{
	return !w->is_irq && !w->preempt_count &&
		(w->class == TIME_USER || w->state == CTX_SPINNING ||
		 w->m->kc->preempt == PREEMPT_FULL);
}

/* The context below goes on where it was. */
static void go_on(struct cpu *c, struct ctx *w)
{
	struct sim *s = &c->m->sim;

	sim_slot_bind(s, c->slot, w->coro);
	cpu_class(c, w->class);
	if (w->state == CTX_WORKING)
		w->stolen += s->now - w->suspended_at;
	if (c->need_resched && preemptible(w)) {
		w->must_resched = 1;
		w->state = CTX_READY;
		sim_ready(s, w->coro);
	} else if (w->state == CTX_WORKING) {
		sim_at(s, c->slot, s->now + w->remaining);
	} else if (c->need_resched && w->spins_until_resched) {
		sim_at(s, c->slot, s->now);
	} else if (w->wake_at != TIME_NEVER) {
		sim_at(s, c->slot, w->wake_at > s->now ? w->wake_at : s->now);
	}
}

static void run_on_top(struct cpu *c, struct ctx *w)
{
	w->below = c->top;
	c->top = w;
	sim_slot_bind(&c->m->sim, c->slot, w->coro);
	cpu_class(c, TIME_IRQ);
	sim_ready(&c->m->sim, w->coro);
}

/* Give the CPU to raised softirqs, back to what the interrupt found, or to a woken thread. */
static void pop(struct cpu *c)
{
	struct ctx *w = c->top;

	w->state = CTX_SLEEPING;
	c->top = w->below;
	w->below = NULL;
	if (c->softirq_pending && w == &c->irq && c->top != &c->soft && !c->in_softirq) {
		run_on_top(c, &c->soft);
	} else if (c->top) {
		go_on(c, c->top);
	} else {
		cpu_class(c, TIME_IDLE);
		cpu_reschedule_idle(c);
		if (!c->top)
			c->m->ops->idle_enter(c);
	}
}

static void serve_pending(struct cpu *c, struct ctx *w)
{
	for (int v; (v = highest_pending(c)) >= 0; )
		serve_one(c, w, (unsigned)v);
}

static void irq_main(void *arg)
{
	struct cpu *c = arg;
	struct ctx *w = &c->irq;

	for (;;) {
		w->state = CTX_READY;
		if (c->irq_was_idle)
			cpu_work(w, c->m->ops->idle_latency(c));
		serve_pending(c, w);
		if (!w->below && !c->softirq_pending && !c->m->ops->busy(c)) {
			c->m->ops->idle_prepare(w);
			serve_pending(c, w);
		}
		pop(c);
		sim_block(&c->m->sim);
	}
}

static void softirq_main(void *arg)
{
	struct cpu *c = arg;
	struct ctx *w = &c->soft;

	for (;;) {
		w->state = CTX_READY;
		ctx_next_item(w);
		c->m->ops->softirqs(w);
		sync(w);
		if (!w->below && !c->m->ops->busy(c))
			c->m->ops->idle_prepare(w);
		BUG_ON(w->spinlocks || w->preempt_count || w->irqs_off);
		pop(c);
		sim_block(&c->m->sim);
	}
}

static void push(struct cpu *c)
{
	c->irq_was_idle = !c->top;
	if (!c->top)
		c->m->ops->idle_interrupt(c);
	run_on_top(c, &c->irq);
}

void irq_take(struct ctx *w)
{
	w->state = CTX_WORKING;		/* with nothing left to do */
	w->remaining = 0;
	w->suspended_at = w->m->sim.now;
	push(w->cpu);
	sim_block(&w->m->sim);
	w->state = CTX_READY;
	if (sim_unlikely(w->must_resched))
		cpu_preempted(w);
}

void irq_deliver(struct cpu *c)
{
	struct sim *s = &c->m->sim;
	struct ctx *w = c->top;

	if (w) {
		if (w->state == CTX_WORKING)
			w->remaining = sim_slot_time(s, c->slot) - s->now;
		w->suspended_at = s->now;
		sim_cancel(s, c->slot);
	}
	push(c);
}

/* --- time taken without code ----------------------------------------------------- */

int cpu_steal(struct cpu *c, sim_time d)
{
	struct sim *s = &c->m->sim;
	struct ctx *w = c->top;

	if (c->busy_until > s->now || irq_pending(c))
		return 0;
	if (w && (w->irqs_off || w->state != CTX_WORKING))
		return 0;
	if (w) {
		sim_at(s, c->slot, sim_slot_time(s, c->slot) + d);
		w->stolen += d;
	}
	c->time[TIME_IRQ] += d;
	c->time[c->class] -= d;
	c->busy_until = s->now + d;
	return 1;
}

/* --- arrival ------------------------------------------------------------------ */

static void arrive(struct cpu *c, unsigned vector)
{
	struct sim *s = &c->m->sim;
	struct ctx *w = c->top;

	if (sim_unlikely(c->busy_until > s->now)) {
		irq_send(c, vector, c->busy_until);
		return;
	}
	if (c->m->hooks.vector_arrived)
		c->m->hooks.vector_arrived(c, vector);
	c->pending[vector / 64] |= 1ull << (vector % 64);
	if (!w) {
		irq_deliver(c);
		return;
	}
	if (w->state == CTX_READY)
		return;			/* taken at its next work */
	if (w->state == CTX_GUEST) {
		sim_cancel(s, c->slot);
		w->state = CTX_READY;
		sim_ready(s, w->coro);
	} else if (!w->irqs_off) {
		irq_deliver(c);
	}
}

static void arrivals_due(struct sim *s, void *arg)
{
	struct cpu *c = arg;

	while (c->arrivals && c->arrivals->at <= s->now) {
		struct arrival *a = c->arrivals;

		c->arrivals = a->next;
		a->next = c->arrival_pool;
		c->arrival_pool = a;
		arrive(c, a->vector);
	}
	if (c->arrivals)
		sim_at(s, c->arrival_slot, c->arrivals->at);
}

void irq_send(struct cpu *c, unsigned vector, sim_time at)
{
	struct arrival *a = c->arrival_pool, **p;

	if (a)
		c->arrival_pool = a->next;
	else
		a = arena_alloc(c->m->arena, sizeof(*a));
	a->at = at;
	a->vector = vector;
	for (p = &c->arrivals; *p && (*p)->at <= at; p = &(*p)->next)
		;
	a->next = *p;
	*p = a;
	if (c->arrivals == a)
		sim_at(&c->m->sim, c->arrival_slot, at);
}

/* --- interrupt flag ---------------------------------------------------------- */

void local_irq_disable(struct ctx *w)
{
	if (!w->irqs_off)
		sync(w);
	w->irqs_off++;
}

void local_irq_enable(struct ctx *w)
{
	BUG_ON(!w->irqs_off);
	if (w->irqs_off == 1)
		sync(w);
	if (--w->irqs_off == 0 && irq_pending(w->cpu))
		irq_take(w);
}

/* --- background of interrupts-off handlers ----------------------------------- */

/* Both draws here: when the handler runs depends on the design, the devices do not. */
static void background_due(struct sim *s, void *arg)
{
	struct cpu *c = arg;

	irq_send(c, VECTOR_BACKGROUND, s->now);
	sim_at(s, c->background_slot,
	       s->now + dist_draw(&c->m->mc->background_interval, &c->background));
	c->background_work += dist_draw(&c->m->mc->background_length, &c->background);
}

static void background_handler(struct ctx *w, unsigned vector)
{
	struct cpu *c = w->cpu;
	sim_time d = c->background_work;

	(void)vector;
	c->background_work = 0;
	if (dist_mean(&w->m->mc->background_interval) <= 0)	/* sent by a test */
		d = dist_draw(&w->m->mc->background_length, &c->background);
	cpu_work(w, d);
}

static void irq_context(struct cpu *c, struct ctx *w, const char *what, void (*fn)(void *arg))
{
	struct machine *m = c->m;
	char name[32];

	snprintf(name, sizeof(name), "%s/cpu%d", what, c->id);
	ctx_init(w, m, arena_strdup(m->arena, name));
	w->is_irq = 1;
	w->class = TIME_IRQ;
	w->cpu = c;
	w->coro = sim_coro(&m->sim, w->name, fn, c);
}

void softirq_context(struct cpu *c)
{
	irq_context(c, &c->soft, "softirq", softirq_main);
}

void irq_init(struct cpu *c)
{
	struct machine *m = c->m;

	irq_context(c, &c->irq, "irq", irq_main);
	c->irq.irqs_off = 1;
	c->arrival_slot = sim_slot_new(&m->sim, PRIO_ARRIVAL);
	sim_slot_call(&m->sim, c->arrival_slot, arrivals_due, c);
	rng_seed(&c->idle, (uint64_t)m->cfg->seed, m->replication, c->irq.name, "idle exit");
	rng_seed(&c->background, (uint64_t)m->cfg->seed, m->replication, c->irq.name, "background");
	m->vector_handler[VC_BACKGROUND] = background_handler;
	if (dist_mean(&m->mc->background_interval) > 0) {
		c->background_slot = sim_slot_new(&m->sim, PRIO_NORMAL);
		sim_slot_call(&m->sim, c->background_slot, background_due, c);
		sim_at(&m->sim, c->background_slot,
		       dist_draw(&m->mc->background_interval, &c->background));
	}
}

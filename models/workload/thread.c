/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a scenario's thread, and the measured window; see thread.h. */
#include "models/workload/thread.h"
#include "models/kernel/sched.h"

/* --- window --------------------------------------------------------------- */

static void restart(struct time_weighted *t, sim_time now)
{
	tw_start(t, now, t->value);
}

void window_begin(struct workload *l)
{
	sim_time now = l->m->sim.now;

	metrics_begin(l->m);
	restart(&l->m->kernel->pin_held, now);
	restart(&l->m->kernel->pinned, now);
	for (int i = 0; i < l->n_spaces; i++)
		for (int j = 0; j < l->space[i].cfg->n_secondaries; j++)
			l->space[i].secondary[j]->driver->window_begin(l->space[i].secondary[j], now);
}

static void window_open(struct workload *l)
{
	if (l->window_open || l->m->cfg->until != UNTIL_THREADS_DONE)
		return;
	l->window_open = 1;
	window_begin(l);
}

static void settled(struct sim *s, void *arg)
{
	(void)arg;
	sim_stop(s);
}

static void thread_done(struct workload *l)
{
	struct sim *s = &l->m->sim;

	if (++l->done < l->terminating || l->m->cfg->until != UNTIL_THREADS_DONE)
		return;
	l->window_slot = sim_slot_new(s, PRIO_LATE);
	sim_slot_call(s, l->window_slot, settled, l);
	sim_at(s, l->window_slot, s->now + l->m->cfg->settle);
}

/* --- start state of TLBs ------------------------------------------------------ */

/* What the thread's TLBs hold at the start, by the popularity law of its visits. */
static void prefill_tlb(struct thread *t, const struct op_config *op, int n, struct rng *rng)
{
	uint64_t cursor = 0;

	for (int i = 0; i < n; i++) {
		const struct region *r = &t->space->region[op[i].region < 0 ? 0 : op[i].region];
		const struct secondary_driver *d;
		void *user;

		if (op[i].kind == OPK_REPEAT)
			prefill_tlb(t, op[i].loop, op[i].n_loop, rng);
		if (op[i].kind != OPK_SECONDARY_ACCESS || !r->cfg->secondary_prefault)
			continue;
		d = t->space->secondary[op[i].via]->driver;
		user = t->user[op[i].via];
		for (uint32_t k = d->tlb_entries(user); k > 0; k--)
			d->warm(user, pick_page(t->l->picks, r, &op[i].pages, rng, &cursor));
	}
}

static void prefill(struct thread *t)
{
	const struct machine *m = t->l->m;
	struct rng rng;

	if (!t->space)			/* a kernel thread */
		return;
	rng_seed(&rng, (uint64_t)m->cfg->seed, m->replication, t->ctx.name, "prefill");
	prefill_tlb(t, t->cfg->loop, t->cfg->n_loop, &rng);
}

/* --- life ---------------------------------------------------------------------- */

static void first_steps(struct thread *t)
{
	struct ctx *w = &t->ctx;
	sim_time d = dist_draw(&t->cfg->start, &t->think);

	sched_first_run(w);
	if (t->vcpu) {
		kvm_vcpu_start(t->vcpu);
		prefill(t);
		kvm_guest_think(t->vcpu, d);
	} else {
		prefill(t);
		ctx_class(w, t->cfg->mode == MODE_KERNEL ? TIME_SYSTEM : TIME_USER);
		cpu_work(w, d);
	}
}

/* The next item of an open load, waited for if it is not there yet. */
static void await_arrival(struct thread *t)
{
	sim_time now, next = t->last_arrival + dist_draw(&t->cfg->arrive, &t->arrivals);

	sync(&t->ctx);
	now = now_of(&t->ctx);
	if (!t->arrived)
		t->first_arrival = next = now;
	t->last_arrival = next;
	t->arrived++;
	if (next > now)
		sleep_for(t, next - now);
	t->arrival_of_item = next;
}

static void item_done(struct thread *t)
{
	sync(&t->ctx);
	t->completed++;
	t->done_at = now_of(&t->ctx);
	metric_tally(&t->l->m->metrics, METRIC_DEMAND_DELAY, 0, t->done_at - t->arrival_of_item);
	if (t->cfg->times && t->completed == t->cfg->times)
		metric_tally(&t->l->m->metrics, METRIC_TIME_TO_FREE, 0,
			     t->done_at - t->first_arrival);
}

void workload_cut(struct workload *l)
{
	sim_time now = l->m->sim.now;

	for (int i = 0; i < l->n_threads; i++) {
		struct thread *t = &l->thread[i];

		if (t->arrived && t->cfg->times && t->completed < t->cfg->times)
			metric_cut(&l->m->metrics, METRIC_TIME_TO_FREE, 0, now - t->first_arrival);
	}
}

static void thread_main(void *arg)
{
	struct thread *t = arg;

	first_steps(t);
	if (t->cfg->times)
		window_open(t->l);
	for (int64_t i = 0; !t->over && (!t->cfg->times || i < t->cfg->times); i++) {
		sim_time begin = now_of(&t->ctx) + t->ctx.debt;
		int index = 0;

		if (dist_mean(&t->cfg->arrive))
			await_arrival(t);
		for (int j = 0; j < t->cfg->n_loop; j++)
			run_op(t, &t->cfg->loop[j], &index);
		if (t->arrived)
			item_done(t);
		if (t->cfg->times)
			metric_tally(&t->l->m->metrics, METRIC_LOOP_TIME, 0,
				     now_of(&t->ctx) + t->ctx.debt - begin);
	}
	sync(&t->ctx);
	process_thread_ends(t);
	if (t->cfg->times)
		thread_done(t->l);
	if (t->vcpu)
		kvm_vcpu_stop(t->vcpu);
	sched_exit(&t->ctx);
}

/* A vcpu that halted before the run: its CPU idles lazily on the address space. */
static void start_halted(struct thread *t, struct cpu *c)
{
	t->ctx.cpu = c;
	c->task = &t->ctx;
	tlb_start_with(c, t->space->mm);
	c->tlb_lazy = 1;
	t->vcpu->cpu = c->id;
	t->vcpu->halted = 1;
}

void thread_start(struct thread *t, struct cpu *c)
{
	struct machine *m = t->l->m;
	int n = count_ops(t->cfg->loop, t->cfg->n_loop);

	rng_seed(&t->think, (uint64_t)m->cfg->seed, m->replication, t->ctx.name, "think");
	rng_seed(&t->pages, (uint64_t)m->cfg->seed, m->replication, t->ctx.name, "pages");
	rng_seed(&t->arrivals, (uint64_t)m->cfg->seed, m->replication, t->ctx.name, "arrivals");
	rng_seed(&t->at, (uint64_t)m->cfg->seed, m->replication, t->ctx.name, "at");
	t->cursor = arena_alloc(m->arena, sizeof(*t->cursor) * (size_t)(n + 1));
	if (t->space && t->cfg->mode != MODE_KERNEL)
		t->ctx.mm = t->space->mm;
	if (t->cfg->mode == MODE_USER && !c->tlb)
		c->tlb = tlb_new(m->arena, (uint32_t)m->mc->tlb_entries,
				 (uint32_t)m->mc->tlb_entries);
	if (t->cfg->halted)
		start_halted(t, c);
	else
		sched_start(&t->ctx, c, t->cfg->first_cpu >= 0, thread_main, t);
}

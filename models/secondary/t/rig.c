/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See rig.h. */
#include "models/secondary/t/rig.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/sched.h"
#include "models/kernel/trace_text.h"

void rig_init(struct rig *r, uint64_t pages)
{
	memset(r, 0, sizeof(*r));
	fix_init(&r->f, 2, 4);
	fix_region(&r->f, "ram", (int64_t)pages);
	r->pages = r->present = r->prefilled = pages;
	r->horizon = TIME_NEVER;
	r->hide = -1;
	arena_init(&r->arena, 1 << 20);
}

void rig_gru(struct rig *r)
{
	r->gru_cfg = (struct gru_config){
		.name = "gru", .chiplets = 2, .contexts = 16, .tlb_entries = 64, .tgh = 24,
		.tgh_local = 16, .invalidate_max = 1024, .asid_max = 0xfffff0,
		.discards_inflight = 1,
	};
	r->f.design.gru = (struct gru_protocol){ ZAP_RANGE_START, GRU_FENCE_COUNT };
	r->f.world.space[0].secondary[0] = (struct secondary_use){
		.name = "gru", .kind = SECONDARY_GRU, .gru = &r->gru_cfg,
	};
}

void rig_no_costs(struct rig *r)
{
	memset(r->f.machine.cost, 0, sizeof(r->f.machine.cost));
	r->f.machine.idle_exit = fix_const(0);
}

static struct rig_thread *add(struct rig *r, int cpu, void (*body)(struct rig_thread *t))
{
	struct rig_thread *t = &r->thread[r->n_threads++];

	BUG_ON(r->n_threads > RIG_THREADS);
	memset(t, 0, sizeof(*t));
	t->rig = r;
	t->cpu = cpu;
	t->body = body;
	return t;
}

struct rig_thread *rig_vcpu(struct rig *r, int cpu, void (*body)(struct rig_thread *t))
{
	struct rig_thread *t = add(r, cpu, body);

	t->guest = 1;
	return t;
}

struct rig_thread *rig_host(struct rig *r, int cpu, void (*body)(struct rig_thread *t))
{
	return add(r, cpu, body);
}

struct rig_thread *rig_kthread(struct rig *r, int cpu, void (*body)(struct rig_thread *t))
{
	struct rig_thread *t = add(r, cpu, body);

	t->kernel = 1;
	return t;
}

/* --- building and running -------------------------------------------------- */

static void thread_main(void *arg)
{
	struct rig_thread *t = arg;

	sched_first_run(&t->ctx);
	if (t->guest) {
		kvm_vcpu_start(t->vcpu);
		t->body(t);
		kvm_vcpu_stop(t->vcpu);
	} else {
		ctx_class(&t->ctx, TIME_SYSTEM);
		t->body(t);
	}
	sync(&t->ctx);
	sched_exit(&t->ctx);
}

static void map_pages(struct rig *r)
{
	struct kernel *k = r->m.kernel;

	if (r->file)
		r->mapping = address_space_new(&r->m, "file", r->pages);
	if (r->file)
		vma_insert_file(&r->mm, RIG_BASE, RIG_BASE + r->pages,
				VM_READ | VM_WRITE | (r->file > 0 ? VM_SHARED : 0u), r->mapping, 0);
	else
		vma_insert(&r->mm, RIG_BASE, RIG_BASE + r->pages, anon_vma_new(&r->m));
	for (uint64_t va = RIG_BASE; va < RIG_BASE + r->present; va++) {
		struct pgtable **t = table_slot(&r->mm, va);
		struct page *p = k->free;

		k->free = p->next;
		k->nr_zone_free--;
		p->next = NULL;
		p->free = 0;
		p->count = 1;
		p->active = 1;
		lru_add_page(k, p, 0);
		if (r->file) {
			p->count++;	/* the page cache's */
			p->mapping = r->mapping;
			r->mapping->page[va - RIG_BASE] = p;
			r->mapping->nrpages++;
		}
		rmap_prefill(&r->m, p, r->mm.vma, va);
		if (!*t)
			*t = pgtable_new(&r->m);
		pte_store(&(*t)->pte[va % PTRS_PER_TABLE], p, !r->file, 0, !r->file);
		if (r->kvm && va < RIG_BASE + r->prefilled)
			kvm_prefill(r->kvm, va, p);
	}
}

static void prefill_sparse(struct rig *r)
{
	for (int i = 0; i < r->n_sparse; i++)
		kvm_prefill(r->kvm, RIG_BASE + r->sparse[i], rig_page(r, r->sparse[i]));
}

static void create_secondary(struct rig *r)
{
	const struct secondary_use *use = &r->f.world.space[0].secondary[0];
	int users = r->spare_vcpus;

	for (int i = 0; i < r->n_threads; i++)
		users += use->kind == SECONDARY_KVM ? r->thread[i].guest : 1;
	r->secondary = secondary_create(&r->m, &r->mm, use, RIG_BASE, r->pages + 1, users);
	if (r->secondary->driver->covers)
		r->secondary->driver->covers(r->secondary, RIG_BASE, RIG_BASE +
					     (r->private_from ? r->private_from : r->pages));
	if (use->kind == SECONDARY_KVM)
		r->kvm = kvm_of(r->secondary);
	else
		r->gru = gru_of(r->secondary);
}

static void boot(void *arg)
{
	struct rig *r = arg;

	machine_init(&r->m);
	kernel_init(&r->m, r->f.machine.memory ? (uint32_t)(r->f.machine.memory / PAGE_SIZE) :
		    (uint32_t)r->pages * 2 + 4096);
	notifier_init(&r->m);
	r->m.hooks.vector_arrived = kvm_vector_arrived;
	if (r->f.world.oracle)
		oracle_init(&r->m);
	mm_init(&r->m, &r->mm, "vm", RIG_BASE, r->pages + 1);
	create_secondary(r);
	map_pages(r);
	prefill_sparse(r);
	for (int i = 0; i < r->n_threads; i++) {
		struct rig_thread *t = &r->thread[i];
		char name[32];

		snprintf(name, sizeof(name), "%s.%d", t->guest ? "vcpu" : "host", i);
		ctx_init(&t->ctx, &r->m, arena_strdup(&r->arena, name));
		t->ctx.mm = t->kernel ? NULL : &r->mm;
		if (t->guest)
			t->vcpu = kvm_vcpu_create(r->kvm, &t->ctx, r->pages);
		else if (r->gru && !t->kernel)
			t->gru = r->secondary->driver->attach(r->secondary, &t->ctx, r->pages);
	}
	for (int i = 0; i < r->spare_vcpus; i++) {
		struct ctx *w = arena_alloc(&r->arena, sizeof(*w));

		ctx_init(w, &r->m, "spare");
		kvm_vcpu_create(r->kvm, w, 0);
	}
	if (r->f.machine.memory && !r->no_kswapd)
		kswapd_start(&r->m);
	metrics_begin(&r->m);
	for (int i = 0; i < r->n_threads; i++)
		sched_start(&r->thread[i].ctx, &r->m.cpu[r->thread[i].cpu], 1, thread_main,
			    &r->thread[i]);
}

static void record(void *arg, const struct trace_record *x)
{
	struct rig *r = arg;

	if (r->n_steps == r->room) {
		r->room = r->room ? 2 * r->room : 4096;
		r->step = mem_realloc(r->step, r->room * sizeof(*r->step));
		BUG_ON(!r->step);
	}
	r->step[r->n_steps++] = *x;
}

static void dump(const struct rig *r)
{
	char text[96];

	for (size_t i = 0; i < r->n_steps; i++) {
		trace_text(&r->step[i], text, sizeof(text));
		printf("# %12.3f cpu%d %s\n", (double)r->step[i].at / 1000, r->step[i].cpu, text);
	}
}

void rig_run(struct rig *r)
{
	r->m.arena = &r->arena;
	r->m.cfg = &r->f.world;
	r->m.replication = 1;
	if (r->f.machine.jitter) {
		jitter_fill(r->jitter, r->f.machine.jitter);
		r->m.jitter_table = r->jitter;
	}
	BUG_ON(sim_init(&r->m.sim, &r->arena));
	r->m.sim.max_events = 20000000;
	r->m.sim.trace.sink = record;
	r->m.sim.trace.sink_arg = r;
	sim_ready(&r->m.sim, sim_coro(&r->m.sim, "boot", boot, r));
	r->stop = sim_run(&r->m.sim, r->horizon);
	metrics_end(&r->m);
	/* only the interrupt contexts are left: the machine is idle */
	if (r->stop == SIM_STOP_DEADLOCK) {
		int left = 0;

		for (int i = 0; i < r->n_threads; i++)
			left += r->thread[i].ctx.state != CTX_DONE;
		if (!left)
			r->stop = SIM_STOP_EMPTY;
	}
	if (r->stop != SIM_STOP_EMPTY && r->horizon == TIME_NEVER)
		printf("# the run ended with '%s': %s\n", sim_stop_name(r->stop),
		       r->m.sim.reason ? r->m.sim.reason : "");
	if (getenv("TRACE"))
		dump(r);
}

void rig_free(struct rig *r)
{
	sim_fini(&r->m.sim);
	arena_free(&r->arena);
	world_free(r->f.w);
	mem_free(r->step);
}

/* --- inside bodies ------------------------------------------------------------ */

void rig_until(struct rig_thread *t, sim_time at)
{
	sync(&t->ctx);
	BUG_ON(at < rig_now(t));
	cpu_work(&t->ctx, at - rig_now(t));
}

void rig_guest_until(struct rig_thread *t, sim_time at)
{
	while (rig_now(t) < at)
		kvm_guest_think(t->vcpu, at - rig_now(t));
}

void rig_userspace_until(struct rig_thread *t, sim_time at)
{
	kvm_vcpu_stop(t->vcpu);
	rig_until(t, at);
	kvm_vcpu_start(t->vcpu);
}

struct page *rig_page(struct rig *r, uint64_t page)
{
	struct pte *pte = pte_lookup(&r->mm, RIG_BASE + page);

	return pte ? pte->page : NULL;
}

struct page *rig_clear_pte(struct rig_thread *t, uint64_t page)
{
	struct pte *pte = pte_lookup(&t->rig->mm, RIG_BASE + page);
	struct page *p = pte->page;

	sync(&t->ctx);
	pte_clear(pte);
	page_unmapped(&t->ctx, p, NULL);
	page_remove_rmap(&t->ctx, p);
	tp(&t->ctx, TP_PTE_CLEAR, RIG_BASE + page, p->id);
	return p;
}

void rig_callout(struct rig_thread *t, enum callout_op op, uint64_t start, uint64_t end)
{
	sync(&t->ctx);
	t->rig->secondary->driver->ops->callout(&t->ctx, t->rig->secondary, op, RIG_BASE + start,
						RIG_BASE + end);
	sync(&t->ctx);
}

/* --- after the run ---------------------------------------------------------------- */

int64_t rig_count(const struct rig *r, enum metric_id id, int label)
{
	return r->m.metrics.cell[id][label].count;
}

const struct tally *rig_tally(const struct rig *r, enum metric_id id, int label)
{
	return &r->m.metrics.cell[id][label].tally;
}

static int matches(const struct trace_record *x, enum tracepoint id, int cpu, uint64_t a)
{
	return x->id == (uint32_t)id && (cpu < 0 || x->cpu == cpu) && (a == ANY || x->a == a);
}

const struct trace_record *rig_step(const struct rig *r, enum tracepoint id, int cpu,
				    uint64_t a, int nth)
{
	for (size_t i = 0; i < r->n_steps; i++)
		if (matches(&r->step[i], id, cpu, a) && !--nth)
			return &r->step[i];
	return NULL;
}

int rig_steps(const struct rig *r, enum tracepoint id, int cpu, uint64_t a)
{
	int n = 0;

	for (size_t i = 0; i < r->n_steps; i++)
		n += matches(&r->step[i], id, cpu, a);
	return n;
}

sim_time rig_when(const struct rig *r, enum tracepoint id, int cpu, uint64_t a, int nth)
{
	const struct trace_record *x = rig_step(r, id, cpu, a, nth);

	return x ? x->at : TIME_NEVER;
}

static int is_inner(const struct trace_record *x)
{
	unsigned class = x->a & 0xff;

	if (x->id == TP_LOCK || x->id == TP_UNLOCK)
		return class == LOCK_RWSEM_WAIT || class == LOCK_CALL_FUNCTION ||
			class == LOCK_CALL_SINGLE || class == LOCK_ZONE || class == LOCK_LRU;
	return x->id == TP_IRQ_ENTER || x->id == TP_IRQ_LEAVE || x->id == TP_WAKE ||
		x->id == TP_IPI_SEND || x->id == TP_SWITCH_IN || x->id == TP_IDLE;
}

const char *rig_order(const struct rig *r, int cpu, sim_time from, sim_time to)
{
	static char all[16384];
	size_t len = 0;

	all[0] = 0;
	for (size_t i = 0; i < r->n_steps; i++) {
		const struct trace_record *x = &r->step[i];
		char text[96];

		if (x->cpu != cpu || x->at < from || x->at > to || is_inner(x) ||
		    x->id == (uint32_t)r->hide || x->id == TP_KVM_REQUEST)
			continue;
		trace_text(x, text, sizeof(text));
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s\n", text);
		if (len >= sizeof(all))
			break;
	}
	return all;
}

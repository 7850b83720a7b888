/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Building a world: hardware, kernel, address spaces with their resident
 * pages and sptes in place (prefill.c), threads on their CPUs.
 *
 * Regions of an address space stand side by side in one VMA, packed
 * without alignment; a region with own_vma has a VMA of its own, aligned to a
 * page table, with a gap on either side, so that its tables go with it.
 */
#include "models/kernel/rmap.h"
#include "models/kernel/swap.h"
#include "models/kernel/vmscan.h"
#include "models/oracle/oracle.h"
#include "models/workload/ghost.h"
#include "models/world/build.h"

/* --- address spaces --------------------------------------------------------- */

static uint64_t round_up(uint64_t x, uint64_t to)
{
	return (x + to - 1) / to * to;
}

/* Where each region stands; the end of the last. */
static uint64_t lay_out(const struct address_space_config *cfg, uint64_t base, uint64_t *start)
{
	uint64_t at = base;

	for (int i = 0; i < cfg->n_regions; i++) {
		uint64_t pages = (uint64_t)cfg->region[i].length / PAGE_SIZE;

		if (cfg->region[i].own_vma)
			at = round_up(at, PTRS_PER_TABLE) + PTRS_PER_TABLE;
		start[i] = at;
		at += pages;
		if (cfg->region[i].own_vma)
			at = round_up(at, PTRS_PER_TABLE) + PTRS_PER_TABLE;
	}
	return round_up(at, PTRS_PER_TABLE);
}

/* Does the thread access memory through secondary @i of its address space? */
static int accesses(const struct op_config *op, int n, int i)
{
	for (int k = 0; k < n; k++)
		if ((op[k].kind == OPK_SECONDARY_ACCESS && op[k].via == i) ||
		    (op[k].kind == OPK_REPEAT && accesses(op[k].loop, op[k].n_loop, i)))
			return 1;
	return 0;
}

/* A vcpu belongs to the first MMU that runs guests, even if it only sleeps. */
static int is_user(const struct address_space_config *a, const struct thread_config *t, int i)
{
	int first = 0;

	if (t->mode != MODE_GUEST)
		return accesses(t->loop, t->n_loop, i);
	while (secondary_kinds[a->secondary[first].kind].access_mode != MODE_GUEST)
		first++;
	return i == first;
}

static int users_of(const struct world_config *c, int space, int i)
{
	int n = 0;

	for (int k = 0; k < c->n_threads; k++)
		if (c->thread[k].in == space && is_user(&c->space[space], &c->thread[k], i))
			n += (int)c->thread[k].count;
	return n;
}

static void build_secondaries(struct world_run *r, struct space *s)
{
	int space = (int)(s->cfg - r->m.cfg->space);

	for (int i = 0; i < s->cfg->n_secondaries; i++) {
		const struct secondary_use *u = &s->cfg->secondary[i];

		s->secondary[i] = secondary_create(&r->m, s->mm, u, s->start, s->pages,
						   users_of(r->m.cfg, space, i));
		if (u->kind == SECONDARY_KVM && !s->kvm)
			s->kvm = kvm_of(s->secondary[i]);
	}
}

/* The file of that name; as long as the longest region that maps it. */
static struct address_space *file_of(struct world_run *r, const char *name)
{
	const struct world_config *c = r->m.cfg;
	struct workload *l = &r->l;
	int64_t length = 0;

	for (int i = 0; i < l->n_files; i++)
		if (!strcmp(l->file[i]->name, name))
			return l->file[i];
	for (int i = 0; i < c->n_spaces; i++)
		for (int j = 0; j < c->space[i].n_regions; j++)
			if (!strcmp(c->space[i].region[j].backing, name) &&
			    c->space[i].region[j].length > length)
				length = c->space[i].region[j].length;
	l->file[l->n_files] = address_space_new(&r->m, name, (uint64_t)length / PAGE_SIZE);
	return l->file[l->n_files++];
}

static int is_anon(const struct region_config *g)
{
	return !*g->backing || !strcmp(g->backing, "anon");
}

static void map_region(struct world_run *r, struct space *s, struct region *g)
{
	uint64_t end = g->start + g->pages;
	int share = !g->cfg->own_vma && s->mm->vma && s->mm->vma->anon_vma;

	if (is_anon(g->cfg))
		vma_insert(s->mm, g->start, end,
			   share ? s->mm->vma->anon_vma : anon_vma_new(&r->m));
	else
		vma_insert_file(s->mm, g->start, end,
				VM_READ | VM_WRITE | (g->cfg->shared ? VM_SHARED : 0u),
				file_of(r, g->cfg->backing), 0);
}

/* Processes that have the region too, and nothing else to do. */
static void add_sharers(struct world_run *r, struct region *g)
{
	struct vma *v = vma_of(g->space->mm, g->start);
	uint64_t pgoff = v->pgoff + (g->start - v->start);

	g->n_sharers = g->cfg->sharers > 1 ? (int)g->cfg->sharers - 1 : 0;
	g->sharer = arena_alloc(r->m.arena, sizeof(*g->sharer) * (size_t)(g->n_sharers + 1));
	for (int i = 0; i < g->n_sharers; i++) {
		struct mm *mm = arena_alloc(r->m.arena, sizeof(*mm));
		uint64_t base = r->l.next_base;

		r->l.next_base += 1 << 20;
		mm_init(&r->m, mm, "sharer", base, g->pages);
		if (v->mapping)
			vma_insert_file(mm, base, base + g->pages, v->flags, v->mapping, pgoff);
		else
			vma_insert(mm, base, base + g->pages, v->anon_vma)->pgoff = pgoff;
		g->sharer[i] = mm;
	}
}

/* VMAs that nobody touches, behind the regions, a page of gap after each. */
static void build_padding(struct world_run *r, struct space *s, uint64_t at)
{
	const struct address_space_config *cfg = s->cfg;
	struct shared_objects *o = &r->l.shared[cfg - r->m.cfg->space];
	uint64_t key = hash_mix(hash_str(cfg->name, (uint64_t)r->m.cfg->seed), 0x766d6173u);

	/* from the last to the first: each is then found a place in a few steps */
	for (int64_t i = cfg->vmas - 1; i >= 0; i--) {
		uint64_t va = at + 2 * (uint64_t)i;
		int file = (int64_t)(rng_keyed(key, 0, (uint64_t)i) % PPM_ONE) < cfg->vmas_file;
		int cow = (int64_t)(rng_keyed(key, 1, (uint64_t)i) % PPM_ONE) < cfg->vmas_cow;
		int common = (int64_t)(rng_keyed(key, 2, (uint64_t)i) % PPM_ONE) < cfg->anon_shared;
		int64_t k = cfg->shared_files ? i % cfg->shared_files : i;
		struct address_space **f = cfg->shared_files ? &o->file[k] : NULL;
		struct vma *v;

		if (!file) {
			if (common && !o->anon[i])
				o->anon[i] = anon_vma_new(&r->m);
			vma_insert(s->mm, va, va + 1, common ? o->anon[i] : anon_vma_new(&r->m));
			continue;
		}
		if (f && !*f)
			*f = address_space_new(&r->m, "shared", 1);
		v = vma_insert_file(s->mm, va, va + 1, VM_READ | VM_WRITE,
				    f ? *f : address_space_new(&r->m, "private", 1), 0);
		if (cow)
			anon_vma_prepare(&r->m, v);
	}
}

static int ends(const struct op_config *op, int n)
{
	for (int i = 0; i < n; i++)
		if (op[i].kind == OPK_EXIT || (op[i].kind == OPK_REPEAT && ends(op[i].loop, op[i].n_loop)))
			return 1;
	return 0;
}

/* Threads that are users of an instance's mm, and one more that never ends
 * unless some thread of the process can end it. */
static int users_of_mm(const struct world_config *c, int space, int *mortal)
{
	int n = 0;

	*mortal = 0;
	for (int k = 0; k < c->n_threads; k++) {
		const struct thread_config *t = &c->thread[k];

		if (t->in != space || t->mode == MODE_KERNEL)
			continue;
		*mortal |= ends(t->loop, t->n_loop);
		n += (int)t->count;
	}
	return n + !*mortal;
}

/* A life of the process: memory and registrants as at the start. */
static void space_born(struct world_run *r, struct space *s)
{
	const struct address_space_config *cfg = s->cfg;
	uint64_t start[MAX_REGIONS], end;

	s->start = r->l.next_base;
	r->l.next_base += 1 << 20;
	end = lay_out(cfg, s->start, start);
	s->pages = end - s->start;
	s->lives++;
	s->kvm = NULL;
	s->mm = arena_alloc(r->m.arena, sizeof(*s->mm));
	mm_init(&r->m, s->mm, s->name, s->start, s->pages + 2 * (uint64_t)cfg->vmas);
	s->mm->mm_users = users_of_mm(r->m.cfg, (int)(cfg - r->m.cfg->space), &s->mortal);
	build_secondaries(r, s);
	for (int j = 0; j < cfg->n_regions; j++) {
		struct region *g = &s->region[j];

		if (s->lives == 1)
			region_init(&r->m, g, &cfg->region[j], start[j]);
		g->start = start[j];
		g->space = s;
		map_region(r, s, g);
		for (int i = 0; i < cfg->n_secondaries && !g->cfg->vmm_private; i++)
			if (s->secondary[i]->driver->covers)
				s->secondary[i]->driver->covers(s->secondary[i], g->start,
								g->start + g->pages);
		if (s->lives == 1)
			add_sharers(r, g);
		if (!r->m.memory)
			prefill_region(&r->m, s, g);
	}
	build_padding(r, s, end);
}

static int64_t instances(const struct address_space_config *a)
{
	return a->count > 1 ? a->count : 1;
}

static void build_spaces(struct world_run *r)
{
	const struct world_config *c = r->m.cfg;
	struct workload *l = &r->l;
	int n = 0;

	for (int i = 0; i < c->n_spaces; i++)
		n += (int)instances(&c->space[i]);
	l->space = arena_alloc(r->m.arena, sizeof(*l->space) * (size_t)(n + 1));
	l->next_base = 1 << 20;
	for (int i = 0; i < c->n_spaces; i++) {
		const struct address_space_config *cfg = &c->space[i];
		int64_t count = instances(cfg);

		l->shared[i].file = arena_alloc(r->m.arena, sizeof(*l->shared[i].file) *
						(size_t)(cfg->shared_files + 1));
		l->shared[i].anon = arena_alloc(r->m.arena, sizeof(*l->shared[i].anon) *
						(size_t)(cfg->vmas + 1));
		for (int64_t j = 0; j < count; j++) {
			struct space *s = &l->space[l->n_spaces++];

			s->cfg = cfg;
			s->name = cfg->name;
			space_born(r, s);
		}
	}
}

/* Copies of an address space that may be alive at once. */
static int64_t forks(const struct op_config *op, int n)
{
	int64_t most = 0, x;

	for (int i = 0; i < n; i++) {
		x = op[i].kind == OPK_FORK ? op[i].keep + 1 :
			op[i].kind == OPK_REPEAT ? forks(op[i].loop, op[i].n_loop) : 0;
		most = x > most ? x : most;
	}
	return most;
}

static uint32_t pages_needed(const struct world_config *c, int cpus)
{
	int64_t n = 0, copies = 0;

	for (int i = 0; i < c->n_threads; i++)
		copies += forks(c->thread[i].loop, c->thread[i].n_loop);
	for (int i = 0; i < c->n_spaces; i++)
		for (int j = 0; j < c->space[i].n_regions; j++)
			n += c->space[i].region[j].length / PAGE_SIZE * instances(&c->space[i]) *
				(c->space[i].region[j].sharers > 1 ? c->space[i].region[j].sharers : 1);
	if (config_memory(c))
		return (uint32_t)(config_memory(c) / PAGE_SIZE);
	/* what is unmapped may stay pinned while it is mapped again, per-CPU lists hold some */
	return (uint32_t)((2 + copies) * n + 256 * cpus + 1024);
}

/* --- threads -------------------------------------------------------------------- */

/* Threads of all instances: @instance counts through them, space by space. */
static int64_t threads_of(const struct world_config *c, const struct thread_config *t)
{
	return t->in < 0 ? t->count : t->count * instances(&c->space[t->in]);
}

/* Some thread says that it runs there. */
static int reserved(const struct world_config *c, int cpu)
{
	for (int i = 0; i < c->n_threads; i++) {
		const struct thread_config *t = &c->thread[i];

		if (t->first_cpu >= 0 && cpu >= t->first_cpu &&
		    cpu < t->first_cpu + threads_of(c, t))
			return 1;
	}
	return 0;
}

/* Where it says, or the first of those with the fewest threads that nobody reserved. */
static struct cpu *cpu_for(struct world_run *r, const struct thread_config *cfg, int64_t instance)
{
	struct machine *m = &r->m;
	int best = -1, all = 1;

	if (cfg->first_cpu >= 0)
		return &m->cpu[cfg->first_cpu + instance];
	for (int i = 0; i < m->nr_cpus; i++)
		all &= reserved(m->cfg, i);
	for (int i = 0; i < m->nr_cpus; i++)
		if ((all || !reserved(m->cfg, i)) &&
		    (best < 0 || r->threads_on[i] < r->threads_on[best]))
			best = i;
	r->threads_on[best]++;
	return &m->cpu[best];
}

/* Pages of the region that the loop visits first: what the guest TLB works on. */
static uint64_t working_set(const struct space *s, const struct op_config *op, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t pages = 0;

		if (op[i].kind == OPK_SECONDARY_ACCESS)
			pages = s->region[op[i].region < 0 ? 0 : op[i].region].pages;
		else if (op[i].kind == OPK_REPEAT)
			pages = working_set(s, op[i].loop, op[i].n_loop);
		if (pages)
			return pages;
	}
	return 0;
}

static struct space *space_of(struct world_run *r, const struct thread_config *t, int64_t instance)
{
	int64_t first = 0;

	if (t->in < 0)
		return NULL;
	for (int i = 0; i < t->in; i++)
		first += instances(&r->m.cfg->space[i]);
	return &r->l.space[first + instance / t->count];
}

/* Its state with the secondary MMUs that it accesses memory through. */
static void attach(struct thread *t)
{
	const struct thread_config *cfg = t->cfg;

	for (int i = 0; t->space && i < t->space->cfg->n_secondaries; i++)
		if (is_user(t->space->cfg, cfg, i))
			t->user[i] = t->space->secondary[i]->driver->attach(
				t->space->secondary[i], &t->ctx,
				working_set(t->space, cfg->loop, cfg->n_loop));
}

static void respawn(struct workload *l, struct space *s)
{
	struct world_run *r = (struct world_run *)((char *)l - offsetof(struct world_run, l));

	space_born(r, s);
	for (int i = 0; i < l->n_threads; i++)
		if (l->thread[i].space == s && !l->thread[i].over)
			attach(&l->thread[i]);
}

static void build_thread(struct world_run *r, const struct thread_config *cfg, int64_t instance,
			 struct thread *t)
{
	char name[PARAM_NAME_MAX + 24];

	snprintf(name, sizeof(name), "%s.%lld", cfg->name, (long long)instance);
	t->l = &r->l;
	t->cfg = cfg;
	t->space = space_of(r, cfg, instance);
	ctx_init(&t->ctx, &r->m, arena_strdup(r->m.arena, name));
	t->ctx.pinned = (int)cfg->pinned;
	attach(t);
	if (cfg->mode == MODE_GUEST) {
		t->vcpu = t->ctx.priv;
		r->l.n_guests++;
	}
	if (cfg->times)
		r->l.terminating++;
}

static int writes_files(const struct op_config *op, int n)
{
	for (int i = 0; i < n; i++)
		if (op[i].kind == OPK_WRITEBACK ||
		    (op[i].kind == OPK_REPEAT && writes_files(op[i].loop, op[i].n_loop)))
			return 1;
	return 0;
}

static void build_threads(struct world_run *r)
{
	const struct world_config *c = r->m.cfg;
	int n = 0, k = 0;

	for (int i = 0; i < c->n_threads; i++)
		n += (int)threads_of(c, &c->thread[i]);
	r->l.thread = arena_alloc(r->m.arena, sizeof(*r->l.thread) * (size_t)(n + 1));
	r->l.n_threads = n;
	for (int i = 0; i < c->n_threads; i++)
		for (int64_t j = 0; j < threads_of(c, &c->thread[i]); j++)
			build_thread(r, &c->thread[i], j, &r->l.thread[k++]);
	for (int i = 0; i < c->n_threads; i++)
		if (writes_files(c->thread[i].loop, c->thread[i].n_loop))
			file_disk_start(&r->m);
	if (r->m.memory)
		prefill_limited(r);
	k = 0;
	for (int i = 0; i < c->n_threads; i++)
		for (int64_t j = 0; j < threads_of(c, &c->thread[i]); j++)
			thread_start(&r->l.thread[k++], cpu_for(r, &c->thread[i], j));
	if (r->m.memory)
		kswapd_start(&r->m);
}

/* --- metrics -------------------------------------------------------------------- */

/* Label names are the comma-separated list of metric.def, in order. */
static void label_metrics(struct machine *m)
{
	static const enum metric_id with_histogram[] = {
		METRIC_SECONDARY_FAULT_DELAY, METRIC_SECONDARY_FAULT_BLOCKED,
		METRIC_HOST_FAULT_DELAY, METRIC_FREE_DELAY,
	};

	for (int i = 0; i < NR_METRICS; i++) {
		char *text = arena_strdup(m->arena, metric_table[i].labels), *save = NULL, *x;
		int n = 0;

		for (x = strtok_r(text, ", ", &save); x; x = strtok_r(NULL, ", ", &save))
			metrics_label(m, (enum metric_id)i, n++, x);
	}
	for (size_t i = 0; i < sizeof(with_histogram) / sizeof(with_histogram[0]); i++)
		metrics_histogram(m, with_histogram[i], 0);
}

static void warmed_up(struct sim *s, void *arg)
{
	(void)s;
	window_begin(arg);
}

static void measured(struct sim *s, void *arg)
{
	(void)arg;
	sim_stop(s);
}

/* Duration scenarios: the window is [warm-up, duration]. */
static void set_window(struct world_run *r)
{
	struct sim *s = &r->m.sim;
	uint32_t begin, end;

	if (r->m.cfg->until != UNTIL_DURATION)
		return;
	begin = sim_slot_new(s, PRIO_LATE);
	end = sim_slot_new(s, PRIO_LATE);
	sim_slot_call(s, begin, warmed_up, &r->l);
	sim_slot_call(s, end, measured, &r->m);
	sim_at(s, begin, r->m.cfg->warmup);
	sim_at(s, end, r->m.cfg->duration);
}

void world_build(struct world_run *r)
{
	struct machine *m = &r->m;

	machine_init(m);
	label_metrics(m);
	kernel_init(m, pages_needed(m->cfg, m->nr_cpus));
	notifier_init(m);
	m->hooks.vector_arrived = kvm_vector_arrived;
	if (m->cfg->oracle)
		oracle_init(m);
	r->l.m = m;
	r->l.spawn = respawn;
	build_spaces(r);
	set_window(r);
	build_threads(r);
	ghost_start(&r->l);
}

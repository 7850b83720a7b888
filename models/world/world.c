/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One replication from configuration to result; see world.h. */
#include "models/world/world.h"
#include "models/kernel/trace_text.h"
#include "models/oracle/oracle.h"
#include "models/world/build.h"
#include "sim/base/xassert.h"

enum { ARENA_CHUNK = 4 << 20 };

struct world {
	struct arena arena;
	struct world_run *run;
	struct pick_cache picks;
	int64_t jitter_cv;		/* of the cached table */
	uint32_t jitter[JITTER_STEPS];
	void (*sink)(void *arg, const struct trace_record *r);
	void *sink_arg;
};

const char world_not_modelled[] =
	"mprotect, mremap, KSM; a child of fork has no thread of its own\n"
	"several memory zones and nodes, pages above order 0, pdflush, read-ahead of files\n"
	"periodic load balancing (threads move at wake-ups only), nice values, hyper-threads\n"
	"preemptible and offloaded RCU, expedited RCU periods, CPU hotplug\n"
	"guest page tables, large pages, NUMA memory distance\n"
	"secondary MMUs other than KVM, SGI's GRU and one that sleeps\n"
	"page faults under per-VMA locks, munmap with a downgraded mmap lock\n"
	"TLB broadcast instructions (INVLPGB), page-table isolation\n"
	"exit under mmap_lock and remote wake-ups by wake list, as today's kernel has them\n"
	"migration of pages in the swap cache\n"
	"KVM of today: large pages, asynchronous faults, pfn caches\n"
	"GRU: more threads on a blade than contexts, block copies; UV: message timeouts\n";

struct world *world_new(void)
{
	struct world *w = mem_calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	arena_init(&w->arena, ARENA_CHUNK);
	w->jitter_cv = -1;
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	arena_free(&w->arena);
	pick_cache_free(&w->picks);
	mem_free(w);
}

void world_trace(struct world *w, void (*sink)(void *arg, const struct trace_record *r),
		 void *arg)
{
	w->sink = sink;
	w->sink_arg = arg;
}

void world_trace_text(const struct trace_record *r, char *buf, size_t n)
{
	trace_text(r, buf, n);
}

/* --- the run ----------------------------------------------------------------- */

static void boot(void *arg)
{
	world_build(arg);
}

static void no_memory(void *arg, size_t wanted)
{
	sim_fail(arg, SIM_STOP_MEMORY, "out of memory: %zu bytes wanted", wanted);
}

static void say_context(void *arg)
{
	const struct machine *m = arg;

	fprintf(stderr, "at %lld ps, scenario %s, design %s, seed %lld, replication %u\n",
		(long long)m->sim.now, m->cfg->scenario, m->cfg->design->name,
		(long long)m->cfg->seed, m->replication);
}

static int prepare(struct world *w, const struct world_config *c, uint32_t replication)
{
	struct world_run *r;

	arena_reset(&w->arena);
	w->arena.on_fail = NULL;
	r = arena_alloc(&w->arena, sizeof(*r));
	if (!r)
		return -1;
	w->run = r;
	r->m.arena = &w->arena;
	r->m.cfg = c;
	r->m.replication = replication;
	r->l.picks = &w->picks;
	if (c->machine->jitter && w->jitter_cv != c->machine->jitter) {
		jitter_fill(w->jitter, c->machine->jitter);
		w->jitter_cv = c->machine->jitter;
	}
	r->m.jitter_table = c->machine->jitter ? w->jitter : NULL;
	return sim_init(&r->m.sim, &w->arena);
}

static void set_status(struct result *out, enum run_status status, const char *reason)
{
	out->status = status;
	result_set_reason(out, "%s", reason ? reason : "");
}

static void deadlock(struct sim *s, struct result *out)
{
	struct strbuf sb;

	sb_init(&sb);
	sim_deadlock_report(s, &sb);
	set_status(out, RUN_DEADLOCK, sb.s);
	sb_free(&sb);
}

/* Which terminating threads did not end, and what they wait for. */
static void not_done(const struct world_run *r, struct result *out)
{
	struct strbuf sb;

	sb_init(&sb);
	sb_addf(&sb, "not done within %.3f s of simulated time:", (double)r->m.sim.now / 1e12);
	for (int i = 0; i < r->l.n_threads; i++) {
		const struct thread *t = &r->l.thread[i];

		if (!t->cfg->times || t->ctx.state == CTX_DONE)
			continue;
		sb_addf(&sb, " %s (%s%s);", t->ctx.name,
			t->ctx.coro->waits_for ? "waits for " : "runs",
			t->ctx.coro->waits_for ? t->ctx.coro->waits_for : "");
	}
	set_status(out, RUN_TIMEOUT, sb.s);
	sb_free(&sb);
}

static void judge(struct world_run *r, enum sim_stop stop, struct result *out)
{
	struct sim *s = &r->m.sim;

	switch (stop) {
	case SIM_STOP_DONE:
	case SIM_STOP_EMPTY:
		break;
	case SIM_STOP_TIME:
		not_done(r, out);
		return;
	case SIM_STOP_DEADLOCK:
		deadlock(s, out);
		return;
	case SIM_STOP_EVENTS:
		set_status(out, RUN_TIMEOUT, "event budget exceeded: a livelock, a retry storm or a budget too low");
		return;
	case SIM_STOP_MEMORY:
		set_status(out, RUN_MEMORY, s->reason);
		return;
	default:
		set_status(out, RUN_CRASH, s->reason);
		return;
	}
	for (int i = 0; r->m.oracle && i < NR_INVARIANTS; i++)
		if (r->m.oracle->violations[i])
			out->status = RUN_VIOLATION;
	if (r->m.oom)
		set_status(out, RUN_OOM, r->m.oom);
}

void world_run(struct world *w, const struct world_config *c, uint32_t replication,
	       struct result *out)
{
	struct world_run *r;
	struct sim *s;
	enum sim_stop stop;

	if (prepare(w, c, replication)) {
		set_status(out, RUN_MEMORY, "out of memory");
		return;
	}
	r = w->run;
	s = &r->m.sim;
	s->max_events = c->max_events > 0 ? (uint64_t)c->max_events : UINT64_MAX;
	s->trace.sink = w->sink;
	s->trace.sink_arg = w->sink_arg;
	w->arena.on_fail = no_memory;
	w->arena.on_fail_arg = s;
	bug_context(say_context, &r->m);
	sim_ready(s, sim_coro(s, "boot", boot, r));
	stop = sim_run(s, c->until == UNTIL_DURATION ? TIME_NEVER :
		       c->duration > 0 ? c->duration : SEC(10));
	w->arena.on_fail = NULL;
	out->status = RUN_OK;
	judge(r, stop, out);
	out->sim_time_ps = s->now;
	out->warmup_ps = c->until == UNTIL_DURATION ? c->warmup : 0;
	out->events = (int64_t)s->events;
	out->fingerprint = s->trace.fingerprint;
	if (out->status == RUN_OK || out->status == RUN_VIOLATION || out->status == RUN_OOM) {
		if (r->m.oom)
			workload_cut(&r->l);
		metrics_end(&r->m);
		world_collect(r, out);
	}
	oracle_collect(&r->m, out);
	bug_context(NULL, NULL);
	sim_fini(s);
}

/* --- before any run -------------------------------------------------------------- */

/* Processes that have such threads. */
static int64_t instances(const struct world_config *c, const struct thread_config *t)
{
	return t->in >= 0 && c->space[t->in].count > 1 ? c->space[t->in].count : 1;
}

static int count_threads(const struct world_config *c)
{
	int n = 0;

	for (int i = 0; i < c->n_threads; i++)
		n += (int)(c->thread[i].count * instances(c, &c->thread[i]));
	return n;
}

static int uses_kvm(const struct op_config *op, int n)
{
	for (int i = 0; i < n; i++)
		if (op[i].kind == OPK_MEMSLOT_DELETE || op[i].kind == OPK_SHRINK ||
		    (op[i].kind == OPK_REPEAT && uses_kvm(op[i].loop, op[i].n_loop)))
			return 1;
	return 0;
}

static int check_thread(const struct world_config *c, const struct thread_config *t,
			char *why, size_t n)
{
	int has_kvm = 0;

	for (int i = 0; t->in >= 0 && i < c->space[t->in].n_secondaries; i++)
		has_kvm |= c->space[t->in].secondary[i].kind == SECONDARY_KVM;

	if ((t->mode == MODE_GUEST || uses_kvm(t->loop, t->n_loop)) && !has_kvm) {
		snprintf(why, n, "thread %s needs an address space with a secondary of kind kvm",
			 t->name);
		return -1;
	}
	if (t->mode == MODE_USER && t->in < 0) {
		snprintf(why, n, "thread %s is in user mode but in no address space", t->name);
		return -1;
	}
	if (t->first_cpu >= 0 && t->first_cpu + t->count * instances(c, t) >
	    c->machine->sockets * c->machine->cores) {
		snprintf(why, n, "thread %s: CPUs %lld.. do not exist", t->name,
			 (long long)t->first_cpu);
		return -1;
	}
	return 0;
}

static int respawns(const struct op_config *op, int n)
{
	for (int i = 0; i < n; i++)
		if ((op[i].kind == OPK_EXIT && op[i].respawn) ||
		    (op[i].kind == OPK_REPEAT && respawns(op[i].loop, op[i].n_loop)))
			return 1;
	return 0;
}

/* Who goes on in a new process cannot leave others behind in the old one. */
static int check_respawn(const struct world_config *c, const struct thread_config *t,
			 char *why, size_t n)
{
	int64_t threads = 0;

	if (t->in < 0 || !respawns(t->loop, t->n_loop))
		return 0;
	for (int i = 0; i < c->n_threads; i++)
		if (c->thread[i].in == t->in && c->thread[i].mode != MODE_KERNEL)
			threads += c->thread[i].count;
	if (threads == 1)
		return 0;
	snprintf(why, n, "thread %s: exit with respawn needs a process of one thread, %s has %lld",
		 t->name, c->space[t->in].name, (long long)threads);
	return -1;
}

static int share_a_cpu(const struct world_config *c, const struct thread_config *a,
		       const struct thread_config *b)
{
	return a->first_cpu >= 0 && b->first_cpu >= 0 &&
		a->first_cpu < b->first_cpu + b->count * instances(c, b) &&
		b->first_cpu < a->first_cpu + a->count * instances(c, a);
}

/* Chiplets are the machine's: all address spaces mean the same ones. */
static int check_grus(const struct world_config *c, char *why, size_t n)
{
	const struct gru_config *first = NULL;

	for (int i = 0; i < c->n_spaces; i++) {
		for (int k = 0; k < c->space[i].n_secondaries; k++) {
			const struct secondary_use *u = &c->space[i].secondary[k];
			size_t head = offsetof(struct gru_config, chiplets);

			if (u->kind != SECONDARY_GRU)
				continue;
			if (u->gru->tgh_local >= u->gru->tgh) {
				snprintf(why, n, "%s: tgh_local leaves no handle to the other blades", u->name);
				return -1;
			}
			if (first && memcmp((const char *)first + head, (const char *)u->gru + head,
					    sizeof(*first) - head)) {
				snprintf(why, n, "%s: a machine has one sort of GRU", u->name);
				return -1;
			}
			first = u->gru;
		}
	}
	return 0;
}

int world_check(const struct world_config *c, char *why, size_t n)
{
	int64_t cpus = c->machine->sockets * c->machine->cores;
	int ends = 0;

	if (cpus > MAX_CPUS) {
		snprintf(why, n, "%lld CPUs; this version models at most %d", (long long)cpus, MAX_CPUS);
		return -1;
	}
	if (!c->kernel->tick && count_threads(c) > cpus) {
		snprintf(why, n, "%d threads on %lld CPUs share them by time slices: set kernel.tick: on",
			 count_threads(c), (long long)cpus);
		return -1;
	}
	if (check_grus(c, why, n) || check_kvms(c, why, n) || check_grace(c, why, n))
		return -1;
	if (c->machine->flush == FLUSH_BY_BAU && c->kernel->ipi_kind == IPI_CSD) {
		snprintf(why, n, "machine.flush: bau is modelled for kernels that flush by vectors");
		return -1;
	}
	for (int i = 0; i < c->n_threads; i++) {
		if (check_thread(c, &c->thread[i], why, n) ||
		    check_respawn(c, &c->thread[i], why, n))
			return -1;
		ends |= c->thread[i].times > 0;
		for (int j = 0; j < i && !c->kernel->tick; j++)
			if (share_a_cpu(c, &c->thread[i], &c->thread[j])) {
				snprintf(why, n, "threads %s and %s want the same CPU: set kernel.tick: on",
					 c->thread[j].name, c->thread[i].name);
				return -1;
			}
	}
	if (c->until == UNTIL_THREADS_DONE && !ends) {
		snprintf(why, n, "until: threads_done, but no thread has a finite number of times");
		return -1;
	}
	return 0;
}

/* --- --dry-run ------------------------------------------------------------------------ */

/* Through a TLB without a page table behind it: nearly every access is a miss. */
static int misses_cost(const struct address_space_config *a, const struct op_config *op)
{
	return a && a->secondary[op->via].kind == SECONDARY_GRU;
}

static double space_pages(const struct address_space_config *a)
{
	double n = 0;

	for (int i = 0; i < a->n_regions; i++)
		n += (double)(a->region[i].length / PAGE_SIZE);
	return n;
}

/*
 * Rough: events and picoseconds per operation, fitted by eye to runs of
 * range-madvise (1, 4 and 32 vcpus; 1, 512 and 4,096 pages; no notifier
 * and start/end), for a GRU to one of gru-mpi.  A design that flushes per page takes
 * many times as many.
 */
static double op_events(const struct address_space_config *a, const struct op_config *op)
{
	double pages = (double)(op->length / PAGE_SIZE), sum = 0;

	switch (op->kind) {
	case OPK_MADVISE_DONTNEED:
	case OPK_MUNMAP:
		return 200 + pages * (op->refill ? 30 : 5);
	case OPK_FORK:
		return 200 + (a ? 10 * space_pages(a) : 0);
	case OPK_WRITEBACK:
		return 60 * (double)op->n;
	case OPK_MIGRATE:
		return 100 * (double)op->n;
	case OPK_TRUNCATE:
		return 5000;
	case OPK_REPEAT:
		for (int i = 0; i < op->n_loop; i++)
			sum += op_events(a, &op->loop[i]);
		return sum * (double)op->times;
	case OPK_REGISTER:
		return 60 + (a ? 8 * (double)a->vmas : 0);
	case OPK_UNREGISTER:
	case OPK_EXIT:
		return 200 + (a ? 5 * space_pages(a) : 0);
	case OPK_SECONDARY_ACCESS:
		return (misses_cost(a, op) ? 10 : 0.5) * (double)op->n;
	case OPK_TOUCH:
		return 0.5 * (double)op->n;
	case OPK_CONTEND:
		return 2 * (double)op->n;
	case OPK_SYNCHRONIZE:		/* ticks and softirqs of a dozen jiffies */
		return 500;
	default:
		return 1.5;
	}
}

static double op_time(const struct address_space_config *a, const struct op_config *op)
{
	double pages = (double)(op->length / PAGE_SIZE), sum = 0;

	switch (op->kind) {
	case OPK_THINK:
	case OPK_SLEEP:
		return (double)dist_mean(&op->duration);
	case OPK_MADVISE_DONTNEED:
	case OPK_MUNMAP:
		return 1e7 + pages * 4e5;
	case OPK_SECONDARY_ACCESS:
		return misses_cost(a, op) ? 4e6 * (double)op->n : 1e5;
	case OPK_FORK:
		return 1e7 + (a ? 1.5e5 * space_pages(a) : 0);
	case OPK_WRITEBACK:
	case OPK_MIGRATE:
		return 8e6 * (double)op->n;
	case OPK_TRUNCATE:
		return 2e8;
	case OPK_REPEAT:
		for (int i = 0; i < op->n_loop; i++)
			sum += op_time(a, &op->loop[i]);
		return sum * (double)op->times;
	case OPK_CONTEND:
		return 5e5 * (double)op->n;
	case OPK_SYNCHRONIZE:
		return 1e10;
	default:
		return 1e5;
	}
}

static void per_round(const struct world_config *c, const struct thread_config *t, double *time,
		      double *events)
{
	const struct address_space_config *a = t->in >= 0 ? &c->space[t->in] : NULL;

	*time = 1;
	*events = 0;
	for (int j = 0; j < t->n_loop; j++) {
		*time += op_time(a, &t->loop[j]);
		*events += op_events(a, &t->loop[j]);
	}
	if ((double)dist_mean(&t->arrive) > *time)
		*time = (double)dist_mean(&t->arrive);
}

/* Start of the run to its end, ps: the longest terminating thread, then settle. */
static double run_length(const struct world_config *c)
{
	double longest = 0, time, events;

	if (c->until == UNTIL_DURATION)
		return (double)c->duration;
	for (int i = 0; i < c->n_threads; i++) {
		const struct thread_config *t = &c->thread[i];

		per_round(c, t, &time, &events);
		time = (double)dist_mean(&t->start) + time * (double)t->times;
		if (t->times && time > longest)
			longest = time;
	}
	return longest + (double)c->settle;
}

/* What it takes to find memory: for each page demanded, and all along where the
 * start state does not fit. */
static double reclaim_events(const struct world_config *c, double length)
{
	double demanded = 0, pages = 0;

	if (!config_memory(c))
		return 0;
	for (int i = 0; i < c->n_threads; i++)
		for (int j = 0; j < c->thread[i].n_loop; j++)
			if (dist_mean(&c->thread[i].arrive))
				demanded += (double)(c->thread[i].times * c->thread[i].loop[j].n);
	for (int i = 0; i < c->n_spaces; i++)
		for (int j = 0; j < c->space[i].n_regions; j++)
			pages += c->space[i].region[j].prefault ? (double)c->space[i].region[j].length : 0;
	return 400 * demanded + (pages > (double)config_memory(c) ? length / 1e9 * 4000 : 0);
}

double world_expected_events(const struct world_config *c)
{
	double length = run_length(c), sum = 0, time, events;

	for (int i = 0; i < c->n_threads; i++) {
		const struct thread_config *t = &c->thread[i];

		per_round(c, t, &time, &events);
		sum += (double)(t->count * instances(c, t)) * events * (t->times ? (double)t->times : length / time);
	}
	return sum + reclaim_events(c, length);
}

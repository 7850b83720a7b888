/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine without a scenario; see bare.h. */
#include "models/world/bare.h"
#include "models/notifier/notifier.h"

enum { ARENA_CHUNK = 1 << 20, NR_PAGES = 64 };

struct bare_thread {
	struct ctx ctx;
	void (*fn)(struct ctx *w, void *arg);
	void *arg;
};

struct bare_config {
	struct machine_config machine;
	struct kernel_config kernel;
	struct design_config design;
	struct world_config world;
};

int bare_init(struct bare *b, int sockets, int cores)
{
	static const sim_time defaults[NR_COSTS] = {
#define COST(id, owner, key, def, ...) [COST_##id] = def,
#include "models/config/cost.def"
#undef COST
	};

	struct bare_config *c = mem_calloc(1, sizeof(*c));

	memset(b, 0, sizeof(*b));
	arena_init(&b->arena, ARENA_CHUNK);
	if (!c)
		return -1;
	c->machine.sockets = sockets;
	c->machine.cores = cores;
	c->machine.blade_sockets = 1;
	c->machine.clock = 1000000000;
	memcpy(c->machine.cost, defaults, sizeof(defaults));
	table_defaults(&kernel_params, &c->kernel);
	c->kernel.gather_batch = 506;
	c->kernel.flush_vectors = 8;
	c->kernel.split_ptlocks = 1;
	c->design.armed_test = ARMED_COMPILED_OUT;
	c->world.machine = &c->machine;
	c->world.kernel = &c->kernel;
	c->world.design = &c->design;
	c->world.seed = 1;
	b->config = c;
	b->machine = &c->machine;
	b->kernel = &c->kernel;
	return 0;
}

static void build(struct sim *s, void *arg)
{
	struct machine *m = arg;

	(void)s;
	machine_init(m);
	kernel_init(m, NR_PAGES);
	notifier_init(m);
	metrics_begin(m);
}

int bare_boot(struct bare *b)
{
	struct machine *m = arena_alloc(&b->arena, sizeof(*m));

	if (!m || sim_init(&m->sim, &b->arena))
		return -1;
	b->m = m;
	m->arena = &b->arena;
	m->cfg = &b->config->world;
	m->replication = 1;
	return sim_setup(&m->sim, build, m);
}

static void thread_main(void *arg)
{
	struct bare_thread *t = arg;

	sched_first_run(&t->ctx);
	t->fn(&t->ctx, t->arg);
	sync(&t->ctx);
	sched_exit(&t->ctx);
}

struct ctx *bare_thread(struct bare *b, int cpu, struct mm *mm, const char *name,
			void (*fn)(struct ctx *w, void *arg), void *arg)
{
	struct bare_thread *t = arena_alloc(&b->arena, sizeof(*t));

	ctx_init(&t->ctx, b->m, name);
	t->ctx.mm = mm;
	t->fn = fn;
	t->arg = arg;
	sched_start(&t->ctx, &b->m->cpu[cpu], 1, thread_main, t);
	return &t->ctx;
}

enum sim_stop bare_run(struct bare *b, sim_time horizon)
{
	return sim_run(&b->m->sim, horizon);
}

void bare_stop(struct bare *b)
{
	if (b->m)
		sim_fini(&b->m->sim);
	b->m = NULL;
	arena_reset(&b->arena);
}

void bare_fini(struct bare *b)
{
	bare_stop(b);
	arena_free(&b->arena);
	mem_free(b->config);
}

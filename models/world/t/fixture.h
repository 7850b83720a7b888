/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configurations made in C for the tests of the models: no YAML in between.
 * Defaults: 2x4 CPUs, flat APIC, kernel 2.6.27 without PREEMPT, no jitter, no
 * background, design merged (page and range callouts as in the table), KVM
 * without tags.  Tests change what they need and run it.
 */
#ifndef MODELS_WORLD_T_FIXTURE_H
#define MODELS_WORLD_T_FIXTURE_H

#include "models/world/world.h"
#include "sim/base/tap.h"
#include "sim/base/xassert.h"

struct fixture {
	struct machine_config machine;
	struct kernel_config kernel;
	struct design_config design;
	struct kvm_config kvm;
	struct thread_config thread[8];
	struct op_config op[8][8];
	struct world_config world;
	struct world *w;
};

static inline struct dist fix_const(sim_time t)
{
	return (struct dist){ .kind = DIST_CONST, .a = t };
}

static inline void fix_hook(struct fixture *f, enum site_id site, enum point_id point,
			    enum callout_op op)
{
	struct hook *h = &f->design.hook[site][point];

	h->c[h->n++] = callout_record(op);
}

/* The six designs of the first question, as their YAML files say. */
enum fix_design { FIX_NONE_PIN, FIX_ANDREA_V7, FIX_RUSTY, FIX_MERGED, FIX_RELEASED, FIX_BUSTED };
static const char *const fix_design_names[] = {
	"none-pin", "andrea-v7", "rusty-minimal", "merged-2.6.27",
	"merged-2.6.27-as-released", "busted-no-start",
};

static inline void fix_design(struct fixture *f, enum fix_design d)
{
	struct design_config *c = &f->design;
	int start = d == FIX_MERGED || d == FIX_RELEASED;

	memset(c, 0, sizeof(*c));
	strcpy(c->name, fix_design_names[d]);
	c->list_structure = d == FIX_NONE_PIN ? LIST_NONE : d == FIX_RUSTY ? LIST_POINTER : LIST_HLIST;
	c->list_reader = d == FIX_NONE_PIN || d == FIX_RUSTY ? READER_NONE : READER_RCU;
	c->armed_test = d == FIX_NONE_PIN ? ARMED_COMPILED_OUT : ARMED_MM_POINTER;
	if (start) {
		fix_hook(f, SITE_unmap_vmas, POINT_before, OP_range_start);
		fix_hook(f, SITE_zap_page_range, POINT_before, OP_range_start);
	}
	if (d != FIX_NONE_PIN) {
		fix_hook(f, SITE_unmap_vmas, POINT_after, OP_range_end);
		fix_hook(f, SITE_zap_page_range, POINT_after, OP_range_end);
	}
	c->kvm.zap_at = d == FIX_NONE_PIN ? ZAP_NONE : start ? ZAP_RANGE_START : ZAP_RANGE_END;
	c->kvm.fence_kind = start ? FENCE_COUNT_SEQ : d == FIX_BUSTED ? FENCE_SEQ : FENCE_NONE;
	c->kvm.fence_scope = SCOPE_VM;
	c->kvm.pin = d == FIX_MERGED || d == FIX_BUSTED ? PIN_NONE : PIN_PER_SPTE;
	c->kvm.put_order = d == FIX_ANDREA_V7 || d == FIX_RUSTY ? PUT_FLUSH_BEFORE : PUT_BEFORE_FLUSH;
	c->kvm.put_batch = d == FIX_ANDREA_V7 ? 64 : 1;
	c->kvm.secondary_flush = c->kvm.put_order == PUT_FLUSH_BEFORE ? FLUSH_PER_BATCH :
		FLUSH_AFTER_LOCK;
}

static inline struct op_config *fix_op(struct fixture *f, int thread, enum op_kind kind, int region)
{
	struct thread_config *t = &f->thread[thread];
	struct op_config *o = &f->op[thread][t->n_loop++];

	memset(o, 0, sizeof(*o));
	o->kind = kind;
	o->region = region;
	o->n = 1;
	t->loop = f->op[thread];
	return o;
}

static inline int fix_thread(struct fixture *f, const char *name, enum thread_mode mode,
			     int64_t count, int64_t times)
{
	struct thread_config *t = &f->thread[f->world.n_threads];

	memset(t, 0, sizeof(*t));
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->count = count;
	t->mode = mode;
	t->times = times;
	t->first_cpu = -1;
	t->start = fix_const(0);
	return f->world.n_threads++;
}

static inline struct region_config *fix_region(struct fixture *f, const char *name, int64_t pages)
{
	struct address_space_config *s = &f->world.space[0];
	struct region_config *r = &s->region[s->n_regions++];

	memset(r, 0, sizeof(*r));
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->length = pages * PAGE_SIZE;
	r->prefault = r->secondary_prefault = PPM_ONE;
	return r;
}

static inline void fix_init(struct fixture *f, int sockets, int cores)
{
	static const sim_time defaults[NR_COSTS] = {
#define COST(id, owner, key, def, ...) [COST_##id] = def,
#include "models/config/cost.def"
#undef COST
	};

	memset(f, 0, sizeof(*f));
	strcpy(f->machine.name, "test");
	f->machine.sockets = sockets;
	f->machine.cores = cores;
	f->machine.blade_sockets = 1;
	f->machine.tlb_entries = 64;
	f->machine.idle_exit = fix_const(US(1));
	f->machine.background_interval = fix_const(0);
	memcpy(f->machine.cost, defaults, sizeof(defaults));
	strcpy(f->kernel.name, "linux-2.6.27");
	table_defaults(&kernel_params, &f->kernel);
	f->kernel.gather_batch = 506;
	f->kernel.flush_vectors = 8;
	f->kernel.split_ptlocks = 1;
	fix_design(f, FIX_MERGED);
	strcpy(f->kvm.name, "kvm-2.6.27");
	f->kvm.tlb_entries = 64;
	f->kvm.memslots = 1;
	f->world.machine = &f->machine;
	f->world.kernel = &f->kernel;
	f->world.design = &f->design;
	f->world.n_spaces = 1;
	strcpy(f->world.space[0].name, "vm");
	f->world.space[0].secondary[0].kvm = &f->kvm;
	f->world.space[0].n_secondaries = 1;
	f->world.thread = f->thread;
	f->world.until = UNTIL_THREADS_DONE;
	f->world.duration = SEC(1);
	f->world.settle = US(100);
	f->world.seed = 1;
	f->world.max_events = 50000000;
	f->world.oracle = 1;
	f->w = world_new();
}

static inline void fix_run(struct fixture *f, struct result *r)
{
	result_init(r);
	world_run(f->w, &f->world, 1, r);
}

/* The value of a metric, NAN if there is no row or no observation. */
static inline double fix_metric(const struct result *r, enum metric_id id, const char *label)
{
	for (uint32_t i = 0; i < r->n_metric; i++)
		if (r->metric[i].metric == (int)id && !strcmp(r->metric[i].label, label))
			return r->metric[i].value;
	return NAN;
}

static inline int64_t fix_count(const struct result *r, enum metric_id id, const char *label)
{
	double v = fix_metric(r, id, label);

	return isnan(v) ? -1 : (int64_t)v;
}

#endif

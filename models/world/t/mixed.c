/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A world with a little of everything; see mixed.h. */
#include "models/world/t/mixed.h"

void mixed_think(struct fixture *f, int thread, sim_time d)
{
	fix_op(f, thread, OPK_THINK, 0)->duration = fix_const(d);
}

void mixed_access(struct fixture *f, int thread, enum op_kind kind, int region, int64_t n)
{
	struct op_config *o = fix_op(f, thread, kind, region);

	o->pages.kind = PICK_UNIFORM;
	o->n = n;
}

int mixed_vmm(struct fixture *f, int64_t times, int64_t pages, sim_time pause)
{
	int t = fix_thread(f, "vmm", MODE_USER, 1, times);
	struct op_config *o;

	f->thread[t].first_cpu = 0;
	f->thread[t].start = fix_const(US(20));
	o = fix_op(f, t, OPK_MADVISE_DONTNEED, WORK);
	o->length = pages * PAGE_SIZE;
	o->at.kind = PICK_UNIFORM;
	o->refill = 1;
	mixed_think(f, t, pause);
	return t;
}

static void vcpus(struct fixture *f, int64_t count, int first_cpu)
{
	int t = fix_thread(f, "vcpu", MODE_GUEST, count, 0);

	f->thread[t].first_cpu = first_cpu;
	mixed_access(f, t, OPK_SECONDARY_ACCESS, GUEST, 4);
	mixed_think(f, t, US(7));
	mixed_access(f, t, OPK_SECONDARY_ACCESS, WORK, 1);
	mixed_think(f, t, US(2));
}

struct fixture *mixed_new(enum fix_design d, uint64_t seed)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int t;

	fix_init(f, 2, 4);
	fix_design(f, d);
	f->world.seed = (int64_t)seed;
	fix_region(f, "work", 64);
	fix_region(f, "guest", 256)->secondary_prefault = PPM_ONE / 2;
	mixed_vmm(f, 20, 16, US(5));
	vcpus(f, 3, 1);
	t = fix_thread(f, "toucher", MODE_USER, 1, 0);
	f->thread[t].first_cpu = 5;
	mixed_access(f, t, OPK_TOUCH, WORK, 4);
	mixed_think(f, t, US(3));
	return f;
}

void mixed_drop(struct fixture *f)
{
	world_free(f->w);
	free(f);
}

uint64_t mixed_fingerprint(struct fixture *f)
{
	struct result r;
	uint64_t p;

	fix_run(f, &r);
	BUG_ON(r.status != RUN_OK && r.status != RUN_VIOLATION);
	p = r.fingerprint;
	result_free(&r);
	return p;
}

int mixed_same(const struct result *a, const struct result *b)
{
	if (a->n_metric != b->n_metric)
		return 0;
	for (uint32_t i = 0; i < a->n_metric; i++) {
		const struct metric_row *x = &a->metric[i], *y = &b->metric[i];

		if (x->metric != y->metric || strcmp(x->label, y->label) || x->n != y->n ||
		    memcmp(&x->value, &y->value, sizeof(x->value)) ||
		    memcmp(&x->sumsq, &y->sumsq, sizeof(x->sumsq))) {
			printf("#   %s %s: %.17g, %.17g\n", metric_table[x->metric].name,
			       x->label, x->value, y->value);
			return 0;
		}
	}
	return 1;
}

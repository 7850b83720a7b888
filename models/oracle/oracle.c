/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks; see oracle.h.  Diagrams are built in diagram.c. */
#include "models/oracle/oracle.h"
#include "models/hw/tlb.h"
#include "models/oracle/diagram.h"

/* Steps that tell the protocol; page-specific ones come from the page itself. */
static int is_protocol(enum tracepoint id)
{
	switch (id) {
	case TP_LOCK: case TP_UNLOCK: case TP_PTE_SET: case TP_PTE_CLEAR:
	case TP_SPTE_SET: case TP_SPTE_ZAP: case TP_PIN_PUT: case TP_PAGE_ALLOC:
	case TP_PAGE_FREE: case TP_GUP: case TP_GUEST_TLB_FILL: case TP_RETIRED:
	case TP_PREEMPT_OFF: case TP_PREEMPT_ON: case TP_IPI_SEND:
	case TP_FLUSH_LOCAL: case TP_IRQ_LEAVE: case TP_TABLE_FREE:
	case TP_VIOLATION: case TP_SWITCH_IN:
		return 0;
	default:
		return 1;
	}
}

/* Steps that an invariant hangs on. */
static void watch(struct ctx *w, enum tracepoint id, uint64_t a, uint64_t b)
{
	switch (id) {
	case TP_LOCK:
		oracle_lock(w, a);
		break;
	case TP_UNLOCK:
		oracle_unlock(w, a);
		break;
	case TP_PTE_CLEAR:
		oracle_pte_clear(w, a, b);
		break;
	case TP_PIN_PUT:
		oracle_pin_put(w, a, b);
		break;
	case TP_SLEEPER_SLEEP:
		oracle_sleeps(w);
		break;
	default:
		break;
	}
}

static void step(struct ctx *w, enum tracepoint id, uint64_t a, uint64_t b)
{
	struct oracle *o = w->m->oracle;
	struct oracle_ring *r;
	struct oracle_step *s;

	watch(w, id, a, b);
	if (!w->cpu || !is_protocol(id))
		return;
	r = &o->ring[w->cpu->id];
	/* of devices that interrupt one after another the last one tells it all */
	s = &r->step[(r->n - 1) % ORACLE_STEPS];
	if (!r->n || id != TP_IRQ_ENTER || a != VECTOR_BACKGROUND || s->id != TP_IRQ_ENTER ||
	    s->a != VECTOR_BACKGROUND)
		s = &r->step[r->n++ % ORACLE_STEPS];
	s->at = w->m->sim.now;
	s->order = o->order++;
	s->id = id;
	s->a = a;
	s->b = b;
	s->who = w->name;
}

/* Room for one more; the first of an invariant always has it. */
static struct oracle_violation *new_detail(struct oracle *o, enum invariant inv)
{
	struct oracle_violation *v;

	if (o->n_details >= ORACLE_DETAILS && o->violations[inv] > 1)
		return NULL;
	v = &o->detail[o->n_details++];
	v->inv = inv;
	return v;
}

void oracle_violation(struct ctx *w, enum invariant inv, const struct page *p,
			int other_cpu, const char *what)
{
	struct oracle *o = w->m->oracle;
	struct oracle_violation *v;

	o->violations[inv]++;
	/* not by tp(): what the oracle sees is no step of the model, no fingerprint */
	trace_emit(&w->m->sim.trace, now_of(w), TP_VIOLATION, w->cpu ? w->cpu->id : -1, inv,
		   p ? p->id : 0);
	if (!(v = new_detail(o, inv)))
		return;
	v->at = now_of(w);
	v->summary = arena_strdup(w->m->arena, what);
	v->steps = diagram_steps(o, w, p, other_cpu, what);
}

/* --- I1 --------------------------------------------------------------------- */

/* A CPU other than this one whose TLB still translates to @p. */
static int primary_usable(struct ctx *w, const struct page *p, char *why, size_t n, int *cpu)
{
	for (uint64_t s = p->primary_cpus; s; s &= s - 1) {
		struct cpu *c = &w->m->cpu[__builtin_ctzll(s)];

		if (c == w->cpu || !c->tlb || c->tlb_lazy || c->ack_owed || !page_in_tlb(c->tlb, p))
			continue;
		snprintf(why, n, "the TLB of cpu%d translates page %llu to it", c->id,
			 (unsigned long long)p->va);
		*cpu = c->id;
		return 1;
	}
	return 0;
}

static void page_freed(struct ctx *w, struct page *p)
{
	struct oracle *o = w->m->oracle;
	char why[160], what[240];
	int cpu = -1;

	if (!p->had_spte && !p->primary_cpus)
		return;
	o->exposures[INV_I1]++;
	if (!primary_usable(w, p, why, sizeof(why), &cpu)) {
		struct machine *m = w->m;
		struct registrant *r = m->oracle_registrants;

		for (; r; r = r->all_next)
			if (r->ops->usable(r->priv, p, why, sizeof(why), &cpu))
				break;
		if (!r)
			return;
		oracle_freed_usable(w, r, p, cpu, why);
	}
	snprintf(what, sizeof(what), "page %u freed by %s on cpu%d while %s", p->id,
		 w->name, w->cpu->id, why);
	oracle_violation(w, INV_I1, p, cpu, what);
}

/* --- I4 ------------------------------------------------------------------------ */

void oracle_section(struct ctx *w, int64_t count, sim_time open_for)
{
	struct oracle *o = w->m->oracle;
	char what[120];

	if (!o)
		return;
	o->exposures[INV_I4]++;
	if (count >= 0 && open_for <= SEC(1))
		return;
	if (count < 0)
		snprintf(what, sizeof(what), "count of open sections is %lld: an end without its start",
			 (long long)count);
	else
		snprintf(what, sizeof(what), "a section stayed open for more than 1 s");
	oracle_violation(w, INV_I4, NULL, -1, what);
}

void oracle_section_left(struct machine *m, int64_t count, sim_time open_for)
{
	struct oracle *o = m->oracle;
	struct oracle_violation *v;

	if (!o || count <= 0 || open_for <= SEC(1))
		return;
	o->violations[INV_I4]++;
	if (!(v = new_detail(o, INV_I4)))
		return;
	v->at = m->sim.now;
	v->summary = arena_strdup(m->arena, "a section is still open at the end, for more than 1 s");
	v->steps = arena_strdup(m->arena, "[]");
}

void oracle_init(struct machine *m)
{
	struct oracle *o = arena_alloc(m->arena, sizeof(*o));

	o->m = m;
	o->ring = arena_alloc(m->arena, sizeof(*o->ring) * (size_t)m->nr_cpus);
	m->oracle = o;
	m->hooks.page_freed = page_freed;
	oracle_ptes_init(m);
	oracle_registrants_init(m);
	m->hooks.step = step;
}

void oracle_collect(const struct machine *m, struct result *r)
{
	const struct oracle *o = m->oracle;

	if (!o)
		return;
	for (int i = 0; i < NR_INVARIANTS; i++)
		result_add_count(r, invariant_names[i], o->violations[i], o->exposures[i]);
	for (int i = 0; i < o->n_details; i++) {
		const struct oracle_violation *v = &o->detail[i];

		result_add_violation(r, invariant_names[v->inv], v->at,
				     m->cfg->expect_violation[v->inv], v->summary, v->steps);
	}
}

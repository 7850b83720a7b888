/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Selecting the steps that matter: the page's own life (translation installed
 * or dropped, pte cleared), always, however long ago; and the latest protocol steps of the
 * CPUs involved, with remote flushes of others that are still in flight, at
 * most PROTOCOL_STEPS of them.
 */
#include "models/oracle/diagram.h"
#include "models/kernel/trace_text.h"
#include "models/notifier/spte.h"
#include "sim/base/json.h"

enum { PROTOCOL_STEPS = 16 };

struct row {
	sim_time at;
	uint64_t order;
	int cpu;
	const char *who;
	int of_page;		/* the page's own life: always shown */
	char what[240];
};

struct rows {
	struct row *row;
	int n;
};

static struct row *add(struct rows *r, sim_time at, uint64_t order, int cpu, const char *who)
{
	struct row *x = &r->row[r->n++];

	x->at = at;
	x->order = order;
	x->cpu = cpu;
	x->who = who;
	x->of_page = 0;
	x->what[0] = 0;
	return x;
}

/* A dropin of the page is as much its life as an spte, which it has none of. */
static int is_of_page(const struct oracle_step *s, const struct page *p)
{
	return p && (s->id == TP_GRU_DROPIN || s->id == TP_GRU_IGNORED) && s->b == p->id;
}

static void add_step(struct rows *r, const struct oracle_step *s, int cpu, const struct page *p)
{
	struct trace_record t = { s->at, s->id, cpu, s->a, s->b };
	struct row *x = add(r, s->at, s->order, cpu, s->who);

	x->of_page = is_of_page(s, p);
	trace_text(&t, x->what, sizeof(x->what));
}

static void add_ring(struct rows *r, const struct oracle *o, int cpu, const struct page *p)
{
	const struct oracle_ring *ring = &o->ring[cpu];
	uint32_t n = ring->n < ORACLE_STEPS ? ring->n : ORACLE_STEPS;

	for (uint32_t i = ring->n - n; i != ring->n; i++)
		add_step(r, &ring->step[i % ORACLE_STEPS], cpu, p);
}

/* A remote flush of @cpu that is still in flight: another flusher may have relied on it. */
static void add_open_flush(struct rows *r, const struct oracle *o, int cpu)
{
	const struct oracle_ring *ring = &o->ring[cpu];
	uint32_t n = ring->n < ORACLE_STEPS ? ring->n : ORACLE_STEPS;

	for (uint32_t i = ring->n; n--; ) {
		const struct oracle_step *s = &ring->step[--i % ORACLE_STEPS];

		if (s->id == TP_KVM_FLUSH_BEGIN || s->id == TP_KVM_REQUEST)
			add_step(r, s, cpu, NULL);
		else if (s->id != TP_IRQ_ENTER)
			return;
	}
}

/* @near: where to show a translation of the start state, which nobody installed. */
static void add_page(struct rows *r, struct oracle *o, const struct page *p, int near)
{
	const struct spte *s = p->sptes;

	if (s) {
		struct row *x = add(r, s->installed_at, 0, s->installed_at ? s->installed_cpu : near,
				    "kvm");

		x->of_page = 1;
		snprintf(x->what, sizeof(x->what), "spte %llu = page %u%s",
			 (unsigned long long)s->va, p->id, s->installed_at ? "" : " (start state)");
	}
	if (!s && p->had_spte && p->zapped_at) {
		struct row *x = add(r, p->zapped_at, o->order, p->zapped_cpu, "kvm");

		x->of_page = 1;
		snprintf(x->what, sizeof(x->what), "spte %llu cleared, page %u",
			 (unsigned long long)p->va, p->id);
	}
	if (p->clears) {
		struct row *x = add(r, p->cleared_at, o->order, p->cleared_cpu, "unmap");

		x->of_page = 1;
		snprintf(x->what, sizeof(x->what), "pte %llu cleared, page %u",
			 (unsigned long long)p->va, p->id);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

char *diagram_steps(struct oracle *o, struct ctx *w, const struct page *p, int other_cpu,
		    const char *what)
{
	struct rows r = {
		mem_calloc((size_t)(o->m->nr_cpus + 1) * ORACLE_STEPS, sizeof(struct row)), 0
	};
	struct strbuf sb;
	struct json j;
	struct row *last;
	char *text;
	int skip = -PROTOCOL_STEPS;

	if (!r.row)
		return arena_strdup(o->m->arena, "[]");
	for (int cpu = 0; cpu < o->m->nr_cpus; cpu++)
		if (cpu == w->cpu->id || cpu == other_cpu ||
		    (p && p->clears && cpu == p->cleared_cpu) ||
		    (p && !p->sptes && p->had_spte && p->zapped_at && cpu == p->zapped_cpu))
			add_ring(&r, o, cpu, p);
		else
			add_open_flush(&r, o, cpu);
	if (p)
		add_page(&r, o, p, other_cpu >= 0 ? other_cpu : w->cpu->id);
	last = add(&r, now_of(w), UINT64_MAX, w->cpu->id, w->name);
	last->of_page = 1;
	snprintf(last->what, sizeof(last->what), "%s", what);
	for (int i = 0; i < r.n; i++)
		skip += !r.row[i].of_page;
	qsort(r.row, (size_t)r.n, sizeof(*r.row), by_time);
	sb_init(&sb);
	json_init(&j, &sb);
	json_open(&j, '[');
	for (int i = 0; i < r.n; i++) {
		if (!r.row[i].of_page && skip-- > 0)
			continue;
		json_open(&j, '{');
		json_kint(&j, "t", r.row[i].at);
		json_kint(&j, "cpu", r.row[i].cpu);
		json_kstr(&j, "who", r.row[i].who);
		json_kstr(&j, "what", r.row[i].what);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	text = arena_strdup(o->m->arena, sb.failed ? "[]" : sb.s);
	sb_free(&sb);
	mem_free(r.row);
	return text;
}

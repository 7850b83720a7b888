/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * I2 and I7: a translation against the primary pte that it was made from.
 *
 * I7 is judged twice: when a site that took the right to write from a pte has
 * announced it (pte_protected), no translation that allows writes may be
 * usable; and none may be installed later by a fault whose get_user_pages came
 * before that.
 */
#include "models/hw/tlb.h"
#include "models/notifier/spte.h"
#include "models/oracle/oracle.h"

/* --- I7 --------------------------------------------------------------------------- */

static void writable(struct ctx *w, uint64_t va, const struct page *p, int cpu, const char *why)
{
	char what[240];

	snprintf(what, sizeof(what), "page %llu -> page %u is read-only and clean, but %s",
		 (unsigned long long)va, p->id, why);
	oracle_violation(w, INV_I7, p, cpu, what);
}

static void judge_write(struct ctx *w, uint64_t va, const struct page *p, const struct pte *pte,
			const struct pte_seen *seen)
{
	char why[120];

	if (!w->m->oracle || !pte || pte->page != p || pte->protect_seq == seen->protect_seq)
		return;
	w->m->oracle->exposures[INV_I7]++;
	if (pte->write)
		return;			/* made writable again meanwhile */
	snprintf(why, sizeof(why), "%s installs a translation that allows writes", w->name);
	writable(w, va, p, w->cpu->id, why);
}

/* Another CPU whose TLB still lets writes through. */
static int primary_writes(struct ctx *w, struct mm *mm, uint64_t va, const struct page *p,
			  char *why, size_t n, int *cpu)
{
	for (uint64_t s = p->primary_cpus; s; s &= s - 1) {
		struct cpu *c = &w->m->cpu[__builtin_ctzll(s)];
		const struct tlb_entry *e;

		if (!c->tlb || c->tlb_lazy || c->active_mm != mm)
			continue;
		e = tlb_find(c->tlb, va);
		if (!e || e->page != p || !e->write)
			continue;
		snprintf(why, n, "the TLB of cpu%d allows writes", c->id);
		*cpu = c->id;
		return 1;
	}
	return 0;
}

static void pte_protected(struct ctx *w, struct mm *mm, uint64_t va, const struct page *p)
{
	struct registrant *r = w->m->oracle_registrants;
	char why[120];
	int cpu = -1;

	w->m->oracle->exposures[INV_I7]++;
	if (!primary_writes(w, mm, va, p, why, sizeof(why), &cpu)) {
		for (; r; r = r->all_next)
			if (r->ops->writes &&
			    r->ops->writes(r->priv, mm, va, p, why, sizeof(why), &cpu))
				break;
		if (!r)
			return;
	}
	writable(w, va, p, cpu, why);
}

/* --- I2 --------------------------------------------------------------------------- */

static void stale(struct ctx *w, uint64_t va, const struct page *p, int pinned, const char *when)
{
	struct oracle *o = w->m->oracle;
	char what[240];

	if (pinned)
		metric_count(&w->m->metrics, METRIC_SPTE_STALE_PINNED, 0, 1);
	if (!o)
		return;
	o->exposures[INV_I2]++;
	if (pinned) {
		o->stale_pinned++;
		return;
	}
	snprintf(what, sizeof(what), "%s %s page %llu -> page %u, whose pte was cleared after get_user_pages",
		 w->name, when, (unsigned long long)va, p->id);
	oracle_violation(w, INV_I2, p, p->cleared_cpu, what);
}

void oracle_install(struct ctx *w, struct mm *mm, uint64_t va, const struct page *p,
		    const struct pte_seen *seen, int write, int pinned)
{
	const struct pte *pte = pte_lookup(mm, va);

	if (write)
		judge_write(w, va, p, pte, seen);
	if (pte && pte->page == p && pte->clear_seq == seen->clear_seq)
		return;
	if (pte && pte->unsettled)
		return;			/* its callout is still to come */
	stale(w, va, p, pinned, "installs");
}

int oracle_install_late(struct ctx *w, struct mm *mm, uint64_t va, const struct page *p,
			const struct pte_seen *seen)
{
	const struct pte *pte = pte_lookup(mm, va);

	if (pte && pte->page == p && pte->clear_seq == seen->clear_seq)
		return 0;
	stale(w, va, p, 0, "installs");
	return 1;
}

/* What came between the clear and the last callout must be gone with it. */
static void pte_settled(struct ctx *w, struct mm *mm, uint64_t va, const struct pte *pte,
			const struct page *old, uint32_t generation)
{
	struct registrant *r = w->m->oracle_registrants;

	if (old->generation != generation || pte->page == old)
		return;
	for (const struct spte *s = old->sptes; s; s = s->next_of_page)
		if (s->va == va && s->installed_at && s->installed_at >= old->cleared_at)
			stale(w, va, old, s->pinned, "leaves");
	for (; r; r = r->all_next)
		if (r->ops->holds && r->ops->holds(r->priv, mm, va, old))
			stale(w, va, old, 0, "leaves");
}

void oracle_caught(struct ctx *w, struct mm *mm, uint64_t va, const struct pte_seen *seen)
{
	const struct pte *pte = pte_lookup(mm, va);

	if (w->m->oracle && (!pte || pte->clear_seq != seen->clear_seq))
		w->m->oracle->exposures[INV_I2]++;
}

void oracle_ptes_init(struct machine *m)
{
	m->hooks.pte_settled = pte_settled;
	m->hooks.pte_protected = pte_protected;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Invariants of the notifier list: I3, I5, I6, I9, I12.
 *
 * I3 and I6 look at one thing: a pte is cleared while a registrant has a
 * translation made from it, and the path that clears it has not told the
 * registrant before (one that was told and let a fault in all the same fails I2
 * or I1, not I3).  That is noted, and judged when the task drops the last lock
 * that such a path may hold (mmap_sem, a reverse map's lock): by then it must
 * have been told.  A registrant that is on the list and was not: I3; one that
 * is off it, but not yet released, cannot be told any more: I6.  I6 also where a
 * page is freed that such a one can use.
 *
 * An exposure of I3 is a clear with a translation behind it, and a call of
 * mmu_notifier_register that overlaps a path that clears ptes of its mm.
 * Exposures of I5: a callout of one that is off the list, a registrant that
 * goes; of I6: one that leaves the list unreleased; of I9: a callout that
 * sleeps; of I12: a reference put in a callout.
 */
#include "models/notifier/spte.h"
#include "models/oracle/oracle.h"

struct pending_clear {
	struct pending_clear *next;
	struct page *page;
	uint64_t va;
	struct registrant *r;
	int told;			/* by the same path, after the clear */
};

/* A path of one task that clears ptes, from its first lock to its last. */
#define MAX_TOLD 16
#define MAX_CLEARED 8
struct path_watch {
	int locks;			/* of VM_LOCKS */
	sim_time since;
	uint32_t clears;
	struct registrant *cleared_of[MAX_CLEARED];	/* of whose mm's */
	int n_cleared;
	struct pending_clear *pending;
	struct { struct registrant *r; uint64_t start, end; } told[MAX_TOLD];
	uint32_t n_told;		/* so far: the last MAX_TOLD are kept */
};

#define VM_LOCKS (1ull << LOCK_MMAP_SEM | 1ull << LOCK_ANON_VMA | 1ull << LOCK_I_MMAP)

/* --- who has a translation -------------------------------------------------------- */

static int covers(const struct registrant *r, uint64_t va)
{
	return r->mm && va >= r->mm->base &&
	       va < r->mm->base + (uint64_t)r->mm->nr_tables * PTRS_PER_TABLE;
}

static int translates(const struct registrant *r, uint64_t va, const struct page *p)
{
	if (r->ops->holds && r->ops->holds(r->priv, r->mm, va, p))
		return 1;
	for (const struct spte *s = p->sptes; s; s = s->next_of_page)
		if (s->owner == r && s->va == va)
			return 1;
	return 0;
}

static const char *name_of(const struct registrant *r)
{
	return r->ops->kind;
}

/* --- I3 and I6: told before the path is over ---------------------------------------- */

static struct pending_clear *new_pending(struct oracle *o)
{
	struct pending_clear *c = o->pool;

	if (!c)
		return arena_alloc(o->m->arena, sizeof(*c));
	o->pool = c->next;
	return c;
}

static struct path_watch *watch_of(struct ctx *w)
{
	if (!w->watch)
		w->watch = arena_alloc(w->m->arena, sizeof(*w->watch));
	return w->watch;
}

static int was_told(const struct path_watch *x, const struct registrant *r, uint64_t va)
{
	uint32_t n = x->n_told < MAX_TOLD ? x->n_told : MAX_TOLD;

	for (uint32_t i = 0; i < n; i++)
		if (x->told[i].r == r && va >= x->told[i].start && va < x->told[i].end)
			return 1;
	return 0;
}

static void told(struct ctx *w, struct registrant *r, uint64_t start, uint64_t end)
{
	struct path_watch *x = watch_of(w);
	uint32_t i = x->n_told++ % MAX_TOLD;

	x->told[i].r = r;
	x->told[i].start = start;
	x->told[i].end = end;
	for (struct pending_clear *c = x->pending; c; c = c->next)
		if (c->r == r && c->va >= start && c->va < end)
			c->told = 1;
}

/* The registrants in whose address spaces the path cleared; all of one, or none, of an mm. */
static void note_cleared(struct ctx *w, struct path_watch *x, uint64_t va)
{
	if (x->n_cleared && covers(x->cleared_of[x->n_cleared - 1], va))
		return;
	for (int i = 0; i < x->n_cleared; i++)
		if (covers(x->cleared_of[i], va))
			return;
	for (struct registrant *r = w->m->oracle_registrants; r; r = r->all_next)
		if (covers(r, va) && x->n_cleared < MAX_CLEARED)
			x->cleared_of[x->n_cleared++] = r;
}

static void pte_cleared(struct ctx *w, uint64_t va, struct page *p)
{
	struct oracle *o = w->m->oracle;
	struct path_watch *x = watch_of(w);

	x->clears++;
	if (o->registrations)
		note_cleared(w, x, va);
	if (!p->had_spte)
		return;
	for (struct registrant *r = w->m->oracle_registrants; r; r = r->all_next) {
		struct pending_clear *c;

		if ((r->state != REGISTRANT_ON && r->state != REGISTRANT_UNLINKED) ||
		    !covers(r, va) || !translates(r, va, p) || was_told(x, r, va))
			continue;
		c = new_pending(o);
		*c = (struct pending_clear){ x->pending, p, va, r, 0 };
		x->pending = c;
	}
}

static void judge_clear(struct ctx *w, const struct pending_clear *c)
{
	const struct pte *pte = pte_lookup(c->r->mm, c->va);
	struct oracle *o = w->m->oracle;
	int on = c->r->state == REGISTRANT_ON;
	char what[240];

	o->exposures[on ? INV_I3 : INV_I6]++;
	if (c->told || (pte && pte->page == c->page) || !translates(c->r, c->va, c->page) ||
	    (!on && c->r->released))
		return;
	snprintf(what, sizeof(what), on ?
		 "%s cleared pte %llu of page %u, and a %s on the list still translates it: nobody told it in time" :
		 "%s cleared pte %llu of page %u, and a %s that is off the list, not yet released, still translates it",
		 w->name, (unsigned long long)c->va, c->page->id, name_of(c->r));
	oracle_violation(w, on ? INV_I3 : INV_I6, c->page, c->r->cpu, what);
}

/* Registrations of the mm that went on during the path. */
static void count_overlaps(struct ctx *w, const struct path_watch *x)
{
	for (int i = 0; i < x->n_cleared; i++) {
		const struct registrant *r = x->cleared_of[i];

		if (r->registering_since && (!r->registered_at || r->registered_at >= x->since))
			w->m->oracle->exposures[INV_I3]++;
	}
}

/* The task has dropped the last lock that a path over ptes may hold. */
static void path_over(struct ctx *w, struct path_watch *x)
{
	struct oracle *o = w->m->oracle;

	while (x->pending) {
		struct pending_clear *c = x->pending;

		x->pending = c->next;
		judge_clear(w, c);
		c->next = o->pool;
		o->pool = c;
	}
	if (x->clears && o->registrations)
		count_overlaps(w, x);
	x->clears = 0;
	x->n_cleared = 0;
}

void oracle_lock(struct ctx *w, uint64_t word)
{
	struct path_watch *x;

	if (!(VM_LOCKS >> (word & 0xff) & 1))
		return;
	x = watch_of(w);
	if (x->locks++)
		return;
	x->since = now_of(w);
	x->n_told = 0;
}

void oracle_unlock(struct ctx *w, uint64_t word)
{
	struct path_watch *x = w->watch;

	if (!(VM_LOCKS >> (word & 0xff) & 1) || !x || !x->locks)
		return;
	if (!--x->locks && (x->clears || x->pending))
		path_over(w, x);
}

void oracle_pte_clear(struct ctx *w, uint64_t va, uint64_t page)
{
	pte_cleared(w, va, &w->m->kernel->pages[page]);
}

void oracle_freed_usable(struct ctx *w, const struct registrant *r, const struct page *p,
			 int cpu, const char *why)
{
	char what[240];

	if (r->state != REGISTRANT_UNLINKED)
		return;
	snprintf(what, sizeof(what), "page %u freed by %s, and a %s that is off the list can use it: %.120s",
		 p->id, w->name, name_of(r), why);
	oracle_violation(w, INV_I6, p, cpu, what);
}

/* --- I5 ------------------------------------------------------------------------------- */

static void called(struct ctx *w, struct registrant *r)
{
	struct oracle *o = w->m->oracle;
	char what[160];

	r->cpu = w->cpu->id;
	if (r->state == REGISTRANT_UNLINKED)
		o->exposures[INV_I5]++;
	if (r->state != REGISTRANT_GONE)
		return;
	o->exposures[INV_I5]++;
	snprintf(what, sizeof(what), "%s calls a %s that was unregistered: its memory may be free, its code gone",
		 w->name, name_of(r));
	oracle_violation(w, INV_I5, NULL, -1, what);
}

static void went(struct ctx *w, struct registrant *r)
{
	struct oracle *o = w->m->oracle;
	char what[160];

	o->exposures[INV_I5]++;
	if (!r->running)
		return;
	snprintf(what, sizeof(what), "%s lets a %s go while %d of its callouts run, the last begun on cpu%d",
		 w->name, name_of(r), r->running, r->cpu);
	oracle_violation(w, INV_I5, NULL, r->cpu, what);
}

static void registrant(struct ctx *w, struct registrant *r, int event)
{
	struct oracle *o = w->m->oracle;

	switch ((enum registrant_event)event) {
	case REGISTRANT_CALLED:
		called(w, r);
		break;
	case REGISTRANT_WAS_UNLINKED:
		o->exposures[INV_I6] += !r->released;
		break;
	case REGISTRANT_WENT:
		went(w, r);
		break;
	case REGISTRANT_REGISTERS:
		o->registrations = 1;
		r->registering_since = now_of(w);
		r->registered_at = 0;
		break;
	case REGISTRANT_LINKED:
	case REGISTRANT_WAS_RELEASED:
		break;
	case REGISTRANT_REGISTERED:
		r->registered_at = now_of(w);
		break;
	}
}

/* --- I9 --------------------------------------------------------------------------------- */

static void sleeps_atomically(struct ctx *w)
{
	char what[160];

	snprintf(what, sizeof(what), "%s sleeps%s with %d spinlocks, preemption off %d times, inside %d RCU readers",
		 w->name, w->callouts ? " in a callout" : "", w->spinlocks, w->preempt_count,
		 w->rcu_nesting);
	oracle_violation(w, INV_I9, NULL, -1, what);
}

void oracle_sleeps(struct ctx *w)
{
	w->m->oracle->exposures[INV_I9]++;
}

/* --- I12 -------------------------------------------------------------------------------- */

void oracle_pin_put(struct ctx *w, uint64_t page, uint64_t left)
{
	const struct page *p = &w->m->kernel->pages[page];
	char why[160], what[240];
	int cpu = -1;

	if (!w->callouts)
		return;
	w->m->oracle->exposures[INV_I12]++;
	if (left)
		return;
	for (struct registrant *r = w->m->oracle_registrants; r; r = r->all_next) {
		if (!r->ops->usable(r->priv, p, why, sizeof(why), &cpu))
			continue;
		snprintf(what, sizeof(what), "%s puts the last reference to page %u in a callout while %s",
			 w->name, p->id, why);
		oracle_violation(w, INV_I12, p, cpu, what);
		return;
	}
}

void oracle_registrants_init(struct machine *m)
{
	m->hooks.told = told;
	m->hooks.registrant = registrant;
	m->hooks.might_sleep = sleeps_atomically;
}

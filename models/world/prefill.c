/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The start state of memory: pages mapped and on the LRU, translations of the
 * secondary MMUs in place, so that no run is spent on first touches.
 *
 * Where machine.memory is limited, not all pages fit.  Which are resident, and
 * in which order they stand on the LRU, comes from the loads: their accesses
 * are drawn backwards from the start, and the n-th page to appear is the n-th
 * most recent one.  What appears late or never is in swap.  The more recent two
 * thirds are active, the more recent third has its accessed bits set.  Free
 * memory is at the high watermark, as kswapd leaves it.
 *
 * A region with sharers is mapped by so many processes without threads, as
 * after fork: each maps the page of the region with probability @maps, for
 * reading; where it does not, it has written and has a copy of its own (a file:
 * nothing).  Their VMAs stand on the list of the region's anon_vma or file.
 */
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/notifier/spte.h"
#include "models/world/build.h"

enum { MAX_SOURCES = 64, DRAWS_PER_PAGE = 3 };

/* --- pages and ptes ------------------------------------------------------------- */

/* From the zone, or, in a later life of a process, from where pages are. */
static struct page *take_free_page(struct machine *m)
{
	struct kernel *k = m->kernel;
	struct page *p = k->free;

	if (p) {
		k->free = p->next;
		k->nr_zone_free--;
	}
	for (int i = 0; !p && i < m->nr_cpus; i++) {
		p = k->pcpu[i].free;
		if (p) {
			k->pcpu[i].free = p->next;
			k->pcpu[i].nr_free--;
		}
	}
	if (!p)
		sim_fail(&m->sim, SIM_STOP_FAILED, "no page is free for a new process");
	p->next = NULL;
	p->free = 0;
	p->had_spte = 0;
	p->op = NULL;
	return p;
}

static struct page *new_page(struct machine *m, int active, int tail)
{
	struct page *p = take_free_page(m);

	p->count = 1;
	p->uptodate = 1;
	p->active = active != 0;
	lru_add_page(m->kernel, p, tail);
	return p;
}

static struct pte *pte_at(struct machine *m, struct mm *mm, uint64_t va)
{
	struct pgtable **t = table_slot(mm, va);

	if (!*t)
		*t = pgtable_new(m);
	return &(*t)->pte[va % PTRS_PER_TABLE];
}

/* The file's page behind @va of @v, with one reference more for a pte. */
static struct page *file_page(struct machine *m, struct vma *v, uint64_t va, int active, int tail)
{
	struct page **slot = &v->mapping->page[va - v->start + v->pgoff];

	if (!*slot) {
		*slot = new_page(m, active, tail);
		(*slot)->mapping = v->mapping;
		v->mapping->nrpages++;
	}
	get_page(*slot);
	return *slot;
}

/* @dirty: of a shared file's page; anonymous memory is writable and dirty anyway. */
static struct page *map_page(struct machine *m, struct mm *mm, uint64_t va, int dirty, int active,
			     int tail)
{
	struct vma *v = vma_of(mm, va);
	struct page *p = v->mapping ? file_page(m, v, va, active, tail) : new_page(m, active, tail);
	int write = !v->mapping || (dirty && v->flags & VM_SHARED);

	if (v->mapping && write)
		p->dirty = 1;
	rmap_prefill(m, p, v, va);
	pte_store(pte_at(m, mm, va), p, write, 0, write);
	return p;
}

/* --- sharers -------------------------------------------------------------------- */

static int chosen(uint64_t key, uint64_t va, int64_t ppm)
{
	return ppm >= PPM_ONE || (int64_t)(rng_keyed(key, 0, va) % PPM_ONE) < ppm;
}

static uint64_t region_key(const struct machine *m, const struct region *r)
{
	return hash_mix(hash_str(r->cfg->name, (uint64_t)m->cfg->seed), m->replication);
}

/* What sharer @i has at the place of @p, which the region maps at @va. */
static void share_page(struct machine *m, struct space *s, struct region *r, int i, uint64_t va,
		       struct page *p)
{
	struct mm *mm = r->sharer[i];
	uint64_t at = va - r->start + mm->base;
	int maps = chosen(hash_mix(region_key(m, r), 3u + (uint64_t)i), va, r->cfg->maps);

	if (maps) {
		get_page(p);
		pte_lookup(s->mm, va)->write = 0;
	} else if (p->mapping) {
		return;
	} else {
		p = new_page(m, p->active, 1);
	}
	rmap_prefill(m, p, mm->vma, at);
	pte_store(pte_at(m, mm, at), p, !maps, 0, !maps);
}

/* --- one page of a region -------------------------------------------------------- */

static void prefill_page(struct machine *m, struct space *s, struct region *r, uint64_t va,
			 int active, int tail, int young)
{
	uint64_t key = region_key(m, r);
	struct page *p = map_page(m, s->mm, va, chosen(key + 2, va, r->cfg->dirty), active, tail);

	for (int i = 0; i < r->n_sharers; i++)
		share_page(m, s, r, i, va, p);
	if (p->mapcount > 1 && page_anon(p))
		return;			/* a translation's fault would have made a copy */
	pte_lookup(s->mm, va)->young = young != 0;
	if (!chosen(key + 1, va, r->cfg->secondary_prefault))
		return;
	for (int i = 0; i < s->cfg->n_secondaries; i++)
		if (s->secondary[i]->driver->prefill &&
		    s->cfg->secondary[i].registered == REGISTERED_AT_START)
			s->secondary[i]->driver->prefill(s->secondary[i], va, p);
	for (struct spte *x = p->sptes; x; x = x->next_of_page)
		x->accessed = young != 0;
}

void prefill_region(struct machine *m, struct space *s, struct region *r)
{
	uint64_t key = region_key(m, r);

	for (uint64_t va = r->start; va < r->start + r->pages; va++)
		if (chosen(key, va, r->cfg->prefault))
			prefill_page(m, s, r, va, 1, 0, 0);
}

/* --- limited memory: recency ------------------------------------------------------- */

/* An operation that has been going on for ever. */
struct source {
	struct region *r;
	struct space *s;
	const struct op_config *op;
	uint64_t weight, cursor;
};

struct recency {
	struct world_run *run;
	struct source source[MAX_SOURCES];
	int n_sources;
	uint64_t weight;		/* of all */
	struct source_page { struct space *s; struct region *r; uint64_t va; } *page;
	uint64_t n, max;
	uint8_t **seen;			/* by space and page */
};

static sim_time round_time(const struct op_config *op, int n)
{
	sim_time sum = 0;

	for (int i = 0; i < n; i++) {
		if (op[i].kind == OPK_REPEAT)
			sum += op[i].times * round_time(op[i].loop, op[i].n_loop);
		else if (op[i].kind == OPK_THINK || op[i].kind == OPK_SLEEP)
			sum += dist_mean(&op[i].duration);
		else
			sum += NS(100) * op[i].n;
	}
	return sum;
}

static void add_source(struct recency *c, struct space *s, const struct op_config *op,
		       int64_t per_round, sim_time round)
{
	struct source *x = &c->source[c->n_sources];

	if (c->n_sources == MAX_SOURCES)
		return;
	x->s = s;
	x->r = &s->region[op->region < 0 ? 0 : op->region];
	x->op = op;
	x->weight = (uint64_t)((__int128)per_round * SEC(1) / (round > 0 ? round : 1)) + 1;
	x->cursor = 0;
	if (!x->r->cfg->prefault)
		return;
	c->weight += x->weight;
	c->n_sources++;
}

static void add_sources(struct recency *c, struct space *s, const struct op_config *op, int n,
			int64_t times, sim_time round)
{
	for (int i = 0; i < n; i++) {
		if (op[i].kind == OPK_REPEAT)
			add_sources(c, s, op[i].loop, op[i].n_loop, times * op[i].times, round);
		else if (op[i].kind == OPK_TOUCH || op[i].kind == OPK_SECONDARY_ACCESS)
			add_source(c, s, &op[i], times * op[i].n, round);
	}
}

static uint64_t draw_page(struct recency *c, struct source *x, struct rng *rng)
{
	if (x->op->pages.kind == PICK_SEQ || x->op->pages.kind == PICK_ALL)	/* backwards */
		return x->r->start + x->r->pages - 1 - x->cursor++ % x->r->pages;
	return pick_page(c->run->l.picks, x->r, &x->op->pages, rng, &x->cursor);
}

static void appears(struct recency *c, struct space *s, struct region *r, uint64_t va)
{
	uint8_t *seen = &c->seen[s - c->run->l.space][va - s->start];

	if (*seen)
		return;
	*seen = 1;
	if (!chosen(region_key(&c->run->m, r), va, r->cfg->prefault))
		return;
	c->page[c->n++] = (struct source_page){ s, r, va };
}

/* Accesses backwards in time, then whatever nobody accesses. */
static void draw_recency(struct recency *c)
{
	struct workload *l = &c->run->l;
	const struct machine *m = &c->run->m;
	struct rng rng;

	rng_seed(&rng, (uint64_t)m->cfg->seed, m->replication, "memory", "recency");
	for (uint64_t i = 0; c->weight && i < DRAWS_PER_PAGE * c->max && c->n < c->max; i++) {
		uint64_t at = rng_below(&rng, c->weight);
		struct source *x = c->source;

		for (; at >= x->weight; x++)
			at -= x->weight;
		appears(c, x->s, x->r, draw_page(c, x, &rng));
	}
	for (int i = 0; i < l->n_spaces; i++)
		for (int j = 0; j < l->space[i].cfg->n_regions; j++)
			for (uint64_t k = 0; k < l->space[i].region[j].pages; k++)
				appears(c, &l->space[i], &l->space[i].region[j],
					l->space[i].region[j].start + k);
}

/* --- limited memory: in and out ------------------------------------------------------- */

/* In swap, with its slot; a file's page is just not in the cache. */
static void swapped_out(struct machine *m, const struct source_page *x)
{
	struct swap_info *s = m->kernel->swap;
	struct pte *pte;

	if (vma_of(x->s->mm, x->va)->mapping)
		return;
	if (!s->nr_free)
		sim_fail(&m->sim, SIM_STOP_FAILED, "the start state does not fit into memory and swap");
	pte = pte_at(m, x->s->mm, x->va);
	pte->kind = PTE_SWAP;
	pte->swap = s->lowest;
	s->slot[s->lowest].map = 1;
	s->nr_free--;
	s->cluster_next = ++s->lowest;
	x->s->mm->on_mmlist = 1;
}

static uint64_t count_pages(const struct workload *l)
{
	uint64_t n = 0;

	for (int i = 0; i < l->n_spaces; i++)
		for (int j = 0; j < l->space[i].cfg->n_regions; j++)
			n += l->space[i].region[j].pages;
	return n;
}

static void find_sources(struct recency *c)
{
	struct workload *l = &c->run->l;

	for (int i = 0; i < l->n_threads; i++) {
		const struct thread_config *t = l->thread[i].cfg;

		if (l->thread[i].space && !t->halted)
			add_sources(c, l->thread[i].space, t->loop, t->n_loop, 1,
				    round_time(t->loop, t->n_loop));
	}
}

void prefill_limited(struct world_run *run)
{
	struct machine *m = &run->m;
	struct recency *c = arena_alloc(m->arena, sizeof(*c));
	int64_t room = m->kernel->nr_zone_free - m->kernel->zone.pages_high;
	uint64_t resident;

	c->run = run;
	c->max = count_pages(&run->l);
	c->page = arena_alloc(m->arena, sizeof(*c->page) * (c->max + 1));
	c->seen = arena_alloc(m->arena, sizeof(*c->seen) * (size_t)(run->l.n_spaces + 1));
	for (int i = 0; i < run->l.n_spaces; i++)
		c->seen[i] = arena_alloc(m->arena, run->l.space[i].pages + 1);
	find_sources(c);
	draw_recency(c);
	resident = room < 0 ? 0 : c->n < (uint64_t)room ? c->n : (uint64_t)room;
	for (uint64_t i = 0; i < c->n; i++) {
		const struct source_page *x = &c->page[i];

		if (m->kernel->nr_zone_free > m->kernel->zone.pages_high)
			prefill_page(m, x->s, x->r, x->va, i < resident * 2 / 3, 1, i < resident / 3);
		else
			swapped_out(m, x);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A secondary MMU whose callouts wait for somebody; see sleeper.h. */
#include "models/secondary/sleeper.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

static struct sleeper *sleeper_of(struct secondary *s)
{
	return (struct sleeper *)s;
}

static int counts(const struct sleeper *s)
{
	return s->protocol->fence == FENCE_COUNT || s->protocol->fence == FENCE_COUNT_SEQ;
}

static int sequences(const struct sleeper *s)
{
	return s->protocol->fence == FENCE_SEQ || s->protocol->fence == FENCE_COUNT_SEQ;
}

/* --- sections ---------------------------------------------------------------------- */

/* All with the driver's lock held. */
static void set_count(struct ctx *w, struct sleeper *s, int64_t count)
{
	s->count = count;
	tw_set(&s->closed, now_of(w), count > 0);
	tp(w, TP_SLEEPER_COUNT, (uint64_t)count, 0);
}

static void section_open(struct ctx *w, struct sleeper *s, uint64_t start, uint64_t end)
{
	sync(w);
	if (s->n_open == SLEEPER_SECTIONS)
		sim_fail(&w->m->sim, SIM_STOP_FAILED, "more than %d open sections", SLEEPER_SECTIONS);
	s->open[s->n_open++] = (struct sleeper_section){ start, end, w, quiet_clock(w, now_of(w)) };
	set_count(w, s, s->count + 1);
}

static void section_close(struct ctx *w, struct sleeper *s, uint64_t start, uint64_t end)
{
	sim_time open_for = 0;
	int i = 0;

	sync(w);
	while (i < s->n_open && (s->open[i].start != start || s->open[i].end != end))
		i++;
	if (i < s->n_open) {
		open_for = quiet_clock(s->open[i].w, now_of(w)) - s->open[i].quiet;
		s->open[i] = s->open[--s->n_open];
	}
	set_count(w, s, s->count - 1);
	oracle_section(w, s->count, open_for);
}

/* --- dropping ------------------------------------------------------------------------ */

/* The message and its confirmation: the other side may use the page until then. */
static void confirm(struct ctx *w, struct sleeper *s, enum callout_op op)
{
	const struct dist *length = &s->cfg->length[op];
	sim_time d = dist_draw(length, &s->rng);

	if (!d)
		return;
	if (!s->cfg->must_sleep) {
		cpu_work(w, d);
		return;
	}
	tp(w, TP_SLEEPER_SLEEP, op, 0);
	might_sleep(w);
	schedule_timeout(w, d);
}

static int drop_range(struct ctx *w, struct sleeper *s, uint64_t start, uint64_t end)
{
	int n = 0;

	start = start > s->base ? start : s->base;
	end = end < s->base + s->pages ? end : s->base + s->pages;
	for (uint64_t va = start; va < end; va++) {
		struct spte *e = &s->spte[va - s->base];
		struct page *p = e->page;

		if (!p)
			continue;
		charge(w, COST_SLEEPER_DROP);
		sync(w);
		tp(w, TP_SPTE_ZAP, va, p->id);
		p->zapped_at = now_of(w);
		p->zapped_cpu = w->cpu->id;
		spte_unlink(e);
		if (e->pinned)
			put_pin(w, p);
		n++;
	}
	return n;
}

static int op_length(enum callout_op op)
{
	return op == OP_range_start || op == OP_range_end || op == OP_release ? op :
		OP_invalidate_page;
}

static int range_start(struct ctx *w, struct sleeper *s, uint64_t start, uint64_t end)
{
	int n;

	spin_lock(w, &s->lock);
	if (counts(s))
		section_open(w, s, start, end);
	spin_unlock(w, &s->lock);
	confirm(w, s, OP_range_start);
	if (s->protocol->zap_at != ZAP_RANGE_START)
		return 0;
	spin_lock(w, &s->lock);
	n = drop_range(w, s, start, end);
	spin_unlock(w, &s->lock);
	return n;
}

/* The rest: wait, then the sequence moves with the drop, so that a fault whose
 * page was found before finds out. */
static int ends(struct ctx *w, struct sleeper *s, enum callout_op op, uint64_t start, uint64_t end)
{
	int zaps = op != OP_range_end || s->protocol->zap_at == ZAP_RANGE_END, n = 0;

	confirm(w, s, (enum callout_op)op_length(op));
	spin_lock(w, &s->lock);
	sync(w);
	if (sequences(s))
		s->seq++;
	if (zaps)
		n = drop_range(w, s, start, end);
	if (op == OP_range_end && counts(s))
		section_close(w, s, start, end);
	spin_unlock(w, &s->lock);
	return n;
}

static int callout(struct ctx *w, void *priv, enum callout_op op, uint64_t start, uint64_t end)
{
	struct sleeper *s = priv;

	return op == OP_range_start ? range_start(w, s, start, end) : ends(w, s, op, start, end);
}

static int zaps(const void *priv, enum callout_op op)
{
	const struct sleeper *s = priv;

	if (op == OP_range_start)
		return s->protocol->zap_at == ZAP_RANGE_START;
	return op != OP_range_end || s->protocol->zap_at == ZAP_RANGE_END;
}

static void release(struct ctx *w, void *priv)
{
	struct sleeper *s = priv;

	confirm(w, s, OP_release);
	spin_lock(w, &s->lock);
	drop_range(w, s, s->base, s->base + s->pages);
	spin_unlock(w, &s->lock);
}

static int usable(void *priv, const struct page *p, char *why, size_t n, int *cpu)
{
	const struct sleeper *s = priv;

	for (const struct spte *e = p->sptes; e; e = e->next_of_page) {
		if (e->owner != &s->secondary.registrant)
			continue;
		snprintf(why, n, "a translation of page %llu to it stands", (unsigned long long)e->va);
		*cpu = e->installed_cpu;
		return 1;
	}
	return 0;
}

static const struct secondary_ops sleeper_ops = {
	.kind = "sleeper", .callout = callout, .zaps = zaps, .release = release, .usable = usable,
};

/* --- faults --------------------------------------------------------------------------- */

enum fault { FAULT_MAPPED, FAULT_RETRY, FAULT_NO_MEMORY };

static int fence_closed(const struct sleeper *s, int64_t seq)
{
	return (counts(s) && s->count > 0) || (sequences(s) && s->seq != seq);
}

static void store(struct ctx *w, struct sleeper *s, uint64_t va, struct page *p,
		  const struct pte_seen *seen, int write)
{
	struct spte *e = &s->spte[va - s->base];

	charge(w, COST_SLEEPER_STORE);
	sync(w);
	if (e->page == p) {
		e->write |= write != 0;
		put_page(w, p);
		return;
	}
	if (e->page)
		drop_range(w, s, va, va + 1);
	oracle_install(w, s->mm, va, p, seen, write, s->protocol->pin == PIN_PER_SPTE);
	spte_link(e, &s->secondary.registrant, p, va);
	e->installed_at = now_of(w);
	e->installed_cpu = w->cpu->id;
	e->write = write != 0;
	e->pinned = s->protocol->pin == PIN_PER_SPTE;
	tp(w, TP_SPTE_SET, va, p->id);
	if (e->pinned)
		p->pins++;
	else
		put_page(w, p);
}

static enum fault fault(struct ctx *w, struct sleeper *s, uint64_t va, int write)
{
	struct pte_seen seen;
	struct page *p;
	int64_t seq;

	charge(w, COST_SLEEPER_FAULT);
	sync(w);
	seq = s->seq;
	down_read(w, &s->mm->mmap_sem);
	p = get_user_pages(w, s->mm, va, write, &seen);
	up_read(w, &s->mm->mmap_sem);
	if (!p)
		return FAULT_NO_MEMORY;
	spin_lock(w, &s->lock);
	sync(w);
	if (fence_closed(s, seq)) {
		oracle_caught(w, s->mm, va, &seen);
		metric_count(&w->m->metrics, METRIC_SECONDARY_FAULT_RETRIES, 0, 1);
		tp(w, TP_RETRY, va, 0);
		spin_unlock(w, &s->lock);
		put_page(w, p);
		return FAULT_RETRY;
	}
	store(w, s, va, p, &seen, write);
	spin_unlock(w, &s->lock);
	return FAULT_MAPPED;
}

/* Without a registration the driver gives no translation: nobody would take it back. */
static int may_map(const struct ctx *w, const struct sleeper *s)
{
	return w->m->cfg->design->list_structure == LIST_NONE ||
	       s->secondary.registrant.state == REGISTRANT_ON;
}

static void access(void *user, uint64_t va, int write)
{
	struct sleeper_user *u = user;
	struct sleeper *s = u->s;
	struct ctx *w = u->w;
	const struct spte *e = &s->spte[va - s->base];

	ctx_class(w, TIME_SYSTEM);
	while (!e->page || (write && !e->write)) {
		enum fault r;

		if (!may_map(w, s)) {
			metric_count(&w->m->metrics, METRIC_SECONDARY_FAULT_FAILED, 0, 1);
			break;
		}
		if (!w->fault)
			account_start(w, &u->account, s->mm, va);
		r = fault(w, s, va, write);
		if (r == FAULT_NO_MEMORY) {
			account_end(w, 0);
			break;
		}
		if (r == FAULT_MAPPED)
			continue;
		schedule_timeout(w, dist_draw(&s->cfg->retry, &s->rng));
		account_attempt(w, PART_FENCE, va, va + 1);
	}
	charge(w, COST_SLEEPER_ACCESS);
	sync(w);
	if (w->fault)
		account_end(w, 1);
	ctx_class(w, TIME_USER);
}

/* --- as a secondary MMU among others ------------------------------------------------------ */

static struct secondary *create(struct machine *m, struct mm *mm, const struct secondary_use *use,
				uint64_t base, uint64_t pages, int users)
{
	struct sleeper *s = arena_alloc(m->arena, sizeof(*s));

	(void)users;
	s->m = m;
	s->mm = mm;
	s->cfg = use->sleeper;
	s->protocol = &m->cfg->design->sleeper;
	s->base = base;
	s->pages = pages;
	s->spte = arena_alloc(m->arena, sizeof(*s->spte) * (size_t)(pages + 1));
	spin_lock_init(m, &s->lock, LOCK_SLEEPER);
	tw_start(&s->closed, 0, 0);
	rng_seed(&s->rng, (uint64_t)m->cfg->seed, m->replication, use->name, "callout");
	return &s->secondary;
}

static void prefill(struct secondary *sec, uint64_t va, struct page *p)
{
	struct sleeper *s = sleeper_of(sec);
	struct spte *e = &s->spte[va - s->base];

	spte_link(e, &sec->registrant, p, va);
	e->write = 1;
	e->pinned = s->protocol->pin == PIN_PER_SPTE;
	if (!e->pinned)
		return;
	p->pins++;
	get_page(p);
}

static void *attach(struct secondary *s, struct ctx *w, uint64_t working_set)
{
	struct sleeper_user *u = arena_alloc(w->m->arena, sizeof(*u));

	(void)working_set;
	u->s = sleeper_of(s);
	u->w = w;
	return u;
}

static void destroy(struct ctx *w, struct secondary *s)
{
	release(w, sleeper_of(s));
}

static void window_begin(struct secondary *sec, sim_time now)
{
	struct sleeper *s = sleeper_of(sec);

	tw_start(&s->closed, now, s->closed.value);
}

static void window_end(struct secondary *sec, sim_time now)
{
	struct sleeper *s = sleeper_of(sec);
	sim_time longest = 0;

	for (int i = 0; i < s->n_open; i++) {
		sim_time d = quiet_clock(s->open[i].w, now) - s->open[i].quiet;

		longest = d > longest ? d : longest;
	}
	s->m->metrics.cell[METRIC_FENCE_CLOSED][0].count += (int64_t)tw_area(&s->closed, now);
	oracle_section_left(s->m, s->count, longest);
}

/* There is no TLB beside the table. */
static uint32_t tlb_entries(const void *user)
{
	(void)user;
	return 0;
}

const struct secondary_driver sleeper_driver = {
	.ops = &sleeper_ops, .create = create, .prefill = prefill, .attach = attach,
	.tlb_entries = tlb_entries, .access = access, .destroy = destroy, .window_begin = window_begin, .window_end = window_end,
};

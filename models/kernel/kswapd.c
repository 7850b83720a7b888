/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who reclaims: direct reclaim, the slab shrinkers, kswapd (mm/vmscan.c of
 * 2.6.27); see vmscan.h.
 *
 * Both go through priorities 12 to 0, scanning 1/4096 of the lists at first and
 * all of them at last.  Direct reclaim stops at 32 pages, kswapd when the zone
 * is above its high watermark.
 */
#include "models/kernel/kthread.h"
#include "models/kernel/sched.h"
#include "models/kernel/vmscan.h"
#include "sim/base/xassert.h"

static int64_t lru_pages(const struct zone *z)
{
	return z->lru[LRU_ACTIVE].nr + z->lru[LRU_INACTIVE].nr;
}

/* --- slab shrinkers ---------------------------------------------------------------- */

void register_shrinker(struct machine *m, struct shrinker *s)
{
	struct shrinker **at = &m->kernel->shrinkers;

	while (*at)
		at = &(*at)->next;
	*at = s;
}

/* What is due, in batches of 128; less is carried over. */
static int64_t shrink_one_slab(struct ctx *w, struct shrinker *s, int64_t scanned, int64_t pages)
{
	int64_t max_pass, freed = 0;

	charge(w, COST_SHRINKER);
	max_pass = s->shrink(w, s->arg, 0);
	s->nr += 4 * scanned / s->seeks * max_pass / (pages + 1);
	if (s->nr > max_pass * 2)
		s->nr = max_pass * 2;
	for (; s->nr >= SHRINK_BATCH; s->nr -= SHRINK_BATCH) {
		int64_t before = s->shrink(w, s->arg, 0), after;

		charge(w, COST_SHRINKER);
		after = s->shrink(w, s->arg, SHRINK_BATCH);
		metric_count(&w->m->metrics, METRIC_SLAB_SCANNED, 0, SHRINK_BATCH);
		if (after < before)
			freed += before - after;
		cond_resched(w);
	}
	return freed;
}

int64_t shrink_slab(struct ctx *w, int64_t scanned, int64_t pages)
{
	struct kernel *k = w->m->kernel;
	int64_t freed = 0;

	if (!scanned)
		scanned = SWAP_CLUSTER_MAX;
	for (struct shrinker *s = k->shrinkers; s; s = s->next)
		freed += shrink_one_slab(w, s, scanned, pages);
	return freed;
}

/* --- direct reclaim ------------------------------------------------------------------- */

int64_t try_to_free_pages(struct ctx *w)
{
	struct zone *z = &w->m->kernel->zone;
	struct scan_control sc = { .may_writepage = 1 };
	int64_t nr_reclaimed = 0, pages = lru_pages(z);
	int priority;

	metric_count(&w->m->metrics, METRIC_RECLAIM_DIRECT, 0, 1);
	for (priority = DEF_PRIORITY; priority >= 0; priority--) {
		sc.nr_scanned = 0;
		if (!priority)
			disable_swap_token(w);
		sc.all_unreclaimable = 1;
		z->prev_priority = priority < z->prev_priority ? priority : z->prev_priority;
		if (!z->all_unreclaimable || priority == DEF_PRIORITY) {
			sc.all_unreclaimable = 0;
			nr_reclaimed += shrink_zone(w, &sc, priority);
		}
		shrink_slab(w, sc.nr_scanned, pages);
		if (nr_reclaimed >= SWAP_CLUSTER_MAX)
			break;
		if (sc.nr_scanned && priority < DEF_PRIORITY - 2)
			congestion_wait(w, w->m->kc->reclaim_wait, WAIT_PRIORITY);
	}
	z->prev_priority = priority < 0 ? 0 : priority;
	if (nr_reclaimed >= SWAP_CLUSTER_MAX || !sc.all_unreclaimable)
		return nr_reclaimed;
	return 0;
}

/* --- kswapd ------------------------------------------------------------------------------ */

static int watermark_ok(const struct kernel *k, int64_t mark)
{
	return k->nr_zone_free > mark;
}

/* One priority of balance_pgdat. */
static void balance_zone(struct ctx *w, struct scan_control *sc, int priority,
			int64_t *nr_reclaimed, int64_t *total_scanned)
{
	struct kernel *k = w->m->kernel;
	struct zone *z = &k->zone;
	int64_t pages = lru_pages(z), slab;

	z->prev_priority = priority < z->prev_priority ? priority : z->prev_priority;
	sc->nr_scanned = 0;
	if (!watermark_ok(k, 8 * z->pages_high))
		*nr_reclaimed += shrink_zone(w, sc, priority);
	slab = shrink_slab(w, sc->nr_scanned, pages);
	*total_scanned += sc->nr_scanned;
	if (!z->all_unreclaimable && !slab && z->pages_scanned >= lru_pages(z) * 6)
		z->all_unreclaimable = 1;
}

/* 1: all is well (or nothing can be done); 0: start again. */
static int balance_once(struct ctx *w)
{
	struct kernel *k = w->m->kernel;
	struct zone *z = &k->zone;
	struct scan_control sc = { .may_writepage = 1 };
	int64_t nr_reclaimed = 0, total_scanned = 0;
	int priority, ok = 0;

	for (priority = DEF_PRIORITY; priority >= 0; priority--) {
		if (!priority)
			disable_swap_token(w);
		sync(w);
		if ((z->all_unreclaimable && priority != DEF_PRIORITY) ||
		    watermark_ok(k, z->pages_high)) {
			ok = 1;
			break;
		}
		balance_zone(w, &sc, priority, &nr_reclaimed, &total_scanned);
		if (total_scanned && priority < DEF_PRIORITY - 2)
			congestion_wait(w, w->m->kc->reclaim_wait, WAIT_PRIORITY);
		if (nr_reclaimed >= SWAP_CLUSTER_MAX)
			break;
	}
	z->prev_priority = priority < 0 ? 0 : priority;
	return ok;
}

void wakeup_kswapd(struct ctx *w)
{
	struct kernel *k = w->m->kernel;

	sync(w);
	if (!k->kswapd || watermark_ok(k, k->zone.pages_low))
		return;
	if (!k->kswapd_waits)
		return;
	k->kswapd_waits = 0;
	metric_count(&w->m->metrics, METRIC_KSWAPD_WAKE, 0, 1);
	wake_up_process(w, k->kswapd);
}

static void kswapd(struct ctx *w, void *arg)
{
	struct kernel *k = w->m->kernel;

	(void)arg;
	w->memalloc = w->kswapd = 1;	/* PF_MEMALLOC | PF_SWAPWRITE | PF_KSWAPD */
	for (;;) {
		for (k->kswapd_waits = 1; k->kswapd_waits; )
			schedule(w, "pages to reclaim", NULL);
		while (!balance_once(w))
			cond_resched(w);
	}
}

void kswapd_start(struct machine *m)
{
	m->kernel->kswapd = kthread_create(m, "kswapd0", -1, kswapd, NULL);
}

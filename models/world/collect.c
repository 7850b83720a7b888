/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From cells to rows.  Times leave the model here: ps become ns.  A tally
 * without observation is a row with a NAN value; a labelled one is no row.  One
 * with observations cut off by the end is a row with a NAN value and the lower
 * bound as its minimum.  A run that ended in 'oom' has these only: what it did
 * until then is no sample of what the others did to the end.
 */
#include <math.h>

#include "models/workload/ghost.h"
#include "models/world/build.h"

static double scale_of(enum metric_id id)
{
	return strcmp(metric_table[id].unit, "ns") ? 1 : 1e-3;
}

static void fill_tally(struct metric_row *row, const struct tally *t, double scale)
{
	row->n = t->n;
	row->value = tally_mean(t) * scale;
	row->sum = t->n ? (double)t->sum * scale : NAN;
	row->sumsq = t->n ? (double)t->sumsq * scale * scale : NAN;
	row->min = t->n ? (double)t->min * scale : NAN;
	row->max = t->n ? (double)t->max * scale : NAN;
}

static void fill_cut(struct metric_row *row, const struct metric_cell *c, double scale)
{
	row->n = c->tally.n;
	row->value = row->sum = row->sumsq = row->max = NAN;
	row->min = ((double)c->tally.sum + (double)c->cut_sum) * scale /
		   (double)(c->tally.n + c->cut_n);
}

static void fill_value(struct metric_row *row, double value, int64_t n)
{
	row->n = n;
	row->value = value;
	row->sum = value;
	row->sumsq = row->min = row->max = NAN;
}

static void add_histogram(struct result *out, enum metric_id id, const char *label,
			  const struct histogram *h)
{
	struct strbuf sb;

	if (!h->bin || !h->n)
		return;
	sb_init(&sb);
	histogram_encode(h, &sb);
	if (sb.failed)
		out->failed = 1;
	else
		result_add_histogram(out, (int)id, label, sb.s, (uint32_t)sb.len);
	sb_free(&sb);
}

static void add_cell(struct result *out, const struct metrics *x, enum metric_id id, int i)
{
	const struct metric_cell *c = &x->cell[id][i];
	const char *label = x->label[id][i] ? x->label[id][i] : "";
	struct metric_row *row;

	if (metric_table[id].kind == MK_tally && *label && !c->tally.n && !c->cut_n)
		return;
	if (out->status == RUN_OOM && !c->cut_n)
		return;
	row = result_add_metric(out, (int)id, label);
	if (!row)
		return;
	if (c->cut_n) {
		fill_cut(row, c, scale_of(id));
		return;
	}
	if (metric_table[id].kind == MK_tally)
		fill_tally(row, &c->tally, scale_of(id));
	else
		fill_value(row, (double)c->count * scale_of(id), 1);
	add_histogram(out, id, label, &c->hist);
}

static void add_value(struct result *out, enum metric_id id, double value)
{
	struct metric_row *row = result_add_metric(out, (int)id, "");

	if (row)
		fill_value(row, value, isnan(value) ? 0 : 1);
}

/* --- what is not a plain cell ---------------------------------------------- */

static void finish_cells(struct world_run *r)
{
	struct metrics *x = &r->m.metrics;
	sim_time now = x->end;

	for (int c = 0; c < NR_TIME_CLASSES; c++)
		for (int i = 0; i < r->m.nr_cpus; i++)
			x->cell[METRIC_CPU_TIME][c].count += r->m.cpu[i].time[c];
	for (struct op_list *o = r->l.ops; o; o = o->next)
		r->l.held += o->op.cleared - o->op.freed;
	x->cell[METRIC_FREE_HELD][0].count = r->l.held;
	for (int i = 0; i < r->l.n_spaces; i++) {
		const struct space *s = &r->l.space[i];

		for (int j = 0; j < s->cfg->n_secondaries; j++)
			s->secondary[j]->driver->window_end(s->secondary[j], now);
	}
}

/* Faults not retired: counted, with their age, and their time is lost time. */
static void open_faults(struct world_run *r)
{
	enum { LOST_FAULT = 1, LOST_BLOCKED };
	struct metrics *x = &r->m.metrics;

	x->on = 1;
	for (int i = 0; i < r->l.n_threads; i++) {
		const struct thread *t = &r->l.thread[i];
		const struct fault_account *f = t->ctx.fault;
		sim_time since;

		if (!f || f->host)
			continue;
		for (int p = 0; p < NR_FAULT_PARTS; p++)
			metric_count(x, METRIC_GUEST_BLOCKED, p, f->part[p]);
		since = f->t0 > x->begin ? f->t0 : x->begin;
		metric_count(x, METRIC_SECONDARY_FAULT_OPEN, 0, 1);
		metric_tally(x, METRIC_SECONDARY_FAULT_OPEN_AGE, 0, x->end - f->t0);
		if (!t->vcpu)
			continue;
		metric_count(x, METRIC_GUEST_TIME_LOST, f->retries ? LOST_BLOCKED : LOST_FAULT,
			     x->end - since);
	}
	x->on = 0;
}

static int running_guests(const struct world_run *r)
{
	int n = 0;

	for (int i = 0; i < r->l.n_threads; i++)
		n += r->l.thread[i].vcpu && !r->l.thread[i].cfg->halted;
	return n;
}

static double guest_share(const struct world_run *r)
{
	const struct metrics *x = &r->m.metrics;
	double guest = 0, refill = (double)x->cell[METRIC_GUEST_TIME_LOST][3].count;
	int n = running_guests(r);

	for (int i = 0; i < r->m.nr_cpus; i++)
		guest += (double)r->m.cpu[i].time[TIME_GUEST];
	if (!n || x->end <= x->begin)
		return NAN;
	return 100 * (guest - refill) / ((double)(x->end - x->begin) * n);
}

/* Of the time that faults were blocked, what mmap_sem took. */
static double mmap_sem_share(const struct metrics *x)
{
	const struct tally *sem = &x->cell[METRIC_SECONDARY_FAULT_PART][PART_MMAP_SEM].tally;
	const struct tally *blocked = &x->cell[METRIC_SECONDARY_FAULT_BLOCKED][0].tally;

	return blocked->sum ? 100 * (double)sem->sum / (double)blocked->sum : NAN;
}

static double efficiency(const struct metrics *x)
{
	int64_t scanned = x->cell[METRIC_RECLAIM_SCANNED][0].count;

	return scanned ? 100 * (double)x->cell[METRIC_RECLAIM_FREED][0].count / (double)scanned : NAN;
}

/*
 * The span of the arrivals over the span until they were done, of all open
 * loads; what has arrived and is not done counts as done now.
 */
static double achieved(const struct world_run *r)
{
	double offered = 0, taken = 0;

	for (int i = 0; i < r->l.n_threads; i++) {
		const struct thread *t = &r->l.thread[i];
		sim_time end = t->arrived > t->completed ? r->m.metrics.end : t->done_at;

		if (!t->arrived)
			continue;
		offered += (double)(t->last_arrival - t->first_arrival);
		taken += (double)(end - t->first_arrival);
	}
	return taken > 0 ? 100 * (offered < taken ? offered / taken : 1) : NAN;
}

/* vcpu time that went to the fence and to page-table locks. */
static double blocked_share(const struct world_run *r)
{
	const struct metrics *x = &r->m.metrics;
	double lost = (double)(x->cell[METRIC_GUEST_BLOCKED][PART_FENCE].count +
			       x->cell[METRIC_GUEST_BLOCKED][PART_PTL].count);
	int n = running_guests(r);

	return n && x->end > x->begin ? 100 * lost / ((double)(x->end - x->begin) * n) : NAN;
}

static void add_ghost(const struct world_run *r, struct result *out, enum metric_id id, int class)
{
	const struct metrics *x = &r->m.metrics;
	int64_t n = x->cell[METRIC_GHOST_PROBES][0].count;
	struct metric_row *row = result_add_metric(out, (int)id, x->label[id][class]);

	if (row)
		fill_value(row, n ? 100 * (double)x->cell[id][class].count / (double)n : NAN, n != 0);
}

/* Walks a second whose readers take a hundredth of a CPU's time. */
static double reader_rate(const struct metrics *x)
{
	double mean = tally_mean(&x->cell[METRIC_LIST_READER][0].tally);

	return mean > 0 ? 0.01 * (double)SEC(1) / mean : NAN;
}

/* Does any user thread touch memory for ever? */
static int touches(const struct world_run *r)
{
	for (int i = 0; i < r->l.n_threads; i++) {
		const struct thread_config *t = r->l.thread[i].cfg;

		for (int j = 0; !t->times && t->mode == MODE_USER && j < t->n_loop; j++)
			if (t->loop[j].kind == OPK_TOUCH)
				return 1;
	}
	return r->l.touches > 0;
}

static void add_derived(struct world_run *r, struct result *out)
{
	const struct metrics *x = &r->m.metrics;
	double window = (double)(x->end - x->begin);
	double held = tw_area(&r->m.kernel->pin_held, x->end);

	add_value(out, METRIC_GUEST_THROUGHPUT, r->l.n_guests && window > 0 ?
		  (double)r->l.visits / (window / 1e9) : NAN);
	add_value(out, METRIC_SECONDARY_THROUGHPUT, r->l.user_visits && window > 0 ?
		  (double)r->l.user_visits / (window / 1e9) : NAN);
	add_value(out, METRIC_HOST_THROUGHPUT, touches(r) && window > 0 ?
		  (double)r->l.touches / (window / 1e9) : NAN);
	add_value(out, METRIC_GUEST_SHARE, guest_share(r));
	add_value(out, METRIC_GUEST_BLOCKED_SHARE, blocked_share(r));
	for (int i = 0; i < NR_GHOST_CLASSES; i++) {
		add_ghost(r, out, METRIC_GHOST_DELAYED, i);
		add_ghost(r, out, METRIC_GHOST_FENCE, i);
		add_ghost(r, out, METRIC_GHOST_PTL, i);
	}
	add_value(out, METRIC_SECONDARY_FAULT_SEM_SHARE, mmap_sem_share(x));
	add_value(out, METRIC_LIST_READER_RATE, reader_rate(x));
	add_value(out, METRIC_PIN_HELD, held / 1e6);
	add_value(out, METRIC_PIN_PAGES, window > 0 ?
		  tw_area(&r->m.kernel->pinned, x->end) / window : NAN);
	add_value(out, METRIC_RECLAIM_EFFICIENCY, efficiency(x));
	add_value(out, METRIC_DEMAND_ACHIEVED, achieved(r));
}

static int is_derived(enum metric_id id)
{
	switch (id) {
	case METRIC_GUEST_THROUGHPUT: case METRIC_SECONDARY_THROUGHPUT: case METRIC_GUEST_SHARE:
	case METRIC_SECONDARY_FAULT_SEM_SHARE: case METRIC_LIST_READER_RATE: case METRIC_PIN_HELD: case METRIC_PIN_PAGES:
	case METRIC_RECLAIM_EFFICIENCY: case METRIC_DEMAND_ACHIEVED:
	case METRIC_GUEST_BLOCKED_SHARE: case METRIC_HOST_THROUGHPUT:
	case METRIC_GHOST_DELAYED: case METRIC_GHOST_FENCE: case METRIC_GHOST_PTL:
		return 1;
	default:
		return 0;
	}
}

void world_collect(struct world_run *r, struct result *out)
{
	struct metrics *x = &r->m.metrics;

	finish_cells(r);
	open_faults(r);
	for (int id = 0; id < NR_METRICS; id++) {
		if (is_derived((enum metric_id)id))
			continue;
		add_cell(out, x, (enum metric_id)id, 0);
		for (int i = 1; i < METRIC_LABELS && x->label[id][i]; i++)
			add_cell(out, x, (enum metric_id)id, i);
	}
	if (out->status != RUN_OOM)
		add_derived(r, out);
}

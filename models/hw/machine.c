/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Construction of the hardware: CPUs, jitter quantiles, metric cells. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "models/hw/cpu.h"
#include "models/hw/irq.h"

/*
 * Quantile of a gamma variate of mean 1.  GSL's iteration fails at large shapes
 * (a few per cent of variation and less), where Wilson and Hilferty's cube of a
 * normal variate is exact to more digits than the table keeps.
 */
static double gamma_quantile(double p, double shape)
{
	double root = 1 - 1 / (9 * shape) + gsl_cdf_ugaussian_Pinv(p) / (3 * sqrt(shape));

	if (shape > 400)
		return root * root * root;
	return gsl_cdf_gamma_Pinv(p, shape, 1 / shape);
}

/*
 * A cost's jitter is a quantile of a gamma variate, picked by a keyed draw:
 * integers from here on, so no libm enters a decision of the model.
 */
void jitter_fill(uint32_t *table, int64_t cv_ppm)
{
	double cv = (double)cv_ppm / PPM_ONE, shape = 1 / (cv * cv);
	int64_t sum = 0;

	for (int i = 0; i < JITTER_STEPS; i++) {
		double q = gamma_quantile((i + 0.5) / JITTER_STEPS, shape);

		table[i] = (uint32_t)(q * 65536 + 0.5);
		sum += table[i];
	}
	/* the mean of the quantiles is a little below 1: make it exact */
	for (int i = JITTER_STEPS - 1; sum != (int64_t)JITTER_STEPS << 16; i = i ? i - 1 : JITTER_STEPS - 1) {
		int64_t missing = ((int64_t)JITTER_STEPS << 16) - sum;
		int64_t step = missing / JITTER_STEPS ? missing / JITTER_STEPS : (missing > 0 ? 1 : -1);

		table[i] = (uint32_t)((int64_t)table[i] + step);
		sum += step;
	}
}

void machine_init(struct machine *m)
{
	m->mc = m->cfg->machine;
	m->kc = m->cfg->kernel;
	m->memory = config_memory(m->cfg);
	m->nr_cpus = (int)(m->mc->sockets * m->mc->cores);
	m->apic = (enum apic_mode)m->mc->apic;
	if (m->apic == APIC_AUTO)
		m->apic = m->nr_cpus <= 8 ? APIC_FLAT : APIC_PHYSICAL;
	for (int i = 0; i < NR_COSTS; i++)
		m->cost_stream[i] = hash_str(cost_names[i], 0) << 16;
	m->cpu = arena_alloc(m->arena, sizeof(*m->cpu) * (size_t)m->nr_cpus);
	rng_seed(&m->arbitration, (uint64_t)m->cfg->seed, m->replication, "machine",
		 "line arbitration");
	for (int i = 0; i < m->nr_cpus; i++) {
		struct cpu *c = &m->cpu[i];

		c->m = m;
		c->id = i;
		c->socket = i / (int)m->mc->cores;
		c->class = TIME_IDLE;
		c->idle_transitions = 1;
		c->slot = sim_slot_new(&m->sim, PRIO_NORMAL);
		irq_init(c);
	}
}

void machine_oom(struct machine *m, const char *why)
{
	if (!m->oom)
		m->oom = why;
	sim_stop(&m->sim);
}

/* --- metrics ------------------------------------------------------------- */

void metrics_label(struct machine *m, enum metric_id id, int index, const char *name)
{
	m->metrics.label[id][index] = name;
}

void metrics_histogram(struct machine *m, enum metric_id id, int index)
{
	struct histogram *h = &m->metrics.cell[id][index].hist;

	h->n = 0;
	h->bin = arena_alloc(m->arena, HIST_BINS * sizeof(*h->bin));
}

void metrics_begin(struct machine *m)
{
	struct metrics *x = &m->metrics;

	x->on = 1;
	x->begin = m->sim.now;
	for (int i = 0; i < m->nr_cpus; i++) {
		struct cpu *c = &m->cpu[i];

		cpu_class(c, c->class);
		memset(c->time, 0, sizeof(c->time));
	}
}

void metrics_end(struct machine *m)
{
	m->metrics.end = m->sim.now;
	m->metrics.on = 0;
	for (int i = 0; i < m->nr_cpus; i++)
		cpu_class(&m->cpu[i], m->cpu[i].class);
}

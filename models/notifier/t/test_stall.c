/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * register.stall by cause, hand-counted.  mm_take_all_locks over three VMAs (V1
 * anonymous, V2 file F, V3 private file G with pages of its own), 1 us a visit,
 * from 10 us on: F is held from 12 to 18, V1's anon_vma from 14 to 17, mmap_sem
 * from 10 to 19, preemption is off from 10 to 19.
 */
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/rmap.h"
#include "models/kernel/stall.h"
#include "models/secondary/t/rig.h"

static struct registrant reg;
static struct address_space *f;
static const struct secondary_ops ops = { .kind = "fake" };

static void registers(struct rig_thread *t)
{
	struct machine *m = t->ctx.m;
	struct mm *mm = &t->rig->mm;
	struct vma *v3;

	mm->mmu_notifier_mm = NULL;
	reg = (struct registrant){ .ops = &ops };
	f = address_space_new(m, "F", 8);
	vma_insert_file(mm, RIG_BASE + 20, RIG_BASE + 22, VM_READ, f, 0);
	v3 = vma_insert_file(mm, RIG_BASE + 24, RIG_BASE + 26, VM_READ | VM_WRITE,
			     address_space_new(m, "G", 8), 4);
	anon_vma_prepare(m, v3);
	rig_until(t, US(10));
	mmu_notifier_register(&t->ctx, mm, &reg);
}

static void reads(struct rig_thread *t)
{
	rig_until(t, t->arg);
	down_read(&t->ctx, &t->rig->mm.mmap_sem);
	if (t->got[0])
		rig_until(t, t->got[0]);
	up_read(&t->ctx, &t->rig->mm.mmap_sem);
}

static void takes_file(struct rig_thread *t)
{
	rig_until(t, t->arg);
	spin_lock(&t->ctx, &f->i_mmap_lock);
	spin_unlock(&t->ctx, &f->i_mmap_lock);
}

static void takes_anon(struct rig_thread *t)
{
	struct spinlock *l = &t->rig->mm.vma->anon_vma->lock;

	rig_until(t, t->arg);
	spin_lock(&t->ctx, l);
	spin_unlock(&t->ctx, l);
}

static void runs(struct rig_thread *t)
{
	cpu_work(&t->ctx, US(1));
}

static void start(struct rig *r)
{
	static const enum step_id merged[] = { STEP_mmap_sem_write, STEP_global_mutex, STEP_i_mmap,
					       STEP_anon_vma, STEP_insert, STEP_unlock };
	struct word_list *v = &r->f.design.on_register;

	rig_init(r, 16);
	r->present = r->prefilled = 16;
	rig_no_costs(r);
	r->f.machine.cost[COST_VMA_STEP] = US(1);
	r->f.design.list_reader = READER_NONE;
	for (v->n = 0; v->n < 6; v->n++)
		v->word[v->n] = (uint8_t)merged[v->n];
	rig_host(r, 2, registers);
}

static void waits(struct rig *r, int cpu, void (*body)(struct rig_thread *t), sim_time at,
		  sim_time until)
{
	struct rig_thread *t = rig_host(r, cpu, body);

	t->arg = at;
	t->got[0] = until;
}

static void is_stall(const struct rig *r, enum stall_cause cause, sim_time want, int n,
		     const char *what)
{
	const struct tally *t = rig_tally(r, METRIC_REGISTER_STALL, cause);

	is_int(t->sum, want, what);
	is_int(t->n, n, "so many waited");
}

int main(void)
{
	struct rig r;

	tap_seed(1);
	start(&r);
	waits(&r, 3, reads, US(13), 0);
	waits(&r, 4, takes_file, US(13), 0);
	waits(&r, 5, takes_anon, US(15), 0);
	waits(&r, 6, takes_anon, US(18), 0);
	rig_run(&r);
	is_stall(&r, STALL_MMAP_SEM, US(6), 1, "mmap_sem from 13 to 19");
	is_stall(&r, STALL_IMM, US(5), 1, "i_mmap_lock from 13 to 18");
	is_stall(&r, STALL_ANON, US(2), 1, "anon_vma from 15 to 17; who comes at 18 does not wait");
	is_stall(&r, STALL_QUEUED_WRITER, 0, 0, "nobody was behind it in a queue");
	rig_free(&r);

	start(&r);
	waits(&r, 3, reads, US(9), US(12));
	waits(&r, 4, reads, US(11), 0);
	rig_run(&r);
	is_stall(&r, STALL_QUEUED_WRITER, US(10), 1, "a reader behind the queued writer: 11 to 21");
	is_stall(&r, STALL_MMAP_SEM, 0, 0, "it counts once");
	rig_free(&r);

	start(&r);
	r.f.kernel.preempt = PREEMPT_FULL;
	rig_host(&r, 2, runs);
	rig_run(&r);
	is_stall(&r, STALL_PREEMPT_OFF, US(9), 1, "one waits for the CPU: 10 to 19 are its doing");
	rig_free(&r);

	start(&r);
	r.f.design.on_register.n = 1;
	r.f.design.on_register.word[0] = STEP_insert;
	rig_host(&r, 2, runs);
	rig_run(&r);
	is_stall(&r, STALL_PREEMPT_OFF, 0, 0, "no lock is held for long, nobody is kept");
	rig_free(&r);
	return tap_done();
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Combinations of KVM's keys, designs and operations that are not modelled. */
#include "models/world/build.h"

static int uses(const struct op_config *op, int n, enum op_kind kind)
{
	for (int i = 0; i < n; i++)
		if (op[i].kind == kind || (op[i].kind == OPK_REPEAT && uses(op[i].loop, op[i].n_loop, kind)))
			return 1;
	return 0;
}

/* An operation of this thread means a region without a memslot. */
static int visits_private(const struct address_space_config *a, const struct op_config *op, int n)
{
	for (int i = 0; i < n; i++) {
		if (op[i].kind == OPK_REPEAT && visits_private(a, op[i].loop, op[i].n_loop))
			return 1;
		if (op[i].kind == OPK_SECONDARY_ACCESS && a->region[op[i].region < 0 ? 0 : op[i].region].vmm_private)
			return 1;
	}
	return 0;
}

static int check_one(const struct world_config *c, const struct kvm_config *k, char *why, size_t n)
{
	if (k->mmu_lock == MMU_RWLOCK && k->paging != PAGING_TDP) {
		snprintf(why, n, "%s: mmu_lock: rwlock is for paging: tdp", k->name);
		return -1;
	}
	if (k->mmu_lock == MMU_RWLOCK && c->design->kvm.pin != PIN_NONE) {
		snprintf(why, n, "%s: pin: per_spte with mmu_lock: rwlock is not modelled", k->name);
		return -1;
	}
	return 0;
}

static int check_thread(const struct world_config *c, const struct thread_config *t,
			const struct kvm_config *k, char *why, size_t n)
{
	int zaps = uses(t->loop, t->n_loop, OPK_MEMSLOT_DELETE) || uses(t->loop, t->n_loop, OPK_SHRINK);

	if (zaps && k->mmu_lock == MMU_RWLOCK) {
		snprintf(why, n, "thread %s: memslot_delete and shrink of %s are not modelled", t->name,
			 k->name);
		return -1;
	}
	if (visits_private(&c->space[t->in], t->loop, t->n_loop)) {
		snprintf(why, n, "thread %s: no guest accesses vmm_private memory", t->name);
		return -1;
	}
	return 0;
}

int check_kvms(const struct world_config *c, char *why, size_t n)
{
	for (int i = 0; i < c->n_spaces; i++) {
		for (int j = 0; j < c->space[i].n_secondaries; j++) {
			const struct secondary_use *u = &c->space[i].secondary[j];

			if (u->kind != SECONDARY_KVM)
				continue;
			if (check_one(c, u->kvm, why, n))
				return -1;
			for (int t = 0; t < c->n_threads; t++)
				if (c->thread[t].in == i && check_thread(c, &c->thread[t], u->kvm, why, n))
					return -1;
		}
	}
	return 0;
}

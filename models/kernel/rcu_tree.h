/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tree RCU's state, shared by the CPUs' half (rcu_tree.c) and the grace-period
 * kernel thread's (rcu_tree_gp.c).
 *
 * CPUs hang in groups of 16 on leaves, leaves on the root; a node's qsmask has
 * a bit for each child that still holds the running period.  A node's fields
 * are under its lock, whose line they share; a CPU's are its own, with
 * interrupts off, except gp_seq_needed (its leaf's lock) and the urgency
 * flags, which the scan of the kernel thread sets.
 */
#ifndef MODELS_KERNEL_RCU_TREE_H
#define MODELS_KERNEL_RCU_TREE_H

#include "models/kernel/kernel.h"
#include "models/kernel/rcu_int.h"
#include "models/kernel/rcu_segcblist.h"
#include "models/kernel/workqueue.h"

enum { RCU_FANOUT_LEAF = 16, MAX_RCU_LEAVES = MAX_CPUS / RCU_FANOUT_LEAF };
enum { RCU_GP_FLAG_INIT = 1, RCU_GP_FLAG_FQS = 2 };

struct rcu_node {
	struct spinlock lock;
	uint64_t qsmask, qsmaskinit;
	uint64_t grpmask;		/* its bit in the parent */
	uint64_t gp_seq, gp_seq_needed;
	struct rcu_node *parent;	/* NULL: the root */
	int grplo, grphi;		/* CPUs below it */
};

struct rcu_data {
	uint64_t gp_seq, gp_seq_needed;	/* what this CPU knows */
	int core_needs_qs;		/* the running period waits for it ... */
	int cpu_no_qs;			/* ... and it has not been quiescent yet */
	struct rcu_segcblist cblist;
	int64_t blimit, qlen_last_fqs_check;
	uint64_t n_force_qs_snap;
	uint32_t watching_snap;		/* of the CPU's idle transitions, by the scan */
	uint32_t momentary_eqs;		/* extended quiescent states that were declared */
	int urgent_qs, need_heavy_qs;
	uint64_t last_fqs_resched;
	struct rcu_node *node;
	uint64_t grpmask;		/* its bit in the leaf */
};

struct rcu_tree {
	struct line line;		/* gp_seq, gp_flags */
	uint64_t gp_seq;
	int gp_flags;
	struct ctx *kthread;
	uint64_t gp_start, jiffies_force_qs, jiffies_resched;	/* jiffies */
	uint64_t n_force_qs;
	/* synchronize_rcu() that the kernel thread wakes itself */
	struct spinlock srs_lock;	/* stands for the lock-free list */
	struct rcu_synchronize *srs_next, *srs_wait, *srs_done;
	struct work srs_work;
	struct rcu_node root, leaf[MAX_RCU_LEAVES];
	int n_leaves;			/* 0: the root is the only leaf */
	struct rcu_data *data;
};

static inline struct rcu_tree *rcu_tree_of(struct machine *m)
{
	return m->kernel->rcu;
}

static inline struct rcu_data *rcu_data_of(struct cpu *c)
{
	return &rcu_tree_of(c->m)->data[c->id];
}

static inline int rcu_gp_in_progress(const struct rcu_tree *t)
{
	return rcu_seq_state(t->gp_seq);
}

static inline int n_leaf_nodes(const struct rcu_tree *t)
{
	return t->n_leaves ? t->n_leaves : 1;
}

static inline struct rcu_node *leaf_node(struct rcu_tree *t, int i)
{
	return t->n_leaves ? &t->leaf[i] : &t->root;
}

void rcu_node_lock(struct ctx *w, struct rcu_node *n);
void rcu_node_unlock(struct ctx *w, struct rcu_node *n);

/* Of the CPUs' half; under @n's lock where there is one.  1: wake the thread. */
int rcu_note_gp_changes_locked(struct ctx *w, struct rcu_node *n, struct rcu_data *d);
int rcu_accelerate_cbs(struct ctx *w, struct rcu_node *n, struct rcu_data *d);
int rcu_start_this_gp(struct ctx *w, struct rcu_node *start, struct rcu_data *d, uint64_t seq);
/* Clear @mask in @n and climb; takes @n locked, returns unlocked. */
void rcu_report_qs_rnp(struct ctx *w, uint64_t mask, struct rcu_node *n, uint64_t gp_seq);
void rcu_report_qs_rdp(struct ctx *w, struct rcu_data *d);
void rcu_qs(struct rcu_data *d);

/* Of the kernel thread's half. */
void rcu_gp_kthread_start(struct machine *m);
void rcu_gp_kthread_wake(struct ctx *w);
/* Put @w's request on the list that the thread serves, and ask for a period. */
void rcu_sr_normal(struct ctx *w);

#endif

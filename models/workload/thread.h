/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads of a scenario: a loop of operations in user, kernel or guest mode.
 *
 * Work items: the n-th execution of an operation by a thread is the same in
 * every design; all its draws are taken when it is created, from streams named
 * by thread and purpose.  An open load (arrive) does not wait for itself: its items
 * arrive by a process of their own, and one that finds the thread busy waits.  A thread with a finite number of rounds is
 * "terminating": the measured window of an until-done scenario opens when the
 * first of them starts its loop and closes a settle time after the last ended.
 */
#ifndef MODELS_WORKLOAD_THREAD_H
#define MODELS_WORKLOAD_THREAD_H

#include "models/kernel/mmap.h"
#include "models/secondary/kvm.h"
#include "models/workload/pick.h"

/* A process: one instance of an address space of the scenario, in one of its lives. */
struct space {
	const struct address_space_config *cfg;
	const char *name;
	struct mm *mm;
	struct region region[MAX_REGIONS];
	uint64_t start, pages;
	struct secondary *secondary[MAX_SECONDARIES];	/* as many as cfg has */
	struct kvm *kvm;		/* the first of kind kvm, or NULL */
	int mortal;			/* one of its threads has op exit: it ends with the last */
	int lives;			/* so far */
	struct mm *child[MAX_CHILDREN + 1];	/* oldest first */
	int n_children;
};

struct workload;

struct thread {
	struct workload *l;
	const struct thread_config *cfg;
	struct space *space;		/* NULL: kernel thread */
	int over;			/* it has left its loop for good */
	struct ctx ctx;
	void *user[MAX_SECONDARIES];	/* its state with each that it accesses through */
	struct kvm_vcpu *vcpu;		/* guest mode */
	struct rng think, pages, at;
	uint64_t *cursor;		/* one per operation, in order of the file */
	/* open load: items that have arrived, that are done */
	int64_t arrived, completed;
	sim_time first_arrival, last_arrival, done_at;
	sim_time arrival_of_item;	/* the one in progress */
	struct rng arrivals;
	sim_time progress;		/* where its clock stood at the last operation ... */
	uint32_t still;			/* ... and how many in a row have not moved it */
};

/* What the processes of one kind have in common. */
struct shared_objects {
	struct address_space **file;
	struct anon_vma **anon;
};

struct workload {
	struct machine *m;
	struct shared_objects shared[MAX_ADDRESS_SPACES];
	struct space *space;		/* all instances, in the order of the file */
	int n_spaces;
	struct address_space *file[MAX_ADDRESS_SPACES * MAX_REGIONS];
	int n_files;
	uint64_t next_base;		/* where the next life's addresses begin */
	void (*spawn)(struct workload *l, struct space *s);	/* a new life, prefilled */
	struct thread *thread;		/* all instances */
	int n_threads, n_guests;
	int terminating, done;		/* threads that end; that have ended */
	int window_open;
	uint32_t window_slot;
	struct pick_cache *picks;
	int64_t touches;		/* by user threads without an end */
	struct primitives *primitives;	/* primitive.c; NULL until used */
	int64_t visits, user_visits;	/* completed by vcpus, by user threads inside the window */
	int64_t held;			/* pages of finished ops not freed: filled at the end */
	struct op_list { struct unmap_op op; struct op_list *next; } *ops;
};

/* Measurement begins now: what was open or held before counts from here. */
void window_begin(struct workload *l);
/* The run ends before its time: what it would have measured is at least this. */
void workload_cut(struct workload *l);
/* Create the instance and put it on its CPU; it starts when the run does. */
void thread_start(struct thread *t, struct cpu *c);
/* Run one operation now, on the thread's context. */
void run_op(struct thread *t, const struct op_config *op, int *index);
/* mm_ops.c */
void op_fork(struct thread *t, const struct op_config *op);
void op_truncate(struct thread *t, const struct op_config *op);
void op_writeback(struct thread *t, const struct op_config *op, uint64_t *cursor);
void op_migrate(struct thread *t, const struct op_config *op, uint64_t *cursor);
/* Block; a vcpu halts. */
void sleep_for(struct thread *t, sim_time d);
int count_ops(const struct op_config *op, int n);

/* process.c: life and death of the thread's process, and of its registrants */
void op_register(struct thread *t, const struct op_config *op);
void op_unregister(struct thread *t, const struct op_config *op);
void op_signal(struct thread *t, const struct op_config *op);
/* do_exit; with respawn: the thread goes on in a process that starts anew. */
void op_exit(struct thread *t, const struct op_config *op);
/* The thread has done its loop: it leaves its process, if that can end. */
void process_thread_ends(struct thread *t);
/* What is pending is taken before the next operation begins. */
void process_take_signal(struct thread *t);

#endif

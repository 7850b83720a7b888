/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPUs and contexts.
 *
 * A CPU carries a stack of contexts: a thread, on top of it a softirq, on top of
 * that an interrupt handler.  Only the top one progresses, so a CPU owns one slot
 * of the future event list.  A handler is code on its CPU's interrupt coroutine:
 * it takes locks, touches lines and waits like any other code.
 *
 * How time passes for a context:
 *   charge(w, COST)   adds to w->debt, no event
 *   sync(w)           settles the debt: the context works, interrupts may steal
 *   spin_wait(w)      busy-waits until spin_wake(): no event of its own
 *   guest_run(w, d)   guest mode: an interrupt ends it early
 * Rule: whoever reads or writes state that another CPU can see calls sync()
 * first, so no context acts on the future.
 *
 * Interrupts: pending vectors are served by number, highest first, one at a
 * time with interrupts off; none nests.  A CPU whose top context has
 * interrupts off keeps them pending.  An idle CPU pays its idle exit first.  A
 * vcpu in guest mode leaves guest mode first (the vcpu's own code does that).
 * When the last handler is done, softirqs run with interrupts on; then the thread
 * goes on, unless need_resched is set and it may be preempted: in user mode
 * always, in the kernel with CONFIG_PREEMPT and a preempt_count of 0.
 *
 * Which thread has the CPU is the kernel's to say (struct cpu_ops, filled by
 * models/kernel/sched.c).  All threads that have none are inside schedule().
 *
 * Left out: non-maskable interrupts.  Follows entry_64.S and irq_64.c of 2.6.27.
 *
 * Invariant, always checked: for every stretch of work, elapsed time = work
 * done + time stolen by interrupts and by threads that were preferred.
 */
#ifndef MODELS_HW_CPU_H
#define MODELS_HW_CPU_H

#include "models/hw/machine.h"

enum time_class {
	TIME_USER, TIME_GUEST, TIME_SYSTEM, TIME_IRQ, TIME_SPIN, TIME_EXIT,
	TIME_IDLE, NR_TIME_CLASSES
};

enum ctx_state {
	CTX_READY,		/* its coroutine runs right now, or will at this instant */
	CTX_WORKING,		/* slot armed: end of its work */
	CTX_SPINNING,		/* slot at w->wake_at, or not armed */
	CTX_GUEST,		/* as working, but an interrupt ends it */
	CTX_SLEEPING,		/* not on a CPU */
	CTX_DONE,
};

/* Parts of a secondary fault's delay (metric secondary_fault.part). */
enum fault_part {
	PART_FENCE, PART_MMAP_SEM, PART_PTL, PART_MMU_LOCK, PART_ZEROING,
	PART_OTHER_LOCK, PART_IRQ_STEAL, PART_SERVICE, PART_PAGE_LOCK, PART_SWAP_IO,
	PART_ALLOC,			/* direct reclaim: all of it, whatever it waits for */
	PART_RUNQUEUE,			/* the thread lost its CPU to others */
	NR_FAULT_PARTS
};

struct fault_account;
struct line;
struct path_watch;

/* Flushes that reclaim put off (current->tlb_ubc). */
struct tlb_batch {
	uint64_t cpus;			/* whose TLBs may hold what was unmapped */
	int pending, writable;		/* something is; by a dirty pte */
};

struct ctx {
	struct machine *m;
	struct cpu *cpu;
	struct coro *coro;
	const char *name;
	uint32_t id;
	int is_irq;			/* interrupt handler or softirq */
	enum ctx_state state;
	enum time_class class;		/* what its running time counts as */
	sim_time debt;
	sim_time remaining;		/* of suspended work */
	sim_time wake_at;		/* spinning: granted from then on; TIME_NEVER */
	sim_time suspended_at;
	sim_time stolen;		/* by interrupts and preemption, while it worked; since start */
	sim_time preempted;		/* of stolen: while others were preferred */
	sim_time worked;		/* own work done since start */
	int irqs_off;			/* depth */
	int preempt_count;
	int rcu_nesting;		/* inside rcu_read_lock, preemptible or not */
	int spinlocks;			/* held or spun for */
	struct ctx *below;		/* of an interrupt context: what it interrupted */
	int must_resched;		/* an interrupt's return asks it to give up the CPU */
	/* optimistic spinning (models/kernel/osq.c) */
	struct ctx *spun_on;		/* who watches this thread run */
	struct ctx *spin_owner, *spin_next;	/* whom it watches, who else does */
	int spins_until_resched;	/* need_resched ends its spinning */
	int woken;			/* since it last slept: the next schedule() does not sleep */
	int on_rq;			/* runs or waits for its CPU */
	int exited;
	int pinned;			/* to its CPU */
	sim_time queued_at, queued;	/* waiting for its CPU: since, in all since start */
	struct sched_entity {		/* models/kernel/fair.c */
		struct ctx *next;	/* of the run queue, by vruntime */
		sim_time vruntime, exec_start, sum_exec, prev_sum_exec;
		sim_time deadline, lag, protected_until;	/* eevdf */
		int rt;			/* SCHED_FIFO: before all others */
	} se;
	uint64_t stream;		/* key of its keyed draws */
	uint64_t item;			/* work item ordinal */
	uint16_t nth[NR_COSTS];		/* how often each cost was drawn in this item */
	struct mm *mm;			/* user address space; NULL: kernel thread */
	struct fault_account *fault;	/* open secondary fault, if any */
	uint64_t op_start, op_end;	/* range of the mm operation in progress (blockers' relation) */
	void *priv;			/* the vcpu, if priv_is_vcpu */
	int priv_is_vcpu;
	uint8_t memalloc, kswapd;	/* PF_MEMALLOC; PF_KSWAPD and PF_SWAPWRITE */
	uint32_t rounds;		/* flush rounds it has sent */
	uint32_t timer_slot;		/* schedule_timeout */
	int timer_armed;
	struct ctx *wait_next;		/* queue of the lock it sleeps for ... */
	struct ctx *spin_queue;		/* ... and of the spinlock, also on its way to sleep */
	struct ctx *blocker;		/* who holds what it is about to sleep for */
	int wait_write;			/* rwsem: waits as a writer */
	int sigpending;			/* a signal that nobody has taken yet */
	int registering;		/* in mmu_notifier_register: who waits for it is counted */
	sim_time atomic_since;		/* ... with preemption off since then; 0: it is not */
	int callouts;			/* depth of callouts that it is in */
	sim_time callout_since, callout_time;	/* the outermost; all that are over */
	struct path_watch *watch;	/* the oracle's; NULL: none yet */
	int spans;			/* readers of the list held from start to end */
	int span[4];			/* ... and how to leave them; -1: none was taken */
	int wait_granted;
	sim_time wait_timeout;		/* rwsem of today: then it may ask for a hand-off ... */
	int wait_handoff;		/* ... and was promised one */
	struct ctx *wake_next;		/* to be woken once a lock is dropped (wake_q) */
	struct tlb_batch tlb_ubc;
};

struct arrival {
	sim_time at;
	unsigned vector;
	struct arrival *next;
};

struct cpu {
	struct machine *m;
	int id, socket;
	uint32_t slot;			/* work of the top context */
	uint32_t arrival_slot;		/* first interrupt on its way */
	struct arrival *arrivals;	/* sorted by (time, order of sending) */
	struct arrival *arrival_pool;
	uint64_t pending[4];		/* vectors that reached the APIC (IRR) */
	uint64_t handled;		/* classes handled since the last guest exit, bit per vector_class */
	struct ctx *top;		/* NULL: idle */
	struct ctx *curr;		/* the thread that has the CPU; NULL: none */
	struct ctx *task;		/* the same; once it sleeps, the one that had it last */
	struct ctx irq, soft;		/* interrupt and softirq context */
	int need_resched;		/* TIF_NEED_RESCHED of the running thread */
	uint32_t softirq_pending;	/* bit per softirq */
	int in_softirq;			/* a thread runs them */
	int irq_was_idle;		/* the interrupt found the CPU idle */
	sim_time busy_until;		/* a tick without code of its own has the CPU until then */
	/* time accounting */
	enum time_class class;
	sim_time class_since;
	uint32_t idle_transitions;	/* into and out of idle; odd: idle (interrupts in idle are out) */
	sim_time time[NR_TIME_CLASSES];
	/* background of interrupts-off handlers (machine file) */
	struct rng background, idle;
	uint32_t background_slot;
	sim_time background_work;	/* of devices that wait for their handler */
	/* primary TLB of 2.6.27 (models/kernel/tlbflush.c) */
	struct mm *active_mm;
	int tlb_lazy;			/* TLBSTATE_LAZY */
	struct line *recent_line;	/* given to this CPU last, until then (cacheline.h) */
	sim_time recent_until;
	int ack_owed;			/* requests acknowledged, not yet carried out: nothing runs before */
	struct tlb *tlb;
};

/* --- construction ------------------------------------------------------- */
void ctx_init(struct ctx *w, struct machine *m, const char *name);
/* The next work item of this context: keyed draws start again. */
void ctx_next_item(struct ctx *w);
/* @w will run @fn, at first on @c, once it is given the CPU. */
void ctx_start(struct ctx *w, struct cpu *c, void (*fn)(void *arg), void *arg);

/* --- costs --------------------------------------------------------------- */
/* One draw of a cost: its value times the jitter keyed by (work item, nth). */
sim_time cost_draw(struct ctx *w, enum cost_id id);
static inline void charge(struct ctx *w, enum cost_id id)
{
	w->debt += cost_draw(w, id);
}
static inline void charge_n(struct ctx *w, enum cost_id id, int64_t n)
{
	w->debt += cost_draw(w, id) * n;
}
void sync_slow(struct ctx *w);
static inline void sync(struct ctx *w)
{
	if (w->debt)
		sync_slow(w);
}
/* Work of known length (think time of a user thread). */
void cpu_work(struct ctx *w, sim_time d);

/* --- guest mode ---------------------------------------------------------- */
/* Run up to @d in guest mode; the time not used (0: all used) if interrupted. */
sim_time guest_run(struct ctx *w, sim_time d);
int irq_pending(const struct cpu *c);

/* --- waiting -------------------------------------------------------------- */
/* Busy-wait until spin_wake(); @what and @holder for the deadlock report. */
void spin_wait(struct ctx *w, const char *what, struct ctx *holder);
/* Busy-wait for others to answer a request of @w's own: counts as its work. */
void spin_service(struct ctx *w, const char *what);
/* @w may go on at @at >= now (at once when it comes back from an interrupt). */
void spin_wake(struct ctx *w, sim_time at);
/* Hand the CPU to @next (NULL: nobody) and wait to be given one; the scheduler's
 * half.  @what, @holder for the deadlock report. */
void cpu_switch(struct ctx *w, struct ctx *next, const char *what, struct ctx *holder);
/* As cpu_switch() for a thread that ends. */
void cpu_leave(struct ctx *w, struct ctx *next);
/* The idle loop sees need_resched: run what the kernel picks, if anything. */
void cpu_reschedule_idle(struct cpu *c);
/* The same of a CPU that sleeps: a store wakes it, it takes @latency to get there. */
void cpu_wake_idle(struct cpu *c, sim_time latency);

/* --- interrupts ------------------------------------------------------------ */
void local_irq_disable(struct ctx *w);
void local_irq_enable(struct ctx *w);	/* takes what is pending */
static inline void preempt_disable(struct ctx *w) { w->preempt_count++; }
void preempt_check(struct ctx *w);
/* With CONFIG_PREEMPT the CPU may go to somebody else here. */
static inline void preempt_enable(struct ctx *w)
{
	if (--w->preempt_count == 0 && sim_unlikely(w->cpu->need_resched))
		preempt_check(w);
}
/* Vector @vector becomes pending at @c at time @at. */
void irq_send(struct cpu *c, unsigned vector, sim_time at);
/* The kernel's handlers, by class; run on the interrupt context. */
/* (m->vector_handler[class], set at boot) */

/* Take @d away from whatever the CPU does, as an interrupt handler without code
 * would; 0 if that takes more: then irq_send(). */
int cpu_steal(struct cpu *c, sim_time d);

/* --- the kernel's part ------------------------------------------------------- */
struct cpu_ops {
	/* an idle CPU's next thread, or NULL; no time passes */
	struct ctx *(*pick)(struct cpu *c);
	/* is there one? */
	int (*busy)(const struct cpu *c);
	/* on @w, at an interrupt's return or preempt_enable(): others first; stolen time */
	void (*preempt)(struct ctx *w);
	/* on @c->soft, interrupts on: run what is pending */
	void (*softirqs)(struct ctx *w);
	/* on whatever context has nothing behind it; work may come while it takes time */
	void (*idle_prepare)(struct ctx *w);
	/* from an idle state to the first instruction */
	sim_time (*idle_latency)(struct cpu *c);
	/* no time passes: the CPU has nothing to run, any more or after an interrupt;
	 * an interrupt comes; a thread will run */
	void (*idle_enter)(struct cpu *c);
	void (*idle_interrupt)(struct cpu *c);
	void (*idle_exit)(struct cpu *c);
};

/* --- accounting ------------------------------------------------------------- */
void cpu_class(struct cpu *c, enum time_class class);
static inline void ctx_class(struct ctx *w, enum time_class class)
{
	w->class = class;
	cpu_class(w->cpu, class);
}
sim_time cpu_class_time(struct cpu *c, enum time_class class);

static inline sim_time now_of(const struct ctx *w) { return w->m->sim.now; }

/* Tracepoint of context @w; the oracle keeps it in its step rings. */
static inline void tp(struct ctx *w, enum tracepoint id, uint64_t a, uint64_t b)
{
	trace_emit(&w->m->sim.trace, w->m->sim.now, (uint32_t)id | TRACE_STATE,
		   w->cpu ? w->cpu->id : -1, a, b);
	if (w->m->hooks.step)
		w->m->hooks.step(w, id, a, b);
}

#endif

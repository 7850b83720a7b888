/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a configuration says, resolved and typed: the only thing that the
 * models know of YAML files.  Filled by sim/conf through the parameter tables
 * below, read-only afterwards.  Values: times in ps, sizes in bytes, shares in
 * ppm, counts as they are.
 */
#ifndef MODELS_CONFIG_CONFIG_H
#define MODELS_CONFIG_CONFIG_H

#include "models/config/record.h"
#include "sim/base/param.h"
#include "sim/base/units.h"
#include "sim/engine/dist.h"

/* --- enumerations from the .def tables ---------------------------------- */
enum cost_id {
#define COST(id, ...) COST_##id,
#include "models/config/cost.def"
#undef COST
	NR_COSTS
};

enum site_id {
#define SITE(name, ...) SITE_##name,
#include "models/config/site.def"
#undef SITE
	NR_SITES
};

enum point_id {
#define POINT(name) POINT_##name,
#include "models/config/point.def"
#undef POINT
	NR_POINTS
};

enum callout_op {
#define CALLOUT(name, ...) OP_##name,
#include "models/config/callout.def"
#undef CALLOUT
	NR_CALLOUT_OPS
};

/* What registering, unregistering and exit are made of; the lists it may stand in. */
enum { STEP_IN_REGISTER = 1, STEP_IN_UNREGISTER = 2, STEP_IN_EXIT = 4 };
enum step_id {
#define STEP(name, ...) STEP_##name,
#include "models/config/step.def"
#undef STEP
	NR_STEPS
};

enum metric_id {
#define METRIC(id, ...) METRIC_##id,
#include "models/config/metric.def"
#undef METRIC
	NR_METRICS
};

struct step_info { const char *name; unsigned where; const char *help; };
extern const struct step_info step_table[NR_STEPS];

enum metric_kind { MK_count, MK_rate, MK_ratio, MK_tally, MK_time_weighted };
enum metric_better { BETTER_lower, BETTER_higher, BETTER_neither };

struct metric_info {
	const char *name, *unit;
	enum metric_kind kind;
	enum metric_better better;
	const char *labels, *help;
};
extern const struct metric_info metric_table[NR_METRICS];
int metric_by_name(const char *name);		/* -1 if unknown */

struct site_info {
	const char *name;
	int built;
	int8_t order[NR_POINTS];	/* place in program order, -1: not a point of this site */
};
extern const struct site_info site_table[NR_SITES];
extern const char *const point_names[NR_POINTS];

struct callout_info { const char *name; int built; const char *help; };
extern const struct callout_info callout_table[NR_CALLOUT_OPS];

/* --- machine ------------------------------------------------------------ */
enum apic_mode { APIC_AUTO, APIC_FLAT, APIC_PHYSICAL, APIC_X2APIC };

enum flush_transport { FLUSH_BY_IPI, FLUSH_BY_BAU };
enum device_class { DEVICE_NONE, DEVICE_DISK, DEVICE_SSD, DEVICE_ZRAM };

struct machine_config {
	char name[PARAM_NAME_MAX];
	const char *source;
	int64_t sockets, cores;		/* cores per socket */
	int64_t blade_sockets;		/* sockets per blade */
	int64_t flush;			/* enum flush_transport: of the primary TLBs */
	int64_t clock;			/* Hz */
	int64_t apic;			/* enum apic_mode; auto: flat up to 8 CPUs */
	int64_t tlb_entries;
	int64_t tlb_pcid;		/* entries carry an address-space identifier */
	struct dist idle_exit;		/* interrupt to idle CPU: first instruction later by */
	int64_t idle_polls;		/* a reschedule IPI is not needed */
	/* idle states, for kernels that choose among them; exit 0: there is no such state */
	sim_time c1_exit, c2_exit, c2_residency, c3_exit, c3_residency;
	struct dist background_interval;	/* per CPU, between irq-off handlers; mean 0: none */
	struct dist background_length;
	int64_t memory;			/* bytes; 0: not limited */
	int64_t swap_device;		/* enum device_class */
	int64_t swap_size;		/* bytes; 0: four times the memory */
	int64_t io_cpu;
	struct dist disk_access, ssd_access;
	sim_time disk_transfer, ssd_transfer;	/* per page */
	int64_t ssd_depth;
	int64_t jitter;			/* cv of every cost, ppm */
	sim_time cost[NR_COSTS];	/* of all owners: merged here by the loader */
};

/* --- kernel -------------------------------------------------------------- */
enum preempt_mode { PREEMPT_NONE, PREEMPT_VOLUNTARY, PREEMPT_FULL };
enum spinlock_kind { SPINLOCK_TICKET, SPINLOCK_QUEUED };
enum gather_kind { GATHER_PERCPU, GATHER_ONSTACK };
enum ipi_kind { IPI_VECTORS, IPI_CSD };
enum flush_lazy { LAZY_LEAVE, LAZY_SKIP };
enum flush_reclaim { RECLAIM_SINGLE, RECLAIM_BATCHED };
enum flush_local { LOCAL_BEFORE, LOCAL_CONCURRENT };
enum flush_ack { ACK_LATE, ACK_EARLY };
enum rcu_kind { RCU_CLASSIC, RCU_TREE };
enum srcu_kind { SRCU_2006, SRCU_2012, SRCU_TREE };
enum arbitration { ARBITRATION_RANDOM, ARBITRATION_TICKET_ORDER, ARBITRATION_WAIT };

enum sched_kind { SCHED_CFS, SCHED_EEVDF };
enum mutex_kind { MUTEX_2_6_27, MUTEX_TODAY };
enum rwsem_kind { RWSEM_FIFO, RWSEM_TODAY };
enum idle_driver { IDLE_FLAT, IDLE_MWAIT, IDLE_HLT, IDLE_ACPI, IDLE_INTEL };
enum tick_phase { TICK_STAGGER, TICK_ALIGNED };

struct kernel_config {
	char name[PARAM_NAME_MAX];
	const char *source;
	int64_t preempt;		/* enum preempt_mode */
	int64_t gather_kind;		/* enum gather_kind */
	int64_t gather_batch;		/* FREE_PTE_NR */
	int64_t zap_block;		/* pages; 0: 8 with PREEMPT, 1,024 without */
	int64_t flush_vectors;		/* NUM_INVALIDATE_TLB_VECTORS */
	int64_t spinlock;		/* enum spinlock_kind */
	int64_t arbitration;		/* enum arbitration: who re-reads a ticket lock first */
	int64_t ipi_kind;		/* enum ipi_kind */
	int64_t flush_lazy, flush_reclaim, flush_local, flush_ack;	/* enums of the names */
	int64_t flush_relaxed;		/* 1: none for young, dirty and write bits */
	int64_t flush_ceiling;		/* pages; 0: a range is the whole mm */
	int64_t zero_page;		/* reads of nothing map one page of zeroes */
	int64_t split_ptlocks;		/* one lock per page-table page */
	int64_t hz, tick;		/* ticks per second; 1: CPUs tick */
	int64_t tick_phase;		/* enum tick_phase */
	int64_t no_hz;			/* idle CPUs stop their tick */
	int64_t idle;			/* enum idle_driver */
	int64_t mutex, rwsem;		/* enum mutex_kind, rwsem_kind */
	int64_t timers_late, timers_pull;	/* today's wheel */
	int64_t wake_idle_previous;
	int64_t rcu;			/* enum rcu_kind */
	int64_t rcu_blimit, rcu_qhimark, rcu_qlowmark;
	int64_t rcu_fqs;		/* tree: jiffies to a scan; 0: by HZ */
	int64_t rcu_wake_from_gp;	/* tree: up to so many CPUs the thread wakes synchronize_rcu() */
	int64_t rcu_early_report;	/* tree: the thread's CPU is reported when the period starts */
	int64_t srcu;			/* enum srcu_kind */
	sim_time srcu_retry_delay;	/* 2012, tree: between two looks */
	sim_time srcu_exp_holdoff;	/* tree: since the last period, to expedite the next */
	int64_t swappiness, page_cluster, swap_token;
	sim_time reclaim_wait, alloc_wait;	/* congestion_wait of reclaim, of an allocation */
	int64_t tick_random;		/* the grid has a random offset ... */
	sim_time tick_offset;		/* ... or this one */
	int64_t sched;			/* enum sched_kind */
	sim_time sched_base_slice;
	sim_time sched_latency, sched_min_granularity, sched_wakeup_granularity;
	int64_t sched_nr_latency;
	sim_time watchdog, vmstat, reaper;	/* periods of per-CPU threads; 0: none */
};

/* --- design -------------------------------------------------------------- */
enum list_structure { LIST_NONE, LIST_POINTER, LIST_PUSH, LIST_HLIST };
enum list_reader {
	READER_NONE, READER_RCU, READER_SRCU, READER_SRCU_FAST, READER_RWSEM, READER_VM_LOCKS
};
enum list_domain { DOMAIN_GLOBAL, DOMAIN_PER_MM };
enum list_span { SPAN_CALLOUT, SPAN_SECTION };
enum armed_test { ARMED_COMPILED_OUT, ARMED_MM_POINTER };

#define MAX_CALLOUTS_PER_POINT 4
struct hook {
	uint8_t n;
	struct callout c[MAX_CALLOUTS_PER_POINT];
};

enum zap_at { ZAP_RANGE_START, ZAP_RANGE_END, ZAP_NONE };
enum fence_kind { FENCE_NONE, FENCE_COUNT, FENCE_SEQ, FENCE_COUNT_SEQ };
enum fence_scope { SCOPE_VM, SCOPE_HULL, SCOPE_INTERVAL };
enum pin_kind { PIN_NONE, PIN_PER_SPTE };
enum put_order { PUT_FLUSH_BEFORE, PUT_BEFORE_FLUSH };
enum secondary_flush { FLUSH_PER_BATCH, FLUSH_IN_LOCK, FLUSH_AFTER_LOCK };

enum precheck { PRECHECK_NONE, PRECHECK_GUP, PRECHECK_LOCK };

struct kvm_protocol {		/* protocol.kvm of a design */
	int64_t zap_at;		/* enum zap_at: what range callouts do */
	int64_t fence_kind, fence_scope;
	int64_t pin;		/* enum pin_kind */
	int64_t put_order;	/* enum put_order, if pinned */
	int64_t put_batch;	/* B of flush_before_put */
	int64_t secondary_flush;	/* of callouts; driver zaps flush inside mmu_lock */
	int64_t precheck;	/* enum precheck */
};

enum gru_fence { GRU_FENCE_NONE, GRU_FENCE_COUNT, GRU_FENCE_COUNT_SEQ };

struct gru_protocol {		/* protocol.gru of a design */
	int64_t zap_at;		/* enum zap_at */
	int64_t fence;		/* enum gru_fence: what a dropin checks */
};

struct sleeper_protocol {	/* protocol.sleeper of a design */
	int64_t zap_at;		/* enum zap_at */
	int64_t fence;		/* enum fence_kind */
	int64_t pin;		/* enum pin_kind */
};

enum expectation { EXPECT_HELD, EXPECT_VIOLATED, EXPECT_NOT_APPLICABLE };
enum invariant {
	INV_I1, INV_I2, INV_I3, INV_I4, INV_I5, INV_I6, INV_I7, INV_I9, INV_I12, NR_INVARIANTS
};	/* those that are checked */
extern const char *const invariant_names[NR_INVARIANTS];
extern const char *const invariant_help[NR_INVARIANTS];

struct design_config {
	char name[PARAM_NAME_MAX];
	const char *source, *summary, *busted;
	int64_t list_structure, list_reader, armed_test;
	int64_t list_domain, list_span;
	struct word_list on_register, on_unregister, on_exit;	/* of enum step_id */
	struct hook hook[NR_SITES][NR_POINTS];
	struct kvm_protocol kvm;
	struct gru_protocol gru;
	struct sleeper_protocol sleeper;
	uint8_t expect[NR_INVARIANTS];	/* enum expectation */
	/* notes of the load-time checks: callouts at sites not built, pairs that do not close ... */
	const char *const *notes;
	int n_notes;
};

/* --- secondary MMUs --------------------------------------------------------- */
enum tlb_tag { TAG_NONE, TAG_VPID };
enum paging { PAGING_SHADOW, PAGING_TDP };
enum gup_kind { GUP_SLOW, GUP_FAST };
enum young_kind { YOUNG_ACCESSED_BIT, YOUNG_ALWAYS_OLD, YOUNG_ZAP_TO_AGE };

enum kick_kind { KICK_LOADED, KICK_MODE };
enum slot_lookup { LOOKUP_SCAN, LOOKUP_TREE };
enum mmu_lock_kind { MMU_SPINLOCK, MMU_RWLOCK };
enum aging_kind { AGING_LOCKED, AGING_LOCKLESS };
enum slots_kind { SLOTS_RWSEM, SLOTS_SRCU };

struct kvm_config {
	char name[PARAM_NAME_MAX];
	const char *source, *summary;
	int64_t tlb_entries;		/* guest TLB, per vcpu */
	int64_t tlb_tag;		/* enum tlb_tag */
	int64_t paging;			/* enum paging */
	int64_t gup;			/* enum gup_kind */
	int64_t young;			/* enum young_kind: what aging learns */
	int64_t read_only;		/* 1: a read access is faulted in for reading only */
	int64_t memslots;		/* slots scanned per host address */
	int64_t requests_lock;		/* 1: flushers of one VM serialise (2.6.31-rc2) */
	int64_t max_vcpus;		/* KVM_MAX_VCPUS: only reported */
	int64_t release;		/* 1: its notifier has a ->release (2.6.29-rc6) */
	int64_t kick;			/* enum kick_kind */
	int64_t lookup;			/* enum slot_lookup */
	int64_t mmu_lock;		/* enum mmu_lock_kind */
	int64_t aging;			/* enum aging_kind */
	int64_t slots;			/* enum slots_kind */
	int64_t zap_yield;		/* 1: a zap drops mmu_lock for others */
	int64_t mmu_pages;		/* limit of shadow pages; 0: max(64, 2% of guest pages) */
};

enum gru_miss { GRU_MISS_INTERRUPT, GRU_MISS_USER_POLL };

struct gru_config {
	char name[PARAM_NAME_MAX];
	const char *source, *summary;
	int64_t chiplets;		/* per blade */
	int64_t contexts;		/* per chiplet (CCH) */
	int64_t tlb_entries;		/* per chiplet, all its contexts */
	int64_t tgh, tgh_local;		/* invalidate handles per chiplet; of blade-local CPUs at most */
	int64_t invalidate_max;		/* GRUMAXINVAL: pages of one invalidate; as many = all of the ASID */
	int64_t asid_max;		/* ASIDs: 8, 16 ... below this */
	int64_t miss;			/* enum gru_miss */
	int64_t discards_inflight;	/* an invalidate kills the dropins under way that it covers */
};

struct sleeper_config {
	char name[PARAM_NAME_MAX];
	const char *source, *summary;
	struct dist length[NR_CALLOUT_OPS];	/* of a callout; page callouts: invalidate_page */
	int64_t must_sleep;		/* 1: callouts sleep for it, 0: they spin */
	struct dist retry;		/* a fault that the fence refused comes again after */
};

enum secondary_kind { SECONDARY_KVM, SECONDARY_GRU, SECONDARY_SLEEPER, NR_SECONDARY_KINDS };

enum registered { REGISTERED_AT_START, REGISTERED_BY_OP };

struct secondary_use {			/* a registrant on an address space; one secondary file */
	char name[PARAM_NAME_MAX];
	int64_t registered;		/* enum registered */
	int64_t vm_fd;			/* 1: closing its file at exit unregisters it */
	enum secondary_kind kind;
	union {				/* by kind */
		const void *cfg;
		const struct kvm_config *kvm;
		const struct gru_config *gru;
		const struct sleeper_config *sleeper;
	};
};

/*
 * What the configuration knows of a kind: one entry per enum secondary_kind.
 * The kind's config begins with name, source and summary.
 */
struct secondary_kind_info {
	const char *name, *help;
	size_t config_size;
	const struct param_table *params, *costs;	/* of its secondary file */
	const struct param_table *protocol;	/* protocol.KIND of a design ... */
	size_t protocol_offset;			/* ... inside struct design_config */
	int access_mode;	/* enum thread_mode of its secondary_access; -1: has none */
};
extern const struct secondary_kind_info secondary_kinds[NR_SECONDARY_KINDS];

/* --- scenario -------------------------------------------------------------- */
enum placement { PLACE_CONTIGUOUS, PLACE_PERMUTED, PLACE_CLUSTERS };
enum pick_kind { PICK_ALL, PICK_SEQ, PICK_UNIFORM, PICK_ZIPF, PICK_HOT };

struct pick {
	enum pick_kind kind;
	int64_t theta_ppm;		/* zipf exponent, ppm */
	int64_t hot_access_ppm, hot_page_ppm;
};

struct region_config {
	char name[PARAM_NAME_MAX];
	int64_t length;			/* bytes */
	int64_t placement;		/* of popularity rank onto pages */
	int64_t clusters;
	int64_t prefault;		/* ppm of pages present at the start */
	int64_t secondary_prefault;	/* ppm of present pages with an spte at the start */
	int64_t own_vma;		/* 1: a VMA of its own with a gap on either side */
	char backing[PARAM_NAME_MAX];	/* name of a file, or "anon" */
	int64_t shared;			/* of a file: MAP_SHARED */
	int64_t sharers;		/* processes that have it, the owner among them */
	int64_t maps;			/* ppm of its pages that a sharer has in common with the owner */
	int64_t dirty;			/* ppm of its present pages that are dirty at the start */
	int64_t vmm_private;		/* 1: no guest memory, no memslot covers it */
};

#define MAX_REGIONS 8
#define MAX_SECONDARIES 4	/* of an address space */
struct address_space_config {
	char name[PARAM_NAME_MAX];
	int64_t count;			/* processes of this description, each with its threads */
	struct region_config region[MAX_REGIONS];
	int n_regions;
	struct secondary_use secondary[MAX_SECONDARIES];
	int n_secondaries;
	/* VMAs beside the regions, one page each, never touched: what is locked and walked */
	int64_t vmas;
	int64_t vmas_file, vmas_cow;	/* ppm: map a file; of these, have an anon_vma too */
	int64_t shared_files;		/* files that all processes map in turn; 0: one per VMA */
	int64_t anon_shared;		/* ppm of the anonymous ones: anon_vma common to all instances */
};

enum on_eintr { EINTR_RETRY, EINTR_GIVE_UP };

#define MAX_CHILDREN 16		/* of an address space, alive */
enum op_kind {
	OPK_THINK,		/* compute in the thread's mode */
	OPK_TOUCH,		/* user accesses by the CPU */
	OPK_SECONDARY_ACCESS,	/* guest accesses: one visit */
	OPK_MADVISE_DONTNEED, OPK_MUNMAP,
	OPK_SLEEP,		/* block; a vcpu halts */
	OPK_MEMSLOT_DELETE,	/* delete and re-create the memslot of a region */
	OPK_SHRINK,		/* one call of KVM's slab shrinker */
	OPK_GRU_UNLOAD,		/* take the thread's context off its chiplet */
	OPK_REGISTER, OPK_UNREGISTER,	/* a secondary MMU on the process's notifier list */
	OPK_SIGNAL,		/* to another thread */
	OPK_EXIT,		/* of the process, with the last of its threads */
	OPK_FORK, OPK_TRUNCATE, OPK_WRITEBACK, OPK_MIGRATE,
	OPK_CONTEND, OPK_SYNCHRONIZE,	/* one primitive of the kernel, alone */
	OPK_REPEAT,
};
#define NR_OP_KINDS (OPK_REPEAT + 1)

enum contend_on {
	CONTEND_COUNTER, CONTEND_SPINLOCK, CONTEND_RWSEM_READ, CONTEND_RWLOCK_READ, CONTEND_RCU_READ,
	CONTEND_SRCU_READ
};
enum sync_what { SYNC_RCU, SYNC_SRCU, SYNC_SRCU_EXPEDITED };

struct op_config {
	enum op_kind kind;
	char name[PARAM_NAME_MAX];	/* for PATHs; may be empty */
	struct dist duration;		/* think, sleep */
	int region;			/* index into the address space; -1: whole */
	struct pick pages;		/* touch, secondary_access */
	int via;			/* secondary_access: index of the secondary MMU */
	int64_t n;			/* pages per visit; shrink: calls */
	int64_t write;			/* ppm of accesses that write */
	int64_t length;			/* bytes: munmap, madvise */
	struct pick at;
	int64_t refill;			/* map again and touch in the same op */
	int64_t on_eintr;		/* register, unregister: enum on_eintr */
	char to[PARAM_NAME_MAX];	/* signal: thread */
	int to_thread;			/* its index in the configuration */
	int64_t respawn;		/* exit: the thread goes on in a new process */
	int64_t keep;			/* fork: children left alive */
	int64_t on, what;		/* contend, synchronize */
	int64_t times;			/* repeat */
	struct op_config *loop;		/* repeat */
	int n_loop;
};

enum thread_mode { MODE_USER, MODE_KERNEL, MODE_GUEST };

struct thread_config {
	char name[PARAM_NAME_MAX];
	int in;				/* index of the address space; -1: none (kernel thread) */
	int64_t count;			/* per instance of its address space */
	int64_t mode;			/* enum thread_mode */
	int64_t halted;			/* 1: starts asleep and never runs (a halted vcpu) */
	int64_t first_cpu;		/* -1: next free CPU in order */
	int64_t pinned;			/* never runs elsewhere */
	struct dist start;
	struct dist arrive;		/* open load: time between its items; mean 0: closed */
	int64_t times;			/* of the loop; 0: for ever */
	struct op_config *loop;
	int n_loop;
};

enum until { UNTIL_DURATION, UNTIL_THREADS_DONE };

#define MAX_ADDRESS_SPACES 4
#define MAX_INSTANCES 64	/* processes of one description */
struct world_config {		/* one design at one sweep point */
	char scenario[PARAM_NAME_MAX];
	const struct machine_config *machine;
	const struct kernel_config *kernel;
	const struct design_config *design;
	struct address_space_config space[MAX_ADDRESS_SPACES];
	int n_spaces;
	struct thread_config *thread;
	int n_threads;
	int64_t until;			/* enum until */
	sim_time duration;		/* until: duration; else a bound (default 10 s) */
	sim_time warmup;
	sim_time settle;		/* after the last terminating thread ended */
	uint8_t expect_violation[NR_INVARIANTS];	/* design's expect or the scenario's */
	int64_t seed;			/* master seed */
	int64_t overcommit;		/* ppm; 0: memory as the machine has it */
	sim_time stall_bound;		/* of one allocation */
	int64_t max_events;		/* livelock bound */
	int64_t oracle;			/* 0 only in tests */
	struct dist probes;		/* between ghost probes; mean 0: none */
};

/* Defaults of the rows that are numbers, switches or words, for configurations in C. */
void table_defaults(const struct param_table *t, void *obj);

/* Memory of the machine in bytes; 0: not limited. */
int64_t config_memory(const struct world_config *c);

/* --- parameter tables ------------------------------------------------------- */
extern const struct param_table machine_params, kernel_params, design_core_params,
	region_params, thread_params, use_params;
extern const struct param_table space_params;	/* of struct address_space_config */
extern const struct param_table scenario_params;	/* of struct world_config */
/* What a thread may do, one row per enum op_kind; params: of struct op_config. */
struct op_info {
	const char *name;
	struct param_table params;
	const char *help;
};
extern const struct op_info op_table[NR_OP_KINDS];
/* of kind kvm: its file, its protocol */
extern const struct param_table kvm_params, kvm_protocol_params;
/* of kind gru */
extern const struct param_table gru_params, gru_protocol_params;
/* of kind sleeper */
extern const struct param_table sleeper_params, sleeper_protocol_params, sleeper_cost_params;
/* machine.costs, kernel.costs, secondary.KIND.costs; offset = of machine_config.cost[id]. */
extern const struct param_table machine_cost_params, kernel_cost_params, kvm_cost_params,
	gru_cost_params;
extern const struct param_table *const all_param_tables[];	/* NULL ended */
/* The cost's name for traces and explain. */
extern const char *const cost_names[NR_COSTS];

#endif

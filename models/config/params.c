/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameter rows of machine, kernel and design.  A row is the only place
 * that knows a key's type, unit, range, default and origin; the loader, "list
 * parameters", "explain" and the store all read it here.  The rows of the
 * secondary MMUs are in files of their own, one per kind.
 *
 * Legal ranges are wide: they catch slips of units, not unusual machines.
 */
#include "models/config/rows.h"

/* --- machine ---------------------------------------------------------------- */
static const struct enum_value apic_values[] = {
	{ "auto", APIC_AUTO, "flat up to 8 CPUs, physical above" },
	{ "flat", APIC_FLAT, "one write to the interrupt command register per target mask" },
	{ "physical", APIC_PHYSICAL, "one write per target" },
	{ "x2apic", APIC_X2APIC, "cluster mode: one write per cluster of 16 APIC numbers" },
	{ NULL, 0, NULL },
};

static const struct enum_value transport_values[] = {
	{ "ipi", FLUSH_BY_IPI, "interrupts to the CPUs of the mask" },
	{ "bau", FLUSH_BY_BAU, "SGI UV: one broadcast message to the other blades, interrupts on the own" },
	{ NULL, 0, NULL },
};

static const struct enum_value device_values[] = {
	{ "none", DEVICE_NONE, "no swap" },
	{ "disk", DEVICE_DISK, "one head: disk.access and disk.transfer, one request at a time" },
	{ "ssd", DEVICE_SSD, "flash: ssd.access and ssd.transfer, ssd.depth requests at a time" },
	{ "zram", DEVICE_ZRAM, "compressed memory: costs zram_write and zram_read on the CPU that asks" },
	{ NULL, 0, NULL },
};

#define M struct machine_config
static const struct param_row machine_rows[] = {
	NAME_ROW(M, name, "name of the machine"),
	TEXT_ROW(M, "source", source, NULL, "where its figures come from"),
	CHOICE(M, "sockets", PT_INT, sockets, "", NULL, 1, 64, NULL, "", "processor sockets"),
	CHOICE(M, "cores", PT_INT, cores, "", NULL, 1, 256, NULL, "", "cores per socket"),
	CHOICE(M, "clock", PT_FREQ, clock, "Hz", NULL, 100000000, 10000000000, NULL, "",
	       "CPU clock; turns cycles into time"),
	CHOICE(M, "apic", PT_ENUM, apic, "", "auto", 0, 0, apic_values, "",
	       "addressing mode of the local APICs"),
	CHOICE(M, "blade.sockets", PT_INT, blade_sockets, "", "1", 1, 64, NULL, "",
	       "sockets that share a blade and its hub"),
	CHOICE(M, "flush", PT_ENUM, flush, "", "ipi", 0, 0, transport_values, "",
	       "how a flush of the primary TLBs reaches the other CPUs"),
	CONSTANT(M, "tlb.entries", PT_INT, tlb_entries, "", "256", 1, 65536, 64, 512, ESTIMATE,
		 "Core 2: 256 data TLB entries of 4 KiB pages; K8: 512 in the second level",
		 "translations a CPU's TLB holds; bounds the refill after a full flush"),
	CHOICE(M, "tlb.pcid", PT_BOOL, tlb_pcid, "", "no", 0, 1, NULL, "",
	       "TLB entries carry an address-space identifier: kernels that use it (flush.lazy: skip) "
	       "keep the entries of six address spaces per CPU"),
	CONSTANT(M, "idle.exit", PT_DIST, idle_exit, "ps", "uniform(1us 2us)", 0, MS(10), US(1), US(10),
		 ESTIMATE, "by the authors, for x86 of 2008: C1 1..2 us, C1E 10 us",
		 "interrupt to an idle CPU: its first instruction comes later by this"),
	CHOICE(M, "idle.polls", PT_BOOL, idle_polls, "", "no", 0, 1, NULL, "",
	       "idle CPUs poll: a wake-up needs no reschedule IPI"),
	CONSTANT(M, "idle.c1.exit", PT_TIME, c1_exit, "ps", "1500ns", 0, MS(10), US(1), US(10), ESTIMATE,
		 "by the authors, for x86 of 2008: C1 1..2 us, C1E 10 us; intel_idle: 1 to 3 us",
		 "kernel.idle not flat: from C1 to the first instruction"),
	CONSTANT(M, "idle.c2.exit", PT_TIME, c2_exit, "ps", "20us", 0, MS(10), US(1), US(100), ESTIMATE,
		 "ACPI takes a C2 of up to 100 us (2.6.27 processor_idle.c); firmware says 1 to 20",
		 "the same of C2 (intel_idle: the second state); 0s: the machine has none"),
	CHOICE(M, "idle.c2.residency", PT_TIME, c2_residency, "ps", "0s", 0, SEC(1), NULL,
	       "2.6.27 processor_idle.c: latency_factor 2",
	       "sleep from which on C2 is chosen; 0s: twice its exit"),
	CONSTANT(M, "idle.c3.exit", PT_TIME, c3_exit, "ps", "60us", 0, MS(10), US(20), MS(1), ESTIMATE,
		 "ACPI takes a C3 of up to 1,000 us (2.6.27 processor_idle.c); firmware says 17 to 100",
		 "the same of C3 (intel_idle: C6); 0s: the machine has none"),
	CHOICE(M, "idle.c3.residency", PT_TIME, c3_residency, "ps", "0s", 0, SEC(1), NULL,
	       "2.6.27 processor_idle.c: latency_factor 2",
	       "sleep from which on C3 is chosen; 0s: twice its exit"),
	CONSTANT(M, "background.interval", PT_DIST, background_interval, "ps", "exp(4ms)", 0, SEC(1000),
		 MS(1), MS(10), ESTIMATE,
		 "by the authors: about the tick of HZ 250 plus a quiet network card",
		 "time between background handlers of a CPU; 0s: none"),
	CONSTANT(M, "background.length", PT_DIST, background_length, "ps",
		 "lognormal(mean 6us cv 1.5)", 0, SEC(1), US(2), US(30), ESTIMATE,
		 "by the authors: tick with timers and RCU softirq 2..10 us, long tail from drivers",
		 "length of a background handler; its interrupts are off"),
#include "models/config/memory_rows.def"
	CONSTANT(M, "jitter", PT_PERCENT, jitter, "%", "10%", 0, 2 * PPM_ONE, 0, 300000, ESTIMATE,
		 "by the authors: gamma distributed, cv 0.1; 0 to 0.3 is worth trying",
		 "coefficient of variation of every cost, keyed by work item and step"),
};
#undef M

/* --- kernel ------------------------------------------------------------------ */
static const struct enum_value preempt_values[] = {
	{ "none", PREEMPT_NONE, "CONFIG_PREEMPT_NONE" },
	{ "voluntary", PREEMPT_VOLUNTARY, "CONFIG_PREEMPT_VOLUNTARY: might_sleep() is a resched point" },
	{ "full", PREEMPT_FULL, "CONFIG_PREEMPT: kernel code outside critical sections is preemptible" },
	{ NULL, 0, NULL },
};

static const struct enum_value spinlock_values[] = {
	{ "ticket", SPINLOCK_TICKET, "2.6.25: waiters spin on one line" },
	{ "queued", SPINLOCK_QUEUED, "4.2: a waiter spins on its own line" },
	{ NULL, 0, NULL },
};

static const struct enum_value arbitration_values[] = {
	{ "random", ARBITRATION_RANDOM, "uniform among the waiters; the next release overtakes" },
	{ "ticket_order", ARBITRATION_TICKET_ORDER, "the next holder reads first: no collapse" },
	{ "wait", ARBITRATION_WAIT, "random, and the next release store waits for all re-reads" },
	{ NULL, 0, NULL },
};

static const struct enum_value gather_values[] = {
	{ "percpu", GATHER_PERCPU, "2.6.27: the CPU's own array, preemption off, zap blocks" },
	{ "onstack", GATHER_ONSTACK, "3.0: preemptible, a ranged flush before the page-table lock goes" },
	{ NULL, 0, NULL },
};

static const struct enum_value ipi_values[] = {
	{ "vectors", IPI_VECTORS, "2.6.27: flushes by their own vectors, other calls by a global list" },
	{ "csd", IPI_CSD, "3.6: everything by per-CPU queues, an IPI only to an empty one" },
	{ NULL, 0, NULL },
};

static const struct enum_value lazy_values[] = {
	{ "leave", LAZY_LEAVE, "the mm's mask names who gets an IPI; a lazy CPU leaves the mm at the first" },
	{ "skip", LAZY_SKIP, "4.14: generations; the sender skips CPUs that are lazy or run another mm" },
	{ NULL, 0, NULL },
};

static const struct enum_value reclaim_flush_values[] = {
	{ "single", RECLAIM_SINGLE, "a flush per unmapped pte" },
	{ "batched", RECLAIM_BATCHED, "4.3: clean ptes share one flush per reclaim batch" },
	{ NULL, 0, NULL },
};

static const struct enum_value local_values[] = {
	{ "before", LOCAL_BEFORE, "the sender flushes itself, then sends" },
	{ "concurrent", LOCAL_CONCURRENT, "5.13: it sends, flushes itself, then waits" },
	{ NULL, 0, NULL },
};

static const struct enum_value ack_values[] = {
	{ "late", ACK_LATE, "a target acknowledges after its flush" },
	{ "early", ACK_EARLY, "it acknowledges first, where no page table is freed (a patch of 2019)" },
	{ NULL, 0, NULL },
};

static const struct enum_value tick_values[] = {
	{ "off", 0, "no CPU ticks: for runs of microseconds without slices and grace periods" },
	{ "on", 1, "every CPU that is not idle ticks" },
	{ NULL, 0, NULL },
};

static const struct enum_value mutex_values[] = {
	{ "2.6.27", MUTEX_2_6_27, "a count; sleeps at once, wakes the first, anybody may steal it" },
	{ "today", MUTEX_TODAY, "4.10: an owner; spins while it runs, hands over after one loss" },
	{ NULL, 0, NULL },
};

static const struct enum_value sched_values[] = {
	{ "cfs", SCHED_CFS, "2.6.27: least virtual runtime first; latency, granularities" },
	{ "eevdf", SCHED_EEVDF, "6.6: earliest eligible deadline first; base_slice; idle siblings first" },
	{ NULL, 0, NULL },
};

static const struct enum_value rwsem_values[] = {
	{ "fifo", RWSEM_FIFO, "2.6.27, x86-64: a spinlock, first come first served, granted before woken" },
	{ "today", RWSEM_TODAY, "5.10: one atomic; writers spin and steal, readers go in bulk, 4 ms to a hand-off" },
	{ NULL, 0, NULL },
};

static const struct enum_value idle_values[] = {
	{ "flat", IDLE_FLAT, "one state: machine.idle.exit and machine.idle.polls" },
	{ "mwait", IDLE_MWAIT, "2.6.27 mwait_idle: C1, woken by a store" },
	{ "hlt", IDLE_HLT, "2.6.27 default_idle: C1, woken by an interrupt" },
	{ "acpi", IDLE_ACPI, "2.6.27 cpuidle: C1 by mwait, C2 and C3 woken by interrupts; C3 leaves the mm" },
	{ "intel_idle", IDLE_INTEL, "2.6.35: all by mwait; the deepest leaves the mm" },
	{ NULL, 0, NULL },
};

static const struct enum_value phase_values[] = {
	{ "stagger", TICK_STAGGER, "2.6.27: CPU c is late by c * half a period / CPUs" },
	{ "aligned", TICK_ALIGNED, "3.0: all at once (skew_tick=0)" },
	{ NULL, 0, NULL },
};

static const struct enum_value rcu_values[] = {
	{ "classic", RCU_CLASSIC, "kernel/rcuclassic.c, to 2.6.31: ticks, two passes per CPU" },
	{ "tree", RCU_TREE, "kernel/rcu/tree.c, since 2.6.32, with a grace-period thread since 3.6" },
	{ NULL, 0, NULL },
};

static const struct enum_value srcu_values[] = {
	{ "2006", SRCU_2006, "2.6.19 to 3.4: three RCU grace periods and a poll each jiffy" },
	{ "2012", SRCU_2012, "3.5 to 4.11: the caller scans, then a work item each jiffy" },
	{ "tree", SRCU_TREE, "since 4.12: work items, expedited by itself when idle" },
	{ NULL, 0, NULL },
};

#define K struct kernel_config
static const struct param_row kernel_rows[] = {
	NAME_ROW(K, name, "name of the kernel"),
	TEXT_ROW(K, "source", source, NULL, "which sources were read"),
	CHOICE(K, "preempt", PT_ENUM, preempt, "", "none", 0, 0, preempt_values, "", "preemption model"),
	CHOICE(K, "gather.kind", PT_ENUM, gather_kind, "", "percpu", 0, 0, gather_values, "",
	       "where an unmap operation collects pages"),
	CONSTANT(K, "gather.batch", PT_INT, gather_batch, "", "506", 1, 100000, 0, 0, PUBLISHED,
		 "2.6.27 include/asm-generic/tlb.h: FREE_PTE_NR 506 on SMP; 6.18: 7 + 19 * 509 = 9678",
		 "pages of one mmu_gather; when full: flush, free"),
	CHOICE(K, "gather.zap_block", PT_INT, zap_block, "", "0", 0, 1 << 20, NULL,
	       "2.6.27 mm/memory.c: ZAP_BLOCK_SIZE 8 pages with PREEMPT, 1,024 without",
	       "pages zapped between two flushes of a range; 0: as preempt says"),
	CONSTANT(K, "ipi.vectors", PT_INT, flush_vectors, "", "8", 1, 32, 0, 0, PUBLISHED,
		 "2.6.27 arch/x86: NUM_INVALIDATE_TLB_VECTORS 8",
		 "TLB-flush vectors, each with a lock; a sender uses number CPU mod vectors"),
	CHOICE(K, "ipi.kind", PT_ENUM, ipi_kind, "", "vectors", 0, 0, ipi_values, "",
	       "how cross-calls and TLB flushes reach other CPUs"),
	CHOICE(K, "flush.lazy", PT_ENUM, flush_lazy, "", "leave", 0, 0, lazy_values, "",
	       "what a TLB flush does about CPUs that hold the mm without using it"),
	CHOICE(K, "flush.ceiling", PT_INT, flush_ceiling, "", "0", 0, 1 << 20, NULL,
	       "tlb_single_page_flush_ceiling: 33 since 3.16; no ranged flush before 3.5",
	       "pages up to which a range is flushed page by page; 0: a range is the whole mm"),
	CHOICE(K, "flush.relaxed", PT_BOOL, flush_relaxed, "", "no", 0, 1, NULL,
	       "x86 pgtable.c: ptep_clear_flush_young without a flush since 3.16",
	       "no flush where young is cleared, dirty or write raised, or nothing was mapped"),
	CHOICE(K, "flush.reclaim", PT_ENUM, flush_reclaim, "", "single", 0, 0, reclaim_flush_values, "",
	       "when try_to_unmap flushes; batched needs ipi.kind csd"),
	CHOICE(K, "flush.local", PT_ENUM, flush_local, "", "before", 0, 0, local_values, "",
	       "order of the sender's own flush and the remote ones"),
	CHOICE(K, "flush.ack", PT_ENUM, flush_ack, "", "late", 0, 0, ack_values, "",
	       "when a target of a flush acknowledges; early needs ipi.kind csd"),
	CHOICE(K, "spinlock", PT_ENUM, spinlock, "", "ticket", 0, 0, spinlock_values, "",
	       "implementation of spinlocks"),
	CHOICE(K, "arbitration", PT_ENUM, arbitration, "", "random", 0, 0, arbitration_values, "",
	       "order in which the waiters of a released ticket lock get the line"),
	CHOICE(K, "zero_page", PT_BOOL, zero_page, "", "no", 0, 1, NULL,
	       "mm/memory.c: no zero page from 2.6.24 to 2.6.31",
	       "a read of anonymous memory that is not there maps one shared page of zeroes"),
	CHOICE(K, "split_ptlocks", PT_BOOL, split_ptlocks, "", "yes", 0, 1, NULL,
	       "CONFIG_SPLIT_PTLOCK_CPUS 4: from four CPUs on",
	       "one page-table lock per page-table page, not per mm"),
#include "models/config/sched_rows.def"
#include "models/config/rcu_rows.def"
#include "models/config/vm_rows.def"
};
#undef K

/* --- design -------------------------------------------------------------------- */
static const struct enum_value list_values[] = {
	{ "none", LIST_NONE, "no list: the design has no notifier" },
	{ "pointer", LIST_POINTER, "one registrant per mm" },
	{ "push_list", LIST_PUSH, "singly linked, pushed at the head, never removed" },
	{ "hlist", LIST_HLIST, "struct hlist_head in struct mmu_notifier_mm" },
	{ NULL, 0, NULL },
};

static const struct enum_value reader_values[] = {
	{ "none", READER_NONE, "nothing protects the walk" },
	{ "rcu", READER_RCU, "rcu_read_lock around each walk" },
	{ "srcu", READER_SRCU, "srcu_read_lock of list.domain: the kernel's SRCU; callouts may sleep" },
	{ "srcu_fast", READER_SRCU_FAST, "srcu_read_lock_fast: no memory barriers, slow grace periods" },
	{ "rwsem", READER_RWSEM, "a rwsem of list.domain, held for reading" },
	{ "vm_locks", READER_VM_LOCKS, "the locks that the caller of a callout holds anyway" },
	{ NULL, 0, NULL },
};

static const struct enum_value domain_values[] = {
	{ "global", DOMAIN_GLOBAL, "readers of all address spaces are one domain" },
	{ "per_mm", DOMAIN_PER_MM, "every address space has a domain of its own" },
	{ NULL, 0, NULL },
};

static const struct enum_value span_values[] = {
	{ "callout", SPAN_CALLOUT, "the reader is held around each walk" },
	{ "section", SPAN_SECTION, "it is held from a range_start to its range_end" },
	{ NULL, 0, NULL },
};

static const struct enum_value step_values[] = {
#define STEP(name, where, help) { #name, STEP_##name, help },
#include "models/config/step.def"
#undef STEP
	{ NULL, 0, NULL },
};

static const struct enum_value armed_values[] = {
	{ "compiled_out", ARMED_COMPILED_OUT, "no test at all" },
	{ "mm_pointer", ARMED_MM_POINTER, "load mm->mmu_notifier_mm and branch" },
	{ NULL, 0, NULL },
};

#define D struct design_config
static const struct param_row design_core_rows[] = {
	CHOICE(D, "list.structure", PT_ENUM, list_structure, "", "hlist", 0, 0, list_values, "",
	       "how registrants hang on the mm"),
	CHOICE(D, "list.reader", PT_ENUM, list_reader, "", "rcu", 0, 0, reader_values, "",
	       "what protects a walk of the list"),
	CHOICE(D, "list.domain", PT_ENUM, list_domain, "", "global", 0, 0, domain_values, "",
	       "whose readers a grace period of the list waits for"),
	CHOICE(D, "list.span", PT_ENUM, list_span, "", "callout", 0, 0, span_values, "",
	       "how long a reader of the list is held"),
	CHOICE(D, "register", PT_WORDS, on_register, "",
	       "mmap_sem_write global_mutex i_mmap anon_vma insert unlock", 0, 0, step_values,
	       "2.6.27 mm/mmu_notifier.c: do_mmu_notifier_register", "what registering does, in order"),
	CHOICE(D, "unregister", PT_WORDS, on_unregister, "", "unlink release gp unpin_module free", 0, 0,
	       step_values, "2.6.27 mm/mmu_notifier.c: mmu_notifier_unregister",
	       "what unregistering does, in order; empty: there is no way to unregister"),
	CHOICE(D, "exit", PT_WORDS, on_exit, "", "unlink release gp", 0, 0, step_values,
	       "2.6.27 mm/mmu_notifier.c: __mmu_notifier_release",
	       "what exit_mmap does with the registrants first, in order"),
	CHOICE(D, "armed_test", PT_ENUM, armed_test, "", "mm_pointer", 0, 0, armed_values, "",
	       "what a hook point pays when nobody is registered"),
};
#undef D

const struct param_table machine_params = { "machine", machine_rows, N(machine_rows) };
const struct param_table kernel_params = { "kernel", kernel_rows, N(kernel_rows) };
const struct param_table design_core_params = {
	"design.core", design_core_rows, N(design_core_rows)
};

const struct param_table *const all_param_tables[] = {
	&machine_params, &machine_cost_params, &kernel_params, &kernel_cost_params,
	&kvm_params, &kvm_cost_params, &gru_params, &gru_cost_params, &sleeper_params, &sleeper_cost_params,
	&design_core_params, &kvm_protocol_params, &gru_protocol_params, &sleeper_protocol_params,
	&scenario_params, &space_params, &region_params, &thread_params,
	&op_table[OPK_THINK].params, &op_table[OPK_TOUCH].params,
	&op_table[OPK_SECONDARY_ACCESS].params, &op_table[OPK_MADVISE_DONTNEED].params,
	&op_table[OPK_MUNMAP].params, &op_table[OPK_SLEEP].params,
	&op_table[OPK_MEMSLOT_DELETE].params, &op_table[OPK_SHRINK].params, &op_table[OPK_GRU_UNLOAD].params, &op_table[OPK_CONTEND].params,
	&op_table[OPK_SYNCHRONIZE].params,
	&op_table[OPK_REGISTER].params, &op_table[OPK_UNREGISTER].params,
	&op_table[OPK_SIGNAL].params, &op_table[OPK_EXIT].params, &use_params,
	&op_table[OPK_FORK].params, &op_table[OPK_TRUNCATE].params,
	&op_table[OPK_WRITEBACK].params, &op_table[OPK_MIGRATE].params,
	&op_table[OPK_REPEAT].params, NULL,
};

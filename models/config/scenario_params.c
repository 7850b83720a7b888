/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameter rows of a scenario: its window, regions, threads and the
 * operations that threads repeat.  All are settings; none is a physical
 * constant.
 */
#include "models/config/config.h"

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))
#define ROW(type_, key_, kind_, field_, unit_, def_, lo_, hi_, values_, help_) \
	{ .key = key_, .type = kind_, .offset = offsetof(type_, field_), .unit = unit_, \
	  .def = def_, .lo = lo_, .hi = hi_, .values = values_, \
	  .origin = ORIGIN_CHOICE, .citation = "", .help = help_ }

#define SIZE_LIMIT	((int64_t)1 << 42)	/* 4 TiB */
#define TIME_LIMIT	SEC(100000)

static const struct enum_value until_values[] = {
	{ "duration", UNTIL_DURATION, "stop after duration" },
	{ "threads_done", UNTIL_THREADS_DONE, "stop when every thread with times has ended, plus settle" },
	{ NULL, 0, NULL },
};

#define W struct world_config
static const struct param_row scenario_rows[] = {
	ROW(W, "until", PT_ENUM, until, "", "duration", 0, 0, until_values, "what ends a replication"),
	ROW(W, "duration", PT_TIME, duration, "ps", "10s", NS(1), TIME_LIMIT, NULL,
	    "length of a replication; with until: threads_done a bound"),
	ROW(W, "warmup", PT_TIME, warmup, "ps", "0s", 0, TIME_LIMIT, NULL,
	    "left out of all metrics; a tenth of duration if not given"),
	ROW(W, "settle", PT_TIME, settle, "ps", "0s", 0, TIME_LIMIT, NULL,
	    "how long a terminating replication goes on after its last thread"),
	ROW(W, "overcommit", PT_PERCENT, overcommit, "%", "0%", 0, 100 * PPM_ONE, NULL,
	    "what all processes have at the start over the machine's memory, which follows from it, in whole MiB; 0%: as machine.memory says"),
	ROW(W, "stall_bound", PT_TIME, stall_bound, "ps", "10s", MS(1), TIME_LIMIT, NULL,
	    "an allocation that waits longer for memory ends the run with 'oom'"),
	ROW(W, "budget", PT_INT, max_events, "", "50000000", 1, INT64_MAX, NULL,
	    "events of one run: check refuses a forecast above it, a run above it ends as 'timeout'"),
	ROW(W, "oracle", PT_BOOL, oracle, "", "yes", 0, 1, NULL,
	    "check the invariants; costs no simulated time"),
	ROW(W, "probes", PT_DIST, probes, "ps", "0s", 0, TIME_LIMIT, NULL,
	    "time between ghost probes, which only look (ghost.*); exponential, or they see no time average; 0s: none"),
};
#undef W

static const struct enum_value placement_values[] = {
	{ "contiguous", PLACE_CONTIGUOUS, "popular pages side by side" },
	{ "permuted", PLACE_PERMUTED, "popular pages anywhere" },
	{ "clusters", PLACE_CLUSTERS, "clusters(n): n groups of neighbours" },
	{ NULL, 0, NULL },
};

#define R struct region_config
static const struct param_row region_rows[] = {
	ROW(R, "name", PT_NAME, name, "", NULL, 0, 0, NULL, "name of the region"),
	ROW(R, "length", PT_SIZE, length, "B", NULL, PAGE_SIZE, SIZE_LIMIT, NULL, "bytes, whole pages"),
	ROW(R, "placement", PT_ENUM, placement, "", "clusters(16)", 0, 0, placement_values,
	    "where popular pages lie"),
	ROW(R, "prefault", PT_PERCENT, prefault, "%", "100%", 0, PPM_ONE, NULL,
	    "share of its pages present at the start"),
	ROW(R, "secondary_prefault", PT_PERCENT, secondary_prefault, "%", "0%", 0, PPM_ONE, NULL,
	    "share of the present pages with a secondary translation at the start"),
	ROW(R, "backing", PT_NAME, backing, "", "anon", 0, 0, NULL,
	    "anon, or a file: regions that name the same one map the same pages"),
	ROW(R, "shared", PT_BOOL, shared, "", "yes", 0, 1, NULL,
	    "a file's mapping: writes reach the file; no: a private copy"),
	ROW(R, "dirty", PT_PERCENT, dirty, "%", "0%", 0, PPM_ONE, NULL,
	    "a shared file's mapping: share of the present pages mapped writable, and dirty, at the start"),
	ROW(R, "sharers", PT_INT, sharers, "", "1", 1, 256, NULL,
	    "processes that have the region, its owner among them, as after fork; the others only stand on the lists"),
	ROW(R, "maps", PT_PERCENT, maps, "%", "100%", 0, PPM_ONE, NULL,
	    "share of the pages that each sharer has in common with the owner; of the others it has a copy (anon) or nothing (a file)"),
	ROW(R, "vmm_private", PT_BOOL, vmm_private, "", "no", 0, 1, NULL,
	    "memory of the process itself: no memslot covers it, no guest accesses it"),
	ROW(R, "own_vma", PT_BOOL, own_vma, "", "yes", 0, 1, NULL,
	    "a VMA of its own with a gap on either side"),
};
#undef R

#define A struct address_space_config
static const struct param_row space_rows[] = {
	ROW(A, "count", PT_INT, count, "", "1", 1, MAX_INSTANCES, NULL,
	    "processes like this, each with threads of its own"),
	ROW(A, "vmas.count", PT_INT, vmas, "", "0", 0, 1 << 18, NULL,
	    "VMAs beside the regions, a page each, that nobody touches: libraries, heaps"),
	ROW(A, "vmas.file", PT_PERCENT, vmas_file, "%", "50%", 0, PPM_ONE, NULL, "share of them that map a file"),
	ROW(A, "vmas.cow", PT_PERCENT, vmas_cow, "%", "20%", 0, PPM_ONE, NULL,
	    "share of the file's that have an anon_vma too: private, written once"),
	ROW(A, "vmas.shared_files", PT_INT, shared_files, "", "0", 0, 1 << 18, NULL,
	    "files that the VMAs of all processes of this kind map in turn; 0: every VMA has one of its own"),
	ROW(A, "vmas.anon_shared", PT_PERCENT, anon_shared, "%", "0%", 0, PPM_ONE, NULL,
	    "share of the anonymous ones whose anon_vma all processes of this kind have in common, as after fork"),
};
#undef A

static const struct enum_value registered_values[] = {
	{ "at_start", REGISTERED_AT_START, "it is on the notifier list when the process begins" },
	{ "by_op", REGISTERED_BY_OP, "an operation of a thread registers it" },
	{ NULL, 0, NULL },
};

#define U struct secondary_use
static const struct param_row use_rows[] = {
	ROW(U, "registered", PT_ENUM, registered, "", "at_start", 0, 0, registered_values,
	    "when it registers its notifier"),
	ROW(U, "vm_fd", PT_BOOL, vm_fd, "", "yes", 0, 1, NULL,
	    "the driver's file is closed at exit, which unregisters: a second grace period"),
};
#undef U

static const struct enum_value mode_values[] = {
	{ "user", MODE_USER, "a user process" },
	{ "kernel", MODE_KERNEL, "a kernel thread" },
	{ "guest", MODE_GUEST, "a vcpu" },
	{ NULL, 0, NULL },
};

#define T struct thread_config
static const struct param_row thread_rows[] = {
	ROW(T, "name", PT_NAME, name, "", NULL, 0, 0, NULL, "name of the thread"),
	ROW(T, "in", PT_REF, in, "", "", 0, 0, NULL, "its address space; none: a kernel thread"),
	ROW(T, "count", PT_INT, count, "", "1", 0, 4096, NULL, "threads of this kind, in each instance of the address space"),
	ROW(T, "mode", PT_ENUM, mode, "", "user", 0, 0, mode_values, "where its think time is spent"),
	ROW(T, "halted", PT_BOOL, halted, "", "no", 0, 1, NULL, "starts asleep and never runs"),
	ROW(T, "first_cpu", PT_INT, first_cpu, "", "-1", -1, 4095, NULL,
	    "CPU of the first of them, the others follow; -1: the next free CPU"),
	ROW(T, "pinned", PT_BOOL, pinned, "", "no", 0, 1, NULL,
	    "stays on the CPU on which it started; else a wake-up may move it"),
	ROW(T, "start", PT_DIST, start, "ps", "0s", 0, TIME_LIMIT, NULL, "when it begins"),
	ROW(T, "arrive", PT_DIST, arrive, "ps", "0s", 0, TIME_LIMIT, NULL,
	    "open load: time between the arrivals of its items, each one round of the loop; 0s: the next begins when one ends"),
	ROW(T, "times", PT_INT, times, "", "0", 0, INT64_MAX, NULL,
	    "repetitions of its loop; 0: for ever"),
};
#undef T

#define O struct op_config
#define ROW_OF		ROW(O, "of", PT_REF, region, "", "", 0, 0, NULL, "a region; may be left out where there is only one")
#define ROW_PAGES(def_)	ROW(O, "pages", PT_PICK, pages, "", def_, 0, 0, NULL, "which pages")
#define ROW_N(def_, help_) ROW(O, "n", PT_INT, n, "", def_, 1, 1 << 20, NULL, help_)
#define ROW_WRITE	ROW(O, "write", PT_PERCENT, write, "%", "100%", 0, PPM_ONE, NULL, "share of writes: a write needs a translation that allows it")
#define ROW_DURATION(key_, help_) ROW(O, key_, PT_DIST, duration, "ps", NULL, 0, TIME_LIMIT, NULL, help_)
#define ROW_LENGTH	ROW(O, "length", PT_SIZE, length, "B", NULL, PAGE_SIZE, SIZE_LIMIT, NULL, "bytes, whole pages")
#define ROW_AT		ROW(O, "at", PT_PICK, at, "", "seq", 0, 0, NULL, "where in the region it begins; seq wraps")
#define ROW_REFILL	ROW(O, "refill", PT_BOOL, refill, "", "no", 0, 1, NULL, "map again and touch in the same operation")

static const struct param_row think_rows[] = { ROW_DURATION("think", "computing time") };
static const struct param_row touch_rows[] = { ROW_OF, ROW_PAGES("seq"), ROW_N("1", "pages touched"), ROW_WRITE };
static const struct param_row access_rows[] = {
	ROW_OF, ROW_PAGES("uniform"), ROW_N("1", "pages of one visit"), ROW_WRITE,
	ROW(O, "via", PT_REF, via, "", "", 0, 0, NULL,
	    "a secondary MMU of the address space; the first that threads of this mode access if left out")
};
static const struct param_row unmap_rows[] = { ROW_OF, ROW_LENGTH, ROW_AT, ROW_REFILL };
static const struct param_row sleep_rows[] = { ROW_DURATION("sleep", "time asleep") };
static const struct param_row memslot_rows[] = {
	ROW(O, "of", PT_REF, region, "", "", 0, 0, NULL,
	    "whose memslot; KVM of 2008 then drops every translation of the VM, whichever it is")
};
static const struct param_row shrink_rows[] = { ROW_N("1", "calls of the shrinker") };
static const struct param_row unload_rows[] = {
	ROW(O, "via", PT_REF, via, "", "", 0, 0, NULL,
	    "a secondary MMU of kind gru of the address space; the first if left out")
};
static const struct enum_value on_eintr_values[] = {
	{ "retry", EINTR_RETRY, "take the signal and try again" },
	{ "give_up", EINTR_GIVE_UP, "the driver goes on without" },
	{ NULL, 0, NULL },
};

#define ROW_VIA		ROW(O, "via", PT_REF, via, "", "", 0, 0, NULL, "a secondary MMU; may be left out where there is only one")
#define ROW_ON_EINTR	ROW(O, "on_eintr", PT_ENUM, on_eintr, "", "retry", 0, 0, on_eintr_values, "what the caller does when a signal ended it")
static const struct param_row register_rows[] = { ROW_VIA, ROW_ON_EINTR };
static const struct param_row signal_rows[] = {
	ROW(O, "to", PT_NAME, to, "", NULL, 0, 0, NULL, "thread that gets it: the instance of the sender's number")
};
static const struct param_row exit_rows[] = {
	ROW(O, "respawn", PT_BOOL, respawn, "", "no", 0, 1, NULL,
	    "the thread goes on in a new process, in its start state; fork and exec take no time")
};
static const struct param_row fork_rows[] = {
	ROW(O, "keep", PT_INT, keep, "", "0", 0, MAX_CHILDREN, NULL,
	    "children that stay alive; the oldest of more exits at once, on this CPU")
};
static const struct param_row truncate_rows[] = {
	ROW_OF,
	ROW(O, "length", PT_SIZE, length, "B", NULL, 0, SIZE_LIMIT, NULL,
	    "where the file ends for a moment; what was behind is a hole afterwards")
};
static const struct param_row writeback_rows[] = { ROW_OF, ROW_N("1024", "dirty pages written at most") };
static const struct param_row migrate_rows[] = { ROW_OF, ROW_PAGES("seq"), ROW_N("1", "pages moved by one call") };
static const struct enum_value contend_values[] = {
	{ "counter", CONTEND_COUNTER, "increment and decrement of one counter, atomic" },
	{ "spinlock", CONTEND_SPINLOCK, "lock and unlock of one spinlock" },
	{ "rwsem_read", CONTEND_RWSEM_READ, "down_read and up_read of one semaphore" },
	{ "rwlock_read", CONTEND_RWLOCK_READ, "read_lock and read_unlock of one queued rwlock" },
	{ "rcu_read", CONTEND_RCU_READ, "rcu_read_lock and rcu_read_unlock" },
	{ "srcu_read", CONTEND_SRCU_READ, "srcu_read_lock and srcu_read_unlock of one domain" },
	{ NULL, 0, NULL },
};
static const struct param_row contend_rows[] = {
	ROW(O, "on", PT_ENUM, on, "", NULL, 0, 0, contend_values, "one object of the machine, which all such operations share"),
	ROW_N("1", "times in a row"),
};
static const struct enum_value sync_values[] = {
	{ "rcu", SYNC_RCU, "synchronize_rcu" },
	{ "srcu", SYNC_SRCU, "synchronize_srcu of the domain that contend has readers of" },
	{ "srcu_expedited", SYNC_SRCU_EXPEDITED, "synchronize_srcu_expedited of it" },
	{ NULL, 0, NULL },
};
static const struct param_row sync_rows[] = {
	ROW(O, "what", PT_ENUM, what, "", "rcu", 0, 0, sync_values, "whose readers it waits for"),
};
static const struct param_row repeat_rows[] = {
	ROW(O, "times", PT_INT, times, "", NULL, 1, INT64_MAX, NULL, "repetitions of the inner loop")
};

/* think and sleep are written "think: exp(20us)": their value is the key's. */
#define OP(kind_, name_, rows_, help_) \
	[OPK_##kind_] = { name_, { "scenario.threads.NAME.loop." name_, rows_, N(rows_) }, help_ }
#define OP_PLAIN(kind_, name_, rows_, help_) \
	[OPK_##kind_] = { name_, { "scenario.threads.NAME.loop", rows_, N(rows_) }, help_ }
const struct op_info op_table[NR_OP_KINDS] = {
	OP_PLAIN(THINK, "think", think_rows, "compute in the thread's mode"),
	OP(TOUCH, "touch", touch_rows, "user accesses by the CPU"),
	OP(SECONDARY_ACCESS, "secondary_access", access_rows, "accesses through a secondary MMU: one visit"),
	OP(MADVISE_DONTNEED, "madvise_dontneed", unmap_rows, "madvise(MADV_DONTNEED): mmap_sem for reading"),
	OP(MUNMAP, "munmap", unmap_rows, "munmap: mmap_sem for writing"),
	OP_PLAIN(SLEEP, "sleep", sleep_rows, "block; a vcpu halts"),
	OP(MEMSLOT_DELETE, "memslot_delete", memslot_rows, "delete and re-create the memslot of a region"),
	OP(SHRINK, "shrink", shrink_rows, "the secondary MMU's slab shrinker"),
	OP(GRU_UNLOAD, "gru_unload", unload_rows, "the ioctl that takes the thread's context off its chiplet; the next access loads it again"),
	OP(REGISTER, "register", register_rows, "mmu_notifier_register: the design's steps"),
	OP(UNREGISTER, "unregister", register_rows, "mmu_notifier_unregister, then the driver drops what it has"),
	OP(SIGNAL, "signal", signal_rows, "send a signal to another thread"),
	OP(EXIT, "exit", exit_rows, "do_exit of the thread; of the process, if it is the last"),
	OP(FORK, "fork", fork_rows, "copy the address space; private pages are shared until one writes"),
	OP(TRUNCATE, "truncate", truncate_rows, "cut the file behind a region, and extend it again"),
	OP(WRITEBACK, "writeback", writeback_rows, "write dirty pages of the file behind a region, going round it"),
	OP(MIGRATE, "migrate", migrate_rows, "move_pages: pages of the process to other page frames"),
	OP(CONTEND, "contend", contend_rows, "take and release one primitive of the kernel"),
	OP(SYNCHRONIZE, "synchronize", sync_rows, "wait for a grace period"),
	OP(REPEAT, "repeat", repeat_rows, "an inner loop"),
};

const struct param_table scenario_params = { "scenario", scenario_rows, N(scenario_rows) };
const struct param_table space_params = {
	"scenario.address_spaces.NAME", space_rows, N(space_rows)
};
const struct param_table region_params = {
	"scenario.address_spaces.NAME.regions.NAME", region_rows, N(region_rows)
};
const struct param_table use_params = {
	"scenario.address_spaces.NAME.secondary", use_rows, N(use_rows)
};
const struct param_table thread_params = {
	"scenario.threads.NAME", thread_rows, N(thread_rows)
};

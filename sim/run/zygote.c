/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The zygote and its workers.
 *
 * The zygote exists because a worker must be replaced while the parent has
 * the database open: a child of the parent would inherit the descriptors of
 * the store, flock(2) included, and keep the database locked after the
 * parent's death.  It is single-threaded, owns no state but the pids of its
 * children, and is the only one that waits for them, so a kill request can
 * never hit a recycled pid.
 *
 * Ctrl-C goes to the whole process group: SIGINT and SIGTERM stay blocked
 * here; the parent decides what happens to runs in flight.
 */
#include "sim/run/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/hash.h"

#define MAX_SLOTS	1024
#define FIRST_FREE_FD	10		/* above what a worker keeps */

int64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int write_all(int fd, const void *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		p = (const char *)p + k;
		n -= (size_t)k;
	}
	return 0;
}

static int read_all(int fd, void *p, size_t n)
{
	while (n) {
		ssize_t k = read(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		p = (char *)p + k;
		n -= (size_t)k;
	}
	return 0;
}

/* --- worker ------------------------------------------------------------------ */

static int send_record(const struct pool_task *t, const struct result *r,
		       int64_t wall_ns)
{
	struct record_head head = {
		.magic = RECORD_MAGIC, .source = t->source, .config = t->config,
		.replication = t->replication, .wall_ns = wall_ns,
	};
	struct rusage usage;
	struct strbuf sb;
	int ret = -1;

	getrusage(RUSAGE_SELF, &usage);
	head.max_rss = (int64_t)usage.ru_maxrss * 1024;
	sb_init(&sb);
	result_pack(r, &sb);
	if (!sb.failed && sb.len <= RECORD_MAX) {
		head.length = (uint32_t)sb.len;
		head.checksum = hash_mem(sb.s, sb.len, RECORD_MAGIC);
		ret = write_all(WORKER_FD, &head, sizeof(head)) ||
		      write_all(WORKER_FD, sb.s, sb.len) ? -1 : 0;
	}
	sb_free(&sb);
	return ret;
}

static void worker_loop(const struct run_job *job) __attribute__((noreturn));
static void worker_loop(const struct run_job *job)
{
	void *state = NULL;
	struct pool_task t;

	while (!read_all(WORKER_FD, &t, sizeof(t))) {
		const struct run_source *s = &job->source[t.source];
		struct result r;
		int64_t start = monotonic_ns();

		result_init(&r);
		s->run(s->arg, &state, t.config, t.replication, &r);
		if (r.failed) {
			result_free(&r);
			r.status = RUN_MEMORY;
			result_set_reason(&r, "out of memory while the result was filled");
		}
		if (send_record(&t, &r, monotonic_ns() - start))
			_exit(1);
		result_free(&r);
	}
	_exit(0);
}

/* Descriptors 0..3 as a worker has them, everything else closed. */
static void worker_descriptors(int data, int log)
{
	int null = open("/dev/null", O_RDONLY);

	data = fcntl(data, F_DUPFD, FIRST_FREE_FD);
	log = fcntl(log, F_DUPFD, FIRST_FREE_FD);
	null = fcntl(null, F_DUPFD, FIRST_FREE_FD);
	if (data < 0 || log < 0 || null < 0 || dup2(null, 0) < 0 ||
	    dup2(log, 1) < 0 || dup2(log, 2) < 0 || dup2(data, WORKER_FD) < 0)
		_exit(1);
	close_range(WORKER_FD + 1, ~0u, 0);
}

static void limit_memory(uint64_t bytes)
{
	struct rlimit core = { 0, 0 }, memory = { bytes, bytes };

	setrlimit(RLIMIT_CORE, &core);
	if (bytes)
		setrlimit(RLIMIT_AS, &memory);
}

static pid_t spawn(const struct run_job *job, int data, int log, uint64_t memory)
{
	pid_t zygote = getpid(), pid = fork();
	sigset_t set;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != zygote)
		_exit(1);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	worker_descriptors(data, log);
	limit_memory(memory);
	worker_loop(job);
}

/* --- zygote ------------------------------------------------------------------ */

struct zygote {
	const struct run_job *job;
	int control, children_fd;
	uint64_t memory_limit;
	pid_t pid[MAX_SLOTS];		/* 0: none */
};

static void report(struct zygote *z, int event, int slot, int pid, int status)
{
	struct zygote_report r = { event, slot, pid, status };

	if (send(z->control, &r, sizeof(r), MSG_NOSIGNAL) != sizeof(r))
		_exit(0);	/* the parent is gone */
}

/* One request with its descriptors (-1: none). */
static int receive(struct zygote *z, struct zygote_request *q, int fd[2])
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec io = { q, sizeof(*q) };
	struct msghdr m = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	ssize_t n;

	fd[0] = fd[1] = -1;
	do {
		n = recvmsg(z->control, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n != sizeof(*q))
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(2 * sizeof(int)))
		memcpy(fd, CMSG_DATA(c), 2 * sizeof(int));
	return 0;
}

static void serve(struct zygote *z)
{
	struct zygote_request q;
	int fd[2];
	pid_t pid;

	if (receive(z, &q, fd) || q.slot < 0 || q.slot >= MAX_SLOTS)
		_exit(0);
	if (q.op == ZYGOTE_KILL) {
		if (z->pid[q.slot] > 0)
			kill(z->pid[q.slot], SIGKILL);
		return;
	}
	pid = spawn(z->job, fd[0], fd[1], z->memory_limit);
	report(z, ZYGOTE_STARTED, q.slot, pid, pid < 0 ? errno : 0);
	z->pid[q.slot] = pid > 0 ? pid : 0;
	close(fd[0]);
	close(fd[1]);
}

static void reap(struct zygote *z)
{
	struct signalfd_siginfo info;
	int status, slot;
	pid_t pid;

	while (read(z->children_fd, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (slot = 0; slot < MAX_SLOTS; slot++)
			if (z->pid[slot] == pid) {
				z->pid[slot] = 0;
				report(z, ZYGOTE_DIED, slot, pid, status);
			}
}

void zygote_main(const struct run_job *job, int control, uint64_t memory_limit)
{
	struct zygote z = { .job = job, .control = control };
	struct pollfd fds[2];
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigdelset(&set, SIGINT);
	sigdelset(&set, SIGTERM);
	z.memory_limit = memory_limit;
	z.children_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (z.children_fd < 0)
		_exit(1);
	for (;;) {
		fds[0] = (struct pollfd){ control, POLLIN, 0 };
		fds[1] = (struct pollfd){ z.children_fd, POLLIN, 0 };
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		if (fds[1].revents)
			reap(&z);
		if (fds[0].revents)
			serve(&z);
	}
}

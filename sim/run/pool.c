/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent's side of the worker processes.
 *
 * A slot is empty, idle or busy.  The death of a worker is known for certain
 * only from the zygote's report; end of file on its socket merely stops us
 * from polling it.  A record that was complete before the death still counts.
 *
 * What a worker prints (1 and 2) goes to a memory file, emptied before each
 * task: the text of a failed assertion becomes the reason of the run, and the
 * output of a good run is passed on to our stderr so that no warning is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/run/pool_int.h"
#include "sim/run/zygote.h"

#define MIN_MEMORY	(1ull << 30)

#if defined(__SANITIZE_ADDRESS__)
#define SHADOW_MEMORY	1		/* terabytes of address space: no limit */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOW_MEMORY	1
#endif
#endif
#ifndef SHADOW_MEMORY
#define SHADOW_MEMORY	0
#endif

static int system_error(struct err *e, const char *what)
{
	err_set(e, EX_ENVIRONMENT, "worker processes: %s: %s", what, strerror(errno));
	return -1;
}

static uint64_t memory_limit(int jobs)
{
	struct sysinfo info;
	uint64_t bytes;

	if (SHADOW_MEMORY || sysinfo(&info))
		return 0;
	bytes = (uint64_t)info.totalram * info.mem_unit / 10 * 9 / (uint64_t)jobs;
	return bytes > MIN_MEMORY ? bytes : MIN_MEMORY;
}

static pid_t fork_zygote(const struct run_job *job, int jobs, int pair[2])
{
	pid_t parent = getpid(), pid;

	fflush(NULL);		/* or the child would print it again */
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	close(pair[0]);
	zygote_main(job, pair[1], memory_limit(jobs));
}

struct pool *pool_new(const struct run_job *job, int jobs, double timeout,
		      struct err *e)
{
	struct pool *p = mem_calloc(1, sizeof(*p));
	int pair[2], i;

	if (p)
		p->slot = mem_calloc((size_t)jobs, sizeof(*p->slot));
	if (!p || !p->slot) {
		mem_free(p);
		err_set(e, EX_ENVIRONMENT, "out of memory");
		return NULL;
	}
	p->n = jobs;
	p->timeout = timeout;
	p->timeout_ns = (int64_t)(timeout * 1e9);
	p->control = -1;
	for (i = 0; i < jobs; i++) {
		p->slot[i].fd = p->slot[i].log_fd = -1;
		sb_init(&p->slot[i].in);
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		system_error(e, "socketpair");
		pool_free(p);
		return NULL;
	}
	p->zygote = fork_zygote(job, jobs, pair);
	close(pair[1]);
	p->control = pair[0];
	if (p->zygote < 0) {
		p->zygote = 0;
		system_error(e, "fork");
		pool_free(p);
		return NULL;
	}
	return p;
}

static void slot_clear(struct slot *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->log_fd >= 0)
		close(s->log_fd);
	sb_reset(&s->in);
	s->fd = s->log_fd = -1;
	s->state = SLOT_EMPTY;
	s->killed = KILL_NONE;
	s->eof = s->died = 0;
}

void pool_free(struct pool *p)
{
	int i;

	if (!p)
		return;
	if (p->zygote > 0)
		kill(p->zygote, SIGKILL);	/* and with it, its children */
	if (p->control >= 0)
		close(p->control);
	if (p->zygote > 0)
		while (waitpid(p->zygote, NULL, 0) < 0 && errno == EINTR)
			;
	for (i = 0; i < p->n; i++) {
		slot_clear(&p->slot[i]);
		sb_free(&p->slot[i].in);
	}
	mem_free(p->slot);
	mem_free(p);
}

int pool_busy(const struct pool *p)
{
	int i, n = 0;

	for (i = 0; i < p->n; i++)
		n += p->slot[i].state == SLOT_BUSY;
	return n;
}

int pool_free_slot(const struct pool *p)
{
	return pool_busy(p) < p->n;
}

/* --- talking to the zygote ----------------------------------------------------- */

static int request(struct pool *p, int op, int slot, const int fd[2], struct err *e)
{
	struct zygote_request q = { op, slot };
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec io = { &q, sizeof(q) };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1 };

	if (fd) {
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(2 * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fd, 2 * sizeof(int));
	}
	if (sendmsg(p->control, &m, MSG_NOSIGNAL) < 0)
		return system_error(e, "the zygote is gone");
	return 0;
}

static int read_report(struct pool *p, int flags, struct zygote_report *r, struct err *e)
{
	ssize_t n;

	do {
		n = recv(p->control, r, sizeof(*r), flags);
	} while (n < 0 && errno == EINTR);
	if (n == sizeof(*r) && r->slot >= 0 && r->slot < p->n)
		return 1;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	errno = n < 0 ? errno : ESRCH;
	return system_error(e, "the zygote is gone");
}

static void note_death(struct pool *p, const struct zygote_report *r)
{
	p->slot[r->slot].died = 1;
	p->slot[r->slot].status = r->status;
}

/* A new worker for the empty slot @i; waits for the zygote's answer. */
static int slot_spawn(struct pool *p, int i, struct err *e)
{
	struct slot *s = &p->slot[i];
	struct zygote_report r;
	int pair[2], fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return system_error(e, "socketpair");
	s->fd = pair[0];
	s->log_fd = memfd_create("shootdown-worker", MFD_CLOEXEC);
	if (s->log_fd < 0 || fcntl(s->log_fd, F_SETFL, O_APPEND)) {
		close(pair[1]);
		return system_error(e, "memfd_create");
	}
	fd[0] = pair[1];
	fd[1] = s->log_fd;
	if (request(p, ZYGOTE_SPAWN, i, fd, e)) {
		close(pair[1]);
		return -1;
	}
	close(pair[1]);
	for (;;) {
		if (read_report(p, 0, &r, e) < 0)
			return -1;
		if (r.event == ZYGOTE_STARTED)
			break;
		note_death(p, &r);
	}
	if (r.pid < 0) {
		errno = r.status;
		return system_error(e, "fork");
	}
	s->state = SLOT_IDLE;
	return 0;
}

int pool_assign(struct pool *p, const struct pool_task *t, struct err *e)
{
	struct slot *s = NULL;
	int i;

	for (i = 0; i < p->n; i++)	/* an idle one that died is an empty one */
		if (p->slot[i].died && p->slot[i].state == SLOT_IDLE)
			slot_clear(&p->slot[i]);
	for (i = 0; i < p->n && !s; i++)
		if (p->slot[i].state == SLOT_IDLE)
			s = &p->slot[i];
	for (i = 0; i < p->n && !s; i++)
		if (p->slot[i].state == SLOT_EMPTY) {
			s = &p->slot[i];
			if (slot_spawn(p, i, e)) {
				slot_clear(s);
				return -1;
			}
		}
	if (!s) {
		err_set(e, EX_ENVIRONMENT, "worker processes: no free worker");
		return -1;
	}
	s->task = *t;
	s->state = SLOT_BUSY;
	s->killed = KILL_NONE;
	s->started = monotonic_ns();
	sb_reset(&s->in);
	if (ftruncate(s->log_fd, 0))
		return system_error(e, "ftruncate");
	/* A worker that has just died is found out by its report. */
	if (send(s->fd, t, sizeof(*t), MSG_NOSIGNAL) != sizeof(*t))
		s->eof = 1;
	return 0;
}

/* --- results ------------------------------------------------------------------- */

static int slot_kill(struct pool *p, int i, enum kill_reason why, struct err *e)
{
	if (p->slot[i].killed)
		return 0;
	p->slot[i].killed = why;
	return request(p, ZYGOTE_KILL, i, NULL, e);
}

/* 1: @out is filled; 0: nothing yet; -1: @e. */
static int slot_result(struct pool *p, int i, struct pool_done *out, struct err *e)
{
	struct slot *s = &p->slot[i];
	int got = 0;

	if (s->state != SLOT_BUSY) {
		if (s->died)
			slot_clear(s);
		return 0;
	}
	if (!s->killed) {
		slot_read(s);
		got = slot_take_record(s, out);
	}
	if (got < 0 && !s->died)
		return slot_kill(p, i, KILL_CORRUPT, e);
	if (got < 0)
		s->killed = KILL_CORRUPT;
	if (got <= 0 && !s->died)
		return 0;
	out->task = s->task;
	if (got > 0) {
		slot_forward_log(s);
		s->state = SLOT_IDLE;
		sb_reset(&s->in);
		return 1;
	}
	slot_failed_result(p, s, &out->result);
	out->wall_ns = monotonic_ns() - s->started;
	out->max_rss = 0;
	slot_clear(s);
	return 1;
}

/* --- waiting ------------------------------------------------------------------- */

/* Milliseconds until the next timeout, killing what is over it; -1: never. */
static int check_timeouts(struct pool *p, struct err *e, int *ms)
{
	int64_t now = monotonic_ns(), left;
	int i;

	*ms = -1;
	for (i = 0; i < p->n; i++) {
		struct slot *s = &p->slot[i];

		if (s->state != SLOT_BUSY || s->killed)
			continue;
		left = s->started + p->timeout_ns - now;
		if (left <= 0) {
			if (slot_kill(p, i, KILL_TIMEOUT, e))
				return -1;
		} else if (*ms < 0 || left / 1000000 + 1 < *ms) {
			*ms = (int)(left / 1000000 > 1000000 ? 1000000 : left / 1000000 + 1);
		}
	}
	return 0;
}

/* Sleep until something happens; 1 if @stop_fd did. */
static int pool_poll(struct pool *p, int stop_fd, int ms, struct err *e)
{
	struct pollfd *fds = mem_calloc((size_t)p->n + 2, sizeof(*fds));
	int i, ret;

	if (!fds) {
		err_set(e, EX_ENVIRONMENT, "out of memory");
		return -1;
	}
	fds[0] = (struct pollfd){ p->control, POLLIN, 0 };
	fds[1] = (struct pollfd){ stop_fd, POLLIN, 0 };
	for (i = 0; i < p->n; i++) {
		struct slot *s = &p->slot[i];
		int use = s->state == SLOT_BUSY && !s->eof && !s->killed;

		fds[i + 2] = (struct pollfd){ use ? s->fd : -1, POLLIN, 0 };
	}
	ret = poll(fds, (nfds_t)p->n + 2, ms);
	if (ret < 0 && errno != EINTR)
		ret = system_error(e, "poll");
	else
		ret = fds[1].revents != 0;
	mem_free(fds);
	return ret;
}

int pool_next(struct pool *p, int stop_fd, int drain, struct pool_done *out,
	      struct err *e)
{
	struct zygote_report r;
	int i, ret, ms;

	for (;;) {
		while ((ret = read_report(p, MSG_DONTWAIT, &r, e)) > 0)
			if (r.event == ZYGOTE_DIED)
				note_death(p, &r);
		if (ret < 0)
			return -1;
		for (i = 0; i < p->n; i++) {
			ret = slot_result(p, i, out, e);
			if (ret)
				return ret;
		}
		if (drain || !pool_busy(p))
			return 0;
		if (check_timeouts(p, e, &ms))
			return -1;
		ret = pool_poll(p, stop_fd, ms, e);
		if (ret)
			return ret < 0 ? -1 : 0;
	}
}

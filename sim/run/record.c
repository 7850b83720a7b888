/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From bytes and deaths to results.
 *
 * Nothing that a worker sends is trusted: magic, length, checksum and the echo
 * of the task must all fit, else the record is corrupt.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/hash.h"
#include "sim/run/pool_int.h"
#include "sim/run/zygote.h"

#define REASON_MAX	1500		/* bytes of output kept in a reason */

/* @n bytes at @at of the worker's output, on one line. */
static void read_log_part(const struct slot *s, off_t at, size_t n, struct strbuf *sb)
{
	char buf[REASON_MAX];
	ssize_t k = pread(s->log_fd, buf, n < sizeof(buf) ? n : sizeof(buf), at), i;

	while (k > 0 && (buf[k - 1] == '\n' || buf[k - 1] == ' '))
		k--;
	for (i = 0; i < k; i++) {
		unsigned char c = (unsigned char)buf[i];

		if (c == '\n')
			sb_adds(sb, "; ");
		else
			sb_addc(sb, c >= 0x20 && c < 0x7f ? (char)c : '?');
	}
}

/* The output of a dead worker: where it begins and where it ends. */
static void read_log(const struct slot *s, struct strbuf *sb)
{
	off_t size = lseek(s->log_fd, 0, SEEK_END);

	if (size <= REASON_MAX) {
		read_log_part(s, 0, REASON_MAX, sb);
		return;
	}
	read_log_part(s, 0, REASON_MAX / 2, sb);
	sb_adds(sb, " ... ");
	read_log_part(s, size - REASON_MAX / 2, REASON_MAX / 2, sb);
}

void slot_forward_log(const struct slot *s)
{
	char buf[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(s->log_fd, buf, sizeof(buf), at)) > 0) {
		fwrite(buf, 1, (size_t)n, stderr);
		at += n;
	}
}

void slot_failed_result(const struct pool *p, const struct slot *s, struct result *r)
{
	int signal = WIFSIGNALED(s->status) ? WTERMSIG(s->status) : 0;
	const char *name = sigabbrev_np(signal);
	struct strbuf log;

	result_init(r);
	sb_init(&log);
	read_log(s, &log);
	r->status = RUN_CRASH;
	if (s->killed == KILL_TIMEOUT) {
		r->status = RUN_TIMEOUT;
		result_set_reason(r, "no result after %g s of wall-clock time", p->timeout);
	} else if (s->killed == KILL_CORRUPT) {
		result_set_reason(r, "the worker sent a corrupt record");
	} else if (signal == SIGABRT) {
		r->status = RUN_ASSERTION;
		result_set_reason(r, "%s", log.len ? log.s : "SIGABRT");
	} else if (signal) {
		result_set_reason(r, "SIG%s%s%s", name ? name : "?",
				  log.len ? ": " : "", log.s);
	} else {
		result_set_reason(r, "worker exited with status %d%s%s",
				  WEXITSTATUS(s->status), log.len ? ": " : "", log.s);
	}
	sb_free(&log);
}

int slot_take_record(struct slot *s, struct pool_done *out)
{
	struct record_head h;
	const char *body;

	if (s->in.failed)
		return -1;
	if (s->in.len < sizeof(h))
		return 0;
	memcpy(&h, s->in.s, sizeof(h));
	if (h.magic != RECORD_MAGIC || h.length > RECORD_MAX ||
	    s->in.len > sizeof(h) + h.length)
		return -1;
	if (s->in.len < sizeof(h) + h.length)
		return 0;
	body = s->in.s + sizeof(h);
	if (h.checksum != hash_mem(body, h.length, RECORD_MAGIC) ||
	    h.source != s->task.source || h.config != s->task.config ||
	    h.replication != s->task.replication ||
	    result_unpack(&out->result, body, h.length))
		return -1;
	out->wall_ns = h.wall_ns;
	out->max_rss = h.max_rss;
	return 1;
}

void slot_read(struct slot *s)
{
	char buf[65536];
	ssize_t n;

	while (!s->eof && s->in.len <= RECORD_MAX + sizeof(struct record_head)) {
		n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n <= 0)
			s->eof = 1;
		else
			sb_addmem(&s->in, buf, (size_t)n);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening and closing of the database.
 *
 * The lock of the one writer is flock(2) on a descriptor of the file itself.
 * It must stay open until SQLite has closed: closing any descriptor of a file
 * drops every POSIX lock that the process holds on it, SQLite's too.
 *
 * What opens a file of unknown origin: DEFENSIVE and cell_size_check before
 * the first statement, then schema_check() before any table is touched.
 * TRUSTED_SCHEMA=0 is not possible: json_valid() in our own CHECKs is "unsafe"
 * to SQLite 3.40, which then calls the whole file malformed.  Comparing every
 * object of the schema with ours is the stronger rule anyway.
 *
 * WAL only while writing.  The switch back at close needs that nobody else
 * reads; if somebody does, the file stays in WAL mode, which is legal.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/alloc.h"
#include "sim/base/strbuf.h"
#include "sim/store/store_int.h"

#define BUSY_MS		10000		/* patience with readers */

int store_no_memory(struct err *e)
{
	err_set(e, EX_ENVIRONMENT, "out of memory");
	return -1;
}

int store_sql_error(sqlite3 *db, const char *path, const char *doing,
		    struct err *e)
{
	int code = db ? sqlite3_errcode(db) : SQLITE_NOMEM;
	int system = db ? sqlite3_system_errno(db) : 0;
	const char *what = db ? sqlite3_errmsg(db) : "out of memory";

	switch (code & 0xff) {
	case SQLITE_FULL:
		what = "the disk is full; what was committed stays, the same command goes on";
		break;
	case SQLITE_NOTADB:
		what = "not an SQLite database";
		break;
	case SQLITE_CORRUPT:
		what = "truncated or damaged";
		break;
	case SQLITE_READONLY:
		what = "read-only file or directory";
		break;
	case SQLITE_IOERR:
		if (system)
			what = strerror(system);
		break;
	}
	err_set(e, EX_ENVIRONMENT, "%s: %s: %s", path, doing, what);
	return -1;
}

int store_exec(sqlite3 *db, const char *path, const char *sql, struct err *e)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return store_sql_error(db, path, "cannot write", e);
}

int store_query_int(sqlite3 *db, const char *path, const char *sql,
		    int64_t *out, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	*out = 0;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL))
		return store_sql_error(db, path, "cannot read", e);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	if (sqlite3_finalize(st) != SQLITE_OK)
		return store_sql_error(db, path, "cannot read", e);
	return 0;
}

/* Protection against files that were made to harm; before any statement. */
static int harden(sqlite3 *db, const char *path, struct err *e)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_MS);
	return store_exec(db, path, "PRAGMA cell_size_check = 1;"
			  "PRAGMA foreign_keys = 1", e);
}

/* mkdir -p of everything before the last slash. */
static int make_directories(const char *path, struct err *e)
{
	char *copy = mem_strdup(path), *p;
	int ret = 0;

	if (!copy)
		return store_no_memory(e);
	for (p = copy + 1; *copy && (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(copy, 0777) && errno != EEXIST) {
			err_set(e, EX_ENVIRONMENT, "%s: cannot make the directory: %s",
				copy, strerror(errno));
			ret = -1;
			break;
		}
		*p = '/';
	}
	mem_free(copy);
	return ret;
}

/*
 * Take the writer's lock; *@mine: the file was not there and is locked now, so
 * that nobody else can have written to it.  A file that is longer than nothing
 * and does not begin like SQLite's is refused before SQLite may touch it.
 */
static int lock_file(const char *path, int *fd, int *mine, struct err *e)
{
	static const char magic[16] = "SQLite format 3";
	struct stat named, locked;
	int fresh = access(path, F_OK) != 0;
	char head[16];
	ssize_t n;

	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (*fd < 0) {
		err_set(e, EX_ENVIRONMENT, "%s: cannot open for writing: %s",
			path, strerror(errno));
		return -1;
	}
	if (flock(*fd, LOCK_EX | LOCK_NB)) {
		err_set(e, EX_ENVIRONMENT, errno == EWOULDBLOCK ?
			"%s: another process is writing this database" :
			"%s: cannot lock", path);
		return -1;
	}
	if (stat(path, &named) || fstat(*fd, &locked) ||
	    named.st_ino != locked.st_ino || named.st_dev != locked.st_dev) {
		err_set(e, EX_ENVIRONMENT, "%s: was replaced while it was opened", path);
		return -1;
	}
	*mine = fresh;
	n = pread(*fd, head, sizeof(head), 0);
	if (n < 0 || (n > 0 && (n != sizeof(head) || memcmp(head, magic, 16)))) {
		err_set(e, EX_ENVIRONMENT, "%s: %s", path,
			n < 0 ? strerror(errno) : "not an SQLite database");
		return -1;
	}
	return 0;
}

static int open_writer(struct store *s, struct err *e)
{
	int empty;

	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE, NULL))
		return store_sql_error(s->db, s->path, "cannot open", e);
	if (harden(s->db, s->path, e) ||
	    schema_check(s->db, s->path, 1, &empty, e))
		return -1;
	if (empty && schema_create(s->db, s->path, e))
		return -1;
	return store_exec(s->db, s->path, "PRAGMA journal_mode = WAL;"
			  "PRAGMA synchronous = NORMAL", e);
}

static void store_free(struct store *s)
{
	int i;

	for (i = 0; i < NR_STORE_STMTS; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	mem_free(s->metric_id);
	mem_free(s->path);
	mem_free(s);
}

int store_open(const char *path, struct store **out, struct err *e)
{
	struct store *s = mem_calloc(1, sizeof(*s));
	int mine = 0;

	*out = NULL;
	if (!s)
		return store_no_memory(e);
	s->lock_fd = -1;
	s->path = mem_strdup(path);
	if (!s->path) {
		store_free(s);
		return store_no_memory(e);
	}
	if (make_directories(path, e) ||
	    lock_file(path, &s->lock_fd, &mine, e) || open_writer(s, e)) {
		struct stat st;

		/*
		 * Leave no empty file behind that was not there before; one
		 * that somebody else has just begun is his.
		 */
		if (mine && !fstat(s->lock_fd, &st) && !st.st_size)
			unlink(path);
		store_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

sqlite3 *store_db(struct store *s)
{
	return s->db;
}

/* A reader that keeps the WAL in use is no error: the file is complete. */
static int leave_wal(struct store *s, struct err *e)
{
	int rc, i;

	for (i = 0; i < NR_STORE_STMTS; i++) {
		sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
	sqlite3_busy_timeout(s->db, 500);
	rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
				       NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "PRAGMA journal_mode = DELETE", NULL,
				  NULL, NULL);
	if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY ||
	    (rc & 0xff) == SQLITE_LOCKED)
		return 0;
	return store_sql_error(s->db, s->path, "cannot close", e);
}

int store_close(struct store *s, struct err *e)
{
	int ret;

	if (!s)
		return 0;
	store_rollback(s);
	ret = leave_wal(s, e);
	store_free(s);
	return ret;
}

/* --- readers ------------------------------------------------------------------ */

/* "file:PATH?immutable=1" with what a URI reserves escaped. */
static char *immutable_uri(const char *path)
{
	struct strbuf sb;
	char *uri;

	sb_init(&sb);
	sb_adds(&sb, "file:");
	for (; *path; path++) {
		if (strchr("%?#", *path))
			sb_addf(&sb, "%%%02X", (unsigned)(unsigned char)*path);
		else
			sb_addc(&sb, *path);
	}
	sb_adds(&sb, "?immutable=1");
	uri = sb.failed ? NULL : sb_detach(&sb);
	sb_free(&sb);
	return uri;
}

static int unfinished_wal(const char *path)
{
	struct stat st;
	struct strbuf sb;
	int found;

	sb_init(&sb);
	sb_addf(&sb, "%s-wal", path);
	found = !sb.failed && !stat(sb.s, &st) && st.st_size > 0;
	sb_free(&sb);
	return found;
}

static int try_open(const char *name, const char *path, int flags,
		    sqlite3 **out, struct err *e)
{
	int empty = 0;

	if (sqlite3_open_v2(name, out, SQLITE_OPEN_READONLY | flags, NULL)) {
		store_sql_error(*out, path, "cannot open", e);
		goto fail;
	}
	if (harden(*out, path, e) || schema_check(*out, path, 0, &empty, e))
		goto fail;
	if (empty) {
		err_set(e, EX_ENVIRONMENT, "%s: an empty file, not a results database", path);
		goto fail;
	}
	return 0;
fail:
	sqlite3_close(*out);
	*out = NULL;
	return -1;
}

/* Bytes 18 and 19 of the header: 2 if the journal is a WAL. */
static int header_says_wal(const char *path)
{
	char head[20] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), wal;

	if (fd < 0)
		return 0;
	wal = pread(fd, head, sizeof(head), 0) == sizeof(head) && head[18] == 2;
	close(fd);
	return wal;
}

static int directory_writable(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct strbuf sb;
	int writable;

	sb_init(&sb);
	if (slash)
		sb_addmem(&sb, path, (size_t)(slash - path) + 1);
	else
		sb_addc(&sb, '.');
	writable = sb.failed || !access(sb.s, W_OK);
	sb_free(&sb);
	return writable;
}

static int open_immutable(const char *path, sqlite3 **out, struct err *e)
{
	char *uri;
	int ret;

	if (unfinished_wal(path)) {
		err_set(e, EX_ENVIRONMENT,
			"%s: holds unfinished writes (%s-wal) in a read-only directory; copy both files elsewhere",
			path, path);
		return -1;
	}
	uri = immutable_uri(path);
	if (!uri)
		return store_no_memory(e);
	ret = try_open(uri, path, SQLITE_OPEN_URI, out, e);
	mem_free(uri);
	return ret;
}

/*
 * The header is read by hand only after SQLite has failed: a descriptor that
 * is closed here would drop the locks of a writer in this very process.
 */
int store_open_readonly(const char *path, sqlite3 **out, struct err *e)
{
	struct stat st;

	*out = NULL;
	if (stat(path, &st)) {
		err_set(e, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(e, EX_ENVIRONMENT, "%s: not a regular file", path);
		return -1;
	}
	if (!try_open(path, path, 0, out, e))
		return 0;
	if (directory_writable(path) || !header_says_wal(path))
		return -1;
	return open_immutable(path, out, e);
}

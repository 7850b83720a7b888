#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The comparison itself: equal files, a row more, a value changed, wall clock
# and log ignored, another schema, files that are not there.
here=$(dirname "$0")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0 failed=0
echo "# seed 0"
expect() {	# expect STATUS TEXT NAME FILES...
	n=$((n + 1)) want=$1 text=$2 name=$3
	shift 3
	got=$("$here/dbdiff.sh" "$@" 2>&1)
	status=$?
	if [ $status -eq "$want" ] && [ "$got" = "$text" ]; then
		echo "ok $n - $name"
	else
		failed=1
		echo "not ok $n - $name"
		echo "#   status $status, text '$got'"
	fi
}
make() {
	sqlite3 "$1" < "$here/../../store/schema.sql"
	sqlite3 "$1" "INSERT INTO study VALUES(1,'n','q','v','m','s',1,'p','','{}','','')" \
		"INSERT INTO config VALUES(2,1,'d','h','{}')" \
		"INSERT INTO run VALUES(3,2,1,'ok','','',1,0,5,'f')"
}
make "$dir/a.db"
make "$dir/it's b.db"
expect 0 "" "equal databases" "$dir/a.db" "$dir/it's b.db"
sqlite3 "$dir/it's b.db" "INSERT INTO log VALUES('now','run','x')" "INSERT INTO run_wall VALUES(3,1,1,'h','now')"
expect 0 "" "wall clock and log do not count" "$dir/a.db" "$dir/it's b.db"
sqlite3 "$dir/it's b.db" "UPDATE run SET events=6"
expect 1 "run: 1 and 1 rows of its own" "a value changed" "$dir/a.db" "$dir/it's b.db"
sqlite3 "$dir/it's b.db" "DELETE FROM run"
expect 1 "run: 1 and 0 rows of its own" "a row missing" "$dir/a.db" "$dir/it's b.db"
sqlite3 "$dir/it's b.db" "CREATE TABLE t(x)"
expect 1 "the tables are not the same" "another schema" "$dir/a.db" "$dir/it's b.db"
expect 2 "usage: dbdiff.sh A.db B.db" "a missing file" "$dir/a.db" "$dir/none.db"
echo "1..$n"
exit $failed

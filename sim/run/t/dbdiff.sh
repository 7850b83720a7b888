#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# dbdiff.sh A.db B.db: compare two results databases table by table, run_wall
# and log aside.  Silent and 0 if equal; else one line per table that differs
# and 1; 2 if a file cannot be read.
[ $# -eq 2 ] && [ -r "$1" ] && [ -r "$2" ] || { echo "usage: dbdiff.sh A.db B.db" >&2; exit 2; }
names="SELECT name FROM sqlite_schema WHERE type='table' AND name NOT IN ('run_wall','log') ORDER BY name"
tables=$(sqlite3 -readonly "$1" "$names") || exit 2
[ "$tables" = "$(sqlite3 -readonly "$2" "$names")" ] || { echo "the tables are not the same"; exit 1; }
[ -n "$tables" ] || { echo "no tables in $1" >&2; exit 2; }
ret=0
for t in $tables; do
	n=$(sqlite3 -readonly "$1" "ATTACH '$(printf %s "$2" | sed "s/'/''/g")' AS o" "SELECT
		(SELECT count(*) FROM (SELECT * FROM main.$t EXCEPT SELECT * FROM o.$t)) || ' and ' ||
		(SELECT count(*) FROM (SELECT * FROM o.$t EXCEPT SELECT * FROM main.$t))") || exit 2
	[ "$n" = "0 and 0" ] || { echo "$t: $n rows of its own"; ret=1; }
done
exit $ret

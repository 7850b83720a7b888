#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The Makefile rebuilds what it must and no more; the model hash sees models
# and nothing else.  Works on a copy of one room, so it is quick.
. "$(dirname "$0")/../tap.sh"
mkdir "$tmp/tree"
cd "$repo" || exit 1
tar -cf - --exclude='*/t' Makefile .ci sim/base models/config sim/engine | tar -xf - -C "$tmp/tree"
cd "$tmp/tree" || exit 1
mkdir -p sim/base/t sim/x

m() {
	# shellcheck disable=SC2069
	t_run make ROOMS=sim/base "$@"
	out=$(grep -oE '^  (CC|AR|LD) +.*' <<<"$out" | awk '{ print $1, $2 }')
}
m lib
is 'a first build' "$rc:$err" '0:'
ok 'compiles every file' test "$(grep -c CC <<<"$out")" = "$(ls sim/base/*.c | wc -l)"
m lib
is 'a second one does nothing' "$out" ''
touch sim/base/json.c
m lib
is 'a touched source: this one and the library' "$out" 'CC sim/base/json.c
AR build/libshootdown.a'
touch sim/base/json.h
m lib
like 'a touched header: those that include it' "$out" 'CC sim/base/json[.]c'
not_ok 'a touched header: not the others' grep -q 'CC sim/base/hash.c' <<<"$out"
m lib OPT=-O0
ok 'other flags: everything' test "$(grep -c CC <<<"$out")" = "$(ls sim/base/*.c | wc -l)"
m lib OPT=-O0
is 'other flags again: nothing' "$out" ''
printf 'int extra(void);\nint extra(void)\n{\n\treturn 1;\n}\n' > sim/base/extra.c
m lib OPT=-O0
is 'a new file is found' "$out" 'CC sim/base/extra.c
AR build/libshootdown.a'
rm sim/base/extra.c
m lib OPT=-O0
is 'a removed file leaves the library' "$out" 'AR build/libshootdown.a'
not_ok 'and its code is gone' grep -q extra.o <<<"$(ar t build/libshootdown.a)"
m lib BUILD=elsewhere
ok 'BUILD=' test -e elsewhere/libshootdown.a
printf 'int unused(void)\n{\n\tint x;\n\treturn 1;\n}\n' > sim/base/warn.c
m lib WERROR=1
is 'WERROR=1 turns a warning into an error' "$rc" 2
m lib
is 'and without it the build goes on' "$rc" 0
rm sim/base/warn.c

# --- tests: programs, helpers, names ------------------------------------------
printf '#include "sim/base/tap.h"\nint helper(void);\nint main(void)\n{\n\tis_int(helper(), 7, "seven");\n\treturn tap_done();\n}\n' > sim/base/t/test_one.c
printf 'int helper(void);\nint helper(void)\n{\n\treturn 7;\n}\n' > sim/base/t/helper.c
m tests
is 'a test with a shared helper builds' "$rc:$err" '0:'
like 'and runs' "$(build/t/test_one)" '^ok 1 - seven'
t_run make ROOMS=sim/base test T=test_one
is 'make test T=: exit code' "$rc" 0
is 'make test T=: the last line' "$(tail -n 1 <<<"$out")" '1 passed, 0 failed'
# Who runs a program while it is linked again runs the old one: the linker, here
# one that takes its time, writes to another name.
cat > slow-cc <<'EOF'
#!/bin/bash
for i; do
	[ "$i" = -c ] && exec gcc "$@"
	[ "$last" = -o ] && rm -f "$i"
	last=$i
done
build/t/test_one >/dev/null 2>&1 || echo "not there" >> gone
exec gcc "$@"
EOF
chmod +x slow-cc
touch sim/base/t/test_one.c
m tests CC=./slow-cc
is 'a program that is linked again' "$rc:$(grep -c LD <<<"$out")" '0:1'
not_ok 'is never absent' test -e gone
sed -i 's/return 7/return 8/' sim/base/t/helper.c
t_run make ROOMS=sim/base test T=test_one
not_ok 'a failing test: exit code' test "$rc" = 0
like 'a failing test: the last line of the sum' "$out" '^0 passed, 1 failed$'
like 'a failing test: both values' "$out" 'got  8'
printf 'int main(void)\n{\n\t__builtin_trap();\n}\n' > sim/base/t/test_one.c
t_run make ROOMS=sim/base test T=test_one
like 'a test that dies is a failed one' "$out" '^0 passed, 1 failed$'
mkdir -p sim/engine/t && cp sim/base/t/test_one.c sim/engine/t/
t_run make ROOMS='sim/base sim/engine' tests
like 'two tests of one name are refused' "$err" 'two tests have one name: test_one.c'
rm -r sim/engine/t

# --- model hash ---------------------------------------------------------------------
hash() {
	.ci/version.sh | sed -n 's/.*MODEL_HASH //p'
}
a=$(hash)
echo '/* more */' >> models/config/metric.def
b=$(hash)
not_ok 'a changed table changes the model hash' test "$a" = "$b"
echo '/* more */' >> sim/base/json.c
mkdir -p models/config/t && echo '/* a test */' > models/config/t/test_x.c
is 'a changed writer or test does not' "$(hash)" "$b"
mv sim/engine/stat.c sim/engine/stat2.c
not_ok 'a renamed engine file does' test "$(hash)" = "$b"

# --- help ----------------------------------------------------------------------------
t_run make help
for target in all deps debate check layers bench validate install clean help; do
	like "make help names $target" "$out" "make $target "
done
done_testing

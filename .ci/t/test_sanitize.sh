#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# AddressSanitizer and UndefinedBehaviorSanitizer over a quarter of the test
# programs (those with the most memory traffic first) and one small run, built
# with the debug assertions on.
. "$(dirname "$0")/../tap.sh"
cd "$repo" || exit 1
BUILD=${BUILD:-build}
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99

# Every fourth test by name, and always those that parse what users write.
mapfile -t all < <(find sim models analysis -path '*/t/test_*.c' | sort)
chosen=()
for i in "${!all[@]}"; do
	name=$(basename "${all[$i]}" .c)
	case $name in
	test_*yaml*|test_*design*|test_coro*|test_json*|test_secondary*) chosen+=("$name") ;;
	*) [ $((i % 4)) = 0 ] && chosen+=("$name") ;;
	esac
done
targets=("${chosen[@]/#/$BUILD/asan/t/}")
ok 'the sanitizer build' nice make -s BUILD="$BUILD/asan" SANITIZE=address,undefined \
	OPT=-O1 EXTRA_CFLAGS="-DSIM_DEBUG -g1" all "${targets[@]}"
for t in "${targets[@]}"; do
	ok "$(basename "$t")" timeout 120 "$t"
done
t_run "$BUILD/asan/shootdown" run scenarios/smoke.yaml -o "$tmp/asan.db" --reps 1 --quiet
is 'the smoke scenario, exit code' "$rc" 0
is 'the smoke scenario, stderr' "$err" ''
done_testing

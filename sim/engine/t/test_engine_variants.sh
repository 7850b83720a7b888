#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The engine's tests again, compiled in the other ways it can be compiled: the
# portable back ends (ucontext, the event list without assembly), no
# optimisation with debug assertions, clang at -O3, this machine's own
# instructions (AVX-512 registers across a switch), and both back ends under
# AddressSanitizer and UndefinedBehaviorSanitizer.  test_determinism_engine
# compares its fingerprint with a constant, so all variants give one answer.
. "$(dirname "$0")/../../../.ci/tap.sh"
cd "$repo" || exit 1
export ASAN_OPTIONS=detect_leaks=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99
tests='test_evq test_coro test_sim test_sim_fail test_sim_order test_determinism_engine'
common='-std=c11 -D_GNU_SOURCE -g -ffp-contract=off -Wall -Wextra -Werror -I.'

library() {	# NAME COMPILER FLAG...
	local name=$1 cc=$2
	shift 2
	mkdir -p "$tmp/$name"
	# shellcheck disable=SC2086
	(cd "$tmp/$name" && for f in "$repo"/sim/engine/*.c \
		"$repo"/sim/base/{alloc,hash,strbuf,units,xassert}.c; do
		"$cc" $common -I"$repo" "$@" -c "$f" || exit 1
	done && ar rcs engine.a ./*.o)
}
program() {	# NAME TEST COMPILER FLAG...
	local name=$1 test=$2 cc=$3
	shift 3
	# shellcheck disable=SC2086
	"$cc" $common "$@" -o "$tmp/$name/$test" "sim/engine/t/$test.c" "$tmp/$name/engine.a" \
		-lgsl -lgslcblas -lm
}
variant() {	# NAME COMPILER FLAG...
	local name=$1 test
	ok "$name: compiles without a warning" library "$@" || return
	for test in ${only:-$tests}; do
		ok "$name: $test compiles" program "$1" "$test" "${@:2}" &&
			ok "$name: $test" timeout 100 ${emulator:-} "$tmp/$name/$test"
	done
}

# No -mno-red-zone here: the switch must not need it.
variant portable gcc -O1 -DCORO_UCONTEXT -DEVQ_PORTABLE
variant debug gcc -O0 -DSIM_DEBUG
variant sanitizers gcc -O1 -DSIM_DEBUG -fsanitize=address,undefined -fno-sanitize-recover=all
only='test_coro test_sim_fail test_determinism_engine'
if [ "$(uname -m)" = x86_64 ]; then
	variant native gcc -O3 -march=native
fi
if command -v clang >/dev/null; then
	variant clang clang -O3
else
	skip 'clang' 'no clang here'
fi
variant portable-sanitizers gcc -O1 -DCORO_UCONTEXT -fsanitize=address,undefined \
	-fno-sanitize-recover=all

# Another instruction set, the portable back ends: the same fingerprint.  GSL is
# not there for it; its only function here (dist.c, lognormal) is in no test.
only="$tests"
program() {	# NAME TEST COMPILER FLAG...
	local name=$1 test=$2 cc=$3
	shift 3
	# shellcheck disable=SC2086
	"$cc" $common "$@" -static -Wl,--defsym=gsl_cdf_ugaussian_Pinv=0 -o "$tmp/$name/$test" \
		"sim/engine/t/$test.c" "$tmp/$name/engine.a" -lm
}
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
	emulator=qemu-aarch64
	variant aarch64 aarch64-linux-gnu-gcc -O2 -idirafter /usr/include
else
	skip aarch64 'no cross compiler or no qemu-user here'
fi
done_testing

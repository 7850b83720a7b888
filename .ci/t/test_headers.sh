#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every header compiles alone; every source carries its licence line.
. "$(dirname "$0")/../tap.sh"
cd "$repo" || exit 1
BUILD=${BUILD:-build}

failed=
while read -r h; do
	echo "#include \"$h\"" |
		gcc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I. "-I$BUILD" -fsyntax-only -x c - \
		2>>"$tmp/log" || failed="$failed $h"
done < <(find sim models analysis -name '*.h' -not -name '*_int.h' -not -name '*_inline.h' \
	-not -name 'coro_*.h' | sort)
is 'every header compiles alone' "$failed" ''
[ -z "$failed" ] || t_note "$(cat "$tmp/log")"

missing=$(find sim models analysis .ci configs scenarios Makefile -type f \( -name '*.[ch]' -o \
	-name '*.def' -o -name '*.sh' -o -name '*.awk' -o -name '*.yaml' -o -name Makefile \) \
	-exec grep -L 'SPDX-License-Identifier: GPL-3.0-or-later' {} +)
is 'every source carries its licence' "$missing" ''

long=$(find sim models analysis -name '*.[ch]' -not -path '*/t/*' -exec wc -l {} + |
	awk '$2 != "total" && $1 > 600 { print $2 ": " $1 }')
is 'no file above 600 lines' "$long" ''
done_testing

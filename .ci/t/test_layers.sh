#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The layer check passes on the tree, and fails on three planted offences.
. "$(dirname "$0")/../tap.sh"
cd "$repo" || exit 1

ok 'every include is an allowed edge' .ci/layers.sh

# A copy of the sources in which one thing is wrong.
mkdir "$tmp/tree"
tar -cf - .ci sim models analysis configs | tar -xf - -C "$tmp/tree"
plant() {	# FILE TEXT WHAT
	cp "$tmp/tree/$1" "$tmp/saved" 2>/dev/null || : > "$tmp/saved"
	printf '%s\n' "$2" >> "$tmp/tree/$1"
	not_ok "$3" "$tmp/tree/.ci/layers.sh"
	cp "$tmp/saved" "$tmp/tree/$1"
}
plant sim/engine/sim.h '#include "models/config/config.h"' 'the engine may not include a model'
plant sim/engine/sim.h '/* walks the spte */' 'the engine knows no kernel word'
plant analysis/database.h '#include "sim/conf/conf.h"' 'analysis may not include configuration'
design=$(basename "$(find configs/designs -name '*.yaml' | sort | head -n 1)" .yaml)
plant models/config/config.c "/* as $design does */" 'no design is named in C'
ok 'the copy itself is clean' "$tmp/tree/.ci/layers.sh"
done_testing

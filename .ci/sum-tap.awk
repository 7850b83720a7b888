# SPDX-License-Identifier: GPL-3.0-or-later
# Read names of tests, one a line; add up dir/NAME.tap and dir/NAME.end.
# A test fails once more when its plan is missing or wrong, when it exits
# with an error without a failed line, or when it never ran.
{
	name = $0
	sub(/.*\//, "", name)
	add(name)
}

function add(name,    file, line, plan, ok, bad, skip, end, shown, nr)
{
	plan = -1
	file = dir "/" name ".tap"
	ok = bad = skip = 0
	while ((getline line < file) > 0) {
		if (line ~ /^not ok/) {
			bad++
			shown = 1
			printf "%s: %s\n", name, line
		} else if (line ~ /^ok/) {
			ok++
			shown = 0
			if (line ~ /# *SKIP/)
				skip++
		} else if (line ~ /^1\.\./) {
			plan = substr(line, 4) + 0
			if (plan == 0)
				printf "%s: skipped %s\n", name, line
			shown = 0
		} else if (line ~ /^#/ && shown && nr++ < 40) {
			printf "    %s\n", line
		}
	}
	close(file)
	end = ""
	getline end < (dir "/" name ".end")
	close(dir "/" name ".end")
	if (end == "") {
		printf "%s: did not run\n", name
		bad++
	} else if (plan != ok + bad) {
		printf "%s: %s tests of %s\n", name, ok + bad, plan < 0 ? "no plan" : plan
		tail(file)
		bad++
	} else if (end + 0 != 0 && !bad) {
		printf "%s: exit code %d\n", name, end + 0
		tail(file)
		bad++
	}
	passed += ok - skip
	skipped += skip
	failed += bad
}

# The end of a test that died says why.
function tail(file)
{
	system("tail -n 15 '" file "' 2>/dev/null | sed 's/^/    /'")
}

END {
	if (build_failed) {
		print "the build failed (see above)"
		failed++
	}
	if (skipped)
		printf "%d skipped\n", skipped
	printf "%d passed, %d failed\n", passed, failed
	exit failed != 0
}

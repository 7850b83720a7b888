#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# deps installs exactly what is missing, and asks no network when nothing is.
# The package manager is a script that only writes down how it was called.
. "$(dirname "$0")/../tap.sh"

mkdir "$tmp/bin" "$tmp/log"
cat > "$tmp/bin/apt-get" <<EOF
#!/bin/sh
echo "\$DEBIAN_FRONTEND: \$*" >> "$tmp/log/apt"
EOF
printf '#!/bin/sh\nexec "$@"\n' > "$tmp/bin/sudo"
chmod +x "$tmp/bin/apt-get" "$tmp/bin/sudo"
# Every tool that is needed, so that the machine at hand does not matter.
for tool in gcc cc make pkg-config gnuplot sqlite3 prove jq clang git; do
	printf '#!/bin/sh\nexit 0\n' > "$tmp/bin/$tool"
	chmod +x "$tmp/bin/$tool"
done
for tool in sh id env; do
	ln -s "$(command -v $tool)" "$tmp/bin/$tool"
done

deps() {
	rm -f "$tmp/log/apt"
	t_run env PATH="$tmp/bin" "$repo/.ci/deps.sh" "$@"
	called=$(cat "$tmp/log/apt" 2>/dev/null)
}
deps
is 'nothing missing: exit code' "$rc" 0
is 'nothing missing: no package manager' "$called" ''
rm "$tmp/bin/jq" "$tmp/bin/gnuplot" "$tmp/bin/prove"
deps
is 'three missing: exit code' "$rc" 0
is 'three missing: exactly these, after an update, without questions' "$called" \
	'noninteractive: -q -y update
noninteractive: -q -y install --no-install-recommends gnuplot-nox perl jq'
deps check
like 'for the tests: the cross compiler too' "$called" 'perl jq gcc-aarch64-linux-gnu.* qemu-user valgrind$'
rm "$tmp/bin/apt-get"
deps
is 'no package manager: exit code' "$rc" 4
is 'no package manager: says what is missing' "$err" \
	'missing: gnuplot-nox perl jq (no apt-get here: install them by hand)'
done_testing

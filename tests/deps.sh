#!/bin/sh
# deps.sh LEVEL - install what is missing of tests/deps.txt: build, test (build and test) or ci (all).
# Says what it is about to do, and why. Does nothing, and needs no rights, when nothing is missing.
set -eu
level=${1:-test}
list=$(dirname "$0")/deps.txt

case $level in
build) levels='^build$' ;;
test) levels='^(build|test)$' ;;
ci) levels='^(build|test|ci)$' ;;
*)
	echo "deps.sh: '$level' is none of build, test, ci" >&2
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is no Debian: what mm needs is listed in tests/deps.txt, please see to it" >&2
	exit 0
fi

missing=
while IFS='	' read -r when package why; do
	case $when in '#'* | '') continue ;; esac
	printf '%s\n' "$when" | grep -Eq "$levels" || continue
	dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' && continue
	echo "deps: $package is missing ($why)"
	missing="$missing $package"
done <"$list"
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: neither root nor sudo here; ask an administrator for:$missing" >&2
		exit 1
	fi
	sudo=sudo
fi
install="env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends"
echo "deps: running: ${sudo:+$sudo }apt-get install$missing"
# The package lists may be absent (a container image) or old: refresh them only if that is so.
# shellcheck disable=SC2086
$sudo $install $missing >/dev/null 2>&1 || {
	$sudo apt-get update
	$sudo $install $missing
}

#!/bin/sh
# lint.sh FILE.[ch]... - what a reviewer should never have to say. Prints each finding; 1 if any.
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0

# Calls that cannot be used safely, or not from a program with more than one thing to do.
banned='strcpy|strcat|sprintf|vsprintf|gets|strtok|localtime|gmtime|ctime|asctime|atoi|atol|atof'
banned="$banned|system|popen|tmpnam|mktemp|alloca"
if grep -nE "(^|[^_[:alnum:]>.])($banned)\(" "$@" /dev/null; then
	echo "lint: the calls above are banned: they overflow, hide errors, share state or run a shell" >&2
	bad=1
fi

if grep -nP '[ \t]+$' "$@" /dev/null; then
	echo "lint: blanks at the end of the lines above" >&2
	bad=1
fi

# clang-format leaves comments alone.
for f in "$@"; do
	if sed 's/\t/        /g' "$f" | LC_ALL=C.UTF-8 grep -nE '^.{101,}' | sed "s|^|$f:|" | grep .; then
		echo "lint: $f: more than 100 columns" >&2
		bad=1
	fi
done

if ! clang-format --dry-run -Werror "$@"; then
	echo "lint: \`make format\` mends the formatting" >&2
	bad=1
fi

# A script with a #! is a test and has to be executable; one without is a helper that is sourced.
for f in tests/*.sh tests/*/*.sh; do
	[ -f "$f" ] || continue
	if head -c2 "$f" | grep -q '#!' && [ ! -x "$f" ]; then
		echo "lint: $f has a #! but is not executable" >&2
		bad=1
	fi
done

tests/layers.sh "$@" || bad=1
exit $bad

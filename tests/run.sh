#!/bin/bash
# run.sh TEST... - run tests, two at a time; a line each, the log of what fails, the counts at the end.
#
# A test is a program (tests/unit/core/t_json, found under $B) or a script (tests/cli/runs.sh). It
# passes by exit 0 and is skipped by 77; checks that it reports as TAP ("ok 1 - sentence", "not ok")
# are counted singly. It starts in the repository's root with
#   MM        the binary under test, an absolute path
#   TMP       a fresh directory of its own (HOME and the XDG directories are in another)
#   B         the build directory: $B/tests/demo/main is the demo trainer
#   MM_SAN    the sanitizers in use, empty for none: slow tests may shrink
# and has $LIMIT seconds. A process that it leaves behind is killed and counts as a failure.
set -u
cd "$(dirname "$0")/.." || exit 2
: "${B:?}" "${MM:?}" "${LIMIT:=300}" "${JOBS:=2}"

# The processes that carry this test's mark in their environment, but for the runner itself.
marked()
{
	local p
	for p in /proc/[0-9]*; do
		[ "${p#/proc/}" != $$ ] && [ "${p#/proc/}" != $BASHPID ] &&
			grep -qzxF "MM_TEST_MARK=$1" "$p/environ" 2>/dev/null &&
			# what has exited but was not waited for is nobody's burden
			! grep -q '^State:	Z' "$p/status" 2>/dev/null && echo "${p#/proc/}"
	done
}

run_one()
{
	local name=$1 dir log mark status passed failed skipped left note= start=$SECONDS
	dir=$(mktemp -d "${TMPDIR:-/tmp}/mm-test.XXXXXX") || exit 2
	mkdir "$dir/tmp" "$dir/home"
	log=$dir/log
	mark=${dir##*/}

	local cmd=("$name")
	case $name in
	*.sh) [ -x "$name" ] || cmd=(sh -c "echo $name is not executable; exit 1") ;;
	tests/fuzz/*) cmd=("$B/$name" "tests/fuzz/corpus/${name##*/f_}") ;; # f_json: corpus/json
	*) cmd=("$B/$name") ;;
	esac
	# The shell's own remark on a signal goes nowhere: the status says it.
	{ env -u MM_STORE -u MM_NOW -u NO_COLOR -u TMUX -u XDG_STATE_HOME -u XDG_DATA_HOME \
		-u XDG_CONFIG_HOME -u XDG_RUNTIME_DIR -u COLUMNS -u LINES -u MAKEFLAGS -u MFLAGS \
		-u MAKELEVEL TMP="$dir/tmp" TMPDIR="$dir/tmp" HOME="$dir/home" TERM=xterm-256color \
		LC_ALL=C.UTF-8 TZ=UTC MM_TEST_MARK="$mark" CMOCKA_MESSAGE_OUTPUT=TAP \
		ASAN_OPTIONS="exitcode=99:detect_stack_use_after_return=1:${ASAN_OPTIONS:-}" \
		UBSAN_OPTIONS="exitcode=99:print_stacktrace=1:${UBSAN_OPTIONS:-}" \
		timeout -k 10 "$LIMIT" "${cmd[@]}" >"$log" 2>&1 </dev/null; } 2>/dev/null
	status=$?

	# A child that is to notice the death of its viewer gets a moment to do so.
	left=$(marked "$mark")
	for _ in 1 2 3 4 5 6; do
		[ -z "$left" ] && break
		sleep 0.5
		left=$(marked "$mark")
	done
	if [ -n "$left" ]; then
		for p in $left; do
			printf 'left behind: %s %s\n' "$p" "$(tr '\0' ' ' <"/proc/$p/cmdline")"
		done >>"$log" 2>/dev/null
		# shellcheck disable=SC2086
		kill -9 $left 2>/dev/null
	fi

	# cmocka reports a skipped check as "not ok 8 # SKIP name".
	skipped=$(grep -ciE '^(not )?ok .*# skip' "$log")
	passed=$(grep '^ok ' "$log" | grep -civ '# skip')
	failed=$(grep '^not ok' "$log" | grep -civ '# skip')
	case $status in
	0) ;;
	77) [ "$skipped" -gt 0 ] || skipped=1 ;;
	124 | 137) note=" (over $LIMIT seconds, or killed)" ;;
	*) note=" (exit status $status)" ;;
	esac
	[ -z "$left" ] || note="$note (left processes behind)"
	[ -z "$note" ] || [ "$failed" -gt 0 ] || failed=1
	[ "$((passed + failed + skipped))" -gt 0 ] || passed=1

	{
		if [ "$failed" -gt 0 ]; then
			echo "FAIL $name$note"
			# cmocka's complaints first: what a sanitizer has to say of the leaks that
			# follow a failed check is longer.
			grep -E '^(not ok|# )' "$log" | grep -vi '# skip' | tail -n 40 | sed 's/^/    /'
			grep -vE '^(not ok|ok |# )' "$log" | tail -n 40 | sed 's/^/    /'
		elif [ "$status" = 77 ]; then
			echo "skip $name: $(tail -n 1 "$log")"
		else
			echo "ok $name ($passed, $((SECONDS - start)) s)"
		fi
	} >"$dir/report"
	cat "$dir/report" # in one piece, or the lines of two tests would mix
	echo "$passed $failed $skipped" >>"$RESULTS"
	if [ "$failed" -gt 0 ] && [ -n "${KEEP:-}" ]; then
		echo "    kept: $dir"
	else
		rm -rf "$dir"
	fi
}

if [ "${1:-}" = --one ]; then
	run_one "$2"
	exit 0
fi

RESULTS=$(mktemp) || exit 2
export RESULTS B MM LIMIT
trap 'rm -f "$RESULTS"' EXIT
[ $# = 0 ] || printf '%s\0' "$@" | xargs -0 -n 1 -P "$JOBS" "$0" --one
if [ "${BUILT:-yes}" != yes ]; then
	echo "FAIL the build (see above)"
	echo "0 1 0" >>"$RESULTS"
fi
awk '{ p += $1; f += $2; s += $3 }
	END {
		printf "%d passed, %d failed", p, f
		if (s) printf ", %d skipped", s
		printf "\n"
		exit f > 0
	}' "$RESULTS"

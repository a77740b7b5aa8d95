# What the tests of commands share: sourced, not run. Needs MM (the program) and TMP (an empty directory).
set -u
export MM_STORE=$TMP/store XDG_CONFIG_HOME=$TMP/config LC_ALL=C.UTF-8 TZ=UTC
unset NO_COLOR MM_NOW XDG_STATE_HOME 2>/dev/null
failed=0

# is WHAT GOT WANT
is() {
	if [ "$2" != "$3" ]; then
		printf 'not so: %s\n  got:  %s\n  want: %s\n' "$1" "$2" "$3"
		failed=1
	fi
}

# has WHAT TEXT PART
has() {
	case $2 in
	*"$3"*) ;;
	*)
		printf 'not so: %s\n  in:   %s\n  want: %s\n' "$1" "$2" "$3"
		failed=1
		;;
	esac
}

# hasnt WHAT TEXT PART
hasnt() {
	case $2 in
	*"$3"*)
		printf 'not so: %s\n  in:   %s\n  without: %s\n' "$1" "$2" "$3"
		failed=1
		;;
	esac
}

# exits WHAT STATUS COMMAND…: its output is in $out, what it complained of in $err.
exits() {
	local what=$1 want=$2 got
	shift 2
	out=$("$@" 2>"$TMP/err")
	got=$?
	err=$(cat "$TMP/err")
	if [ $got != "$want" ]; then
		printf 'not so: %s\n  exit %s, want %s\n  %s\n' "$what" $got "$want" "$err"
		failed=1
	fi
}

# A CSV log of N rows: run_csv FILE N
run_csv() {
	mkdir -p "$(dirname "$1")"
	awk -v n="$2" 'BEGIN { print "step,loss,val/acc"; for (i = 0; i < n; i++)
		printf "%d,%.4f,%.4f\n", i, 1 / (i + 1), 1 - 1 / (i + 2) }' >"$1"
}

done_testing() {
	exit $failed
}

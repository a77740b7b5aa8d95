# What the tests of screens share: sourced, not run. Needs MM (the program) and TMP (an empty directory).
#
# A golden screen is tests/screen/NAME.screen, the text of a whole screen; GOLDEN=1 rewrites it, and the difference is then
# reviewed like code. The clock is pinned, for the ingester too, and files have the times that the fixtures give them.
set -u
export MM_STORE=$TMP/store XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data LC_ALL=C.UTF-8 TZ=UTC
export MM_NOW=1700000000
unset NO_COLOR COLUMNS LINES
here=tests/screen
n=0 failed=0 out= err=

# check WHAT STATUS: one line of TAP
check() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		failed=1
	fi
}

finish() {
	exit $failed
}

# written AGE FILE: its last byte came so many seconds ago
written() {
	touch -d "@$((MM_NOW - $1))" "$2"
}

# curve FILE ROWS LAMBDA [STEP]: a CSV log whose loss falls from 2.3 with noise that is the same each time
curve() {
	mkdir -p "${1%/*}"
	awk -v n="$2" -v k="$3" -v step="${4:-10}" 'BEGIN {
		print "step,train/loss,val/loss,val/acc,lr"
		for (i = 0; i < n; i++) {
			x = i / 300
			noise = ((i * 7919) % 101) / 101 - 0.5
			loss = 0.09 + 2.2 * exp(-k * x) + 0.05 * noise
			printf "%d,%.5f,", i * step, loss
			if (i % 20 == 0)
				printf "%.5f,%.5f", loss * 1.1 + 0.05, 0.95 - 0.85 * exp(-k * x) + 0.01 * noise
			else
				printf ","
			printf ",%.3g\n", 0.0003 * (1 + cos(3.14159 * x)) / 2
		}
	}' >"$1"
}

# sweep DIR: four runs as a person would have them: one goes on, one is silent, one is done, one diverged
sweep() {
	mkdir -p "$1/lr=3e-4"
	awk 'BEGIN {
		for (i = 0; i < 150; i++) {
			x = i / 300
			noise = ((i * 7919) % 101) / 101 - 0.5
			printf "{\"step\": %d, \"max_steps\": 12400, \"time\": %d, \"train\": {\"loss\": %.5f", \
				i * 10, 1700000000 - 5 - (149 - i) * 2, 0.1 + 2.2 * exp(-5 * x) + 0.06 * noise
			if (i % 10 == 0)
				printf "}, \"val\": {\"loss\": %.5f, \"acc\": %.5f", 0.2 + 2.2 * exp(-4.5 * x), \
					0.93 - 0.8 * exp(-5 * x)
			printf "}, \"lr\": %.4g, \"grad_norm\": %.4f}\n", 0.0003 * (1 + cos(3.14159 * x)) / 2, 1 + exp(-3 * x) + noise
		}
	}' >"$1/lr=3e-4/metrics.jsonl"
	curve "$1/lr=1e-3/metrics.csv" 200 1.2
	curve "$1/seed0/metrics.csv" 301 4
	printf 'max_steps: 3000\n' >"$1/seed0/hparams.yaml"
	curve "$1/seed1/metrics.csv" 120 3
	printf '1200,nan,,,0.0002\n1210,nan,nan,0.1,0.0002\n' >>"$1/seed1/metrics.csv"
	written 5 "$1/lr=3e-4/metrics.jsonl"
	written 5400 "$1/lr=1e-3/metrics.csv"
	written 90000 "$1/seed0/metrics.csv"
	written 7200 "$1/seed1/metrics.csv"
}

# mm ARG… with a script on standard input; what it printed is in $out, its complaints in $err, its status in $status
screen() {
	out=$("$MM" --script - "$@" 2>"$TMP/err")
	status=$?
	err=$(cat "$TMP/err")
}

# golden NAME WHAT: $out is the screen of that name
golden() {
	local file=$here/$1.screen
	if [ -n "${GOLDEN:-}" ]; then
		printf '%s\n' "$out" >"$file"
	fi
	if [ "$status" = 0 ] && printf '%s\n' "$out" | cmp -s - "$file"; then
		check "$2" 0
	else
		check "$2" 1
		printf '%s\n' "$out" | diff -u "$file" - | head -n 80
		[ "$status" = 0 ] || printf 'status %s: %s\n' "$status" "$err"
	fi
}

# shows WHAT TEXT…: each TEXT stands in $out
shows() {
	local what=$1 bad=0
	shift
	for text in "$@"; do
		case $out in
		*"$text"*) ;;
		*)
			echo "# missing: $text"
			bad=1
			;;
		esac
	done
	check "$what" $bad
	[ $bad = 0 ] || printf '%s\n%s\n' "$out" "$err" | sed 's/^/# /'
}

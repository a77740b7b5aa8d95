#!/bin/bash
# soak.sh - 1000 runs of 20 metrics grow by a row a second, somebody watches, somebody looks: for TIME seconds (120), or hours.
#
# Nobody's memory may grow once it has settled, no descriptor may be left open, every point is kept exactly once, and the
# store may be at most 1.3 times as large as its compacted copy. Prints what it measured; 1 if anything of that is not so.
# Needs MM (the program) and WRITER (tests/soak/writer). RUNS and METRICS may be changed.
set -u
: "${MM:?}" "${WRITER:?}" "${TIME:=120}" "${RUNS:=1000}" "${METRICS:=20}"
command -v tmux >/dev/null || { echo 'soak: needs tmux'; exit 2; }
T=$(mktemp -d "${TMPDIR:-/tmp}/mm-soak.XXXXXX") || exit 2
export MM_STORE=$T/store XDG_DATA_HOME=$T/data XDG_CONFIG_HOME=$T/config TERM=xterm-256color LC_ALL=C.UTF-8
unset NO_COLOR MM_NOW TMUX
tm() { tmux -S "$T/tmux" "$@" 2>/dev/null; }
watch= writer=
leave() {
	[ -z "$writer" ] || kill "$writer" 2>/dev/null
	tm kill-server
	[ -z "$watch" ] || { kill "$watch" && wait "$watch"; } 2>/dev/null
	rm -rf "$T"
}
trap leave EXIT
trap 'exit 130' INT TERM

anon() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status" 2>/dev/null; }
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat" 2>/dev/null; }
fds() { ls "/proc/$1/fd" 2>/dev/null | wc -l; }

"$WRITER" "$T/logs" "$RUNS" "$METRICS" "$TIME" >"$T/rows" &
writer=$!
while [ ! -s "$T/logs/sweep00/run0000/metrics.csv" ]; do sleep 0.1; done
"$MM" watch --quiet "$T/logs" 2>"$T/watch.err" &
watch=$!
tm -f /dev/null new-session -d -x 160 -y 50 "exec '$MM' --as-is '$T/logs' 2>'$T/viewer.err'"
viewer=$(tm list-panes -F '#{pane_pid}')
[ -n "$viewer" ] || { echo 'soak: the viewer did not start'; exit 1; }

# A person who looks about: runs, charts, filters, details, other axes.
keys=(j j Enter Escape Tab Tab '+' t n s G g / r u n 1 Enter Escape o o e e z z '>' '<' ' ' j k '*' u)
start=$SECONDS i=0 said=-$TIME
echo "soak: $RUNS runs × $METRICS metrics at 1 Hz for $TIME s"
printf '%8s %14s %6s %14s %6s %10s\n' seconds 'ingester anon' fds 'viewer anon' fds store
while kill -0 $writer 2>/dev/null; do
	sleep 1
	tm send-keys "${keys[i++ % ${#keys[@]}]}"
	t=$((SECONDS - start))
	echo "$t $(anon $watch) $(fds $watch) $(anon "$viewer") $(fds "$viewer") $(stat -c %s "$MM_STORE/data.mdb")" >>"$T/samples"
	[ $((t - said)) -lt $((TIME / 12)) ] && continue
	said=$t
	awk 'END { printf "%8d %11d kB %6d %11d kB %6d %7.1f MB\n", $1, $2, $3, $4, $5, $6 / 1e6 }' "$T/samples"
done
wait $writer || { echo 'soak: the writer failed'; exit 1; }
writer=
rows=$(cat "$T/rows")
bad=0
wrong() { echo "soak: NOT SO: $1"; bad=1; }

kill -0 $watch 2>/dev/null || wrong 'the ingester lives'
kill -0 "$viewer" 2>/dev/null || wrong 'the viewer lives'
[ ! -s "$T/watch.err" ] || wrong "the ingester has nothing to say: $(tail -3 "$T/watch.err")"
want=$((RUNS * METRICS * rows))
# The command asks the ingester to read to the end.
points=$("$MM" runs --json | sed 's/.*"points": \([0-9]*\).*/\1/' | awk '{ n += $1 } END { print n + 0 }')
[ "$points" = "$want" ] || wrong "every point once: $points, written were $want"
echo "soak: $points points; processor time: ingester $(($(cpu $watch) * 10)) ms, viewer $(($(cpu "$viewer") * 10)) ms"

# What settles settles in the first half; after that the third and the last quarter are alike: in what they never exceed,
# or, of what comes and goes with each file that is read, in what they never fall below.
judge() { # NAME COLUMN most|least ALLOWED-SHARE ALLOWED-MORE
	awk -v c="$2" -v of="$3" -v share="$4" -v more="$5" '
		function of_quarter(from, to,   i, x) {
			x = v[from + 1]
			for (i = from + 1; i <= to; i++)
				if (of == "most" ? v[i] > x : v[i] < x)
					x = v[i]
			return x
		}
		{ v[NR] = $c }
		END {
			a = of_quarter(int(NR / 2), int(NR * 3 / 4))
			b = of_quarter(int(NR * 3 / 4), NR)
			printf "%d %d %d\n", a, b, (b > a * (1 + share) + more)
		}' "$T/samples" >"$T/judged"
	read -r third last grown <"$T/judged"
	echo "soak: $1: at $3 $third in the third quarter, $last in the last"
	[ "$grown" = 0 ] || wrong "$1 does not grow"
}
judge 'ingester, kB of RssAnon' 2 most 0.05 512
judge 'ingester, descriptors' 3 least 0 2
judge 'viewer, kB of RssAnon' 4 most 0.05 512
judge 'viewer, descriptors' 5 least 0 2

"$MM" stat
size=$(stat -c %s "$MM_STORE/data.mdb")
"$MM" compact --json >"$T/compact" || wrong 'compact'
after=$(sed 's/.*"after": \([0-9]*\).*/\1/' "$T/compact")
awk -v a="$size" -v b="$after" -v p="$points" 'BEGIN {
	printf "soak: store %.1f MB, compacted %.1f MB: %.2f times; %.2f bytes a point\n", a / 1e6, b / 1e6, a / b, b / p
	exit a > 1.3 * b }' || wrong 'the store is at most 1.3 times its compacted copy'
sleep 1
kill -0 $watch 2>/dev/null || wrong 'the ingester goes on after it'
kill -0 "$viewer" 2>/dev/null || wrong 'the viewer goes on after it'
"$MM" check || wrong 'check'
[ $bad != 0 ] || echo 'soak: all is well'
exit $bad

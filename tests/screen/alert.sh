#!/bin/bash
# One alert in detail: how it looks at the sizes that people have, where its keys lead, what it remembers; and the marks of
# stopped runs in charts.
. tests/screen/lib.sh
logs=$TMP/runs
mkdir -p "$logs/nan" "$logs/fine" "$XDG_CONFIG_HOME/mm"
cat >"$XDG_CONFIG_HOME/mm/mm.conf" <<'END'
[alert val-high]
metric = acc
when = value > 0.3
clear = value < 0.25
for = 2 points
message = {run} has an acc of {value}
END

# rows FROM TO LOSS: lines of a console log; LOSS "": one that falls
rows() {
	for i in $(seq "$1" "$2"); do
		echo "step $i/400 | loss ${3:-$(printf '0.%03d' $((900 - i)))} | acc 0.$(printf '%03d' $((i % 350)))"
	done
}
rows 1 290 >"$logs/nan/train.log"
rows 1 290 >"$logs/fine/train.log"
written 120 "$logs/nan/train.log"
written 120 "$logs/fine/train.log"
"$MM" watch --once "$logs" >/dev/null || exit 1
# These come while somebody watches: what happens is told and remembered, not read from an old log.
rows 291 299 >>"$logs/nan/train.log"
rows 300 320 nan >>"$logs/nan/train.log"
written 60 "$logs/nan/train.log"
"$MM" watch --once "$logs" >/dev/null || exit 1

# look SIZE NAME WHAT [ARG…]: keys on standard input, a golden screen after them
look() {
	local size=$1 name=$2 what=$3
	shift 3
	out=$({
		echo :wait
		cat
		echo :wait
		echo :screen
	} | "$MM" --script - --size "$size" "$@" "$logs" 2>"$TMP/err")
	status=$?
	err=$(cat "$TMP/err")
	out=$(grep -v '^. path  ' <<<"$out") # of this test's own directory
	golden "$name" "$what"
}

look 80x24 alert-80x24 "an alert: what it is, its curve, the log there" <<<'!'
look 120x40 alert-120x40 "facts and curve side by side" <<<'!'
look 200x60 alert-200x60 "on a large screen" <<<'!'
look 60x15 alert-60x15 "on a small one the curve gives way" <<<'!'
look 40x8 alert-40x8 "on the smallest what it is comes first" <<<'!'
look 80x24 alert-ascii "in ASCII" --ascii <<<'!'
look 80x24 alert-past "acknowledged and silenced, and what it went through" <<-'END'
	! a
	:silence 8h known
	:wait
	G
END
look 80x24 alert-chart "Enter leads to the chart, with a cursor at the moment" <<-'END'
	!
	<Enter>
END
look 80x24 alert-list "the list, filtered by words" <<-'END'
	:pane-prev
	z
	:filter run:nan -is:acked
END

# keys EXPECTED… on standard input
keys() {
	local what=$1
	shift
	out=$("$MM" --script - --size 80x24 "$logs" 2>&1)
	shows "$what" "$@"
}

keys "the rule of mm.conf reads as it is written" "value > 0.3, for 2 points; clear: value < 0.25" \
	"has an acc of 0.3" "Alert 1 of 2" <<-'END'
	:wait
	!
	:wait
	:screen
END
keys "n stops at the last one, p goes back" "this is the last alert" "Alert 1 of 2" <<-'END'
	:wait
	! n n
	:screen
	p
	:screen
END
keys "L opens the whole log at the place, and Esc comes back" "▌step 302/400 | loss nan" "Log nan train.log" "Alert 1 of 2" <<-'END'
	:wait
	! L
	:wait
	:screen
	<Esc>
	:screen
END
keys "a narrower window of the curve" " 280 " <<-'END'
	:wait
	! > >
	:screen
END
keys "a larger and a smaller screen on the way" "step 308/400" "│ ▲ nan has an acc of 0.302  │" "<Esc> back  n next  K stop run  p previous" <<-'END'
	:wait
	!
	:resize 120x40
	:screen
	:resize 30x6
	:screen
END
out=$(printf '!\n:screen\n' | "$MM" --script - --as-is --size 80x24 "$logs" 2>&1)
shows "without an ingester the rest is there" "nan has an acc of 0.302" "Nobody reads the logs now" "┊"

# A stop is on the charts and in the details.
mkdir -p "$XDG_DATA_HOME/mm/journal"
printf '{"time":%d.5,"host":"gpu1","run":"%s","stops/%d":"TERM to process 17: python train.py (step 250)"}\n' \
	$((MM_NOW - 100)) "$logs/fine" $((MM_NOW - 100)) >"$XDG_DATA_HOME/mm/journal/gpu1.jsonl"
look 80x24 alert-stop "where a run was stopped is marked" <<-'END'
	:goto fine
	:xaxis step
END
keys "its details say what was done" "Stopped by hand" "TERM to process 17: python train.py, at step 250" <<-'END'
	:wait
	:goto fine
	<Enter>
	G
	:screen
END
finish

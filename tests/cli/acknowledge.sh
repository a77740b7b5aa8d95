#!/bin/bash
# mm alert ack, with one, two and three names, while somebody ingests and while nobody does; a configuration that changes
# under an ingester.
. tests/cli/lib.sh
logs=$TMP/logs
watcher=
trap '[ -n "$watcher" ] && kill "$watcher" 2>/dev/null' EXIT

# diverge DIR: a loss that is NaN at the end, just now
diverge() {
	mkdir -p "$logs/$1"
	{
		run_csv /dev/stdout 5
		printf '5,nan,0.5\n'
	} >"$logs/$1/metrics.csv"
}

# until_says TEXT COMMAND…: asks again until its output has TEXT
until_says() {
	local text=$1 i
	shift
	for i in $(seq 100); do
		case $("$@" 2>&1) in *"$text"*) return 0 ;; esac
		sleep 0.1
	done
	return 1
}

watch() {
	"$MM" watch "$logs" >>"$TMP/said" 2>&1 &
	watcher=$!
	until_says '"watched": true' "$MM" status --json --as-is
}

leave() {
	kill "$watcher"
	wait "$watcher" 2>/dev/null
	watcher=
}

mkdir -p "$logs/quiet" "$TMP/config/mm"
printf '[alerts]\ntick = 250ms\n' >"$TMP/config/mm/mm.conf"
run_csv "$logs/quiet/metrics.csv" 3
"$MM" watch --once "$logs" >/dev/null 2>&1
watch
for run in a b c d; do
	mkdir -p "$logs/$run"
	run_csv "$logs/$run/metrics.csv" 5
done
until_says '"points": 10' "$MM" runs --json d || has 'four runs are read' "$("$MM" runs)" d
for run in a b c d; do printf '5,nan,0.5\n' >>"$logs/$run/metrics.csv"; done
until_says '"firing": 4' "$MM" status --json || is 'four alerts fire' "$("$MM" status --json)" '"firing": 4'

exits 'three names, beside an ingester' 0 "$MM" alert ack loss-nonfinite a loss
is 'one of them' "$out" '1 acknowledged'
exits 'two names' 0 "$MM" alert ack loss-nonfinite b
is 'one of them' "$out" '1 acknowledged'
exits 'again' 1 "$MM" alert ack loss-nonfinite b
exits 'a name: all that is left of the rule' 0 "$MM" alert ack loss-nonfinite
is 'two of them' "$out" '2 acknowledged'
has 'what fired is in the log by run and metric' "$(cat "$TMP/said")" ': loss-nonfinite: a: loss'

# The configuration is read again by itself, and what is wrong in it said; then the old one holds.
printf '[alerts]\ntick = 1s\n' >"$TMP/config/mm/mm.conf"
until_says 'configuration read again' cat "$TMP/said" || has 'a change is noticed' "$(cat "$TMP/said")" 'read again'
printf '[keys]\nsrot = x\n' >"$TMP/new.conf"
mv "$TMP/new.conf" "$TMP/config/mm/mm.conf"
until_says "mm.conf:2: no action is called 'srot'" cat "$TMP/said" ||
	has 'a mistake is said' "$(cat "$TMP/said")" "mm.conf:2: no action is called 'srot'"
has 'and what becomes of it' "$(cat "$TMP/said")" 'stays in force'
printf '[alerts]\ntick = 1s\n' >"$TMP/config/mm/mm.conf"
leave

exits 'nobody ingests: two names' 1 "$MM" alert ack loss-nonfinite a
exits 'nobody ingests: one name' 1 "$MM" alert ack loss-nonfinite
has 'it says what to do' "$err" 'mm alerts lists'
done_testing

#!/bin/bash
# Silences and acknowledgements: in the journal, for every host, in any store.
. tests/cli/lib.sh
logs=$TMP/logs
export XDG_DATA_HOME=$TMP/data
watcher=
trap '[ -n "$watcher" ] && kill "$watcher" 2>/dev/null' EXIT

until_says() {
	local text=$1 i
	shift
	for i in $(seq 200); do
		case $("$@" 2>&1) in *"$text"*) return 0 ;; esac
		sleep 0.1
	done
	return 1
}

watch() {
	"$MM" watch --config "$TMP/mm.conf" "$logs" >>"$TMP/said" 2>&1 &
	watcher=$!
	until_says '"watched": true' "$MM" status --json --as-is
	"$MM" watch --once >/dev/null 2>&1 # what it finds when it begins is history
}

leave() {
	kill "$watcher"
	wait "$watcher" 2>/dev/null
	watcher=
}

told() {
	sort "$TMP/told" 2>/dev/null | xargs
}

cat >"$TMP/hook" <<END
#!/bin/sh
echo "\$MM_EVENT:\$(basename "\$MM_RUN")" >>"$TMP/told"
END
chmod +x "$TMP/hook"
printf '[notify h]\ntype = exec\ncommand = %s\n' "$TMP/hook" >"$TMP/mm.conf"
chmod 600 "$TMP/mm.conf"

exits 'no silence yet' 0 "$MM" alert silence
is 'an empty list' "$out" ''
exits 'for how long?' 2 "$MM" alert silence --run 'sweep/*'
exits 'no such time' 2 "$MM" alert silence --for soon
has 'it says what one looks like' "$err" '30m'
exits 'a silence' 0 "$MM" alert silence --run 'sweep' --for 2h --reason 'it is an experiment'
has 'it says until when' "$out" 'silent until'
now=$(date +%s)
exits 'until tomorrow says what time' 0 "$MM" alert silence --rule nothing --for 24h
has 'it is a day and a time' "$out" "$(date -d "@$((now + 86400))" +%m-%d) "
has 'that has minutes' "$out" ':'
exits 'and so does the list' 0 "$MM" alert silence list
has 'in its column' "$out" "$(date -d "@$((now + 86400))" +%m-%d) "
exits 'a time of the day' 0 "$MM" alert silence --rule nothing --for "$(date -d "@$((now + 7200))" +%H:%M)"
has 'is the next one' "$out" "$(date -d "@$((now + 7200))" +%H:%M)"
exits 'no such time of the day' 2 "$MM" alert silence --for 25:00
exits 'over' 0 "$MM" alert silence end --rule nothing
exits 'another, of a rule' 0 "$MM" alert silence --rule stalled --for 30m
exits 'both are listed, the first to end first' 0 "$MM" alert silence list --json
is 'as they are' "$(printf '%s\n' "$out" | sed 's/"from": [0-9.]*, "until": [0-9.]*/TIME/; s/"host": ".*"/HOST/')" \
	'{"number": 1, "rule": "stalled", "run": "*", "metric": "*", TIME, "reason": null, HOST}
{"number": 2, "rule": "*", "run": "sweep", "metric": "*", TIME, "reason": "it is an experiment", HOST}'
exits 'by number' 0 "$MM" alert silence end 1
exits 'there is none of that number now' 1 "$MM" alert silence end 2
exits 'nor with these patterns' 1 "$MM" alert silence end --rule stalled
exits 'a list for people' 0 "$MM" alert silence list
has 'says why' "$out" 'it is an experiment'
hasnt 'and not what has ended' "$out" 'stalled'

# They are told to nobody.
mkdir -p "$logs/sweep" "$logs/other"
for d in sweep other; do run_csv "$logs/$d/metrics.csv" 3; done
watch
for d in sweep other; do printf '9,nan,1\n' >>"$logs/$d/metrics.csv"; done
until_says 'fire:other' cat "$TMP/told"
until_says '"silenced": 1' "$MM" alerts --json
is 'one of two is told' "$(told)" 'fire:other'
has 'the list says which' "$("$MM" alerts)" 'firing, silenced'
is 'and status counts the other' "$("$MM" status --json | grep -o '"firing": [0-9]*')" '"firing": 1'
exits 'when the silence ends it is told' 0 "$MM" alert silence end --run sweep
until_says 'fire:sweep' cat "$TMP/told"
is 'both are' "$(told)" 'fire:other fire:sweep'

# Acknowledged: for a store that is built anew, too.
exits 'acknowledged' 0 "$MM" alert ack loss-nonfinite
is 'both' "$out" '2 acknowledged'
exits 'nothing fires' 0 "$MM" status
leave
rm -rf "$MM_STORE"
watch
until_says '"acked": true' "$MM" alerts --json
is 'it is known there' "$("$MM" alerts --json | grep -c '"acked": true')" 2
is 'nobody is told' "$(told)" 'fire:other fire:sweep'
leave

# Another host writes into the journal; nobody tells this one.
watch
mkdir -p "$logs/third"
run_csv "$logs/third/metrics.csv" 3
until_says '"points": 6' "$MM" runs --json third
printf '9,nan,1\n' >>"$logs/third/metrics.csv"
until_says 'fire:third' cat "$TMP/told"
printf '{"time":%s,"host":"elsewhere","rule":"loss-nonfinite","run":"%s","metric":"loss","ack":%s}\n' \
	"$(date +%s.%N | cut -c1-17)" "$logs/third" "$(($(date +%s) + 1))" >"$XDG_DATA_HOME/mm/journal/elsewhere.jsonl"
has 'shown at once' "$("$MM" alerts)" 'acknowledged'
leave
done_testing

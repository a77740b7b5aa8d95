#!/bin/bash
# forget, compact, stat: with nobody watching, and beside somebody who watches.
. tests/cli/lib.sh
export XDG_DATA_HOME=$TMP/data
logs=$TMP/logs
run_csv "$logs/a/metrics.csv" 3000
run_csv "$logs/b/metrics.csv" 3000
run_csv "$logs/gone/metrics.csv" 5

for c in stat compact; do
	exits "$c without a store" 1 "$MM" $c
	has 'says so' "$err" 'no store'
	exits "$c takes no argument" 2 "$MM" $c x
done
exits 'forget what?' 2 "$MM" forget
"$MM" watch --once --quiet "$logs" || exit 1
rm -r "$logs/gone"

exits 'stat' 0 "$MM" stat
has 'counts' "$out" '3 runs, 3 logs, 6 series, 12010 points'
has 'by kind' "$out" 'chunks'
exits 'stat in JSON' 0 "$MM" stat --json
has 'points' "$out" '"points": 12010'
has 'by codec' "$out" '"codecs": {"decimal": '
is 'nobody reads it but stat' "${out#*\"readers\": }" '[]}'

# forgetting
runs() { "$MM" runs --json --as-is | sed 's/{"run": "\([^"]*\)".*/\1/' | tr '\n' ' '; }
exits 'nobody to ask' 2 "$MM" forget a </dev/null
has 'says what is missing' "$err" 'needs --yes'
is 'nothing happened' "$(runs)" 'a b gone '
exits 'unknown' 1 "$MM" forget --yes nothing
exits 'one of two unknown' 1 "$MM" forget --yes a nothing
is 'nothing happened' "$(runs)" 'a b gone '
exits 'a run whose log is gone' 0 "$MM" forget --yes --json gone
is 'what went' "$out" "{\"run\": \"gone\", \"path\": \"$logs/gone\", \"points\": 10, \"metrics\": 2, \"attempts\": 1, \"logs\": 1, \"logs_there\": 0, \"ignored\": false}"
is 'nothing more to say' "$err" ''
is 'it is gone' "$("$MM" runs --json | wc -l)" 2
exits 'a run whose log is there' 0 "$MM" forget --yes a
has 'what went' "$out" 'a: 6000 points of 2 metrics, from 1 log (1 still there)'
has 'it will come back' "$err" 'will be read again'
is 'it is gone' "$(runs)" 'b '
is 'and back' "$("$MM" runs --json | wc -l)" 2
exits 'for good' 0 "$MM" forget --yes --ignore a
is 'nothing more to say' "$err" ''
is 'it stays away' "$("$MM" runs --json | wc -l)" 1
printf '3000,0.1,0.1\n' >>"$logs/a/metrics.csv"
is 'though it grows' "$("$MM" runs --json | wc -l)" 1
has 'and says why' "$("$MM" sources --all)" 'its run was forgotten'
mv "$MM_STORE" "$MM_STORE.old"
"$MM" watch --once --quiet "$logs" || exit 1
is 'in any store' "$("$MM" runs --json | wc -l)" 1
exits 'taken back' 0 "$MM" forget --undo a
is 'it is read' "$("$MM" runs --json a | grep -c '"last_step": 3000')" 1
exits 'nothing to take back' 1 "$MM" forget --undo a
exits 'check' 0 "$MM" check
exits 'check in JSON' 0 "$MM" check --json
is 'nothing is wrong' "$out" "{\"store\": \"$MM_STORE\", \"wrong\": []}"
# a flipped byte in one of the pages with points
cp -r "$MM_STORE" "$TMP/damaged"
size=$(stat -c %s "$TMP/damaged/data.mdb") said=
for k in 2 3 4 5 6 7; do
	at=$((size * k / 8 + 2048))
	byte=$(od -An -tu1 -j $at -N 1 "$TMP/damaged/data.mdb")
	printf "\\x$(printf %x $((byte ^ 255)))" |
		dd of="$TMP/damaged/data.mdb" bs=1 seek=$at conv=notrunc status=none
	out=$("$MM" check --json --store "$TMP/damaged" 2>"$TMP/err")
	[ $? = 1 ] && said=$out && break
done
has 'what is wrong' "$said" '"wrong": ["'
has 'how much' "$(cat "$TMP/err")" ' wrong'
rm -r "$TMP/damaged"

# compacting
for i in 1 2 3; do run_csv "$logs/many$i/metrics.csv" 20000; done
"$MM" watch --once --quiet "$logs"
"$MM" forget --yes 'many*' >/dev/null 2>&1
before=$("$MM" export --as-is 'a:loss' | cksum)
exits 'compact' 0 "$MM" compact --json
read -r was is <<<"$(sed 's/.*"before": \([0-9]*\), "after": \([0-9]*\)}/\1 \2/' <<<"$out")"
is 'smaller' "$((is < was && is > 0))" 1
is 'the size of the file' "$(stat -c %s "$MM_STORE/data.mdb")" "$is"
is 'the same points' "$("$MM" export --as-is 'a:loss' | cksum)" "$before"
is 'nothing lies about' "$(ls "$MM_STORE")" "$(printf '%s\n' data.mdb lock lock.mdb)"
exits 'check' 0 "$MM" check

# beside somebody who watches
rm -r "$logs"/many*
"$MM" watch --quiet "$logs" 2>"$TMP/watch.err" &
watch=$!
for _ in $(seq 100); do [ -S "$MM_STORE/ctl" ] && break; sleep 0.1; done
exits 'he is asked to forget' 0 "$MM" forget --yes --ignore a
exits 'all is read' 0 "$MM" runs --json
is 'it stays away from him too' "$(printf '%s\n' "$out" | grep -c '"run": "a"')" 0
printf '3001,0.1,0.1\n' >>"$logs/a/metrics.csv"
printf '3000,0.5,0.5\n' >>"$logs/b/metrics.csv"
exits 'all is read' 0 "$MM" runs --json
is 'what grows is left alone' "$(printf '%s\n' "$out" | grep -c '"run": "a"')" 0
has 'the other is followed' "$(printf '%s\n' "$out" | grep '"run": "b"')" '"last_step": 3000'
exits 'he is asked to compact' 0 "$MM" compact
has 'sizes' "$out" ', was '
printf '3001,0.25,0.5\n' >>"$logs/b/metrics.csv"
exits 'and goes on' 0 "$MM" runs --json b
has 'into the new file' "$out" '"last_step": 3001'
exits 'he is told that it is wanted again' 0 "$MM" forget --undo a
exits 'and reads it' 0 "$MM" runs --json a
has 'to its end' "$out" '"last_step": 3001'
exits 'no such run' 1 "$MM" forget --yes nothing
exits 'check' 0 "$MM" check

# a directory that is watched, with another within it
run_csv "$TMP/other/c/metrics.csv" 5
run_csv "$TMP/other/within/d/metrics.csv" 5
"$MM" watch --quiet "$TMP/other" "$TMP/other/within"
exits 'all is read' 0 "$MM" runs --json
is 'of three directories' "$(printf '%s\n' "$out" | grep -c '"path": ".*/[abcd]"')" 4
exits 'one is watched no more' 0 "$MM" forget --yes "$TMP/other"
is 'what went' "$out" "$TMP/other: watched no more, and its 1 run
other/c: 10 points of 2 metrics, from 1 log (1 still there)"
is 'nothing more to say' "$err" ''
for run in "$TMP/other/c" "$TMP/other/within/d" "$logs/b"; do printf '4000,0.5,0.5\n' >>"$run/metrics.csv"; done
exits 'all is read' 0 "$MM" runs --json
is 'but what is not watched' "$(printf '%s\n' "$out" | sed 's/.*"path": "\([^"]*\)".*"last_step": \([0-9]*\).*/\1 \2/')" \
	"$logs/a 3001
$logs/b 4000
$TMP/other/within/d 4000"
exits 'it is a directory like any other' 1 "$MM" forget --yes "$TMP/other"
exits 'check' 0 "$MM" check
kill $watch
wait $watch
is 'he had nothing to complain of' "$(cat "$TMP/watch.err")" ''
exits 'check' 0 "$MM" check

# with nobody watching; the directory is gone from the disk as well
rm -r "$TMP/other"
exits 'a directory, for programs' 0 "$MM" forget --yes --json "$TMP/other/within"
is 'what went' "$(head -n 1 <<<"$out")" "{\"root\": \"$TMP/other/within\", \"runs\": 1}"
has 'and its run' "$out" "\"path\": \"$TMP/other/within/d\""
is 'it is gone' "$(runs)" 'a b '
exits 'a directory and a run at once' 0 "$MM" forget --yes a "$logs"
is 'what went' "$(cut -d: -f1 <<<"$out" | tr '\n' ' ')" "$logs a b "
is 'nothing is left' "$(cd / && "$MM" runs --json --as-is)" ''
exits 'check' 0 "$MM" check
done_testing

#!/bin/bash
# runs, metrics, export, sources on real files: what they print, what names they take, what they exit with.
. tests/cli/lib.sh
logs=$TMP/logs
run_csv "$logs/sweep/lr=1/metrics.csv" 10
run_csv "$logs/sweep/lr=2/metrics.csv" 4
mkdir -p "$logs/json"
printf '%s\n' '{"step": 1, "max_steps": 100, "train": {"loss": 0.5}}' '{"step": 2, "max_steps": 100, "train": {"loss": NaN}}' \
	>"$logs/json/exp:1.jsonl"
printf 'id,name\n1,alice\n' >"$logs/people.csv"

exits 'nothing is registered, a root is named' 0 "$MM" runs --json --root "$logs"
is 'three runs' "$(printf '%s\n' "$out" | wc -l)" 3
has 'named below the root' "$out" '"run": "sweep/lr=1"'
has 'keys of the contract' "$out" '"last_step": 9'
has 'total from the log' "$out" '"total": 100'
has 'NaN loss is divergence' "$(printf '%s\n' "$out" | grep exp)" '"state": "diverged"'
exits 'text' 0 "$MM" runs --root "$logs"
has 'a heading' "$out" 'STATE'
hasnt 'no colours in a pipe' "$out" $'\033'
exits 'one run by its last part' 0 "$MM" runs --json --root "$logs" lr=2
is 'one line' "$(printf '%s\n' "$out" | wc -l)" 1
exits 'by pattern' 0 "$MM" runs --json --root "$logs" 'sweep/*'
is 'two lines' "$(printf '%s\n' "$out" | wc -l)" 2
exits 'by path' 0 "$MM" runs --json --root "$logs" "$logs/sweep/lr=2"
mkdir -p "$TMP/none/a" "$TMP/none/b"
for command in runs metrics; do
	exits "$command: none" 0 "$MM" $command --root "$TMP/none/a" --root "$TMP/none/b"
	is 'not a word for scripts' "$out$err" ''
	has 'a person is told where none was found' \
		"$(script -qec "$MM $command --root $TMP/none/a --root $TMP/none/b" /dev/null)" \
		"no runs under $TMP/none/a and 1 more; mm sources --all"
done
exits 'unknown run' 1 "$MM" runs --root "$logs" sweep/lr=9
has 'the nearest' "$err" 'did you mean sweep/lr='
exits 'unknown run, the last part is near' 1 "$MM" runs --root "$logs" lr=3
has 'the nearest by its last part' "$err" 'did you mean sweep/lr='

for seed in a/seed0 b/seed0 b/seed1; do run_csv "$TMP/several/$seed/metrics.csv" 2; done
for name in net-2/logs lightning_logs/version_0; do run_csv "$TMP/several/$name/metrics.csv" 2; done
several() { "$MM" runs --json --as-is --root "$TMP/several" "$@" | sed 's/{"run": "\([^"]*\)".*/\1/' | tr '\n' ' '; }
"$MM" runs --root "$TMP/several" >"$TMP/null"
is 'all that end so' "$(several seed0)" 'a/seed0 b/seed0 '
is 'what the screen calls it' "$(several net-2)" 'net-2/logs '
is 'a pattern may begin at any directory' "$(several 'see*0')" 'a/seed0 b/seed0 '
is 'but not where it matches from the beginning' "$(several 'b/*')" 'b/seed0 b/seed1 '
exits 'one is meant' 2 "$MM" forget --yes --root "$TMP/several" seed0
has 'which ones' "$err" 'seed0 means 2 runs: a/seed0, b/seed0'
is 'nothing is forgotten' "$(several | wc -w)" 5
exits 'one is meant here too' 2 "$MM" alert ack --root "$TMP/several" failed seed0
has 'which ones' "$err" 'seed0 means 2 runs'
export XDG_DATA_HOME=$TMP/data
exits 'a pattern is several' 0 "$MM" forget --yes --ignore --root "$TMP/several" '*/seed0'
is 'they are forgotten' "$(several | wc -w)" 3
exits 'series of several runs' 0 "$MM" plot --root "$TMP/several" -H 4 version_0:loss net-2:val/acc
has 'each by its own name' "$out" 'version_0:loss'
rm -r "$TMP/several"

for v in 10 2 1; do run_csv "$TMP/versions/version_$v/metrics.csv" 2; done
exits 'runs as people sort' 0 "$MM" runs --json --root "$TMP/versions"
is 'natural order' "$(printf '%s\n' "$out" | sed 's/.*version_\([0-9]*\)", "root.*/\1/' | tr '\n' ' ')" '1 2 10 '
rm -r "$TMP/versions"
exits 'metrics' 0 "$MM" metrics --json --root "$logs" lr=1
is 'two series' "$(printf '%s\n' "$out" | wc -l)" 2
loss=$(printf '%s\n' "$out" | grep '"metric": "loss"')
has 'points' "$loss" '"points": 10'
has 'first step' "$loss" '"first_step": 0'
has 'last' "$loss" '"last": 0.1'
has 'max' "$loss" '"max": 1'
has 'format' "$loss" '"format": "csv"'
exits 'NaN is a string' 0 "$MM" metrics --json --root "$logs" exp:1
has 'NaN' "$out" '"last": "NaN"'
has 'nonfinite' "$out" '"nonfinite": 1'

exits 'export csv' 0 "$MM" export --root "$logs" lr=1:loss
is 'every point and a heading' "$(printf '%s\n' "$out" | wc -l)" 11
is 'a point' "$(printf '%s\n' "$out" | sed -n 3p | cut -d, -f1-3,5)" 'sweep/lr=1,loss,1,0.5'
exits 'export json with a colon in the name' 0 "$MM" export --json --root "$logs" 'exp:1:train/loss'
has 'value' "$out" '"value": 0.5'
has 'NaN as a string' "$out" '"value": "NaN"'
exits 'the unambiguous form' 0 "$MM" export --root "$logs" --run json/exp:1 --metric train/loss
is 'two points' "$(printf '%s\n' "$out" | wc -l)" 3
exits 'patterns on both sides' 0 "$MM" export --root "$logs" 'sweep/*:*acc'
is 'both runs' "$(printf '%s\n' "$out" | cut -d, -f1 | sort -u | wc -l)" 3
exits 'a whole run' 0 "$MM" export --root "$logs" sweep/lr=2
is 'both series' "$(printf '%s\n' "$out" | wc -l)" 9
exits 'no such metric' 1 "$MM" export --root "$logs" lr=1:nothing
has 'says which half' "$err" 'has no metric nothing; mm metrics lr=1 lists them'
exits 'nearly a metric' 1 "$MM" export --root "$logs" lr=1:acd
has 'the nearest by its last part' "$err" 'has no metric acd; did you mean val/acc?'
exits 'a reader that leaves' 0 bash -c '"$0" export --root "$1" lr=1 | head -1' "$MM" "$logs"
is 'a full disk is said' "$("$MM" export --root "$logs" lr=1 2>&1 >/dev/full)" \
	'mm: cannot write to standard output: No space left on device'

exits 'sources' 0 "$MM" sources --json --root "$logs"
is 'three logs' "$(printf '%s\n' "$out" | wc -l)" 3
has 'read to the end' "$(printf '%s\n' "$out" | grep exp)" '"format": "jsonl"'
exits 'sources --all' 0 "$MM" sources --all --root "$logs"
has 'what was left alone' "$out" 'people.csv'
exits 'unknown file' 1 "$MM" sources --root "$logs" nothing.csv
has 'where it may be' "$err" 'mm sources --all lists the others'
exits 'unknown even so' 1 "$MM" sources --all --root "$logs" nothing.csv
hasnt 'no advice that was followed' "$err" 'sources --all'
exits 'status' 0 "$MM" status --root "$logs"
has 'counts' "$out" '3 runs'
exits 'status as JSON' 0 "$MM" status --json --root "$logs"
has 'counts by state' "$out" '"states": {"unknown": 0, "running": 2, "quiet": 0, "stalled": 0, "finished": 0, '
has 'of each' "$out" '"diverged": 1,'
exits 'alerts are none: points only were read' 0 "$MM" alerts --json --root "$logs"
is 'no alert' "$out" ''
exits 'check' 0 "$MM" check
has 'in order' "$out" 'in order'

# a read command registered nothing
cd "$TMP" || exit 1
mkdir -p empty && cd empty || exit 1
exits 'all that is known is shown elsewhere' 0 "$MM" runs --json
is 'of no root' "$(grep -c '"root": null' <<<"$out")" "$(wc -l <<<"$out")"
exits 'an empty store reads an empty directory' 0 "$MM" runs --json --store "$TMP/none"
is 'nothing' "$out" ''
cd "$OLDPWD" || exit 1

# points that come later are seen by the next command, without --as-is only
printf '10,0.01,0.99\n' >>"$logs/sweep/lr=1/metrics.csv"
exits 'as is' 0 "$MM" runs --json --as-is --root "$logs" lr=1
has 'not read yet' "$out" '"last_step": 9'
exits 'caught up' 0 "$MM" runs --json --root "$logs" lr=1
has 'read' "$out" '"last_step": 10'

# two roots
"$MM" watch --once "$logs/sweep" >/dev/null 2>&1
mkdir "$TMP/empty"
"$MM" watch --once "$TMP/empty" >/dev/null 2>&1
exits 'a root without runs' 0 "$MM" runs --json
has 'renames no run' "$out" '"run": "lr=1"'
"$MM" watch --once "$logs/json" >/dev/null 2>&1
exits 'several roots' 0 "$MM" runs --json
has 'the root is in front' "$out" '"run": "sweep/lr=1"'
has 'and the other' "$out" '"run": "json/exp:1"'
done_testing

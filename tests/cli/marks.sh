#!/bin/bash
# Names, notes, stars, tags: written in the dashboard, known to every command, whatever becomes of the store.
. tests/cli/lib.sh
export XDG_DATA_HOME=$TMP/data
logs=$TMP/logs
run_csv "$logs/a/metrics.csv" 3
run_csv "$logs/b/metrics.csv" 3
printf '%s\n' ':wait' ':goto a' ':name the baseline' '*' ':tag best lr=3' ':note it was "good"' \
	':goto b' 'H' >"$TMP/script"
exits 'marks are made' 0 "$MM" --script "$TMP/script" "$logs"

json() { "$MM" runs --json "$@"; }
exits 'json' 0 json --root "$logs" a
has 'name' "$out" '"name": "the baseline"'
has 'note' "$out" '"note": "it was \"good\""'
has 'star' "$out" '"star": true'
has 'tags in order' "$out" '"tags": ["best", "lr=3"]'
has 'not hidden' "$out" '"hidden": false'
has 'scripts get the path' "$out" '"run": "a"'
exits 'a hidden run is in JSON, and says so' 0 json --root "$logs" b
has 'hidden' "$out" '"hidden": true'
has 'no marks are null, false, nothing' "$out" '"name": null, "note": null, "star": false, "hidden": true, "tags": []'

exits 'text' 0 "$MM" runs --root "$logs"
has 'name, tags and note' "$out" '* the baseline #best #lr=3: it was "good"'
is 'the hidden one is left out' "$(printf '%s\n' "$out" | grep -c '^b ')" 0
exits 'all' 0 "$MM" runs --all --root "$logs"
is 'the hidden one too' "$(printf '%s\n' "$out" | grep -c '^b ')" 1
exits 'a hidden one that is named' 0 "$MM" runs --root "$logs" b
is 'is shown' "$(printf '%s\n' "$out" | grep -c '^b ')" 1
exits 'a run by what it is called' 0 "$MM" export --root "$logs" 'the baseline:loss'
is 'its points' "$(printf '%s\n' "$out" | wc -l)" 4

exits 'by a pattern of what it is called' 0 "$MM" runs --root "$logs" '*baseline'
has 'the run' "$out" 'the baseline'
exits 'a near name' 1 "$MM" metrics --root "$logs" 'the basline'
has 'is proposed' "$err" 'did you mean the baseline?'

# what mm.conf calls it
printf '[run b]\nname = other one\n' >"$TMP/mm.conf"
exits 'named in mm.conf' 0 "$MM" export --config "$TMP/mm.conf" --root "$logs" 'other one:loss'
is 'its points' "$(printf '%s\n' "$out" | wc -l)" 4
exits 'in JSON' 0 json --config "$TMP/mm.conf" --root "$logs" b
has 'the name' "$out" '"name": "other one"'
exits 'in the list' 0 "$MM" runs --all --config "$TMP/mm.conf" --root "$logs"
has 'beside the marks' "$out" 'other one'

# the store is gone, the marks are not
rm -rf "$MM_STORE"
exits 'read anew' 0 json --root "$logs" a
has 'still named' "$out" '"name": "the baseline"'

# another host, a torn line, and a file that is no journal
printf '%s\n%s' "{\"time\":4000000000,\"run\":\"$logs/a\",\"name\":\"from afar\"}" '{"time":4000000001,"run":"/x' \
	>"$XDG_DATA_HOME/mm/journal/elsewhere.jsonl"
exits 'merged' 0 json --root "$logs" a
has 'the later name' "$out" '"name": "from afar"'
has 'the other marks stay' "$out" '"star": true'
printf '%s\n' ':wait' ':goto from' ':name mine again' >"$TMP/script"
exits 'whoever saw it comes after it' 0 "$MM" --script "$TMP/script" --as-is "$logs"
exits 'merged' 0 json --root "$logs" a
has 'though that clock is ahead' "$out" '"name": "mine again"'
done_testing

#!/bin/bash
# mm forget asks on a terminal: what it says, and that only a plain yes is one.
. tests/cli/lib.sh
command -v script >/dev/null || { echo 'no script(1)'; exit 77; }
export XDG_DATA_HOME=$TMP/data
logs=$TMP/logs
run_csv "$logs/a/metrics.csv" 3
run_csv "$logs/b/metrics.csv" 3
run_csv "$logs/gone/metrics.csv" 3
"$MM" watch --once --quiet "$logs" || exit 1
rm -r "$logs/gone"

# asked ANSWER ARG…: what the terminal showed is in $out
asked() {
	local answer=$1
	shift
	out=$(printf '%s\n' "$answer" | script -qec "'$MM' forget $*" /dev/null 2>&1)
}
runs() { "$MM" runs --json --as-is | sed 's/{"run": "\([^"]*\)".*/\1/' | tr '\n' ' '; }

asked n gone
has 'what goes is said' "$out" 'gone: 6 points of 2 metrics, from 1 log'
has 'it asks' "$out" 'Forget 1 run?'
hasnt 'no log is there' "$out" 'still there'
is 'no is no' "$(runs)" 'a b gone '
asked '' gone
is 'nothing is no' "$(runs)" 'a b gone '
asked x gone --ignore
is 'anything else is no, with --ignore too' "$(runs)" 'a b gone '
asked y gone
is 'yes is yes' "$(runs)" 'a b '

asked y a
has 'the log is there' "$out" 'would be read again'
is 'yes is no answer to that' "$(runs)" 'a b '
asked r a
is 'forgotten' "$(runs)" 'b '
"$MM" watch --once --quiet
is 'and read again' "$(runs)" 'a b '
asked i a b
has 'both' "$out" 'b: 6 points'
is 'forgotten' "$(runs)" ''
"$MM" watch --once --quiet
is 'and left alone' "$(runs)" ''
done_testing

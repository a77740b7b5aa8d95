#!/bin/bash
# mm alert replay: what the rules would have said of a run, by its points, by the time between them and by how it ended.
. tests/cli/lib.sh
logs=$TMP/logs
mkdir -p "$logs/a" "$logs/b" "$TMP/config/mm"
printf '%s\n' '[alert patience]' 'when = log("no")' '[alert early]' 'when = attempt == 1' >"$TMP/config/mm/mm.conf"
chmod 600 "$TMP/config/mm/mm.conf"

# FROM N: rows at every other second from then on
rows() {
	seq 0 $(($2 - 1)) | awk -v at="$1" '{
		printf "%s INFO step %d | loss: 1.0\n", strftime("%Y-%m-%d %H:%M:%S", at + 2 * $1, 1), '"$3"' + $1 }'
}

# RULE STATE MINUTE, a line a change
replay() {
	"$MM" alert replay --json "$1" | sed 's/.*"time": \([0-9]*\).*"rule": "\([^"]*\)".*"state": "\([^"]*\)".*/\1 \2 \3/' |
		awk '{ print $2, $3, int(($1 - 1790000000) / 60) }'
}

# an hour of silence, a loss that is none, a death
{
	rows 1790000000 200 0
	rows 1790004000 100 200
	date -u -d @1790004200 '+%Y-%m-%d %H:%M:%S INFO step 300 | loss: nan'
	echo 'Traceback (most recent call last):'
	echo 'ValueError: no'
} >"$logs/a/train.log"
printf 'step,loss\n0,1\n1,1\n' >"$logs/b/metrics.csv"
"$MM" watch --once --quiet "$logs"
is 'points, silence and the end are judged at their time' "$(replay a)" 'early firing 1
stalled firing 12
stalled resolved 67
loss-nonfinite firing 70
failed firing 70'
has 'what a person sees' "$("$MM" alert replay a)" 'its log says: failed: ValueError: no'
has 'and what is left out' "$("$MM" alert replay a)" 'what logs say (log, fatal), disks and mm itself are not stored'
is 'a run without an end is none that failed' "$(replay b | grep -c 'failed\|finished\|nonfinite')" 0
is 'nothing is kept of it' "$("$MM" alerts --as-is --json | grep -c stalled)" 0
exit $failed

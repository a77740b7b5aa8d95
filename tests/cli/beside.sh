#!/bin/bash
# A command that finds nobody reading reads for itself: what stands beside logs of how runs ended is seen too, and no
# directory that nobody named.
. tests/cli/lib.sh
logs=$TMP/logs
mkdir -p "$logs/exps/tl" "$logs/exps/dead" "$TMP/elsewhere/other"
for run in exps/tl exps/dead; do
	for i in 1 2 3 4; do
		echo "{\"step\": $i, \"loss\": 0.$((9 - i)), \"total_steps\": 100}"
	done >"$logs/$run/log.jsonl"
done
printf 'step,loss\n1,2\n2,1\n' >"$TMP/elsewhere/other/metrics.csv"
echo '+ python train.py --out exps/tl' >"$logs/slurm-4711.out"
echo 'slurmstepd: error: *** JOB 4711 ON node7 CANCELLED AT 2024-05-01T12:00:05 DUE TO TIME LIMIT ***' >"$logs/slurm-4711.err"
printf 'Traceback (most recent call last):\n  File "train.py", line 7, in <module>\nValueError: bad shape\n' \
	>"$logs/exps/dead/stderr.txt"
touch -d '2024-05-01 12:00:00' "$logs"/exps/*/log.jsonl
touch -d '2024-05-01 12:00:06' "$logs"/*.err "$logs"/*.out "$logs/exps/dead/stderr.txt"

why() { sed -n "s|.*\"run\": \"$1\".*\"state\": \"\([a-z]*\)\", \"reason\": \"\([^\"]*\)\".*|\1, \2|p"; }
out=$("$MM" runs --json --root "$logs")
is 'the other stream of its job says why' "$(why exps/tl <<<"$out")" "cancelled, its log says: timed out: Slurm's time limit"
is 'its standard error says why' "$(why exps/dead <<<"$out")" 'failed, its log says: failed: ValueError: bad shape'
is 'where else it is asked from' "$(cd "$TMP/elsewhere" && "$MM" runs --json | wc -l)" 2
export MM_STORE=$TMP/second
is 'an empty store reads what lies here' "$(cd "$TMP/elsewhere" && "$MM" runs --json | wc -l)" 1
done_testing

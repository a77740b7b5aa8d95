#!/bin/bash
# A process dies, and what it died of stands beside its log: the alert names it, and nothing is called finished.
. tests/live/beside.sh
logs=$TMP/logs
mkdir -p "$logs/known" "$logs/unknown"

# train RUN WORDS TOTAL: a process that logs for a while, says WORDS on its standard error and is gone
train() {
	(
		exec 3>"$logs/$1/log.jsonl" 2>"$logs/$1/stderr.txt"
		i=0
		until [ -e "$TMP/die" ]; do
			i=$((i + 1))
			echo "{\"step\": $i, \"loss\": 0.5$3}" >&3
			sleep 0.1
		done
		printf '%s\n' "$2" >&2
	) &
}

alerts() { "$MM" alerts --json --as-is; }
firing() { alerts | grep -q "\"run\": \"[^\"]*$1\".*"; }

watch "$logs"
train known 'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB' ', "total_steps": 1000'
train unknown "$(printf 'Traceback (most recent call last):\n  File "t.py", line 1\nValueError: bad shape')" ''
writers() { # both of them are known
	"$MM" sources --json --as-is | grep -c '"format": "jsonl"'
}
for _ in $(seq 200); do
	[ "$(writers)" = 2 ] && break
	sleep 0.1
done
sleep 3 # some ticks: on one of them their processes are looked for
touch "$TMP/die"
for _ in $(seq 300); do
	firing known && firing unknown && break
	sleep 0.1
done
out=$(alerts)
has 'the cause of one whose total is known' "$(grep '/\?known"' <<<"$out")" 'failed: CUDA out of memory'
has 'the cause of the other' "$(grep 'unknown"' <<<"$out")" 'failed: ValueError: bad shape'
hasnt 'nothing finished' "$out" '"rule": "finished"'
done_testing

#!/bin/bash
# A process dies, and what it died of stands beside its log: the alert names it, and nothing is called finished. One
# process may write several runs: they end as one.
. tests/live/beside.sh
logs=$TMP/logs
mkdir -p "$logs/known" "$logs/unknown" "$logs/twin" "$logs/out/runs/May01" "$logs/out/checkpoint-10"

# train RUN WORDS TOTAL [TWIN]: a process that logs for a while (in TWIN as well), says WORDS on its standard error and is
# gone
train() {
	(
		exec 3>"$logs/$1/log.jsonl" 2>"$logs/$1/stderr.txt"
		[ -z "${4:-}" ] || exec 4>"$logs/$4/log.jsonl"
		i=0
		until [ -e "$TMP/die" ]; do
			i=$((i + 1))
			echo "{\"step\": $i, \"loss\": 0.5$3}" >&3
			[ -z "${4:-}" ] || echo "{\"step\": $i, \"loss\": 0.25}" >&4
			sleep 0.1
		done
		printf '%s\n' "$2" >&2
	) &
}

alerts() { "$MM" alerts --json --as-is; }
firing() { alerts | grep -q "\"run\": \"[^\"]*$1\".*"; }

watch "$logs"
train known 'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB' ', "total_steps": 1000'
train unknown "$(printf 'Traceback (most recent call last):\n  File "t.py", line 1\nValueError: bad shape')" '' twin
# Hugging Face's Trainer: how far it is to go, its event files below do not say
printf '{"global_step": 10, "max_steps": 1000, "log_history": [{"loss": 0.5, "step": 10}]}\n' \
	>"$logs/out/checkpoint-10/trainer_state.json"
printf '{"step": 10, "loss": 0.5}\n{"step": 20, "loss": 0.5}\n' >"$logs/out/runs/May01/log.jsonl"
writers() { # all of them are known
	"$MM" sources --json --as-is | grep -c '"format": "jsonl"'
}
for _ in $(seq 200); do
	[ "$(writers)" = 4 ] && break
	sleep 0.1
done
sleep 3 # some ticks: on one of them their processes are looked for
touch "$TMP/die"
for _ in $(seq 300); do
	firing known && firing unknown && firing twin && break
	sleep 0.1
done
out=$(alerts)
has 'the cause of one whose total is known' "$(grep '/\?known"' <<<"$out")" 'failed: CUDA out of memory'
has 'the cause of the other' "$(grep 'unknown"' <<<"$out")" 'failed: ValueError: bad shape'
has 'what the same process wrote' "$(grep 'twin"' <<<"$out")" 'failed: ValueError: bad shape'
hasnt 'nothing finished' "$out" '"rule": "finished"'
has 'as far as the Trainer goes' "$("$MM" runs --json --as-is | grep May01)" '"total": 1000'
done_testing

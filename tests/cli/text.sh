#!/bin/bash
# Console logs from end to end: what is a log, what a file beside another format is called, own patterns.
. tests/cli/lib.sh
logs=$TMP/logs
mkdir -p "$logs" "$XDG_CONFIG_HOME/mm"

# A preamble that fills the head and more, then a training with progress and a reason for its end.
{
	for i in $(seq 1 2000); do
		echo "2024-01-01 12:00:00,000 - setup - INFO - loaded shard $i of the data set, all of it"
	done
	for i in 1 2 3 4 5; do
		printf '\033[32m2024-01-01 12:00:0%d,000 - root - INFO - step %d/10 | loss 0.%d\033[0m\n' $i $i $i
	done
	echo 'Traceback (most recent call last):'
	echo '  File "train.py", line 3, in <module>'
	echo 'ValueError: no more data'
} >"$logs/slurm-4711.out"

# The same metric in a structured log, and from three ranks.
mkdir -p "$logs/exp"
printf 'step,loss\n1,5\n2,6\n' >"$logs/exp/metrics.csv"
for rank in 2 0 1; do
	printf 'step 1 loss 1.%d\nstep 2 loss 2.%d\n' $rank $rank >"$logs/exp/stdout.rank$rank"
done

# What is none.
printf 'Collecting numpy\n  Downloading numpy-1.2.3.whl (15.7 MB)\n' >"$logs/install.log"
printf '# Notes\n\n```\nstep 1 loss 0.5\nstep 2 loss 0.4\n```\n' >"$logs/README.md"
printf 'lr: 0.1\nloss: 3\nepochs: 10\n' >"$logs/settings.txt"

exits 'reading' 0 "$MM" watch --once "$logs"
exits 'metrics' 0 "$MM" metrics --json --all
is 'one run has a reason' "$(grep -c '"run": "slurm-4711"' <<<"$out")" 1
has 'every point of it' "$out" '"run": "slurm-4711", "metric": "loss", "format": "text", "points": 5'
has 'the structured log is shown' "$out" '"metric": "loss", "format": "csv"'
has 'the lowest rank speaks for the text' "$out" '"metric": "loss@text", "format": "text"'
has 'other ranks are named by their file' "$out" '"metric": "loss@stdout.rank2"'
exits 'export' 0 "$MM" export --csv slurm-4711:loss
has 'times are those of the lines' "$out" '1704110405'
exits 'runs' 0 "$MM" runs --json
is 'nothing else is a run' "$(grep -c . <<<"$out")" 2
has 'the last line of the traceback is the reason' "$out" '"state": "failed"'
has 'step a/b is the total' "$out" '"total": 10'

# Own patterns.
printf '[pattern R]\nregex = ^ep (?<step>\\d+) .*R=(?<value>\\S+)\nfile = *.rl.log\n' \
	>"$XDG_CONFIG_HOME/mm/mm.conf"
printf 'ep 1 steps 12 R=0.5\nep 2 steps 11 R=0.75\n' >"$logs/a.rl.log"
exits 'reading with a pattern' 0 "$MM" watch --once "$logs"
exits 'what it found' 0 "$MM" metrics --json a.rl
has 'by its name and step' "$out" '"metric": "R", "format": "text", "points": 2, "first_step": 1, "last_step": 2, "last": 0.75'
printf '[pattern R]\nregex = (\n' >"$XDG_CONFIG_HOME/mm/mm.conf"
exits 'a mistake in a pattern' 2 "$MM" watch --once "$logs"
has 'is said with its place' "$err" 'mm.conf:2: regex, at its character 2: missing closing parenthesis'
done_testing

#!/bin/bash
# mm log: what it prints, of what, and nothing that a terminal would obey.
. tests/cli/lib.sh
export XDG_DATA_HOME=$TMP/data
logs=$TMP/logs
mkdir -p "$logs/a" "$logs/b"
{
	printf 'step 1/9 | loss 1.5\n 10%%\r100%% done\n\033[31mERROR\033[0m: \033[2Jno\007 \302\233 room\n'
	printf 'step 2/9 | loss 1.4\nTraceback (most recent call last):\nValueError: x\nstep 3/9 | loss 1.3\nno end'
} >"$logs/a/stdout.log"
printf 'to stderr\n' >"$logs/a/stderr.log"
run_csv "$logs/b/metrics.csv" 5
"$MM" watch --once --quiet "$logs" >/dev/null

exits 'all of a run' 0 "$MM" log a
is 'its files one after the other' "$out" "==> $logs/a/stdout.log <==
step 1/9 | loss 1.5
100% done
ERROR: no� � room
step 2/9 | loss 1.4
Traceback (most recent call last):
ValueError: x
step 3/9 | loss 1.3
no end

==> $logs/a/stderr.log <==
to stderr"
exits 'one file' 0 "$MM" log a --file stderr.log
is 'has no heading' "$out" 'to stderr'
exits 'the last lines' 0 "$MM" log a --file stdout.log -n 2
is 'two of them' "$out" 'step 3/9 | loss 1.3
no end'
exits 'errors' 0 "$MM" log a --errors --file stdout.log
is 'all three' "$out" 'ERROR: no� � room
Traceback (most recent call last):
ValueError: x'
exits 'the last error' 0 "$MM" log a --errors -n 1 --file stdout.log
is 'it' "$out" 'ValueError: x'
exits 'grep' 0 "$MM" log a --grep LOSS --file stdout.log
is 'capitals are meant' "$out" ''
exits 'grep' 0 "$MM" log a --grep 'loss 1.4' --file stdout.log
is 'a line' "$out" 'step 2/9 | loss 1.4'
exits 'around a step' 0 "$MM" log a --at 2 -n 1 --file stdout.log
is 'before and behind' "$out" 'ERROR: no� � room
step 2/9 | loss 1.4
Traceback (most recent call last):'
exits 'JSON' 0 "$MM" log a --json --errors
is 'says where' "$(head -n 1 <<<"$out")" \
	"{\"run\": \"a\", \"file\": \"$logs/a/stdout.log\", \"offset\": 35, \"error\": true, \"text\": \"ERROR: no� � room\"}"
exits 'colours when they are wanted' 0 "$MM" log a --color always --errors --file stdout.log
has 'SGR alone' "$out" $'\033[0;31mERROR\033[0m: no'
hasnt 'SGR alone' "$out" $'\033[2J'
exits 'the files' 0 "$MM" log a --list --json
is 'two' "$(grep -c '"kind"' <<<"$out")" 2

exits 'a run without text' 1 "$MM" log b
has 'is said' "$err" 'no text is known of this run'
exits 'no such run' 1 "$MM" log none
exits 'no run' 2 "$MM" log
exits 'a number that is none' 2 "$MM" log a -n x
exits 'a step that is none' 2 "$MM" log a --at x
exits 'both' 2 "$MM" log a --at 3 -f

exits 'a file that there is not' 1 "$MM" log a --file stdout.txt
is 'it says which there are' "$err" "mm: no file fits --file stdout.txt; there are:
  $logs/a/stdout.log
  $logs/a/stderr.log"
exits 'and of JSON too' 1 "$MM" log a --json --list --file none
is 'nothing is printed' "$out" ''

# all files as one, by time
mkdir "$logs/m"
printf '2024-01-01 12:00:01 step 1/9 | loss 1\n2024-01-01 12:00:03 step 2/9 | loss 2\n' >"$logs/m/stdout.rank0.log"
printf '2024-01-01 12:00:02 step 1/9 | loss 1\nERROR: no\n' >"$logs/m/stdout.rank1.log"
"$MM" watch --once --quiet "$logs" >/dev/null
exits 'merged' 0 "$MM" log m --merge
is 'in order, each with its rank' "$out" 'r0 2024-01-01 12:00:01 step 1/9 | loss 1
r1 2024-01-01 12:00:02 step 1/9 | loss 1
r1 ERROR: no
r0 2024-01-01 12:00:03 step 2/9 | loss 2'
exits 'merged, the last' 0 "$MM" log m --merge -n 2
is 'two' "$out" 'r1 ERROR: no
r0 2024-01-01 12:00:03 step 2/9 | loss 2'
exits 'merged, errors' 0 "$MM" log m --merge --errors --json
has 'as JSON say of which file' "$out" "\"file\": \"$logs/m/stdout.rank1.log\", \"offset\": 38, \"error\": true, \"text\": \"ERROR: no\"}"
exits 'not both' 2 "$MM" log m --merge --at 2

# what W&B kept of the console
mkdir "$logs/w"
cp tests/fuzz/corpus/wandb/current "$logs/w/run-1.wandb"
"$MM" watch --once --quiet "$logs" >/dev/null
exits 'the console of a .wandb' 0 "$MM" log w
is 'is text' "$out" 'step 0'

# attached by hand, from a dashboard
printf ':wait\n:goto b\n:attach %s\n' "$logs/notes" | "$MM" --script - "$logs"
exits 'attached, and not there' 1 "$MM" log b
has 'is said' "$err" "$logs/notes is not there"
echo 'a note' >"$logs/notes"
exits 'attached' 0 "$MM" log b
is 'is printed' "$out" 'a note'
exits 'sources' 0 "$MM" sources --json notes
has 'tells of it' "$out" '"reason": "text of b: attached"'
printf ':wait\n:goto b\n:attach -%s\n' "$logs/notes" | "$MM" --script - "$logs"
exits 'taken back' 1 "$MM" log b

# A hole of ten gigabytes and a line of as much cost nothing.
mkdir "$logs/huge"
printf 'step 1/9 | loss 1\nstep 2/9 | loss 2\n' >"$logs/huge/train.log"
"$MM" watch --once --quiet "$logs" >/dev/null
printf 'first\n' >"$logs/huge/stdout"
truncate -s 10G "$logs/huge/stdout"
printf '\nlast\n' >>"$logs/huge/stdout"
exits 'the end of it' 0 "$MM" log huge --as-is --file stdout -n 1
is 'at once' "$out" 'last'
out=$( ([ -n "${MM_SAN:-}" ] || ulimit -v 400000; printf ':wait\n:goto huge\nL\n<Tab>\n:screen\n' | "$MM" --script - --size 60x6 "$logs") 2>&1)
has 'on the screen too' "$out" 'last'
done_testing

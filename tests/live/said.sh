#!/bin/bash
# Rules about what logs say: a hook hears of a line at once and once, over restarts, beside a command, across a line that
# does not end; of several ranks the first in time is shown; an exit code is a value.
. tests/live/lib.sh
export XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data
mkdir -p "$TMP/config/mm"
conf=$TMP/config/mm/mm.conf
printf '%s\n' '[alerts]' 'defaults = off' 'tick = 200ms' \
	'[alert patience]' 'when = log("out of patience") or log(/gave up after [0-9]+ tries/)' \
	'[alert bad-end]' 'when = exit != 0' \
	'[notify hook]' 'type = exec' "command = /bin/sh -c 'cat >>$TMP/told'" >"$conf"
chmod 600 "$conf"

# lines FROM TO: what a program prints
lines()
{
	seq -f 'step %g | loss: 0.5' "$1" "$2"
}

told_times()
{
	[ "$(grep -c '"event":"fire"' "$TMP/told")" = "$1" ]
}

# tells WHAT N: so many messages came, and no more
tells()
{
	until_true told_times "$2" || :
	is "$1" "$(grep -c '"event":"fire"' "$TMP/told")" "$2"
}

messages()
{
	"$MM" alerts --as-is --json | sed 's/.*"message": "\([^"]*\)".*/\1/'
}

shows()
{
	[ "$(messages)" = "$1" ]
}

for m in inotify poll; do
	scene $m
	: >"$TMP/told"
	mkdir -p "$logs/a"
	lines 1 20 >"$logs/a/train.log"
	start
	sync_now
	lines 21 30 >>"$logs/a/train.log"
	printf 'I am out of pat' >>"$logs/a/train.log"
	sync_now
	is 'half a line says nothing' "$(messages)" ''
	printf 'ience \033[31mnow\033[m\n' >>"$logs/a/train.log"
	tells 'a line is told' 1
	is 'with its words, and without what a terminal would obey' "$(messages)" \
		'its log says: I am out of patience now'
	echo 'out of patience again' >>"$logs/a/train.log"
	sync_now
	stop
	start
	echo 'gave up after 3 tries' >>"$logs/a/train.log"
	lines 31 40 >>"$logs/a/train.log"
	sync_now
	tells 'once, whatever follows, and after a restart too' 1
	unscene
done

# 10 MB in one line, and the line that counts behind it.
scene inotify
: >"$TMP/told"
mkdir -p "$logs/a"
lines 1 20 >"$logs/a/train.log"
start
sync_now
head -c 10485760 /dev/zero | tr '\0' 'x' >>"$logs/a/train.log"
printf ' out of patience\n' >>"$logs/a/train.log"
lines 21 30 >>"$logs/a/train.log"
sync_now
is 'what stands 10 MB behind the beginning of a line is not looked at' "$(messages)" ''
echo 'gave up after 12 tries' >>"$logs/a/train.log"
tells 'the next line is' 1
unscene

# Nobody watches; a command reads the line; who watches next tells it, once.
scene inotify
: >"$TMP/told"
mkdir -p "$logs/a"
lines 1 20 >"$logs/a/train.log"
start
sync_now
stop
echo 'out of patience' >>"$logs/a/train.log"
lines 21 30 >>"$logs/a/train.log"
"$MM" runs >"$TMP/out"
is 'a command judges nothing' "$(messages)" ''
start
tells 'who watches next tells what a command has read' 1
stop
start
sync_now
tells 'and nobody after that' 1
unscene

# What was there before anybody watched is shown, and told to nobody.
scene inotify
: >"$TMP/told"
mkdir -p "$logs/a"
{
	lines 1 20
	echo 'out of patience'
} >"$logs/a/train.log"
start
sync_now
until_true shows 'its log says: out of patience' || :
has 'history is shown' "$("$MM" alerts --as-is --json)" '"historic": true'
lines 21 22 >>"$logs/a/train.log"
sync_now
tells 'and not told' 0
unscene

# Two ranks in two files, read in one go: the first in time.
scene inotify
: >"$TMP/told"
mkdir -p "$logs/a"
for r in 0 1; do lines 1 20 >"$logs/a/rank$r.log"; done
start
sync_now
stop
echo '2026-01-01 10:00:09 rank 0 is out of patience' >>"$logs/a/rank0.log"
echo '2026-01-01 10:00:07 rank 1 is out of patience' >>"$logs/a/rank1.log"
start
tells 'one message for both' 1
has 'the first in time' "$(messages)" 'rank 1 is'
unscene

# W&B's record of an exit.
scene inotify
: >"$TMP/told"
start
mkdir -p "$logs/good" "$logs/bad"
cp tests/live/states/exit-0.wandb "$logs/good/run-good.wandb"
cp tests/live/states/exit-1.wandb "$logs/bad/run-bad.wandb"
until_true shows 'exit code 1' || :
is 'a bad end is one, a good end is none' "$(messages)" 'exit code 1'
unscene
done_testing

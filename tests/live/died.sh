#!/bin/bash
# What a trainer died of stands beside its log, in a file that nobody follows: who is told that it failed is told why, and
# once. When nothing is there to be read, he is told that the process ended.
. tests/live/lib.sh
export XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data
mkdir -p "$TMP/config/mm"
printf '%s\n' '[alerts]' 'defaults = off' 'tick = 200ms' '[alert dead]' 'when = failed' \
	'[notify hook]' 'type = exec' "command = /bin/sh -c 'cat >>$TMP/told'" >"$TMP/config/mm/mm.conf"
chmod 600 "$TMP/config/mm/mm.conf"

# told RUN: what was told of it
told()
{
	grep '"event":"fire"' "$TMP/told" | grep "\"run\":\"[^\"]*/$1\"" | sed 's/.*"message":"\([^"]*\)".*/\1/'
}

is_told()
{
	[ -n "$(told "$1")" ]
}

# holds RUN: its process is known
holds()
{
	MM_NOW=$(($(date +%s) + 3600)) "$MM" runs --json --as-is --root "$logs" "$1" | grep -q 'its process ([0-9]*) is there'
}

# trains RUN TEXT: as far as somebody says, a few of 1000 steps, and leaves TEXT
trains()
{
	exec 3>"$logs/$1/metrics.csv"
	printf 'step,loss,max_steps\n' >&3
	for ((i = 0; i < 500; i++)); do
		printf '%d,0.5,1000\n' "$i" >&3
		[ -e "$TMP/end" ] && break
		sleep 0.1
	done
	printf '%s' "$2" >"$logs/$1/stderr.log"
}

scene inotify
: >"$TMP/told"
mkdir "$logs/why" "$logs/mute"
start
trains why $'Traceback (most recent call last):\n  File "t.py", line 1\nRuntimeError: CUDA error: an illegal access\n' &
one=$!
trains mute '' &
two=$!
until_true holds why || not_ok 'its process is known'
until_true holds mute || not_ok 'and the other'
: >"$TMP/end"
wait $one $two
until_true is_told why || :
is 'why it failed' "$(told why)" 'its log says: failed: RuntimeError: CUDA error: an illegal access'
until_true is_told mute || :
has 'that it ended' "$(told mute)" ') ended at step '
is 'once each' "$(grep -c '"event":"fire"' "$TMP/told")" 2
unscene
done_testing

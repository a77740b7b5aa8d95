#!/bin/bash
# A dashboard and a daemon, and a second dashboard, at once: each thing that fires is told once; when the daemon is
# killed, a dashboard's child takes over and tells what follows, once.
. tests/live/lib.sh
export XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data
mkdir -p "$TMP/config/mm"
conf=$TMP/config/mm/mm.conf
printf '%s\n' '[alerts]' 'defaults = off' 'tick = 200ms' '[alert high]' 'metric = loss' 'when = value > 10' \
	'[notify hook]' 'type = exec' "command = /bin/sh -c 'cat >>$TMP/told'" >"$conf"
chmod 600 "$conf"
scene inotify
: >"$TMP/told"
mkfifo "$TMP/one" "$TMP/two"

told_of()
{
	grep -c "\"event\":\"fire\".*\"run\":\"$logs/$1\"" "$TMP/told"
}

told_once()
{
	[ "$(told_of "$1")" = 1 ]
}

# screens COMMAND…: both do it
screens()
{
	printf '%s\n' "$@" >&3
	printf '%s\n' "$@" >&4
}

high_on()
{
	"$MM" alerts --as-is --json | grep -q "\"rule\": \"high\", \"run\": \"$1\".*\"state\": \"firing\""
}

start
for s in one two; do
	"$MM" --script "$TMP/$s" --size 100x30 "$logs" >"$TMP/$s.out" 2>&1 &
done
exec 3>"$TMP/one" 4>"$TMP/two"
screens ':wait'
mkdir "$logs/a" "$logs/b" "$logs/c"
for r in a b; do printf 'step,loss\n0,1\n' >"$logs/$r/metrics.csv"; done
sync_now
echo '1,99' >>"$logs/a/metrics.csv"
until_true told_once a || :
screens ':wait' ':screen'
sync_now
is 'a daemon and two dashboards tell it once' "$(told_of a)" 1
kill -9 $ingester
wait $ingester 2>/dev/null
ingester=
echo '1,99' >>"$logs/b/metrics.csv"
until_true told_once b || :
is 'whoever takes over tells what follows' "$(told_of b)" 1
printf 'step,loss\n0,1\n1,99\n' >"$logs/c/metrics.csv"
until_true high_on c || :
screens ':wait' ':screen' 'q'
exec 3>&- 4>&-
wait
is 'once' "$(told_of b)" 1
is 'and nothing again of what was told before' "$(told_of a)" 1
has 'the dashboards show it' "$(cat "$TMP/one.out")" 'high'
is "the store is in order at the end" "$("$MM" check 2>&1 | sed 's/.*: //')" 'everything is in order'
done_testing

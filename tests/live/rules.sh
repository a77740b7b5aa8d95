#!/bin/bash
# Rules over restarts: what detectors know is rebuilt from the stored points, what a command stored is judged by the next
# who watches, a restart repeats nothing; a configuration that changes, with a mistake and without; tags.
. tests/live/lib.sh
mode=inotify
export XDG_CONFIG_HOME=$TMP/config XDG_DATA_HOME=$TMP/data
mkdir -p "$TMP/config/mm"
: >"$TMP/none.conf"
chmod 600 "$TMP/none.conf"
conf=$TMP/config/mm/mm.conf

# configure TEXT: in force for the next who starts
configure()
{
	printf '[alerts]\ndefaults = off\ntick = 200ms\n%s\n' "$1" >"$conf"
	chmod 600 "$conf"
}

# values V…: rows of a log that go on from the last
values()
{
	for v; do
		step=$((step + 1))
		printf '%d,%s\n' $step "$v"
	done >>"$logs/a/metrics.csv"
}

begin_log()
{
	step=0
	mkdir -p "$logs/a"
	echo step,loss >"$logs/a/metrics.csv"
}

# RULE STATE, a line an alert; whatever the configuration of the ingester is
alerts()
{
	"$MM" alerts --as-is --json --config "$TMP/none.conf" | sed 's/.*"rule": "\([^"]*\)".*"state": "\([^"]*\)".*/\1 \2/'
}

alerts_are()
{
	[ "$(alerts)" = "$1" ]
}

# says WHAT ALERTS: it comes to that
says()
{
	until_true alerts_are "$2" || :
	is "$1" "$(alerts)" "$2"
}

told()
{
	grep -c "$1" "$TMP/log"
}

scene inotify
begin_log
configure '[alert high]
metric = loss
when = mean(5) > 2'
start
values 1 1 3 3
sync_now
is 'four of five points are no mean' "$(alerts)" ''
stop
start
values 3
says 'the fifth comes after a restart, and the four before are known' 'high firing'
is 'it is told' "$(told 'high: a')" 1
stop
start
values 3
sync_now
is 'a restart goes on' "$(alerts)" 'high firing'
is 'and repeats nothing' "$(told 'high: a')" 0
values 0 0 0
says 'it ends' 'high resolved'
unscene

scene inotify
begin_log
configure '[alert nan]
metric = loss
when = nonfinite
latch = yes'
start
values 1 1
sync_now
stop
values nan 1 1
is 'a command reads what nobody watched' "$("$MM" metrics --json | sed 's/.*"points": \([0-9]*\).*/\1/')" 5
is 'and judges nothing' "$(alerts)" ''
start
says 'who watches next judges what it stored' 'nan firing'
is 'and tells it' "$(told 'nan: a')" 1
stop
start
sync_now
is 'once' "$(told 'nan: a')" 0
unscene

# What fired and was over before anybody could be told is not told.
scene inotify
begin_log
configure '[alert high]
metric = loss
when = value > 2'
start
values 1 1
sync_now
stop
values 3 3 1
start
says 'it was wrong for a while' 'high resolved'
is 'and nobody is told' "$(told 'high: a')" 0
unscene

scene inotify
begin_log
configure '[alert high]
metric = loss
when = value > 2'
start
values 1
configure '[alert high]
metric = loss
when = valeu > 5'
until_true grep -q 'did you mean' "$TMP/log" || :
has 'a mistake is named with its place' "$(cat "$TMP/log")" "mm.conf:6: when = valeu > 5: column 1: unknown 'valeu'; did you mean 'value'?"
has 'and the old rules stay' "$(cat "$TMP/log")" 'what was read before stays in force'
values 3
says 'as can be seen' 'high firing'
configure '[alert high]
metric = loss
when = value > 5'
until_true grep -q 'configuration read again' "$TMP/log" || :
says 'a changed rule begins anew' ''
values 4
sync_now
is 'by its new limit' "$(alerts)" ''
configure '[alert high]
metric = loss
when = value > 3.5'
kill -HUP "$ingester"
until_true [ "$(told 'configuration read again')" -ge 2 ] || :
sync_now
values 4
says 'SIGHUP reads it again too' 'high firing'
unscene

scene inotify
begin_log
mkdir -p "$TMP/data/mm/journal"
configure '[alert high]
metric = loss
tag = hero
when = value > 2'
start
values 3
sync_now
is 'a run without the tag is left alone' "$(alerts)" ''
printf '{"time":%d,"host":"h","run":"%s","tags/hero":true}\n' "$(date +%s)" "$logs/a" >>"$TMP/data/mm/journal/h.jsonl"
until_tagged()
{
	values 3
	sync_now
	alerts_are 'high firing'
}
until_true until_tagged || :
is 'and is not, once it has it' "$(alerts)" 'high firing'
unscene
done_testing

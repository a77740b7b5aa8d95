#!/bin/bash
# What an ingester says to whoever supervises it, from beginning to end, as systemd would hear it (Type=notify, WatchdogSec,
# systemctl reload); and that systemd takes the unit as it is.
. tests/live/lib.sh
heard=$TMP/web/notified
server=

cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$server" ] || kill -9 "$server" 2>/dev/null
	wait 2>/dev/null
}

# but for the watchdog's, which come whenever they come
said()
{
	grep -v '^WATCHDOG=1$' "$heard" | sed 's/MONOTONIC_USEC=[0-9]*/MONOTONIC_USEC=N/'
}

says()
{
	[ "$(said | grep -cx "$1")" -ge "$2" ]
}

watchdogs()
{
	[ "$(grep -cx WATCHDOG=1 "$heard")" -ge "$1" ]
}

# supervise SOCKET
supervise()
{
	rm -f "$heard"
	NOTIFY_SOCKET=$1 WATCHDOG_USEC=100000 start --config "$TMP/mm.conf" "$logs"
	until_true says READY=1 1 || not_ok 'it says that it is ready'
}

: >"$TMP/mm.conf"
chmod 600 "$TMP/mm.conf"
mkdir -p "$TMP/web"
"$B/tests/live/server" "$TMP/web" &
server=$!
until_true test -s "$TMP/web/port" || not_ok 'the supervisor listens'

scene inotify
printf 'step,loss\n0,1\n' >"$logs/a.csv"
supervise "$TMP/web/notify"
is 'being ready is the first thing it says, and once' "$(said | head -n 1) $(said | grep -c READY)" 'READY=1 1'
is 'what is there has been read by then' "$(points a)" 0,1
until_true grep -q '^STATUS=1 files, 0 firing' "$heard" || :
has 'how it is, in a line' "$(said)" 'STATUS=1 files, 0 firing'
echo 1,nan >>"$logs/a.csv"
until_true grep -q '^STATUS=.*1 firing' "$heard" || :
has 'and what fires' "$(said)" '1 firing'
n=$(grep -cx WATCHDOG=1 "$heard")
until_true watchdogs $((n + 3)) || :
is 'the watchdog hears of it all the while' "$(watchdogs $((n + 3)); echo $?)" 0
kill -HUP "$ingester"
until_true says READY=1 2 || :
is 'a reload begins with its time and ends ready' "$(said | grep -v STATUS | tail -n 2)" $'RELOADING=1|MONOTONIC_USEC=N\nREADY=1'
echo 'nonsense' >"$TMP/mm.conf"
until_true grep -q 'stays in force' "$TMP/log" || :
n=$(said | grep -c READY)
kill -HUP "$ingester"
until_true says READY=1 $((n + 1)) || :
is 'so does one that was refused' "$(said | grep -v STATUS | tail -n 2)" $'RELOADING=1|MONOTONIC_USEC=N\nREADY=1'
: >"$TMP/mm.conf"
stop
is 'the last thing it says is that it goes' "$(said | tail -n 1)" STOPPING=1

scene inotify
printf 'step,loss\n0,1\n' >"$logs/a.csv"
supervise "$(cat "$TMP/web/notify.abstract")"
is 'an abstract name is as good' "$(said | head -n 1)" READY=1
stop
is 'to the end' "$(said | tail -n 1)" STOPPING=1

# Somebody else's watchdog, or none, is not fed.
scene inotify
rm -f "$heard"
NOTIFY_SOCKET=$TMP/web/notify WATCHDOG_USEC=100000 WATCHDOG_PID=1 start
until_true says READY=1 1 || :
stop
is 'who watches somebody else hears no watchdog' "$(grep -c WATCHDOG "$heard")" 0

body=
mode=systemd
if command -v systemd-analyze >/dev/null; then
	sed "s|@BIN@|${MM%/*}|" tui/mm.service >"$TMP/mm.service"
	export XDG_RUNTIME_DIR=$TMP/run
	mkdir -p -m 700 "$XDG_RUNTIME_DIR"
	is 'it has nothing to say against the unit' "$(systemd-analyze verify --user --man=no "$TMP/mm.service" 2>&1)" ''
	sed 's/^WatchdogSec/WatchdogSecs/' "$TMP/mm.service" >"$TMP/bad.service"
	has 'but would have' "$(systemd-analyze verify --user --man=no "$TMP/bad.service" 2>&1)" WatchdogSecs
else
	echo "ok - systemd # skip systemd-analyze is missing"
fi
done_testing

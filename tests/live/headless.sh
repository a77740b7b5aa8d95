#!/bin/bash
# Without a screen: alerts as they happen, for a pipe; a supervisor that is told; an ingester that is asked to leave.
. tests/live/lib.sh
follower=

cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$follower" ] || kill -9 "$follower" 2>/dev/null
	wait 2>/dev/null
}

lines()
{
	[ "$(grep -c "$1" "$TMP/followed")" -ge "$2" ]
}

follow()
{
	# Before there is a store.
	"$MM" alerts --follow --json >"$TMP/followed" 2>"$TMP/err" &
	follower=$!
	printf 'step,loss\n0,1\n' >"$logs/a.csv"
	start
	sync_now # or what follows is history
	echo 1,nan >>"$logs/a.csv"
	until_true lines firing 1 || :
	has 'what fires is printed' "$(cat "$TMP/followed")" '"rule": "loss-nonfinite", "run": "a", "metric": "loss", "state": "firing"'
	echo 2,nan >>"$logs/a.csv"
	sync_now
	"$MM" alert ack loss-nonfinite >/dev/null
	until_true lines '"acked": true' 1 || :
	has 'that somebody knows, too' "$(tail -n1 "$TMP/followed")" '"acked": true'
	echo 3,1 >>"$logs/a.csv"
	until_true lines resolved 1 || :
	is 'each change once' "$(sed 's/.*"state": "\([a-z]*\)".*"acked": \([a-z]*\),.*/\1 \2/' "$TMP/followed")" \
		$'firing false\nfiring true\nresolved true'
	kill "$follower"
	wait "$follower"
	is 'it leaves when asked' $? 0
	follower=
	# Who stops reading stops it.
	"$MM" alerts --follow | head -n 1 >"$TMP/first"
	has 'a pipe that is closed ends it' "$(cat "$TMP/first")" 'loss-nonfinite: a'
}

leaves()
{
	"$MM" watch --stop 2>"$TMP/err"
	is 'nobody is there to stop' "$? $(cat "$TMP/err")" "1 mm: nobody watches $TMP/store"
	printf 'step,loss\n0,1\n' >"$logs/a.csv"
	is 'a daemon' "$("$MM" watch --daemon "$logs" | sed 's/pid [0-9]*/pid N/')" 'mm: watching as pid N'
	local pid
	pid=$(cut -d' ' -f1 "$MM_STORE/lock")
	is 'the lock says who; he is asked, and has left' "$("$MM" watch --stop)" "mm: process $pid has left"
	gone()
	{
		! kill -0 "$pid"
	}
	until_true gone || not_ok 'really'
	until_true test ! -e "$MM_STORE/ctl" || :
	is 'and has cleaned up' "$(ls "$MM_STORE" | grep -c ctl)" 0
}

for body in follow leaves; do
	scene inotify
	$body
	stop
done
done_testing

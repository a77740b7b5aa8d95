#!/bin/bash
# What can happen to the store and its ingester besides kill -9: no room, no directory, a stop, an
# end in the middle of a backlog. It says so, goes on when it can, and no point is lost.
. tests/live/lib.sh

status_has()
{
	"$MM" status --as-is | grep -qF "$1"
}

# A disk of 1 MB that somebody else fills.
no_room()
{
	mkdir -p "$TMP/small"
	if ! mount -t tmpfs -o size=1m mm-test "$TMP/small" 2>/dev/null; then
		echo '# no file system may be mounted: a full disk stays untried'
		return
	fi
	export MM_STORE=$TMP/small/store
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	start
	arrives 'with room' a 0 9
	cat /dev/zero >"$TMP/small/ballast" 2>/dev/null
	rows 10 60000 >>"$logs/a/metrics.csv"
	until_true grep -q 'no space left' "$TMP/log" || not_ok 'it says that there is no room'
	until_true status_has 'no space left' || not_ok 'so does mm status' "$("$MM" status --as-is)"
	"$MM" status --as-is >"$TMP/out"
	is 'its exit status is an error' $? 2
	"$MM" watch --once >"$TMP/out" 2>&1
	is 'a sync fails with the same words' "$? $(grep -o 'no space left' "$TMP/out")" '2 no space left'
	is 'what is kept can be read' "$(points a | head -n 10)" "$(rows 0 9)"
	# killed and started while there is no room
	kill -9 $ingester
	wait $ingester 2>/dev/null
	start
	"$MM" watch --once >"$TMP/out" 2>&1
	is 'the next one has the same trouble' "$? $(grep -o 'no space left' "$TMP/out")" \
		'2 no space left'
	is 'it is said once' "$(grep -c 'no space left' "$TMP/log")" 1
	rm "$TMP/small/ballast"
	mount -o remount,size=30m "$TMP/small"
	arrives 'with room again, nothing is lost' a 0 60000
	until_true grep -q 'can be written again' "$TMP/log" || not_ok 'it says that it is over'
	until_true status_has mm-self || :
	has 'what could not be kept for a while is an alert' "$("$MM" status --as-is)" 'mm-self'
	rows 60001 60009 >>"$logs/a/metrics.csv"
	arrives 'and it goes on' a 0 60009
	unscene
	umount "$TMP/small"
}

# A store that is deleted under a running ingester: what he reads is still in the logs.
no_store()
{
	mkdir "$logs/a"
	csv 0 99 >"$logs/a/metrics.csv"
	start
	arrives 'before' a 0 99
	rm -rf "$MM_STORE"
	rows 100 199 >>"$logs/a/metrics.csv"
	# Whoever comes next can work: a command reads the logs, another ingester takes over.
	is 'a command beside it' "$("$MM" export --root "$logs" a:loss | tail -n +2 | cut -d, -f3,5)" \
		"$(rows 0 199)"
	old=$ingester
	start
	arrives 'another ingester' a 0 199
	kill -TERM $old
	wait $old 2>/dev/null
	rows 200 209 >>"$logs/a/metrics.csv"
	arrives 'the end of the old one does no harm' a 0 209
	is 'the new one can be asked' "$("$MM" watch --once "$logs")" '1 run, 1 series, 210 points from 1 file'
	unscene
}

# A stopped ingester blocks no reader.
stopped()
{
	mkdir "$logs/a"
	csv 0 99 >"$logs/a/metrics.csv"
	start
	arrives 'before' a 0 99
	for i in 1 2 3 4 5 6 7 8; do
		rows $((i * 100)) $((i * 100 + 99)) >>"$logs/a/metrics.csv"
		kill -STOP $ingester
		"$MM" export --as-is --root "$logs" a:loss >/dev/null || not_ok 'a reader beside it'
		"$MM" check >/dev/null || not_ok 'a check beside it'
		kill -CONT $ingester
	done
	kill -STOP $ingester
	has 'status says that it does not answer' "$("$MM" status --as-is)" 'does not answer'
	kill -CONT $ingester
	arrives 'nothing is lost' a 0 899
	unscene
}

# SIGTERM in the middle of a backlog: what was read is kept, the next one goes on from there.
in_the_middle()
{
	local n=400000 kept
	[ -z "${MM_SAN:-}" ] || n=50000
	mkdir "$logs/a"
	csv 0 $n >"$logs/a/metrics.csv"
	for signal in TERM INT; do
		start
		kill -$signal $ingester
		wait $ingester
		is "SIG$signal ends it well" $? 0
		ingester=
		kept=$(points a | wc -l)
		is "a beginning is kept ($kept rows)" "$(points a | tail -n 1)" \
			"$([ "$kept" = 0 ] || rows $((kept - 1)) $((kept - 1)))"
	done
	start
	sync_now
	is 'the rest follows' "$(points a | cksum)" "$(rows 0 $n | cksum)"
	unscene
}

old=
cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$old" ] || kill -9 "$old" 2>/dev/null
	wait 2>/dev/null
	if mountpoint -q "$TMP/small"; then umount -l "$TMP/small"; fi
}

for mode in inotify poll; do
	for body in no_room no_store stopped in_the_middle; do
		scene $mode
		$body
	done
done
done_testing

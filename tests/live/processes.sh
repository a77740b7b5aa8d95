#!/bin/bash
# Who ingests, and how he is reached: --once, a second ingester, takeover, the viewer's child, a
# daemon, roots that persist, the control socket.
. tests/live/lib.sh
tm="tmux -S $TMP/tmux -f /dev/null"

cleanup()
{
	$tm kill-server 2>/dev/null
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	wait 2>/dev/null
}
daemon=

# The one who holds the ingest lock, as the lock says.
holder()
{
	cut -d' ' -f1 "$MM_STORE/lock"
}

held()
{
	[ -n "$(holder)" ] && kill -0 "$(holder)"
}

gone()
{
	! kill -0 "$1" 2>/dev/null
}

# A client of our own: asks SEQ VERB…, prints what comes until the answer to it.
ask()
{
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => "$ENV{MM_STORE}/ctl") or die "ctl: $!";
		syswrite $s, "7 @ARGV\n";
		while (<$s>) { print; last if /^7 / }' "$@"
}

once()
{
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	is 'once: says what there is' "$("$MM" watch --once "$logs")" '1 run, 1 series, 10 points from 1 file'
	rows 10 11 >>"$logs/a/metrics.csv"
	printf '12,9502' >>"$logs/a/metrics.csv"
	is 'once more, as JSON' "$("$MM" watch --once --json)" \
		'{"runs": 1, "series": 1, "points": 12, "files": 1, "skipped": 0, "remarks": 0}'
	is 'half a line waits' "$(points a)" "$(rows 0 11)"
	has 'status says that nobody watches' "$("$MM" status --as-is)" 'nobody watches'
	"$MM" watch --once "$TMP/nothing" 2>"$TMP/err"
	is 'what is no directory is an error' "$? $(cat "$TMP/err")" "1 mm: $TMP/nothing: no such directory"
}

second()
{
	mkdir -p "$logs/a" "$TMP/more/b"
	csv 0 9 >"$logs/a/metrics.csv"
	csv 0 4 >"$TMP/more/b/metrics.csv"
	start
	arrives 'the first' a 0 9
	is 'a second one hands its directory over and leaves' "$("$MM" watch "$TMP/more")" \
		"mm: pid $ingester is already watching; $TMP/more was added to it"
	until_true same b "$(rows 0 4)" "$TMP/more"
	is 'the first one reads it' "$(points b "$TMP/more")" "$(rows 0 4)"
	is 'a daemon is not needed then' "$("$MM" watch --daemon)" "mm: pid $ingester is already watching"
	rows 10 19 >>"$logs/a/metrics.csv"
	is 'once beside it waits until all is read' \
		"$("$MM" watch --once)" '2 runs, 2 series, 25 points from 2 files'
	stop
	# both are known to the next one, whatever it is told
	rows 20 20 >>"$logs/a/metrics.csv"
	rows 5 5 >>"$TMP/more/b/metrics.csv"
	mkdir "$TMP/third"
	start "$TMP/third"
	arrives 'roots persist' a 0 20
	until_true same b "$(rows 0 5)" "$TMP/more"
	is 'all of them' "$(points b "$TMP/more")" "$(rows 0 5)"
	stop
	rm -rf "$TMP/more" "$TMP/third"
}

same()
{
	[ "$(points "$1" "${3:-$logs}")" = "$2" ]
}

# A viewer's child that can't have the lock waits for it; killed with its viewer, it leaves nothing
# undone.
viewer()
{
	local child first
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	start
	first=$ingester
	arrives 'an ingester is there' a 0 9
	$tm kill-server 2>/dev/null
	$tm new-session -d -x 100 -y 30 "$MM" $([ "$mode" = poll ] && echo --poll) "$logs"
	until_true shows 'loss' || not_ok 'the viewer shows the run' "$($tm capture-pane -p)"
	until_true waits || not_ok 'its child waits for the lock'
	is 'the first one still holds it' "$(holder)" "$first"
	kill -9 $ingester
	wait $ingester 2>/dev/null
	ingester=
	until_true taken_from "$first" || not_ok 'the child takes over' "$(cat "$MM_STORE/log")"
	child=$(holder)
	rows 10 19 >>"$logs/a/metrics.csv"
	arrives 'the child ingests' a 0 19

	# ^Z is the viewer's alone: its child is in another session
	kill -STOP "$(viewer_pid)"
	rows 20 29 >>"$logs/a/metrics.csv"
	arrives 'a stopped viewer stops nobody else' a 0 29
	kill -CONT "$(viewer_pid)"

	rows 30 39 >>"$logs/a/metrics.csv"
	arrives 'before the viewer dies' a 0 39
	kill -9 "$(viewer_pid)"
	until_true gone "$child" || not_ok 'kill -9 of the viewer ends its child'
	is 'it has left the lock' "$(holder)" ''
	[ ! -e "$MM_STORE/ctl" ] || not_ok 'and no socket behind'
	$tm kill-server 2>/dev/null
}

shows()
{
	$tm capture-pane -p | grep -q "$1"
}

viewer_pid()
{
	$tm list-panes -F '#{pane_pid}'
}

waits()
{
	pgrep -P "$(viewer_pid)" >/dev/null
}

taken_from()
{
	held && [ "$(holder)" != "$1" ]
}

# ^Z as a person types it, in a shell.
suspended()
{
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	$tm kill-server 2>/dev/null
	$tm new-session -d -x 100 -y 30 bash --norc
	$tm send-keys "PS1='prompt> '; '$MM' $([ "$mode" = poll ] && echo --poll) '$logs'" Enter
	until_true shows 'Runs' || not_ok 'the viewer starts' "$($tm capture-pane -p)"
	until_true same a "$(rows 0 9)" || not_ok 'its child reads'
	$tm send-keys C-z
	until_true shows '^prompt>' || not_ok 'the shell has the terminal' "$($tm capture-pane -p)"
	rows 10 19 >>"$logs/a/metrics.csv"
	arrives 'while the viewer is suspended' a 0 19
	$tm send-keys fg Enter
	until_true shows 'Runs' || not_ok 'the viewer is back' "$($tm capture-pane -p)"
	local child
	child=$(holder)
	$tm send-keys q
	until_true gone "$child" || not_ok 'q ends the child too'
	$tm kill-server 2>/dev/null
}

in_background()
{
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	out=$("$MM" watch --daemon $([ "$mode" = poll ] && echo --poll) "$logs")
	daemon=$(holder)
	is 'the daemon says its pid' "$out" "mm: watching as pid $daemon"
	arrives 'it reads' a 0 9
	rows 10 19 >>"$logs/a/metrics.csv"
	arrives 'it goes on' a 0 19
	is 'it has no terminal and holds no directory' \
		"$(ps -o tty= -p "$daemon" | tr -d ' ') $(readlink "/proc/$daemon/cwd")" '? /'
	kill "$daemon"
	until_true gone "$daemon" || not_ok 'SIGTERM ends it'
	daemon=
}

requests()
{
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	start
	arrives 'before' a 0 9
	has 'status: who, how, how much' "$(ask status)" \
		"7 ok pid $ingester, $mode, 1 file in 2 directories, idle"
	has 'the newest transaction is told at once' "$(ask ping)" '* txn '
	is 'ping' "$(ask ping | grep ^7)" '7 ok'
	is 'nonsense' "$(ask make coffee | grep ^7)" '7 err no such request'
	is 'a root that is none' "$(ask root "$TMP/none" | grep ^7)" "7 err $TMP/none: no such directory"
	mkdir "$TMP/second run"
	csv 0 4 >"$TMP/second run/metrics.csv"
	is 'a root, escaped' "$(ask root "$TMP/second%20run" | grep ^7)" "7 ok $TMP/second run"
	is 'reload' "$(ask reload | grep ^7)" '7 ok'
	for n in 1 2 3 4 5; do
		rows $((n * 10)) $((n * 10 + 9)) >>"$logs/a/metrics.csv"
		is "sync $n" "$(ask sync | grep ^7)" '7 ok'
		is "everything is there after sync $n" "$(points a)" "$(rows 0 $((n * 10 + 9)))"
	done
	# the configuration is read again on SIGHUP, and it goes on
	kill -HUP $ingester
	until_true grep -q 'configuration read again' "$TMP/log" || not_ok 'SIGHUP reads it again'
	rows 60 69 >>"$logs/a/metrics.csv"
	arrives 'after SIGHUP' a 0 69
	stop
	rm -rf "$TMP/second run"
}

command -v tmux >/dev/null || {
	echo 'no tmux'
	exit 77
}
for mode in inotify poll; do
	for body in once second viewer suspended in_background requests; do
		[ "$mode$body" != pollonce ] || continue
		scene $mode
		$body
		unscene
	done
done
done_testing

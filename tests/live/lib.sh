# What the tests that drive a running ingester share: sourced, not run. Needs MM and TMP.
#
# Nothing here waits for a time to pass: a condition is waited for, with a limit so generous that
# only what will never come exceeds it. A test calls its body once per way of watching:
#     for mode in inotify poll; do scene "$mode"; …; unscene; done
set -u
export LC_ALL=C.UTF-8 TZ=UTC
unset NO_COLOR MM_NOW XDG_STATE_HOME 2>/dev/null
# What is logged here is no training: its losses go up and down as they please.
export XDG_CONFIG_HOME=$TMP/quiet
mkdir -p "$XDG_CONFIG_HOME/mm"
printf '[alert %s]\nenabled = no\n' loss-diverging loss-spike plateau >"$XDG_CONFIG_HOME/mm/mm.conf"
chmod 600 "$XDG_CONFIG_HOME/mm/mm.conf"
failed=0
ingester=
mode=
body=
limit=${WAIT:-60} # seconds for a condition
[ -z "${MM_SAN:-}" ] || limit=${WAIT:-180}
trap 'cleanup' EXIT

# Tests add their own to this.
cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$(jobs -p)" ] || kill -9 $(jobs -p) 2>/dev/null
	wait 2>/dev/null
}

ok()
{
	echo "ok - $mode${body:+, $body}: $1"
}

not_ok()
{
	echo "not ok - $mode${body:+, $body}: $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$@" | head -n 40 | sed 's/^/    /'
	[ ! -s "$TMP/log" ] || tail -n 10 "$TMP/log" | sed 's/^/    ingester: /'
	failed=1
}

# is WHAT GOT WANT
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "$(diff <(printf '%s\n' "$3") <(printf '%s\n' "$2") | head -n 20)"
	fi
}

# has WHAT TEXT PART
has()
{
	case $2 in
	*"$3"*) ok "$1" ;;
	*) not_ok "$1" "in:   $2" "want: $3" ;;
	esac
}

# until_true COMMAND…: runs it again and again until it succeeds.
until_true()
{
	local end=$((SECONDS + limit))
	until "$@" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.03
	done
}

# A fresh store and directory of logs; $1 is how the ingester of this scene watches.
scene()
{
	mode=$1
	rm -rf "$TMP/store" "$TMP/logs" "$TMP/aside"
	export MM_STORE=$TMP/store
	logs=$TMP/logs
	aside=$TMP/aside # on the same file system, watched by nobody
	mkdir -p "$logs" "$aside"
}

# start [ARG…]: an ingester of the scene's directory (or of what is named), listening when this
# returns.
start()
{
	[ $# -gt 0 ] || set -- "$logs"
	[ "$mode" = inotify ] || set -- --poll "$@"
	: >"$TMP/log" # the one before us was listening too
	"$MM" watch "$@" >"$TMP/log" 2>&1 &
	ingester=$!
	until_true listening_or_gone
	listening || {
		not_ok 'the ingester starts' "$(cat "$TMP/log")"
		exit 1
	}
}

listening()
{
	grep -q 'watching as pid' "$TMP/log"
}

listening_or_gone()
{
	listening || ! kill -0 "$ingester"
}

# It leaves by SIGTERM, with status 0.
stop()
{
	local status
	[ -n "$ingester" ] || return 0
	kill -TERM "$ingester"
	kill -CONT "$ingester" 2>/dev/null
	wait "$ingester"
	status=$?
	ingester=
	[ $status = 0 ] || not_ok "SIGTERM ends it with status 0, not $status" "$(cat "$TMP/log")"
}

unscene()
{
	stop
	is "the store is in order at the end" "$("$MM" check 2>&1 | sed 's/.*: //')" 'everything is in order'
}

# rows FROM TO: those of a CSV log; value FROM TO: those of JSON Lines. What is logged at a step is
# known from the step, so every test knows every point.
rows()
{
	awk -v a="$1" -v b="$2" 'BEGIN { for (i = a; i <= b; i++) printf "%d,%d\n", i, (i * 7919) % 1000003 }'
}

objects()
{
	awk -v a="$1" -v b="$2" 'BEGIN { for (i = a; i <= b; i++)
		printf "{\"step\": %d, \"loss\": %d}\n", i, (i * 7919) % 1000003 }'
}

csv()
{
	echo step,loss
	rows "$@"
}

# What the store holds of a run, as "step,value" in the order of the file; a name that holds commas
# is not for this.
points()
{
	"$MM" export --as-is --root "${2:-$logs}" "$1:loss" 2>/dev/null | tail -n +2 | cut -d, -f3,5
}

attempts()
{
	"$MM" export --as-is --root "$logs" "$1:loss" 2>/dev/null | tail -n +2 | cut -d, -f7 | uniq -c |
		awk '{ print $2 ":" $1 }' | xargs
}

count_is()
{
	[ "$(points "$1" | wc -l)" = "$2" ]
}

# arrives WHAT RUN FROM TO: exactly these, without anybody asking the ingester to look.
arrives()
{
	until_true count_is "$2" $(($4 - $3 + 1)) || :
	is "$1" "$(points "$2")" "$(rows "$3" "$4")"
}

# Everything that is there now is read and committed: the control socket's sync.
sync_now()
{
	"$MM" watch --once --quiet "$@" || not_ok 'a sync beside the ingester'
}

done_testing()
{
	exit $failed
}

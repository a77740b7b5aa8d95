#!/bin/bash
# What else lies in directories: links in circles, pipes, devices and sockets with the names of
# logs, what may not be read, names that are no text, holes. The ingester lives, says what it leaves
# alone, and the log beside it all arrives.
. tests/live/lib.sh

# The log beside: it has some rows more each time this is called, and they arrive.
n=0
canary()
{
	if [ $n = 0 ]; then
		mkdir -p "$logs/canary"
		echo step,loss >"$logs/canary/metrics.csv"
	fi
	rows $n $((n + 4)) >>"$logs/canary/metrics.csv"
	n=$((n + 5))
	arrives "$1" canary 0 $((n - 1))
}

sources()
{
	"$MM" sources --as-is --all --root "$logs" 2>&1
}

no_control()
{
	if LC_ALL=C grep -q $'[\001-\010\013-\037\177]' <<<"$2"; then
		not_ok "$1" "$(cat -v <<<"$2")"
	else
		ok "$1"
	fi
}

links()
{
	mkdir -p "$logs/real/deep"
	csv 0 9 >"$logs/real/deep/metrics.csv"
	ln -s .. "$logs/real/deep/up"
	ln -s "$logs" "$logs/real/root"
	ln -s loop-b "$logs/loop-a"
	ln -s loop-a "$logs/loop-b"
	ln -s self.csv "$logs/self.csv"
	ln -s /nowhere/at/all.csv "$logs/metrics.csv"
	ln -s / "$aside/slash"
	ln "$logs/real/deep/metrics.csv" "$logs/metrics-too.csv"
	start
	canary 'links in circles'
	sync_now
	is 'each file is one log' "$(count_all)" $((10 + n))
	has 'the other name is said to be one' "$(sources)" 'the same file as'
	# links that come while it watches
	ln -s .. "$logs/real/deep/up2"
	csv 0 4 >"$aside/x.csv"
	ln -s "$aside/x.csv" "$logs/linked.csv"
	canary 'more links'
	until_true same x "$(rows 0 4)" "$aside"
	is 'a link to a log elsewhere is followed' "$(points x "$aside")" "$(rows 0 4)"
	rows 5 9 >>"$aside/x.csv"
	until_true same x "$(rows 0 9)" "$aside"
	is 'what is appended there too' "$(points x "$aside")" "$(rows 0 9)"
	stop
}

special()
{
	mkdir "$logs/fifo" "$logs/dev" "$logs/dir" "$logs/dir/metrics.csv" "$logs/zero"
	mkfifo "$logs/fifo/metrics.csv"
	mknod "$logs/zero/metrics.csv" c 1 5 2>/dev/null # as /dev/zero: it never ends
	ln -s /dev/zero "$logs/dev/metrics.csv"
	ln -s /proc/self/mem "$logs/dev/log.jsonl"
	perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => shift, Listen => 1) or die' \
		"$logs/socket.csv"
	start
	canary 'beside pipes, devices and sockets'
	mkfifo "$logs/late.jsonl"
	ln -s /dev/zero "$logs/late.csv"
	canary 'that come later'
	# a log becomes one, and is one again
	csv 0 9 >"$logs/fifo/log.csv"
	arrives 'a log' fifo 0 9
	rm "$logs/fifo/log.csv"
	mkfifo "$logs/fifo/log.csv"
	canary 'a log became a pipe'
	rm "$logs/fifo/log.csv"
	csv 0 19 >"$logs/fifo/log.csv"
	arrives 'and a log again' fifo 0 19
	stop
}

# As somebody who may not read everything.
unreadable()
{
	local mm
	if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
		echo '# not root: everything of ours can be read'
		return
	fi
	# what "$TMP" lies in may be closed to him
	open=$(mktemp -d /tmp/mm-open.XXXXXX)
	mm=$open/mm
	cp "$MM" "$mm"
	mkdir "$open/logs" "$open/store"
	chmod 755 "$open"
	chown -R 65534:65534 "$open"
	logs=$open/logs
	export MM_STORE=$open/store
	mkdir "$logs/secret" "$logs/half"
	csv 0 9 >"$logs/secret/metrics.csv"
	csv 0 9 >"$logs/half/metrics.csv"
	chmod 700 "$logs/secret"
	chmod 600 "$logs/half/metrics.csv"
	: >"$TMP/log"
	set -- "$logs"
	[ "$mode" = inotify ] || set -- --poll "$logs"
	(cd / && exec setpriv --reuid 65534 --regid 65534 --clear-groups \
		env HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent "$mm" watch "$@") \
		>"$TMP/log" 2>&1 &
	ingester=$!
	until_true listening || not_ok 'it starts' "$(cat "$TMP/log")"
	canary 'beside what may not be read'
	has 'a directory that may not is named' "$(cat "$TMP/log")" "$logs/secret: Permission denied"
	has 'a file that may not is among the sources' "$(sources)" 'Permission denied'
	chmod 644 "$logs/half/metrics.csv"
	chmod 755 "$logs/secret"
	arrives 'a file that may now' half 0 9
	arrives 'a directory that may now' secret 0 9
	rows 10 10 >>"$logs/half/metrics.csv"
	arrives 'and is followed' half 0 10
	chmod 000 "$logs/half/metrics.csv"
	canary 'beside one that may no longer'
	stop
	is 'the store is in order' "$("$MM" check | sed 's/.*: //')" 'everything is in order'
	rm -rf "$open"
}

names()
{
	local i name
	set -- $'new\nline' $'esc\033[31mred' $'bad\377utf8' 'two  blanks ' '-rf' '%s%n' '"q"' "'q'" \
		'back\slash' $'tab\there' 'star*' $'\u202eright' "$(printf 'long%0240d' 7)"
	i=0
	for name; do
		mkdir "$logs/$name"
		csv 0 4 >"$logs/$name/metrics.csv"
		csv 0 4 >"$logs/f$name.csv"
		i=$((i + 10))
	done
	start
	canary 'beside names that are no text'
	until_true all_points $((i + n))
	is 'all of them are logs' "$(count_all)" $((i + n))
	no_control 'mm runs prints nothing but text' "$("$MM" runs --as-is --root "$logs")"
	no_control 'mm sources too' "$(sources)"
	no_control 'mm metrics too' "$("$MM" metrics --as-is --root "$logs")"
	is 'JSON is a line a run' "$("$MM" runs --as-is --json --root "$logs" | grep -c '^{.*}$')" \
		$((i / 5 + 1))
	for name; do
		rows 5 6 >>"$logs/$name/metrics.csv"
	done
	until_true all_points $((i + n + i / 5))
	is 'and grow' "$(count_all)" $((i + n + i / 5))
	no_control 'the ingester said nothing else' "$(cat "$TMP/log")"
	stop
}

holes()
{
	mkdir "$logs/hole" "$logs/big" "$logs/zeros"
	truncate -s 100G "$logs/hole/metrics.csv"
	csv 0 9 >"$logs/big/metrics.csv"
	truncate -s 20G "$logs/big/metrics.csv" # space set aside
	{ csv 0 9; head -c 5000 /dev/zero; } >"$logs/zeros/metrics.csv"
	start
	canary 'beside files of gigabytes of nothing'
	arrives 'what stands before a hole' big 0 9
	arrives 'before zeros' zeros 0 9
	canary 'they cost nothing'
	# the hole is filled, as over NFS
	rows 10 14 | dd of="$logs/big/metrics.csv" conv=notrunc bs=1 status=none \
		seek="$(csv 0 9 | wc -c)"
	sync_now
	arrives 'a hole is filled' big 0 14
	# lines behind it: nobody fills it any more, and nobody reads through it either
	rows 15 19 >>"$logs/big/metrics.csv"
	arrives 'what stands behind a hole' big 0 19
	stop
}

same()
{
	[ "$(points "$1" "${3:-$logs}")" = "$2" ]
}

count_all()
{
	"$MM" export --as-is --root "$logs" '*:loss' 2>/dev/null | tail -n +2 | grep -c ',loss,'
}

all_points()
{
	[ "$(count_all)" = "$1" ]
}

cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	wait 2>/dev/null
	[ -z "$open" ] || rm -rf "$open"
}
open=

for mode in ${MODES:-inotify poll}; do
	for body in ${BODIES:-links special unreadable names holes}; do
		scene $mode
		n=0
		$body
		[ "$body" = unreadable ] || unscene
	done
done
done_testing

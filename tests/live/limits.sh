#!/bin/bash
# Where inotify ends: its queue runs over, its watches run out, it is not there at all.
. tests/live/lib.sh

ask()
{
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => "$ENV{MM_STORE}/ctl") or die "ctl: $!";
		syswrite $s, "7 @ARGV\n";
		while (<$s>) { print, last if s/^7 // }' "$@"
}

# A stopped ingester takes no event out of the queue. What is lost in the overflow is found by
# listing everything again.
overflow()
{
	local events i
	events=$(cat /proc/sys/fs/inotify/max_queued_events)
	if [ "$events" -gt 200000 ]; then
		echo "# the queue holds $events events: too many to overflow it"
		return
	fi
	mkdir "$logs/a" "$logs/b" "$logs/c"
	csv 0 9 >"$logs/a/metrics.csv"
	csv 0 9 >"$logs/b/metrics.csv"
	csv 0 9 >"$logs/c/metrics.csv"
	start
	arrives 'before' a 0 9
	arrives 'before' b 0 9
	arrives 'before' c 0 9
	kill -STOP $ingester
	# equal events in a row are one: two files in turn
	awk -v n=$((events + 100)) -v a="$logs/a/metrics.csv" -v b="$logs/b/metrics.csv" 'BEGIN {
		for (i = 10; i < 10 + n; i++) {
			f = i % 2 ? a : b
			print (int(i / 2) + 5) "," ((int(i / 2) + 5) * 7919) % 1000003 >>f
			fflush(f)
		} }'
	last=$(tail -n 1 "$logs/a/metrics.csv" | cut -d, -f1)
	# these nobody is told of
	rows 10 19 >>"$logs/c/metrics.csv"
	mkdir -p "$logs/d/deep"
	csv 0 9 >"$logs/d/deep/metrics.csv"
	mv "$logs/c" "$logs/e"
	kill -CONT $ingester
	arrives 'what overflowed' a 0 "$last"
	arrives 'what came after the overflow' e 0 19
	arrives 'a directory that no event told of' d/deep 0 9
	rows 20 29 >>"$logs/e/metrics.csv"
	rows 10 19 >>"$logs/d/deep/metrics.csv"
	arrives 'and events are heard again' e 0 29
	arrives 'in the new directory too' d/deep 0 19
	stop
}

# A user namespace has a limit of its own, so that nobody else notices.
watches()
{
	local i
	if ! unshare -Ur sh -c 'echo 9 >/proc/sys/user/max_inotify_watches' 2>/dev/null; then
		echo '# no user namespaces: the limit on watches stays untried'
		return
	fi
	for i in $(seq 1 30); do
		mkdir "$logs/run-$i"
		csv 0 4 >"$logs/run-$i/metrics.csv"
	done
	: >"$TMP/log"
	unshare -Ur sh -c "echo $1 >/proc/sys/user/$2 && exec \"\$@\"" sh "$MM" watch "$logs" \
		>"$TMP/log" 2>&1 &
	ingester=$!
	until_true listening || not_ok 'it starts' "$(cat "$TMP/log")"
	until_true all_points 150
	is 'everything is read' "$(count_all)" 150
	has 'it says why not all is watched' "$(cat "$TMP/log")" "$3"
	until_true grep -q "$3" "$TMP/log"
	has 'status says how much is polled' "$(ask status)" "$4"
	for i in $(seq 1 30); do
		rows 5 9 >>"$logs/run-$i/metrics.csv"
	done
	until_true all_points 300
	is 'whatever is written, watched or polled' "$(count_all)" 300
	mkdir "$logs/run-31"
	csv 0 9 >"$logs/run-31/metrics.csv"
	arrives 'a new directory' run-31 0 9
	# a removed one gives its watch back to nobody in particular, and nothing breaks
	rm -rf "$logs/run-1" "$logs/run-2"
	rows 10 19 >>"$logs/run-30/metrics.csv"
	arrives 'after directories went' run-30 0 19
	stop
}

few_watches()
{
	# two of them are for mm.conf: mine, and that in /etc
	watches 11 max_inotify_watches 'no more inotify watches after 9 directories: the rest is polled' \
		'inotify+poll 22'
}

no_instance()
{
	watches 0 max_inotify_instances 'every directory is polled' ', poll,'
}

count_all()
{
	"$MM" export --as-is --root "$logs" '*:loss' 2>/dev/null | tail -n +2 | wc -l
}

all_points()
{
	[ "$(count_all)" = "$1" ]
}

for body in overflow few_watches no_instance; do
	scene inotify
	$body
	unscene
done
done_testing

#!/bin/bash
# Directories that do not keep still: thousands of files that come and go, directories that vanish
# while they are listed, logs that shrink, a root and a file system that come and go, a store among
# the logs. The log beside it all arrives.
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

many()
{
	local i
	mkdir "$logs/images" "$logs/shards"
	(cd "$logs/images" && seq -f '%.0f.png' 6000 | xargs touch)
	(cd "$logs/shards" && seq -f 'shard-%.0f.csv' 3000 | xargs -n 500 sh -c \
		'for f; do echo "id,name,label" >$f; done' sh)
	start
	canary 'beside thousands of files'
	mkdir "$logs/images/run"
	csv 0 9 >"$logs/images/run/metrics.csv"
	arrives 'a run among thousands of images' images/run 0 9
	(cd "$logs/images" && seq -f 'more-%.0f.png' 3000 | xargs touch && rm -f [1-4]*.png)
	canary 'they come and go'
	stop
}

# Directories that go while they are listed, names that change while they are looked at.
vanishing()
{
	local stop_file=$TMP/stop i
	rm -f "$stop_file"
	start
	(
		while [ ! -e "$stop_file" ]; do
			mkdir -p "$logs/tmp/a/b/c/d"
			csv 0 3 >"$logs/tmp/a/b/c/d/metrics.csv"
			mv "$logs/tmp/a" "$logs/tmp/z"
			csv 0 3 >"$logs/tmp/z/b/log.csv"
			rm -rf "$logs/tmp"
			csv 0 3 >"$logs/come.csv"
			mv "$logs/come.csv" "$logs/go.csv"
			: >"$logs/go.csv"
			rm "$logs/go.csv"
		done
	) &
	i=$!
	for _ in 1 2 3 4 5; do
		canary 'while directories come and go'
		sync_now
	done
	: >"$stop_file"
	wait $i
	sync_now
	canary 'afterwards'
	stop
}

# A file that shrinks and grows all the time: whatever is kept was in it once.
shrinking()
{
	local i
	start
	mkdir "$logs/s"
	for i in $(seq 1 60); do
		csv 0 $((i % 7 * 300)) >"$logs/s/metrics.csv"
		[ $((i % 3)) = 0 ] && truncate -s 1000 "$logs/s/metrics.csv"
	done
	csv 0 500 >"$logs/s/metrics.csv"
	canary 'beside a file that shrinks'
	until_true same s "$(rows 0 500)"
	is 'it is what it is in the end' "$(points s)" "$(rows 0 500)"
	stop
}

same()
{
	[ "$(points "$1" "${3:-$logs}")" = "$2" ]
}

root_goes()
{
	start
	canary 'a root'
	mv "$logs" "$logs.away"
	until_true "$MM" status --as-is >/dev/null
	mkdir "$logs"
	cp -r "$logs.away/canary" "$logs/canary"
	rows $n $((n + 4)) >>"$logs/canary/metrics.csv"
	n=$((n + 5))
	arrives 'a root that was made anew' canary 0 $((n - 1))
	rm -rf "$logs"
	sync_now
	mv "$logs.away" "$logs"
	rows $((n - 5)) $((n + 4)) >>"$logs/canary/metrics.csv"
	n=$((n + 5))
	arrives 'a root that came back' canary 0 $((n - 1))
	stop
}

inside()
{
	export MM_STORE=$logs/store
	start
	canary 'a store inside of what is watched'
	csv 0 9 >"$MM_STORE/metrics.csv"
	sync_now
	is 'it is left alone' "$("$MM" runs --as-is --json --root "$logs" | wc -l)" 1
	stop
}

# mounts: one directory under two names, and a file system that goes away.
mounts()
{
	mkdir "$logs/one" "$logs/two" "$logs/disk"
	csv 0 9 >"$logs/one/metrics.csv"
	if ! mount --bind "$logs/one" "$logs/two" 2>/dev/null; then
		echo '# nothing may be mounted'
		return
	fi
	mount -t tmpfs mm-test "$logs/disk"
	csv 0 9 >"$logs/disk/metrics.csv"
	start
	arrives 'a log on another file system' disk 0 9
	sync_now
	is 'one directory under two names is one' "$(($(points one | wc -l) + $(points two | wc -l)))" 10
	umount "$logs/disk"
	canary 'after it was unmounted'
	sync_now
	umount "$logs/two"
	canary 'after the other name went'
	stop
}

cleanup()
{
	: >"$TMP/stop"
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	for d in "$TMP/logs/two" "$TMP/logs/disk"; do
		mountpoint -q "$d" && umount -l "$d"
	done
	wait 2>/dev/null
}

for mode in ${MODES:-inotify poll}; do
	for body in ${BODIES:-many vanishing shrinking root_goes inside mounts}; do
		scene $mode
		n=0
		$body
		unscene
	done
done
done_testing

#!/bin/bash
# What a person wrote of a run goes where the run goes: while it is watched, while nobody watches,
# when a command is the first to see it, and when the store could not keep that it moved.
. tests/live/lib.sh
export XDG_DATA_HOME=$TMP/data

# marks RUN: its name, note, star and tags, as `mm runs --json` has them.
marks()
{
	"$MM" runs --json --as-is --all --root "$logs" "$1" |
		sed 's/.*"name": \(.*\), "hidden": \(.*\), "tags": \(\[[^]]*\]\).*/\1 \2 \3/'
}

named()
{
	[ "$(marks "$1")" = "$written" ]
}

write_marks()
{
	printf '%s\n' "$@" >"$TMP/script"
	"$MM" --script "$TMP/script" --as-is "$logs" >/dev/null || not_ok 'marks are written'
}

written='"the best", "note": "it was \"good\"", "star": true false ["lr=3"]'
nothing='null, "note": null, "star": false false []'

for mode in inotify poll; do
	scene $mode
	rm -rf "$XDG_DATA_HOME"
	mkdir "$logs/a" "$logs/two"
	csv 0 9 >"$logs/a/metrics.csv"
	csv 0 4 >"$logs/two/metrics.csv"
	csv 0 4 >"$logs/two/train.csv"
	start
	sync_now
	write_marks ':goto a' ':name the best' '*' ':tag lr=3' ':note it was "good"' ':goto two' ':name both'
	is 'marks are there' "$(marks a)" "$written"

	mv "$logs/a" "$logs/b"
	until_true named b
	is 'a run that moves takes them along' "$(marks b)" "$written"
	mkdir "$logs/a"
	csv 20 29 >"$logs/a/metrics.csv"
	arrives 'another run begins where it was' a 20 29
	is 'without them' "$(marks a)" "$nothing"
	stop

	mv "$logs/b" "$logs/c"
	start
	sync_now
	is 'moved while nobody watched' "$(marks c)" "$written"
	stop

	mv "$logs/c" "$logs/d"
	"$MM" runs --root "$logs" >/dev/null
	is 'a command was the first to see it' "$(marks d)" "$written"

	# The store forgets that it moved: as if it had been killed before the commit.
	cp -r "$MM_STORE" "$TMP/before"
	mv "$logs/d" "$logs/e"
	start
	sync_now
	stop
	rm -rf "$MM_STORE"
	mv "$TMP/before" "$MM_STORE"
	start
	sync_now
	is 'told twice' "$(marks e)" "$written"
	is 'it is one run still' "$(points e)" "$(rows 0 9)"

	mkdir "$logs/new"
	mv "$logs/two/metrics.csv" "$logs/new"
	sync_now
	has 'of two logs one moved: there' "$(marks new)" '"both"'
	has 'and here' "$(marks two)" '"both"'
	mv "$logs/two/train.csv" "$logs/new"
	sync_now
	mkdir -p "$logs/two"
	csv 50 59 >"$logs/two/metrics.csv"
	sync_now
	has 'both moved: there' "$(marks new)" '"both"'
	is 'and no longer here' "$(marks two)" "$nothing"
	unscene
done
done_testing

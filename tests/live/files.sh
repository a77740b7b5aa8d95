#!/bin/bash
# What becomes of a log while somebody watches it: it grows, in all the ways that trainers have of
# writing, is cut, rewritten, replaced, rotated, moved, deleted, and comes back.
. tests/live/lib.sh

growing()
{
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	start
	arrives 'what was there' a 0 9
	rows 10 19 >>"$logs/a/metrics.csv"
	arrives 'what is appended' a 0 19
	# a row in pieces, its end much later: no piece of it is a row
	printf '20,15' >>"$logs/a/metrics.csv"
	sync_now
	is 'half a row is no row' "$(points a)" "$(rows 0 19)"
	printf '8380\n' >>"$logs/a/metrics.csv"
	arrives 'the whole row is' a 0 20
	# one byte at a time
	while IFS= read -r -n1 c; do
		[ -n "$c" ] || c=$'\n'
		printf %s "$c" >&3
	done < <(rows 21 40) 3>>"$logs/a/metrics.csv"
	arrives 'a byte at a time' a 0 40
	# a writer that has it open all the time, and a new log beside it
	mkdir "$logs/b"
	{ objects 0 4; sleep 0.1; objects 5 9; } >"$logs/b/log.jsonl"
	arrives 'a log that was made meanwhile' b 0 9
	stop
}

cut_short()
{
	mkdir "$logs/a" "$logs/b"
	csv 0 99 >"$logs/a/metrics.csv"
	csv 0 99 >"$logs/b/metrics.csv"
	start
	arrives 'before it is cut' a 0 99
	arrives 'before it is emptied' b 0 99
	# cut back and continued differently: a resumed run that drops its last epochs
	csv 0 49 >"$aside/x"
	truncate -s "$(stat -c %s "$aside/x")" "$logs/a/metrics.csv"
	rows 60 69 >>"$logs/a/metrics.csv"
	want=$(rows 0 49; rows 60 69)
	until_true same a "$want"
	is 'cut back and continued: what was cut is superseded' "$(points a)" "$want"
	is 'it is one attempt' "$(attempts a)" 1:60
	# emptied, and begun anew by the same writer
	csv 500 520 >"$logs/b/metrics.csv"
	until_true ends_with b 520
	is 'written anew: a new attempt, the old one is kept' "$(attempts b)" '1:100 2:21'
	stop
}

# By whoever rotates with copytruncate, under a writer that keeps its place in the file: what it
# writes next stands behind as many zeros as there was text.
emptied()
{
	mkdir "$logs/a" "$logs/b"
	exec 4>"$logs/a/metrics.csv" 5>"$logs/b/metrics.csv"
	csv 0 99 >&4
	csv 0 20000 >&5
	start
	arrives 'before it is emptied' a 0 99
	arrives 'before a long one is' b 0 20000
	cp "$logs/a/metrics.csv" "$logs/a/metrics.csv.1"
	truncate -s 0 "$logs/a/metrics.csv" "$logs/b/metrics.csv"
	rows 100 149 >&4
	rows 20001 20100 >&5
	arrives 'emptied under its writer: it goes on' a 0 149
	arrives 'a long one too' b 0 20100
	is 'it is one attempt' "$(attempts a) $(attempts b)" '1:150 1:20101'
	stop
	truncate -s 0 "$logs/a/metrics.csv"
	rows 150 159 >&4
	start
	arrives 'while nobody watched' a 0 159
	is 'one attempt still' "$(attempts a)" 1:160
	stop
	exec 4>&- 5>&-
}

same()
{
	[ "$(points "$1")" = "$2" ]
}

ends_with()
{
	[ "$(points "$1" | tail -n 1 | cut -d, -f1)" = "$2" ]
}

rewritten()
{
	mkdir "$logs/a" "$logs/b"
	csv 0 9 >"$logs/a/results.csv"
	csv 0 9 >"$logs/b/results.csv"
	start
	arrives 'before' a 0 9
	for n in 10 11 12 13 14 15 16 17 18 19; do
		# pandas' to_csv each epoch, in place; and careful trainers, beside and renamed
		csv 0 $n >"$logs/a/results.csv"
		csv 0 $n >"$logs/b/results.csv.tmp"
		mv "$logs/b/results.csv.tmp" "$logs/b/results.csv"
		[ $((n % 3)) = 0 ] && sync_now
	done
	arrives 'rewritten in place each epoch' a 0 19
	arrives 'replaced each epoch' b 0 19
	is 'rewriting is no new attempt' "$(attempts a) $(attempts b)" '1:20 1:20'
	# same length, other content, in place
	csv 0 19 | sed 's/^7,.*/7,55433/; s/^5,39595/5,39596/' >"$aside/x"
	cat "$aside/x" >"$logs/a/results.csv"
	until_true same a "$(tail -n +2 "$aside/x")"
	is 'one cell is another one' "$(points a)" "$(tail -n +2 "$aside/x")"
	stop
}

rotated()
{
	mkdir "$logs/a"
	csv 0 9 >"$logs/a/metrics.csv"
	start
	arrives 'before' a 0 9
	# logrotate's way; the trainer goes on writing into the old file for a moment
	exec 4>>"$logs/a/metrics.csv"
	mv "$logs/a/metrics.csv" "$logs/a/metrics.csv.1"
	rows 10 14 >&4
	csv 15 19 >"$logs/a/metrics.csv"
	exec 4>&-
	until_true ends_with a 19
	sync_now
	is 'rotated: nothing is lost, nothing is read twice' "$(points a)" "$(rows 0 19)"
	stop
	# and again while nobody watches, with lines that nobody has read
	rows 20 24 >>"$logs/a/metrics.csv"
	mv "$logs/a/metrics.csv.1" "$logs/a/metrics.csv.2"
	mv "$logs/a/metrics.csv" "$logs/a/metrics.csv.1"
	csv 25 29 >"$logs/a/metrics.csv"
	start
	sync_now
	is 'rotated while nobody watched' "$(points a)" "$(rows 0 29)"
	is 'older parts are no runs of their own' "$(count_all)" 30
	stop
	# caught between the renaming and the new file, by a command that sees it moved away
	rows 30 34 >>"$logs/a/metrics.csv"
	mv "$logs/a/metrics.csv" "$logs/a/metrics.csv.1"
	sync_now
	rows 35 39 >>"$logs/a/metrics.csv.1"
	csv 40 44 >"$logs/a/metrics.csv"
	sync_now
	is 'rotated by halves' "$(points a)" "$(rows 0 44)"
	is 'and no run besides' "$(count_all)" 45
	start
	has 'mm sources says why they were left alone' \
		"$("$MM" sources --as-is --all --root "$logs")" 'older part of'
	stop
}

moved()
{
	mkdir -p "$logs/a" "$logs/deep/er"
	csv 0 9 >"$logs/a/metrics.csv"
	objects 0 9 >"$logs/deep/er/log.jsonl"
	start
	arrives 'before' a 0 9
	arrives 'before, deeper' deep/er 0 9
	exec 4>>"$logs/a/metrics.csv"
	mv "$logs/a" "$logs/b"
	rows 10 19 >&4
	arrives 'the directory moved while it was written to' b 0 19
	is 'nothing is left at the old name' "$(points a)" ''
	mv "$logs/deep/er" "$logs/deep/est"
	mv "$logs/deep" "$logs/high"
	objects 10 19 >>"$logs/high/est/log.jsonl"
	arrives 'directories above it moved' high/est 0 19
	# out of the root and in again, under another name
	mv "$logs/b" "$aside/b"
	rows 20 24 >&4
	until_true gone_is 1
	mv "$aside/b" "$logs/c"
	rows 25 29 >&4
	exec 4>&-
	until_true ends_with c 29
	is 'out and in again' "$(points c)" "$(rows 0 29)"
	stop
}

# How many logs are gone, says mm sources.
gone_is()
{
	[ "$("$MM" sources --as-is --json --root "$logs" -v | grep -c '"gone": true')" = "$1" ]
}

deleted()
{
	mkdir "$logs/a" "$logs/b"
	csv 0 9 >"$logs/a/metrics.csv"
	csv 0 9 >"$logs/b/metrics.csv"
	start
	arrives 'before' a 0 9
	arrives 'before' b 0 9
	rm -rf "$logs/a"
	rm "$logs/b/metrics.csv"
	sync_now
	arrives 'deleting a log deletes no point' a 0 9
	# rm -rf out; train --out out
	mkdir "$logs/a"
	csv 100 109 >"$logs/a/metrics.csv"
	until_true ends_with a 109
	is 'trained again: a new attempt' "$(attempts a)" '1:10 2:10'
	# the same one again: a backup was restored
	csv 0 9 >"$logs/b/metrics.csv"
	rows 10 19 >>"$logs/b/metrics.csv"
	arrives 'restored and continued: the same attempt' b 0 19
	is 'one attempt' "$(attempts b)" 1:20
	stop
}

# A sweep starts: directories in directories, each with a log at once.
rush()
{
	start
	for i in $(seq 1 60); do
		mkdir -p "$logs/sweep/group-$((i % 7))/run-$i/logs"
		csv 0 4 >"$logs/sweep/group-$((i % 7))/run-$i/logs/metrics.csv"
	done
	until_true all_there 60
	is 'every log of a sweep that starts in a rush' "$(count_all)" $((60 * 5))
	for i in $(seq 1 60); do
		rows 5 6 >>"$logs/sweep/group-$((i % 7))/run-$i/logs/metrics.csv"
	done
	until_true all_points 420
	is 'and all that they log' "$(count_all)" 420
	stop
}

count_all()
{
	"$MM" export --as-is --root "$logs" '*:loss' 2>/dev/null | tail -n +2 | wc -l
}

all_points()
{
	[ "$(count_all)" = "$1" ]
}

all_there()
{
	all_points $(($1 * 5))
}

for mode in inotify poll; do
	for body in growing cut_short emptied rewritten rotated moved deleted rush; do
		scene $mode
		$body
		unscene
	done
done
done_testing

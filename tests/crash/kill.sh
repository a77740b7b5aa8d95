#!/bin/bash
# Exactly once: the ingester is killed with SIGKILL at random moments while six writers append,
# replace, rewrite, rotate and move their logs, and is started again each time. At the end every
# point is compared with what was written.
#
#     KILLS=1000 tests/crash/kill.sh     how often, of which half in each way of watching
#     SEED=7                             the moments to begin with
. tests/live/lib.sh
: "${KILLS:=60}" "${SEED:=$$}"
[ -z "${MM_SAN:-}" ] || KILLS=$(((KILLS + 2) / 3))
RANDOM=$SEED
writers=

# Writers go on until the file `stop` is there, and then leave the number of their last step in
# NAME.last. Each pauses a little between its pieces, so that hundreds of kills see it grow.
more()
{
	sleep "0.0$((RANDOM % 4))$((RANDOM % 10))"
	[ ! -e "$TMP/stop" ]
}

appends() # a CSV log, its rows in two pieces
{
	local i=0 n line
	mkdir "$logs/append"
	exec >"$logs/append/metrics.csv"
	echo step,loss
	while more; do
		for ((n = RANDOM % 30; n > 0; n--, i++)); do
			line=$i,$((i * 7919 % 1000003))
			printf %s "${line:0:n % 9}"
			printf '%s\n' "${line:n % 9}"
		done
	done
	echo $((i - 1)) >"$TMP/append.last"
}

objects_append()
{
	local i=0 n
	mkdir "$logs/object"
	exec >"$logs/object/log.jsonl"
	while more; do
		for ((n = RANDOM % 30; n > 0; n--, i++)); do
			printf '{"step": %d, "loss": %d}\n' $i $((i * 7919 % 1000003))
		done
	done
	echo $((i - 1)) >"$TMP/object.last"
}

replaces() # all of it, beside, and renamed
{
	local i=0 n
	mkdir "$logs/replace"
	echo step,loss >"$TMP/replace"
	while more && more && more; do
		for ((n = RANDOM % 20; n > 0; n--, i++)); do
			echo $i,$((i * 7919 % 1000003)) >>"$TMP/replace"
		done
		cp "$TMP/replace" "$logs/replace/metrics.csv.tmp"
		mv "$logs/replace/metrics.csv.tmp" "$logs/replace/metrics.csv"
	done
	echo $((i - 1)) >"$TMP/replace.last"
}

rewrites() # all of it, in place, in pieces
{
	local i=0 n
	mkdir "$logs/rewrite"
	echo step,loss >"$TMP/rewrite"
	while more && more && more; do
		for ((n = RANDOM % 20; n > 0; n--, i++)); do
			echo $i,$((i * 7919 % 1000003)) >>"$TMP/rewrite"
		done
		split_copy "$TMP/rewrite" "$logs/rewrite/metrics.csv"
	done
	echo $((i - 1)) >"$TMP/rewrite.last"
}

split_copy()
{
	local half=$(($(stat -c %s "$1") / 2))
	{ head -c $half "$1"; tail -c +$((half + 1)) "$1"; } >"$2"
}

# logrotate's way. Each part is an attempt of its own, for it begins with other rows. A part that
# was rotated away twice before anybody looked is overwritten here, so between two rotations there is
# a look: `seen` allows the next one, `rotated` says that it was made.
rotates()
{
	local i=0 n at=0
	mkdir "$logs/rotate"
	exec 3>"$logs/rotate/metrics.csv"
	echo step,loss >&3
	while more; do
		for ((n = RANDOM % 30; n > 0; n--, i++)); do
			echo $i,$((i * 7919 % 1000003)) >&3
		done
		n=$(cat "$TMP/seen" 2>/dev/null || echo 0)
		if [ "$n" -gt "$at" ] && [ $i -gt 0 ]; then
			at=$n
			mv -f "$logs/rotate/metrics.csv" "$logs/rotate/metrics.csv.1"
			exec 4>&3 3>"$logs/rotate/metrics.csv"
			echo step,loss >&3
			# the last row of the old part comes late
			echo $i,$((i * 7919 % 1000003)) >&4
			exec 4>&-
			i=$((i + 1))
			echo $i,$((i * 7919 % 1000003)) >&3
			i=$((i + 1))
			echo "$at" >"$TMP/rotated"
		fi
	done
	echo $((i - 1)) >"$TMP/rotate.last"
}

moves() # a log that is held open while its directory has another name every while
{
	local i=0 n at=0
	mkdir "$logs/move-0"
	exec >"$logs/move-0/log.jsonl"
	while more; do
		for ((n = RANDOM % 30; n > 0; n--, i++)); do
			printf '{"step": %d, "loss": %d}\n' $i $((i * 7919 % 1000003))
		done
		if [ $((RANDOM % 20)) = 0 ]; then
			mv "$logs/move-$at" "$logs/move-$((at + 1))"
			at=$((at + 1))
		fi
	done
	echo $((i - 1)) >"$TMP/move-$at.last"
}

cleanup()
{
	: >"$TMP/stop"
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$writers" ] || kill -9 $writers 2>/dev/null
	wait 2>/dev/null
}

# One life: it is killed anywhere between its first instruction and a quarter of a second after it
# listens.
life()
{
	[ "$mode" = inotify ] && set -- "$logs" || set -- --poll "$logs"
	: >"$TMP/log"
	"$MM" watch "$@" >"$TMP/log" 2>&1 &
	ingester=$!
	if [ $((RANDOM % 4)) = 0 ]; then
		sleep "0.0$((RANDOM % 10))"
	else
		until_true listening || not_ok 'it starts again' "$(cat "$TMP/log")"
		sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
	fi
	kill -9 "$ingester"
	wait "$ingester" 2>/dev/null
	ingester=
	grep -v 'watching as pid' "$TMP/log" >>"$TMP/said"
}

lives()
{
	local n=$1 i seen= turned
	rm -f "$TMP/stop" "$TMP"/*.last "$TMP/seen" "$TMP/rotated" "$TMP/said"
	: >"$TMP/said"
	writers=
	for w in appends objects_append replaces rewrites rotates moves; do
		RANDOM=$((SEED + n))
		$w &
		writers+=" $!"
	done
	for ((i = 1; i <= n; i++)); do
		life
		if [ $((i % 5)) = 0 ] || [ $i = "$n" ]; then
			# Now and then it lives until it has seen everything, and a log may be rotated.
			start
			turned=$(cat "$TMP/rotated" 2>/dev/null)
			sync_now
			if [ "$turned" = "$seen" ]; then
				seen=$i
				echo $i >"$TMP/seen.new"
				mv "$TMP/seen.new" "$TMP/seen"
			fi
			[ $i = "$n" ] || kill -9 $ingester
			[ $i = "$n" ] || wait $ingester 2>/dev/null
			[ $i = "$n" ] || ingester=
		fi
	done
	: >"$TMP/stop"
	wait $writers
	writers=
	until_true all_last
	sync_now
	stop
	[ ! -s "$TMP/said" ] || not_ok "nothing is complained of" "$(sort "$TMP/said" | uniq -c)"
	total=0
	for f in "$TMP"/*.last; do
		run=${f##*/} run=${run%.last} last=$(cat "$f")
		total=$((total + last + 1))
		# What is rewritten may have been seen short for a while, never with other rows.
		points "$run" | awk -v last="$last" -F, '
			$1 != n || $2 != (n * 7919) % 1000003 {
				print "row " NR " is " $0 ", not step " n; bad = 1; exit }
			{ n++ }
			END { if (!bad && n != last + 1) print n " rows, not " last + 1 }' >"$TMP/diff"
		if [ -s "$TMP/diff" ]; then
			not_ok "$run: none of $last is lost, none doubled" "$(cat "$TMP/diff")" \
				"attempts $(attempts "$run")"
		else
			ok "$run: each of $((last + 1)) points once, in order"
		fi
	done
	is 'there is no other run' "$("$MM" runs --as-is --json --root "$logs" |
		sed 's/.*"run": "\([^"]*\)".*/\1/' | sort | xargs)" \
		"$(cd "$TMP" && ls -- *.last | sed 's/\.last$//' | sort | xargs)"
	is 'the store is in order' "$("$MM" check 2>&1 | sed 's/.*: //')" 'everything is in order'
}

all_last()
{
	[ "$(ls "$TMP"/*.last | wc -l)" = 6 ]
}

for mode in inotify poll; do
	scene $mode
	lives $(((KILLS + 1) / 2))
	echo "# $mode: $(((KILLS + 1) / 2)) kills, $total rows, seed $SEED"
done
done_testing

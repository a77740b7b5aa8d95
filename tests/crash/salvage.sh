#!/bin/bash
# A damaged store is read anew from the logs; what is in no log any more is saved from it: a deleted
# run, and the attempts before the newest of one whose log was overwritten. So it is when whoever
# does that is killed, again and again.
. tests/live/lib.sh

# Every point of all runs, but for the time, which is that of reading where a log has none.
everything()
{
	for run in a b c; do
		"$MM" export --as-is --root "$logs" $run | cut -d, -f1-3,5,7 || not_ok "export of $run"
	done
}

once() # WHAT [DIR]
{
	"$MM" watch --once "${@:2}" >"$TMP/out" 2>"$TMP/said" ||
		not_ok "$1" "$(cat "$TMP/out" "$TMP/said")"
}

fill()
{
	local n=$1
	mkdir "$logs/a" "$logs/b" "$logs/c"
	csv 0 "$n" >"$logs/a/metrics.csv"
	objects 5 2000 >"$logs/b/log.jsonl"
	csv 0 300 >"$logs/c/metrics.csv"
	"$MM" watch --once "$logs" >/dev/null
	objects 0 900 >"$logs/b/log.jsonl" # trained anew
	rows 301 310 >>"$logs/c/metrics.csv"
	"$MM" watch --once >/dev/null
	rm -r "$logs/a"
	"$MM" watch --once >/dev/null
	everything >"$TMP/want"
	is 'there are two attempts to begin with' "$(cut -d, -f1,5 "$TMP/want" | sort -u | xargs)" \
		'a,1 b,1 b,2 c,1 run,attempt'
}

# The roots are known, too: nobody names them here.
saved()
{
	fill 5000
	: >"$MM_STORE/damaged"
	once 'a damaged store is begun anew'
	has 'it says what was saved' "$(cat "$TMP/said")" 'of 2 logs that cannot be read again 6997 points were saved'
	everything >"$TMP/got"
	is 'each point is there, once' "$(cat "$TMP/got")" "$(cat "$TMP/want")"
	rows 311 320 >>"$logs/c/metrics.csv"
	objects 901 905 >>"$logs/b/log.jsonl"
	once 'and it goes on'
	is 'where it was' "$(points b | tail -n 1) $(points c | tail -n 1)" "$(rows 905 905) $(rows 320 320)"
	csv 0 5000 >"$TMP/back"
	mkdir "$logs/a" && mv "$TMP/back" "$logs/a/metrics.csv"
	once 'a log that comes back'
	is 'is the same log' "$(points a | cksum)" "$(rows 0 5000 | cksum)"
	unscene
}

# Bits and pages that are really broken.
broken()
{
	local size page i
	fill 20000
	"$MM" compact >/dev/null # no page that nobody uses
	size=$(($(stat -c %s "$MM_STORE/data.mdb") / 4096))
	for i in 1 2 3; do
		page=$((RANDOM % (size - 2) + 2))
		head -c 200 /dev/urandom |
			dd of="$MM_STORE/data.mdb" bs=4096 seek=$page conv=notrunc status=none
	done
	"$MM" check >/dev/null 2>&1
	is 'check finds it' "$(($? != 0))" 1
	: >"$MM_STORE/damaged"
	# the record of the root may be among what is lost, and which attempt it was
	once 'it is begun anew' "$logs"
	for run in a b c; do
		"$MM" export --as-is --root "$logs" $run 2>/dev/null | cut -d, -f1-3,5
	done >"$TMP/got"
	is 'nothing is there that was not' \
		"$(sort -u "$TMP/got" | comm -23 - <(cut -d, -f1-4 "$TMP/want" | sort -u) | head -n 3)" ''
	is 'what is in the logs is' "$(points c | cksum)" "$(rows 0 310 | cksum)"
	unscene
}

killed()
{
	local n=200000 i
	[ -z "${MM_SAN:-}" ] || n=40000
	fill $n
	: >"$MM_STORE/damaged"
	for i in 1 2; do
		"$MM" watch --once >/dev/null 2>&1 &
		sleep "0.0$((RANDOM % 10))"
		kill -9 $! 2>/dev/null
		wait $! 2>/dev/null
	done
	once 'the third comes to an end'
	everything >"$TMP/got"
	is 'nothing is lost, nothing doubled' "$(cksum <"$TMP/got")" "$(cksum <"$TMP/want")"
	is 'nothing lies about' "$(ls "$MM_STORE" | sed 's/bad-.*/bad/' | sort -u | xargs)" \
		'data.mdb data.mdb.bad lock lock.mdb'
	unscene
}

for body in saved broken killed; do
	scene inotify
	$body
done
done_testing

#!/bin/bash
# --script: what it reads, what it refuses, what it waits for; and dashboards without anything to show.
. tests/screen/lib.sh
curve "$TMP/runs/a/metrics.csv" 5 3
written 5 "$TMP/runs/a/metrics.csv"
cd "$TMP/runs" || exit 1
here=$OLDPWD/$here

printf 'j\n\n# a comment\n:wait\n:srceen\n' >"$TMP/wrong"
out=$("$MM" --script "$TMP/wrong" "$TMP/runs" 2>&1)
check "a wrong command: exit 2" "$([ $? = 2 ]; echo $?)"
shows "where, what, and the nearest" "mm: $TMP/wrong:5: " "did you mean screen"
printf ':screen\n<Tabb>\n' >"$TMP/wrong"
out=$("$MM" --script "$TMP/wrong" "$TMP/runs" 2>&1)
check "a wrong key: exit 2, and nothing was run" "$([ $? = 2 ]; echo $?)"
shows "which" "mm: $TMP/wrong:2: <Tabb>"
check "one line only" "$([ "$(printf '%s\n' "$out" | wc -l)" = 1 ]; echo $?)"
out=$("$MM" --script "$TMP/none" "$TMP/runs" 2>&1)
check "no such script: exit 2" "$([ $? = 2 ]; echo $?)"
out=$(printf ':hide nonsense\n:screen\n' | "$MM" --script - --as-is "$TMP/runs" 2>&1)
check "a command that fails ends it: exit 1" "$([ $? = 1 ]; echo $?)"
shows "with its line" "mm: standard input:1: no pane is called nonsense"

out=$(printf ':wait\n:resize 60x15\n:screen %s/one\n:resize 40x8\n:screen %s/two\n' "$TMP" "$TMP" |
	"$MM" --script - "$TMP/runs" 2>&1)
status=$?
check "screens go to files" "$([ "$status" = 0 ] && [ -z "$out" ] && [ "$(wc -l <"$TMP/one")" = 15 ] &&
	[ "$(wc -l <"$TMP/two")" = 8 ]; echo $?)"
out=$(cat "$TMP/two")
shows "with the run in it" "Runs 1" " a "

out=$(printf ':now 1700000000\n:wait\n:now 1700090000\n:screen\n' | "$MM" --script - "$TMP/runs" 2>&1)
shows "the clock is where it was put" "last 11-14"

# What is appended is there after :wait, each time.
for i in 6 7 8; do
	printf '%s\n' "${i}0,0.$i,,,1e-4" >>"$TMP/runs/a/metrics.csv"
	out=$(printf ':wait\n:screen\n' | "$MM" --script - --size 160x24 "$TMP/runs" 2>&1)
	shows "row $i was waited for" "0.${i}000"
done

# Keys are what [keys] says; help shows them.
mkdir -p "$XDG_CONFIG_HOME/mm"
printf '[keys]\nhelp = <F2>\nsort = Q\n' >"$XDG_CONFIG_HOME/mm/mm.conf"
out=$(printf ':wait\nQQ\n:screen\n<F2>/sort<Enter>\n:screen\n' | "$MM" --script - --size 100x24 "$TMP/runs" 2>&1)
shows "bound keys work, and help and the last line know them" "by start" "<F2> help" " Q " ":sort"
out=$(printf ':pane-next\ns\n:screen\n' | "$MM" --script - --as-is --size 100x24 "$TMP/runs" 2>&1)
shows "a key that is bound to nothing says so" "no key s; <F2> for help"
printf '[keys]\nsort = r\nyrange = s\n' >"$TMP/other.conf"
out=$(printf ':reload\n:screen\n' | "$MM" --script - --as-is --size 100x24 --config "$TMP/other.conf" "$TMP/runs" 2>&1)
shows "the configuration is read again" "mm.conf read again"
printf '[keys]\nhelp = ?\nsort = q\n' >"$TMP/other.conf"
out=$("$MM" --script - --as-is --config "$TMP/other.conf" "$TMP/runs" 2>&1 </dev/null)
shows "a key is not taken from another action unasked" "other.conf:3: q is a key of quit"
rm "$XDG_CONFIG_HOME/mm/mm.conf"

# Somebody else ingests: the child waits, the screen is the same.
"$MM" watch "$TMP/runs" >/dev/null 2>&1 &
watcher=$!
printf '90,0.9,,,1e-4\n' >>"$TMP/runs/a/metrics.csv"
out=$(printf ':wait\n:screen\n' | "$MM" --script - --size 160x24 "$TMP/runs" 2>&1)
shows "beside another ingester" "0.9000"
kill $watcher
wait $watcher 2>/dev/null

# Nobody can: :wait gives up. The lock is held by somebody who never answers.
mkdir -m 700 "$TMP/held"
printf ':wait 1\n:screen\n' >"$TMP/wait"
out=$(MM_STORE=/proc/nonexistent/store "$MM" --script "$TMP/wait" "$TMP/runs" 2>&1)
check "an ingester that cannot start ends the wait: exit 1" "$([ $? = 1 ]; echo $?)"

# Nothing to show is no error.
export MM_STORE=$TMP/empty
mkdir "$TMP/nothing"
out=$(printf ':wait\n:screen\n' | "$MM" --script - --size 80x24 "$TMP/nothing" 2>&1)
check "an empty directory is no error" $?
shows "and says so" "no training log found" "no alerts" "0 runs"
out=$(printf ':screen\nj\n<Enter>\n<Tab>\n<Enter>\n<Tab>\n<Enter>\n<Space>\n<Tab>\na\nu\ny\ns\n>\n' |
	"$MM" --script - --as-is --store "$TMP/none" "$TMP/nothing" 2>&1)
check "no store at all, and every key" $?
shows "and an honest status line" "0 runs" "not watching"
check "nothing was made by looking" "$([ ! -e "$TMP/none" ]; echo $?)"
finish

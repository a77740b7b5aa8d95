#!/bin/bash
# The dashboard at the sizes that people have, from the smallest to a wall: which panes there are, and that all is drawn.
. tests/screen/lib.sh
sweep "$TMP/runs"
"$MM" watch --once "$TMP/runs" >/dev/null || exit 1

for size in 40x8 60x15 80x24 120x40 200x60; do
	screen --size $size "$TMP/runs" <<-'END'
		:wait
		:screen
	END
	golden "dash-$size" "the dashboard at $size"
	cols=${size%x*} rows=${size#*x}
	check "$size is not exceeded" "$([ "$(printf '%s\n' "$out" | wc -l)" = "$rows" ] &&
		[ "$(printf '%s\n' "$out" | wc -L)" -le "$cols" ]; echo $?)"
done

screen --size 80x24 --ascii "$TMP/runs" <<-'END'
	:wait
	:screen
END
golden dash-ascii "the dashboard in ASCII"
check "ASCII is ASCII" "$(printf '%s' "$out" | LC_ALL=C grep -q '[^ -~]'; echo $((1 - $?)))"

# One process, many sizes: what is drawn does not depend on what was drawn before.
screen --size 200x60 "$TMP/runs" <<-'END'
	:wait
	:resize 40x8
	:resize 80x24
	:screen
END
golden dash-80x24 "the same after other sizes"

# Smaller than is of use: nothing breaks.
for size in 39x7 20x5 10x3 3x2 1x1 1000x3 1x400; do
	screen --size $size "$TMP/runs" <<-'END'
		:wait
		j
		<Tab>
		z
		<Enter>
		?
		:screen
	END
	check "$size draws something" "$status"
done

LC_ALL=C screen --size 80x24 "$TMP/runs" <<-'END'
	:wait
	:screen
END
golden dash-ascii "a locale without UTF-8 is ASCII"

out=$(COLUMNS=80 LINES=24 "$MM" "$TMP/runs" | cat)
status=$?
golden dash-80x24 "without a terminal the dashboard is printed"
finish

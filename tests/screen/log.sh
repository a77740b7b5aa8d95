#!/bin/bash
# The log as text: how it looks at the sizes that people have, and what keys do in it.
. tests/screen/lib.sh
export XDG_DATA_HOME=$TMP/data
logs=$TMP/runs
mkdir -p "$logs/exp"

# Two ranks with progress bars, colours, a long line, a traceback and what must do no harm.
for rank in 0 1; do
	{
		printf '\033[1;32mINFO\033[0m world size 2, rank %d\n' $rank
		printf '\033]0;a title\a\033[2J\033[10;10Hcleared? \302\23331m \342\200\256desrever \377\376\n'
		for i in $(seq 1 60); do
			printf '  0%%|          | 0/10\r 50%%|#####     | 5/10\r100%%|##########| 10/10\n'
			printf '2024-01-01 12:%02d:00,000 - train - INFO - step %d/100 | loss %d.%d\n' $((i - 1)) $i $((9 - i / 10)) $((i % 10))
		done
		printf 'a line that is far too long for any screen: %s the end\n' "$(seq -s ' ' 1 40)"
		if [ $rank = 1 ]; then
			echo 'Traceback (most recent call last):'
			echo '  File "train.py", line 3, in <module>'
			printf '\033[31mValueError\033[0m: no more data\n'
			echo 'node1 left'
		fi
	} >"$logs/exp/stdout.rank$rank"
done
echo 'warning: nothing of note' >"$logs/exp/stderr.rank0"
written 60 "$logs/exp/stdout.rank0"
written 60 "$logs/exp/stdout.rank1"
"$MM" watch --once "$logs" >/dev/null || exit 1

# look SIZE NAME WHAT [ARG…]: keys on standard input, a golden screen after them
look() {
	local size=$1 name=$2 what=$3
	shift 3
	out=$({
		echo :wait
		cat
		echo :screen
	} | "$MM" --script - --size "$size" "$@" "$logs" 2>"$TMP/err")
	status=$?
	err=$(cat "$TMP/err")
	golden "$name" "$what"
}

look 80x24 log-last-words "a failed run opens at its last words, in the rank that said them" <<-'END'
	L
END
look 40x8 log-small "in the smallest screen" <<-'END'
	L
END
look 80x24 log-ascii "in ASCII" --ascii <<-'END'
	L g
END
look 80x24 log-top "at the top: nothing that a terminal would obey, bars as they ended" <<-'END'
	L g
END
look 80x24 log-search "a search, and its next match" <<-'END'
	L g
	/ s t e p <Space> 4 <Enter>
	n
END
look 80x24 log-step "at a step, in the first rank" <<-'END'
	:log 30
END
look 80x24 log-last-words "from error to error, back from the end" <<-'END'
	L <Tab> <BackTab> G N
END
look 80x24 log-merged "all files as one, at the line that was found in one" <<-'END'
	L m
END
look 80x24 log-last-words "and back at that line in its file" <<-'END'
	L m m
END
look 80x24 log-file "the other files" <<-'END'
	L <Tab>
END
out=$(printf ':wait\nL\nq\n:screen\n' | "$MM" --script - --size 80x24 "$logs" 2>&1)
shows "q goes back to the dashboard" "┌ Runs 1 "
out=$(printf 'L\n:screen\n' | "$MM" --script - --as-is --size 80x24 "$logs" 2>&1)
shows "without an ingester it says so" "Nobody reads the logs now"
out=$(printf ':wait\nL\n:attach %s\n:screen\nu\n:screen\n' "$TMP/err" |
	"$MM" --script - --size 80x24 "$logs" 2>&1)
shows "a file that a person attached" "err 4/4" "The file is empty." "as it was before" "stdout.rank0 1/3"

# The charts' cursor says a step, and there the log opens.
for moves in , ,,, ,,,,,,,,. ,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,; do
	out=$(printf ':wait\n:pane-next\n%s\n:screen\nL\n:screen\n' "$moves" |
		"$MM" --script - --size 80x24 "$logs" 2>&1)
	at=$(sed -n 's|^ 1 Dashboard.* step \([0-9]*\): train/loss.*|\1|p' <<<"$out")
	shows "a cursor after $moves is at a step, and L opens it" " step $at: train/loss" "▌" "step $at/100"
	check "that line is the one that is marked" "$(grep -q "▌.* step $at/100" <<<"$out"; echo $?)"
done
out=$(printf ':wait\n:pane-next\n,,\n<Esc>\nL\n:screen\n' | "$MM" --script - --size 80x24 "$logs" 2>&1)
shows "Esc takes the cursor off, and L opens the last words" "▌ValueError"

# Whatever stands in it, to a terminal go only visible characters.
out=$(printf ':wait\nL\ng\n:screen\n' | "$MM" --script - --size 200x60 "$logs" | tr -d '\n' | LC_ALL=C tr -d '\40-\176\200-\377')
check "no control character is left" "$([ -z "$out" ]; echo $?)"

# Alerts open their run where they fired.
mkdir -p "$logs/nan"
for i in $(seq 1 400); do
	if [ $i -lt 300 ]; then echo "step $i/400 | loss 0.5"; else echo "step $i/400 | loss nan"; fi
done >"$logs/nan/train.log"
written 60 "$logs/nan/train.log"
"$MM" watch --once "$logs" >/dev/null
look 80x24 log-alert "an alert opens the text where it fired" <<-'END'
	:pane-prev
	L
END
finish

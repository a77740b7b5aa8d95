#!/bin/bash
# What keys and commands do to the screen.
. tests/screen/lib.sh
sweep "$TMP/runs"
"$MM" watch --once "$TMP/runs" >/dev/null || exit 1

# step WHAT NAME, keys on standard input: a golden screen after them
step() {
	out=$({
		echo :wait
		cat
		echo :screen
	} | "$MM" --script - --size 80x24 --as-is "$TMP/runs" 2>"$TMP/err")
	status=$?
	err=$(cat "$TMP/err")
	golden "$2" "$1"
}

step "the cursor moves and the metrics follow" keys-down <<-'END'
	j j
END
step "the filter is live while it is typed" keys-filter-typing <<-'END'
	/ s e e d
END
step "Enter keeps the filter" keys-filter-kept <<-'END'
	/ s e e d <Enter>
END
step "Esc drops it" keys-start <<-'END'
	/ s e e d <Esc>
END
step "Esc after Enter clears it" keys-start <<-'END'
	/ s e e d <Enter> <Esc>
END
step "a pane alone" keys-zoom-charts <<-'END'
	<Tab> z
END
step "and back" keys-focus-charts <<-'END'
	<Tab> z z
END
step "undo takes back what was done to the view, in order" keys-start <<-'END'
	x
	:hide metrics
	/ s e e d <Enter>
	<Tab> <BackTab>
	:filter
	u u u u
END
step "hidden panes leave their room to the others" keys-hidden <<-'END'
	:hide runs
	:hide alerts
END
step "X brings them back" keys-start <<-'END'
	:hide alerts
	X
END
step "panes grow" keys-grow <<-'END'
	+ + +
	:show
	<Tab> <Tab> +
END
step "commands complete" keys-complete <<-'END'
	: x a <Tab>
END
step "arguments complete" keys-complete-arg <<-'END'
	: x a <Tab> <Tab>
END
step "a command by a unique beginning" keys-wall <<-'END'
	: x a x <Space> w a l l <Enter>
END
step "a mistake is said where it was typed" keys-mistake <<-'END'
	: q i u t <Enter>
END
step "a message goes with the next key" keys-start <<-'END'
	: q i u t <Enter> k
END
step "the keys are explained" keys-help <<-'END'
	?
END
step "q closes what lies over the panes" keys-start <<-'END'
	? q
	<Enter> q
END
step "settings of charts from anywhere" keys-logy <<-'END'
	o e r
END
step "goto" keys-goto <<-'END'
	:goto seed1
END
export XDG_DATA_HOME=$TMP/data
screen --size 120x24 --as-is "$TMP/runs" <<-'END'
	*
	:name the one to beat
	:tag best
	j H
	:screen
END
shows "marks: a star, a name, and what is hidden is not there" "★the one to beat" "┌ Runs 3 " "lr=1e-3 is hidden"
step "are there the next time, and taken back by undo as if they had never been" keys-start <<-'END'
	:goto beat
	:name
	*
	:hidden
	:goto 1e-3
	H
	:hidden
	g
END
step "and undo takes them back" keys-start <<-'END'
	* H
	u u
	g
END
unset XDG_DATA_HOME
step "the same screen again without any key" keys-start <<-'END'
	<C-l>
END

# Details show a path, which is another each time.
screen --size 80x24 --as-is "$TMP/runs" <<-'END'
	:goto seed1
	<Enter>
	:screen
END
shows "details of a run" "┌ Run seed1 " "diverged" "metrics.csv"
screen --size 80x24 --as-is "$TMP/runs" <<-'END'
	q
	:screen
END
check "q leaves at once" "$([ "$status" = 0 ] && [ -z "$out" ]; echo $?)"
finish

#!/bin/bash
# A real terminal: what --script prints is what it shows, it follows sizes and kinds of terminals, and it is given back
# after every way to leave.
. tests/screen/lib.sh
command -v tmux >/dev/null || {
	echo "tmux is missing"
	exit 77
}
sweep "$TMP/runs"
export TMUX_TMPDIR=$TMP
unset TMUX
tmux=(tmux -L mm -f /dev/null)
trap '"${tmux[@]}" kill-server 2>/dev/null' EXIT

# A shell in a pane of the size; what is typed at it goes through type.
pane() {
	"${tmux[@]}" kill-server 2>/dev/null
	"${tmux[@]}" new-session -d -x "${1%x*}" -y "${1#*x}" "PS1='ready> ' exec bash --norc --noprofile"
	seen 'ready>' || echo "# no shell"
}
type() {
	"${tmux[@]}" send-keys -- "$@"
}
capture() {
	out=$("${tmux[@]}" capture-pane -p "$@")
}
# seen TEXT: it stands on the screen before long
seen() {
	for _ in $(seq 300); do
		capture
		case $out in *"$1"*) return 0 ;; esac
		sleep 0.05
	done
	printf '# never seen: %s\n%s\n' "$1" "$out"
	return 1
}
# same NAME: the screen becomes the golden one of that name
same() {
	for _ in $(seq 200); do
		capture
		printf '%s\n' "$out" | cmp -s - "$here/$1.screen" && return 0
		sleep 0.05
	done
	printf '%s\n' "$out" | diff -u "$here/$1.screen" - | head -n 60
	return 1
}
# The shell's terminal as it was: its own screen, cursor on, no mouse, cooked.
is_back() {
	local flags
	type Escape '[A' # a key that a raw terminal would have taken
	type C-u 'stty -a | grep -cw -- "-icanon\|-echo\|-isig"; echo back' Enter
	seen $'\nback' || return 1
	case $out in *$'\n0\nback'*) ;; *) return 1 ;; esac
	flags=$("${tmux[@]}" display -p '#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{keypad_flag}')
	[ "$flags" = '0 0 1 0' ] || {
		echo "# alternate screen, mouse, cursor, keypad: $flags"
		return 1
	}
}
start() {
	type "clear; $* '$MM' '$TMP/runs'" Enter
}
mm_pid() {
	ps -o pid= --ppid "$("${tmux[@]}" display -p '#{pane_pid}')" | head -n 1 | tr -d ' '
}

pane 80x24
start
same dash-80x24
check "the terminal shows what the script prints" $?
type j j
seen "Metrics seed1"
check "keys arrive" $?
type k k
"${tmux[@]}" resize-window -x 60 -y 15
same dash-60x15
check "smaller" $?
"${tmux[@]}" resize-window -x 200 -y 60
same dash-200x60
check "larger" $?
for i in $(seq 20); do
	"${tmux[@]}" resize-window -x $((40 + i * 7 % 90)) -y $((8 + i * 5 % 40))
done
"${tmux[@]}" resize-window -x 80 -y 24
same dash-80x24
check "many sizes at once" $?

type C-z
seen Stopped
check "^Z gives the shell back" $?
is_back
check "and its terminal" $?
type fg Enter
same dash-80x24
check "fg takes it again" $?
type q
seen 'nobody watches 1 live run now'
check "leaving says that nobody watches" $?
is_back
check "q gives the terminal back" $?

for signal in TERM HUP SEGV ABRT; do
	start
	seen 'Runs 4'
	kill -$signal "$(mm_pid)"
	seen 'ready>'
	is_back
	check "SIG$signal gives the terminal back" $?
done

# A store that cannot be: in words, on a terminal that is as it was.
type clear Enter
type "clear; MM_STORE=/proc/nonexistent '$MM' '$TMP/runs'" Enter
sleep 0.5
type q
is_back
check "no store gives the terminal back" $?

for kind in xterm xterm-256color screen screen-256color tmux tmux-256color linux vt100; do
	start TERM=$kind
	seen 'Runs 4' && seen 'val/acc' && seen 'help'
	check "TERM=$kind" $?
	type q
	seen 'ready>'
done

# Colours, and none.
start TERM=tmux-256color
coloured() {
	for _ in $(seq 300); do
		capture -e
		printf '%s' "$out" | grep -q $'\033\[[0-9;]*38;5;' && return 0
		sleep 0.05
	done
	return 1
}
coloured
check "colours where there are some" $?
type q
seen 'ready>'
start NO_COLOR=1 TERM=tmux-256color
seen '? help'
capture -e
check "none with NO_COLOR" "$(printf '%s' "$out" | grep -qE $'\033\[([0-9;]*;)?([34][0-7]|38;5|48;5|9[0-7])[;m]'; echo $((1 - $?)))"
type q
seen 'ready>'

# What goes wrong is said at once, by sign, number and bell.
start
seen '22:13:15   ? help' # not before it hears of alerts
"${tmux[@]}" set-hook -g alert-bell "run-shell 'touch $TMP/rang'"
# and not before it has read what was there, for that is history
"$MM" watch --once --quiet "$TMP/runs"
echo '{"step": 1500, "train": {"loss": NaN}}' >>"$TMP/runs/lr=3e-4/metrics.jsonl"
seen '1 firing'
check "an alert is in the status line" $?
for _ in $(seq 100); do
	[ -e "$TMP/rang" ] && break
	sleep 0.05
done
check "and rings the bell" "$([ -e "$TMP/rang" ]; echo $?)"
type A
quiet() {
	for _ in $(seq 300); do
		capture
		case $out in *firing*) sleep 0.05 ;; *) return 0 ;; esac
	done
	return 1
}
quiet
check "acknowledged, it no longer counts" $?
type q
seen 'ready>'

# A paste is text, never commands.
start
seen '? help'
"${tmux[@]}" set-buffer 'qqq'
"${tmux[@]}" paste-buffer -p
type ':'
"${tmux[@]}" paste-buffer -p
seen ':qqq'
check "what is pasted is typed, not obeyed" $?
type Escape q
seen 'ready>'

# The terminal goes away under it: it leaves, it does not spin.
start
seen 'Runs 4'
pid=$(mm_pid)
"${tmux[@]}" kill-server
for _ in $(seq 100); do
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
check "a terminal that vanishes ends it" "$(kill -0 "$pid" 2>/dev/null; echo $((1 - $?)))"
finish

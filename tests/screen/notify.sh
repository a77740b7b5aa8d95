#!/bin/bash
# What an alert makes of the terminal behind tmux: a bell gets through, a notification if tmux lets it, and no name does
# what it likes.
. tests/screen/lib.sh
command -v tmux >/dev/null && command -v script >/dev/null || {
	echo "tmux or script is missing"
	exit 77
}
export TMUX_TMPDIR=$TMP MM_STORE=$TMP/store
unset TMUX
tmux=(tmux -L mm -f /dev/null)
trap '"${tmux[@]}" kill-server 2>/dev/null; kill -9 $(jobs -p) 2>/dev/null' EXIT
run=$'evil\e]0;pwned\a\xc2\x9b2J'
mkdir -p "$TMP/runs" "$TMP/config/mm"
export XDG_CONFIG_HOME=$TMP/config
printf '[screen]\ndesktop = warn\n' >"$TMP/config/mm/mm.conf"

# Nobody types at it.
mkfifo "$TMP/keys"
exec 9<>"$TMP/keys"

# A dashboard in a pane whose outer terminal is recorded; then a loss that is NaN.
scene() { # PASSTHROUGH
	"${tmux[@]}" kill-server 2>/dev/null
	rm -rf "$MM_STORE" "$TMP/outer"
	printf 'step,loss\n0,1\n' >"$TMP/runs/$run.csv"
	"${tmux[@]}" new-session -d -x 80 -y 24 "$MM '$TMP/runs'"
	"${tmux[@]}" set -g allow-passthrough "$1"
	"${tmux[@]}" pipe-pane "cat >$TMP/inner"
	TERM=xterm-256color script -qefc "${tmux[*]} attach" "$TMP/outer" <&9 >/dev/null 2>&1 &
	outer=$!
	for _ in $(seq 300); do
		case $("${tmux[@]}" capture-pane -p) in *'1 run '*last*) break ;; esac
		sleep 0.05
	done
	"$MM" watch --once --quiet "$TMP/runs"
	echo 1,nan >>"$TMP/runs/$run.csv"
	for _ in $(seq 300); do
		case $("${tmux[@]}" capture-pane -p) in *'1 firing'*) break ;; esac
		sleep 0.05
	done
	for _ in $(seq 100); do
		grep -q $'\a' "$TMP/outer" && grep -q ']9;mm: ' "$TMP/inner" && break
		sleep 0.05
	done
	"${tmux[@]}" kill-server
	kill -9 "$outer" 2>/dev/null
	wait "$outer" 2>/dev/null
}

scene on
check "a bell reaches the terminal" "$(grep -q $'\a' "$TMP/outer"; echo $?)"
check "a notification too, where tmux lets it through" "$(grep -q $'\e]9;mm: loss-nonfinite: ' "$TMP/outer"; echo $?)"
check "no name sets a title" "$(grep -q $'\e]0;pwned' "$TMP/outer" "$TMP/inner"; echo $((! $?)))"
check "or clears the screen" "$(LC_ALL=C grep -q $'\xc2\x9b' "$TMP/outer" "$TMP/inner"; echo $((! $?)))"
scene off
check "where it does not, the bell is heard" "$(grep -q $'\a' "$TMP/outer"; echo $?)"
check "and nothing is printed" "$(grep -q 'mm: loss' "$TMP/outer"; echo $((! $?)))"
exit $failed

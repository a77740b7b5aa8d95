#!/bin/sh
# In a terminal the demo shows runs that move, and leaving mm ends the training.
set -eu
command -v tmux >/dev/null || {
	echo "no tmux"
	exit 77
}
t="tmux -S $TMP/tmux -f /dev/null"
trap '$t kill-server 2>/dev/null || :' EXIT
fail()
{
	echo "not ok - $1"
	$t capture-pane -p || :
	exit 1
}
# shows PATTERN SECONDS
shows()
{
	n=$(($2 * 5))
	while [ $n -gt 0 ]; do
		$t capture-pane -p | grep -q "$1" && return
		sleep 0.2
		n=$((n - 1))
	done
	return 1
}

export TRAINER="$B/tests/demo/main"
# A pace at which the first alert comes within seconds.
$t new-session -d -x 200 -y 50 'tests/demo/demo.sh --pace 300 --steps 54000; echo "left with $?"; cat'
shows 'lr=0\.1' 20 || fail "the runs are listed"
shows 'loss-nonfinite' 60 || fail "the run that diverges raises an alert"
shows 'short .*done' 90 || fail "the short run is done"
pgrep -f "^$TRAINER.* $TMP/" >/dev/null || fail "the training goes on"
$t send-keys q
shows 'left with 0' 20 || fail "q leaves, with exit status 0"
! pgrep -f "^$TRAINER.* $TMP/" >/dev/null || fail "the training ends with it"

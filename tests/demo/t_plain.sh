#!/bin/sh
# Without a terminal the demo trains to the end and prints one screen that tells the runs apart.
set -eu
fail()
{
	echo "not ok - $1"
	cat "$TMP/out"
	exit 1
}

TRAINER=$B/tests/demo/main tests/demo/demo.sh >"$TMP/out" 2>&1 || fail "it exits with $?"
grep -q 'lr=10 .*diverged' "$TMP/out" || fail "the run with too large a learning rate diverged"
grep -q 'lr=0\.1 .*done' "$TMP/out" || fail "a run that reached its last step is done"
grep -q 'loss-nonfinite' "$TMP/out" || fail "the loss that is NaN raises an alert"
! grep -q "$(printf '\033')" "$TMP/out" || fail "no escape sequence is printed"
[ -z "$(ls "$TMP" | grep mm-demo)" ] || fail "nothing is left behind"

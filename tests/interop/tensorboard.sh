#!/bin/bash
# tensorboardX writes, mm reads along: after each phase every point is there, exactly as it was
# written, while the writer still runs.
. tests/interop/lib.sh
packages tensorboardX pillow
python=$venv/bin/python
start_watching

coproc writer { exec "$python" tests/interop/tensorboard.py write "$logs" "$work/expected" \
	2>"$work/writer"; }

# A writer's thread may still be at it when its flush() has returned.
soon()
{
	for _ in {1..60}; do
		settle
		"$@" >"$work/said" 2>&1 && return
		sleep 0.25
	done
	cat "$work/said"
	return 1
}

exported()
{
	"$MM" export --csv --root "$logs" run run/validation 2>"$work/export" ||
		"$MM" export --csv --root "$logs" run 2>>"$work/export"
}

compared()
{
	exported | "$python" tests/interop/tensorboard.py compare "$work/expected"
}

runs_have()
{
	"$MM" runs --json --root "$logs" | tee "$work/runs" | grep -q "$1"
}

pid=$writer_PID
while read -r phase <&"${writer[0]}"; do
	if [ "$phase" = hparams ]; then
		soon runs_have '"run": "run",.*"seed": "42"'
		check "the arguments in a text are parameters" $?
		soon runs_have '"run": "run/trial",.*"lr": "0.5".*"net": "small"'
		check "hparams are parameters" $?
	else
		soon compared
		check "$phase" $?
	fi
	echo >&"${writer[1]}"
done
wait "${writer_PID:-$pid}"
check "the writer: $(tail -n 1 "$work/writer")" $?
"$MM" check >"$work/check" 2>&1
check "$(head -n 3 "$work/check")" $?

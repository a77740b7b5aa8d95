#!/bin/bash
# The loggers of MLflow, Keras, transformers and Lightning write, mm reads along: after each phase
# exactly what was written is there, while the writer still runs. Each framework that cannot be
# installed here is skipped with a message.
. tests/interop/lib.sh
python=$venv/bin/python

# wheels NAME...: as packages(), but only this framework is skipped; long downloads are given up
wheels()
{
	[ -x "$python" ] || python3 -m venv "$venv" >"$work/pip" 2>&1 || return 1
	timeout "${PIP_SECONDS:-900}" "$python" -m pip install -q --disable-pip-version-check \
		--timeout 20 --retries 1 "$@" >"$work/pip" 2>&1
}

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

compared()
{
	"$MM" export --json --root "$logs" '*' | "$python" tests/interop/trainers.py compare "$work/expected"
}

state_is()
{
	"$MM" runs --json --root "$logs" >"$work/said" && grep -q "\"state\": \"$1\"" "$work/said"
}

try()
{
	local pid phase
	rm -rf "$logs" "$work/store"
	mkdir "$logs"
	start_watching
	coproc writer { exec "$python" tests/interop/trainers.py write "$1" "$logs" "$work/expected" \
		2>"$work/writer"; }
	pid=$writer_PID
	while read -r phase <&"${writer[0]}"; do
		soon compared
		check "$1: $phase" $?
		echo >&"${writer[1]}"
	done
	wait "$pid"
	check "$1: the writer: $(tail -n 1 "$work/writer")" $?
	if [ "$1" = mlflow ]; then
		soon state_is finished
		check "$1: it says that it has finished" $?
		"$MM" runs --json --root "$logs" | grep -q '"optim": "adam", "seed": "42".*"name": "proud-owl"'
		check "$1: its parameters and its name" $?
	fi
	"$MM" check >"$work/check" 2>&1
	check "$(head -n 3 "$work/check")" $?
	kill $watcher
	wait $watcher
	watcher=
}

for framework in ${TRAINERS:-mlflow keras transformers lightning}; do
	case $framework in
	mlflow) names=mlflow-skinny ;;
	keras) names='keras numpy optree' ;;
	transformers) names=transformers ;;
	lightning) names='lightning torch' ;; # with CUDA's libraries, which are some gigabytes
	esac
	# shellcheck disable=SC2086
	if wheels $names; then
		try $framework
	else
		echo "skipped $0: $framework cannot be installed: $(tail -n 1 "$work/pip")"
	fi
done

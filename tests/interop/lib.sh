# Sourced by the scripts of tests/interop: real writers, from the package index, write into a watched
# directory while mm reads it. Each keeps what it needs in $work.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
MM=${MM:-$PWD/mm}
venv=build/interop
failed=0 passed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/mm-interop.XXXXXX") || exit 2
logs=$work/logs
mkdir "$logs"
export MM_STORE=$work/store XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data

# packages NAME... - installs them; without a package index there is nothing to test
packages()
{
	[ -x "$venv/bin/python" ] || python3 -m venv "$venv" >"$work/pip" 2>&1 ||
		skip "python3 makes no virtual environment here"
	"$venv/bin/python" -m pip install -q --disable-pip-version-check --timeout 10 --retries 1 \
		"$@" >"$work/pip" 2>&1 || skip "$* cannot be installed: $(tail -n 1 "$work/pip")"
}

skip()
{
	echo "skipped $0: $1"
	exit 0
}

check()
{
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "FAIL $0: $1"
	fi
}

start_watching()
{
	"$MM" watch "$logs" >"$work/watch" 2>&1 &
	watcher=$!
}

# All that is there now is in the store when this returns.
settle()
{
	"$MM" watch --once "$logs" >"$work/once" 2>&1
}

finish()
{
	local status=$?
	[ -z "${writer_PID:-}" ] || kill "$writer_PID" 2>/dev/null
	[ -z "${watcher:-}" ] || kill "$watcher" 2>/dev/null
	wait
	rm -rf "$work"
	[ "$status" = 0 ] || exit "$status"
	[ "$passed" = 0 ] && [ "$failed" = 0 ] && exit 0
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
trap finish EXIT

#!/usr/bin/env bash
# What W&B's own client writes is what mm reads, while it is still being written. For each version
# of the client a virtual environment is made below $B, once; where none can be, nothing is tested.
# W&B itself hands bytes to the file every 15 s or 32 KiB, old versions every 32 KiB alone: that is
# what this waits for.
set -u
cd "$(dirname "$0")/../.." || exit 2
MM=${MM:?} B=${B:-build}
home=$PWD/$B/interop
py=$PWD/tests/interop/write_wandb.py
tmp=$(mktemp -d)
writer=
ingester=
failed=0
trap 'kill $writer $ingester 2>/dev/null; wait 2>/dev/null; rm -rf "$tmp"' EXIT

# environment NAME PACKAGE…: $python is one that has them
environment()
{
	local dir=$home/$1
	shift
	python=$dir/bin/python
	[ ! -e "$dir/ready" ] || return 0
	rm -rf "$dir"
	mkdir -p "$home"
	python3 -m venv "$dir" >"$tmp/pip" 2>&1 &&
		timeout 300 "$python" -m pip install -q --retries 1 --timeout 20 "$@" >>"$tmp/pip" 2>&1 &&
		touch "$dir/ready"
}

# until_true SECONDS COMMAND…: again and again, but not once the writer has ended
until_true()
{
	local end=$((SECONDS + $1)) ended=
	shift
	until "$@" 2>"$tmp/why"; do
		[ $SECONDS -lt $end ] && [ -z "$ended" ] || return 1
		[ -z "$writer" ] || kill -0 $writer 2>/dev/null || ended=yes
		sleep 0.3
	done
}

check()
{
	if "${@:2}"; then
		echo "ok - wandb $version: $1"
	else
		echo "not ok - wandb $version: $1"
		tail -n 20 "$tmp/why" "$tmp/log" 2>/dev/null | sed 's/^/    /'
		failed=1
	fi
}

# exported [begun]
exported()
{
	run=$(ls -d "$logs/wandb/offline-run-"* 2>/dev/null) || return 1
	"$MM" export --json "$run" >"$tmp/export" &&
		"$python" "$py" compare "$tmp/wrote" "$tmp/export" "$@"
}

run_says()
{
	"$MM" runs --json "$run" >"$tmp/why" && grep -qF -- "$1" "$tmp/why"
}

# begin DIR
begin()
{
	logs=$tmp/logs/$1
	rm -f "$tmp/gate" "$tmp/wrote"
	mkdir -p "$logs"
	"$python" "$py" write "$logs" "$tmp/gate" "$tmp/wrote" >"$tmp/log" 2>&1 &
	writer=$!
}

# The program is killed, and W&B's own process, which is left, says nothing of how it ended.
try_killed()
{
	begin "$version-killed"
	check "points are there before it is killed" until_true 120 exported begun
	kill -9 $writer
	wait $writer 2>/dev/null
	writer=
	check "a run that was killed is lost" until_true 60 run_says '"state": "lost"'
	check "what it wrote is there, once" exported begun
}

try()
{
	begin "$version"
	check "points are there while the program runs" until_true 120 exported $begun
	check "the program runs" kill -0 $writer
	check "the run has its name" run_says '"name": "called so"'
	check "the run has its configuration" \
		run_says '"lr": "0.0005", "net.act": "relu", "net.depth": "3"'
	touch "$tmp/gate"
	wait $writer
	writer=
	check "it has finished" until_true 60 run_says '"state": "finished"'
	check "every point is there, once" exported
	check "what came to the configuration later" run_says '"late": "7"'
	check "what the summary has beside the history" run_says '"summary/by_hand": "0.25"'
}

export MM_STORE=$tmp/store
mkdir -p "$tmp/logs"
"$MM" watch "$tmp/logs" >"$tmp/watch" 2>&1 &
ingester=$!
for version in newest 0.16.6; do
	case $version in
	newest) packages=wandb begun= ;;
	*) packages="wandb==$version setuptools<70 numpy<2" begun=begun ;;
	esac
	# shellcheck disable=SC2086
	if environment "wandb-$version" $packages; then
		try
		try_killed
	else
		echo "skip - wandb $version: cannot be installed here ($(tail -n 1 "$tmp/pip"))"
	fi
done
[ $failed = 0 ]

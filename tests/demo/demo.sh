#!/bin/sh
# demo.sh - what `make demo` runs: trains in the background and opens mm on it; when mm is left, the
# training ends too. All of it lives in a fresh directory and leaves nothing behind. Without a
# terminal it trains to the end first, in seconds, and mm prints one plain-text screen.
#
# MM and TRAINER are the binaries; arguments go to the trainer, such as --pace 60.
set -eu
: "${MM:?}" "${TRAINER:?}"

dir=$(mktemp -d "${TMPDIR:-/tmp}/mm-demo.XXXXXX")
trainer=
finish()
{
	[ -z "$trainer" ] || kill "$trainer" 2>/dev/null || :
	wait
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Neither the store nor the notes of the demo get among those of the user.
export MM_STORE="$dir/store" XDG_DATA_HOME="$dir/data"
mkdir "$dir/runs"

if [ -t 1 ]; then
	"$TRAINER" --out "$dir/runs" "$@" >/dev/null &
	trainer=$!
	"$MM" "$dir/runs"
else
	"$TRAINER" --out "$dir/runs" --pace 0 "$@"
	"$MM" "$dir/runs"
fi

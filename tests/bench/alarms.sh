#!/bin/bash
# What the built-in rules say of real curves: every log of a corpus is read as a run of its own, judged as history, and what
# fired is counted by rule and kind. Not a test: it needs a directory of logs, and says what it found.
#
#     MM=./mm tests/bench/alarms.sh [CORPUS [KIND…]]
#
# A line a firing goes to $OUT (default: none).
set -u
corpus=${1-../shared/corpus}
[ $# -gt 0 ] && shift
[ -d "$corpus" ] || { echo "there is no $corpus"; exit 77; }
[ $# -gt 0 ] || set -- csv-keras csv-lightning csv-yolo hf-trainer jsonl text tfevents wandb-offline
MM=$(realpath "${MM:-./mm}")
tmp=$(mktemp -d) || exit
trap 'rm -rf "$tmp"' EXIT
export XDG_CONFIG_HOME=$tmp/config XDG_DATA_HOME=$tmp/data

for kind; do
	export MM_STORE=$tmp/$kind.store
	n=0
	while read -r file; do
		n=$((n + 1))
		mkdir -p "$tmp/$kind/$n"
		cp "$file" "$tmp/$kind/$n/"
	done < <(find "$corpus/$kind" -type f | sort)
	"$MM" watch --once "$tmp/$kind" >/dev/null 2>&1
	"$MM" alerts --as-is --json >"$tmp/alerts"
	[ -z "${OUT-}" ] || sed "s/^/$kind /" "$tmp/alerts" >>"$OUT"
	"$MM" runs --as-is --json | sed 's/.*"points": \([0-9]*\).*/\1/' |
		awk -v kind="$kind" '{ n += $1 } END { printf "%s: %d runs, %d points:", kind, NR, n }'
	sed 's/.*"rule": "\([^"]*\)".*"state": "\([^"]*\)".*/\1 \2/' "$tmp/alerts" |
		awk '$2 != "pending" { n[$1]++ } END { for (r in n) printf " %s %d", r, n[r]; print "" }'
done

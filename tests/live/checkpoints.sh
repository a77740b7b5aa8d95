#!/bin/bash
# Checkpoints that appear while somebody watches: listed by themselves, kept by rule, gone when they are gone.
. tests/cli/lib.sh
export XDG_DATA_HOME=$TMP/data
runs=$TMP/runs
mkdir -p "$XDG_CONFIG_HOME/mm" "$runs/a"
printf '[registry]\nauto = best loss, last 2\n' >"$XDG_CONFIG_HOME/mm/mm.conf"
v() { "$MM" version "$@"; }

# until WHAT COMMAND…: it prints something within 15 s
until_() {
	local what=$1
	shift
	for _ in $(seq 150); do
		[ -n "$("$@" 2>/dev/null)" ] && return
		sleep 0.1
	done
	is "$what" 'never' 'within 15 s'
}
# ckpt FILE BYTE: a safetensors file of four floats
ckpt() {
	local header='{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
	while ((${#header} % 8)); do header+=' '; done
	{
		printf "\\x$(printf %x ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header"
		printf "\\x$2%.0s" {1..16}
	} >"$1"
}
printf 'step,loss\n0,4\n' >"$runs/a/metrics.csv"
ckpt "$runs/a/step=0.safetensors" 10
"$MM" watch --quiet "$runs" 2>"$TMP/watch.err" &
watch=$!
unsaved() { v list --json --as-is | grep '"version": null' | grep "$1"; }
saved() { v list --json --as-is | grep "\"version\": \"a@v$1\""; }
until_ 'what was there is listed' unsaved step=0

# the loss of step 20 is the best
for s in 10:3 20:1 30:2 40:5 50:6; do
	echo "$((${s%:*})),${s#*:}" >>"$runs/a/metrics.csv"
	"$MM" runs >/dev/null
	ckpt "$runs/a/step=${s%:*}.safetensors" "${s%:*}"
	until_ "step ${s%:*} is kept" saved $((${s%:*} / 10))
done
is 'what was there before is not' "$(unsaved step=0 | wc -l)" 1
gone() { v list a --json --as-is | grep -c '"version"' | grep -x 3; }
until_ 'rules tidy up' gone
is 'the best and the last two' "$(v list a --json --as-is | sed 's/.*"step": \([0-9]*\),.*/\1/' | tr '\n' ' ')" '20 40 50 '

# half a file
head -c 40 "$runs/a/step=0.safetensors" >"$runs/a/step=60.safetensors"
until_ 'a file that is cut is known as such' unsaved 'step=60.*"state": "\(growing\|cut\)"'
rm "$runs/a/step=0.safetensors"
vanished() { unsaved step=0 >/dev/null || echo yes; }
until_ 'one that is deleted is not listed' vanished
kill $watch
wait $watch
is 'he had nothing to complain of' "$(cat "$TMP/watch.err")" ''
exits 'check' 0 "$MM" check
exits 'verify' 0 v verify
rm "$runs/a/step=50.safetensors"
exits 'a command catches up' 0 v list --json
hasnt 'without what is gone' "$(grep '"version": null' <<<"$out")" 'step=50'
done_testing

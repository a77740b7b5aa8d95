# What the tests of a running ingester share: sourced, not run.
. tests/cli/lib.sh

# watch DIR: an ingester in the background; its end is the test's.
watch() {
	"$MM" watch "$1" >"$TMP/watch.out" 2>&1 &
	watcher=$!
	trap 'kill $watcher 2>/dev/null; wait $watcher 2>/dev/null' EXIT
	for _ in $(seq 100); do
		[ -S "$MM_STORE/ctl" ] && break
		sleep 0.05
	done
}

# What was written so far is read: a sync beside the running ingester.
settle() {
	"$MM" watch --once "$1" >/dev/null 2>"$TMP/err" || { cat "$TMP/err"; failed=1; }
}

# metric ROOT RUN NAME KEY: a value of `mm metrics --json`, as printed
metric() {
	"$MM" metrics --json --as-is --root "$1" "$2" | grep -F "\"metric\": \"$3\"" |
		sed -n "s/.*\"$4\": \([^,}]*\).*/\1/p"
}

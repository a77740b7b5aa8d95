#!/bin/bash
# kill -9 at any moment of saving and deploying: what is kept is whole, and the link leads to a whole version.
. tests/cli/lib.sh
export XDG_DATA_HOME=$TMP/data
v() { "$MM" version "$@" --as-is; }
link=$TMP/data/mm/registry/deploy/live/current
cd "$TMP" || exit 1
for i in $(seq 15); do
	head -c 2000000 /dev/urandom >"w$i.bin"
	{
		timeout -s KILL "0.0$((RANDOM % 9 + 1))" "$MM" version save net "w$i.bin" --as-is
		timeout -s KILL "0.0$((RANDOM % 9 + 1))" "$MM" version deploy net live --as-is
	} >/dev/null 2>&1
	[ -e "$TMP/data/mm/registry/FORMAT" ] || continue
	exits "round $i" 0 v verify
	is "round $i: $out" "$(ls "$link" 2>/dev/null | wc -l)" "$([ -L "$link" ] && echo 1 || echo 0)"
done 2>/dev/null
exits 'and in peace' 0 v save net w1.bin
exits 'saved' 0 v save net w15.bin
version=$out
exits 'deployed' 0 v deploy "$version" live
is 'that one' "$(cmp "$link"/*.bin w15.bin && echo same)" same
exits 'history' 0 v history live --json
is 'numbers are dense' "$(sed 's/.*"entry": \([0-9]*\),.*/\1/' <<<"$out" | sort -n | tail -1)" "$(wc -l <<<"$out")"
exits 'gc' 0 v gc --all --yes
is 'nothing is left over' "$(ls "$TMP/data/mm/registry/tmp")" ''
exits 'verify' 0 v verify
done_testing

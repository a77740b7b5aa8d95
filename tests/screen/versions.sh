#!/bin/bash
# Screen 3: versions are listed, looked at, compared, and every verb works from the keyboard.
. tests/screen/lib.sh
runs=$TMP/runs
curve "$runs/a/metrics.csv" 60 3
curve "$runs/b/metrics.csv" 60 1
written 400 "$runs/a/metrics.csv"
written 400 "$runs/b/metrics.csv"
mkdir -p "$runs/a/ckpt" "$runs/b/ckpt" "$XDG_CONFIG_HOME/mm"
# weights RUN STEP BYTES
weights() {
	head -c "$3" /dev/zero | tr '\0' "$2" >"$runs/$1/ckpt/step-$2.pt"
	written 300 "$runs/$1/ckpt/step-$2.pt"
}
printf '[deploy prod]\npath = %s/live\n' "$TMP" >"$XDG_CONFIG_HOME/mm/mm.conf"
chmod 600 "$XDG_CONFIG_HOME/mm/mm.conf"
"$MM" watch --once "$runs" >/dev/null || exit 1

# look SIZE, keys on standard input: what the screen is after them
look() {
	out=$({
		echo :wait
		echo 3
		cat
		echo :screen
	} | "$MM" --script - --size "$1" --as-is "$runs" 2>"$TMP/err")
	status=$?
	err=$(cat "$TMP/err")
}

look 80x24 </dev/null
shows "without versions it says how they come" "no versions yet" "mm version save MODEL PATH"

weights a 100 3000
weights a 300 3000
weights a 500 4000
weights b 500 5000
"$MM" watch --once "$runs" >/dev/null || exit 1
look 160x30 <<-'END'
	n
END
shows "what a run writes appears by itself" "Versions, 4 not saved" "a/ckpt/step-500.pt" "b/ckpt/step-500.pt" "★ 0.3776" "at 500"
look 120x30 <<-'END'
	/ s t e p - 1 0 0 <Enter>
	:save net
	<Esc>
END
shows "and is saved from here" "Versions 1 of 1 model, 3 not saved"
for step in 300 500; do "$MM" version save --as-is net "$runs/a/ckpt/step-$step.pt" >/dev/null || exit 1; done
"$MM" version save --as-is net "$runs/b/ckpt/step-500.pt" >/dev/null || exit 1
"$MM" version adopt --as-is tiny "$runs/b/ckpt/step-500.pt" >/dev/null || exit 1

look 120x30 <<-'END'
	j n
END
golden versions-120x30 "the list, and the curve of the one under the cursor with its step"
look 80x24 <<-'END'
	j n
END
golden versions-80x24 "one above the other where it is narrow"
look 40x8 </dev/null
golden versions-40x8 "the list alone where there is no room"

look 120x30 <<-'END'
	j
END
shows "all that is known of it" "version  net@v3" "step     500" "$runs/a/ckpt"
look 160x30 <<-'END'
	<Space> j d
END
shows "Space marks, d compares" "net@v4 → net@v2" "val/acc"
look 120x30 <<-'END'
	s
END
shows "another order" "Versions 5 of 2 models, by metric"
look 120x30 <<-'END'
	m
END
shows "another metric" "val/loss ↓"
look 120x30 <<-'END'
	/ t i n y <Enter>
END
shows "a filter" "/tiny" "tiny@v1"

look 120x30 <<-'END'
	:goto net@v2
	P
END
shows "P pins" "pin net@v2"
look 120x30 <<-'END'
	:goto net@v2
	:alias good
	:note the one that works
	:tag reviewed=yes
END
shows "alias, note and tag" "net@v2   good" "pinned, reviewed=yes; the one that works"
check "as a script sees them" "$("$MM" version list --json | grep '"net@v2"' |
	grep '"good"' | grep -q '"reviewed": "yes"'; echo $?)"
look 120x30 <<-'END'
	:goto net@v2
	P
	u
END
shows "u takes back" "undo unpin net@v2" "pinned"

look 120x30 <<-'END'
	:goto net@v2
	:deploy prod
	:goto net@v3
END
check "without a yes nothing is deployed" "$([ ! -e "$TMP/live" ]; echo $?)"
look 120x30 <<-'END'
	:goto net@v2
	:deploy prod
	y
END
shows "with one it is" "in prod"
check "what is behind the link" "$(cmp -s "$TMP/live/step-300.pt" "$runs/a/ckpt/step-300.pt"; echo $?)"
look 120x30 <<-'END'
	:goto net@v3
	:deploy prod
	y
	:rollback
	y
END
shows "and back" "rollback prod"
check "to the one before" "$([ -e "$TMP/live/step-300.pt" ]; echo $?)"
out=$(printf ':wait\n3\n:goto net@v1\n:restore %s/back\n:screen\n' "$TMP" |
	"$MM" --script - --size 120x30 --as-is "$runs" 2>&1)
check "its files are written below a directory" "$(cmp -s "$TMP/back/step-100.pt" "$runs/a/ckpt/step-100.pt"; echo $?)"

look 120x30 <<-'END'
	:goto net@v3
	:deploy prod
	y
	u
END
shows "a deployment is not taken back unasked" "undo deploy net@v3 to prod? [y/N]"
look 120x30 <<-'END'
	:goto net@v2
	:deploy prod
	y
	:goto net@v1
	R
END
shows "a rollback says where it leads, and what that is worth" "roll prod back from net@v2 to net@v3, val/acc 0.2503 → 0.3776? [y/N]"
look 120x30 <<-'END'
	:rollback prod
	y
	u
	y
END
shows "and is taken back" "undo rollback prod"
check "by a deployment" "$([ -e "$TMP/live/step-300.pt" ]; echo $?)"
# Somebody else rolls back meanwhile; the screen reads what is no tar file, from a pipe, until that is done.
mkfifo "$TMP/meanwhile"
{
	for ((i = 0; i < 200; i++)); do
		[ -e "$TMP/live/step-500.pt" ] && "$MM" version rollback --yes prod >/dev/null 2>&1 && break
		sleep 0.1
	done
	echo done >"$TMP/meanwhile"
} &
look 120x30 <<-END
	:goto net@v3
	:deploy prod
	y
	:import $TMP/meanwhile
	u
END
wait
shows "what is not there any more is not taken back" "is not what was done from here any more"
look 120x30 <<-'END'
	:goto net@v1
	:tag seen=yes
	u
END
check "a tag is taken back" "$("$MM" version list --json | grep '"net@v1"' | grep -qv seen; echo $?)"

look 120x30 <<-'END'
	:goto net@v2
	Z
END
shows "what is deployed is not removed" "net@v2 is deployed in prod; --force removes it all the same"
look 120x30 <<-'END'
	:goto net@v1
	Z
END
shows "removing one asks" "remove net@v1 (3.0 kB)? u takes it back [y/N]"
look 120x30 <<-'END'
	:goto net@v1
	<Delete>
	y
END
check "with a yes it goes" "$([ "$("$MM" version list --json net | wc -l)" = 3 ]; echo $?)"
"$MM" version undo >/dev/null
look 120x30 <<-'END'
	:goto net@v1
	Z
	y
	u
END
shows "and u takes it back" "undo remove net@v1"
check "it is there again" "$([ "$("$MM" version list --json net | wc -l)" = 4 ]; echo $?)"
look 120x30 <<-'END'
	:goto net@v2
	:remove --force
END
shows "by force: what speaks against it is said" "remove net@v2 (3.0 kB, deployed in prod, pinned, alias good)? u takes it back [y/N]"

printf '[registry]\nkeep = last 1\n' >>"$XDG_CONFIG_HOME/mm/mm.conf"
look 120x30 <<-'END'
	:prune net
END
shows "prune shows what it would do, and asks" "[y/N]" "net@v1"
look 120x30 <<-'END'
	:prune net
	n
END
check "no leaves all" "$([ "$("$MM" version list --json net | wc -l)" = 4 ]; echo $?)"
look 120x30 <<-'END'
	:prune net
	y
END
check "yes removes" "$([ "$("$MM" version list --json net | wc -l)" -lt 4 ]; echo $?)"
"$MM" version undo >/dev/null
check "and it can be taken back" "$([ "$("$MM" version list --json net | wc -l)" = 4 ]; echo $?)"

out=$(printf ':wait\n3\n:goto net@v1\n:export %s/v1.tar\n:screen\n:import %s/v1.tar\n:screen\n' "$TMP" "$TMP" |
	"$MM" --script - --size 120x30 --as-is "$runs" 2>&1)
check "a version goes out as a tar file" "$([ -s "$TMP/v1.tar" ]; echo $?)"
shows "and comes in again, unchanged" "import: net@v1"
look 120x30 <<-'END'
	:gc
END
shows "gc has nothing to do yet" "gc: nothing that was removed long enough ago"

# a file that runs code when it is loaded
printf 'cposix\nsystem\n(S'"'id'"'\ntR.' >"$runs/a/ckpt/evil.pt"
"$MM" version save --as-is net "$runs/a/ckpt/evil.pt" >/dev/null 2>&1 || exit 1
look 80x24 </dev/null
shows "DANGER is in the list" "DANGER"
look 120x30 <<-'END'
	:goto net@v5
	:deploy prod
END
shows "and in the question" "DANGER, loading it runs code: deploy net@v5 to prod, where net@v2 is now? [y/N]"
"$MM" version remove --yes net@v5 >/dev/null 2>&1 || exit 1

# pages wider and longer than their place
look 120x30 <<-'END'
	:goto net@v2
	]
	]
	]
	]
END
shows "what goes on at the right says so" "[history]" "#  TIME      ACTION" "…"
is_cut=$out
look 120x30 <<-'END'
	:goto net@v2
	]
	]
	]
	]
	.
	.
	.
	.
	.
	.
	.
END
shows "and is moved to" "REASON"
check "which was not to be seen before" "$(grep -q REASON <<<"$is_cut"; echo $((! $?)))"
look 80x24 <<-'END'
	:goto net@v2
	<Tab>
	G
	:verify
END
shows "who reads further down stays there when a verb is done" "step-300.pt" "verify net@v2"

chmod u+w "$XDG_DATA_HOME"/mm/registry/models/net/v1
echo torn >"$XDG_DATA_HOME"/mm/registry/models/net/v1
look 160x30 </dev/null
shows "one that can't be read is listed, and says so" "net@v1" "net@v4"
finish

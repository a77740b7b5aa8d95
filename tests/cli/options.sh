#!/bin/bash
# Options, help and mistakes in them.
. tests/cli/lib.sh
mkdir -p "$TMP/logs"

exits 'help' 0 "$MM" --help
has 'help names commands' "$out" '  export '
has 'help names dashboard options' "$out" '--script FILE'
for c in watch runs metrics export plot sources alerts alert status check; do
	exits "help of $c" 0 "$MM" $c --help
	has "usage of $c" "$out" "usage: mm $c"
	has "common options of $c" "$out" '--store DIR'
	exits "-h of $c" 0 "$MM" $c -h
done
exits 'version' 0 "$MM" --version
has 'version' "$out" 'mm 0.'

exits 'help as a command' 0 "$MM" help
is 'says what --help says' "$out" "$("$MM" --help)"
exits 'help about a command' 0 "$MM" help plot
is 'says what its --help says' "$out" "$("$MM" plot --help)"
exits 'help about none' 1 "$MM" help plto
has 'the nearest' "$err" 'did you mean plot?'
for c in status alerts check; do
	exits "$c takes nothing" 2 "$MM" $c extra
	has 'what is too much' "$err" "mm $c takes no argument, and here is extra"
done
exits 'watch --json without an end' 2 "$MM" watch --json "$TMP/logs"
has 'what it belongs to' "$err" '--once'
exits 'unknown option' 2 "$MM" runs --jsno
has 'the nearest option is named' "$err" 'did you mean --json?'
exits 'unknown option without a near one' 2 "$MM" runs --frob
has 'help is pointed to' "$err" 'mm runs --help'
exits 'missing value' 2 "$MM" runs --root
has 'what is missing' "$err" '--root needs DIR'
exits 'bad colour' 2 "$MM" runs --color mauve
has 'what colour may be' "$err" 'auto, always or never'
exits 'dashboard option before a command' 2 "$MM" --size 80x24 runs
exits 'bad size' 2 "$MM" --script /dev/null --size 80 "$TMP/logs"
has 'what a size is' "$err" 'COLSxROWS'
exits 'slip in a command' 1 "$MM" rusn
has 'the nearest command' "$err" 'did you mean mm runs?'
exits 'no such directory' 1 "$MM" "$TMP/nowhere"
has 'which directory' "$err" 'nowhere: no such directory'
touch "$TMP/logs/file"
exits 'a file is no directory' 1 "$MM" "$TMP/logs/file"
has 'what to do instead' "$err" 'not a directory'
exits 'export of nothing' 2 "$MM" export
exits 'both forms' 2 "$MM" export --csv --json x
exits 'check takes no argument' 2 "$MM" check now
exits 'check without a store' 1 "$MM" check
exits 'unknown verb' 2 "$MM" alert frobnicate
has 'which verbs there are' "$err" 'list, check [FILE], test FILE'

# --opt=value and -- are understood
exits 'value behind =' 0 "$MM" runs --root="$TMP/logs"
exits 'options end at --' 1 "$MM" runs --root "$TMP/logs" -- --json
has 'what stands behind is a name' "$err" 'no run --json'

exits 'a root that is no directory' 1 "$MM" runs --root "$TMP/nope"
has 'which' "$err" "--root $TMP/nope: there is no such directory"
exits 'an empty one is fine' 0 "$MM" runs --root "$TMP/logs"
mkdir "$TMP/cwd" "$TMP/cwd/runs"
is 'a directory of the same name is pointed at on a terminal' \
	"$(cd "$TMP/cwd" && MM=$(realpath "$MM") script -qec '"$MM" runs' /dev/null | tr -d '\r' | grep -c 'mm ./runs')" 1
is 'and not in a pipe' "$(cd "$TMP/cwd" && "$(realpath "$OLDPWD/$MM" 2>/dev/null || echo "$MM")" runs 2>&1)" ''

# configuration mistakes are refused with their place
mkdir -p "$TMP/config/mm"
printf '[watch]\nignroe = x\n' >"$TMP/config/mm/mm.conf"
exits 'a mistake in mm.conf' 2 "$MM" runs --root "$TMP/logs"
has 'its place' "$err" 'mm.conf:2:'
has 'the nearest name' "$err" 'ignore'
exits 'the same through alert check' 2 "$MM" alert check
printf '[watch]\nignore = *.tmp\n' >"$TMP/config/mm/mm.conf"
exits 'fine again' 0 "$MM" alert check
has 'says so' "$out" 'fine'
printf '[keys]\nsort = <F5>\nhdie = x\n' >"$TMP/config/mm/mm.conf"
exits 'a mistake in [keys]' 2 "$MM" runs --root "$TMP/logs"
has 'its place and the nearest action' "$err" "mm.conf:3: no action is called 'hdie'; did you mean 'hide'?"
exits 'the same through alert check' 2 "$MM" alert check
printf '[keys]\nsort = <F5>\n' >"$TMP/config/mm/mm.conf"
exits 'keys that are fine' 0 "$MM" alert check
# a channel that will never be heard of
hook()
{
	printf '[notify h]\ntype = exec\ncommand = %s\n' "$1" >"$TMP/config/mm/mm.conf"
}
printf '#!/bin/sh\n' >"$TMP/hook"
for program in '~/hook' hook/none ./hook "$TMP/hook" "$TMP/none" mm-no-such-program; do
	hook "$program --loudly"
	exits "no program: $program" 1 "$MM" alert check
	has 'which channel' "$err" "mm.conf: [notify h] command: $program: no such program"
	hasnt 'it is not called fine' "$out" fine
done
chmod +x "$TMP/hook"
for program in "$TMP/hook" sh; do
	hook "$program"
	exits "a program: $program" 0 "$MM" alert check
done
rm "$TMP/config/mm/mm.conf"
printf '[keys]\nsort = <F5>\n' >"$TMP/config/mm/mm.conf"
chmod 666 "$TMP/config/mm/mm.conf"
exits 'writable by others' 2 "$MM" runs --root "$TMP/logs"
exits 'a missing file that was named' 2 "$MM" --config "$TMP/none.conf" runs
done_testing

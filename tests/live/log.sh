#!/bin/bash
# The log as text under somebody's eyes: it is followed, rotated, cut, searched; the ingester is killed; a batch job's file
# and one that a person names are found. And the same for a pipe.
. tests/live/lib.sh
tm="tmux -S $TMP/tmux -f /dev/null"
unset TMUX
export XDG_DATA_HOME=$TMP/data XDG_CONFIG_HOME=$TMP/config
tail=

cleanup()
{
	$tm kill-server 2>/dev/null
	[ -z "$tail" ] || kill "$tail" 2>/dev/null
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	wait 2>/dev/null
}

lines()
{
	awk -v a="$1" -v b="$2" 'BEGIN { for (i = a; i <= b; i++) printf "step %d/9000 | loss %d.5\n", i, i % 7 }'
}

screen_has()
{
	$tm capture-pane -p | grep -qF -- "$1"
}

# shows WHAT TEXT: it stands on the screen before long
shows()
{
	if until_true screen_has "$2"; then
		ok "$1"
	else
		not_ok "$1" "missing: $2" "$($tm capture-pane -p)"
	fi
}

type()
{
	$tm send-keys -- "$@"
}

ask()
{
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => "$ENV{MM_STORE}/ctl") or die "ctl: $!";
		syswrite $s, "7 @ARGV\n";
		while (<$s>) { print; last if /^7 / }' "$@" | grep '^7 '
}

log_has()
{
	grep -qF -- "$1" "$TMP/followed"
}

followed()
{
	mkdir "$logs/exp"
	lines 1 2000 >"$logs/exp/stdout.log"
	start
	sync_now
	$tm new-session -d -x 80 -y 24 "$MM $logs"
	shows 'the dashboard' 'Runs 1'
	type L
	shows 'L opens the end of the log' 'step 2000/9000'
	lines 2001 2003 >>"$logs/exp/stdout.log"
	shows 'what is appended comes' 'step 2003/9000'
	printf ' 10%%|#  | 1/10\r 20%%|## | 2/10' >>"$logs/exp/stdout.log"
	shows 'a bar while it moves' '20%|## | 2/10'
	printf '\r100%%|###| 10/10\n\033[1;31mERROR\033[0m: disk\033[2J full\n' >>"$logs/exp/stdout.log"
	shows 'and when it is done; a screen that is told to clear itself does not' 'ERROR: disk full'
	screen_has '20%|##' && not_ok 'the bar shows its last state' "$($tm capture-pane -p)"
	type '/'
	type 'step 77/'
	shows 'a search finds' '▌step 77/'
	type Enter
	lines 2004 2300 >>"$logs/exp/stdout.log"
	screen_has '▌step 77/' || not_ok 'who has left the end stays where they are' "$($tm capture-pane -p)"
	type E
	shows 'the error before' '▌ERROR: disk full'
	type G
	shows 'G goes to the end' 'step 2300/9000'

	# the file goes away under the viewer's eyes, and another one comes
	mv "$logs/exp/stdout.log" "$logs/exp/stdout.log.1"
	printf 'begun anew\n' >"$logs/exp/stdout.log"
	shows 'rotated: the new one' 'begun anew'
	lines 1 300 >>"$logs/exp/stdout.log"
	shows 'and what it gets' 'step 300/9000'
	: >"$logs/exp/stdout.log"
	lines 5000 5001 >>"$logs/exp/stdout.log"
	shows 'cut to nothing' 'step 5001/9000'
	screen_has 'step 300/' && not_ok 'what was cut is gone' "$($tm capture-pane -p)"

	# a further rank appears by itself, and all are one
	lines 1 2 >"$logs/exp/stdout.rank1.log"
	shows 'a new file is told of' 'another file of this run'
	shows 'and counted' ' 1/3'
	type m
	shows 'all files as one' 'Log exp all 3 files'
	printf 'from rank one\n' >>"$logs/exp/stdout.rank1.log"
	shows 'each is followed' ' r1           from rank one'
	type m
	shows 'and back to one' ' 1/3'
	rm "$logs/exp/stdout.rank1.log"

	# whoever ingests is killed: the viewer's own child takes over, and the log goes on
	kill -9 "$ingester"
	wait "$ingester" 2>/dev/null
	ingester=
	lines 5002 5003 >>"$logs/exp/stdout.log"
	shows 'after the ingester was killed' 'step 5003/9000'
	lines 5004 5004 >>"$logs/exp/stdout.log"
	shows 'and on' 'step 5004/9000'

	# files besides
	printf 'a word from aside\n' >"$aside/note.txt"
	type ":attach $aside/note.txt" Enter
	shows 'a file that is named' 'a word from aside'
	printf 'and another\n' >>"$aside/note.txt"
	shows 'is followed too' 'and another'
	type q
	shows 'q closes it' 'Runs 1'
	type q
	until_true eval '! $tm has-session' || not_ok 'q leaves'
	# who closed the viewer closed its child
	until_true eval '! [ -s "$MM_STORE/lock" ]'
}

found()
{
	mkdir "$logs/exp" "$logs/logs"
	csv 0 9 >"$logs/exp/metrics.csv"
	printf 'srun: job 4711 queued\noutput_dir=logs/exp\nslurmstepd: error: *** JOB 4711 ON n1 CANCELLED AT 2024-01-01T00:00:00 DUE TO TIME LIMIT ***\n' \
		>"$logs/logs/slurm-4711.out"
	printf 'output_dir=logs/other\n' >"$logs/logs/slurm-4712.out"
	printf 'secret\n' >"$aside/secret"
	start
	sync_now
	has 'a batch job that names the directory' "$(ask texts "$logs/exp")" "$logs/logs/slurm-4711.out job"
	has 'another one is none' "$(ask texts "$logs/exp" | grep -c 4712)" 0
	has 'it is read' "$(ask text "$logs/exp" "$logs/logs/slurm-4711.out" lines 0 1)" 'srun:%20job%204711'
	is 'what is no text of the run is not' "$(ask text "$logs/exp" "$aside/secret" lines 0 1)" '7 err that is no text of this run'
	is 'nor by a way around' "$(ask text "$logs/exp" "$logs/logs/../../aside/secret" lines 0 1)" '7 err that is no text of this run'
	is 'nor of a run that is none' "$(ask text "$aside" "$aside/secret" lines 0 1)" '7 err that is no text of this run'
	is 'half a question is refused' "$(ask text "$logs/exp" "$logs/logs/slurm-4711.out" lines)" '7 err lines FROM N'
	has 'sources tells of it' "$("$MM" sources)" 'names its directory'
	has 'mm log prints it' "$("$MM" log exp)" 'output_dir=logs/exp'
	has 'and its errors, as JSON' "$("$MM" log --errors --json exp)" '"error": true, "text": "slurmstepd: error'
	is 'and where it is' "$("$MM" log --list --json exp | grep -c '"kind": "job"')" 1

	# for a pipe, followed and rotated
	lines 1 3 >"$logs/exp/stdout.log"
	sync_now
	: >"$TMP/followed" # of the mode before; the shell behind '&' may come too late
	"$MM" log -f -n 1 --file stdout.log exp >"$TMP/followed" 2>&1 &
	tail=$!
	until_true log_has 'step 3/9000'
	lines 4 5 >>"$logs/exp/stdout.log"
	printf 'half a li' >>"$logs/exp/stdout.log"
	until_true log_has 'step 5/9000'
	printf 'ne\n' >>"$logs/exp/stdout.log"
	until_true log_has 'half a line'
	mv "$logs/exp/stdout.log" "$logs/exp/stdout.log.1"
	printf 'new \033[31mfile\033[2J\n' >"$logs/exp/stdout.log"
	until_true log_has 'new file'
	is 'mm log -f' "$(cat "$TMP/followed")" "$(lines 3 5; echo 'half a line'; echo 'new file')"
	kill "$tail"
	wait "$tail" 2>/dev/null
	tail=
	stop
}

for mode in inotify poll; do
	scene $mode
	body=found
	found
	unscene
	command -v tmux >/dev/null || continue
	[ $mode = inotify ] || continue
	scene $mode
	body=followed
	followed
	unscene
done
done_testing

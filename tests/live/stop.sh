#!/bin/bash
# K on a run: says whose process it is, asks, sends TERM, then KILL; or runs a command; or says why not.
. tests/live/lib.sh
trainer=

cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$trainer" ] || kill -9 "$trainer" 2>/dev/null
	wait 2>/dev/null
}

# A trainer that holds its log open, and does not obey TERM if $1 says so.
train()
{
	rm -f "$TMP/never"
	mkfifo "$TMP/never"
	bash -c "${1:-:}; exec 5>>'$logs/a.csv' 4<>'$TMP/never'; printf 'step,loss\n0,1\n' >&5
		i=0; while :; do i=\$((i + 1)); echo \$i,0.5 >&5; read -t 0.1 <&4; done" &
	trainer=$!
	start
	known()
	{
		printf ':wait\nK\n:screen\n' | "$MM" --script - --size 150x20 "$logs" 2>/dev/null | grep -q 'stop a?\|KILL a?'
	}
	until_true known || not_ok 'the process is found'
}

dashboard()
{
	printf ':wait\n%s\n:screen\n' "$1" | "$MM" ${conf:+--config "$conf"} --script - --size 170x20 "$logs" 2>&1 | tail -n 1
}

dead()
{
	! kill -0 "$trainer" 2>/dev/null
}

asks()
{
	conf=
	train
	has 'it asks, and says what' "$(dashboard K)" "stop a? pid $trainer on "
	dashboard Kn >/dev/null
	is 'no is no' "$(kill -0 "$trainer" && echo alive)" alive
	has 'yes is TERM' "$(dashboard Ky)" "TERM to process $trainer: bash -c"
	until_true dead || not_ok 'it is gone'
	wait "$trainer" 2>/dev/null
	is 'by TERM' $? 143
	trainer=
	has 'it is noted' "$(cat "$HOME"/.local/share/mm/journal/*.jsonl)" '"stops/'
}

insists()
{
	conf=
	train "trap '' TERM"
	out=$(dashboard KyKy)
	has 'K again is KILL' "$out" "KILL to process $trainer"
	until_true dead || not_ok 'it is gone'
	wait "$trainer" 2>/dev/null
	is 'by KILL' $? 137
	trainer=
}

commands()
{
	printf 'step,loss\n0,1\n' >"$logs/a.csv"
	start
	sync_now
	conf=
	has 'without process or command it says why' "$(dashboard K)" 'cannot stop a: no process of it is known here'
	conf=$TMP/mm.conf
	printf '[stop]\ncommand = %s {job}\n' "$TMP/cancel" >"$conf"
	has 'a command that wants what is not known' "$(dashboard K)" 'cannot stop a: its job is not known'
	printf '#!/bin/sh\necho "$#: $1" >"%s"; echo done\n' "$TMP/cancelled" >"$TMP/cancel"
	chmod +x "$TMP/cancel"
	stop
	scene inotify
	mkdir "$logs/b"
	printf 'slurm_job_id: 4711 $(x)\n' >"$logs/b/hparams.yaml"
	printf 'step,loss\n0,1\n' >"$logs/b/metrics.csv"
	start
	sync_now
	printf ':wait\nKy\n' | "$MM" --config "$conf" --script - "$logs" >"$TMP/screen" 2>&1
	until_true test -s "$TMP/cancelled" || :
	is 'one that is known is a word of it' "$(cat "$TMP/cancelled" 2>/dev/null)" '1: 4711 $(x)'
}

for body in asks insists commands; do
	scene inotify
	$body
	stop
done
done_testing

#!/bin/bash
# The demo's run that diverges reaches a hook, a webhook and the screen; a restart repeats nothing; a trainer that is
# killed is reported once.
. tests/live/lib.sh
told=$TMP/told
server=
trainer=

cleanup()
{
	for p in $ingester $server $trainer; do kill -9 "$p" 2>/dev/null; done
	wait 2>/dev/null
}

train()
{
	"$B/tests/demo/main" --out "$logs" --pace 400 --steps "$2" --only "$1" >/dev/null 2>&1 &
	trainer=$!
}

go()
{
	start --config "$TMP/mm.conf" "$logs"
}

# fired RULE RUN: how often the hook was told
fired()
{
	grep -c "^fire $1 .*$2$" "$told" 2>/dev/null
}

is_told()
{
	[ "$(fired "$1" "$2")" -ge 1 ]
}

posted()
{
	grep -q '"alertname":"loss-nonfinite"' "$TMP"/web/body.*
}

scene inotify
body=demo
mkdir -p "$TMP/web"
"$B/tests/live/server" "$TMP/web" &
server=$!
until_true test -s "$TMP/web/port" || not_ok 'the server listens'
cat >"$TMP/hook" <<END
#!/bin/sh
echo "\$MM_EVENT \$MM_RULE \$MM_RUN" >>"$told"
END
chmod +x "$TMP/hook"
cat >"$TMP/mm.conf" <<END
[notify hook]
type = exec
command = $TMP/hook
min_severity = info
[notify web]
type = webhook
url = http://127.0.0.1:$(cat "$TMP/web/port")/ok
END
chmod 600 "$TMP/mm.conf"

go
train 'waves/lr=10' 2000
if until_true is_told loss-nonfinite 'waves/lr=10'; then
	ok 'the hook hears of the run that diverges'
else
	not_ok 'the hook hears of the run that diverges'
fi
until_true posted && ok 'so does the webhook' || not_ok 'so does the webhook'
screen=$(printf ':wait\n:screen\n' | "$MM" --script - --size 160x50 "$logs" 2>/dev/null)
has 'and the screen' "$screen" 'loss-nonfinite'
wait "$trainer" 2>/dev/null
trainer=
sync_now
stop
before=$(fired loss-nonfinite 'waves/lr=10')
go
sync_now
is 'a restart repeats nothing' "$(fired loss-nonfinite 'waves/lr=10')" "$before"

train 'spirals/lr=0.1' 500000
alive()
{
	"$MM" runs --as-is --json | grep '"spirals/lr=0.1"' | grep -q '"state": "running"'
}
until_true alive || not_ok 'a second trainer runs'
# The ingester has to have seen whose log it is: K knows it then.
known()
{
	printf ':wait\n:goto spirals\nK\n:screen\n' | "$MM" --script - --size 160x50 "$logs" 2>/dev/null | grep -q 'pid [0-9]* on'
}
until_true known || not_ok 'whose process is known'
kill -9 "$trainer"
wait "$trainer" 2>/dev/null
trainer=
until_true is_told '[a-z]*' 'spirals/lr=0.1' || :
is 'a trainer that is killed is reported' "$(grep 'spirals/lr=0.1$' "$told" | cut -d' ' -f1,2)" 'fire failed'
stop
go
sync_now
stop
is 'once' "$(grep -c '^fire .*spirals/lr=0.1$' "$told")" 1
done_testing

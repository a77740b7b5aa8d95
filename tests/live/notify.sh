#!/bin/bash
# Alerts reach hooks and webhooks: once, whatever is killed; whatever they answer; whatever the names.
. tests/live/lib.sh
hook=$TMP/hook
told=$TMP/told
server=
port=

cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	[ -z "$server" ] || kill -9 "$server" 2>/dev/null
	wait 2>/dev/null
}

# A hook that notes its event and id, a line each time, and then does what $1 says.
write_hook()
{
	cat >"$hook" <<END
#!/bin/sh
echo "\$MM_EVENT \$MM_RULE \$(basename "\$MM_RUN") \$MM_EPISODE" >>"$told"
$1
END
	chmod +x "$hook"
}

conf()
{
	cat >"$TMP/mm.conf"
	chmod 600 "$TMP/mm.conf"
}

go()
{
	start --config "$TMP/mm.conf" "$logs"
}

told_lines()
{
	[ "$(grep -c . "$told" 2>/dev/null)" -ge "$1" ]
}

events()
{
	cut -d' ' -f"${1:-1-3}" "$told" 2>/dev/null
}

serve()
{
	mkdir -p "$TMP/web"
	rm -f "$TMP"/web/*
	"$B/tests/live/server" "$TMP/web" &
	server=$!
	until_true test -s "$TMP/web/port" || not_ok 'the server listens'
	port=$(cat "$TMP/web/port")
}

unserve()
{
	kill -9 "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	server=
}

requests()
{
	[ "$(grep -c "$1" "$TMP/web/requests" 2>/dev/null)" -ge "$2" ]
}

once_and_over()
{
	write_hook 'cat >>"$0.json"'
	rm -f "$hook.json"
	conf <<END
[alert high]
metric = loss
when = value > 10
[notify hook]
type = exec
command = $hook "two words"
END
	printf 'step,loss\n0,1\n' >"$logs/a.csv"
	go
	echo 1,20 >>"$logs/a.csv"
	until_true told_lines 1 || :
	is 'a hook hears what fires' "$(events)" 'fire high a'
	echo 2,1 >>"$logs/a.csv"
	until_true told_lines 2 || :
	is 'and that it is over' "$(events)" $'fire high a\nresolve high a'
	has 'it gets an object' "$(head -n1 "$hook.json")" '"event":"fire"'
	echo 3,30 >>"$logs/a.csv"
	until_true told_lines 3 || :
	stop
	go
	echo 4,31 >>"$logs/a.csv"
	sync_now
	stop
	is 'a restart repeats nothing' "$(events 1)" $'fire\nresolve\nfire'
	# Fires and stays, is over while nobody watches.
	echo 5,1 >>"$logs/a.csv"
	go
	until_true told_lines 4 || :
	is 'what ended meanwhile is told' "$(events 1)" $'fire\nresolve\nfire\nresolve'
}

# The hook kills the ingester before it has done anything; after it has; and one that ends badly.
killed()
{
	conf <<END
[notify hook]
type = exec
command = $hook
END
	write_hook 'kill -9 $PPID; exit 0'
	printf 'step,loss\n0,1\n' >"$logs/a.csv"
	go
	echo 1,nan >>"$logs/a.csv"
	until_true told_lines 1 || :
	wait "$ingester" 2>/dev/null
	ingester=
	write_hook 'exit 0'
	go
	until_true told_lines 2 || :
	sync_now
	stop
	go
	sync_now
	stop
	is 'killed between hook and commit: told again, once' "$(events 1-3)" \
		$'fire loss-nonfinite a\nfire loss-nonfinite a'
	is 'under the same id' "$(events 4 | sort -u | wc -l)" 1
	is 'nothing waits' "$("$MM" status --as-is --json | grep -o '"waiting": [0-9]*')" '"waiting": 0'
}

# Killed at whatever moment it happens to be: never is nothing told, never under two ids.
killed_anywhere()
{
	conf <<END
[notify hook]
type = exec
command = $hook
END
	write_hook 'exit 0'
	local i
	for i in 1 2 3 4 5 6 7 8; do
		printf 'step,loss\n0,1\n' >"$logs/r$i.csv"
		go
		# A run that nobody ever saw before is history to the next ingester, and not told of.
		sync_now
		echo 1,nan >>"$logs/r$i.csv"
		# From at once to well after.
		sleep "0.0$((i - 1))"
		kill -9 "$ingester"
		wait "$ingester" 2>/dev/null
		ingester=
	done
	go
	sync_now
	all_told()
	{
		[ "$(events 3 | sort -u | wc -l)" = 8 ]
	}
	until_true all_told || :
	is 'every run was told of' "$(events 3 | sort -u | xargs)" 'r1 r2 r3 r4 r5 r6 r7 r8'
	is 'each under one id' "$(sort -u "$told" | wc -l)" 8
	is 'the store is in order' "$("$MM" check 2>&1 | sed 's/.*: //')" 'everything is in order'
}

answers()
{
	serve
	write_hook 'exit 75'
	conf <<END
[notify ok]
type = webhook
url = http://127.0.0.1:$port/ok
[notify flaky]
type = webhook
url = http://127.0.0.1:$port/flaky
[notify busy]
type = webhook
format = slack
url = http://127.0.0.1:$port/busy
[notify moved]
type = webhook
url = http://127.0.0.1:$port/moved
[notify bad]
type = webhook
url = http://127.0.0.1:$port/bad
[notify slow]
type = webhook
limit = 1s
url = http://127.0.0.1:$port/slow
[notify tls]
type = webhook
url = https://127.0.0.1:$port/tls
[notify refused]
type = webhook
url = http://127.0.0.1:1/refused
[notify again]
type = exec
command = $hook
[notify missing]
type = exec
command = /nonexistent/program
END
	printf 'step,loss\n0,1\n' >"$logs/a.csv"
	go
	echo 1,nan >>"$logs/a.csv"
	until_true requests /ok 1 && until_true requests /flaky 2 && until_true requests /busy 2 || :
	until_true requests /slow 2 && until_true told_lines 2 || :
	is '200: once' "$(grep -c 'POST /ok ' "$TMP/web/requests")" 1
	is '500: again, and then no more' "$(grep -c 'POST /flaky ' "$TMP/web/requests")" 2
	is '429: again, and then no more' "$(grep -c 'POST /busy ' "$TMP/web/requests")" 2
	is 'a redirection is not followed' "$(grep -c '/ok/moved' "$TMP/web/requests")" 0
	is '400: not again' "$(grep -c 'POST /bad ' "$TMP/web/requests")" 1
	is 'nothing was posted in the clear' "$(grep -c '/tls' "$TMP/web/requests")" 0
	has 'a slow server is given up' "$(cat "$TMP/log")" 'slow was not told'
	has 'a program that is missing is said' "$(cat "$TMP/log")" 'missing was not told'
	has 'a port where nobody is, too' "$(cat "$TMP/log")" 'refused was not told'
	has 'and what is no TLS' "$(cat "$TMP/log")" 'tls was not told'
	is 'no address is in the log' "$(grep -c "127.0.0.1:$port/" "$TMP/log")" 0
	# Through all this points were read.
	echo 2,1 >>"$logs/a.csv"
	sync_now
	is 'and nobody waited for them' "$(points a | tail -n1)" 2,1
	local body
	body=$(cat "$TMP"/web/body.* | tr -d '\n')
	has 'the body is Alertmanager'"'s" "$body" '"version":"4"'
	has 'or Slack'"'s" "$body" '"text":"crit: loss-nonfinite'
	stop
	unserve
}

# Names of files and metrics that would do harm if anybody let them (test 55).
names()
{
	serve
	# Four may run at once: each writes in one go.
	write_hook 'hex=$(printf %s "$MM_RUN" | od -An -v -tx1 | tr -d " \n"); echo "$hex" >>"$0.run"; json=$(cat); printf "%s\n" "$json" >>"$0.json"'
	rm -f "$hook.json" "$hook.run" "$TMP/pwned"
	conf <<END
[notify hook]
type = exec
command = $hook
[notify slack]
type = webhook
format = slack
url = http://127.0.0.1:$port/ok/slack
group_wait = 100ms
[notify ntfy]
type = webhook
format = ntfy
url = http://127.0.0.1:$port/ok/topic
group_wait = 100ms
END
	go
	local list=($'\e]0;pwn\a' $'\xc2\x9b2J' $'\xe2\x80\xaex' $'a\rb' '-u' '$(touch '"${TMP//\//_}"')' '`id`' '"; rm' "'; rm" '@everyone' '<!channel>' $'a\nX: 1' $'bad\xff')
	local n
	for n in "${list[@]}"; do
		printf 'step,loss\n0,1\n1,nan\n' >"$logs/$n.csv"
	done
	sync_now
	for n in "${list[@]}"; do
		echo 2,nan >>"$logs/$n.csv"
	done
	all_of_them()
	{
		[ "$(wc -l <"$hook.run")" -ge ${#list[@]} ] && [ "$(grep -ho 'loss-nonfinite' "$TMP"/web/body.* | wc -l)" -ge 26 ]
	}
	until_true all_of_them || :
	is 'each name reaches the hook as it is' "$(sort "$hook.run")" \
		"$(for n in "${list[@]}"; do printf %s "$logs/$n" | od -An -v -tx1 | tr -d ' \n'; echo; done | sort)"
	is 'no control character is in any body' \
		"$(cat "$TMP"/web/body.* "$hook.json" | LC_ALL=C tr -d '\n' | LC_ALL=C grep -c '[[:cntrl:]]')" 0
	is 'nothing calls a channel' "$(grep -h '^{"text"' "$TMP"/web/body.* | grep -c '<!channel>')" 0
	is 'though it is spoken of' "$(grep -h '^{"text"' "$TMP"/web/body.* | grep -o '&lt;!channel&gt;' | sort -u)" '&lt;!channel&gt;'
	is 'the topic is no part of the address' "$(grep -c 'POST /ok/topic' "$TMP/web/requests")" 0
	is 'and nothing was executed' "$(ls "$logs" "$TMP" | grep -c '^pwned')" 0
	is 'the log shows no escape sequence' "$(LC_ALL=C grep -c $'[\e\x9b\a]' "$TMP/log")" 0
	stop
	unserve
}

for scene in once_and_over killed killed_anywhere answers names; do
	body=$scene
	rm -f "$told"
	scene inotify
	$scene
	stop
done
done_testing

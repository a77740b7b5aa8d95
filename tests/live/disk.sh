#!/bin/bash
# A small file system fills up under a training: it is told once, and when there is room again.
# File systems are asked twice a minute, and by an ingester that begins: this one begins anew.
. tests/live/lib.sh
told=$TMP/told
hook=$TMP/hook

cleanup()
{
	[ -z "$ingester" ] || kill -9 "$ingester" 2>/dev/null
	mountpoint -q "$TMP/logs/disk" && umount -l "$TMP/logs/disk"
	wait 2>/dev/null
}

# What is logged while it watches: file systems are asked while something trains.
trains()
{
	stop
	start --config "$TMP/mm.conf" "$logs"
	rows "$1" "$1" >>"$logs/disk/metrics.csv"
	sync_now
}

# Of that file system: the one of the store may be short of room too.
told_of_it()
{
	grep -F "$logs" "$told" 2>/dev/null | cut -d' ' -f1 | xargs
}

told_is()
{
	[ "$(told_of_it)" = "$1" ]
}

fills_up()
{
	mkdir "$logs/disk"
	if ! mount -t tmpfs -o size=4m mm-test "$logs/disk" 2>/dev/null; then
		echo '# nothing may be mounted'
		exit 77
	fi
	cat >"$TMP/mm.conf" <<END
[alert disk-low]
when = disk_free < 5%
clear = disk_free > 8%
for = 0s
keep = 0s
[notify hook]
type = exec
command = $hook
END
	chmod 600 "$TMP/mm.conf"
	printf '#!/bin/sh\n[ "$MM_RULE" = disk-low ] && echo "$MM_EVENT $MM_RUN" >>"%s"\nexit 0\n' "$told" >"$hook"
	chmod +x "$hook"
	csv 0 9 >"$logs/disk/metrics.csv"
	trains 10
	is 'with room nothing is told' "$(told_of_it)" ''
	head -c 4000000 /dev/zero >"$logs/disk/checkpoint.bin"
	trains 11
	until_true told_is fire || :
	is 'a full one is' "$(told_of_it)" fire
	has 'it is in the list' "$("$MM" alerts --as-is --json | grep '"run": "disk"')" '"rule": "disk-low"'
	trains 12
	is 'once, over a restart too' "$(told_of_it)" fire
	rm "$logs/disk/checkpoint.bin"
	trains 13
	until_true told_is 'fire resolve' || :
	is 'and that there is room again' "$(told_of_it)" 'fire resolve'
	is 'nothing of the log was lost' "$(points disk)" "$(rows 0 13)"
	stop
	umount "$logs/disk"
}

scene inotify
body=fills_up
fills_up
unscene
done_testing

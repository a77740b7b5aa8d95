#!/bin/bash
# A sweep of 1,000 runs and a run of 2,000 series.
. tests/screen/lib.sh

mkdir -p "$TMP/sweep" "$TMP/wide/model"
awk -v dir="$TMP/sweep" 'BEGIN {
	for (r = 0; r < 1000; r++) {
		d = sprintf("%s/lr=%g/wd=%g/seed%d", dir, 10 ^ -(1 + r % 5), (int(r / 5) % 10) / 100, int(r / 50))
		if (system("mkdir -p " d))
			exit 1
		f = d "/metrics.csv"
		print "step,train/loss,val/acc" >f
		for (i = 0; i < 8; i++)
			printf "%d,%.4f,%.4f\n", i * 100, 2 / (1 + i * (1 + r % 7) / 3), 0.9 - 0.8 / (1 + i * (1 + r % 3)) >f
		close(f)
	}
}' || exit 1
find "$TMP/sweep" -name metrics.csv -exec touch -d "@$((MM_NOW - 86400))" {} +
awk 'BEGIN {
	printf "step,train/loss,val/acc,lr"
	for (i = 0; i < 1000; i++)
		printf ",layers.%d.grad_norm", i
	for (i = 0; i < 900; i++)
		printf ",weights/w%c%c", 97 + i / 30, 97 + i % 26
	for (i = 0; i < 96; i++)
		printf ",metric_%c%d", 97 + i % 26, i
	print ""
	for (s = 0; s < 12; s++) {
		printf "%d,%.3f,%.3f,%g", s * 10, 2 / (s + 1), 1 - 1 / (s + 1.5), 0.001
		for (i = 0; i < 1996; i++)
			printf ",%.3f", 1 + ((i * 31 + s * 17) % 97) / 97
		print ""
	}
}' >"$TMP/wide/model/metrics.csv"
written 60 "$TMP/wide/model/metrics.csv"
"$MM" watch --once "$TMP/sweep" "$TMP/wide" >/dev/null || exit 1

screen --size 80x24 --as-is "$TMP/sweep" <<-'END'
	:screen
END
golden large-sweep "a thousand runs, folded"
shows "all of them are counted" "1000 runs"
screen --size 80x24 --as-is "$TMP/sweep" <<-'END'
	l j l j j
	:screen
END
golden large-unfolded "unfolded twice"
screen --size 80x24 --as-is "$TMP/sweep" <<-'END'
	/ s e e d 7 <Enter>
	:screen
END
golden large-filter "filtered"
screen --size 80x24 --as-is "$TMP/wide" <<-'END'
	:screen
END
golden large-series "two thousand series"
screen --size 80x24 --as-is "$TMP/wide" <<-'END'
	<Tab> <Tab> G
	:screen
END
golden large-series-end "the last of them"
finish

#!/bin/bash
# mm plot: what it draws, how large, what it refuses.
. tests/cli/lib.sh
logs=$TMP/logs
run_csv "$logs/a/metrics.csv" 100
run_csv "$logs/b/metrics.csv" 40
mkdir -p "$logs/keras" "$logs/nan"
awk 'BEGIN { print "epoch,loss"; for (i = 0; i < 12; i++) printf "%d,%.3f\n", i, 3 - i / 6 }' \
	>"$logs/keras/training.csv"
printf 'step,loss\n0,1\n1,nan\n2,nan\n3,0.5\n' >"$logs/nan/metrics.csv"
unset COLUMNS
rows() { printf '%s\n' "$out" | wc -l; }
widest() { printf '%s\n' "$out" | wc -L; }

exits 'one series' 0 "$MM" plot --root "$logs" a:loss
is 'title, 20 rows, legend' "$(rows)" 22
has 'title with the goal' "$out" 'a:loss ↓'
has 'braille' "$out" '⣀'
has 'the unit of x' "$out" 'step'
has 'the last step' "$out" '99'
has 'the last value' "$out" 'last 0.01000 at 99'
hasnt 'no colours in a pipe' "$out" $'\033'
is '80 columns unless told otherwise' "$([ "$(widest)" -le 80 ] && echo yes)" yes

exits 'another size' 0 "$MM" plot -W 40 -H 6 --root "$logs" a:loss
is 'title, 6 rows, legend' "$(rows)" 8
is '40 columns' "$([ "$(widest)" -le 40 ] && echo yes)" yes
exits 'the environment says the width' 0 env COLUMNS=30 "$MM" plot --root "$logs" a:loss
is '30 columns' "$([ "$(widest)" -le 30 ] && echo yes)" yes
exits 'the smallest' 0 "$MM" plot -W 12 -H 3 --root "$logs" a:loss

exits 'ASCII' 0 "$MM" plot --ascii --root "$logs" a:loss
is 'nothing but ASCII' "$(printf '%s' "$out" | LC_ALL=C tr -d '\n -~' | wc -c)" 0
exits 'colours when asked for' 0 "$MM" plot --color always --root "$logs" a:loss
has 'an escape' "$out" $'\033['
exits 'none when told so' 0 env NO_COLOR=1 "$MM" plot --root "$logs" a:loss
hasnt 'none' "$out" $'\033'

exits 'several' 0 "$MM" plot --root "$logs" 'a:loss' 'b:loss'
is 'a line of the legend each' "$(rows)" 23
has 'the metric is the title' "$(printf '%s\n' "$out" | head -1)" 'loss ↓'
has 'lines without colours have letters' "$out" $'\nb b  '
exits 'by pattern' 0 "$MM" plot --root "$logs" '[ab]:*loss'
is 'two of them' "$(rows)" 23
exits 'the unambiguous form' 0 "$MM" plot --root "$logs" --run a --metric val/acc
has 'its title' "$out" 'a:val/acc ↑'

exits 'in colour they have none' 0 "$MM" plot --color always --root "$logs" '[ab]:*loss'
has 'but a colour' "$out" '─'

mkdir -p "$logs/many"
awk 'BEGIN { print "step,epoch,train_loss,val_loss,val_acc,lr"
	for (i = 0; i < 50; i++) printf "%d,%d,%.4f,%.4f,%.4f,%g\n", i, i / 10, 1 / (i + 1), 1.2 / (i + 1), i / 50, 1e-3 }' \
	>"$logs/many/metrics.csv"
exits 'a run without a metric is drawn as the dashboard does' 0 "$MM" plot -H 6 --root "$logs" many
is 'a chart for each measure, the telling ones first' "$(printf '%s\n' "$out" | grep '^many:')" \
	$'many:val_acc ↑\nmany:loss ↓\nmany:lr'
hasnt 'housekeeping is not drawn unasked' "$out" 'epoch '
exits 'what is named is one chart' 0 "$MM" plot -H 6 --root "$logs" many:val_acc many:lr
is 'a title, a chart, a legend' "$(rows)" 9
exits 'housekeeping alone' 0 "$MM" plot -H 6 --root "$logs" many:epoch
has 'when asked for' "$out" 'many:epoch'

# an older attempt is RUN#N
mkdir -p "$logs/again"
printf 'step,loss\n0,5\n1,4\n' >"$logs/again/metrics.csv"
exits 'the first attempt' 0 "$MM" watch --once "$logs"
rm "$logs/again/metrics.csv"
exits 'is gone' 0 "$MM" watch --once "$logs"
printf 'step,loss,acc\n0,3,.1\n1,2,.2\n2,1,.3\n' >"$logs/again/metrics.csv"
exits 'both' 0 "$MM" plot -H 5 --root "$logs" again#1:loss again:loss
has 'the older' "$out" $'\na again#1  last 4 at 1'
has 'the newer' "$out" $'\nb again    last 1 at 2'
exits 'its points' 0 "$MM" export --json --root "$logs" again#1
is 'are of it alone' "$(printf '%s\n' "$out" | sed 's/.*"attempt"/"attempt"/' | sort | uniq -c | tr -s ' ')" ' 2 "attempt": 1}'
exits 'a metric that came later' 1 "$MM" plot --root "$logs" again#1:acc
has 'is not in it' "$err" 'run again#1 has no metric acc;'
exits 'too many' 1 "$MM" plot --root "$logs" again#7:loss
has 'says how many' "$err" 'run again has 2 attempts'

# an axis of time that passes midnight says which days
mkdir -p "$logs/night"
awk 'BEGIN { print "step,time,loss"; for (i = 0; i < 20; i++) printf "%d,%d,%g\n", i, 1741989600 + 900 * i, 1 / (i + 1) }' \
	>"$logs/night/metrics.csv"
exits 'an axis of time' 0 "$MM" plot --utc -W 60 -H 6 --x wall --root "$logs" night:loss
has 'its first day' "$out" '03-14 22:00'
has 'and its last' "$out" '03-15 '

exits 'units do not share an axis' 0 "$MM" plot -H 8 --root "$logs" a:loss keras:loss
is 'two charts' "$(rows)" 19
has 'of steps' "$out" ' step '
has 'and of epochs' "$out" ' epoch '
exits 'but one of time' 0 "$MM" plot -H 8 --x relative --root "$logs" a:loss keras:loss
is 'one chart' "$(rows)" 11
has 'since when' "$out" 'since start'

exits 'NaN is marked' 0 "$MM" plot -W 70 -H 6 --root "$logs" nan:loss
has 'a cross' "$out" '×'
has 'and counted' "$out" '2 not finite'
exits 'a logarithmic axis' 0 "$MM" plot --log -H 12 --root "$logs" a:loss
has 'a power of ten' "$out" ' 0.1 '
mkdir -p "$logs/cos" "$logs/mlaos/version_1"
printf 'step,grad_cos\n0,0.5\n1,-0.5\n2,0\n3,0.1\n4,-0.1\n' >"$logs/cos/metrics.csv"
exits 'a logarithmic axis where not all has a place' 0 "$MM" plot --log -H 12 --root "$logs" cos:grad_cos
is 'says how much has none' "$err" \
	'mm: cos:grad_cos: 3 of 5 values are 0 or less: a logarithmic axis has no place for them'
exits 'a linear one' 0 "$MM" plot -H 12 --root "$logs" cos:grad_cos
is 'has nothing to say' "$err" ''
run_csv "$logs/mlaos/version_1/metrics.csv" 5
exits 'one run' 0 "$MM" plot --root "$logs" version_1:loss
has 'its line is called by the metric' "$(printf '%s\n' "$out" | tail -1)" '─ loss  last'
rm -r "$logs/cos" "$logs/mlaos"
exits 'smoothed' 0 "$MM" plot --smooth 0.9 --root "$logs" a:loss
has 'says so' "$out" '~0.9'
exits 'the last half' 0 "$MM" plot --last 0.5 --root "$logs" a:loss
has 'from the middle on' "$(printf '%s\n' "$out" | tail -2 | head -1)" ' 49'

exits 'no run' 1 "$MM" plot --root "$logs" zzz:loss
exits 'no metric' 1 "$MM" plot --root "$logs" a:nothing
exits 'nothing named' 2 "$MM" plot --root "$logs"
for bad in '-W 3' '-W x' '-W 99999' '-H 0' '--smooth 1' '--smooth -1' '--x epoch' '--y most' \
	'--last 0' '--log --linear' '--nonsense'; do
	# shellcheck disable=SC2086
	exits "mm plot $bad" 2 "$MM" plot $bad --root "$logs" a:loss
	has "$bad: a sentence" "$err" 'mm: '
done
is 'a full disk is said' "$("$MM" plot --root "$logs" a:loss 2>&1 >/dev/full)" \
	'mm: cannot write to standard output: No space left on device'
done_testing

#!/bin/bash
# What a run was told, beside its log: it makes no run, and may be there before the log or come after it.
. tests/live/beside.sh
logs=$TMP/logs
mkdir -p "$logs/a" "$logs/b" "$logs/none" "$logs/c/checkpoint-5" "$logs/d"
params() { "$MM" runs --json --as-is --root "$logs" "$1" | sed -n 's/.*"params": \({[^}]*}\).*/\1/p'; }
printf 'model: {lr: 0.1, layers: [1, 2]}\nname: "x y"\nnone: null\n' >"$logs/a/config.yaml"
printf 'lr: 0.5\n' >"$logs/none/config.yaml"
printf '{"hidden": 7, "act": "gelu", "deep": {"a": true}}\n' >"$logs/d/config.json"
printf '{"hidden": 7}\n' >"$logs/c/checkpoint-5/config.json"
watch "$logs"
settle "$logs"
is 'configuration is no run' "$("$MM" runs --json --as-is --root "$logs" | wc -l)" 0

has 'and says why' "$("$MM" sources --json --all --as-is --root "$logs")" 'but its directory is none'

run_csv "$logs/a/metrics.csv" 3
run_csv "$logs/b/metrics.csv" 3
run_csv "$logs/c/metrics.csv" 3
run_csv "$logs/d/exp1.csv" 3
settle "$logs"
settle "$logs"
is 'it was there before the log' "$(params a)" \
	'{"model/layers/0": "1", "model/layers/1": "2", "model/lr": "0.1", "name": "x y"}'
is 'four runs' "$("$MM" runs --json --as-is --root "$logs" | wc -l)" 4
is 'a checkpoint describes itself' "$(params c)" '{}'
is 'a run that shares its directory' "$(params exp1)" '{}'

mkdir -p "$logs/e/.hydra" "$logs/e/.git"
printf 'lr: 0.25\nmodel:\n  depth: 3\n' >"$logs/e/.hydra/config.yaml"
printf 'hydra:\n  job: {name: train}\n' >"$logs/e/.hydra/hydra.yaml"
printf 'seed: 1\n' >"$logs/e/.git/config.yaml"
run_csv "$logs/e/metrics.csv" 3
settle "$logs"
settle "$logs"
is 'what Hydra keeps beside it' "$(params e)" '{"lr": "0.25", "model/depth": "3"}'

printf 'epochs: 300\nlr: 1e-3\n' >"$logs/b/args.yaml"
settle "$logs"
is 'it came behind the log' "$(params b)" '{"epochs": "300", "lr": "1e-3"}'
printf 'epochs: 400\nlr: 1e-3\n' >"$logs/b/args.yaml"
settle "$logs"
is 'the newest value wins' "$(params b)" '{"epochs": "400", "lr": "1e-3"}'
has 'it is among the sources' "$("$MM" sources --json --as-is --root "$logs" "$logs/b/args.yaml")" '"format": "params"'
kill $watcher
wait $watcher
printf 'batch: 16\n' >"$logs/b/opt.yaml"
"$MM" watch --once "$logs" >/dev/null
is 'one that came while nobody watched' "$(params b)" '{"batch": "16", "epochs": "400", "lr": "1e-3"}'
exits 'the store is whole' 0 "$MM" check
done_testing

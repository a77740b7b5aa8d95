#!/bin/bash
# MLflow's file store while it is written: a metric a file, a line a point; the status in meta.yaml.
. tests/live/beside.sh
logs=$TMP/logs
id=0123456789abcdef0123456789abcdef
run=$logs/mlruns/0/$id
meta() { # STATUS
	printf 'artifact_uri: x\nend_time: null\nlifecycle_stage: active\nrun_id: %s\nrun_name: %s\nstatus: %s\n' \
		$id 'proud-owl-7' "$1" >"$run/meta.yaml.new"
	mv "$run/meta.yaml.new" "$run/meta.yaml"
}
json() { "$MM" runs --json --as-is --root "$logs"; }
mkdir -p "$run"/{metrics/val,params,tags,artifacts} "$logs/mlruns/0/models/m-$id"/{metrics,params}
printf 'artifact_location: x\nexperiment_id: 0\nlifecycle_stage: active\n' >"$logs/mlruns/0/meta.yaml"
watch "$logs"
meta 1
printf '0.01' >"$run/params/lr"
printf 'blue' >"$run/tags/team"
printf 'me' >"$run/tags/mlflow.user"
printf '1700000000000 0.9 0\n' >"$logs/mlruns/0/models/m-$id/metrics/acc"
settle "$logs"
is 'one run, before its first point' "$(json | wc -l)" 1
has 'its name' "$(json)" '"name": "proud-owl-7"'
has 'what it was told' "$(json)" '"params": {"lr": "0.01", "tags/team": "blue"}'

for i in 0 1 2; do
	printf '%d 0.%d %d\n' $((1700000000000 + i * 1000)) $((5 - i)) $i >>"$run/metrics/loss"
	printf '%d 0.%d %d\n' $((1700000000000 + i * 1000)) $((5 + i)) $i >>"$run/metrics/val/acc"
	settle "$logs"
done
printf '1700000003000 0.' >>"$run/metrics/loss"
settle "$logs"
is 'every line, once' "$(metric "$logs" "*" loss points) $(metric "$logs" "*" loss last) $(metric "$logs" "*" val/acc last)" '3 0.3 0.7'
printf '25 3\n' >>"$run/metrics/loss"
settle "$logs"
is 'a line in two pieces' "$(metric "$logs" "*" loss points) $(metric "$logs" "*" loss last)" '4 0.25'
meta 3
settle "$logs"
has 'it says that it is done' "$(json)" '"state": "finished"'
has 'the time is the log'"'"'s' "$(json)" '"last_time": 1700000003'
kill $watcher
wait $watcher
printf '1700000004000 0.125 4\n' >>"$run/metrics/loss"
"$MM" watch --once "$logs" >/dev/null
is 'what came while nobody watched' "$(metric "$logs" "*" loss points) $(metric "$logs" "*" loss last_step)" '5 4'
is 'still one run' "$(json | wc -l)" 1
exits 'the store is whole' 0 "$MM" check
done_testing

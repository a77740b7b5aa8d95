#!/bin/bash
# A run that was told how many epochs there are and whose rows name both epoch and step (Lightning): how far it is.
. tests/cli/lib.sh
logs=$TMP/logs

# lightning NAME EPOCHS OF: rows each 5 of 20 steps of an epoch, and one at the end of each
lightning() {
	local dir=$logs/$1/lightning_logs/version_0 epoch step
	mkdir -p "$dir"
	{
		echo 'epoch,step,train_loss,val_loss'
		for ((epoch = 0; epoch < $2; epoch++)); do
			for ((step = epoch * 20 + 4; step < epoch * 20 + 20; step += 5)); do
				echo "$epoch,$step,0.$((999 - step)),"
			done
			echo "$epoch,$((epoch * 20 + 19)),,0.$((999 - epoch))"
		done
	} >"$dir/metrics.csv"
	printf 'max_epochs: %s\nlr: 0.1\n' "$3" >"$dir/hparams.yaml"
	touch -d '2024-05-01 12:00' "$dir"/*
}

state() {
	"$MM" runs --json --as-is --root "$logs" "$1" |
		sed 's/.*"state": "\([a-z]*\)".*"total": \([a-z0-9]*\).*"params": \({[^}]*}\).*/\1 \2 \3/'
}

lightning whole 5 5
lightning short 3 5
lightning one 1 5
"$MM" watch --once "$logs" >/dev/null
is 'all of its epochs' "$(state whole)" 'finished 100 {"lr": "0.1", "max_epochs": "5"}'
is 'three of five' "$(state short)" 'lost 100 {"lr": "0.1", "max_epochs": "5"}'
is 'one epoch does not tell how long it was' "$(state one)" 'unknown null {"lr": "0.1", "max_epochs": "5"}'

# It is rewritten with each row; what is known of its epochs goes on, in another process too.
lightning one 4 5
"$MM" watch --once "$logs" >/dev/null
is 'epochs that were seen later' "$(state one)" 'lost 100 {"lr": "0.1", "max_epochs": "5"}'
printf 'max_epochs: 4\n' >"$logs/one/lightning_logs/version_0/hparams.yaml"
"$MM" watch --once "$logs" >/dev/null
is 'what it was told came after its rows' "$(state one)" 'finished 80 {"lr": "0.1", "max_epochs": "4"}'
printf 'max_epochs: 4\nmax_steps: 1000\n' >"$logs/one/lightning_logs/version_0/hparams.yaml"
"$MM" watch --once "$logs" >/dev/null
has 'steps that it was told count' "$(state one)" 'lost 1000 '
exits 'the store is whole' 0 "$MM" check
done_testing

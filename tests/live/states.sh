#!/bin/bash
# What became of a run, by evidence: a log of each kind that says it, or the silence of one.
. tests/live/beside.sh
logs=$TMP/logs
fixtures=tests/live/states

trained() { # a console log that was going on
	for i in 1 2 3; do
		echo "2024-05-01 12:00:0$i step $i/100 loss 0.$((9 - i))"
	done
}

trace() { # LAST LINE
	printf '%s\n' 'Traceback (most recent call last):' '  File "train.py", line 7, in <module>' \
		'    main()' "$1"
}

# says NAME STATE REASON: the console log on stdin ends so.
says() {
	local dir=$logs/text/$1
	mkdir -p "$dir"
	{
		trained
		cat
	} >"$dir/train.log"
	want+=("text/$1|$2|its log says: $3")
}

slurm() { # REASON
	echo "slurmstepd: error: *** JOB 4711 ON node7 CANCELLED AT 2024-05-01T12:00:05$1 ***"
}

state() { # RUN [NOW]
	MM_NOW=${2:-} "$MM" runs --json --as-is --root "$logs" "$1" |
		sed 's/.*"state": "\([a-z]*\)".*"reason": "\([^"]*\)".*/\1|\2/'
}

want=()
says traceback failed 'failed: ValueError: bad shape' < <(trace 'ValueError: bad shape')
says interrupt cancelled 'cancelled: KeyboardInterrupt' < <(trace KeyboardInterrupt)
says complete finished finished <<<'Training complete'
says time cancelled "timed out: Slurm's time limit" < <(slurm ' DUE TO TIME LIMIT')
says preempted cancelled 'preempted by Slurm' < <(slurm ' DUE TO PREEMPTION')
says requeued cancelled 'preempted: Slurm requeued the job' < <(slurm ' DUE TO JOB REQUEUE')
says scancel cancelled 'cancelled by Slurm' < <(slurm '')
says node failed 'failed: a node of the job failed' < <(slurm ' DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS')
says node-fail failed 'failed: a node of the job failed' <<<'sacct: 4711 train NODE_FAIL 0:0'
says cuda-oom failed 'failed: CUDA out of memory' \
	< <(trace 'torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB')
says oom-kill failed 'failed: out of memory (oom_kill)' \
	<<<'slurmstepd: error: Detected 1 oom_kill event in StepId=4711.batch. Some of the step tasks have been OOM Killed.'
says srun-oom failed 'failed: out of memory (oom_kill)' <<<'srun: error: node7: task 0: Out Of Memory'
says jax-oom failed 'failed: out of memory' \
	<<<'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes.'
says killed failed 'failed: killed, most likely out of memory' <<<Killed
says nccl failed 'failed: NCCL timeout' \
	<<<'[Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=5) ran for 600010 milliseconds'
says pbs cancelled 'timed out: the walltime of PBS' \
	<<<'=>> PBS: job killed: walltime 3623 exceeded limit 3600'
says lsf cancelled "timed out: LSF's run time limit" \
	<<<'TERM_RUNLIMIT: job killed after reaching LSF run time limit.'
says terminated cancelled 'cancelled: terminated' <<<Terminated
# words that are no end
mkdir -p "$logs/text/prose"
{
	trained
	echo 'note: the job before was Killed, CANCELLED or so; Training complete is what comes last'
} >"$logs/text/prose/train.log"
touch -d '2024-05-01 12:00:09' "$logs/text/prose/train.log"
want+=('text/prose|lost|silent for')

# frameworks
for f in exit-0:finished exit-1:failed exit-255:cancelled preempted:cancelled; do
	mkdir -p "$logs/wandb-$f/run-20240501_120000-abcdefgh"
	cp "$fixtures/${f%:*}.wandb" "$logs/wandb-$f/run-20240501_120000-abcdefgh/run-abcdefgh.wandb"
	want+=("wandb-$f/*|${f#*:}|its log says: ")
done
for f in success:finished failure:failed; do
	mkdir -p "$logs/hparams-$f"
	cp "$fixtures/${f%:*}.tfevents" "$logs/hparams-$f/events.out.tfevents.1700000000.elsewhere.7.0"
	want+=("hparams-$f|${f#*:}|its log says: ")
done
n=0
for f in 3:finished 4:failed 5:cancelled FAILED:failed; do
	dir=$logs/mlflow-$f/mlruns/0/0123456789abcdef0123456789abcde$((n++))
	mkdir -p "$dir/metrics"
	printf '1714564800000 0.5 1\n' >"$dir/metrics/loss"
	printf 'lifecycle_stage: active\nrun_id: %s\nstatus: %s\n' "${dir##*/}" "${f%:*}" >"$dir/meta.yaml"
	want+=("mlflow-$f/*|${f#*:}|its log says: ")
done

# Two jobs of one run: what ended the first is over.
mkdir -p "$logs/ranks"
log() { # FILE TIME WORDS: a rank that was well until then
	{
		trained
		echo "$3"
	} >"$logs/ranks/$1"
	touch -d "$2" "$logs/ranks/$1"
}
log train_rank0.log '2024-05-01 12:30:00' \
	'2024-05-01 12:30:00 [Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=5)'
log train_rank1.log '2024-05-01 12:00:04' '2024-05-01 12:00:04 RuntimeError: CUDA out of memory. Tried to allocate'
log train_rank2.log '2024-05-01 12:31:00' '2024-05-01 12:31:00 Terminated'
want+=('ranks*|failed|its log says: failed: CUDA out of memory')

mkdir -p "$logs/requeued"
{
	trained
	slurm ' DUE TO PREEMPTION'
} >"$logs/requeued/train.log"
touch -d '2024-05-01 12:00:05' "$logs/requeued/train.log"
printf 'step,loss\n1,0.8\n50,0.1\n' >"$logs/requeued/metrics.csv"
touch -d '2024-05-01 13:00:00' "$logs/requeued/metrics.csv"
want+=('requeued|lost|silent for')

# What a batch system wrote beside runs whose own logs say nothing.
csv() { # DIR [LAST STEP]: until 12:00:03
	mkdir -p "$logs/$1"
	printf 'step,loss\n1,0.8\n2,0.7\n%s,0.6\n' "${2:-3}" >"$logs/$1/metrics.csv"
	touch -d '2024-05-01 12:00:03' "$logs/$1/metrics.csv"
}
beside() { # FILE [TIME]: stdin
	mkdir -p "$(dirname "$logs/$1")"
	cat >"$logs/$1"
	touch -d "${2:-2024-05-01 12:00:09}" "$logs/$1"
}
csv jobs/named
beside jobs/slurm-4711.out < <(echo "writing to jobs/named/"; slurm ' DUE TO TIME LIMIT')
want+=("jobs/named|cancelled|its log says: timed out: Slurm's time limit")
csv jobs/train-4712
beside jobs/slurm/slurm-4712.out < <(slurm ' DUE TO PREEMPTION')
want+=('jobs/train-4712|cancelled|its log says: preempted by Slurm')
csv jobs/oom
beside jobs/oom/stderr.log \
	<<<'slurmstepd: error: Detected 1 oom_kill event in StepId=4711.batch.'
want+=('jobs/oom|failed|its log says: failed: out of memory (oom_kill)')
csv jobs/first # the first in time of two files, and of each file
beside jobs/first/rank1.err '2024-05-01 12:00:05' < <(trace 'ValueError: bad shape')
beside jobs/first/rank0.err '2024-05-01 12:30:00' < <(slurm ' DUE TO NODE FAILURE'; echo Terminated)
want+=('jobs/first|failed|its log says: failed: ValueError: bad shape')
mkdir -p "$logs/jobs/own" # its own log came later
{
	trained
	echo '2024-05-01 12:30:00 [Rank 0] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=5)'
} >"$logs/jobs/own/train.log"
touch -d '2024-05-01 12:30:00' "$logs/jobs/own/train.log"
csv jobs/own
beside jobs/own/stderr.err '2024-05-01 12:00:05' <<<'slurmstepd: error: Detected 1 oom_kill event in StepId=9.batch.'
want+=('jobs/own|failed|its log says: failed: out of memory (oom_kill)')
csv jobs/went-on # words, and the program after them
beside jobs/went-on/stderr.err < <(trace 'ValueError: tried again'; seq -f 'still here %g' 100)
want+=('jobs/went-on|unknown|silent for')
csv jobs/before # of a job before
beside jobs/before/stderr.err '2024-05-01 11:00:00' < <(slurm ' DUE TO PREEMPTION')
want+=('jobs/before|unknown|silent for')
csv jobs/sweep/a # a job that trained both died of the second
csv jobs/sweep/b
touch -d '2024-05-01 12:00:01' "$logs/jobs/sweep/a/metrics.csv"
beside jobs/sweep/slurm-5000.out < <(echo 'sweep/a/ sweep/b/'; trace 'ValueError: of b')
want+=('jobs/sweep/a|unknown|silent for' 'jobs/sweep/b|failed|its log says: failed: ValueError: of b')
csv jobs/attached
beside elsewhere.txt < <(slurm '')
csv jobs/growing
beside jobs/growing/slurm-6000.out <<<'waiting for data'
want+=('jobs/growing|unknown|silent for' 'jobs/attached|unknown|silent for')

"$MM" watch --once --quiet "$logs"
for w in "${want[@]}"; do
	IFS='|' read -r run state reason <<<"$w"
	got=$(state "$run")
	is "$run" "${got%%|*}" "$state"
	has "$run" "${got#*|}" "$reason"
done
"$MM" watch --once --quiet "$logs"
is 'said once' "$(state jobs/own)" 'failed|its log says: failed: out of memory (oom_kill)'


# Silence, of a run that was seen alive; its writer is on another host, whose processes mean nothing.
watch "$logs"
# Nobody asks for it: it is looked soon after something was read.
csv ../apart
beside ../apart/slurm-7000.err < <(slurm ' DUE TO PREEMPTION')
mv "$TMP/apart" "$logs/apart"
for _ in $(seq 200); do
	case $(state apart) in *'preempted by Slurm') break ;; esac
	sleep 0.1
done
is 'unasked' "$(state apart)" 'cancelled|its log says: preempted by Slurm'

mkdir "$logs/live" "$logs/here"
cp "$fixtures/success.tfevents" "$TMP/events"
alive=$logs/live/events.out.tfevents.$(date +%s).elsewhere.4711.0
here=$logs/here/events.out.tfevents.$(date +%s).$(uname -n).$$.0
head -c 200 "$TMP/events" >"$alive"
cp "$alive" "$here"
settle "$logs"
head -c 260 "$TMP/events" | tail -c +201 >>"$alive"
head -c 260 "$TMP/events" | tail -c +201 >>"$here"
settle "$logs"

# A file that gives no points is looked at when it has grown, and when a person attached it; and what
# it said is over when the run goes on.
slurm ' DUE TO TIME LIMIT' >>"$logs/jobs/growing/slurm-6000.out"
printf ':wait\n:goto jobs/attached\n:attach %s\n' "$logs/elsewhere.txt" | "$MM" --script - "$logs" \
	>/dev/null 2>&1
printf '4,0.5\n' >>"$logs/jobs/named/metrics.csv"
settle "$logs"
settle "$logs"
is 'a text that grew' "$(state jobs/growing)" "cancelled|its log says: timed out: Slurm's time limit"
is 'a text that is attached' "$(state jobs/attached)" 'cancelled|its log says: cancelled by Slurm'
hasnt 'a run that goes on' "$(state jobs/named)" 'its log says'
for _ in $(seq 200); do
	case $(state here $(($(date +%s) + 3600))) in *"its process ($$) is there"*) break ;; esac
	sleep 0.1
done
kill $watcher
wait $watcher
now=$(($(date +%s) + 1)) # what arrived in this second is not of the future
has 'running' "$(state live "$now")" 'running|its log grew '
has 'quiet' "$(state live $((now + 120)))" 'quiet|silent for 2 min'
has 'stalled' "$(state live $((now + 3600)))" 'stalled|silent for 60 min'
has 'lost, once nobody waits' "$(state live $((now + 90000)))" 'lost|silent for 25 h'
has 'by the name of its file' "$(state here $((now + 90000)))" "; its process ($$) is there"
done_testing

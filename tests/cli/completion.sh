#!/bin/bash
# Completion in bash: what is offered, and that a word with ':' or '=' in it is not cut at the wrong place.
. tests/cli/lib.sh
logs=$TMP/logs
run_csv "$logs/sweep/lr=0.1/metrics.csv" 5
run_csv "$logs/sweep/lr=0.01/metrics.csv" 5
run_csv "$logs/other/metrics.csv" 5
printf 'step,loss\n0,1\n1,nan\n' >"$logs/other/metrics.csv"
"$MM" watch --once "$logs" >/dev/null 2>&1
mm() { "$MM" "$@"; }
compopt() { options+=("$*"); }
. tui/mm.bash
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'

# offers WHAT LINE WANT: the line as bash would hand it over, the answers put behind what it keeps of the word
offers() {
	local rest=$2 word keep got
	COMP_LINE=$2 COMP_POINT=${#2} options=()
	COMP_WORDS=()
	while [[ $rest =~ ^([[:space:]]*)([:=]+|[^[:space:]:=]+)(.*)$ ]]; do
		COMP_WORDS+=("${BASH_REMATCH[2]}")
		rest=${BASH_REMATCH[3]}
	done
	[[ $2 == *[[:space:]] ]] && COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_mm
	word=${2##*[[:space:]]} keep=${word%"${word##*[:=]}"}
	[[ $word == *[:=]* ]] || keep=
	got=$(printf "$keep%s\n" "${COMPREPLY[@]}" | sort | tr '\n' ' ')
	is "$1: $2" "${got% }" "$3"
}

offers 'commands' 'mm pl' 'plot'
offers 'options' 'mm plot --sm' '--smooth'
offers 'runs' 'mm metrics o' 'other'
offers 'runs with =' 'mm metrics sweep/lr=0.0' 'sweep/lr=0.01'
offers 'a run and its colon' 'mm plot o' 'other:'
is 'no blank behind the colon' "${options[*]}" '-o nospace'
offers 'metrics behind it' 'mm plot other:' 'other:loss'
is 'a blank behind a metric' "${options[*]}" ''
offers 'metrics of a run with =' 'mm plot sweep/lr=0.1:v' 'sweep/lr=0.1:val/acc'
offers 'a whole run' 'mm export sweep/lr=0.0' 'sweep/lr=0.01'
offers 'x' 'mm plot --x w' 'wall'
offers 'y' 'mm plot --y ' 'all robust tail'
offers 'the unambiguous form' 'mm plot --run oth' 'other'
offers 'its metrics' 'mm plot --run sweep/lr=0.1 --metric ' 'loss val/acc'
offers 'verbs' 'mm alert a' 'ack'
offers 'rules that there are alerts of' 'mm alert ack ' 'loss-nonfinite'
offers 'their runs' 'mm alert ack loss-nonfinite ' 'other'
offers 'their metrics' 'mm alert ack loss-nonfinite other ' 'loss'
offers 'below a root' "mm runs --root $logs/sweep lr=0.0" 'lr=0.01'
printf 'no model, but kept\n' >"$logs/x.pt"
export XDG_DATA_HOME=$TMP/data
mm version save net "$logs/x.pt" >/dev/null
offers 'verbs of version' 'mm version ro' 'rollback'
offers 'models' 'mm version list n' 'net'
offers 'versions' 'mm version show ' 'net@v1'
offers 'versions to remove' 'mm version remove ' 'net@v1'
offers 'and more of them' 'mm version remove net@v1 n' 'net@v1'
offers 'commands to be helped with' 'mm help sta' 'stat status'
printf 'step,loss\n0,1\n' >"$logs/a b.csv"
"$MM" watch --once "$logs" >/dev/null 2>&1
offers 'what the shell would split is quoted' 'mm runs a' 'a\ b'
done_testing

# Completion of mm for bash: commands and options come from mm's own help, names from the store as it is.

# The word under the cursor. bash cuts words at ':' and '=' (COMP_WORDBREAKS), mm's names have some in them: so a word is put
# together again from the line, and what stands before the last cut is taken off the answers, for bash puts it there itself.
_mm_word()
{
	local line=${COMP_LINE:0:COMP_POINT}
	cur=${line##*[[:space:]]}
}

_mm_reply()
{
	local breaks=${COMP_WORDBREAKS//[!:=@]/} cut=
	[[ -n $breaks ]] && cut=${cur%"${cur##*[$breaks]}"}
	COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}

# The lines of standard input that begin with the word.
_mm_lines()
{
	local line
	while IFS= read -r line; do
		[[ -n $line && $line == "$cur"* ]] || continue
		printf -v line %q "$line"
		COMPREPLY+=("$line")
	done
}

# The value of an option that was typed before the word, as --store and --root are.
_mm_given()
{
	local word seen=
	for word in ${COMP_LINE:0:COMP_POINT}; do
		[[ $seen == "$1" ]] && printf '%s\n' "$word"
		[[ $word == "$1="* ]] && printf '%s\n' "${word#*=}"
		seen=$word
	done
}

# mm as it will be called: with the store and the roots of the line.
_mm_ask()
{
	local -a with=()
	local value
	while IFS= read -r value; do with+=(--store "${value/#\~/$HOME}"); done < <(_mm_given --store)
	while IFS= read -r value; do with+=(--root "${value/#\~/$HOME}"); done < <(_mm_given --root)
	mm "$@" "${with[@]}" --as-is 2>/dev/null
}

_mm_field()
{
	sed -n "s/.*\"$1\": \"\\(\\([^\"\\\\]\\|\\\\.\\)*\\)\".*/\\1/p" | sed 's/\\\(.\)/\1/g'
}

# Runs by their paths, and by what the screen calls them.
_mm_runs()
{
	local runs
	runs=$(_mm_ask runs --json)
	sed 's/, "root".*//' <<<"$runs" | _mm_field run
	sed -n 's/, "note": .*//; s/.*, "name": "/"name": "/p' <<<"$runs" | _mm_field name
}

_mm_metrics()
{
	_mm_ask metrics --json ${1:+"$1"} | sed 's/, "format".*//; s/.*, "metric"/"metric"/' | _mm_field metric | sort -u
}

_mm_alerts()
{
	_mm_ask alerts --json | sed 's/, "state".*//' | case $1 in
	run) sed 's/, "metric".*//' | _mm_field run ;;
	metric) sed 's/.*, "metric"/"metric"/' | _mm_field metric ;;
	*) sed 's/, "run".*//' | _mm_field rule ;;
	esac | sort -u
}

# RUN:METRIC: runs, with a ':' that no blank follows; behind it the metrics of the run.
_mm_target()
{
	local run=${cur%:*}
	if [[ $cur == *:* ]]; then
		_mm_lines < <(_mm_metrics "$run" | sed "s|^|${run//|/\\|}:|")
	fi
	if [[ ${#COMPREPLY[@]} == 0 ]]; then
		compopt -o nospace
		_mm_lines < <(_mm_runs | sed "s|\$|$1|")
	fi
}

_mm_versions()
{
	_mm_ask version list --json | sed -n 's/^{"version": "\([^"]*\)".*/\1/p'
}

# mm version VERB …: the N-th word behind "version".
_mm_version()
{
	local kind=
	if [[ -z $1 ]]; then
		COMPREPLY=($(compgen -W "$(mm version --help 2>/dev/null |
			sed -n '/^V is/,/^Options/s/^\([a-z]*\)  *.*/\1/p')" -- "$cur"))
		return
	fi
	# bash may have cut MODEL@vN at the @
	local -a words=(${COMP_LINE:0:COMP_POINT})
	[[ -z $cur ]] && words+=('')
	local i
	for ((i = 0; i < ${#words[@]}; i++)); do [[ ${words[i]} == version ]] && break; done
	case $1:$((${#words[@]} - i - 1)) in
	save:2 | adopt:2 | list:2 | prune:2) kind=model ;;
	save:3 | adopt:3 | restore:3 | export:3 | import:2) kind=file ;;
	show:2 | diff:[23] | alias:2 | tag:2 | note:2 | pin:2 | unpin:2 | restore:2 | deploy:2 | export:2 | verify:2 | \
		remove:*)
		kind=version
		;;
	deploy:3 | undeploy:2 | rollback:2 | history:2) kind=slot ;;
	esac
	case $kind in
	file)
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$cur"))
		;;
	slot) _mm_lines < <(_mm_ask version history --json | _mm_field slot) ;;
	model) _mm_lines < <(_mm_versions | sed 's/@.*//' | sort -u) ;;
	version) _mm_lines < <(_mm_versions) ;;
	esac
}

_mm()
{
	local cur prev=${COMP_WORDS[COMP_CWORD - 1]} cmd= verb= given i commands
	_mm_word
	COMPREPLY=()
	commands=$(mm --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ -z $cmd && " ${commands//$'\n'/ } " == *" ${COMP_WORDS[i]} "* ]]; then
			cmd=${COMP_WORDS[i]}
			given=$i
		elif [[ -n $cmd && -z $verb && $i == $((given + 1)) ]]; then
			verb=${COMP_WORDS[i]}
		fi
	done
	case $prev in
	--store | --root)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$cur"))
		return
		;;
	--config | --script)
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$cur"))
		return
		;;
	--color)
		COMPREPLY=($(compgen -W 'auto always never' -- "$cur"))
		return
		;;
	--x)
		COMPREPLY=($(compgen -W 'step wall relative' -- "$cur"))
		return
		;;
	--y)
		COMPREPLY=($(compgen -W 'robust all tail' -- "$cur"))
		return
		;;
	--run)
		_mm_lines < <(_mm_runs)
		_mm_reply
		return
		;;
	--metric)
		_mm_lines < <(_mm_metrics "$(_mm_given --run)")
		_mm_reply
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(mm $cmd --help 2>/dev/null |
			sed -n 's/^  \(--\{0,1\}[A-Za-z-]*\).*/\1/p')" -- "$cur"))
		return
	fi
	case $cmd in
	runs | metrics | log | forget | digest)
		_mm_lines < <(_mm_runs)
		;;
	plot)
		_mm_target :
		;;
	export)
		_mm_target ''
		;;
	inspect)
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$cur"))
		;;
	alert)
		case $verb in
		'') COMPREPLY=($(compgen -W 'list check test replay ack silence' -- "$cur")) ;;
		replay)
			_mm_lines < <(_mm_runs)
			;;
		check | test)
			compopt -o filenames
			COMPREPLY=($(compgen -f -- "$cur"))
			;;
		silence) COMPREPLY=($(compgen -W 'list end' -- "$cur")) ;;
		ack)
			# in words of the shell, not in pieces of them
			local -a words=(${COMP_LINE:0:COMP_POINT})
			[[ -z $cur ]] && words+=('')
			for ((i = 0; i < ${#words[@]}; i++)); do [[ ${words[i]} == ack ]] && break; done
			case $((${#words[@]} - i)) in
			2) _mm_lines < <(_mm_alerts rule) ;;
			3) _mm_lines < <(_mm_alerts run) ;;
			4) _mm_lines < <(_mm_alerts metric) ;;
			esac
			;;
		esac
		;;
	version)
		_mm_version "$verb" $((COMP_CWORD - given))
		;;
	help)
		COMPREPLY=($(compgen -W "$commands" -- "$cur"))
		;;
	'' | watch)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$cur"))
		[[ -z $cmd ]] && COMPREPLY+=($(compgen -W "$commands" -- "$cur"))
		;;
	esac
	_mm_reply
}
complete -F _mm mm

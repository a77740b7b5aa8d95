# Completion of mm for bash: commands and options come from mm's own help, run names from the store as it is.
_mm()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= i words
	local commands
	commands=$(mm --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ " ${commands//$'\n'/ } " == *" ${COMP_WORDS[i]} "* ]]; then
			cmd=${COMP_WORDS[i]}
			break
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
	esac
	if [[ $cur == -* ]]; then
		words=$(mm $cmd --help 2>/dev/null | sed -n 's/^  \(--\{0,1\}[A-Za-z-]*\).*/\1/p')
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		return
	fi
	case $cmd in
	runs | metrics | export | plot | forget)
		words=$(mm runs --as-is 2>/dev/null | sed '1d;s/  .*//')
		local IFS=$'\n'
		compopt -o filenames
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
		;;
	alert)
		COMPREPLY=($(compgen -W 'list check ack' -- "$cur"))
		;;
	'' | watch)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$cur"))
		[[ -z $cmd ]] && COMPREPLY+=($(compgen -W "$commands" -- "$cur"))
		;;
	esac
}
complete -F _mm mm

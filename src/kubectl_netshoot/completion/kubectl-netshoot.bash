# TAB behind `kubectl-netshoot` in bash, by kubectl_complete-netshoot. bash 3.2 is enough.

_kubectl_netshoot() {
	local line=${COMP_LINE:0:COMP_POINT} words=() i word cur shown directive=4 candidate
	# bash breaks words at = and :, too: what no blank divides belongs together.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${line%%[![:space:]]*}
		line=${line#"$word"}
		if [[ $i -eq 0 || -n $word ]]; then
			words+=("")
		fi
		word=${COMP_WORDS[i]}
		[[ $i -lt $COMP_CWORD ]] || word=$line
		words[${#words[@]} - 1]+=$word
		line=${line#"$word"}
	done
	cur=${words[${#words[@]} - 1]}
	shown=$cur
	[[ $cur != -*=* ]] || shown=${cur#*=}
	COMPREPLY=()
	while IFS= read -r candidate; do
		case $candidate in
		:*) directive=${candidate#:} ;;
		"$shown"*)
			candidate=${candidate%%$'\t'*}
			# What stands before the last colon is not bash's to replace.
			[[ $COMP_WORDBREAKS != *:* ]] || candidate=${candidate#"${shown%"${shown##*:}"}"}
			COMPREPLY+=("$candidate")
			;;
		esac
	done < <(kubectl_complete-netshoot "${words[@]:1}" 2>/dev/null)
	if ((directive & 16)); then
		local IFS=$'\n'
		COMPREPLY=($(compgen -d -- "$shown"))
		return
	fi
	# Of bash 4 and newer; without it a blank too many is written, and nothing else.
	type compopt &>/dev/null || return 0
	((directive & 2)) && compopt -o nospace
	((directive & 4)) && compopt +o default
	((directive & 32)) && compopt -o nosort 2>/dev/null
	return 0
}

complete -o default -F _kubectl_netshoot kubectl-netshoot

#compdef kubectl-netshoot
# TAB behind `kubectl-netshoot` in zsh, by kubectl_complete-netshoot.

_kubectl-netshoot() {
	local line directive=4 current="${(Q)words[CURRENT]}"
	local -a candidates shaping
	for line in "${(@f)$(kubectl_complete-netshoot "${(@Q)words[2,CURRENT-1]}" "$current" 2>/dev/null)}"; do
		case $line in
		:*) directive=${line#:} ;;
		# _describe divides candidate and description at a colon.
		?*) candidates+=("${${line%%$'\t'*}//:/\\:}${${(M)line%%$'\t'*}:+:${line#*$'\t'}}") ;;
		esac
	done
	[[ $current != -*=* ]] || compset -P '*='
	((directive & 2)) && shaping+=(-S '')
	((directive & 32)) && shaping+=(-V unsorted)
	if ((directive & 16)); then
		_files -/
	elif (($#candidates)); then
		_describe -t candidates 'kubectl-netshoot' candidates $shaping
	elif ! ((directive & 4)); then
		_files
	fi
}

if [[ $funcstack[1] == _kubectl-netshoot ]]; then
	_kubectl-netshoot "$@"
else
	compdef _kubectl-netshoot kubectl-netshoot
fi

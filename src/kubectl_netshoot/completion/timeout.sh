# --- kubectl, with a timeout ---

ask() { # kubectl's words; what it prints, and its status behind a tab in the last line
	asked='' watcher=''
	trap 'finish "${asked:-$!}"; kill "$watcher"; exit' HUP INT TERM
	{
		# A Ctrl-C that ended it before us would leave what it started without a parent to be found by.
		trap '' INT
		# kubectl is gone before its garbage would matter; collecting it takes a sixth of the time of a long list.
		export GOGC="${GOGC:-400}"
		forget_preferences
		exec "${KUBECTL_NETSHOOT_KUBECTL:-kubectl}" "$@" </dev/null
	} &
	asked=$!
	watch "$asked" >/dev/null </dev/null &
	watcher=$!
	wait "$asked"
	printf '\n\t%s\n' "$?"
	kill "$watcher"
}

forget_preferences() { # what changes kubectl's defaults, as for every other kubectl of ours
	# Which credential plugins may run is for kubectl to judge, by the file that says it.
	case $KUBERC/$KUBECTL_KUBERC in
	off/* | */[Ff][Aa][Ll][Ss][Ee]) ;;
	*) ! grep -q credentialPluginPolicy "${KUBERC:-${HOME:-.}/.kube/kuberc}" || return 0 ;;
	esac
	unset KUBERC $(awk 'BEGIN {
		for (name in ENVIRON)
			if (name ~ /^[A-Za-z0-9_]+$/ && name !~ /^(@ABOUT_CONNECTION@)$/ && \
			    (name ~ /^@CLIENT_GATE@/ || name ~ /^@GATE@/ && tolower(ENVIRON[name]) ~ /^(@GATE_VALUES@)$/))
				print name
	}')
	export @WITHOUT_KUBERC@
}

watch() { # process
	trap 'kill "$!"; exit' HUP INT TERM
	sleep "$patience" &
	# A sleep that knows no fractions fails.
	wait "$!" || {
		sleep 1 &
		wait "$!"
	}
	finish "$1"
}

finish() { # process, which ends with all that it has started
	family=$1
	# Stopped first, so that none starts another one that would not be seen.
	for _ in 1 2 3 4 5; do
		kill -STOP $family
		before=$family
		family=$(descendants "$1")
		[ "$family" != "$before" ] || break
	done
	kill -KILL $family
}

descendants() { # process; it and those below it
	ps -A -o pid= -o ppid= | awk -v first="$1" '
		{ parent[$1] = $2 }
		END {
			printf "%s", first
			for (process in parent)
				for (above = parent[process]; above > 1 && above in parent; above = parent[above])
					if (above == first) { printf " %s", process; break }
		}'
}


#!/bin/sh
# kubectl_complete-netshoot, made by kubectl-netshoot @VERSION@.
#
# Candidates for TAB behind `kubectl netshoot`. kubectl runs it with the words behind `netshoot`, of which the last is
# under the cursor and may be empty. It prints lines of `candidate<TAB>description` and at last `:N`, where N is what
# kubectl's shells shall do (2: no blank behind, 4: no file names, 16: folders only, 32: this order), and ends with 0.
# It says nothing else, and takes no longer than two seconds, whatever kubectl waits for.
#
# sh as it is everywhere (dash, busybox, zsh, bash 3.2). Commands and flags are those of the version above:
# `kubectl netshoot completion install` makes it anew.

exec 2>/dev/null
unset IFS
set -f
trap '' PIPE

# What was typed: the subcommand (install of completion is completion/install), the words that are no flags, and flags.
place='' count=0 target='' positionals='' given=' ' waiting='' ended=''
flag='' takes='' passed='' current='' labels='' any='' directive=4
newline='
'
tab='	'

# --- The words before the cursor ---

read_word() { # word; `passed` is then what kubectl has to be told, too
	passed=''
	if [ -n "$waiting" ]; then
		read_value "$waiting" "$1"
		waiting=''
		return
	fi
	case $1 in
	--) ended=yes ;;
	--*=*)
		know "${1%%=*}"
		read_value "$flag" "${1#*=}"
		;;
	--*)
		know "$1"
		read_flag ''
		;;
	-?*) read_letters "${1#-}" ;;
	*) read_positional "$1" ;;
	esac
}

read_letters() { # the letters of -qn
	letters=$1
	while [ -n "$letters" ]; do
		rest=${letters#?}
		know "-${letters%"$rest"}"
		read_flag "$rest"
		[ -z "$takes" ] || return 0
		# Nothing of ours has so many.
		[ "${#letters}" -lt 9 ] || return 0
		letters=$rest
	done
}

read_flag() { # the rest of a cluster of letters; the flag is in `flag`
	if [ -z "$takes" ]; then
		given="$given$flag "
		[ "$flag" != --insecure-skip-tls-verify ] || passed=$flag
	elif [ -n "$1" ]; then
		read_value "$flag" "${1#=}"
	else
		waiting=$flag
	fi
}

read_value() { # flag, value
	given="$given$1 "
	# Not --token: an argument list is read by every user of the machine.
	case $1 in
	@PASSED_ON@) passed=$1=$2 ;;
	esac
}

read_positional() { # word
	if [ "$count" -eq 0 ] && enter "$1"; then
		return
	fi
	place=${place:-TARGET}
	count=$((count + 1))
	target=${target:-$1}
	positionals=$positionals$1$newline
}

# --- Candidates ---

offer() { # candidate, description
	case $1 in
	"$current"*)
		printf '%s\n' "$1${2:+$tab$2}"
		any=yes
		;;
	esac
}

option() { # places, flag, description, and `again` where it can be repeated
	case "|$1|" in
	*"|$place|"*) ;;
	*) return 0 ;;
	esac
	case $given in
	*" $2 "*) [ -n "$4" ] || return 0 ;;
	esac
	offer "$2" "$3"
}

fixed() { # values
	for value; do
		offer "$value" ''
	done
}

files() {
	directive=0
}

folders() {
	directive=16
}

names() { # kind, what stands in front of each name, and kubectl's flags
	kind=$1 front=$2
	shift 2
	# In one piece: every further one costs a round trip.
	if ask get "$kind" --chunk-size=5000 "$@" | table "$front" "$(columns "$kind")" ''; then
		any=yes
	fi
}

copies() { # kubectl's flags
	names pod '' "--selector=@SELECTOR@" "$@"
}

targets() { # more kinds, then -- and kubectl's flags
	more=''
	while [ "$1" != -- ]; do
		more="$more $1"
		shift
	done
	shift
	case $current in
	*/*)
		resource "${current%%/*}"
		[ -z "$kind" ] || names "$kind" "${current%%/*}/" "$@"
		return
		;;
	esac
	names pod '' "$@"
	before=$any any=''
	for value in @KINDS@ $more; do
		offer "$value/" ''
	done
	# Behind deploy/ a name is to come: no blank, if nothing else fits.
	[ -z "$any" ] || [ -n "$before" ] || directive=6
}

services() { # kubectl's flags; those that select TARGET come first
	ask get svc --output=wide "$@" | {
		labels=$(target_labels "$@")
		table '' "$(columns svc)" SELECTOR
	}
	directive=36
}

containers() { # kubectl's flags; those of the pod TARGET
	target_kind
	[ "$kind" = pod ] || return 0
	ask get pod "${target##*/}" '--output=jsonpath={range .spec.containers[*]}{.name}{"\n"}{end}' "$@" | plain
}

contexts() { # kubectl's flags
	ask config get-contexts --output=name "$@" | plain
}

clusters() { # kubectl's flags
	ask config get-clusters "$@" | plain
}

users() { # kubectl's flags
	ask config get-users "$@" | plain
}

columns() { # kind; what of its table describes an object
	case $1 in
	pod) echo 'STATUS|READY ready|AGE' ;;
	job) echo 'STATUS|COMPLETIONS complete|AGE' ;;
	cronjob) echo 'SCHEDULE|AGE' ;;
	svc) echo 'TYPE|PORT(S)|AGE' ;;
	node) echo 'STATUS|ROLES|VERSION' ;;
	namespace) echo 'STATUS|AGE' ;;
	*) echo 'READY ready|AGE' ;;
	esac
}

target_labels() { # kubectl's flags; label=value lines of the pods that TARGET stands for
	target_kind
	case $kind in
	'') return 0 ;;
	pod) field=.metadata.labels ;;
	svc) field=.spec.selector ;;
	cronjob) field=.spec.jobTemplate.spec.template.metadata.labels ;;
	*) field=.spec.template.metadata.labels ;;
	esac
	ask get "$kind" "${target##*/}" \
		"--output=go-template={{range \$label, \$value := $field}}{{\$label}}={{\$value}}{{\"\\n\"}}{{end}}" "$@"
}

target_kind() { # the kind that TARGET names, into `kind`; empty where it names nothing that can be there
	kind=pod
	case $target in
	*/*) resource "${target%%/*}" ;;
	esac
	case ${target##*/} in
	'' | -* | *[!abcdefghijklmnopqrstuvwxyz0123456789.-]*) kind='' ;;
	esac
}

# What comes from outside is typed into a shell: only what is a name passes, and descriptions lose what is not text.

table() { # what stands in front of each name, columns, and the column of selectors to be held against `labels`
	FRONT=$1 COLUMNS_SHOWN=$2 SELECTORS=$3 CURRENT=$current TYPED=$positionals LABELS=$labels LC_ALL=C awk '
		function description(    text, column, i) {
			for (i = 1; i <= shown; i++) {
				column = show[i]
				sub(/ .*/, "", column)
				if (column in at && $at[column] != "")
					text = text (text == "" ? "" : ", ") $at[column] substr(show[i], length(column) + 1)
			}
			gsub(/[^ -~]/, "", text)
			return substr(text, 1, 80)
		}
		function selects(selector,    terms, i, n) {
			n = split(selector, terms, ",")
			for (i = 1; i <= n; i++)
				if (!(terms[i] in label))
					return 0
			return n > 0
		}
		BEGIN {
			FS = "   +"
			front = ENVIRON["FRONT"]; current = ENVIRON["CURRENT"]; selectors = ENVIRON["SELECTORS"]
			shown = split(ENVIRON["COLUMNS_SHOWN"], show, "|")
			n = split(ENVIRON["TYPED"], words, "\n"); for (i = 1; i <= n; i++) typed[words[i]]
			n = split(ENVIRON["LABELS"], words, "\n"); for (i = 1; i <= n; i++) label[words[i]]
		}
		{ last = $0 }
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$1 !~ /^[a-z0-9][-a-z0-9.]*$/ || index(front $1, current) != 1 || (front $1) in typed { next }
		selectors != "" && selects($at[selectors]) { first[++firsts] = front $1 "\tselects it; " description(); next }
		{ line[++lines] = front $1 "\t" description() }
		END {
			# The last line is the status of kubectl.
			if (last != "\t0")
				exit 1
			for (i = 1; i <= firsts; i++) print first[i]
			for (i = 1; i <= lines; i++) print line[i]
			exit firsts + lines == 0
		}'
}

plain() { # lines of one name each
	CURRENT=$current LC_ALL=C awk '
		BEGIN { current = ENVIRON["CURRENT"] }
		{ last = $0 }
		NR == 1 && $0 == "NAME" { next }
		/^[A-Za-z0-9_][-A-Za-z0-9_.:\/@+,=%]*$/ && index($0, current) == 1 { line[++lines] = $0 }
		END {
			if (last != "\t0")
				exit
			for (i = 1; i <= lines; i++) print line[i]
		}'
}

# --- kubectl, on a leash ---

ask() { # kubectl's words; what it prints, and its status behind a tab in the last line
	{
		# A Ctrl-C that ended it before us would leave what it started without a parent to be found by.
		trap '' INT
		# kubectl is gone before its garbage would matter; collecting it takes a sixth of the time of a long list.
		export GOGC="${GOGC:-400}"
		exec "${KUBECTL_NETSHOOT_KUBECTL:-kubectl}" "$@" </dev/null
	} &
	asked=$!
	watch "$asked" >/dev/null </dev/null &
	watcher=$!
	trap 'finish "$asked"; kill "$watcher"; exit' HUP INT TERM
	wait "$asked"
	printf '\n\t%s\n' "$?"
	kill "$watcher"
}

watch() { # process
	trap 'kill "$!"; exit' HUP INT TERM
	sleep 1.6 &
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

# --- What this version of kubectl-netshoot has ---

@GRAMMAR@
# --- Now ---

left=$#
while [ "$left" -gt 1 ]; do
	read_word "$1"
	shift
	left=$((left - 1))
	# Behind the words that are still to be read.
	[ -z "$passed" ] || set -- "$@" "$passed"
done
current=$1
[ "$#" -eq 0 ] || shift

if [ -n "$ended" ]; then
	:
elif [ -n "$waiting" ]; then
	place=${place:-TARGET}
	flag_values "$waiting" "$@"
else
	case $current in
	-*=*)
		know "${current%%=*}"
		current=${current#*=}
		place=${place:-TARGET}
		[ -z "$takes" ] || flag_values "$flag" "$@"
		;;
	-*)
		place=${place:-TARGET}
		options
		;;
	*)
		[ "$count" -gt 0 ] || subcommands
		place=${place:-TARGET}
		arguments "$@"
		;;
	esac
fi
printf ':%s\n' "$directive"
exit 0

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
flag='' takes='' passed='' current='' labels='' any='' directive=4 patience=1.6
newline='
'
tab='	'

@WORDS@@CANDIDATES@@TABLES@@TIMEOUT@# --- What this version of kubectl-netshoot has ---

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

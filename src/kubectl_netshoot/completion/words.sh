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


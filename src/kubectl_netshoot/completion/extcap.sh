#!/bin/sh
# kubectl-netshoot-extcap, made by kubectl-netshoot @VERSION@.
#
# Wireshark and tshark run it by the rules of extcap(4): at their start, to ask which interfaces there are and what their
# dialogs show, and to capture. The first is answered from a list that was made before, without a cluster and without
# Python; the list is then made again in the background, at most once a minute.
#
# sh as it is everywhere (dash, busybox, zsh, bash 3.2). Paths are those of `kubectl netshoot wireshark install`.

umask 077
unset IFS
set -f

program=@PROGRAM@
list=@LIST@
# A desktop starts programs with a PATH of its own and without what a shell's files say.
PATH=@PATH@:${PATH:-/usr/bin:/bin}
export PATH
@VARIABLES@

question='' interface='' fifo='' typed='' target='' namespace='' context='' device='' filter='' duration='' joined=''

read_words() {
	while [ "$#" -gt 0 ]; do
		case $1 in
		--*=*) flag=${1%%=*} value=${1#*=} ;;
		*) flag=$1 value=${2-} ;;
		esac
		takes=yes
		case $flag in
		--extcap-interface) interface=$value ;;
		--extcap-capture-filter) typed=$value ;;
		--fifo) fifo=$value ;;
		--target) target=$value ;;
		--namespace) namespace=$value ;;
		--context) context=$value ;;
		--device) device=$value ;;
		--filter) filter=$value ;;
		--duration) duration=$value ;;
		*) takes='' ;;
		esac
		case $flag in
		--capture | --extcap-interfaces | --extcap-dlts | --extcap-config | --refresh) question=${flag#--} ;;
		--joined) joined=yes ;;
		# Whatever else a Wireshark says is left out, with or without a value.
		esac
		[ -z "$takes" ] || [ "$flag" != "$1" ] || [ "$#" -eq 1 ] || shift
		shift
	done
}

fail() { # what happened, and what to do
	printf 'error: %s\n  %s\n' "$1" "$2" >&2
	hang_up
	exit 1
}

hang_up() { # for who waits for packets of a program that never came to open the pipe
	[ ! -p "$fifo" ] || : <>"$fifo"
}

read_list() { # the head of the list, from stdin
	IFS= read -r key && IFS= read -r listed_kubeconfig && IFS= read -r listed_context &&
		IFS= read -r listed_namespace && IFS= read -r place
}

interfaces() {
	printf '%s\n' 'extcap {version=@VERSION@}' \
		'interface {value=netshoot}{display=Kubernetes: any pod, workload or Service}'
	[ ! -r "$list" ] || {
		read_list || return 0
		while IFS= read -r target; do
			printf 'interface {value=netshoot.%s.%s}{display=Kubernetes %s (%s)}\n' \
				"$key" "${target%%/*}.${target#*/}" "$target" "$place"
		done
	} <"$list"
}

dialog() {
	[ "$interface" != netshoot ] || printf '%s\n' \
		'arg {number=0}{call=--target}{display=Target}{type=string}{required=true}{placeholder=deploy/web, svc/web or a pod}{tooltip=A pod, or a workload or Service: its newest ready pod}' \
		'arg {number=1}{call=--namespace}{display=Namespace}{type=string}{placeholder=the namespace of the context}{tooltip=Empty: the namespace of the context}' \
		'arg {number=2}{call=--context}{display=Context}{type=string}{placeholder=the current context}{tooltip=Empty: the current context of kubectl}'
	printf '%s\n' \
		'arg {number=3}{call=--device}{display=Interface in the pod}{type=string}{default=any}{tooltip=any, eth0 or lo; the containers of a pod share them}' \
		'arg {number=4}{call=--filter}{display=Capture filter}{type=string}{placeholder=port 8080}{tooltip=As tcpdump takes it. What stands in the filter field of the window holds as well}' \
		'arg {number=5}{call=--duration}{display=End after}{type=string}{default=@DURATION@}{tooltip=30s, 10m, 2h, at most 24h; the capture also ends at 1 GB}' \
		'arg {number=6}{call=--joined}{display=Join its Services with a copy}{type=boolflag}{default=false}{save=false}{tooltip=Off: listen in the running pod and change no traffic. On: capture in a copy that takes real traffic behind its Services until you stop}'
}

locate() { # the interface as target, namespace, context and KUBECONFIG
	case $interface in
	netshoot)
		[ -n "$target" ] || fail "it was not said which pod to capture in" \
			'fill in Target in the options of the interface, or: tshark -o extcap.netshoot.target:deploy/web'
		return
		;;
	esac
	[ ! -r "$list" ] || read_list <"$list" || key=''
	target=${interface#"netshoot.${key:-none}."}
	case $target in
	deploy.?* | sts.?* | ds.?* | svc.?* | pod.?*) target=${target%%.*}/${target#*.} ;;
	*) fail "there is no interface $interface (any more)" \
		"the list is of kubectl's current context and namespace: refresh the interfaces (F5)" ;;
	esac
	namespace=$listed_namespace context=$listed_context KUBECONFIG=$listed_kubeconfig
}

capture() {
	[ -p "$fifo" ] || fail "no named pipe to write packets to: --fifo ${fifo:-is missing}" \
		"Wireshark and tshark make one: tshark -i $interface"
	[ -x "$program" ] || fail "$program is not there any more" 'run again: kubectl netshoot wireshark install'
	[ -n "$KUBECONFIG" ] || unset KUBECONFIG
	set -- capture "$target" --quiet "--write=$fifo" "--interface=${device:-any}" "--duration=${duration:-@DURATION@}" \
		${namespace:+"--namespace=$namespace"} ${context:+"--context=$context"}
	# Nobody can be asked here: the box in the dialog is the answer. It lifts no refusal.
	[ -z "$joined" ] || set -- "$@" --join-service --yes
	[ -z "$typed" ] || filter=${filter:+"($filter) and "}${filter:+(}$typed${filter:+)}
	[ -z "$filter" ] || set -- "$@" -- "$filter"
	# Not exec: Wireshark kills who has not ended 30 seconds after Stop, and clients of a copy may take longer to drain.
	child='' stopped='' status=127
	trap 'stopped=yes woken=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' HUP INT TERM
	"$program" "$@" </dev/null &
	child=$!
	[ -z "$stopped" ] || kill -TERM "$child" 2>/dev/null
	# A signal ends the wait, and not the program; 127 is the answer to who asks again.
	woken=yes
	while [ -n "$woken" ]; do
		woken=''
		wait "$child"
		ended=$?
		[ "$ended" -eq 127 ] || status=$ended
	done
	hang_up
	case $stopped/$status in
	yes/130 | yes/143) exit 0 ;;
	esac
	exit "$status"
}

read_words "$@"
case $question in
extcap-interfaces)
	interfaces
	now=$(date +%s) asked=''
	[ ! -r "$list.asked" ] || IFS= read -r asked <"$list.asked" || asked=''
	case $asked in
	*[!0123456789]*) asked='' ;;
	esac
	# A clock that was set back is no reason to wait for it.
	since=$((now - ${asked:-0}))
	if [ -d "${list%/*}" ] && { [ "$since" -ge 60 ] || [ "$since" -lt 0 ]; }; then
		printf '%s\n' "$now" >"$list.asked"
		"$0" --refresh </dev/null >/dev/null 2>&1 &
	fi
	exit 0
	;;
esac
case $question/$interface in
refresh/*) ;;
*/netshoot | */netshoot.*) ;;
*) fail "there is no interface ${interface:-named}" 'tshark -D lists those that there are' ;;
esac
case $question in
extcap-dlts)
	echo 'dlt {number=276}{name=LINUX_SLL2}{display=Linux cooked-mode capture v2}'
	exit 0
	;;
extcap-config)
	dialog
	exit 0
	;;
capture)
	locate
	capture
	;;
refresh) ;;
*)
	# A filter by itself is to be judged: only the tcpdump in the pod can, before anything is captured.
	exit 0
	;;
esac

# --- The list, from here on; what follows is the same as for TAB ---

exec 2>/dev/null
current='' positionals='' labels='' patience=5
tab='	'

@TABLES@@TIMEOUT@# --- Now ---

listed() { # kind, column of its table that is looked at, and what must not stand there
	ask get "$1" --output=wide --chunk-size=5000 "--context=$context" "--namespace=$namespace" | table "$1/" "$2" '' |
		awk -F '\t' -v left_out="$3" '$2 !~ left_out && length($1) <= 150 { print $1 }'
}

ask config view --minify '--output=jsonpath={.current-context}{"\n"}{.contexts[0].context.namespace}' | {
	IFS= read -r context && IFS= read -r namespace && IFS= read -r status && [ "$status" = "${tab}0" ] || exit 1
	namespace=${namespace:-default}
	key=$(printf '%s\n' "$KUBECONFIG" "$context" "$namespace" | cksum)
	# Every interface costs Wireshark two questions at its start.
	targets=$({
		listed deploy READY '^0/0$'
		listed sts READY '^0/0$'
		listed ds DESIRED '^0$'
		listed svc SELECTOR '^<none>$'
		listed pod STATUS '^(Completed|Succeeded|Failed|Error|Evicted|Terminating)'
	} | head -n @MOST@)
	[ -n "$targets" ] || exit 1
	{
		printf '%s\n' "${key%% *}" "$KUBECONFIG" "$context" "$namespace"
		printf 'namespace %s, context %s\n' "$namespace" "$context" | LC_ALL=C tr -d '{}\000-\011\013-\037\177-\377'
		printf '%s\n' "$targets"
	} >"$list.$$" && mv -f "$list.$$" "$list"
}

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

helped() { # the commands below those that were named
	place=$target
	subcommands
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

containers() { # kubectl's flags
	each_container 4 '{{$c.name}}{{"\n"}}' "$@"
}

settable() { # what stands behind a container's name, and kubectl's flags
	case $1$current in
	:*:*) each='{{range $c.env}}{{$c.name}}:{{.name}}={{"\n"}}{{end}}' ;;
	*) each="{{\$c.name}}$1{{\"\\n\"}}" ;;
	esac
	shift
	each_container 6 "$each" "$@"
}

each_container() { # directive, template of a container $c, kubectl's flags; of the pod or workload TARGET
	target_kind
	case $kind in
	'' | svc | node) return 0 ;;
	esac
	pod_field
	directive=$1
	sidecars="{{range \$c := $field.spec.initContainers}}{{with .restartPolicy}}{{if eq . \"Always\"}}$2{{end}}{{end}}{{end}}"
	template="{{range \$c := $field.spec.containers}}$2{{end}}$sidecars"
	shift 2
	ask get "$kind" "${target##*/}" "--output=go-template=$template" "$@" | plain
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
	svc) field=.spec.selector ;;
	*)
		pod_field
		field=$field.metadata.labels
		;;
	esac
	ask get "$kind" "${target##*/}" \
		"--output=go-template={{range \$label, \$value := $field}}{{\$label}}={{\$value}}{{\"\\n\"}}{{end}}" "$@"
}

pod_field() { # where an object of `kind` has the pod that it is, or is to make: into `field`
	case $kind in
	pod) field='' ;;
	cronjob) field=.spec.jobTemplate.spec.template ;;
	*) field=.spec.template ;;
	esac
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


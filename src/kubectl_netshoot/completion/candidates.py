"""What can stand in the place of an argument or of a flag's value: by command, flag and metavar, one line each.

A source is a call of a function of the script (`candidates.sh`); NOTHING says that only the person knows.
"""

from kubectl_netshoot.completion.grammar import Option, choices
from kubectl_netshoot.rules.hazards.hazard import ALLOWABLE
from kubectl_netshoot.rules.profiles import PROFILES
from kubectl_netshoot.rules.request import PULL_POLICIES

Source = tuple[str, ...]

NOTHING: Source = ()
FILES: Source = ("files",)
FOLDERS: Source = ("folders",)
COPIES: Source = ("copies",)
TARGETS: Source = ("targets", "--")
DURATIONS: Source = ("fixed", "10s", "1m", "5m")
# `settings` is a room beside this one: a test compares them.
SETTINGS: Source = (
    *(
        "fixed",
        "image",
        "pull-policy",
        "pull-secrets",
        "ttl",
        "profile",
        "requests",
        "settle",
        "drain",
        "shell",
    ),
    *("colour", "language"),
)

FLAGS: dict[str, Source] = {
    "--allow": ("fixed", *sorted(ALLOWABLE)),
    "--as": NOTHING,
    "--as-group": NOTHING,
    "--as-uid": NOTHING,
    "--certificate-authority": FILES,
    "--client-certificate": FILES,
    "--client-key": FILES,
    "--cluster": ("clusters",),
    "--context": ("contexts",),
    "--count": NOTHING,
    "--dir": FOLDERS,
    "--drain": DURATIONS,
    "--duration": ("fixed", "1m", "10m", "1h"),
    "--files": NOTHING,
    "--flow": NOTHING,
    "--image": NOTHING,
    "--image-name": NOTHING,
    "--image-pull-policy": ("fixed", *PULL_POLICIES),
    "--image-pull-secret": ("names", "secret", ""),
    "--image-tag": NOTHING,
    "--interface": ("fixed", "any", "eth0", "lo"),
    "--kubeconfig": FILES,
    "--labels": NOTHING,
    "--max-flows": NOTHING,
    "--max-pods": NOTHING,
    "--max-size": ("fixed", "100MB", "1GB", "10GB"),
    "--name": NOTHING,
    "--names": FILES,
    "--namespace": ("names", "namespace", ""),
    "--node": ("names", "node", ""),
    "--node-selector": ("fixed", "kubernetes.io/os=linux"),
    "--only": ("fixed", "dns", "tcp", "tls", "ports", "path"),
    "--overrides": NOTHING,
    "--path": NOTHING,
    "--pod": ("names", "pod", ""),
    "--profile": ("fixed", *PROFILES),
    "--request-timeout": ("fixed", "10s", "30s", "1m"),
    "--requests": ("fixed", "cpu=100m,memory=64Mi"),
    "--rotate": ("fixed", "10MB", "100MB"),
    "--selector": NOTHING,
    "--server": NOTHING,
    "--server-namespace": ("names", "namespace", ""),
    "--service": ("services",),
    "--service-account": ("names", "serviceaccount", ""),
    **dict.fromkeys(("--set-args", "--set-command", "--set-image"), ("settable", "=")),
    "--set-env": ("settable", ":"),
    "--settle": ("fixed", "0s", "5s", "10s"),
    "--shell": ("fixed", "zsh", "bash", "sh"),
    "--snaplen": ("fixed", "96"),
    "--target": ("containers",),
    "--timeout": ("fixed", "60s", "120s", "5m"),
    "--tls-server-name": NOTHING,
    "--to": NOTHING,
    "--token": NOTHING,
    "--ttl": ("fixed", "30m", "1h", "2h"),
    "--user": ("users",),
    "--write": FILES,
    "--summary": FILES,
}

# By command and metavar, without the brackets that say how often.
ARGUMENTS: dict[tuple[str, str], Source] = {
    ("attach", "NAME"): COPIES,
    ("diff", "COPY"): COPIES,
    ("leave", "NAME"): COPIES,
    ("cleanup", "NAME"): COPIES,
    ("debug", "TARGET"): ("targets", "node", "--"),
    ("capture", "TARGET"): ("targets", "node", "--"),
    ("explain", "FILE...|-"): FILES,
    ("help", "COMMAND"): ("helped",),
    ("config/set", "KEY"): SETTINGS,
    ("config/set", "VALUE"): NOTHING,
    ("config/unset", "KEY"): SETTINGS,
    ("run", "NAME"): NOTHING,
    ("why", "CLIENT"): TARGETS,
    ("why", "SERVER"): ("names", "svc", ""),
}


def of_flag(option: Option) -> Source | None:
    """What may be its value; None where nobody has decided."""
    return ("fixed", *option.choices) if option.choices else FLAGS.get(option.names[0])


def of_argument(place: str, metavar: str) -> Source | None:
    """What may be this argument of a command; None where nobody has decided."""
    bare = metavar.strip("[]{}.")
    if (place, bare) in ARGUMENTS:
        return ARGUMENTS[place, bare]
    if bare == "TARGET":
        return TARGETS
    return ("fixed", *choices(bare)) if choices(bare) else None

"""Which debugging profile: what the namespace's PodSecurity level, the source's user and this kubectl leave to choose.

An ordered list, best first: the API server's dry run has the last word, since a level may be set where no label
shows it, and admission webhooks have rules of their own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubectl_netshoot.errors import NetshootError

Json = Mapping[str, Any]
AUTO = "auto"
KUBECTL = ("netadmin", "general", "baseline", "restricted", "sysadmin")
PROFILES = (AUTO, *KUBECTL)
LEVEL_LABEL = "pod-security.kubernetes.io/enforce"
ROOT = 0
NOBODY = 65534
# kubectl's own additions; what the runtime gives to root by itself is not promised by anybody.
CAPABILITIES = {
    "netadmin": frozenset({"NET_ADMIN", "NET_RAW"}),
    "sysadmin": frozenset({"NET_ADMIN", "NET_RAW", "SYS_ADMIN"}),
    "general": frozenset({"SYS_PTRACE"}),
}
# linux/capability.h
BITS = {"NET_ADMIN": 12, "NET_RAW": 13, "SYS_PTRACE": 19, "SYS_ADMIN": 21}
NO_RAW_SOCKETS = "no raw sockets: tcpdump and ping will not work; curl, dig, nc and ss do"
WITHOUT = {
    "NET_RAW": NO_RAW_SOCKETS,
    "NET_ADMIN": "interfaces, routes and firewalls cannot be changed",
    "SYS_PTRACE": "other processes cannot be traced",
    "SYS_ADMIN": "it is not privileged",
}
BY_LEVEL = {
    "privileged": ("netadmin", "baseline", "restricted"),
    "baseline": ("baseline", "restricted"),
    "restricted": ("restricted",),
}
NOT_ASKED_FOR = (
    "profile {} does not ask for NET_ADMIN and NET_RAW: interfaces, routes and firewalls cannot be changed, and "
    "tcpdump and ping work only where the container runtime allows raw sockets by itself (containerd does, "
    "CRI-O does not)"
)


@dataclass(frozen=True)
class RunAs:
    """Whom the source's containers run as. `user` and `non_root` hold for the debug container too: they are the
    pod's; `container_user` is one that the application was given for itself, 0 where there is none.
    """

    user: int | None = None
    non_root: bool = False
    container_user: int = 0

    @property
    def is_forced(self) -> bool:
        """Whether the pod keeps its containers from being root."""
        return self.non_root or bool(self.user)


@dataclass(frozen=True)
class ProfileChoice:
    """A profile with its reason. `user`: whom --custom makes the debug container run as, None: as the pod says."""

    profile: str
    reason: str
    user: int | None = None
    notes: tuple[str, ...] = ()
    promised: frozenset[str] = frozenset()

    @property
    def rules_out_raw_sockets(self) -> bool:
        """Whether it is known beforehand that tcpdump cannot work."""
        return any(NO_RAW_SOCKETS in note for note in self.notes)

    def after(self, said: Sequence[str]) -> "ProfileChoice":
        """The same, with what the API server had against the better ones as its reason."""
        return replace(self, reason=f"the API server refuses more: {said[0]}") if said else self


def run_as(spec: Json) -> RunAs:
    """Out of a pod's spec, as the API has it."""
    pod = spec.get("securityContext") or {}
    users = [
        (container.get("securityContext") or {}).get("runAsUser") or 0
        for container in spec.get("containers") or []
    ]
    return RunAs(pod.get("runAsUser"), bool(pod.get("runAsNonRoot")), next((u for u in users if u), 0))


def choices(
    asked: str, level: str, source: RunAs, available: Collection[str], customizable: bool
) -> tuple[ProfileChoice, ...]:
    """What to try, best first. `level` is the namespace's enforced one, empty where that is not known.

    `available` are the profiles of this kubectl, `customizable` says whether its debug has --custom.
    Raises NetshootError for a profile that this kubectl does not have.
    """
    names = [name for name in (_by_level(level) if asked == AUTO else (asked,)) if name in available]
    if not names:
        has = ", ".join(name for name in KUBECTL if name in available) or "none"
        raise NetshootError(
            f"`kubectl debug` here has no profile {'that is allowed here' if asked == AUTO else asked}",
            f"it has {has}; a newer kubectl has more",
        )
    judging = _Judge(level, source, customizable)
    return tuple(choice for name in names for choice in judging.choices(name, asked))


def missing_capabilities(promised: Collection[str], effective: int) -> tuple[str, ...]:
    """What the profile promised and the running container does not have; `effective` is CapEff."""
    return tuple(name for name in sorted(promised) if not effective >> BITS[name] & 1)


def lacking(profile: str, missing: Collection[str]) -> str:
    """A sentence on these missing capabilities, and what does not work without them."""
    effects = [effect for name, effect in WITHOUT.items() if name in missing]
    return f"the debug container has no {', '.join(missing)}, which profile {profile} asks for: {'; '.join(effects)}"


def _by_level(level: str) -> tuple[str, ...]:
    return BY_LEVEL.get(level, BY_LEVEL["privileged"])


@dataclass(frozen=True)
class _Judge:
    level: str
    source: RunAs
    customizable: bool

    def choices(self, name: str, asked: str) -> Iterator[ProfileChoice]:
        reason = self._reason(name, asked)
        if name == "restricted":
            yield self._restricted(reason)
            return
        if not self.source.is_forced:
            yield ProfileChoice(name, reason, None, _notes_as_root(name), _promised(name))
            return
        if self.customizable and self.level != "restricted":
            why = f"{reason}; as root, which the pod would keep it from being"
            yield ProfileChoice(name, why, ROOT, _notes_as_root(name), _promised(name))
        if asked != AUTO or not self.customizable:
            yield ProfileChoice(name, reason, None, self._notes_as_pod_user())

    def _reason(self, name: str, asked: str) -> str:
        if asked != AUTO:
            return "asked for"
        if name == _by_level(self.level)[0]:
            return f"the namespace enforces {self.level}" if self.level in BY_LEVEL else "nothing forbids it"
        return "the API server refuses more"

    def _restricted(self, reason: str) -> ProfileChoice:
        if self.source.user:
            return ProfileChoice("restricted", reason, None, (NO_RAW_SOCKETS,))
        if self.customizable:
            return ProfileChoice(
                "restricted", reason, self.source.container_user or NOBODY, (NO_RAW_SOCKETS,)
            )
        note = (
            "this kubectl has no `debug --custom` (1.31 has) to give the debug container a user: it will not start "
            "unless its image names one that is not root, by number"
        )
        return ProfileChoice("restricted", reason, None, (NO_RAW_SOCKETS, note))

    def _notes_as_pod_user(self) -> tuple[str, ...]:
        who = f"as user {self.source.user}" if self.source.user else "not as root"
        note = f"the debug container runs {who}, as the pod demands: {NO_RAW_SOCKETS}"
        if self.source.user:
            return (note,)
        return (note, "it will not start unless its image names a user that is not root, by number")


def _promised(name: str) -> frozenset[str]:
    return CAPABILITIES.get(name, frozenset())


def _notes_as_root(name: str) -> tuple[str, ...]:
    if "NET_ADMIN" in _promised(name):
        return ()
    return (NOT_ASKED_FOR.format(name),)

"""What `doctor` makes of what it found: ok, warning or bad, in one line, with the next step. Pure judgments."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from kubectl_netshoot.rules.profiles import BY_LEVEL, KUBECTL
from kubectl_netshoot.rules.rights import Review

# kubectl is supported within one minor version of the API server (kubernetes.io, version skew policy).
SKEW = 1
LACKING = {
    "--custom": "the debug container gets no requests, limits and user of its own",
    "--keep-readiness": "with some profiles the copy counts as ready before the application is",
}
NEWER = "use kubectl 1.31 or newer, if need be only here, by KUBECTL_NETSHOOT_KUBECTL"


class State(Enum):
    """BAD is what keeps a session from working; WARNING what takes something away from it. UNKNOWN is not known, for a
    reason that another check has told.
    """

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class DoctorLine:
    """One line: which check, how it stands, what was found, and the next step where one is needed."""

    check: str
    state: State
    what: str
    next_step: str = ""


def told_once(findings: Iterable[DoctorLine], unasked: Iterable[str] = ()) -> tuple[DoctorLine, ...]:
    """The findings, what keeps several checks from their answer with the first of them only. `unasked` are checks that
    could not even be begun, for the reason that the last finding has.
    """
    first: dict[str, str] = {}
    kept = [_unless_told(finding, first) for finding in findings]
    return (*kept, *(_unknown(check, kept[-1].check) for check in unasked))


def _unless_told(finding: DoctorLine, first: dict[str, str]) -> DoctorLine:
    if finding.state is State.OK:
        return finding
    teller = first.setdefault(finding.what, finding.check)
    return finding if teller == finding.check else _unknown(finding.check, teller)


def _unknown(check: str, teller: str) -> DoctorLine:
    return DoctorLine(check, State.UNKNOWN, f"see {teller}")


def kubectl(version: str, flags: Collection[str], profiles: Collection[str]) -> DoctorLine:
    """This kubectl's debug, by the flags and profiles that its help lists."""
    name = version or "of unknown version"
    if "--profile" not in flags or "netadmin" not in profiles:
        return DoctorLine("kubectl", State.BAD, f"{name}: its debug has no profile netadmin", NEWER)
    lacking = [f"no `debug {flag}`: {loss}" for flag, loss in LACKING.items() if flag not in flags]
    missing = [profile for profile in KUBECTL if profile not in profiles]
    lacking += [f"no profile {', '.join(missing)}"] if missing else []
    if lacking:
        return DoctorLine("kubectl", State.WARNING, f"{name}: {'; '.join(lacking)}", NEWER)
    return DoctorLine("kubectl", State.OK, name)


def skew(client: str, server: str) -> DoctorLine:
    """kubectl's version beside the API server's."""
    mine, its = _minor(client), _minor(server)
    what = f"kubectl {client or 'of unknown version'}, API server {server or 'of unknown version'}"
    if mine is None or its is None:
        return DoctorLine("skew", State.WARNING, what, "try: kubectl version")
    apart = abs(mine - its)
    if apart > SKEW:
        text = f"{what}: {apart} minor versions apart, {SKEW} is supported"
        return DoctorLine("skew", State.WARNING, text, f"use a kubectl of 1.{its - 1} to 1.{its + 1}")
    return DoctorLine("skew", State.OK, what)


def plugin(name: str, found: Sequence[str]) -> DoctorLine:
    """Where kubectl finds us on PATH: the first of these, each another file; the others are hidden by it."""
    if not found:
        folder = "put the folder that it was installed into on PATH, or install again"
        return DoctorLine(
            "plugin", State.WARNING, f"{name} is not on PATH: `kubectl netshoot` does not find it", folder
        )
    first, *others = found
    if others:
        hidden = f"{len(others)} others" if len(others) > 1 else f"another {name}"
        what = f"the one that kubectl runs, {first}, hides {hidden}: {', '.join(others)}"
        return DoctorLine("plugin", State.WARNING, what, "keep one of them; try: kubectl plugin list")
    return DoctorLine("plugin", State.OK, first)


def completion(found: str, made_by: str, running: str) -> DoctorLine:
    """The script for TAB on PATH, the version of ours that made it (empty: another hand did), and the one that runs."""
    install = "try: kubectl netshoot completion install"
    if not found:
        what = "TAB completes nothing after `kubectl netshoot`: kubectl_complete-netshoot is not on PATH"
        return DoctorLine("completion", State.WARNING, what, install)
    if made_by not in ("", running):
        what = f"{found} knows the commands of version {made_by}, this is {running}"
        return DoctorLine("completion", State.WARNING, what, install)
    return DoctorLine("completion", State.OK, found)


def level(namespace: str, enforced: str) -> DoctorLine:
    """The namespace's PodSecurity level, as its label has it."""
    if enforced not in BY_LEVEL or enforced == "privileged":
        what = (
            f"namespace {namespace} enforces {enforced}" if enforced else f"no level on namespace {namespace}"
        )
        return DoctorLine("podsecurity", State.OK, what)
    profile = BY_LEVEL[enforced][0]
    return DoctorLine(
        "podsecurity",
        State.WARNING,
        f"namespace {namespace} enforces {enforced}: sessions get profile {profile}, without NET_ADMIN and NET_RAW",
        "capture in another namespace, or ask for a level that allows netadmin",
    )


def rights(found: Review, namespace: str) -> DoctorLine:
    """What may be done, as the cluster says."""
    ask = f"try: kubectl netshoot rbac --join -n {namespace}"
    if found.missing:
        names = ", ".join(map(str, found.missing))
        return DoctorLine("rights", State.BAD, f"you may not {names}", ask)
    if found.notes:
        return DoctorLine("rights", State.WARNING, "; ".join(found.notes), ask)
    return DoctorLine("rights", State.OK, f"all that a session needs in namespace {namespace}")


def leftovers(copies: Sequence[str], namespace: str) -> DoctorLine:
    """Copies of anybody that exist now; they may well be in use."""
    if not copies:
        return DoctorLine("copies", State.OK, f"none in namespace {namespace}")
    what = f"{', '.join(copies)} in namespace {namespace}: in use, or left behind"
    return DoctorLine("copies", State.WARNING, what, f"try: kubectl netshoot list -n {namespace}")


def folders(left: int) -> DoctorLine:
    """Private folders of runs that were killed."""
    if not left:
        return DoctorLine("folders", State.OK, "no private folder was left behind")
    what = f"{left} private folder{'s' if left > 1 else ''} with a kubeconfig left behind by killed runs"
    return DoctorLine(
        "folders", State.WARNING, what, "the next session removes them; try: kubectl netshoot list"
    )


def image(wanted: str, pull_policy: str, secrets: Sequence[str], others: Sequence[str]) -> DoctorLine:
    """How the debug container's image will be pulled, beside the images that the source's node has pulled.

    `secrets` are the source's pull secrets, which the copy keeps; `others` the source's images.
    """
    default = "Always" if _tag(wanted) in ("", "latest") else "IfNotPresent"
    with_secrets = f"with the pod's pull secrets {', '.join(secrets)}" if secrets else "without pull secrets"
    what = f"{wanted}, pull policy {pull_policy or default}, {with_secrets}"
    registries = {_registry(other) for other in others}
    if registries and _registry(wanted) not in registries:
        elsewhere = ", ".join(sorted(name or "the default registry" for name in registries))
        text = f"{what}; the pod's own images come from {elsewhere}: the nodes may not reach another"
        return DoctorLine(
            "image", State.WARNING, text, "mirror it there, and name it by --image or KUBECTL_NETSHOOT_IMAGE"
        )
    return DoctorLine("image", State.OK, what)


def _minor(version: str) -> int | None:
    match = re.match(r"v1\.([0-9]+)", version)
    return int(match[1]) if match else None


def _registry(reference: str) -> str:
    first, slash, _ = reference.partition("/")
    named = bool(slash) and (re.search("[.:]", first) is not None or first == "localhost")
    # The default one has a name too, which some write out.
    return first if named and not first.endswith("docker.io") else ""


def _tag(reference: str) -> str:
    name, _, digest = reference.partition("@")
    return digest or name.rpartition("/")[2].partition(":")[2]

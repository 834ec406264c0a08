"""A second instance of the application: what runs once by intention, and what gives that away.

Its variables, arguments, images and the names of its ConfigMaps are the signs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kubectl_netshoot.model import Container, Lease, Pod, Workload
from kubectl_netshoot.rules.hazards.hazard import UNCHANGED, Changed, Hazard, Severity, Surroundings

OFF = frozenset({"false", "0", "no", "off", "disabled"})
WORKERS = re.compile(
    r"(?:^|/)(celery|sidekiq|resque|rq|crond?|supercronic|queue:work|schedule:(?:run|work))(?:$|\s)"
)
# The registry's name in a variable, an option, a host or a scheme; no consultant, no consulate.
REGISTRIES = {
    "Nacos": re.compile("nacos"),
    "Eureka": re.compile("eureka"),
    "Consul": re.compile(r"(?<![a-z])consul(?!t|ar|ate)"),
    "ZooKeeper": re.compile("zookeeper"),
    "Dubbo's registry": re.compile("dubbo.*registr"),
}
# A registry may serve configuration too: who only reads that from it registers nowhere.
_CONFIGURATION = re.compile("config(?!map)")
_REGISTRATION = re.compile("discovery|regist")
_SWITCH = re.compile(
    "(nacos|eureka|consul|zookeeper|dubbo|springcloud|serviceregistry)"
    "(client|discovery|service|registry|auto|registration)*"
    "(enabled?|register(enabled|witheureka)?|registration(enabled)?)$"
)
_ALL_OFF = re.compile("springcloud(service|discovery)|^serviceregistry")
_ELECTION = re.compile("leader[-_.]?elect|springcloudkubernetesleader")
_ELECTION_SWITCH = re.compile("leaderelect(ion)?(enabled?)?$")


@dataclass(frozen=True)
class _Setting:
    """A variable, an option or a name; `said` is how it is shown: without its value."""

    name: str
    value: str
    said: str

    @property
    def key(self) -> str:
        """The name as Spring's relaxed binding and Go's flags agree on it: without case and separators."""
        return re.sub("[^a-z0-9]", "", self.name.lower())

    @property
    def spaced(self) -> str:
        """The name in words: consulHost is about Consul as CONSUL_HOST is."""
        return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", self.name).lower()

    @property
    def off(self) -> bool:
        return self.value.lower() in OFF

    @property
    def is_configuration(self) -> bool:
        return bool(_CONFIGURATION.search(self.key)) and not _REGISTRATION.search(self.key)


def registries(source: Pod) -> tuple[tuple[str, str], ...]:
    """The registries that the application seems to register itself in, each with the first sign of it."""
    settings = [s for s in _settings(source) if not s.is_configuration]
    switched_off = [s for s in settings if s.off and _SWITCH.search(s.key)]
    if any(_ALL_OFF.search(s.key) for s in switched_off):
        return ()
    off = {name for s in switched_off for name in _named(s.spaced)}
    found: dict[str, str] = {}
    for setting in settings:
        if not setting.off and off.isdisjoint(_named(setting.spaced)):
            for name in _named(setting.value.lower()) or _named(setting.spaced):
                found.setdefault(name, setting.said)
    return tuple((name, said) for name, said in found.items() if name not in off)


def election(source: Pod) -> str:
    """The sign that the application elects a leader among its instances; empty where there is none."""
    found = [s for s in _settings(source) if _ELECTION.search(s.key)]
    if any(s.off and _ELECTION_SWITCH.search(s.key) for s in found):
        return ""
    return next((s.said for s in found), "")


def workers(source: Pod) -> tuple[str, ...]:
    """Programs for background work that its containers start: queues, cron."""
    words = (word for c in source.containers for word in _words(c.command))
    return tuple(dict.fromkeys(match[1] for word in words if (match := WORKERS.search(word))))


def _named(text: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in REGISTRIES.items() if pattern.search(text))


def _settings(source: Pod) -> Iterator[_Setting]:
    for container in source.containers:
        yield from _of_container(container)
    for name in (*source.init_containers, *(sidecar.name for sidecar in source.sidecars)):
        yield _Setting(name, "", f"container {name}")
    for name in source.configs:
        # A ConfigMap has "config" in its name as other things have not: it says nothing of what is in it.
        yield _Setting(name.replace("config", ""), "", f"ConfigMap {name}")


def _of_container(container: Container) -> Iterator[_Setting]:
    for name, value in container.env.items():
        known = value or container.references.get(name, "")
        if known:
            yield _Setting(name, known, f"variable {name}")
        yield from _options(_words((value,)), f"variable {name}")
    for name, text in container.references.items():
        if name not in container.env:
            yield _Setting("", text, f"variables of {name}")
    words = _words(container.command)
    yield from _options(words, "")
    yield from (_Setting("", word, "its command") for word in words if not word.startswith("-"))
    yield _Setting(container.name, _repository(container.image), f"container {container.name}")


def _repository(image: str) -> str:
    """hashicorp/consul of registry.example.com/hashicorp/consul:1.20: a registry's host says nothing."""
    first, _, rest = image.partition("/")
    return rest if rest and re.search("[.:]|^localhost$", first) else image


def _words(command: tuple[str, ...]) -> list[str]:
    return [word.strip("\"'") for text in command for word in text.split()]


def _options(words: list[str], where: str) -> Iterator[_Setting]:
    """--name=value, --name value, -Dname=value; a name alone is a switch that is on."""
    for word, after in zip(words, [*words[1:], ""], strict=False):
        if not re.match("--?[A-Za-z]", word):
            continue
        option, equals, value = word.partition("=")
        name = option.lstrip("-").removeprefix("D")
        if not equals and not after.startswith("-"):
            value = after
        yield _Setting(name, value, where or f"option {option}")


SINGLE = ("StatefulSet", "Job")


def second_instance(source: Pod, around: Surroundings, changed: Changed = UNCHANGED) -> tuple[Hazard, ...]:
    """A warning for each thing that two instances may not share; what is not known here is not said.

    Of a copy with something `changed` in it that is judged by what it will run.
    """
    if changed.names:
        source = replace(source, containers=changed.containers)
    return tuple(
        Hazard("second-instance", Severity.WARN, what, instead)
        for what, instead in (
            *_work(source, changed),
            *_alone(source, around),
            *_election(source, around.leases),
            *_registration(source),
        )
    )


def _work(source: Pod, changed: Changed) -> Iterator[tuple[str, str]]:
    owner = next((o for o in source.owners if o.kind in SINGLE), None)
    as_they_are = " as they are in the pod" if changed.names else ""
    starters = f"its init containers ({', '.join(source.init_containers)}){as_they_are}"
    reasons = [starters] if source.init_containers else []
    reasons += [f"the work of {owner}"] if owner else []
    reasons += [f"its background work ({', '.join(found)})"] if (found := workers(source)) else []
    if reasons:
        differing = f" ({changed} set)" if changed.names else ""
        with_what = f"{differing}, with {' and '.join(reasons)}"
        yield (
            f"the copy runs the application again{with_what}: migrations, consumers and timers too",
            "make sure that the application tolerates a second instance",
        )


def _alone(source: Pod, around: Surroundings) -> Iterator[tuple[str, str]]:
    """One replica, or Recreate: whoever wrote that may have meant that there are never two.

    One that an autoscaler has chosen was not meant so.
    """
    single = next(_workloads(source, around), None)
    if single is None:
        return
    scaled = any((a.target.kind, a.target.name) == single.key for a in around.autoscalers)
    said = ["one replica"] if single.replicas == 1 and not scaled else []
    said += ["strategy Recreate"] if single.recreate else []
    if said:
        yield (
            f"{single.owner} has {' and '.join(said)}, and the copy runs beside "
            + ("its pod: it may be meant to run once" if single.replicas == 1 else "all of its pods"),
            "make sure that the application tolerates a second instance",
        )


def _workloads(source: Pod, around: Surroundings) -> Iterator[Workload]:
    if around.workload:
        yield around.workload
    for owner in source.owners:
        for c in around.controllers:
            named = (c.kind, c.name) == (owner.kind, owner.name)
            if named and c.replicas is not None and owner.controller and owner.kind not in SINGLE:
                yield Workload(owner, c.replicas)


def _election(source: Pod, leases: Sequence[Lease]) -> Iterator[tuple[str, str]]:
    held = [lease for lease in leases if _holds(source, lease.holder)]
    sign = election(source)
    if not held and not sign:
        return
    said = [f"lease {lease.name} is held by {lease.holder}" for lease in held[:1]] or [sign]
    yield (
        f"the application elects a leader ({said[0]}): the copy is a candidate, and does the leader's work if it wins",
        "look who holds the lease before the session, and after it",
    )


def _holds(source: Pod, holder: str) -> bool:
    """Whether it is held by this pod or another one of its controller.

    client-go's usual identity is the host's name, which is the pod's, and behind a _ something random.
    """
    names = [re.escape(source.name)]
    names += [f"{re.escape(o.name)}-(?:[a-z0-9]{{5}}|[0-9]+)" for o in source.owners if o.controller]
    return bool(re.search(f"(?<![a-z0-9.-])(?:{'|'.join(names)})(?![a-z0-9.-])", holder))


def _registration(source: Pod) -> Iterator[tuple[str, str]]:
    found = registries(source)
    if not found:
        return
    which = " and ".join(f"{name} ({sign})" for name, sign in found)
    what = (
        f"the application seems to register itself in {which}: clients that ask there are sent to the copy, "
        "joined or not, and leaving the Service does not stop them"
    )
    yield (
        what,
        "see in the registry that the copy is not listed, or take it out there before the session ends",
    )

"""The copy as it came to be, held against the plan: what kubectl did beside making it is a hazard like any other.

A default of the user's, a wrapper or an alias script can add any flag of `kubectl debug`: --replace deletes the source,
--keep-labels puts the copy behind Services and before controllers, others change containers and probes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Container, Pod
from kubectl_netshoot.rules.hazards import controllers
from kubectl_netshoot.rules.hazards.hazard import Hazard, Severity, Surroundings

# The binding puts these onto every pod, from its node (PodTopologyLabels, on since 1.35).
OF_NODE = frozenset({"topology.kubernetes.io/zone", "topology.kubernetes.io/region"})
INSTEAD = "look whether kubectl is a script of yours that adds flags; KUBECTL_NETSHOOT_KUBECTL names another"


@dataclass(frozen=True)
class Expected:
    """`copy` is as the API server said in its dry run that it would be, where it was `judged`; else as we built it."""

    source: Pod
    copy: Pod
    session: str
    judged: bool = False

    @property
    def born(self) -> dict[str, str]:
        """The labels that it will have without our doing: of its node, and of admission, as the dry run says.

        A source that has its node's zone and region tells that the cluster copies them onto pods (1.35 does).
        """
        of_node = {key: self.source.labels[key] for key in OF_NODE if key in self.source.labels}
        return {**of_node, **self.copy.labels}


def unexpected_labels(expected: Expected, copy: Pod) -> dict[str, str]:
    """The labels that the plan did not reckon with, whoever put them on."""
    known = {*expected.born.items(), (MANAGED_BY_LABEL, MANAGED_BY)}
    return {k: v for k, v in copy.labels.items() if (k, v) not in known}


def added_labels(expected: Expected, copy: Pod) -> dict[str, str]:
    """Those of them that kubectl may have put on: not those of its node, which are judged before a join."""
    return {k: v for k, v in unexpected_labels(expected, copy).items() if k not in OF_NODE}


def surprises(
    expected: Expected,
    copy: Pod,
    source: Pod | None,
    around: Surroundings | None,
    unlike: Sequence[str],
) -> tuple[Hazard, ...]:
    """What is not as planned, the worst first. `source` is as it is now, None where it is gone; `around` is needed for
    unexpected labels only, and None where it could not be read; `unlike` is in what the copy itself differs.
    """
    return (
        *_source_gone(expected.source, source),
        *_unmarked(expected, copy),
        *_adopted(copy),
        *_by_labels(expected, copy, around),
        *_differences(expected, copy, unlike),
    )


def _source_gone(before: Pod, now: Pod | None) -> Iterator[Hazard]:
    if now is not None and now.uid == before.uid and (before.terminating or not now.terminating):
        return
    is_there = now is not None and now.uid == before.uid
    owner = next((o for o in before.owners if o.controller), None)
    again = f"{owner} makes another pod" if owner else "no controller makes it again: apply its manifest"
    yield Hazard(
        "source-gone",
        Severity.NEVER,
        f"pod {before.name} {'is being deleted' if is_there else 'was deleted'} when its copy was made, by this "
        "kubectl (debug --replace) or by somebody else in that moment",
        f"{again}; {INSTEAD}",
    )


def _unmarked(expected: Expected, copy: Pod) -> Iterator[Hazard]:
    if copy.session != expected.session:
        what = f"pod {copy.name} does not carry the mark of this session, so it is not touched"
        yield Hazard("not-as-planned", Severity.NEVER, what, f"delete it yourself, if it is yours; {INSTEAD}")


def _adopted(copy: Pod) -> Iterator[Hazard]:
    for owner in copy.owners[:1]:
        what = f"{owner} has adopted the copy, and may delete a pod to keep its count"
        yield Hazard("adoption", Severity.NEVER, what, f"look at the pods of {owner}; {INSTEAD}")


def _by_labels(expected: Expected, copy: Pod, around: Surroundings | None) -> Iterator[Hazard]:
    """A label that nothing selects by does no harm, and what cannot be judged was not put on by kubectl."""
    labels = added_labels(expected, copy)
    if not labels:
        return
    kept = [key for key, value in labels.items() if expected.source.labels.get(key) == value]
    if around is None or around.unread:
        if kept:
            what = f"the copy has the source's labels {', '.join(kept)}, and what selects it is not known"
            yield Hazard("adoption", Severity.NEVER, what, INSTEAD)
        return
    stages: controllers.Stages = (copy.labels,)
    yield from controllers.adoption(stages, around.controllers)
    for service in around.services:
        if service.selects(copy.labels):
            what = f"the copy has labels that Service {service.name} selects by, before it was to be joined"
            yield Hazard("other-service", Severity.NEVER, what, INSTEAD)


def _differences(expected: Expected, copy: Pod, unlike: Sequence[str]) -> Iterator[Hazard]:
    if copy.session == expected.session and unlike:
        what = f"the copy is not as planned: {', '.join(unlike)}"
        yield Hazard("not-as-planned", Severity.REFUSE, what, f"{INSTEAD}, or --allow not-as-planned")


def unlike_its_source(expected: Expected, copy: Pod) -> Iterator[str]:
    """In what a copy that was to be as its source is another: containers, what runs in them, and their probes.

    Variables are the source's, and those that admission writes may be of each request.
    """
    made: Mapping[str, Container] = {c.name: c for c in copy.containers}
    of_source = {c.name for c in expected.source.containers}
    for container in expected.copy.containers:
        now = made.get(container.name)
        if now is None:
            yield f"without the container {container.name}"
            continue
        # Admission may have given another image to what was not judged beforehand.
        if now.image != container.image and (expected.judged or container.name in of_source):
            yield f"container {container.name} has image {now.image} instead of {container.image}"
        if now.command != container.command and container.name not in of_source:
            yield f"container {container.name} runs another command"
        yield from _of_probes(container, now)
    if expected.judged:
        names = {c.name for c in expected.copy.containers}
        yield from (f"with another container {name}" for name in made if name not in names)
    absent = (name for name in expected.copy.init_containers if name not in copy.init_containers)
    yield from (f"without the init container {name}" for name in absent)


def _of_probes(planned: Container, now: Container) -> Iterable[str]:
    for probe in sorted(set(planned.probes) ^ set(now.probes)):
        yield f"container {now.name} {'lost its' if probe in planned.probes else 'has a'} {probe} probe"

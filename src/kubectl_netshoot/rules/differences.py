"""In what two pods differ that a person cares about, as text that may be shown: cleaned, and without secrets.

What the API server fills in, what belongs to one pod alone (its node, the volume of its token, its deadline), and our
own container with the tools are no differences.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from kubectl_netshoot.model import ENV_MARK, Json, read_birth
from kubectl_netshoot.rules.secrets import masked, masked_value, masked_words

_TOKEN_VOLUME = "kube-api-access-"
_OF_ONE_POD = frozenset(
    {"nodeName", "activeDeadlineSeconds", "serviceAccount", "ephemeralContainers", "schedulingGates"}
)
_LISTED = frozenset({"containers", "initContainers", "volumes", "tolerations"})
# By the API's own defaults; a template is stored without some of them.
_OF_POD: Json = {
    "dnsPolicy": "ClusterFirst",
    "enableServiceLinks": True,
    "hostIPC": False,
    "hostNetwork": False,
    "hostPID": False,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "restartPolicy": "Always",
    "schedulerName": "default-scheduler",
    "serviceAccountName": "default",
    "shareProcessNamespace": False,
    "terminationGracePeriodSeconds": 30,
}
_OF_CONTAINER: Json = {
    "stdin": False,
    "stdinOnce": False,
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "tty": False,
}
_OF_PROBE: Json = {
    "failureThreshold": 3,
    "initialDelaySeconds": 0,
    "periodSeconds": 10,
    "successThreshold": 1,
    "timeoutSeconds": 1,
}
_OF_HTTP: Json = {"path": "/", "scheme": "HTTP"}
_OF_MOUNT: Json = {"readOnly": False, "recursiveReadOnly": "Disabled"}
_MODE = 420
# Admission puts these onto every pod, and not onto a template.
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATED_SECONDS = 300
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
# kubectl debug takes these off every copy; a readiness probe is kept where kubectl can.
_LOST_BY_COPIES = ("livenessProbe", "startupProbe")
_COMMANDS = ("command", "args")
_DIGEST, _PULL = "image digest", "imagePullPolicy"
# As a shell takes it; nobody pastes a mask.
_BARE = re.compile(r"[\w@%+=:,./*-]+")
_TOLD_APART = frozenset({"name", "image", "env", "envFrom", "ports", "volumeMounts"})
# By the first word: what a person looks at first; then the rest by name.
_ORDER = ["container", "init", "volume", "image", "command", "args", "env", "envFrom", "resources", "port"]
# What drivers of volumes are given is named by them, not by the API.
_OF_DRIVERS = ("volumeAttributes", "options")
# Of a value, in characters on a screen.
_MOST = 200


@dataclass(frozen=True)
class Difference:
    """`where` names a part of the pod; the values are text for people, empty where the part is not there.

    `of_every_copy`: kubectl debug makes it in any copy.
    """

    where: str
    before: str
    after: str
    of_every_copy: bool = False


def differences(source: Json, copy: Json) -> tuple[Difference, ...]:
    """What is another in the copy than in its source, two v1 Pods as the API has them, or templates of pods.

    Containers first, in the order of the source, and what runs in them before the rest. Raises LookupError, TypeError
    or AttributeError for what is no pod.
    """
    return tuple(_between("", _pod(source), _pod(copy)))


def unlike(planned: Json, made: Json) -> tuple[str, ...]:
    """In what a pod is not as it was planned, our own container included: without a value, but for images.

    Raises what `differences` raises.
    """
    found = _between("", _pod(planned, with_ours=True), _pod(made, with_ours=True))
    return (*map(_otherwise, found), *_reordered(planned, made))


def _otherwise(found: Difference) -> str:
    owner, has_part, part = found.where.partition(": ")
    if not has_part:
        verb = "with another" if found.after else "without"
        return f"{verb} {owner}"
    what = f"image {found.after} instead of {found.before}" if part == "image" else f"another {part}"
    return f"{owner} has {what}"


def _reordered(planned: Json, made: Json) -> Iterator[str]:
    """Variables refer to those before them."""
    before, now = _order(planned), _order(made)
    for name in before.keys() & now.keys():
        if before[name] != now[name] and sorted(before[name]) == sorted(now[name]):
            yield f"container {name} has its variables in another order"


def _order(pod: Json) -> dict[str, list[str]]:
    containers = (*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"])
    return {c["name"]: [entry["name"] for entry in c.get("env") or ()] for c in containers}


def diff_lines(found: Iterable[Difference]) -> Iterator[str]:
    """As diff writes them: the part, what goes after `-`, what comes after `+`; those of every copy in one line."""
    usual = []
    for difference in found:
        if difference.of_every_copy:
            usual.append(difference.where)
            continue
        before, after = _shortened(difference.before, difference.after)
        yield f"  {difference.where}"
        yield from (f"{sign} {text}" for sign, text in (("-", before), ("+", after)) if text)
    if usual:
        yield f"  without {', '.join(usual)}, as every copy"


def _shortened(before: str, after: str) -> tuple[str, str]:
    """Two long texts from a little before where they part, and not to their ends."""
    if max(len(before), len(after)) <= _MOST:
        return before, after
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    start = max(0, alike - _MOST // 4)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    end = start + _MOST
    return ("..." if start and text else "") + text[start:end] + ("..." if len(text) > end else "")


@dataclass(frozen=True)
class _Value:
    """What is compared, and what is shown of it."""

    raw: str
    shown: str


Tree = Mapping[str, "Tree | _Value"]


def _between(where: str, one: Tree, other: Tree) -> Iterator[Difference]:
    for key in sorted(dict.fromkeys((*one, *other)), key=_rank):
        before, after = one.get(key), other.get(key)
        if before == after or (key == _DIGEST and not _are_of_one_image(one, other)):
            continue
        if key == _PULL and _is_by_default(one) and _is_by_default(other):
            continue
        place = where + _clean(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            is_object = not where and " " in key
            yield from _between(f"{place}{': ' if is_object else '.'}", before, after)
            continue
        shown, now = _shown(before), _shown(after)
        now += " (another value)" if shown == now else ""
        yield Difference(place, shown, now, key in _LOST_BY_COPIES and after is None)


def _are_of_one_image(one: Tree, other: Tree) -> bool:
    """Whether two digests say that a tag has moved: that they are known, of the same kind, and of the same name."""
    before, after = one[_DIGEST], other[_DIGEST]
    assert isinstance(before, _Value)
    assert isinstance(after, _Value)
    return bool(before.raw) and before.raw == after.raw and one["image"] == other["image"]


def _is_by_default(container: Tree) -> bool:
    policy, image = container.get(_PULL), container.get("image")
    return isinstance(policy, _Value) and isinstance(image, _Value) and policy.raw == _default_pull(image.raw)


def _rank(key: str) -> int:
    word = key.partition(" ")[0]
    return _ORDER.index(word) if word in _ORDER else len(_ORDER)


def _shown(value: "Tree | _Value | None") -> str:
    if value is None:
        return ""
    if isinstance(value, _Value):
        return value.shown
    image = value.get("image")
    if isinstance(image, _Value):
        return f"image {image.shown}"
    return ", ".join(f"{_clean(key)}: {_nested(of)}" for key, of in value.items())


def _nested(value: "Tree | _Value") -> str:
    return value.shown if isinstance(value, _Value) else f"{{{_shown(value)}}}"


def _clean(text: str) -> str:
    """As it is, or with every character escaped that cannot be seen or would be obeyed."""
    return text if text.isprintable() and text and text == text.strip() else json.dumps(text)


def _pod(pod: Json, with_ours: bool = False) -> Tree:
    spec, status = pod["spec"], pod.get("status") or {}
    tree: dict[str, Tree | _Value] = {}
    for noun, key in (("container", "container"), ("init container", "initContainer")):
        digests = {s["name"]: s.get("imageID") or "" for s in status.get(f"{key}Statuses") or []}
        for container in spec.get(f"{key}s") or []:
            name = container["name"]
            if with_ours or not _is_ours(container):
                tree[f"{noun} {name}"] = {**_container(container), _DIGEST: _digest(digests.get(name, ""))}
    for volume in spec.get("volumes") or []:
        if not volume["name"].startswith(_TOKEN_VOLUME):
            tree[f"volume {volume['name']}"] = _tree(_volume(volume))
    tolerations = [t for t in spec.get("tolerations") or [] if not _is_of_admission(t)]
    rest = {key: spec[key] for key in sorted(spec.keys() - _OF_ONE_POD - _LISTED)}
    return {**tree, **_tree(_less(rest, _OF_POD)), **_tree({"tolerations": tolerations})}


def _is_ours(container: Json) -> bool:
    return any(e["name"] == ENV_MARK and read_birth(e.get("value", "")) for e in container.get("env") or [])


def _is_of_admission(toleration: Json) -> bool:
    return toleration.get("key") in _TOLERATED and toleration.get("tolerationSeconds") == _TOLERATED_SECONDS


def _container(container: Json) -> Tree:
    image = container.get("image", "")
    rest = {key: container[key] for key in sorted(container.keys() - _TOLD_APART)}
    rest |= {probe: _probe(rest[probe]) for probe in _PROBES if rest.get(probe)}
    rest["resources"] = _completed(rest.get("resources") or {})
    rest.setdefault(_PULL, _default_pull(image))
    return {
        "image": _told(image),
        **{f"env {e['name']}": _variable(e) for e in container.get("env") or [] if e["name"] != ENV_MARK},
        **{
            f"envFrom {number}": _told(_source(e))
            for number, e in enumerate(container.get("envFrom") or [], 1)
        },
        **{f"port {_number(port)}": _port(port) for port in container.get("ports") or []},
        **{
            f"mount {mount['mountPath']}": _mount(mount)
            for mount in container.get("volumeMounts") or []
            if not mount["name"].startswith(_TOKEN_VOLUME)
        },
        **_tree(_less(rest, _OF_CONTAINER)),
    }


def _default_pull(image: str) -> str:
    """The API's default for a container that is created with this image; another one later does not change it."""
    is_latest = image.rpartition("/")[2].partition(":")[2] in ("", "latest") and "@" not in image
    return "Always" if is_latest else "IfNotPresent"


def _completed(resources: Json) -> Json:
    """As the API server completes a pod, and no template."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    return {**resources, "requests": {**limits, **requests}}


def _number(port: Json) -> str:
    return f"{port['containerPort']}/{port.get('protocol', 'TCP')}"


def _digest(image_id: str) -> _Value:
    """A registry's digest is that of an image's manifest, a runtime's own that of its content."""
    repository, _, digest = image_id.rpartition("@")
    return _Value(("manifest" if repository else "content") if digest else "", _clean(digest))


def _variable(entry: Json) -> _Value:
    if "valueFrom" in entry:
        return _told(_reference(entry["valueFrom"]))
    return _secret(entry["name"], entry.get("value", ""))


def _reference(source: Json) -> str:
    """What a variable is read from: no value is known, and none is asked for."""
    for kind, noun in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
        if found := source.get(kind):
            return f"key {found['key']} of {noun} {found['name']}{_optional(found)}"
    if found := source.get("fieldRef"):
        return f"field {found['fieldPath']}"
    return _shown(_tree(source))


def _source(entry: Json) -> str:
    prefix = f", each with {entry['prefix']} before it" if entry.get("prefix") else ""
    for kind, noun in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
        if found := entry.get(kind):
            return f"{noun} {found['name']}{_optional(found)}{prefix}"
    return _shown(_tree(entry))


def _optional(reference: Json) -> str:
    return " if there" if reference.get("optional") else ""


def _port(port: Json) -> _Value:
    host = f", host port {port['hostPort']}" if port.get("hostPort") else ""
    address = f" at {port['hostIP']}" if port.get("hostIP") else ""
    return _told((port.get("name") or "without a name") + host + address)


def _mount(mount: Json) -> _Value:
    rest = _less(mount, _OF_MOUNT)
    more = [
        f"{key} {_plain(value)}" for key, value in sorted(rest.items()) if key not in ("name", "mountPath")
    ]
    return _told(", ".join((f"volume {mount['name']}", *more)))


def _probe(probe: Json) -> Json:
    rest = _less(probe, _OF_PROBE)
    return {**rest, "httpGet": _less(rest["httpGet"], _OF_HTTP)} if "httpGet" in rest else rest


def _volume(volume: Json) -> Json:
    """What it is, without its name; a volume of no kind is an emptyDir."""
    kinds = {kind: of for kind, of in volume.items() if kind != "name"} or {"emptyDir": {}}
    # What has no settings is told by its kind.
    return {kind: _less(of, {"defaultMode": _MODE}) or "with no settings" for kind, of in kinds.items()}


def _less(values: Json, defaults: Json) -> Json:
    return {key: value for key, value in values.items() if key not in defaults or defaults[key] != value}


def _tree(values: Json, of_driver: bool = False) -> "dict[str, Tree | _Value]":
    """What says something of these; a list is one value."""
    found: dict[str, Tree | _Value] = {}
    for key, value in values.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, dict):
            found |= {key: inner} if (inner := _tree(value, key in _OF_DRIVERS)) else {}
        elif isinstance(value, list):
            found[key] = _command(value) if key in _COMMANDS else _list(value)
        else:
            found[key] = _secret(key if of_driver else "", _plain(value))
    return found


def _list(items: Sequence[Any]) -> _Value:
    return _Value(json.dumps(items), _clean(", ".join(map(_item, items))))


def _item(item: Any) -> str:
    """One of a list: what has a name alone, or a value, is told by these."""
    if not isinstance(item, dict):
        return masked(_plain(item))
    if item.keys() == {"name", "value"}:
        return f"{item['name']}: {masked_value(item['name'], item['value'])}"
    return str(item["name"]) if item.keys() == {"name"} else f"{{{_shown(_tree(item))}}}"


def _command(words: Sequence[str]) -> _Value:
    quoted = (word if _BARE.fullmatch(word) else shlex.quote(word) for word in masked_words(words))
    return _Value(json.dumps(words), _clean(" ".join(quoted)))


def _secret(name: str, text: str) -> _Value:
    return _Value(text, _clean(masked_value(name, text)))


def _told(text: str) -> _Value:
    return _Value(text, _clean(text))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)

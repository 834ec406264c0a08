"""What --set-image, --set-env, --set-command and --set-args mean, laid on a pod, and looked for in what came of it.

No sentence of this module holds a value: what a variable is set to may be a secret.
"""

import copy as copying
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kubectl_netshoot.errors import UsageError, near
from kubectl_netshoot.model import ENV_MARK, Json
from kubectl_netshoot.rules.container import check_image
from kubectl_netshoot.rules.targets import MAX_LABEL, is_label

LISTS = ("initContainers", "containers")
FORMS = {"command": "PROGRAM ARG...", "args": "ARG..."}
IMAGE, ENV, COMMAND, ARGS = "--set-image", "--set-env", "--set-command", "--set-args"
# What Kubernetes takes since RelaxedEnvironmentVariableValidation; an older server refuses more in the dry run.
_VARIABLE = re.compile(r"[ -<>-~]+")
_PLAIN = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
# In the place of a container's name, of an image: each of the pod's containers that is given no other.
EVERY = "*"


@dataclass(frozen=True)
class ContainerFields:
    """What is set in one container. A variable without a value is taken away; `command` and `args` are None where they
    stay as they are, and empty where the image's own are to hold.
    """

    image: str = ""
    environment: Mapping[str, str | None] = field(default_factory=dict)
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None

    def names(self, container: str) -> Iterator[str]:
        """Each thing that is set, as `list` shows it."""
        if self.image:
            yield f"image {container}"
        yield from (f"env {container}:{name}" for name in self.environment)
        yield from (f"{kind} {container}" for kind in ("command", "args") if getattr(self, kind) is not None)


@dataclass(frozen=True)
class SetFields:
    """What is set, by container; nothing for a copy that is like its source."""

    containers: Mapping[str, ContainerFields] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.containers)

    @property
    def names(self) -> tuple[str, ...]:
        """Each thing that is set, without its value: `image web`, `env web:LOG_LEVEL`."""
        return tuple(name for container, one in self.containers.items() for name in one.names(container))


def parse_set_fields(
    images: Sequence[str], environment: Sequence[str], commands: Sequence[str], args: Sequence[str]
) -> SetFields:
    """The values of the four flags. Raises UsageError, in which no value of a variable stands."""
    fields: dict[str, dict[str, object]] = {}
    # As kubectl debug takes them; no image has a comma.
    for pair in ",".join(images).split(",") if images else ():
        container, image = _pair(pair, IMAGE, "CONTAINER=IMAGE", "=", EVERY)
        _once(fields, container, "image", check_image(image, IMAGE), IMAGE)
    for flag, kind, texts in ((COMMAND, "command", commands), (ARGS, "args", args)):
        for text in texts:
            container, line = _pair(text, flag, f"CONTAINER='{FORMS[kind]}'", "=")
            _once(fields, container, kind, _words(line, flag, container), flag)
    variables: dict[str, dict[str, str | None]] = {}
    for text in environment:
        container, name, value = _variable(text)
        if name in variables.setdefault(container, {}):
            raise UsageError(f"{ENV}: variable {name} of container {container} is given twice")
        variables[container][name] = value
    return SetFields(
        {
            name: ContainerFields(environment=variables.get(name, {}), **fields.get(name, {}))  # type: ignore[arg-type]
            for name in dict.fromkeys((*fields, *variables))
        }
    )


def _pair(text: str, flag: str, form: str, separator: str, every: str = "") -> tuple[str, str]:
    container, found, rest = text.partition(separator)
    if not found or not (is_label(container) or (every and container == every)):
        # What stands in the place of the name may be a secret.
        what = f"{container[:MAX_LABEL]!r} is not a container's name" if found else "no container is named"
        raise UsageError(f"{flag}: {what}: write {form}")
    return container, rest


def _once(fields: dict[str, dict[str, object]], container: str, kind: str, value: object, flag: str) -> None:
    if kind in fields.setdefault(container, {}):
        raise UsageError(f"{flag}: container {container} is given twice")
    fields[container][kind] = value


def _words(line: str, flag: str, container: str) -> tuple[str, ...]:
    if not line.isprintable():
        raise UsageError(f"{flag}: what is given for container {container} holds control characters")
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        what = f"what is given for container {container} cannot be split into words"
        raise UsageError(f"{flag}: {what}: {error}") from error
    if flag == COMMAND and words and not words[0]:
        raise UsageError(f"{flag}: an empty word is not a program")
    return words


def _variable(text: str) -> tuple[str, str, str | None]:
    container, rest = _pair(text, ENV, "CONTAINER:NAME=VALUE, or CONTAINER:NAME- to remove it", ":")
    name, is_set, value = rest.partition("=")
    if not is_set:
        if not rest.endswith("-"):
            # What is no name may be a secret.
            shown = rest if _PLAIN.fullmatch(rest) else "NAME"
            of = f"variable {rest!r}" if shown == rest else "what is given for a variable"
            raise UsageError(
                f"{ENV}: {of} of container {container} has no value",
                f"write {container}:{shown}=VALUE, or {container}:{shown}- to remove it",
            )
        name = rest[:-1]
    if not _VARIABLE.fullmatch(name):
        raise UsageError(f"{ENV}: {name!r} cannot name a variable: printable ASCII characters but `=`")
    if name == ENV_MARK:
        raise UsageError(f"{ENV}: {ENV_MARK} is set by kubectl-netshoot, and cannot be given")
    if not value.isprintable():
        raise UsageError(f"{ENV}: the value of {container}:{name} holds control characters")
    return container, name, value if is_set else None


def container_of(name: str) -> str:
    """The container that one of `SetFields.names` is of."""
    return name.partition(" ")[2].partition(":")[0]


def flag_of(name: str) -> str:
    """The flag that sets one of `SetFields.names`."""
    return f"--set-{name.partition(' ')[0]}"


def fitted(fields: SetFields, source: Json) -> SetFields:
    """The fields by the containers of this v1 Pod.

    Raises UsageError for a container that it has not, or a variable to take away that it has not.
    """
    named = dict(fields.containers)
    if every := named.pop(EVERY, None):
        for container in source["spec"]["containers"]:
            one = named.get(container["name"], ContainerFields())
            named[container["name"]] = replace(one, image=one.image or every.image)
    found = SetFields(named)
    _check_containers(found, source)
    return found


def _check_containers(fields: SetFields, source: Json) -> None:
    spec, pod = source["spec"], source["metadata"]["name"]
    starters = {c["name"]: c.get("restartPolicy") == "Always" for c in spec.get("initContainers") or []}
    there = {c["name"]: c for kind in LISTS for c in spec.get(kind) or [] if starters.get(c["name"], True)}
    for name, one in fields.containers.items():
        flag = flag_of(next(one.names(name)))
        if name not in there:
            guess = near(name, there)
            what = (
                f"container {name} is an init container, which runs in the copy as it does in the pod"
                if name in starters
                else f"pod {pod} has no container {name}" + (f"; did you mean {guess}?" if guess else "")
            )
            raise UsageError(f"{flag}: {what}", f"choose one of {', '.join(there)}")
        known = {entry["name"] for entry in there[name].get("env") or []}
        for variable, value in one.environment.items():
            if value is None and variable not in known:
                raise UsageError(
                    f"--set-env: container {name} has no variable {variable} to remove",
                    "what comes from a whole ConfigMap or Secret (envFrom) can only be set to another value",
                )


def laid_on(spec: Json, fields: SetFields) -> Json:
    """The spec of a pod with what is set; a variable keeps its place, since others may refer to it."""
    made = copying.deepcopy(spec)
    for container in (c for kind in LISTS for c in made.get(kind) or []):
        if one := fields.containers.get(container["name"]):
            _lay_on(container, one)
    return made


def _lay_on(container: Json, one: ContainerFields) -> None:
    if one.image:
        container["image"] = one.image
    for kind, words in (("command", one.command), ("args", one.args)):
        if words:
            container[kind] = list(words)
        elif words is not None:
            container.pop(kind, None)
    if one.environment:
        new = dict(one.environment)
        kept = [
            entry if entry["name"] not in new else {"name": entry["name"], "value": new[entry["name"]]}
            for entry in container.get("env") or []
            if new.get(entry["name"], "") is not None
        ]
        known = {entry["name"] for entry in kept}
        added = [{"name": k, "value": v} for k, v in new.items() if v is not None and k not in known]
        container["env"] = [*kept, *added]


def undone(fields: SetFields, planned: Json) -> tuple[str, ...]:
    """What of that is otherwise in this v1 Pod: admission has the last word on it."""
    there = {c["name"]: c for kind in LISTS for c in planned["spec"].get(kind) or []}
    return tuple(
        what for name, one in fields.containers.items() for what in _undone(name, one, there.get(name) or {})
    )


def _undone(name: str, one: ContainerFields, container: Json) -> Iterator[str]:
    if one.image and container.get("image") != one.image:
        yield f"the image of container {name}"
    for kind, words in (("command", one.command), ("args", one.args)):
        if words is not None and tuple(container.get(kind) or ()) != words:
            yield f"the {kind} of container {name}"
    now = _variables(container)
    for variable, value in one.environment.items():
        # Of two of a name the last one counts.
        found = [entry for entry in now if entry["name"] == variable][-1:]
        if found != ([] if value is None else [{"name": variable, "value": value}]):
            yield f"variable {variable} of container {name}"


def _variables(container: Json) -> list[Json]:
    # The API leaves an empty value out.
    entries = container.get("env") or []
    return [e if "valueFrom" in e else {"name": e["name"], "value": e.get("value", "")} for e in entries]

"""--set-image, --set-env, --set-command and --set-args, from the command line to what they mean."""

import re
import shlex
from collections.abc import Sequence

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.model import ENV_MARK
from kubectl_netshoot.rules.request import MAX_NAME, check_image
from kubectl_netshoot.rules.set_fields import ContainerFields, SetFields

FORMS = {"command": "PROGRAM ARG...", "args": "ARG..."}
IMAGE, ENV, COMMAND, ARGS = "--set-image", "--set-env", "--set-command", "--set-args"
_CONTAINER = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
# What Kubernetes takes since RelaxedEnvironmentVariableValidation; an older server refuses more in the dry run.
_VARIABLE = re.compile(r"[ -<>-~]+")


def parse_set_fields(
    images: Sequence[str], environment: Sequence[str], commands: Sequence[str], args: Sequence[str]
) -> SetFields:
    """The values of the four flags. Raises UsageError, in which no value of a variable stands."""
    fields: dict[str, dict[str, object]] = {}
    for text in images:
        container, image = _pair(text, IMAGE, "CONTAINER=IMAGE", "=")
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


def _pair(text: str, flag: str, form: str, separator: str) -> tuple[str, str]:
    container, found, rest = text.partition(separator)
    if not found or len(container) > MAX_NAME or not _CONTAINER.fullmatch(container):
        # What stands in the place of the name may be a secret.
        what = f"{container[:MAX_NAME]!r} is not a container's name" if found else "no container is named"
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
    container, rest = _pair(text, ENV, "CONTAINER:NAME=VALUE, or CONTAINER:NAME- to take it away", ":")
    name, is_set, value = rest.partition("=")
    if not is_set:
        if not rest.endswith("-"):
            raise UsageError(
                f"{ENV}: variable {rest!r} of container {container} has no value",
                f"write {container}:{rest}=VALUE, or {container}:{rest}- to take it away",
            )
        name = rest[:-1]
    if not _VARIABLE.fullmatch(name):
        raise UsageError(f"{ENV}: {name!r} cannot name a variable: printable ASCII characters but `=`")
    if name == ENV_MARK:
        raise UsageError(f"{ENV}: {ENV_MARK} is set by kubectl-netshoot, and cannot be given")
    if not value.isprintable():
        raise UsageError(f"{ENV}: the value of {container}:{name} holds control characters")
    return container, name, value if is_set else None

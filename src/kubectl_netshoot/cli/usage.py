"""What is wrong with a command line: typer's errors in our words, each with the next step."""

import shlex
from collections.abc import Sequence

import typer

from kubectl_netshoot.errors import NetshootError, NotThereError, near
from kubectl_netshoot.rules.set_fields import ARGS, COMMAND, ENV, IMAGE

_COPY = "copies are made by `kubectl netshoot POD`, with --name for the copy's name, and deleted at the end"
_CONTAINER = "the added container names itself; --target NAME shares the processes of container NAME"
_FILE = "name the pod instead"
_SET = "a running pod is never changed; `kubectl netshoot POD` changes a copy of it by this flag"
_MADE = "a copy is changed by this flag as it is made: by `kubectl netshoot POD`, or `capture` with --copy"
SET = (IMAGE, ENV, COMMAND, ARGS)
# Flags of `kubectl debug` that our debug has not, and what to do instead.
OF_KUBECTL_DEBUG = {
    "--copy-to": _COPY,
    "--container": _CONTAINER,
    "-c": _CONTAINER,
    **dict.fromkeys(SET, _SET),
    "--custom": "--profile and --image are all there is to choose of the container",
    "--env": "give variables to COMMAND: -- env KEY=VALUE COMMAND",
    "--filename": _FILE,
    "-f": _FILE,
    "--same-node": f"{_COPY}; they have --same-node, too",
    "--share-processes": f"{_COPY}; they have --share-processes, too. In the pod itself: --target NAME",
    "--replace": "no pod that is not ours is ever deleted",
    "--arguments-only": "what stands after `--` is COMMAND, run by exec",
    "--keep-annotations": _COPY,
    "--keep-init-containers": _COPY,
    "--keep-labels": _COPY,
    "--keep-liveness": _COPY,
    "--keep-readiness": _COPY,
    "--keep-startup": _COPY,
}


def is_unknown_flag(error: typer.TyperException) -> bool:
    """Whether it is about a flag that the command does not have."""
    return hasattr(error, "possibilities")


def in_our_words(error: typer.TyperException) -> str:
    """What was typed, and what is wrong with it."""
    flag = getattr(error, "option_name", "")
    if is_unknown_flag(error):
        meant = _meant(error)
        return f"unknown flag {flag}" + (f"; did you mean {meant}?" if meant else "")
    if flag:
        return f"{flag} needs a value" if "requires" in error.message else f"{flag} takes no value"
    param = getattr(error, "param", None)
    if param is None:
        return error.format_message()
    name = (
        param.metavar.strip("[].").partition("...")[0]
        if param.param_type_name == "argument"
        else max(param.opts, key=len)
    )
    said = error.message.removesuffix(".").replace("a valid int", "a whole number")
    return f"{name}: {said}" if said else f"{name} is missing"


def _meant(error: typer.TyperException) -> str:
    """The flag that was probably meant by one that the command does not have; empty where nobody knows."""
    flag = getattr(error, "option_name", "")
    return "" if flag in SET else near(flag, getattr(error, "possibilities", None) or ())


def instead(error: typer.TyperException, words: Sequence[str], program: str, path: str) -> str:
    """The next step for a line of `words`; `path` are the words, `program` among them, that call its command."""
    if not is_unknown_flag(error):
        return f"try: {path} --help"
    flag = getattr(error, "option_name", "")
    if path.endswith(" debug") and flag in OF_KUBECTL_DEBUG:
        instead = OF_KUBECTL_DEBUG[flag]
        return f"{instead}\ntry: {program if instead.startswith((_COPY, _SET)) else path} --help"
    if flag in SET:
        return f"{_MADE}\ntry: {path} --help"
    meant, ours = _meant(error), words[: words.index("--")] if "--" in words else words
    at = [number for number, word in enumerate(ours) if word.partition("=")[0] == flag]
    mended = [*words[: at[0]], words[at[0]].replace(flag, meant, 1), *words[at[0] + 1 :]] if at else []
    if not meant or len(at) != 1 or _has_secrets(mended):
        return f"try: {path} --help"
    return f"try: {shlex.join([*program.split(), *mended])}"


def next_step(words: Sequence[str], error: NetshootError, program: str) -> str:
    """What to say below the error: the whole line that would work, where there is one, after what else is known."""
    if _has_secrets(words):
        return error.hint
    if isinstance(error, NotThereError) and (mended := mended_line(words, error)):
        return f"try: {shlex.join([*program.split(), *mended])}"
    if error.again is None:
        return error.hint
    end = words.index("--") if "--" in words else len(words)
    line = shlex.join([*program.split(), *words[:end], *error.again, *words[end:]])
    return f"{error.hint}\ntry: {line}".lstrip()


def _has_secrets(words: Sequence[str]) -> bool:
    """Whether a line may not stand in a message, which is kept by whoever keeps the output."""
    return any(word.startswith("--token") for word in words) or _sets_a_secret(words)


def _sets_a_secret(words: Sequence[str]) -> bool:
    """Whether a value that is set in a copy looks like one."""
    from kubectl_netshoot.rules.secrets import masked_value

    ours = list(words[: words.index("--")] if "--" in words else words)
    for word, after in zip(ours, [*ours[1:], ""], strict=False):
        flag, equals, text = word.partition("=")
        given = text if equals else after
        name, _, value = (given.partition(":")[2] if flag == ENV else given).partition("=")
        if flag in SET and masked_value(name, value) != value:
            return True
    return False


def mended_line(words: Sequence[str], error: NotThereError) -> list[str]:
    """The line with what was probably meant for what is not there; empty where its place is not certain."""
    ours = list(words[: words.index("--")] if "--" in words else words)
    mended = [
        (at, new)
        for at, word in enumerate(ours)
        if (new := _mended(word, ours[at - 1] if at else "", error)) is not None
    ]
    if not error.meant or len(mended) != 1:
        return []
    at, new = mended[0]
    return [*words[:at], new, *words[at + 1 :]]


def _mended(word: str, before: str, error: NotThereError) -> str | None:
    """What to write for this word, which stands after another; None where it is not the one that was wrong."""
    for flag in error.flags:
        if before == flag and word == error.typed:
            return error.meant
        for form in (f"{flag}={error.typed}", f"{flag}{error.typed}"):
            if word == form:
                return word.removesuffix(error.typed) + error.meant
    if error.flags:
        return None
    if word == error.typed and "/" in word:
        return error.meant
    kind, slash, rest = word.rpartition("/")
    name, colon, port = rest.partition(":")
    if name != error.typed or before.startswith(("-n", "--namespace", "--context")):
        return None
    meant = error.meant if "/" in error.meant or not slash else f"{kind}/{error.meant}"
    return meant + colon + port

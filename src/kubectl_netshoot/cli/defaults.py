"""What a command's options are by default once a person's settings count: typer's default_map, made before it parses.

So no command knows of settings: it goes by its parameters' names.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

from kubectl_netshoot.cli.routing import Flags, last_value
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.file import load
from kubectl_netshoot.settings.keys import KEYS, Setting, in_force
from kubectl_netshoot.terminal import Terminal

COLOUR = "colour"
CONTEXT = "context"


def defaults(words: Sequence[str], flags: Flags, command: Any) -> dict[str, dict[str, Any]]:
    """By the command's name, parameters and what they are where no flag says otherwise; `words` have been routed.

    Raises UsageError for a file that is wrong. A variable that is wrong is complained of when it is needed.
    """
    Terminal.preference = KEYS[COLOUR].default
    names = {param.name for param in command.params}
    keys = frozenset(name for name, key in KEYS.items() if key.parameter in names)
    if not keys and CONTEXT not in names:
        return {}
    try:
        return {words[0]: _settled(words, flags, keys, CONTEXT in names)}
    except UsageError as error:
        if keys:
            raise
        # Nobody is kept from taking a copy out of service by a file that says how copies are made.
        Terminal().warn(f"going on without settings: {error.message}")
        return {}


def _settled(words: Sequence[str], flags: Flags, keys: frozenset[str], connects: bool) -> dict[str, Any]:
    document, asked = load(os.environ), ""
    context = last_value(words, f"--{CONTEXT}", flags)
    if document and connects and not context and document.depends_on_context(keys | {COLOUR}):
        asked = context = current_context(last_value(words, "--kubeconfig", flags))
    settings = in_force(document, context, os.environ, keys | {COLOUR})
    Terminal.preference = next(s for s in settings if s.key.name == COLOUR).checked()
    for warning in document.warnings if document else ():
        Terminal().warn(warning)
    given = {s.key.parameter: _argument(s) for s in settings if s.key.parameter and not s.origin.is_default}
    # The context may be switched at any moment: what follows uses the one whose settings these are.
    return {**given, CONTEXT: asked} if asked else given


def current_context(kubeconfig: str = "") -> str:
    """The context that kubectl would use, empty where there is none; `kubeconfig` is the flag's value."""
    from kubectl_netshoot.kube import kubectl

    return kubectl.current_context(kubeconfig)


def _argument(setting: Setting) -> Callable[[], str | list[str]]:
    # typer calls it only where there is no flag.
    return lambda: setting.key.argument(setting.checked())

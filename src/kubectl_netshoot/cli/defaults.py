"""What a command's options are by default once a person's settings count: typer's default_map.

So no command knows of settings: it goes by its parameters' names.
"""

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.keys import KEYS, Setting, in_force, load
from kubectl_netshoot.terminal import Terminal

COLOUR = "colour"
CONTEXT = "context"


def defaults(parameters: Collection[str], given: Mapping[str, Any]) -> dict[str, Any]:
    """What these parameters are where no flag says otherwise; `given` are those that one does.

    Raises UsageError for a file that is wrong. A variable that is wrong is complained of when it is needed.
    """
    Terminal.preference = KEYS[COLOUR].default
    keys = frozenset(name for name, key in KEYS.items() if key.parameter in parameters)
    if not keys and CONTEXT not in parameters:
        return {}
    try:
        return _settled(keys, CONTEXT in parameters, given)
    except UsageError as error:
        if keys:
            raise
        # Nobody is kept from taking a copy out of service by a file that says how copies are made.
        Terminal().warn(f"continuing without settings: {error.message}")
        return {}


def _settled(keys: frozenset[str], connects: bool, given: Mapping[str, Any]) -> dict[str, Any]:
    document, asked = load(os.environ), ""
    context = given.get(CONTEXT, "")
    if document and connects and not context and document.depends_on_context(keys | {COLOUR}):
        asked = context = current_context(given.get("kubeconfig", ""))
    settings = in_force(document, context, os.environ, keys | {COLOUR})
    Terminal.preference = next(s for s in settings if s.key.name == COLOUR).checked()
    for warning in document.warnings if document else ():
        Terminal().warn(warning)
    settled = {s.key.parameter: _argument(s) for s in settings if s.key.parameter and not s.origin.is_default}
    # The context may be switched at any moment: what follows uses the one whose settings these are.
    return {**settled, CONTEXT: asked} if asked else settled


def current_context(kubeconfig: str = "") -> str:
    """The context that kubectl would use, empty where there is none; `kubeconfig` is the flag's value."""
    from kubectl_netshoot.kube import kubectl

    return kubectl.current_context(kubeconfig)


def _argument(setting: Setting) -> Callable[[], str | list[str]]:
    # typer calls it only where there is no flag.
    return lambda: setting.key.argument(setting.checked())

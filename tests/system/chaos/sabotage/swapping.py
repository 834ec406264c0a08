"""Hides how a function of the program is replaced for everyone who has a name for it."""

import sys
from collections.abc import Callable
from typing import Any

PACKAGE = "kubectl_netshoot"
Function = Callable[..., Any]


def swap(owner: object, name: str, make: Callable[[Function], Function]) -> None:
    """Replace the function `name` of this module or class by what `make` makes of it, wherever it has been imported to.

    Raises AttributeError where there is none: what a sabotage cannot replace, it does not try.
    """
    real = getattr(owner, name)
    made = make(real)
    setattr(owner, name, made)
    for module in [found for key, found in sys.modules.items() if key.partition(".")[0] == PACKAGE]:
        for alias, value in vars(module).copy().items():
            if value is real:
                setattr(module, alias, made)

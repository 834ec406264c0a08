"""References to variables in a container's command, as the kubelet resolves them before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^)]*)\))")


def expanded(words: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    """`$(NAME)` is the variable's value where there is one, `$$` is `$`, everything else stays as it is.

    So a script in `command` must not say `$$` for its own process (k8s.io/kubernetes third_party/.../expansion).
    """

    def value(found: re.Match[str]) -> str:
        return "$" if found[1] else variables.get(found[2], found[0])

    return [_REFERENCE.sub(value, word) for word in words]

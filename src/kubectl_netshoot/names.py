"""The names that objects of Kubernetes may have: nothing else gets into a path or into a command."""

import re
from collections.abc import Iterable

from .errors import UsageError

_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def check_name(name: str, what: str) -> str:
    """A name that an object may have: an RFC 1123 subdomain of at most 253 characters. Raises UsageError."""
    if len(name) > 253 or not _DNS_SUBDOMAIN.fullmatch(name):
        raise UsageError(
            f"{what}: {name!r} is not a name of Kubernetes: lower-case letters, digits, '-' and '.', "
            "first and last a letter or digit"
        )
    return name


def check_names(names: Iterable[str], what: str) -> tuple[str, ...]:
    """Each a name that an object may have. Raises UsageError."""
    return tuple(check_name(name, what) for name in names)

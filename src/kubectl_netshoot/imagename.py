"""An image as two halves, its name and its tag, as some tools take it."""

import re

from .errors import UsageError

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def put_together(image: str, name: str, tag: str) -> str:
    """The image with the halves that were given; the other one is that of `image`, whatever digest it has.

    A name without a tag stands for itself (the runtime takes `latest`): the tag of another image says nothing of it.
    Raises UsageError.
    """
    if tag and not _TAG.fullmatch(tag):
        raise UsageError(f"--image-tag: {tag!r} is no tag: write v0.13, latest")
    if name and name != _name(name):
        raise UsageError(f"--image-name: {name!r} has a tag or digest", "write all of it as --image")
    if not tag:
        return name or image
    return f"{name or _name(image)}:{tag}"


def _name(image: str) -> str:
    """Without tag and digest; a colon before the last slash is a registry's port."""
    plain = image.partition("@")[0]
    path, slash, last = plain.rpartition("/")
    return path + slash + last.partition(":")[0]

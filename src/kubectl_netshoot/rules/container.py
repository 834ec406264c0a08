"""What the debug container is given: an image, and what it requests of a node and of a quota, checked and compared."""

import re
from collections.abc import Mapping
from fractions import Fraction

from kubectl_netshoot.errors import UsageError

# distribution/reference: [host[:port]/]path[:tag][@digest], with the digests that go-digest has
_IMAGE = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?"
    r"(?:@(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}))?"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
RESOURCES: Mapping[str, Mapping[str, str]] = {
    "requests": {"cpu": "10m", "memory": "32Mi"},
    "limits": {"cpu": "500m", "memory": "256Mi"},
}
NAMES = ("cpu", "memory", "ephemeral-storage")
_QUANTITY = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?([numkMGTPE]|[KMGTPE]i)?")
# In billionths, so that every amount is a whole number: of billionths of a billionth.
_SUFFIXES: dict[str, int] = {
    suffix: 10**power for power, suffix in zip(range(0, 30, 3), ("n", "u", "m", "", *"kMGTPE"), strict=True)
}
_SUFFIXES |= {f"{letter}i": 10**9 * 1024**power for power, letter in enumerate("KMGTPE", start=1)}
_ONE = 10**18
# What the API server takes and writes beside that: a sign, an exponent, a point with nothing on one of its sides.
_WRITTEN = re.compile(
    r"([+-]?)(?=\.?[0-9])([0-9]{0,30})(?:\.([0-9]{0,30}))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,2}))?"
)


def check_image(image: str, flag: str = "--image") -> str:
    """An image reference, as written. Raises UsageError."""
    if len(image) > 500 or not _IMAGE.fullmatch(image):
        from kubectl_netshoot.rules.secrets import masked

        raise UsageError(
            f"{flag}: {masked(image)!r} is not an image reference: [HOST[:PORT]/]NAME[:TAG][@DIGEST]"
        )
    return image


def put_together(image: str, name: str, tag: str) -> str:
    """The image with the halves that were given; the other one is that of `image`, whatever digest it has.

    A name without a tag stands for itself (the runtime takes `latest`): the tag of another image says nothing of it.
    Raises UsageError.
    """
    if tag and not _TAG.fullmatch(tag):
        raise UsageError(f"--image-tag: {tag!r} is not a tag: write v0.13 or latest")
    if name and name != _without_tag(name):
        raise UsageError(f"--image-name: {name!r} has a tag or digest", "write all of it as --image")
    if not tag:
        return name or image
    return f"{name or _without_tag(image)}:{tag}"


def _without_tag(image: str) -> str:
    """Without tag and digest; a colon before the last slash is a registry's port."""
    plain = image.partition("@")[0]
    path, slash, last = plain.rpartition("/")
    return path + slash + last.partition(":")[0]


def parse_requests(text: str, flag: str) -> dict[str, str]:
    """`cpu=10m,memory=32Mi` as a mapping; empty for an empty text. Raises UsageError that begins with `flag`."""
    found: dict[str, str] = {}
    for pair in text.split(",") if text else ():
        name, equals, quantity = pair.partition("=")
        if not equals or name in found:
            raise UsageError(
                f"{flag}: {text!r} is not NAME=QUANTITY with each name once, e.g. cpu=10m,memory=32Mi"
            )
        found[name] = quantity
    return check_requests(found, flag)


def check_requests(requests: Mapping[str, str], flag: str) -> dict[str, str]:
    """These quantities by resource, if they are ones. Raises UsageError that begins with `flag`."""
    for name, quantity in requests.items():
        if name not in NAMES:
            raise UsageError(f"{flag}: {name!r} is not one of {', '.join(NAMES)}")
        if not _QUANTITY.fullmatch(quantity):
            raise UsageError(f"{flag}: {name} {quantity!r} is not a quantity: write 10m, 0.5, 32Mi or 1G")
        if name != "cpu" and _amount(quantity) % _ONE:
            raise UsageError(f"{flag}: {name} {quantity!r} is not a whole number of bytes: write 32Mi or 1G")
    return dict(requests)


def container_resources(requests: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The `resources` of a container: ours with these requests laid over, and no limit below its request."""
    asked = {**RESOURCES["requests"], **requests}
    limits = {
        name: asked[name] if _amount(asked[name]) > _amount(limit) else limit
        for name, limit in RESOURCES["limits"].items()
    }
    return {"requests": asked, "limits": limits}


def _amount(quantity: str) -> int:
    match = _QUANTITY.fullmatch(quantity)
    assert match is not None, quantity
    whole, part, suffix = match.groups(default="")
    return int(whole + part.ljust(9, "0")) * _SUFFIXES[suffix]


def amount(quantity: str) -> Fraction:
    """A quantity as the API server writes it, exactly. Raises ValueError.

    Source: the grammar at Quantity in k8s.io/apimachinery/pkg/api/resource.
    """
    match = _WRITTEN.fullmatch(quantity)
    if not match:
        raise ValueError(f"{quantity[:40]!r} is not a quantity")
    sign, whole, part, suffix, exponent = match.groups(default="")
    number = Fraction(f"{sign}{whole or 0}.{part or 0}")
    scale = Fraction(10) ** int(exponent) if exponent else Fraction(_SUFFIXES[suffix], 10**9)
    return number * scale


def shown(resource: str, value: Fraction) -> str:
    """An amount for people: bytes as Mi or Gi, everything else as a number, with at most three decimals."""
    unit = ""
    if resource.endswith(("memory", "storage")) or "hugepages-" in resource:
        unit = next((f"{u}i" for u in "PTGMK" if abs(value) >= Fraction(_SUFFIXES[f"{u}i"], 10**9)), "")
    return f"{float(value * 10**9 / _SUFFIXES[unit]):.3f}".rstrip("0").rstrip(".") + unit

"""What a text shows of a segment's payload: the lines of an HTTP message, or only its first."""

import re

from kubectl_netshoot.packets.text_hex import is_hex

_START = r"(?:[A-Z][A-Z-]{2,15} \S+ HTTP/\d\.\d|HTTP/\d\.\d \d{3}\b.*)"
_FIRST = re.compile(rf"(?:: HTTP)?(?:, length: \d+)?: (?P<line>{_START})\s*$")
_HTTP = re.compile(r": HTTP(?:, length: \d+|:.*)?\s*$", re.DOTALL)
_LINE = re.compile(rf"{_START}$")
# Printed with `-A`, it follows the headers of the packet.
_WITHIN = re.compile(rf"(?P<line>{_START})$")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~\w-]+:")


def starts_well(app: str) -> bool:
    """Whether what is printed of HTTP behind a segment is whole."""
    if app.startswith(": HTTP: "):
        return bool(_FIRST.match(app))
    return not app.strip() or (app[0] in ":," and (not app.startswith(": H") or bool(_HTTP.match(app))))


def payload_bytes(app: str, below: list[str], length: int) -> bytes:
    """As much of the payload as the text shows."""
    first = _FIRST.match(app)
    if below and (lines := message(below)):
        return assembled(lines, length)
    return f"{first['line']}\r\n".encode("latin-1", "replace")[:length] if first else b""


def message(below: list[str]) -> list[str]:
    """The lines of an HTTP message among those below a packet's head; none where it does not begin there."""
    for place, line in enumerate(below):
        bare = line.strip()
        if not bare or is_hex(line):
            continue
        if _LINE.match(bare):
            indent = line[: len(line) - len(line.lstrip())]
            return [bare, *(one.removeprefix(indent) for one in below[place + 1 :] if not is_hex(one))]
        if found := _WITHIN.search(bare):
            return [found["line"], *below[place + 1 :]]
    return []


def assembled(lines: list[str], length: int) -> bytes:
    """The message as it was sent: blank lines may have been lost, or put between."""
    filled = [line.strip() for line in lines if line.strip()]
    size = 1
    while size < len(filled) and _HEADER.match(filled[size]):
        size += 1
    head = "".join(f"{line}\r\n" for line in filled[:size]) + "\r\n"
    rest, seen = [], 0
    for line in lines:
        if seen >= size:
            rest.append(line)
        seen += bool(line.strip())
    if rest and not rest[0].strip():
        del rest[0]
    body = "\n".join(rest)
    return (head + body).encode("latin-1", "replace")[:length]

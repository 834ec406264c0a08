"""Whose name may be shown: a user's name is, unless it is a secret itself.

Senders of mail are given one token for both the user's name and the password, clouds give keys as names.
"""

import base64
import re

from kubectl_netshoot.explain.guarded import Guarded

# Nobody's name: twenty or more letters and digits without a break, both among them.
_TOKEN = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_-]{20,}")
_SCRAM = re.compile(rb"[npy][^,]{0,255},(?:a=[^,]{0,255})?,n=([^,]{1,255}),r=")
LONGEST = 255


def guarded_user(name: str | None, password: str | None = None) -> Guarded | None:
    """A user's name, all of it secret where it is a token, or the password too; None where none was given."""
    if not name:
        return None
    name = name[:LONGEST]
    secret = bool(password and name == password[:LONGEST]) or bool(_TOKEN.fullmatch(name))
    return Guarded(name, ((0, len(name)),) if secret else ())


def plain(message: bytes) -> tuple[str, str] | None:
    """User and password of SASL's PLAIN (RFC 4616): whom for, a zero byte, who, a zero byte, the password."""
    parts = message.split(b"\0")
    return (_text(parts[1]), _text(parts[2])) if len(parts) == 3 and parts[1] else None


def plain_in_base64(message: bytes) -> tuple[str, str] | None:
    """The same as mail carries it."""
    decoded = from_base64(message)
    return plain(decoded) if decoded is not None else None


def from_base64(message: bytes) -> bytes | None:
    """What it stands for; None where it is none."""
    try:
        return base64.b64decode(message.strip(), validate=True)
    except ValueError:
        return None


def scram(message: bytes) -> str | None:
    """The user in the first message of SCRAM (RFC 5802), wherever it begins."""
    match = _SCRAM.search(message)
    return _text(match[1]).replace("=2C", ",").replace("=3D", "=") if match else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")

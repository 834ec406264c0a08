"""openssl s_client and x509: the certificate that a server showed, and what openssl thinks of its chain."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

_FIELD = re.compile(r"^(subject|issuer|notBefore|notAfter)=(.*)$", re.MULTILINE)
_NAMES = re.compile(r"X509v3 Subject Alternative Name:.*\n\s*(.+)")
_VERDICT = re.compile(r"^Verify return code: ([0-9]+) \((.*)\)$", re.MULTILINE)
_COMMON_NAME = re.compile(r"\bCN ?= ?([^,/]+)")
_ERROR = re.compile(r":error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):")
# X509_V_ERR_*: the chain ends in something that this image does not know, which says nothing of the clients'.
UNKNOWN_AUTHORITY = (18, 19, 20, 21)


@dataclass(frozen=True)
class Certificate:
    """`names` are the DNS names and addresses that it is for; `verdict` is openssl's, 0 for a chain that it trusts."""

    subject: str
    issuer: str
    begins: datetime | None
    ends: datetime | None
    names: tuple[str, ...]
    verdict: int = 0
    verdict_text: str = ""

    def is_for(self, name: str) -> bool:
        """Whether a client that asks for this name may take it (RFC 6125: `*` stands for one whole label)."""
        rest = name.lower().rstrip(".").partition(".")[2]
        return any(n.lower() in (name.lower().rstrip("."), f"*.{rest}" if rest else "") for n in self.names)


@dataclass(frozen=True)
class Shown:
    """What came of a TLS handshake: a certificate, or openssl's words for why there is none."""

    certificate: Certificate | None
    error: str = ""
    connected: bool = False


def read(text: str) -> Shown:
    """Out of what our script prints of both."""
    error = _ERROR.search(text)
    fields = {key: value.strip() for key, value in _FIELD.findall(text)}
    connected = "CONNECTED(" in text
    if "notAfter" not in fields:
        return Shown(None, error[1] if error else "", connected)
    verdict = _VERDICT.search(text)
    certificate = Certificate(
        subject=fields.get("subject", ""),
        issuer=fields.get("issuer", ""),
        begins=_date(fields.get("notBefore", "")),
        ends=_date(fields["notAfter"]),
        names=_names(text, fields.get("subject", "")),
        verdict=int(verdict[1]) if verdict else 0,
        verdict_text=verdict[2] if verdict else "",
    )
    return Shown(certificate, "", connected)


def _names(text: str, subject: str) -> tuple[str, ...]:
    found = _NAMES.search(text)
    if found:
        parts = (part.strip().partition(":") for part in found[1].split(","))
        return tuple(value for kind, _, value in parts if kind in ("DNS", "IP Address"))
    common = _COMMON_NAME.search(subject)
    return (common[1].strip(),) if common else ()


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(" ".join(text.split()), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=timezone.utc)
    except ValueError:
        return None

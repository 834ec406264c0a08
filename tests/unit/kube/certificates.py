"""Certificates as clusters have them, and as no cluster should: made with `cryptography`, which trustme brings."""

import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()


def authority(name: str, by: Issued | None = None, identifiers: bool = False) -> Issued:
    """A CA, signed by itself or by another; without key identifiers and key usage, unless asked for."""
    return _issue(name, (), by, True, identifiers)


def server(names: Sequence[str], by: Issued | None, common_name: str = "api", ended: bool = False) -> Issued:
    """A server's certificate for these names and addresses, signed by a CA, or by itself."""
    return _issue(common_name, names, by, by is None, False, ended)


def _issue(
    common_name: str,
    names: Sequence[str],
    by: Issued | None,
    is_authority: bool,
    identifiers: bool,
    ended: bool = False,
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 9 * DAY)
        .not_valid_after(now - DAY if ended else now + DAY)
    )
    if is_authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if identifiers:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general(name) for name in names]), False
        )
    return Issued(builder.sign(by.key if by else key, hashes.SHA256()), key)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def serving(chain: Sequence[Issued], folder: Path, clients: Issued | None = None) -> ssl.SSLContext:
    """A server's context that shows this chain; with `clients`, whoever comes needs a certificate of that CA."""
    folder.mkdir(exist_ok=True)
    path = folder / "served.pem"
    path.write_text("".join([*(each.pem for each in chain), chain[0].key_pem]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    if clients:
        context.load_verify_locations(cadata=clients.pem)
        context.verify_mode = ssl.CERT_REQUIRED
    return context

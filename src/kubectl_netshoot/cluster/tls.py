"""TLS as kubectl's, which is Go's crypto/tls and crypto/x509: which certificates are trusted, and what they must have.

Every certificate that was given is an anchor, an intermediate one too. Key identifiers are not demanded: RFC 5280 and
Python from 3.13 on want them, and the CAs of many clusters have none. A name in the subject alone counts for nothing.
"""

import os
import re
import ssl
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# crypto/x509/root_linux.go: the first of these files, and all of these folders.
ROOT_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
ROOT_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


def new_context(insecure: bool) -> ssl.SSLContext:
    """A context that trusts nobody yet; `insecure`: it asks nobody for a certificate that is right."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def trust(context: ssl.SSLContext, bundle: bytes) -> bool:
    """Trust every certificate in this PEM text that can be read, as Go does; whether there was one."""
    found = list(dict.fromkeys(_PEM.findall(bundle)))
    try:
        context.load_verify_locations(cadata=b"\n".join(found).decode("ascii"))
    except (ssl.SSLError, ValueError):
        # One that is broken takes none of the others with it.
        return sum(_trusted(context, pem) for pem in found) > 0
    return True


def _trusted(context: ssl.SSLContext, pem: bytes) -> bool:
    try:
        context.load_verify_locations(cadata=pem.decode("ascii"))
    except (ssl.SSLError, ValueError):
        return False
    return True


def trust_system(context: ssl.SSLContext, env: Mapping[str, str] = os.environ) -> None:
    """Trust whom the system trusts: SSL_CERT_FILE and SSL_CERT_DIR, else the usual files and folders, as Go on Unix.

    Python cannot read macOS's keychain, which Go asks there: OpenSSL's own files stand in for it, or certifi's.
    """
    files = [env["SSL_CERT_FILE"]] if env.get("SSL_CERT_FILE") else ROOT_FILES
    folders = env["SSL_CERT_DIR"].split(":") if env.get("SSL_CERT_DIR") else ROOT_FOLDERS
    bundle = b"\n".join([*_first(files), *_inside(folders)])
    if not trust(context, bundle) and sys.platform in ("darwin", "win32"):
        context.load_default_certs()
        if not context.get_ca_certs():
            import certifi

            context.load_verify_locations(certifi.where())


def _first(files: Iterable[str]) -> Iterator[bytes]:
    for file in files:
        try:
            yield Path(file).read_bytes()
        except OSError:
            continue
        return


def _inside(folders: Iterable[str]) -> Iterator[bytes]:
    """The files of these folders, but for links from one name to another in the same folder."""
    for folder in map(Path, folders):
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_file() and not (entry.is_symlink() and "/" not in os.readlink(entry)):
                    yield entry.read_bytes()
            except OSError:
                continue

"""Applications that fail on request, on any cluster: the same variables tell a real nginx and a fake app."""

import datetime
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fakecluster.manifests import IMAGE, PORT, metadata

Json = dict[str, Any]
TLS_PORT = 8443
_RUN = (
    'printf "%s" "$APP_CONFIG" >/etc/nginx/ill.conf; printf "%s" "$APP_PEM" >/etc/nginx/ill.pem; '
    "exec nginx -c /etc/nginx/ill.conf -g 'daemon off;'"
)
_CONFIG = "pid /run/nginx.pid; events {{}} http {{ access_log off; server {{ listen {listen}; return {status}; }} }}"


def answering(name: str, app: str, status: int = 200, pem: str = "") -> Json:
    """A pod with label app that answers every request so; with a key and certificates in `pem`, by TLS on TLS_PORT."""
    port = TLS_PORT if pem else PORT
    listen = (
        f"{port} ssl; ssl_certificate /etc/nginx/ill.pem; ssl_certificate_key /etc/nginx/ill.pem"
        if pem
        else str(port)
    )
    variables = {
        "APP_STATUS": str(status),
        "APP_CONFIG": _CONFIG.format(listen=listen, status=status),
        **({"APP_PEM": pem} if pem else {}),
    }
    container = {
        "name": "app",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", _RUN],
        "env": [{"name": key, "value": value} for key, value in variables.items()],
        "ports": [{"containerPort": port}],
        "readinessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 1},
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 5}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata(name, {"app": app}), "spec": spec}


def certificate(
    name: str, begins: datetime.datetime | None = None, ends: datetime.datetime | None = None
) -> str:
    """A key and a certificate for this name, of an authority that nobody knows."""
    issued = trustme.CA().issue_cert(name, not_before=begins, not_after=ends)
    return issued.private_key_and_cert_chain_pem.bytes().decode()


def for_clients(name: str) -> str:
    """One that a server may not show."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    return (secret + made.public_bytes(encoding)).decode()


def expired(name: str) -> str:
    """One that ended three days ago."""
    now = datetime.datetime.now(datetime.timezone.utc)
    begins, ends = now - datetime.timedelta(days=90), now - datetime.timedelta(days=3)
    return certificate(name, begins, ends)

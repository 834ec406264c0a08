"""The kubeconfig of a user of the fake cluster."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path


def write(path: Path, address: str, ca_pem: bytes, user: str, token: str, namespace: str = "default") -> None:
    """Writes it at once and only for the owner. JSON is YAML, so kubectl and the Python client read it."""
    ca = base64.b64encode(ca_pem).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "fake",
                "cluster": {"server": f"https://{address}", "certificate-authority-data": ca},
            }
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": user, "namespace": namespace}}],
        "current-context": "fake",
    }
    new = path.with_suffix(".new")
    new.write_text(json.dumps(config, indent=2) + "\n")
    new.chmod(0o600)
    os.replace(new, path)

"""kubectl's connection flags laid over the kubeconfig, the pod's own service account, and what is pinned in the end."""

import base64
import json
from pathlib import Path

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.kube import kubeconfig
from kubectl_netshoot.kube.kubeconfig import Connection, pin, resolve
from tests.unit.kube.kubeconfigs import OTHER, Folder, config, resolved, use

pytestmark = pytest.mark.usefixtures("every_kubectl")


def test_a_server_alone() -> None:
    assert resolved(server="https://a.example", token="t") == (
        "",
        {"server": "https://a.example"},
        {"token": "t"},
    )


def test_flags_for_the_cluster(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config(cluster={"certificate-authority-data": "b2xk"})))
    authority = str(write("new", "ca.crt"))
    _, cluster, _ = resolved(server="https://a.example", tls_server_name="a", certificate_authority=authority)
    new = base64.b64encode(b"new").decode()
    assert cluster == {
        "server": "https://a.example",
        "tls-server-name": "a",
        "certificate-authority-data": new,
    }
    assert resolved(insecure=True)[1] == {"server": "https://east.example", "insecure-skip-tls-verify": True}


def test_a_certificate_that_cannot_be_read(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pytest.raises(UsageError, match="--client-key: none cannot be read"):
        resolve(Connection(client_certificate=str(write("mine", "me.crt")), client_key="none"))


def test_a_token_takes_the_place_of_other_credentials(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "plugin",
        "interactiveMode": "Never",
    }
    use(monkeypatch, write(config(user={"exec": plugin, "as": "jane"})))
    assert resolved(token="t")[2] == {"token": "t", "as": "jane"}


def test_impersonation(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    flags = {"impersonate": "jane", "impersonate_groups": ("dev", "ops"), "impersonate_uid": "42"}
    assert resolved(**flags)[2] == {
        "token": "anns",
        "as": "jane",
        "as-groups": ["dev", "ops"],
        "as-uid": "42",
    }
    with pytest.raises(UsageError, match="--as"):
        resolve(Connection(impersonate_groups=("dev",)))


@pytest.mark.parametrize(
    ("host", "server"), [("10.0.0.1", "https://10.0.0.1:6443"), ("fd00::1", "https://[fd00::1]:6443")]
)
def test_the_service_account_of_the_pod_that_we_run_in(
    write: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, server: str
) -> None:
    for name, text in (("token", "t"), ("ca.crt", "c"), ("namespace", "ops\n")):
        write(text, f"sa/{name}")
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", tmp_path / "sa")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    target, pinned = resolve(Connection())
    assert (target.server, target.namespace) == (server, "ops")
    assert pinned["users"][0]["user"] == {"tokenFile": str(tmp_path / "sa" / "token")}
    authority = pinned["clusters"][0]["cluster"]["certificate-authority-data"]
    assert base64.b64decode(authority) == b"c"


def test_the_namespace_of_the_pod_that_we_run_in(
    write: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also for another cluster (DeferredLoadingClientConfig.Namespace), where nothing else says it."""
    write("t", "sa/token")
    write("ops\n", "sa/namespace")
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", tmp_path / "sa")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.delenv("POD_NAMESPACE", raising=False)
    use(monkeypatch, write({**config(), "contexts": [{"name": "shop", "context": {"cluster": "east"}}]}))
    assert resolve(Connection())[0].namespace == "default"
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert resolve(Connection())[0].namespace == "ops"
    assert resolve(Connection())[0].server == "https://east.example"
    monkeypatch.setenv("POD_NAMESPACE", "dev")
    assert resolve(Connection())[0].namespace == "dev"
    assert resolve(Connection(namespace="x"))[0].namespace == "x"
    use(monkeypatch, write(config()))
    assert resolve(Connection())[0].namespace == "shop"


def test_a_token_in_the_pod_that_we_run_in(
    write: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("token", "ca.crt"):
        write("x", f"sa/{name}")
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", tmp_path / "sa")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert resolved(token="mine")[2] == {"token": "mine"}


def test_what_is_pinned_stays_when_the_kubeconfig_is_replaced(
    write: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(config())
    use(monkeypatch, path)
    with pin(Connection()) as pinned:
        write(OTHER)
        assert json.loads(pinned.path.read_text()) == pinned.kubeconfig
        assert pinned.kubeconfig["clusters"][0]["cluster"]["server"] == "https://east.example"
        assert pinned.path.stat().st_mode & 0o077 == 0
    assert not pinned.folder.exists()


def test_no_credential_is_shown_by_accident(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pin(Connection(token="s3cret")) as pinned:
        assert "s3cret" not in repr(pinned) + repr(Connection(token="s3cret"))

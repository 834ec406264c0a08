"""Which cluster, as whom: kubectl's own answers, asked of a real kubectl, pinned into one file."""

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.config import Connection, pin, resolve
from kubectl_netshoot.config import kubeconfig as kubeconfig_module
from kubectl_netshoot.errors import NetshootError, UsageError

from . import kubectls

Json = dict[str, Any]
Write = Callable[..., Path]


@pytest.fixture(autouse=True, params=list(kubectls.found().values()), ids=list(kubectls.found()))
def _kubectl(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(request.param))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)


def named(kind: str, **entries: Json) -> list[Json]:
    return [{"name": name, kind: value} for name, value in entries.items()]


def config(user: Json | None = None, cluster: Json | None = None) -> Json:
    """A kubeconfig with one context `shop`."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "shop",
        "clusters": named("cluster", east={"server": "https://east.example", **(cluster or {})}),
        "users": named("user", ann=user or {"token": "anns"}),
        "contexts": named("context", shop={"cluster": "east", "user": "ann", "namespace": "shop"}),
    }


OTHER: Json = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "other",
    "clusters": named(
        "cluster", west={"server": "https://west.example"}, east={"server": "https://shadowed.example"}
    ),
    "users": named("user", bob={"token": "bobs"}),
    "contexts": named("context", other={"cluster": "west", "user": "bob"}),
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(content: Json | str, name: str = "config") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return to


def use(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(str(path) for path in paths))


def resolved(**flags: Any) -> tuple[str, Json, Json]:
    """Context, cluster and user that were pinned."""
    target, pinned = resolve(Connection(**flags))
    (cluster,), (user,), (context,) = pinned["clusters"], pinned["users"], pinned["contexts"]
    assert context["context"] == {
        "cluster": cluster["name"],
        "user": user["name"],
        "namespace": target.namespace,
    }
    assert pinned["current-context"] == context["name"]
    assert target.server == cluster["cluster"]["server"]
    return target.context, cluster["cluster"], user["user"]


def test_the_users_own_file(write: Write) -> None:
    write(config(), "home/.kube/config")
    assert resolved() == ("shop", {"server": "https://east.example"}, {"token": "anns"})


def test_several_files_are_merged_and_the_first_word_counts(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, write(config(), "a"), write("", "empty"), Path("none"), write(OTHER, "b"))
    assert resolved()[:2] == ("shop", {"server": "https://east.example"})
    assert resolved(context="other") == ("other", {"server": "https://west.example"}, {"token": "bobs"})


def test_the_flag_is_stronger_than_the_environment(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config(), "a"))
    assert resolved(kubeconfig=str(write(OTHER, "b")))[0] == "other"


def test_a_flag_that_names_no_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pytest.raises(UsageError, match="--kubeconfig"):
        resolve(Connection(kubeconfig="none"))


def test_the_namespace() -> None:
    target, _ = resolve(Connection(server="https://a.example"))
    assert target.namespace == "default"
    assert resolve(Connection(server="https://a.example", namespace="shop"))[0].namespace == "shop"


def test_cluster_and_user_can_be_mixed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config(), "a"), write(OTHER, "b"))
    assert resolved(cluster="west")[1:] == ({"server": "https://west.example"}, {"token": "anns"})
    assert resolved(user="bob")[1:] == ({"server": "https://east.example"}, {"token": "bobs"})
    assert resolve(Connection(user="bob"))[0].namespace == "shop"
    assert resolved(context="other", user="ann")[2] == {"token": "anns"}


@pytest.mark.parametrize(
    "flags",
    [
        {"cluster": "missing"},
        {"user": "missing"},
        {"user": "bob", "context": "missing"},
        {"user": "bob", "cluster": "west", "context": "missing"},
    ],
)
def test_what_the_kubeconfig_does_not_have(
    write: Write, monkeypatch: pytest.MonkeyPatch, flags: dict[str, Any]
) -> None:
    use(monkeypatch, write(config(), "a"), write(OTHER, "b"))
    with pytest.raises(NetshootError, match="missing"):
        resolve(Connection(**flags))


def test_a_context_that_does_not_exist(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pytest.raises(NetshootError, match="kubeconfig cannot be used"):
        resolve(Connection(context="none"))


@pytest.mark.parametrize("broken", ["{", "a: [", "kind: Pod\napiVersion: v1\n", "\x00"])
def test_a_broken_file(write: Write, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    use(monkeypatch, write(broken))
    with pytest.raises(NetshootError):
        resolve(Connection())


def test_no_cluster_at_all() -> None:
    with pytest.raises(NetshootError, match="no cluster to talk to"):
        resolve(Connection())


def test_certificates_are_embedded_wherever_their_file_is(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ca.crt", "me.crt", "me.key"):
        write(name, f"deep/{name}")
    files = {"client-certificate": "me.crt", "client-key": "me.key"}
    use(monkeypatch, write(config(files, {"certificate-authority": "ca.crt"}), "deep/config"))
    _, cluster, user = resolved()
    assert cluster["certificate-authority-data"] == base64.b64encode(b"ca.crt").decode()
    assert user == {
        "client-certificate-data": base64.b64encode(b"me.crt").decode(),
        "client-key-data": base64.b64encode(b"me.key").decode(),
    }


def test_relative_paths_that_cannot_be_embedded_are_made_absolute(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "./bin/plugin",
        "interactiveMode": "Never",
    }
    write("", "deep/bin/plugin")
    write("t", "deep/token")
    use(monkeypatch, write(config(user={"exec": plugin}), "deep/config"))
    assert Path(resolved()[2]["exec"]["command"]) == tmp_path / "deep" / "bin" / "plugin"
    use(monkeypatch, write(config(user={"tokenFile": "token"}), "deep/config"))
    assert Path(resolved()[2]["tokenFile"]) == tmp_path / "deep" / "token"


def test_a_plugin_on_path_stays_a_name(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "plugin",
        "interactiveMode": "Never",
    }
    use(monkeypatch, write(config(user={"exec": plugin})))
    assert resolved()[2]["exec"]["command"] == "plugin"


def test_a_server_alone() -> None:
    assert resolved(server="https://a.example", token="t") == (
        "",
        {"server": "https://a.example"},
        {"token": "t"},
    )


def test_flags_for_the_cluster(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_certificate_that_cannot_be_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pytest.raises(UsageError, match="--client-key: none cannot be read"):
        resolve(Connection(client_key="none"))


def test_a_token_takes_the_place_of_other_credentials(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "plugin",
        "interactiveMode": "Never",
    }
    use(monkeypatch, write(config(user={"exec": plugin, "as": "jane"})))
    assert resolved(token="t")[2] == {"token": "t", "as": "jane"}


def test_impersonation(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
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
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, server: str
) -> None:
    for name, text in (("token", "t"), ("ca.crt", "c"), ("namespace", "ops\n")):
        write(text, f"sa/{name}")
    monkeypatch.setattr(kubeconfig_module, "SERVICE_ACCOUNT", tmp_path / "sa")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    target, pinned = resolve(Connection())
    assert (target.server, target.namespace) == (server, "ops")
    assert pinned["users"][0]["user"] == {"tokenFile": str(tmp_path / "sa" / "token")}
    assert pinned["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "sa" / "ca.crt")


def test_what_is_pinned_stays_when_the_kubeconfig_is_replaced(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(config())
    use(monkeypatch, path)
    with pin(Connection()) as pinned:
        write(OTHER)
        assert json.loads(pinned.path.read_text()) == pinned.kubeconfig
        assert pinned.kubeconfig["clusters"][0]["cluster"]["server"] == "https://east.example"
        assert pinned.path.stat().st_mode & 0o077 == 0
    assert not pinned.folder.exists()


def test_no_credential_is_shown_by_accident(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pin(Connection(token="s3cret")) as pinned:
        assert "s3cret" not in repr(pinned) + repr(Connection(token="s3cret"))

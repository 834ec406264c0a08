"""Which cluster, as whom: kubectl's own answers, asked of a real kubectl, pinned into one file."""

import base64
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError, NotThereError, UsageError
from kubectl_netshoot.kube.kubeconfig import Connection, resolve
from tests.unit.kube.kubeconfigs import OTHER, Folder, config, resolved, use

pytestmark = pytest.mark.usefixtures("every_kubectl")


def test_the_users_own_file(write: Folder) -> None:
    write(config(), "home/.kube/config")
    assert resolved() == ("shop", {"server": "https://east.example"}, {"token": "anns"})


def test_without_a_home_it_is_looked_for_here(
    write: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As kubectl does, which does not ask who we are: under a uid of a container nobody knows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with pytest.raises(NetshootError, match=r"no cluster is configured in \.kube/config"):
        resolved()
    write(config(), ".kube/config")
    assert resolved()[0] == "shop"


def test_several_files_are_merged_and_the_first_word_counts(
    write: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, write(config(), "a"), write("", "empty"), Path("none"), write(OTHER, "b"))
    assert resolved()[:2] == ("shop", {"server": "https://east.example"})
    assert resolved(context="other") == ("other", {"server": "https://west.example"}, {"token": "bobs"})


def test_the_flag_is_stronger_than_the_environment(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config(), "a"))
    assert resolved(kubeconfig=str(write(OTHER, "b")))[0] == "other"


def test_a_flag_that_names_no_file(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pytest.raises(UsageError, match="--kubeconfig"):
        resolve(Connection(kubeconfig="none"))


def test_the_namespace() -> None:
    target, _ = resolve(Connection(server="https://a.example"))
    assert target.namespace == "default"
    assert resolve(Connection(server="https://a.example", namespace="shop"))[0].namespace == "shop"


def test_cluster_and_user_can_be_mixed(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
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
    write: Folder, monkeypatch: pytest.MonkeyPatch, flags: dict[str, Any]
) -> None:
    use(monkeypatch, write(config(), "a"), write(OTHER, "b"))
    with pytest.raises(NetshootError, match="missing"):
        resolve(Connection(**flags))


def test_a_context_that_does_not_exist(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, write(config()))
    with pytest.raises(NotThereError, match=r'no context "none" in the kubeconfig$') as error:
        resolve(Connection(context="none"))
    assert error.value.hint == "try: kubectl config get-contexts"
    (name,) = [context["name"] for context in config()["contexts"]]
    for cluster in ("", "east"):
        with pytest.raises(NotThereError) as error:
            resolve(Connection(context=f"{name}x", cluster=cluster))
        assert error.value.meant == name


@pytest.mark.parametrize("broken", ["{", "a: [", "kind: Pod\napiVersion: v1\n", "\x00"])
def test_a_broken_file(write: Folder, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    use(monkeypatch, write(broken))
    with pytest.raises(NetshootError):
        resolve(Connection())


def test_no_cluster_at_all() -> None:
    with pytest.raises(NetshootError, match="no cluster is configured in") as error:
        resolve(Connection())
    assert error.value.hint.endswith("try: export KUBECONFIG=FILE")


@pytest.mark.parametrize(
    ("current", "says", "step"),
    [
        ("", "no context is chosen in", "try: kubectl config get-contexts"),
        (
            "gone",
            'the current context is "gone", and the kubeconfig has none',
            "try: kubectl config get-contexts",
        ),
        (
            "shpo",
            'the current context is "shpo", and the kubeconfig has none',
            "try: kubectl config use-context shop",
        ),
    ],
)
def test_a_current_context_that_is_none(
    write: Folder, monkeypatch: pytest.MonkeyPatch, current: str, says: str, step: str
) -> None:
    use(monkeypatch, write({**config(), "current-context": current}))
    with pytest.raises(NetshootError, match=says) as error:
        resolve(Connection())
    assert error.value.hint.endswith(step)


def test_certificates_are_embedded_wherever_their_file_is(
    write: Folder, monkeypatch: pytest.MonkeyPatch
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
    write: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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


def test_a_plugin_on_path_stays_a_name(write: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "plugin",
        "interactiveMode": "Never",
    }
    use(monkeypatch, write(config(user={"exec": plugin})))
    assert resolved()[2]["exec"]["command"] == "plugin"


@pytest.mark.parametrize(
    "server",
    ["http://east.example", "http://10.0.0.1:8080", "http://127.0.0.1:8001", "http://localhost:8001"],
)
def test_no_credential_is_sent_in_the_clear(
    write: Folder, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    """Not to this machine either: who listens there (`kubectl proxy`) has credentials of its own."""
    use(monkeypatch, write(config({"token": "secret", "as": "jane"}, {"server": server})))
    assert resolved()[2] == {"as": "jane"}

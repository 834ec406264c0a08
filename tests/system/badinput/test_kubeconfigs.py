"""Kubeconfigs that cannot be used: said with the file, the entry or the path that is wrong; no request is sent."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.system.badinput import corpus, world
from tests.system.badinput.judge import FINE, USAGE, Outcome, judge
from tests.system.badinput.stage import Stage
from tests.unit.kube.apiserver import ApiServer

TEN_MEGABYTES = 10 * 1024 * 1024


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the entries name."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def secure(folder: Path) -> Iterator[ApiServer]:
    """An API server over TLS; the authority's files, and some that are wrong, are in the folder."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    trustme.CA().cert_pem.write_to_path(str(folder / "other.crt"))
    me = authority.issue_cert("me.example")
    me.cert_chain_pems[0].write_to_path(str(folder / "me.crt"))
    me.private_key_pem.write_to_path(str(folder / "me.key"))
    authority.issue_cert("other.example").private_key_pem.write_to_path(str(folder / "other.key"))
    (folder / "locked.key").write_bytes(_locked(me.private_key_pem.bytes()))
    (folder / "bytes").write_bytes(b"\xff\xfe\x00")
    (folder / "nothing").touch()
    for name in ("garbage", "plugin"):
        (folder / name).write_text("garbage")
        (folder / name).chmod(0o700)
    with ApiServer(tls) as running:
        yield running


def _locked(key: bytes) -> bytes:
    loaded = serialization.load_pem_private_key(key, None)
    return loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )


def listed_with(stage: Stage, kubeconfig: str | bytes) -> Outcome:
    """`list` with a kubeconfig of this content."""
    path = stage.kubeconfig.with_name("broken")
    path.write_bytes(kubeconfig if isinstance(kubeconfig, bytes) else kubeconfig.encode())
    return stage.run("list", env={"KUBECONFIG": str(path)})


@pytest.mark.parametrize("broken", corpus.kubeconfigs(), ids=str)
def test_a_file_that_is_wrong(stage: Stage, tmp_path: Path, broken: corpus.Broken) -> None:
    case = broken.put(stage.server.url, tmp_path)
    judge(listed_with(stage, case.text), names=case.says)
    assert stage.server.asked == []


@pytest.mark.parametrize("broken", corpus.entries(), ids=str)
def test_an_entry_that_is_wrong(stage: Stage, secure: ApiServer, folder: Path, broken: corpus.Broken) -> None:
    secure.decide = stage.answer
    case = broken.put(secure.url, folder)
    cluster = case.cluster or {"server": secure.url, "certificate-authority": str(folder / "ca.crt")}
    outcome = listed_with(stage, world.kubeconfig(user=case.user, **cluster))
    judge(outcome, names=case.says)
    assert all(hint in outcome.stderr for hint in case.hints)
    assert not any(secret in outcome.stderr for secret in case.hides)
    assert secure.asked == []


def test_the_same_server_with_nothing_wrong(stage: Stage, secure: ApiServer, folder: Path) -> None:
    secure.decide = stage.answer
    user = {"client-certificate": str(folder / "me.crt"), "client-key": str(folder / "me.key")}
    fine = world.kubeconfig(user=user, server=secure.url, **{"certificate-authority": str(folder / "ca.crt")})
    judge(listed_with(stage, fine), (FINE,))
    secure.asked.clear()


FINE_WITH_A_MARK = ["utf-8-sig", "utf-16"]
BYTES = [
    (b"\x00", "broken"),
    (b"apiVersion: v1\x00\nkind: Config\n", "broken"),
    (b"\xff\xfe\xff\xfe", "broken"),
    (b"current-context: \xe9t\xe9\n", "broken"),
    (b"\x1b[2J: [\x07", "broken"),
    (b"[" * 100_000, "broken"),
    (b"#" * TEN_MEGABYTES, "no cluster is configured in"),
    (b"x" * TEN_MEGABYTES, "broken"),
]


@pytest.mark.parametrize(("content", "named"), BYTES, ids=lambda value: ascii(value[:20]))
def test_bytes_that_are_no_kubeconfig(stage: Stage, content: bytes, named: str) -> None:
    judge(listed_with(stage, content), names=[named])


@pytest.mark.parametrize("encoding", FINE_WITH_A_MARK)
def test_encodings_that_kubectl_reads(stage: Stage, encoding: str) -> None:
    judge(listed_with(stage, world.kubeconfig(stage.server.url).encode(encoding)), (FINE,))


def test_ten_megabytes_that_are_fine(stage: Stage) -> None:
    filling = "".join(f"# {number}\n" for number in range(TEN_MEGABYTES // 10))
    judge(listed_with(stage, world.kubeconfig(stage.server.url) + "\n" + filling), (FINE,))


@pytest.mark.parametrize("by_flag", [True, False])
@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file(stage: Stage, tmp_path: Path, kind: str, by_flag: bool) -> None:
    path = tmp_path / kind
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    outcome = (
        stage.run("list", "--kubeconfig", str(path))
        if by_flag
        else stage.run("list", env={"KUBECONFIG": f"{stage.kubeconfig}{os.pathsep}{path}"})
    )
    judge(outcome, (USAGE,), [str(path), kind, "--kubeconfig" if by_flag else "KUBECONFIG"])


def test_a_file_that_may_not_be_read(stage: Stage) -> None:
    path = stage.kubeconfig.with_name("locked")
    path.write_text(world.kubeconfig(stage.server.url))
    path.chmod(0)
    # Root may read everything: then it is a kubeconfig as any other.
    if os.access(path, os.R_OK):
        judge(stage.run("list", env={"KUBECONFIG": str(path)}), (FINE,))
    else:
        judge(stage.run("list", env={"KUBECONFIG": str(path)}), names=[str(path), "permission denied"])


SEVERAL = [
    ("{good}:", FINE),
    ("::{good}", FINE),
    ("none:{good}:none", FINE),
    ("none:none", 1),
    ("::", 1),
    ("-x", 1),
]


@pytest.mark.parametrize(("paths", "status"), SEVERAL)
def test_several_paths(stage: Stage, paths: str, status: int) -> None:
    outcome = stage.run("list", env={"KUBECONFIG": paths.replace("{good}", str(stage.kubeconfig))})
    judge(outcome, (status,), ["no cluster is configured in"])

"""Credentials, whatever their kind, through a whole session said as loudly as it can be: nobody sees them."""

import json
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
import yaml

from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Done, Plugin, Running
from tests.system.security.modes import assert_private
from tests.system.security.onlooker import Onlooker
from tests.system.security.recorder import Recorder, record

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="there is no process table to read"
)
NAME = "secretive"
LOUD = ("-vvvvvvvvv",)
HIDDEN = "what-only-the-plugin-is-told"
PLUGIN = """
import json, os, sys
assert os.environ["PLUGIN_SECRET"] == {hidden!r}
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
    "status": {{"token": open({token!r}).read()}}}}))
"""
Json = dict[str, Any]


@dataclass
class Case:
    """One way to be known to the cluster: `secrets` must stay where they are."""

    plugin: Plugin
    config: Json
    token: str
    folder: Path
    secrets: list[str] = field(default_factory=list)
    typed: tuple[str, ...] = ()

    def use(self, **user: object) -> None:
        """Make this the user entry of the kubeconfig."""
        self.config["users"][0]["user"] = user
        Path(self.plugin.env["KUBECONFIG"]).write_text(json.dumps(self.config))


@pytest.fixture
def case(plugin: Plugin, tmp_path: Path) -> Case:
    config = yaml.safe_load(Path(plugin.env["KUBECONFIG"]).read_text())
    return Case(plugin, config, config["users"][0]["user"]["token"], tmp_path)


@pytest.fixture
def kubectl(programs: Path, tmp_path: Path, env: dict[str, str]) -> Recorder:
    """The kubectl that the program calls."""
    recorder = record(tmp_path, (programs / "kubectl").resolve())
    env["KUBECTL_NETSHOOT_KUBECTL"] = str(recorder.program)
    return recorder


def by_flag(case: Case) -> None:
    case.use()
    case.secrets, case.typed = [case.token], ("--token", case.token)


def by_token(case: Case) -> None:
    case.use(token=case.token)
    case.secrets = [case.token]


def by_certificate(case: Case) -> None:
    """The fake cluster asks for no certificate, so that the token beside it is what lets us in."""
    issued = trustme.CA().issue_cert("somebody@example.com")
    key, chain = case.folder / "key.pem", case.folder / "chain.pem"
    issued.private_key_pem.write_to_path(str(key))
    issued.cert_chain_pems[0].write_to_path(str(chain))
    files = {"client-certificate": str(chain), "client-key": str(key)}
    case.use(token=case.token, **files)
    case.secrets = [case.token, key.read_text().splitlines()[1]]


def by_plugin(case: Case) -> None:
    token, program = case.folder / "token", case.folder / "plugin"
    token.write_text(case.token)
    program.write_text(f"#!{sys.executable} -I\n" + PLUGIN.format(hidden=HIDDEN, token=str(token)))
    program.chmod(0o700)
    case.use(
        exec={
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(program),
            "env": [{"name": "PLUGIN_SECRET", "value": HIDDEN}],
            "interactiveMode": "Never",
        }
    )
    case.secrets = [case.token, HIDDEN]


KINDS = {"flag": by_flag, "token": by_token, "certificate": by_certificate, "plugin": by_plugin}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("testimony")
def test_a_whole_session_shows_no_credential(
    case: Case, kubectl: Recorder, source: str, temp: Path, home: Path, cluster: AnyCluster, kind: str
) -> None:
    KINDS[kind](case)
    with Onlooker() as onlooker:
        running = case.plugin.start(
            source,
            "--join-service",
            f"--name={NAME}",
            *QUICK,
            *LOUD,
            *case.typed,
            "--",
            "sh",
            "-c",
            "echo in; cat",
        )
        running.says("in\n")
        assert_private(temp)
        running.close_stdin()
        done = running.wait()
    assert done.status == 0, done.stderr
    assert onlooker.rounds > 10
    assert_unseen(case, onlooker, running, kubectl)
    said = done.text + done.stderr
    left = [path for folder in (temp, home) for path in folder.rglob("*") if path.is_file()]
    written = json.dumps(cluster.faulty().history()) + json.dumps(cluster.faulty().requests())
    for secret in case.secrets:
        assert secret not in said
        assert secret not in written
        assert [path for path in left if secret.encode() in path.read_bytes()] == []


def assert_unseen(case: Case, onlooker: Onlooker, running: Running, kubectl: Recorder) -> None:
    calls = kubectl.calls
    assert {"config", "debug", "exec"} <= {word for call in calls for word in call.arguments}
    assert isinstance(running.child.args, tuple)
    typed = "\0".join(running.child.args[2:]).encode() + b"\0"
    for secret in case.secrets:
        # A child has its parent's list for the moment until it becomes another program.
        assert [text for text in onlooker.arguments_with(secret) if not text.endswith(typed)] == []
        assert bool(onlooker.arguments_with(secret)) == (secret in case.typed)
        assert not [call for call in calls if secret in " ".join(call.arguments)]
        assert not [call for call in calls if secret in json.dumps(call.environment)]
    # The plugin's own variable is the plugin's, and nobody's besides: only plugins are told of the cluster so.
    assert all(b"KUBERNETES_EXEC_INFO=" in text for text in onlooker.environments_with(HIDDEN))
    assert onlooker.environments_with(case.token) == set()


def test_a_password_is_not_shown_where_it_does_not_help(case: Case) -> None:
    case.use(username="jane", password="the-password-of-jane")
    done = case.plugin.run("list")
    assert (done.status, done.text) == (1, "")
    assert "the-password-of-jane" not in done.stderr


def test_what_the_server_does_not_believe_is_not_shown(case: Case) -> None:
    case.use(token="not-" + case.token)
    for words in (("list",), ("doctor", "-o", "json"), ("cleanup", "--yes"), ("web", "--dry-run")):
        done = case.plugin.run(*words)
        assert done.status == 1
        assert case.token not in done.text + done.stderr


# Read by the interpreter before the first line of ours: a bug, planted behind the third look at a pod.
BUG = """
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder

class Planter(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "kubectl_netshoot.kube.reads":
            return None
        spec = PathFinder.find_spec(name, path)
        run = spec.loader.exec_module
        def plant(module):
            run(module)
            real, looks = module.Reads.pod, []
            def pod(self, name):
                secret = open({token!r}).read()
                looks.append(secret)
                if len(looks) == 3:
                    raise RuntimeError("planted")
                return real(self, name)
            module.Reads.pod = pod
        spec.loader.exec_module = plant
        return spec

sys.meta_path.insert(0, Planter())
"""


@pytest.mark.usefixtures("testimony")
def test_a_crash_file_is_private_and_tells_no_credential(
    case: Case, env: dict[str, str], source: str, temp: Path, tmp_path: Path
) -> None:
    by_token(case)
    (tmp_path / "token").write_text(case.token)
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "sitecustomize.py").write_text(BUG.format(token=str(tmp_path / "token")))
    env["PYTHONPATH"] = str(tmp_path / "planted")
    done: Done = case.plugin.run(source, "--join-service", *QUICK, *LOUD, "--", "true")
    assert done.status == 3, done.stderr
    (crash,) = temp.glob("kubectl-netshoot-crash-*")
    text = crash.read_text()
    assert str(crash) in done.stderr
    assert "RuntimeError: planted" in text
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600
    assert case.token not in text + done.stderr + done.text


def test_the_onlooker_sees_what_is_shown() -> None:
    """A check of the check."""
    sleep = shutil.which("sleep")
    assert sleep
    with Onlooker() as onlooker:
        child = subprocess.Popen([sleep, "60.125"], env={"SEEN": "in-the-environment"})
        try:
            while not (onlooker.arguments_with("60.125") and onlooker.environments_with("in-the-env")):
                assert child.poll() is None
        finally:
            child.kill()
            child.wait()
    assert f"{sleep}\0" + "60.125\0" in {text.decode() for text in onlooker.arguments[child.pid]}

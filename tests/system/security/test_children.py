"""What the programs that we start see of us: nothing; and what we see of the Python around us: its library."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from kubectl_netshoot.process.child import for_kubectl
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.security.recorder import record
from tests.unit.process.test_child_environment import PREFERENCES

OURS = ("PYTHONPATH", "PYTHONHOME", "SHIV_")
SHADOWING = ("kubectl_netshoot", "kubernetes", "urllib3", "yaml", "typer", "start", "_bootstrap", "runpy")
# What each of these defaults would do to a session is seen in tests/system/e2e/test_preferences.py.
KUBERC = """
apiVersion: kubectl.config.k8s.io/v1beta1
kind: Preference
defaults:
- {command: config view, options: [{name: output, default: yaml}]}
"""
# Every command that starts a kubectl.
COMMANDS = (
    ("SOURCE", "--join-service", *QUICK, "--", "true"),
    ("SOURCE", "--dry-run"),
    ("check", "SOURCE"),
    ("capture", "SOURCE", "--count", "1", "-w", "/dev/null", "--duration", "1s"),
    ("debug", "SOURCE", "--", "true"),
    ("run", "--", "true"),
    ("list",),
    ("doctor",),
    ("config", "view"),
    ("cleanup", "--mine"),
)
VERBS = {"config", "debug", "exec", "version"}
# Says who it is to whoever imports it.
THEIR_OWN = "__version__ = 'their own'"
PLUGIN = """
import json, os, sys
import kubernetes, yaml
assert (kubernetes.__version__, yaml.__version__) == ("their own", "their own")
assert os.environ["USERS_OWN"] == "kept"
assert not [path for path in sys.path if "kubectl-netshoot" in path and "site-packages" in path]
print(json.dumps({{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
    "status": {{"token": {token!r}}}}}))
"""


@pytest.mark.usefixtures("testimony")
def test_kubectl_gets_the_users_environment_less_what_could_be_ours_and_preferences(
    plugin: Plugin, env: dict[str, str], programs: Path, source: str, tmp_path: Path
) -> None:
    """Whatever the command: `KUBERC=off` and no gate reach the last of them, also the first that is asked ahead."""
    recorder = record(tmp_path, (programs / "kubectl").resolve())
    env |= {
        "KUBECTL_NETSHOOT_KUBECTL": str(recorder.program),
        "PYTHONPATH": str(tmp_path / "none"),
        "SHIV_ROOT": str(tmp_path / "shiv"),
        "SHIV_ENTRY_POINT": "os:abort",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_PROFILE": "shop",
        "EMPTY": "",
        **PREFERENCES,
        "KUBERC": str(tmp_path / "kuberc"),
    }
    (tmp_path / "kuberc").write_text(KUBERC)
    asked = set[str]()
    for words in COMMANDS:
        done = plugin.run(*(source if word == "SOURCE" else word for word in words))
        assert done.status == 0, (words, done.stderr)
    kept = {key: value for key, value in env.items() if not key.startswith(OURS)}
    wanted = {key: value for key, value in {**kept, **for_kubectl(env)}.items() if value is not None}
    for call in recorder.calls:
        asked |= VERBS & set(call.arguments)
        # kubectl tells its plugins where it is itself.
        seen = {key: value for key, value in call.environment.items() if key != "KUBECTL_PATH"}
        assert seen | {"KUBECONFIG": ""} == wanted | {"KUBECONFIG": ""}
    assert asked == VERBS
    assert not (tmp_path / "shiv").exists()


@pytest.mark.usefixtures("testimony")
def test_a_credential_plugin_in_python_has_its_own_libraries(
    plugin: Plugin, env: dict[str, str], source: str, tmp_path: Path
) -> None:
    config = yaml.safe_load(Path(env["KUBECONFIG"]).read_text())
    libraries, program = tmp_path / "libraries", tmp_path / "plugin"
    libraries.mkdir()
    for name in ("yaml", "kubernetes"):
        (libraries / f"{name}.py").write_text(THEIR_OWN)
    token = config["users"][0]["user"]["token"]
    program.write_text(f"#!{Path(sys.executable).resolve()}\n" + PLUGIN.format(token=token))
    program.chmod(0o755)
    config["users"][0]["user"] = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(program),
            "env": [{"name": "PYTHONPATH", "value": str(libraries)}],
            "interactiveMode": "Never",
        }
    }
    Path(env["KUBECONFIG"]).write_text(json.dumps(config))
    env["USERS_OWN"] = "kept"
    done = plugin.run(source, "--join-service", *QUICK, "--", "true")
    assert done.status == 0, done.stderr


@pytest.mark.parametrize("place", ["PYTHONPATH", "here", "PYTHONSTARTUP"])
def test_modules_of_the_same_names_do_not_run_in_our_place(
    plugin: Plugin, env: dict[str, str], tmp_path: Path, place: str
) -> None:
    """Also not while the program is unpacked, which it is here."""
    folder = tmp_path / "shadow"
    folder.mkdir()
    for name in SHADOWING:
        (folder / f"{name}.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "fresh").mkdir()
    there = {"PYTHONPATH": str(folder), "PYTHONSTARTUP": str(folder / "json.py"), "here": ""}[place]
    started = Plugin({**env, place: there, "HOME": str(tmp_path / "fresh")}, plugin.kubectl, folder)
    for words in (("version",), ("list",), ("completion", "script")):
        done = started.run(*words)
        assert done.status == 0, done.stderr
        assert "shadowed" not in done.text + done.stderr

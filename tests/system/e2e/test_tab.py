"""TAB as people press it: in bash, zsh and fish, on a terminal, through a real kubectl."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.system.e2e.plugin import Plugin
from tests.system.e2e.shells import PROMPT, START, Shell
from tests.waiting import until

Start = Callable[..., Shell]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """First on PATH; HOME of the shells."""
    folder = tmp_path / "person"
    folder.mkdir()
    return folder


@pytest.fixture
def start(plugin: Plugin, env: dict[str, str], programs: Path, folder: Path) -> Iterator[Start]:
    """Start a shell; TAB is installed by the plugin itself."""
    env["PATH"] = f"{folder}:{env['PATH']}"
    assert plugin.run("completion", "install", "--dir", str(folder)).status == 0
    with ExitStack() as stack:

        def begin(name: str, *scripts: Path) -> Shell:
            shell = Shell(name, programs / "kubectl", env, folder, *scripts)
            stack.enter_context(closing(shell)).begin()
            return shell

        yield begin


@pytest.mark.parametrize("name", START)
def test_after_kubectl_netshoot(start: Start, source: str, name: str) -> None:
    shell = start(name)
    typed = f"{PROMPT}kubectl netshoot "
    shell.presses_tab("kubectl netshoot vers", f"{typed}version")
    shell.presses_tab(f"kubectl netshoot {source[:-1]}", f"{typed}{source}")
    shell.presses_tab(f"kubectl netshoot pod/{source[:-1]}", f"{typed}pod/{source}")
    shell.presses_tab("kubectl netshoot deploy/w", f"{typed}deploy/web")
    shell.presses_tab(f"kubectl netshoot {source} --service web-", "--service web-b")
    shell.presses_tab("kubectl netshoot --profile=net", f"{typed}--profile=netadmin")
    shell.presses_tab("kubectl netshoot cle", f"{typed}cleanup")
    # What is ambiguous is listed, and pods with how they are.
    shell.presses_tab("kubectl netshoot --profile=", "restricted", times=2)
    shell.presses_tab("kubectl netshoot web-", "Running, 1/1 ready", times=3)


@pytest.mark.parametrize("name", START)
def test_after_the_plain_command(start: Start, plugin: Plugin, folder: Path, source: str, name: str) -> None:
    registration = folder / f"netshoot.{name}"
    registration.write_bytes(plugin.run("completion", "script", name).stdout)
    (folder / "look.pcap").touch()
    shell = start(name, registration)
    typed = f"{PROMPT}kubectl-netshoot "
    shell.presses_tab("kubectl-netshoot vers", f"{typed}version")
    shell.presses_tab(f"kubectl-netshoot {source[:-1]}", f"{typed}{source}")
    shell.presses_tab("kubectl-netshoot --profile=net", f"{typed}--profile=netadmin")
    shell.presses_tab("kubectl-netshoot deploy/w", f"{typed}deploy/web")
    shell.presses_tab("kubectl-netshoot explain lo", f"{typed}explain look.pcap")
    shell.presses_tab(f"kubectl-netshoot capture {source} -w lo", "-w look.pcap")
    shell.presses_tab("kubectl-netshoot --profile ", "restricted", times=2)


@pytest.mark.usefixtures("start")
def test_kubectl_hands_on_what_the_script_says(env: dict[str, str], folder: Path, source: str) -> None:
    words = [source[:-1]]
    by_kubectl = answer(env, "kubectl", "__complete", "netshoot", *words)
    assert by_kubectl == answer(env, str(folder / "kubectl_complete-netshoot"), *words)
    assert by_kubectl == [f"{source}\tRunning, 1/1 ready", ":4"]


def answer(env: dict[str, str], *argv: str) -> list[str]:
    """The lines that this prints once it names a pod, without the age, which is another one a second later."""

    def printed() -> list[str]:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
        return [line.rpartition(", ")[0] or line for line in done.stdout.splitlines()]

    # On a busy machine TAB may give up, and prints the directive alone.
    return until(lambda: lines if len(lines := printed()) > 1 else [], "a candidate")

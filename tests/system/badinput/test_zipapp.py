"""A sample of everything through the file that ships: a process of its own, its streams, its folders, its limits."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.processes import RUN
from tests.system.badinput import world
from tests.system.badinput.judge import FAILED, FINE, USAGE, Outcome, judge, nothing_happened
from tests.system.badinput.stage import LIMIT_SECONDS, Stage

Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all: the zipapp is unpacked once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shipped(stage: Stage, zipapp: Path, unpacked: Path) -> Run:
    """Run the zipapp in an environment with nothing else in it, by way of `through` where that is given."""

    def run(
        words: Sequence[str | bytes],
        env: Mapping[str, str] | None = None,
        through: Sequence[str] = (),
        limit: tuple[int, int] | None = None,
    ) -> Outcome:
        stage.server.asked.clear()
        own = {
            name: os.environ[name]
            for name in ("HOME", "TMPDIR", "KUBECONFIG", "KUBECTL_NETSHOOT_KUBECTL", RUN)
        }
        done = subprocess.run(
            [*through, sys.executable, str(zipapp), *words],
            env={**own, "PATH": os.defpath, "XDG_CACHE_HOME": str(unpacked), **(env or {})},
            cwd=stage.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT_SECONDS,
            check=False,
            preexec_fn=(lambda: resource.setrlimit(limit[0], (limit[1], limit[1]))) if limit else None,
        )
        typed = tuple(os.fsdecode(word) for word in words)
        return stage.outcome(typed, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


WORDS: list[tuple[list[str | bytes], int, list[str]]] = [
    (["Web_0", "--join-service"], USAGE, ["TARGET", "Web_0"]),
    (["web-0", "--context", "\x1b]0;x\x07none"], FAILED, ["none"]),
    (["web-0", "--", "-c", "id"], USAGE, ["COMMAND", "-c"]),
    (["cleanup", "--", "web-0"], USAGE, ["cleanup"]),
    (["nope", "--join-service"], FAILED, ['no pod "nope"', "shop"]),
    ([b"\xff\xfe"], USAGE, ["TARGET"]),
    (["web-0", b"--\xff"], USAGE, ["unknown flag"]),
    (["list", b"--kubeconfig=\xff"], USAGE, ["--kubeconfig"]),
    (["list", b"--as=\xff"], FAILED, ["Impersonate-User"]),
]


@pytest.mark.parametrize(("words", "status", "says"), WORDS)
def test_words(shipped: Run, words: list[str | bytes], status: int, says: list[str]) -> None:
    judge(shipped(words), (status,), says)


KUBECONFIGS = [
    ("web-0", "clusters: [\n", ["broken", "line 1"]),
    ("web-0", world.kubeconfig("not a url"), ["not a url"]),
    (
        "web-0",
        world.kubeconfig(
            "https://127.0.0.1:1",
            {
                "exec": {
                    "command": "none",
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "interactiveMode": "Never",
                }
            },
        ),
        ["none"],
    ),
    ("list", world.kubeconfig("https://127.0.0.1:1"), ["https://127.0.0.1:1 refused the connection"]),
]


@pytest.mark.parametrize(("command", "text", "says"), KUBECONFIGS, ids=range(len(KUBECONFIGS)))
def test_kubeconfigs(stage: Stage, shipped: Run, command: str, text: str, says: list[str]) -> None:
    path = stage.kubeconfig.with_name("broken")
    path.write_text(text)
    judge(shipped([command], {"KUBECONFIG": str(path)}), names=says)


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "xx_YY.nope", "LC_ALL": "nope"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"TERM": "\x1b[2J", "COLUMNS": "-1"},
        {"PYTHONPATH": "/dev/null", "PYTHONSTARTUP": "/dev/null", "PYTHONWARNINGS": "x"},
        {"HOME": "", "XDG_RUNTIME_DIR": "/dev/null"},
        {"TMPDIR": "/dev/null/none"},
    ],
    ids=str,
)
def test_environments_without_effect(shipped: Run, env: dict[str, str]) -> None:
    judge(shipped(["web-0", "--dry-run"], env), (FINE,))


def test_a_word_that_the_locale_cannot_print(shipped: Run) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    judge(shipped(["wéb-0"], ascii_only), (USAGE,), ["TARGET"])


CLOSED = ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize(
    ("words", "status"), [(["nope"], FAILED), (["web-0", "--dry-run"], FINE), (["version"], FINE)]
)
def test_closed_streams(shipped: Run, closed: str, words: list[str], status: int) -> None:
    outcome = shipped(words, through=["sh", "-c", f'exec "$@" {closed}', "sh"])
    assert outcome.status == status, outcome
    nothing_happened(outcome)


# A limit of 0 for the size of files is a full disk that needs no administrator.
FULL = (resource.RLIMIT_FSIZE, 0)


@pytest.mark.parametrize("words", [["list"], ["web-0", "--join-service"]])
def test_a_full_disk(shipped: Run, words: list[str]) -> None:
    shipped(["rbac"])
    judge(shipped(words, limit=FULL), (FAILED,), ["no private folder can be made"])


def test_a_full_disk_at_the_first_start(shipped: Run, tmp_path: Path) -> None:
    outcome = shipped(["rbac"], {"XDG_CACHE_HOME": str(tmp_path / "cache")}, limit=FULL)
    judge(outcome, (FAILED,), ["cannot be unpacked"])

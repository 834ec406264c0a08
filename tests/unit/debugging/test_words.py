"""What people who know kubectl debug type first, and an image in halves: taken, or refused in one line that helps."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kubectl_netshoot.cli import main
from kubectl_netshoot.cli.group import SWITCHES, VALUED
from kubectl_netshoot.cli.options import Image, images
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.cli.tree import command_tree
from kubectl_netshoot.errors import UsageError
from tests.unit.edges import kubectls

DEFAULT = "netshoot:v1"


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main.run(["debug", *words], "kubectl-netshoot") == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("flag", [*VALUED, *SWITCHES])
def test_a_flag_of_kubectl_debug_that_is_not_ours(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    words = (flag, "value") if flag in VALUED else (flag,)
    said = refused(capsys, *words, "mypod", "-it")
    assert said.splitlines() == [
        f"error: {flag} of kubectl debug is not taken here: {({**VALUED, **SWITCHES})[flag]}"
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mypod", "--image=busybox", "--copy-to=x"), "`kubectl netshoot POD`"),
        (("-c", "debugger", "--image=busybox", "mypod"), "--target NAME"),
        (("--nonsense", "mypod"), "No such option: --nonsense"),
        ((), "TARGET is missing"),
        (("pvc/data",), "'pvc' is none of pod, deploy"),
        (("node/",), "TARGET"),
        (("node/n1", "--target=app"), "node/NAME is one node"),
        (("node/n1", "--pick"), "node/NAME is one node"),
        (("mypod", "--requests=cpu=1"), "go with node/NAME"),
        (("mypod", "--image-pull-secret=s"), "go with node/NAME"),
        (("mypod", "--image=a:1", "--image-tag=2"), "give --image, or its halves"),
        (("mypod", "--image-tag=a b"), "--image-tag: 'a b' is no tag"),
        (("mypod", "--ttl=1"), "--ttl"),
        (("mypod", "--", "-x"), "COMMAND: '-x' is not a program"),
    ],
)
def test_other_words_that_cannot_be(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert said in refused(capsys, *words)


@pytest.mark.parametrize(
    "words", [("web",), ("attach", "web"), ("run", "web"), ("debug", "web"), ("debug", "node/n1")]
)
def test_it_is_taken_wherever_there_is_a_shell(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    """As far as the cluster, of which there is none."""
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(kubectls.installed()))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    for flags in (("-it",), ("-ti",), ("-i", "-t"), ("--stdin", "--tty"), ("--stdin=true",)):
        assert main.run([*words, *flags], "kubectl-netshoot") == 1
        assert "there is no cluster to talk to" in capsys.readouterr().err


@dataclass
class Shown:
    """A command that takes an image and nothing else, and what it was given."""

    app: typer.Typer = field(default_factory=typer.Typer)
    image: str = ""

    def __post_init__(self) -> None:
        @self.app.command()
        @images
        def show(image: Image = DEFAULT) -> int:
            self.image = image
            return 0


@pytest.mark.parametrize(
    ("words", "image"),
    [
        ((), DEFAULT),
        (("--image=a:1",), "a:1"),
        (("--image-tag=v2",), "netshoot:v2"),
        (("--image-name=busybox",), "busybox"),
        (("--image-name=busybox", "--image-tag=1.36.0"), "busybox:1.36.0"),
    ],
)
def test_an_image_in_halves(words: tuple[str, ...], image: str) -> None:
    shown = Shown()
    done = CliRunner().invoke(shown.app, words)
    assert done.exit_code == 0, done.output
    assert shown.image == image


def test_every_command_with_an_image_takes_its_halves() -> None:
    tree = command_tree(app)
    flags = {c.name: {name for o in c.options for name in o.names} for c in (tree, *tree.commands)}
    with_image = {name for name, has in flags.items() if "--image" in has}
    assert with_image == {"", "capture", "check", "debug", "doctor", "run"}
    assert {name for name, has in flags.items() if {"--image-name", "--image-tag"} <= has} == with_image


def test_a_whole_and_a_half() -> None:
    done = CliRunner().invoke(Shown().app, ["--image=a:1", "--image-name=b"])
    assert isinstance(done.exception, UsageError)

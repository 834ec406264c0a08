"""What people who know kubectl debug type first: taken, or refused in two lines that help."""

from pathlib import Path

import pytest

from kubectl_netshoot.cli import main
from kubectl_netshoot.cli.group import command_tree
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.cli.usage import OF_KUBECTL_DEBUG
from tests.unit.kube import kubectls


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main.run(["debug", *words], "kubectl-netshoot") == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("flag", OF_KUBECTL_DEBUG)
def test_a_flag_of_kubectl_debug_that_is_not_ours(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    for words in ((flag, "value", "mypod", "-it"), ("mypod", f"{flag}=value")):
        error, way, step = refused(capsys, *words).splitlines()
        assert error.startswith(f"error: unknown flag {flag}")
        assert way == f"  {OF_KUBECTL_DEBUG[flag]}"
        # The answer is a copy, and its flags are in the help of TARGET.
        command = "" if "`kubectl netshoot POD`" in way else " debug"
        assert step == f"  try: kubectl netshoot{command} --help"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mypod", "--image=busybox", "--copy-to=x"), "`kubectl netshoot POD`"),
        (("-c", "debugger", "--image=busybox", "mypod"), "--target NAME"),
        (("--nonsense", "mypod"), "unknown flag --nonsense"),
        ((), "TARGET is missing"),
        (("pvc/data",), "unknown kind 'pvc'; give one of pod, deploy"),
        (("node/",), "TARGET"),
        (("node/n1", "--target=app"), "do not apply to node/NAME"),
        (("node/n1", "--pick"), "do not apply to node/NAME"),
        (("mypod", "--requests=cpu=1"), "apply to node/NAME only"),
        (("mypod", "--image-pull-secret=s"), "apply to node/NAME only"),
        (("mypod", "--image=a:1", "--image-tag=2"), "give either --image or"),
        (("mypod", "--image-tag=a b"), "--image-tag: 'a b' is not a tag"),
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
        assert "no cluster is configured in" in capsys.readouterr().err


def test_every_command_with_an_image_takes_its_halves() -> None:
    tree = command_tree(app)
    flags = {c.name: {name for o in c.options for name in o.names} for c in (tree, *tree.commands)}
    with_image = {name for name, has in flags.items() if "--image" in has}
    assert with_image == {"", "capture", "check", "debug", "doctor", "run", "why"}
    assert {name for name, has in flags.items() if {"--image-name", "--image-tag"} <= has} == with_image

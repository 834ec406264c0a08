"""Words that are wrong: said before any server is asked, by the word that is."""

import pytest

from tests.system.badinput import corpus
from tests.system.badinput.judge import FINE, USAGE, judge
from tests.system.badinput.stage import Stage

COMMANDS = {
    "session": ("web-0",),
    "join": ("web-0", "--join-service"),
    "plan": ("web-0", "--dry-run"),
    "capture": ("capture", "web-0"),
    "list": ("list",),
    "attach": ("attach", "web-0"),
    "diff": ("diff", "web-0"),
    "leave": ("leave", "web-0"),
    "cleanup": ("cleanup",),
    "doctor": ("doctor",),
    "explain": ("explain", "none.pcap"),
    "rbac": ("rbac",),
    "version": ("version",),
}
OFFLINE = ("explain", "rbac", "version")
# What is wrong after any command; None: whatever the error says of it.
ANYWHERE = [
    (("--bogus",), "--bogus"),
    (("--bogus=x",), "--bogus"),
    (("--bog\x1b[2Jus",), "--bog"),
    (("-X",), "-X"),
    (("--help=x",), "--help"),
    (("\udcff-\udcfe",), None),
    (("--\udcff",), "--"),
]
# What is wrong with any command that talks to a cluster.
CONNECTING = [
    (("--namespace", "../kube-system"), "--namespace"),
    (("--namespace=-x",), "--namespace"),
    (("-n", "a b"), "--namespace"),
    (("-n=\x1b[2J",), "--namespace"),
    (("--server", "not a url"), "--server"),
    (("--server", "file:///etc/passwd"), "--server"),
    (("--server", "-x"), "--server"),
    (("-s", "http://[::1"), "--server"),
    (("-s", "https://a..b"), "--server"),
    (("-s", f"https://{'a' * 64}.example"), "--server"),
    (("-s", "https://me:hunter2@example.com"), "--server: what it says is not an API server URL"),
    (("--server", "https://example.com\r\nHost: other"), "--server"),
    (("--kubeconfig", "none\x1b[2J\nx"), "--kubeconfig"),
    (("--kubeconfig", "-x"), "--kubeconfig"),
    (("--kubeconfig", "/"), "--kubeconfig"),
    (("--kubeconfig", "\udcff"), "--kubeconfig"),
    (("--context", "none\x1b[2J"), "none"),
    (("--context=--all",), "--all"),
    (("--cluster", "none"), "none"),
    (("--user", "-x"), "-x"),
    (("--certificate-authority", "/"), "--certificate-authority"),
    (("--certificate-authority", "/dev/zero"), "--certificate-authority"),
    (("--client-certificate", "none"), "--client-certificate"),
    (("--client-certificate", "/proc/version", "--client-key", "-x"), "--client-key"),
    (("--as-group", "dev"), "--as"),
    (("--as", "jane\r\nImpersonate-Group: system:masters"), "Impersonate-User"),
    (("--server", "https://h", "--token", "s3cret\r\nX: y"), "token"),
    (("--server", "https://h", "--token", "s3cret\udcff"), "token"),
]


@pytest.mark.parametrize("line", corpus.command_lines(), ids=str)
def test_wrong_words(stage: Stage, line: corpus.CommandLine) -> None:
    judge(stage.run(*line.words), (USAGE,), line.says)
    assert stage.server.asked == []


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("extra", "named"), ANYWHERE)
def test_wrong_after_every_command(
    stage: Stage, command: str, extra: tuple[str, ...], named: str | None
) -> None:
    # To explain, any word is one more file.
    status = 1 if (command, named) == ("explain", None) else USAGE
    judge(stage.run(*COMMANDS[command], *extra), (status,), [named] if named else [])
    assert stage.server.asked == []


@pytest.mark.parametrize(
    ("words", "command"),
    [(("web-0",), ""), (("run",), "run "), (("list", "-q"), "list "), (("config", "view"), "config view ")],
)
def test_the_way_on_is_the_help_of_that_command(stage: Stage, words: tuple[str, ...], command: str) -> None:
    outcome = stage.run(*words, "--bogus")
    assert f"  try: kubectl netshoot {command}--help\n" in outcome.stderr


# One place reads them, for all commands: each row meets two in turn, and `doctor`, which says it as a finding.
ASKING = [name for name in COMMANDS if name not in (*OFFLINE, "doctor")]
CONNECTED = [
    (command, *row)
    for place, row in enumerate(CONNECTING)
    for command in ("doctor", ASKING[place % len(ASKING)], ASKING[(place + 4) % len(ASKING)])
]


@pytest.mark.parametrize(("command", "extra", "named"), CONNECTED)
def test_wrong_connections(stage: Stage, command: str, extra: tuple[str, ...], named: str) -> None:
    outcome = stage.run(*COMMANDS[command], *extra)
    judge(outcome, names=[named])
    assert "s3cret" not in outcome.stdout + outcome.stderr
    assert stage.server.asked == []


REPEATED = [
    (("web-0", "--dry-run", "--name", "a", "--name", "b"), "pod/b"),
    (("web-0", "--dry-run", "--dry-run", "--image", "-x", "--image", "busybox"), "busybox"),
    (("list", "-q", "-q", "-o", "text", "-o", "json"), "[]"),
    (("version", "-o=text", "--output=json"), "version"),
    (("rbac", "--join", "--join", "-n", "a", "-n", "b"), 'namespace: "b"'),
]


@pytest.mark.parametrize(("words", "result"), REPEATED)
def test_of_a_flag_that_is_repeated_the_last_counts(
    stage: Stage, words: tuple[str, ...], result: str
) -> None:
    outcome = stage.run(*words)
    judge(outcome, (FINE,))
    assert result in outcome.stdout


FINE_AFTER_ALL = [
    (),
    ("--",),
    ("--help",),
    ("list", "--help", "-A"),
    ("web-0", "--dry-run", "--"),
    ("web-0", "--dry-run", "--", "sh", "-c", "--", "\x1b[2J"),
    ("web-0", "--dry-run", "--name", "", "--shell="),
    ("list", "--context", "", "-n", "", "--kubeconfig=", "--token="),
    ("list", "--tls-server-name", "-x"),
    ("-q", "list", "-n", "shop"),
]


@pytest.mark.parametrize("words", FINE_AFTER_ALL)
def test_what_is_odd_and_fine(stage: Stage, words: tuple[str, ...]) -> None:
    judge(stage.run(*words), (FINE,))


def test_a_name_in_any_script_is_sent_as_kubectl_does(stage: Stage) -> None:
    judge(stage.run("list", "--as", "Łukasz"), (FINE,))
    assert {asked.headers["Impersonate-User"].encode("latin-1").decode() for asked in stage.server.asked} == {
        "Łukasz"
    }

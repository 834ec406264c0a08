"""Which command a line means, and with what: kubectl's habits, as flags anywhere, and pods called like a command."""

from typing import Any

import pytest

from kubectl_netshoot.cli import main
from kubectl_netshoot.cli.connection import FLAGS
from kubectl_netshoot.kube.kubeconfig import Connection
from tests.unit.cli.understanding import Meant, Understand

LINES: list[tuple[str, str, dict[str, Any]]] = [
    ("web-1 --join-service", "", {"target": "web-1", "join_service": True}),
    ("--join-service web-1", "", {"target": "web-1", "join_service": True}),
    ("-n shop web-1", "", {"target": "web-1", "namespace": "shop"}),
    ("-n=shop web-1", "", {"target": "web-1", "namespace": "shop"}),
    ("-nshop web-1", "", {"target": "web-1", "namespace": "shop"}),
    ("-qn shop web-1", "", {"target": "web-1", "namespace": "shop", "quiet": True}),
    ("-qvy web-1", "", {"target": "web-1", "quiet": True, "verbose": 1, "yes": True}),
    ("-vv web-1", "", {"verbose": 2}),
    ("list -o=json", "list", {"output": "json"}),
    ("--namespace shop list", "list", {"namespace": "shop"}),
    ("--namespace=shop list", "list", {"namespace": "shop"}),
    ("-A list", "list", {"all_namespaces": True}),
    ("--namespace list web-1", "", {"target": "web-1", "namespace": "list"}),
    ("-n list cleanup a b", "cleanup", {"name": ("a", "b"), "namespace": "list"}),
    ("-qn list attach web-1", "attach", {"name": "web-1", "namespace": "list", "quiet": True}),
    ("--count 5 capture web-1", "capture", {"target": ("web-1",), "count": 5}),
    ("capture web-1 svc/db -c 3", "capture", {"target": ("web-1", "svc/db"), "count": 3}),
    ("pod/list", "", {"target": "pod/list"}),
    ("attach list", "attach", {"name": "list"}),
    ("--context version list", "list", {"context": "version"}),
    ("config view", "config view", {}),
    ("-o json config -n shop view", "config view", {"output": "json", "namespace": "shop"}),
    ("-n view config view", "config view", {"namespace": "view"}),
    ("--quiet=true list", "list", {"quiet": True}),
    ("--quiet=false list", "list", {"quiet": False}),
    ("--namespace=true web-1", "", {"target": "web-1", "namespace": "true"}),
    ("TARGET", "", {"target": ""}),
    ("-", "", {"target": "-"}),
    ("''", "", {"target": ""}),
    ("--join-service", "", {"target": "", "join_service": True}),
    ("-it web-1", "", {"target": "web-1"}),
    ("-i web-1 -t", "", {"target": "web-1"}),
    ("capture -i eth0 web-1", "capture", {"target": ("web-1",), "interface": "eth0"}),
    ("-i eth0 capture web-1", "capture", {"target": ("web-1",), "interface": "eth0"}),
    ("list --context a --context=b", "list", {"context": "b"}),
    ("list --context=", "list", {"context": ""}),
    ("list -n --context", "list", {"namespace": "--context", "context": ""}),
    ("list --as-group a --as jane --as-group b", "list", {"impersonate_groups": ("a", "b")}),
    ("list --insecure-skip-tls-verify", "list", {"insecure": True}),
]


@pytest.mark.parametrize(("line", "command", "params"), LINES)
def test_a_line_means(understand: Understand, line: str, command: str, params: dict[str, Any]) -> None:
    meant = understand(line)
    assert meant.command == command
    assert {name: _value(meant, name) for name in params} == params


def _value(meant: Meant, name: str) -> Any:
    return meant.params[name] if name in meant.params else getattr(meant.connection, name)


def test_every_field_of_a_connection_has_its_flag() -> None:
    assert [flag.name for flag in FLAGS if not hasattr(Connection, str(flag.name))] == []
    assert len(FLAGS) == len(Connection.__dataclass_fields__)


@pytest.mark.parametrize(
    ("line", "command", "after"),
    [
        ("web-1", "", ()),
        ("web-1 -- curl -s localhost", "", ("curl", "-s", "localhost")),
        ("web-1 --", "", ()),
        ("web-1 -- sh -c -- x", "", ("sh", "-c", "--", "x")),
        ("-- list", "", ("list",)),
        ("attach web-1 -- --help", "attach", ("--help",)),
        ("capture web-1 -- port 80", "capture", ("port", "80")),
    ],
)
def test_what_stands_after_the_dashes_is_not_looked_at(
    understand: Understand, line: str, command: str, after: tuple[str, ...]
) -> None:
    meant = understand(line)
    assert (meant.command, meant.after) == (command, after)


WRONG = [
    ("deploy web", "TARGET is one word: deploy/web", ""),
    ("deployments.apps -n shop web", "TARGET is one word: deployments.apps/web", ""),
    ("-q svc --context c web -v", "TARGET is one word: svc/web", ""),
    ("web bash", 'unexpected argument "bash"', "try: kubectl netshoot web -- bash"),
    ("web list", 'unexpected argument "list"', "try: kubectl netshoot web -- list"),
    ("capture web port 80", 'unexpected argument "port"', "try: kubectl netshoot capture web -- port 80"),
    ("capture web db udp -q", 'unexpected argument "udp"', "try: kubectl netshoot capture web db -q -- udp"),
    ("capture web deploy db", "TARGET is one word: deploy/db", ""),
    ("list web", 'unexpected argument "web"', ""),
    ("list -- web", "list takes no COMMAND after `--`", ""),
    ("config list view", 'unknown command "list"', "try: kubectl netshoot config --help"),
    ("config veiw", 'unknown command "veiw"; did you mean "view"?', "try: kubectl netshoot config view"),
    ("config list view --help", 'unknown command "list"', "try: kubectl netshoot config --help"),
    (
        "captrue web",
        'unknown command "captrue"; did you mean "capture"?',
        "try: kubectl netshoot capture web",
    ),
    (
        "-n shop clean a b",
        'unknown command "clean"; did you mean "cleanup"?',
        "try: kubectl netshoot -n shop cleanup a b",
    ),
    (
        "captrue --print",
        'unknown command "captrue"; did you mean "capture"?',
        "try: kubectl netshoot capture --print",
    ),
    ("check-1 bash", 'unexpected argument "bash"', "try: kubectl netshoot check-1 -- bash"),
    ("lists --zzz", "unknown flag --zzz", "try: kubectl netshoot --help"),
    (
        "web --nmespace shop",
        "unknown flag --nmespace; did you mean --namespace?",
        "try: kubectl netshoot web --namespace shop",
    ),
    (
        "list --nmespace=shop -o json",
        "unknown flag --nmespace; did you mean --namespace?",
        "try: kubectl netshoot list --namespace=shop -o json",
    ),
    (
        "web --joinservice -- ls --joinservice",
        "unknown flag --joinservice; did you mean --join-service?",
        "try: kubectl netshoot web --join-service -- ls --joinservice",
    ),
    ("web --tokn secret", "unknown flag --tokn; did you mean --token?", "try: kubectl netshoot --help"),
    ("web -X", "unknown flag -X", "try: kubectl netshoot --help"),
    ("list --dry-run", "unknown flag --dry-run", "try: kubectl netshoot list --help"),
    ("config view --zzz", "unknown flag --zzz", "try: kubectl netshoot config view --help"),
    ("web -n", "-n needs a value", "try: kubectl netshoot --help"),
    ("-n", "-n needs a value", "try: kubectl netshoot --help"),
    ("web --keep=", "--keep takes no value", "try: kubectl netshoot --help"),
    ("attach", "NAME is missing", "try: kubectl netshoot attach --help"),
    ("capture web --count x", "--count: 'x' is not a whole number", "try: kubectl netshoot capture --help"),
]


@pytest.mark.parametrize(("line", "says", "hint"), WRONG)
def test_what_is_wrong_with_a_line(
    capsys: pytest.CaptureFixture[str], line: str, says: str, hint: str
) -> None:
    assert main.run(line.split(), "kubectl-netshoot") == 2
    error, *more = capsys.readouterr().err.splitlines()
    assert error == f"error: {says}"
    assert more[:1] == ([f"  {hint}"] if hint else more[:1])
    assert len(more) < 2


@pytest.mark.parametrize("command", ["run", "check", "why", "list", "leave"])
def test_a_flag_that_changes_a_copy_is_no_misspelt_one_elsewhere(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main.run([command, "web", "--set-env=app:A=1"], "kubectl-netshoot") == 2
    error, why, step = capsys.readouterr().err.splitlines()
    assert error == "error: unknown flag --set-env"
    assert why.startswith("  a copy is changed by this flag as it is made")
    assert step == f"  try: kubectl netshoot {command} --help"


@pytest.mark.parametrize(
    "line", ["", "--help", "-h", "-q --help", "config", "config -h", "completion", "web-1 -h"]
)
def test_help_is_asked_for(capsys: pytest.CaptureFixture[str], line: str) -> None:
    assert main.run(line.split(), "kubectl-netshoot") == 0
    assert capsys.readouterr().out.startswith("Usage: kubectl netshoot")

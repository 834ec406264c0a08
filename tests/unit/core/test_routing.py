"""Which command a line means: kubectl's habits (flags anywhere) and pods that are called like a subcommand."""

import pytest

from kubectl_netshoot.cli.routing import TARGET, Flags, check_one_target, last_value, route, split_command
from kubectl_netshoot.errors import UsageError

FLAGS = Flags(
    frozenset({"", "-n", "--namespace", "--name", "--context", "-o", "--output", "-s", "--server"}),
    frozenset(
        {"", "-q", "--quiet", "-v", "--verbose", "-y", "--yes", "--join-service", "-A", "-h", "--help"}
    ),
)
COMMANDS = {
    **dict.fromkeys((TARGET, "list", "attach", "leave", "cleanup", "version"), ()),
    "config": ("view",),
}
ROUTES = [
    ("web-1 --join-service", f"{TARGET} web-1 --join-service"),
    ("--join-service web-1", f"{TARGET} --join-service web-1"),
    ("-n shop web-1", f"{TARGET} -n shop web-1"),
    ("-n=shop web-1", f"{TARGET} -n shop web-1"),
    ("list -o=json", "list -o json"),
    ("-nshop web-1", f"{TARGET} -nshop web-1"),
    ("-qn shop web-1", f"{TARGET} -qn shop web-1"),
    ("-qvy web-1", f"{TARGET} -qvy web-1"),
    ("--namespace shop list", "list --namespace shop"),
    ("--namespace=shop list", "list --namespace=shop"),
    ("--namespace list web-1", f"{TARGET} --namespace list web-1"),
    ("-n list cleanup a b", "cleanup -n list a b"),
    ("-qn list attach", "attach -qn list"),
    ("pod/list", f"{TARGET} pod/list"),
    ("web-1 list", f"{TARGET} web-1 list"),
    ("list", "list"),
    ("attach list", "attach list"),
    ("--context version version", "version --context version"),
    ("config view", "config view"),
    ("-o json config -n shop view", "config view -o json -n shop"),
    ("config -n view", "config -n view"),
    ("config list view", "config list view"),
    ("view config", f"{TARGET} view config"),
    ("--quiet=true list", "list --quiet"),
    ("--quiet=false list", "list"),
    ("--quiet=maybe web-1", f"{TARGET} --quiet=maybe web-1"),
    ("--namespace=true web-1", f"{TARGET} --namespace=true web-1"),
    (TARGET, f"{TARGET} {TARGET}"),
    ("-", f"{TARGET} -"),
    ("-n", f"{TARGET} -n"),
    ("--unknown web-1", f"{TARGET} --unknown web-1"),
    ("--help", "--help"),
    ("-h", "-h"),
    ("list --help", "list --help"),
    ("web-1 --help", f"{TARGET} web-1 --help"),
    ("--join-service", f"{TARGET} --join-service"),
    ("", ""),
]


@pytest.mark.parametrize(("line", "routed"), ROUTES)
def test_routes(line: str, routed: str) -> None:
    assert route(line.split(), FLAGS, COMMANDS) == routed.split()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "web",
        "-n shop web",
        "web -n deploy",
        "deploy/web --join-service",
        "-v",
        "web --Name a",
        "web -x a",
    ],
)
def test_one_word_is_target(line: str) -> None:
    check_one_target(line.split(), FLAGS)


TWO_WORDS = [
    ("deploy web", "TARGET is one word: deploy/web"),
    ("deployments.apps -n shop web", "TARGET is one word: deployments.apps/web"),
    ("-q svc --context c web -v", "TARGET is one word: svc/web"),
    ("web bash", "'bash' is a word too many behind TARGET 'web'"),
    ("deploy/web bash -v", "'bash' is a word too many"),
]


@pytest.mark.parametrize(("line", "says"), TWO_WORDS)
def test_a_second_word_is_told_where_it_goes(line: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        check_one_target(line.split(), FLAGS)


SPLITS = [
    ("web-1", "web-1", ""),
    ("web-1 -- curl -s localhost", "web-1", "curl -s localhost"),
    ("web-1 --", "web-1", ""),
    ("web-1 -- sh -c -- x", "web-1", "sh -c -- x"),
    ("-- list", "", "list"),
]


@pytest.mark.parametrize(("line", "ours", "command"), SPLITS)
def test_what_stands_after_the_dashes_is_not_looked_at(line: str, ours: str, command: str) -> None:
    assert split_command(line.split()) == (ours.split(), tuple(command.split()))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("list", ""),
        ("list --context prod", "prod"),
        ("list --context=prod", "prod"),
        ("list --context=", ""),
        ("list --context a --context b", "b"),
        ("list --context a --context=b", "b"),
        ("list -n --context prod", ""),
        ("list --namespace --context prod", ""),
        ("list -qn --context prod", ""),
        ("list --context --namespace", "--namespace"),
        ("list --contexts prod", ""),
        ("list --context", ""),
    ],
)
def test_the_last_value_of_a_flag_is_the_parsers(line: str, value: str) -> None:
    assert last_value(line.split(), "--context", FLAGS) == value

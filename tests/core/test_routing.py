"""Which command a line means: kubectl's habits (flags anywhere) and pods that are called like a subcommand."""

import pytest

from kubectl_netshoot.cli.routing import TARGET, Flags, last_value, route, split_command

FLAGS = Flags(
    frozenset({"", "-n", "--namespace", "--name", "--context", "-o", "--output", "-s", "--server"}),
    frozenset(
        {"", "-q", "--quiet", "-v", "--verbose", "-y", "--yes", "--join-service", "-A", "-h", "--help"}
    ),
)
COMMANDS = {**dict.fromkeys((TARGET, "list", "attach", "leave", "cleanup", "version"), ()), "config": ("view",)}
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


SPLITS = [
    ("web-1", "web-1", ""),
    ("web-1 -- curl -s localhost", "web-1", "curl -s localhost"),
    ("web-1 --", "web-1", ""),
    ("web-1 -- sh -c -- x", "web-1", "sh -c -- x"),
    ("-- list", "", "list"),
]


@pytest.mark.parametrize(("line", "ours", "command"), SPLITS)
def test_what_stands_behind_the_dashes_is_not_looked_at(line: str, ours: str, command: str) -> None:
    assert split_command(line.split()) == (ours.split(), tuple(command.split()))

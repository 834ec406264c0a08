"""What TAB offers, line by line, with a stand-in for kubectl; in every shell that can be /bin/sh the same."""

import pytest

from kubectl_netshoot.completion.script import PASSED_ON
from tests.unit.completion.stub import Stub
from tests.unit.completion.tab import SHELLS, Tab, interpreter
from tools.prerequisites.pytest_plugin import program

KINDS = ["pod/", "deploy/", "rs/", "sts/", "ds/", "job/", "cronjob/", "svc/"]
CANDIDATES = [
    ("web", ["web-1", "web-2"], 4),
    ("-n shop web-", ["web-1", "web-2"], 4),
    ("--join-service db", ["db-0"], 4),
    ("d", ["debug", "diff", "doctor", "db-0", "deploy/", "ds/"], 4),
    ("cr", ["cronjob/"], 6),
    ("deploy/", ["deploy/web"], 4),
    ("deployments.apps/w", ["deployments.apps/web"], 4),
    ("pods/db", ["pods/db-0"], 4),
    ("cj/", ["cj/nightly"], 4),
    ("nonsense/", [], 4),
    ("web-1 w", [], 4),
    ("capture web", ["web-1", "web-2"], 4),
    ("capture web-1 ", ["web-2", "db-0", *KINDS, "node/"], 4),
    ("doctor svc/", ["svc/all", "svc/db", "svc/out", "svc/web"], 4),
    ("attach ", ["web-copy", "db-copy"], 4),
    ("attach web-copy ", [], 4),
    ("leave web-copy ", ["db-copy"], 4),
    ("cleanup web-copy db-copy ", [], 4),
    ("-n ", ["shop", "kube-system"], 4),
    ("--namespace=s", ["shop"], 4),
    ("-n=s", ["shop"], 4),
    ("-qn s", ["shop"], 4),
    ("--context ", ["here", "there", "arn:aws:eks:eu-west-1:1234:cluster/shop"], 4),
    ("--context arn:aws", ["arn:aws:eks:eu-west-1:1234:cluster/shop"], 4),
    ("--cluster ", ["east"], 4),
    ("--user=", ["jane@example.com"], 4),
    ("web-1 --prof", ["--profile"], 4),
    ("web-1 --profile=n", ["netadmin"], 4),
    ("web-1 --profile n", ["netadmin"], 4),
    ("web-1 --image-pull-policy=N", ["Never"], 4),
    ("web-1 --ttl ", ["30m", "1h", "2h"], 4),
    ("capture web-1 -i e", ["eth0"], 4),
    ("capture web-1 --dry-run --dry", [], 4),
    ("web-1 --allow identity --allow host", ["host-port"], 4),
    ("web-1 --service web --servi", ["--service"], 4),
    ("list --all-n", ["--all-namespaces"], 4),
    ("list -A --all-n", [], 4),
    ("list --join", [], 4),
    ("list ", [], 4),
    ("-o j", ["json"], 4),
    ("list -o ", ["text", "wide", "json", "yaml", "name"], 4),
    ("ls -o ", ["text", "wide", "json", "yaml", "name"], 4),
    ("ls --all-n", ["--all-namespaces"], 4),
    ("hel", ["help"], 4),
    ("help c", ["capture", "check", "cleanup", "config", "completion"], 4),
    ("help completion ", ["install", "uninstall", "script"], 4),
    ("help list ", [], 4),
    ("web-1 --help", ["--help-all", "--help"], 4),
    ("capture web-1 -c", [], 4),
    ("explain -o ", ["text", "json", "html"], 4),
    ("-n shop list -o j", ["json"], 4),
    ("explain --lang ", ["en", "zh"], 4),
    ("explain --la", ["--lang", "--ladder"], 4),
    ("debug n", ["node/"], 6),
    ("debug no/w", ["no/worker-1"], 4),
    ("debug pod/web-1 --target s", ["sidecar"], 4),
    ("debug web-1 --target=", ["app", "sidecar"], 4),
    ("debug deploy/web --target s", ["sidecar"], 4),
    ("debug node/worker-1 --target ", [], 4),
    ("run --node w", ["worker-1"], 4),
    ("web-1 --set-image ", ["app=", "mesh="], 6),
    ("web-1 --set-args=m", ["mesh="], 6),
    ("web-1 --set-command app=x", [], 6),
    ("deploy/web --set-env a", ["app:"], 6),
    ("capture deploy/web --set-env=app:LO", ["app:LOG_LEVEL="], 6),
    ("web-1 --set-env app:", ["app:LOG_LEVEL=", "app:MODE="], 6),
    ("--set-image ", [], 4),
    ("svc/web --set-image ", [], 4),
    ("config ", ["set", "unset", "view"], 4),
    ("diff ", ["web-copy", "db-copy"], 4),
    ("completion ", ["install", "uninstall", "script"], 4),
    ("completion script ", ["bash", "zsh", "fish", "powershell"], 4),
    ("completion install --dir ", [], 16),
    ("web-1 -- ", [], 4),
    ("web-1 -- --", [], 4),
    ("--name ", [], 4),
    ("--nonsense=", [], 4),
    ("explain ", [], 0),
    ("explain lo", [], 0),
    ("explain look.pcap ", [], 4),
    ("explain look.pcap --names ", [], 0),
    ("explain --names=n", [], 0),
    ("explain --ladder ", [], 0),
    ("explain -- ", [], 4),
    ("capture web-1 -w ", [], 0),
    ("--kubeconfig ", [], 0),
]


@pytest.mark.parametrize(("line", "expected", "directive"), CANDIDATES)
def test_candidates(tab: Tab, line: str, expected: list[str], directive: int) -> None:
    answer = tab.type(line)
    assert (answer.status, answer.stderr) == (0, "")
    assert (answer.names, answer.directive) == (expected, f":{directive}")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_says_the_same(tab: Tab, shell: str) -> None:
    by = interpreter(shell)
    lines = ["", "web-1 --service ", "web-1 --", *(line for line, *_ in CANDIDATES[::4])]
    assert {line: tab.type(line, by) for line in lines} == {line: tab.type(line) for line in lines}


@pytest.mark.parametrize("awk", ["mawk", "gawk", "original-awk", "busybox"])
def test_every_awk_says_the_same(tab: Tab, stub: Stub, awk: str) -> None:
    found = program(awk)
    lines = ("", "web-1 --service ", "cronjob/", "leave web-copy ", "--context ")
    expected = [tab.type(line) for line in lines]
    (stub.program.parent / "awk").symlink_to(found)
    assert [tab.type(line) for line in lines] == expected


def test_nothing_typed_yet(tab: Tab) -> None:
    answer = tab.type("")
    assert answer.names[-11:] == ["web-1", "web-2", "db-0", *KINDS]
    assert {"capture", "list", "cleanup", "completion"} <= set(answer.names[:-11])
    assert answer.directive == ":4"


def test_no_word_at_all_is_as_an_empty_one(tab: Tab) -> None:
    assert tab.press([]) == tab.press([""])


DESCRIPTIONS = [
    ("web-", {"web-1": "Running, 1/1 ready, 5m", "web-2": "CrashLoopBackOff, 0/1 ready, 1h"}),
    ("deploy/", {"deploy/web": "2/3 ready, 1d"}),
    ("cronjob/", {"cronjob/nightly": "0 3 * * *, 9d"}),
    ("svc/w", {"svc/web": "ClusterIP, 80/TCP, 1d"}),
    ("-n s", {"shop": "Active, 1d"}),
    ("attach w", {"web-copy": "Running, 2/2 ready, 1m"}),
    ("vers", {"version": "Show the version"}),
    ("list --quiet", {"--quiet": "Say only what went wrong"}),
    ("capture x --inter", {"--interface": "Interface to listen on, e.g. eth0"}),
]


@pytest.mark.parametrize(("line", "expected"), DESCRIPTIONS)
def test_descriptions(tab: Tab, line: str, expected: dict[str, str]) -> None:
    assert tab.type(line).described == expected


def test_services_that_select_the_pod_come_first_and_stay_there(tab: Tab, stub: Stub) -> None:
    answer = tab.type("web-1 --service ")
    assert answer.names == ["web", "all", "db", "out"]
    assert answer.described["web"] == "selects it; ClusterIP, 80/TCP, 1d"
    assert answer.directive == ":36"
    assert len(stub.asked) == 2


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("web-1", ".metadata.labels"),
        ("deployment/web", ".spec.template.metadata.labels"),
        ("cj/web", ".spec.jobTemplate.spec.template.metadata.labels"),
        ("svc/web", ".spec.selector"),
    ],
)
def test_labels_are_those_of_the_pods_that_target_stands_for(
    tab: Tab, stub: Stub, target: str, field: str
) -> None:
    assert tab.press(["capture", target, "--service", ""]).names[0] == "web"
    assert any(f":= {field}}}" in word for words in stub.asked for word in words)


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("web-1", ""),
        ("deployment/web", ".spec.template"),
        ("cj/web", ".spec.jobTemplate.spec.template"),
    ],
)
def test_what_can_be_set_is_of_the_containers_and_sidecars_of_target(
    tab: Tab, stub: Stub, target: str, field: str
) -> None:
    assert tab.press([target, "-n", "shop", "--set-env", "app:M"]).names == ["app:MODE="]
    (asked,) = stub.asked
    assert asked[-1] == "--namespace=shop"
    assert any(f":= {field}.spec.containers}}" in word for word in asked)
    assert any(f":= {field}.spec.initContainers}}" in word for word in asked)


@pytest.mark.parametrize("target", ["nonsense/web", "-x", "WEB", "a b", "$(id)"])
def test_what_can_be_no_pod_is_not_asked_for(tab: Tab, stub: Stub, target: str) -> None:
    assert tab.press([target, "--service", ""]).names == ["all", "db", "out", "web"]
    assert [words[:2] for words in stub.asked] == [["get", "svc"]]


def test_the_flags_that_say_where_are_handed_on_and_a_token_is_not(tab: Tab, stub: Stub) -> None:
    words = [word for flag in PASSED_ON for word in (flag, f"my {flag[2:]}")]
    tab.press([*words, "--token", "secret", "--name=x", "--insecure-skip-tls-verify", "web"])
    (asked,) = stub.asked
    assert asked[:3] == ["get", "pod", "--chunk-size=5000"]
    assert asked[3:] == [*(f"{flag}=my {flag[2:]}" for flag in PASSED_ON), "--insecure-skip-tls-verify"]


def test_what_needs_no_cluster_asks_none(tab: Tab, stub: Stub) -> None:
    for line in ("explain ", "version ", "web-1 --", "web-1 --profile ", "completion ", "web-1 -- "):
        tab.type(line)
    assert stub.asked == []


def test_an_empty_environment_is_enough(tab: Tab) -> None:
    answer = tab.press(["list", "--q"], env={"PATH": "/nowhere"})
    assert (answer.names, answer.stderr) == (["--quiet"], "")


def test_what_the_environment_calls_as_we_do_changes_nothing(tab: Tab) -> None:
    ours = "place count target positionals given waiting ended flag takes passed current labels any directive"
    env = {**dict.fromkeys(ours.split(), "list"), "IFS": "e", "ENV": "/nonsense", "POSIXLY_CORRECT": "1"}
    assert tab.press(["web"], env=env) == tab.press(["web"])

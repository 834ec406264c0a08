"""Variables with wrong values: named where they matter, without effect where they do not."""

import pytest

from tests.system.badinput.judge import FAILED, FINE, USAGE, judge
from tests.system.badinput.stage import Stage

WRONG = [
    ("web-0 --dry-run", {"KUBECTL_NETSHOOT_IMAGE": "-x"}, USAGE, ["KUBECTL_NETSHOOT_IMAGE", "-x"]),
    ("web-0", {"KUBECTL_NETSHOOT_IMAGE": "\x1b[2J"}, USAGE, ["KUBECTL_NETSHOOT_IMAGE", r"\x1b[2J"]),
    ("doctor", {"KUBECTL_NETSHOOT_IMAGE": "a b"}, USAGE, ["KUBECTL_NETSHOOT_IMAGE", "a b"]),
    ("web-0", {"KUBECTL_NETSHOOT_TTL": "\x1b[2J"}, USAGE, ["KUBECTL_NETSHOOT_TTL", r"\x1b[2J"]),
    ("web-0", {"KUBECTL_NETSHOOT_COLOUR": "\udcff"}, USAGE, ["KUBECTL_NETSHOOT_COLOUR"]),
    ("web-0", {"KUBECTL_NETSHOOT_REQUESTS": "cpu"}, USAGE, ["KUBECTL_NETSHOOT_REQUESTS", "cpu=10m"]),
    (
        "web-0",
        {"KUBECTL_NETSHOOT_CONFIG": "none\x1b[2J"},
        USAGE,
        ["KUBECTL_NETSHOOT_CONFIG", "no file"],
    ),
    ("doctor", {"KUBECTL_NETSHOOT_CONFIG": "/"}, USAGE, ["KUBECTL_NETSHOOT_CONFIG: / is not a file"]),
    ("doctor", {"KUBECTL_NETSHOOT_CONFIG": "\udcff"}, USAGE, ["KUBECTL_NETSHOOT_CONFIG", "no file"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": "none\x1b[2J"}, FAILED, ["none", "not found"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": "/"}, FAILED, ["cannot be started"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": "/dev/null"}, FAILED, ["null cannot be started"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": "echo"}, FAILED, ["echo config view printed no kubeconfig"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": "true"}, FAILED, ["true config view printed no kubeconfig"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": "false"}, FAILED, ["kubeconfig cannot be used"]),
    ("web-0", {"KUBECTL_NETSHOOT_KUBECTL": "false"}, FAILED, ["kubeconfig cannot be used"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": None, "PATH": "/dev/null"}, FAILED, ["kubectl cannot be started"]),
    ("list", {"KUBECTL_NETSHOOT_KUBECTL": None, "PATH": ""}, FAILED, ["kubectl was not found"]),
    ("list", {"KUBECONFIG": None}, FAILED, ["no cluster is configured in", ".kube/config"]),
    ("list", {"KUBECONFIG": None, "HOME": None}, FAILED, ["no cluster is configured in"]),
    ("list", {"KUBECONFIG": None, "HOME": "/dev/null"}, FAILED, ["/dev/null/.kube/config"]),
    # kubectl looks there whatever KUBECONFIG says.
    ("list", {"HOME": "/dev/null"}, FAILED, ["/dev/null/.kube/config"]),
    ("list -s http://x", {"http_proxy": "gopher://x", "no_proxy": ""}, FAILED, ["http_proxy", "gopher"]),
    (
        "list -s http://x",
        {"http_proxy": "http://[::1", "no_proxy": ""},
        FAILED,
        ["http_proxy", "not a proxy"],
    ),
    ("list -s http://x", {"http_proxy": "http://x:99999", "no_proxy": ""}, FAILED, ["http_proxy", "99999"]),
    ("list -s http://x", {"http_proxy": "http://y", "REQUEST_METHOD": "GET"}, FAILED, ["REQUEST_METHOD"]),
    (
        "list",
        {"KUBERNETES_SERVICE_HOST": "\x1b[2J", "KUBECONFIG": None},
        FAILED,
        ["no cluster is configured in"],
    ),
]


@pytest.mark.parametrize(("line", "env", "status", "says"), WRONG)
def test_wrong_values(
    stage: Stage, line: str, env: dict[str, str | None], status: int, says: list[str]
) -> None:
    judge(stage.run(*line.split(), env=env), (status,), says)
    assert stage.server.asked == []


PROXIES = [
    "http://me:hunter2@127.0.0.1:1",
    "https://me:hunter2@127.0.0.1:1",
    "socks5://me:hunter2@127.0.0.1:1",
    "me:hunter2@127.0.0.1:1",
    "http://me:hunter2@[::1",
    "http://me:hunter2@127.0.0.1:70000",
    "socks5://me:%FFhunter2@127.0.0.1:1",
    f"socks5://me:{'hunter2' * 20}@127.0.0.1:1",
]


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxys_password_is_not_shown(stage: Stage, proxy: str) -> None:
    outcome = stage.run("list", "-s", "http://x", env={"http_proxy": proxy, "no_proxy": ""})
    judge(outcome, (FAILED,), ["http_proxy"])
    assert "hunter2" not in outcome.stderr + outcome.stdout


WITHOUT_EFFECT: list[dict[str, str | None]] = [
    {"KUBECTL_NETSHOOT_IMAGE": ""},
    {"COLUMNS": "x", "LINES": "-1"},
    {"COLUMNS": "0"},
    {"COLUMNS": "-5"},
    {"COLUMNS": "9" * 30},
    {"TERM": "\x1b[2J", "NO_COLOR": "\udcff"},
    {"TERM": None, "LANG": None},
    {"LANG": "xx_YY.nope", "LC_ALL": "\udcff"},
    {"XDG_CONFIG_HOME": "/dev/null"},
    {"XDG_CONFIG_HOME": "relative", "HOME": "relative"},
    {"XDG_CONFIG_HOME": "/\udcff"},
    {"KUBECTL_NETSHOOT_CONFIG": "/dev/null"},
    {"KUBECTL_NETSHOOT_TTL": "", "KUBECTL_NETSHOOT_COLOUR": "never", "KUBECTL_NETSHOOT_": "x"},
    {"XDG_RUNTIME_DIR": "/dev/null"},
    {"XDG_RUNTIME_DIR": "relative"},
    {"XDG_RUNTIME_DIR": ""},
    {"HOME": None},
    {"HOME": "relative"},
    {"TYPER_USE_RICH": "x", "_TYPER_FORCE_DISABLE_TERMINAL": "1"},
    {"KUBECTL_NETSHOOT_COMPLETE": "bash_source", "_KUBECTL_NETSHOOT_COMPLETE": "source_bash"},
]


@pytest.mark.parametrize("line", ["web-0 --dry-run", "list", "--help", "doctor"])
@pytest.mark.parametrize("env", WITHOUT_EFFECT, ids=str)
def test_odd_values(stage: Stage, line: str, env: dict[str, str | None]) -> None:
    judge(stage.run(*line.split(), env=env), (FINE,))

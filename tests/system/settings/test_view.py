"""`config view`: the values in effect, and where each is from."""

import json

from kubectl_netshoot.settings.keys import KEYS
from tests.system.badinput.judge import FINE, USAGE, judge
from tests.system.badinput.stage import Stage
from tests.system.settings.conftest import Write


def test_text(stage: Stage, settle: Write) -> None:
    path = settle("image: mine\ncontexts:\n  here:\n    pull-secrets: [a, b]\n  prod:\n    ttl: 10m\n")
    outcome = stage.run("config", "view", env={"KUBECTL_NETSHOOT_DRAIN": "5m"})
    judge(outcome, (FINE,))
    rows = [line.split(maxsplit=2) for line in outcome.stdout.splitlines()]
    assert rows[0] == ["KEY", "VALUE", "FROM"]
    assert [row[0] for row in rows[1:]] == list(KEYS)
    found = {row[0]: row[1:] for row in rows}
    assert found["image"] == ["mine", f"{path}:1"]
    assert found["pull-secrets"] == ["a,b", f"{path}:4 (contexts.here)"]
    assert found["drain"] == ["5m", "KUBECTL_NETSHOOT_DRAIN"]
    assert found["ttl"] == ["1h", "default"]
    assert found["shell"] == ["-", "default"]
    assert outcome.stderr.splitlines() == [
        f"file {path}, context here",
        f"pull-secrets: {KEYS['pull-secrets'].note}",
    ]


def test_json(stage: Stage, settle: Write) -> None:
    path = settle("contexts: {prod: {requests: {cpu: 1}, pull-secrets: [a]}}")
    outcome = stage.run("--context", "prod", "config", "view", "-o", "json")
    judge(outcome, (FINE,))
    view = json.loads(outcome.stdout)
    settings = {setting["key"]: setting for setting in view.pop("settings")}
    assert view == {"schema": "kubectl-netshoot/v1", "file": str(path), "context": "prod"}
    assert settings["requests"] == {
        "key": "requests",
        "value": "cpu=1",
        "from": "file",
        "where": f"{path}:1",
        "section": "prod",
        "variable": "KUBECTL_NETSHOOT_REQUESTS",
        "note": KEYS["requests"].note,
    }
    assert settings["pull-secrets"]["value"] == ["a"]
    assert settings["colour"] == {
        "key": "colour",
        "value": "auto",
        "from": "default",
        "where": None,
        "section": None,
        "variable": "KUBECTL_NETSHOOT_COLOUR",
        "note": None,
    }


def test_no_file(stage: Stage) -> None:
    outcome = stage.run("config", "view")
    judge(outcome, (FINE,))
    assert "no file " in outcome.stderr
    assert "`kubectl netshoot config set KEY VALUE` makes it" in outcome.stderr
    assert json.loads(stage.run("config", "view", "-o", "json").stdout)["file"] is None
    nowhere = stage.run("config", "view", env={"HOME": "relative", "XDG_CONFIG_HOME": None})
    assert "there is no home folder" in nowhere.stderr


def test_a_file_that_says_nothing_by_context_asks_for_none(stage: Stage, settle: Write) -> None:
    path = settle("ttl: 30m")
    outcome = stage.run("config", "view", env={"KUBECTL_NETSHOOT_KUBECTL": "no-kubectl"})
    judge(outcome, (FINE,))
    assert f"file {path}, which says nothing by context" in outcome.stderr


def test_what_is_wrong_is_said_in_one_line(stage: Stage, settle: Write) -> None:
    path = settle("image: a\nttl: 1")
    judge(stage.run("config", "view"), (USAGE,), [f"{path}:2:6: ttl: '1' is not a duration"])
    path.unlink()
    env: dict[str, str | None] = {"KUBECTL_NETSHOOT_TTL": "1"}
    judge(stage.run("config", "view", env=env), (USAGE,), ["KUBECTL_NETSHOOT_TTL: '1' is not a duration"])


def test_config_alone_says_what_there_is(stage: Stage) -> None:
    judge(stage.run("config"), (FINE,))
    judge(stage.run("config", "veiw"), (USAGE,), ['unknown command "veiw"; did you mean "view"?'])

"""Settings as the commands take them: on a real command line, with a real kubectl, against an API server of one pod."""

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.terminal import Terminal
from tests.system.badinput.judge import FAILED, FINE, USAGE, Outcome, judge
from tests.system.badinput.stage import Stage
from tests.system.settings.conftest import Write
from tests.unit.kube import kubectls

MIRROR = "registry.example:5000/mirror/netshoot:v1"
PLAN = ("web-0", "--dry-run", "-o", "json")
Json = dict[str, Any]


def planned(outcome: Outcome) -> Json:
    judge(outcome, (FINE,))
    plan: Json = json.loads(outcome.stdout)
    return plan


@pytest.fixture
def two_contexts(stage: Stage) -> Path:
    """A second context, `prod`, to the same cluster; the current one stays `here`."""
    view = json.loads(stage.kubeconfig.read_text())
    (first,) = view["contexts"]
    view["contexts"].append({"name": "prod", "context": first["context"]})
    stage.kubeconfig.write_text(json.dumps(view))
    return stage.kubeconfig


def test_the_file_is_the_flags_default(stage: Stage, settle: Write) -> None:
    settle(f"image: {MIRROR}\nttl: 30m\nprofile: general\nrequests: {{cpu: 20m}}\npull-policy: Always")
    plan = planned(stage.run(*PLAN))
    assert (plan["copy"]["image"], plan["copy"]["profile"], plan["ttlSeconds"]) == (MIRROR, "general", 1800)
    assert plan["requests"] == {"cpu": ["20m"], "memory": ["32Mi"]}
    assert "--image-pull-policy=Always" in plan["command"]


def test_a_variable_wins_over_the_file_and_a_flag_over_both(stage: Stage, settle: Write) -> None:
    settle("ttl: 30m\nimage: from-file")
    env = {"KUBECTL_NETSHOOT_TTL": "20m", "KUBECTL_NETSHOOT_IMAGE": "from-variable"}
    plan = planned(stage.run(*PLAN, "--ttl=10m", env=env))
    assert (plan["ttlSeconds"], plan["copy"]["image"]) == (600, "from-variable")


def test_half_an_image_is_laid_over_the_settled_one(stage: Stage, settle: Write) -> None:
    settle(f"image: {MIRROR}")
    plan = planned(stage.run(*PLAN, "--image-tag", "v2"))
    assert plan["copy"]["image"] == MIRROR.replace(":v1", ":v2")


def test_a_flag_that_says_the_built_in_value_wins_too(stage: Stage, settle: Write) -> None:
    settle("ttl: 30m")
    assert planned(stage.run(*PLAN, "--ttl", "1h"))["ttlSeconds"] == 3600


def test_a_wrong_variable_hurts_nobody_who_says_otherwise(stage: Stage) -> None:
    env = {"KUBECTL_NETSHOOT_IMAGE": "a b"}
    assert planned(stage.run(*PLAN, "--image", "mine", env=env))["copy"]["image"] == "mine"
    judge(stage.run(*PLAN, env=env), (USAGE,), ["KUBECTL_NETSHOOT_IMAGE: 'a b' is not an image"])


def test_the_context_in_use_has_its_own(stage: Stage, settle: Write, two_contexts: Path) -> None:
    settle("ttl: 30m\ncontexts: {prod: {ttl: 10m}}")
    assert planned(stage.run(*PLAN))["ttlSeconds"] == 1800
    for words in (("--context=prod", *PLAN), (*PLAN, "--context", "prod")):
        plan = planned(stage.run(*words))
        assert (plan["ttlSeconds"], plan["context"]) == (600, "prod")
    view = json.loads(two_contexts.read_text())
    other = two_contexts.with_name("other")
    other.write_text(json.dumps({**view, "current-context": "prod"}))
    for outcome in (
        stage.run(*PLAN, "--kubeconfig", str(other)),
        stage.run(*PLAN, env={"KUBECONFIG": str(other)}),
    ):
        assert planned(outcome)["ttlSeconds"] == 600


def test_settings_and_session_are_of_the_same_context(
    stage: Stage, settle: Write, two_contexts: Path, tmp_path: Path
) -> None:
    """kubectl is asked which context is current, and it is switched before the target is resolved."""
    settle("contexts: {prod: {ttl: 10m}, here: {ttl: 20m}}")
    view = json.loads(two_contexts.read_text())
    switched = {**view, "current-context": "prod"}
    real = kubectls.installed()
    script = tmp_path / "kubectl-that-is-followed-by-a-switch"
    script.write_text(
        f'#!/bin/sh\n"{real}" "$@"\nstatus=$?\n'
        f"case \"$*\" in *current-context*) echo '{json.dumps(switched)}' > {two_contexts};; esac\nexit $status\n"
    )
    script.chmod(0o755)
    plan = planned(stage.run(*PLAN, env={"KUBECTL_NETSHOOT_KUBECTL": str(script)}))
    assert json.loads(two_contexts.read_text())["current-context"] == "prod"
    assert (plan["context"], plan["ttlSeconds"]) == ("here", 1200)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contexts: {prod: {ttl: 10m}}", ("list",)),
        ("contexts: {}", PLAN),
        ("ttl: 10m", PLAN),
        ("contexts: {prod: {ttl: 10m}}", (*PLAN, "--context", "here")),
        ("contexts: {prod: {pull-secrets: [a]}}", PLAN),
        ("contexts: {prod: {ttl: 10m}}", ("--help",)),
    ],
)
def test_kubectl_is_asked_only_where_the_answer_matters(
    stage: Stage, settle: Write, tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    settle(text)
    script = tmp_path / "kubectl-that-remembers"
    script.write_text(f'#!/bin/sh\necho "$*" >> "{tmp_path}/asked"\nexec "{kubectls.installed()}" "$@"\n')
    script.chmod(0o755)
    judge(stage.run(*words, env={"KUBECTL_NETSHOOT_KUBECTL": str(script)}), (FINE,))
    asked = tmp_path / "asked"
    assert "current-context" not in (asked.read_text() if asked.exists() else "")


def test_a_kubeconfig_without_a_context(stage: Stage, settle: Write) -> None:
    settle("contexts: {prod: {ttl: 10m}}")
    judge(stage.run(*PLAN, env={"KUBECONFIG": None}), (FAILED,), ["no cluster is configured in"])


def test_a_wrong_file_stops_before_anything_is_asked(stage: Stage, settle: Write) -> None:
    path = settle("image: a\ntll: 1h")
    for words in (PLAN, ("web-0", "--join-service"), ("doctor",), ("explain", "-")):
        judge(stage.run(*words), (USAGE,), [f'{path}:2:1: unknown key "tll"; did you mean ttl?'])
    assert stage.server.asked == []


@pytest.mark.parametrize("words", [("list",), ("cleanup", "--mine"), ("leave", "gone")])
def test_the_way_out_is_open_with_a_wrong_file(stage: Stage, settle: Write, words: tuple[str, ...]) -> None:
    path = settle("ttl: never")
    outcome = stage.run(*words)
    assert (
        f"warning: continuing without settings: {path}:1:6: ttl: 'never' is not a duration" in outcome.stderr
    )
    assert stage.server.asked != []


@pytest.mark.parametrize("words", [("version",), ("rbac",), ("--help",), ("capture", "-h")])
def test_what_needs_no_settings_reads_none(stage: Stage, settle: Write, words: tuple[str, ...]) -> None:
    settle("tll: 1h")
    outcome = stage.run(*words)
    judge(outcome, (FINE,))
    assert outcome.stderr == ""


def test_help_shows_what_is_built_in(stage: Stage, settle: Write) -> None:
    without = stage.run("--help").stdout
    settle("ttl: 30m\nimage: mine")
    assert stage.run("--help", env={"KUBECTL_NETSHOOT_SETTLE": "1s"}).stdout == without


def test_a_file_that_others_can_write(stage: Stage, settle: Write) -> None:
    path = settle("ttl: 30m")
    path.chmod(0o666)
    outcome = stage.run(*PLAN)
    assert planned(outcome)["ttlSeconds"] == 1800
    assert f"warning: others can write {path}" in outcome.stderr


@pytest.mark.parametrize(
    ("text", "env", "preference"),
    [
        ("", {}, "auto"),
        ("colour: always", {}, "always"),
        ("colour: always", {"NO_COLOR": "1"}, "never"),
        ("colour: never", {"KUBECTL_NETSHOOT_COLOUR": "always", "NO_COLOR": "1"}, "always"),
        ("contexts: {here: {colour: never}}", {}, "never"),
        ("colour: [", {}, "auto"),
    ],
)
def test_colour(stage: Stage, settle: Write, text: str, env: dict[str, str | None], preference: str) -> None:
    settle(text)
    judge(stage.run("list", env=env), (FINE,))
    assert Terminal.preference == preference


def test_colour_is_seen(stage: Stage, settle: Write) -> None:
    settle("colour: always")
    assert "\x1b[31merror\x1b[0m: " in stage.run("web-0", "--ttl", "1").stderr
    settle("colour: auto")
    assert "\x1b" not in stage.run("web-0", "--ttl", "1").stderr


def test_a_capture_lives_as_long_as_it_takes(stage: Stage, settle: Write) -> None:
    """A ttl of the settings is no reason to refuse a long capture; one on the command line is."""
    settle("ttl: 1m")
    words = ("capture", "web-0", "--copy", "--dry-run", "--duration", "30m")
    outcome = stage.run(*words)
    judge(outcome, (FINE,))
    assert "deadline   45m after its start" in outcome.stdout
    judge(stage.run(*words, "--ttl", "1m"), (USAGE,), ["--ttl: the copy would end before"])


def test_requests_where_they_cannot_hold(stage: Stage, settle: Write) -> None:
    """Settled, they are for those who can have them; asked for, it is said that nobody gets them here."""
    settle("requests: {cpu: 20m}")
    judge(stage.run("capture", "web-0", "--dry-run"), (FINE,))
    outcome = stage.run("capture", "web-0", "--dry-run", "--requests", "cpu=20m")
    judge(outcome, (USAGE,), ["--requests does not apply"])


def test_the_language_of_an_explanation(stage: Stage, settle: Write, tmp_path: Path) -> None:
    settle("language: zh")
    packet = "00:00:01.0 IP 10.0.0.1.1000 > 10.0.0.2.80: Flags [S], seq 1, win 1, length 0\n"
    (tmp_path / "packets").write_text(packet)
    words = ("explain", str(tmp_path / "packets"))
    assert "Who  " not in stage.run(*words).stdout
    assert "Who  " in stage.run(*words, "--lang", "en").stdout
    assert "Who  " in stage.run(*words, env={"KUBECTL_NETSHOOT_LANGUAGE": "en"}).stdout


def test_a_pod_of_our_own_gets_pull_secrets_and_requests(stage: Stage, settle: Write) -> None:
    settle("pull-secrets: [mirror, other]\nrequests: {memory: 64Mi}")
    manifest = planned(stage.run("run", "probe", "--dry-run", "-o", "json"))["manifest"]
    assert manifest["spec"]["imagePullSecrets"] == [{"name": "mirror"}, {"name": "other"}]
    (container,) = manifest["spec"]["containers"]
    assert container["resources"]["requests"] == {"cpu": "10m", "memory": "64Mi"}
    given = stage.run("run", "probe", "--dry-run", "-o", "json", "--image-pull-secret=mine")
    assert planned(given)["manifest"]["spec"]["imagePullSecrets"] == [{"name": "mine"}]


def test_a_container_in_a_running_pod_is_added_all_the_same(stage: Stage, settle: Write) -> None:
    """What cannot hold for it is no reason to refuse, unless it stands on the command line."""
    settle(f"image: {MIRROR}\npull-secrets: [mirror]\nrequests: {{memory: 64Mi}}")
    outcome = stage.run("debug", "web-0", "--dry-run")
    judge(outcome, (FINE,))
    assert MIRROR in outcome.stdout
    judge(stage.run("debug", "web-0", "--dry-run", "--image-pull-secret", "a"), (USAGE,), ["node/NAME"])

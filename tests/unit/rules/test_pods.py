"""The copy as we build it for the dry run, against what kubectl was recorded to send and seen to create."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fakecluster
from fakecluster import protobuf
from kubectl_netshoot.model import ENV_MARK, Birth
from kubectl_netshoot.rules.container import RESOURCES
from kubectl_netshoot.rules.pods import (
    SLEEPER,
    Copy,
    copied_pod,
    custom_container,
    debug_container,
    unstarted,
)
from kubectl_netshoot.rules.profiles import KUBECTL

RECORDINGS = Path(fakecluster.__file__).parent / "tests" / "recordings"
COPY = Copy(
    "nginx",
    "copy",
    "nicolaka/netshoot:v0.16",
    "netadmin",
    Birth("0123456789abcdef", "copy"),
    keep_readiness=True,
)
PROBES: dict[str, Any] = {"livenessProbe": {}, "readinessProbe": {}, "startupProbe": {}}
Json = dict[str, Any]


def source(**spec: Any) -> Json:
    container = {"name": "app", "image": "nginx", **PROBES}
    return {
        "metadata": {
            "name": "nginx",
            "namespace": "shop",
            "labels": {"app": "web"},
            "annotations": {"a": "b"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "nginx"}],
            "uid": "1",
        },
        "spec": {"nodeName": "node-1", "containers": [container], **spec},
        "status": {"phase": "Running"},
    }


def recorded(version: str) -> tuple[Json, Json]:
    """The source as this kubectl read it, and the pod that it sent."""
    lines = (RECORDINGS / f"{version}-debug-copy.jsonl").read_text().splitlines()
    exchanges = [json.loads(line) for line in lines]
    read = next(e["response"]["body"] for e in exchanges if "/pods/" in e["request"]["path"])
    sent = next(e["request"]["body"] for e in exchanges if e["request"]["method"] == "POST")
    return _object(read), _object(sent)


def _object(body: Json) -> Json:
    return protobuf.decode(base64.b64decode(body["base64"])) if "base64" in body else body


@pytest.mark.parametrize("version", ["1.27", "1.31", "1.37"])
def test_as_recorded(version: str) -> None:
    """But for what the recording was asked for: its own command and variable, and a shared process namespace."""
    read, sent = recorded(version)
    copy = replace(COPY, name=sent["metadata"]["name"], keep_readiness=version != "1.27")
    built = copied_pod(_json_source(read), copy)
    for pod in (built, sent):
        pod["spec"].pop("shareProcessNamespace", None)
        _tools(pod).pop("command")
        _tools(pod).pop("env")
    if version == "1.27":
        assert _tools(sent)["securityContext"] == {"capabilities": {"add": ["NET_ADMIN"]}}
        _tools(sent)["securityContext"] = _tools(built)["securityContext"]
    assert _filled(built["spec"]) == _filled(sent["spec"])
    assert built["metadata"] == {"name": sent["metadata"]["name"], "namespace": sent["metadata"]["namespace"]}


def _json_source(read: Json) -> Json:
    # A newer kubectl reads protobuf, which the fake cluster's decoder knows only for what is sent.
    return read if "spec" in read else recorded("1.31")[0]


def _tools(pod: Json) -> Json:
    container: Json = pod["spec"]["containers"][-1]
    return container


def _filled(value: Any) -> Any:
    """Without the fields that are empty: one encoding writes them and another does not."""
    if isinstance(value, dict):
        filled = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item not in ({}, [], "", None, False, 0)}
    return [_filled(item) for item in value] if isinstance(value, list) else value


def test_what_a_copy_loses() -> None:
    ephemeral = [{"name": "debugger"}]
    built = copied_pod(source(ephemeralContainers=ephemeral), COPY)
    assert built["metadata"] == {"name": "copy", "namespace": "shop"}
    assert set(built["spec"]["containers"][0]) == {"name", "image", "readinessProbe"}
    assert "nodeName" not in built["spec"]
    assert "ephemeralContainers" not in built["spec"]
    assert "status" not in built


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({}, ("app",)),
        ({"keep_startup": True}, ()),
        ({"keep_readiness": False}, ()),
        ({"keep_readiness": False, "profile": "general"}, ("app",)),
        ({"keep_readiness": False, "profile": "baseline"}, ("app",)),
    ],
)
def test_whose_startup_probe_is_lost(changes: dict[str, Any], lost: tuple[str, ...]) -> None:
    """kubectl up to 1.30 keeps it in most profiles, later ones where it is asked for: as the pod that is built."""
    given, copy = source(), replace(COPY, **changes)
    given["spec"]["containers"].append({"name": "other", "image": "nginx"})
    assert unstarted(given, copy) == lost
    kept = "startupProbe" in copied_pod(given, copy)["spec"]["containers"][0]
    assert kept is not bool(lost)


def test_what_a_copy_keeps() -> None:
    kept = {
        "hostname": "h",
        "volumes": [{"name": "v"}],
        "initContainers": [{"name": "i"}],
        "restartPolicy": "Never",
    }
    spec = copied_pod(source(**kept), COPY)["spec"]
    assert kept.items() <= spec.items()


def test_the_source_is_left_as_it_is() -> None:
    given = source()
    copied_pod(given, COPY)
    assert given == source()


def test_same_node() -> None:
    assert copied_pod(source(), replace(COPY, same_node=True))["spec"]["nodeName"] == "node-1"


@pytest.mark.parametrize(
    ("profile", "probes"),
    [("netadmin", set(PROBES)), ("restricted", set(PROBES)), ("baseline", set()), ("general", set())],
)
def test_a_kubectl_without_keep_flags_goes_by_the_profile(profile: str, probes: set[str]) -> None:
    """Seen with 1.30: these profiles keep every probe, and all of them the annotations."""
    old = replace(COPY, profile=profile, keep_readiness=False)
    built = copied_pod(source(), old)
    assert set(built["spec"]["containers"][0]) & set(PROBES) == probes
    assert old.has_probes == bool(probes)
    assert built["metadata"]["annotations"] == {"a": "b"}


def test_the_debug_container() -> None:
    container = debug_container(replace(COPY, pull_policy="Never"))
    assert container["env"] == [{"name": ENV_MARK, "value": str(COPY.birth)}]
    assert container["command"] == list(SLEEPER)
    assert container["imagePullPolicy"] == "Never"
    assert "resources" not in container
    assert "imagePullPolicy" not in debug_container(COPY)


@pytest.mark.parametrize("profile", KUBECTL)
def test_custom_lies_over_the_profile(profile: str) -> None:
    plain = debug_container(replace(COPY, profile=profile)).get("securityContext", {})
    laid_over = debug_container(replace(COPY, profile=profile, custom=Path("custom"), user=1001))
    assert laid_over["resources"] == RESOURCES
    assert laid_over["securityContext"] == {**plain, "runAsUser": 1001, "runAsNonRoot": True}


def test_custom_says_nothing_of_a_user_that_is_not_given() -> None:
    assert custom_container(COPY) == {"resources": RESOURCES}
    assert custom_container(replace(COPY, user=0))["securityContext"] == {
        "runAsUser": 0,
        "runAsNonRoot": False,
    }


def test_requests_are_laid_over_ours() -> None:
    resources = debug_container(replace(COPY, custom=Path("custom"), requests={"cpu": "1"}))["resources"]
    assert resources == {
        "requests": {"cpu": "1", "memory": "32Mi"},
        "limits": {"cpu": "1", "memory": "256Mi"},
    }

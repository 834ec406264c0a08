"""What may be asked for."""

import pytest

from kubectl_netshoot.commands.check.request import named_by, parse_goal, parse_topics
from kubectl_netshoot.commands.check.scene import CheckTarget
from kubectl_netshoot.commands.check.verdict import Topic
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.model import ServicePort
from kubectl_netshoot.rules.app_protocol import Speaks, speaks
from kubectl_netshoot.rules.request import check_path
from kubectl_netshoot.rules.rights import Use, rights_of
from kubectl_netshoot.rules.targets import parse_target


@pytest.mark.parametrize(
    ("text", "goal", "shown"),
    [
        ("db:5432", CheckTarget("db", 5432), "db:5432"),
        ("db.example.com.:443", CheckTarget("db.example.com.", 443), "db.example.com.:443"),
        ("10.0.0.7:1", CheckTarget("10.0.0.7", 1), "10.0.0.7:1"),
        ("[fd00::7]:65535", CheckTarget("fd00::7", 65535), "[fd00::7]:65535"),
    ],
)
def test_a_goal(text: str, goal: CheckTarget, shown: str) -> None:
    assert parse_goal(text) == goal
    assert str(goal) == shown


@pytest.mark.parametrize(
    "text",
    [
        "db",
        "db:",
        ":80",
        "db:x",
        "db:0",
        "db:65536",
        "-o:80",
        "a b:80",
        "http://db:80",
        "[db]x:1",
        "a:b:80",
        "db:\u0661",
        "$x:1",
    ],
)
def test_no_goal(text: str) -> None:
    with pytest.raises(UsageError, match="is not HOST:PORT"):
        parse_goal(text)


def test_topics() -> None:
    assert parse_topics("") == frozenset(Topic)
    assert parse_topics("dns,tls") == {Topic.DNS, Topic.TLS}
    with pytest.raises(UsageError, match="'http' is not one of dns, tcp, tls, ports, path"):
        parse_topics("dns,http")


@pytest.mark.parametrize("path", ["", "x", "/a b", "/\n", "http://x/", "/\u00e9"])
def test_no_path(path: str) -> None:
    with pytest.raises(UsageError, match="is not a path"):
        check_path(path)


def test_a_path() -> None:
    assert check_path("/healthz?full=1") == "/healthz?full=1"


@pytest.mark.parametrize(
    ("port", "means"),
    [
        (ServicePort(80, 8080), Speaks.HTTP),
        (ServicePort(443, 8443), Speaks.HTTPS),
        (ServicePort(80, 5432), Speaks.OTHER),
        (ServicePort(5432, 8080), Speaks.OTHER),
        (ServicePort(7777, 7777), Speaks.UNKNOWN),
        (ServicePort(80, "web"), Speaks.HTTP),
        (ServicePort(80, 8080, "redis"), Speaks.OTHER),
        (ServicePort(6379, 6379, "http-admin"), Speaks.HTTP),
        (ServicePort(80, 80, "web", app_protocol="https"), Speaks.HTTPS),
        (ServicePort(80, 80, "http", app_protocol="kubernetes.io/h2c"), Speaks.OTHER),
        (ServicePort(80, 80, "grpc-api"), Speaks.OTHER),
        (ServicePort(80, 80, "HTTP"), Speaks.HTTP),
    ],
)
def test_what_a_port_is_likely_to_speak(port: ServicePort, means: Speaks) -> None:
    assert speaks(port) is means


def test_rights() -> None:
    copy, live = set(map(str, rights_of(Use.CHECK))), set(map(str, rights_of(Use.LIVE_CHECK)))
    assert {"list services", "list endpointslices.discovery.k8s.io", "create pods/exec"} <= copy & live
    assert "create pods" in copy - live
    assert "patch pods/ephemeralcontainers" in live - copy
    assert copy | live == set(map(str, rights_of(Use.CHECK, Use.LIVE_CHECK)))


def test_a_service_as_target_is_the_one_in_question() -> None:
    assert named_by(parse_target("svc/web")) == ("web",)
    assert named_by(parse_target("services/web")) == ("web",)
    assert named_by(parse_target("deploy/web")) == ()
    assert named_by(parse_target("", "app=web")) == ()

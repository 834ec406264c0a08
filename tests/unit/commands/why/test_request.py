"""What may be asked of `why`: SERVER in all its forms, and the limits."""

from datetime import timedelta

import pytest

from kubectl_netshoot.commands.why.request import (
    Destination,
    WhyRequest,
    check_together,
    parse_server,
    parse_timeout,
)
from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.request import check_path
from kubectl_netshoot.rules.targets import TargetName


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("db", Destination("db", "db")),
        ("db:5432", Destination("db:5432", "db", 5432)),
        (
            "db.shop.svc.cluster.local.:1",
            Destination("db.shop.svc.cluster.local.:1", "db.shop.svc.cluster.local.", 1),
        ),
        ("10.0.0.7:6379", Destination("10.0.0.7:6379", "10.0.0.7", 6379)),
        ("10.0.0.7", Destination("10.0.0.7", "10.0.0.7")),
        ("fd00::7", Destination("fd00::7", "fd00::7")),
        ("[fd00::7]:65535", Destination("[fd00::7]:65535", "fd00::7", 65535)),
        ("http://db", Destination("http://db", "db", 80, "http", "/")),
        (
            "https://api/health?a=b#c",
            Destination("https://api/health?a=b", "api", 443, "https", "/health?a=b"),
        ),
        ("http://[fd00::7]:8080/x", Destination("http://[fd00::7]:8080/x", "fd00::7", 8080, "http", "/x")),
        ("HTTP://Api:81?x", Destination("http://Api:81/?x", "Api", 81, "http", "/?x")),
        ("redis://cache:6379/0", Destination("redis://cache:6379", "cache", 6379)),
        ("postgres://db/shop", Destination("postgres://db", "db")),
        ("svc/db", Destination("svc/db", object=TargetName("svc", "db"))),
        ("service/db:5432", Destination("service/db:5432", port=5432, object=TargetName("svc", "db"))),
        ("deploy/api:80", Destination("deploy/api:80", port=80, object=TargetName("deploy", "api"))),
        ("pod/api-x7k", Destination("pod/api-x7k", object=TargetName("pod", "api-x7k"))),
    ],
)
def test_a_server(text: str, found: Destination) -> None:
    assert parse_server(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":80",
        "db:",
        "db:x",
        "db:0",
        "db:65536",
        "db:\u0661",
        "-o:80",
        "a b",
        "db/5432",
        "svc/",
        "svc/DB",
        "svc/db:",
        "node/n1:80",
        "http://",
        "http://:80",
        "http:///x",
        "http://db:99999/",
        "http://-o/",
        "http://db/a b",
        "://db",
        "[db]:80",
        "a:b:80",
        "db\n",
    ],
)
def test_no_server(text: str) -> None:
    with pytest.raises(UsageError, match=r"SERVER|not a path"):
        parse_server(text)


def test_a_password_is_never_shown() -> None:
    assert parse_server("amqp://guest:hunter2@broker:5672/v").text == "amqp://broker:5672"
    with pytest.raises(UsageError) as raised:
        parse_server("amqp://guest:hunter2@:5672/v")
    assert "hunter2" not in raised.value.message + raised.value.hint


def test_a_namespace_for_an_object_alone() -> None:
    assert parse_server("svc/db", "shop").services("front") == (("shop", "db"),)
    assert parse_server("pod/db-0", "shop").namespace == "shop"
    with pytest.raises(UsageError, match="--server-namespace applies to") as raised:
        parse_server("db", "shop")
    assert "db.shop" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("db:1", (("front", "db"),)),
        ("db.shop", (("shop", "db"),)),
        ("DB.shop.svc.", (("shop", "db"),)),
        ("db.shop.svc.cluster.local", (("shop", "db"),)),
        ("db-0.db.shop.svc", ()),
        ("www.example.com", ()),
        ("10.0.0.7", ()),
        ("svc/db", (("front", "db"),)),
        ("deploy/db", ()),
    ],
)
def test_the_services_that_it_may_mean(text: str, services: tuple[tuple[str, str], ...]) -> None:
    assert parse_server(text).services("front") == services


@pytest.mark.parametrize("text", ["localhost:80", "http://127.0.0.1/x", "[::1]:80"])
def test_a_client_that_asks_for_itself(text: str) -> None:
    with pytest.raises(UsageError, match="is the client itself"):
        check_together(WhyRequest(parse_server(text)))


def test_limits() -> None:
    assert parse_timeout("1s") == timedelta(seconds=1)
    for text in ("0", "9s", "1", "-1s"):
        with pytest.raises(UsageError, match="--timeout"):
            parse_timeout(text)
    with pytest.raises(UsageError, match="--path"):
        check_path("x")

"""The command line's values: what is wrong is said before anything is changed, and nothing is an option in disguise."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules import request
from kubectl_netshoot.rules.container import check_image
from kubectl_netshoot.rules.targets import parse_target

DURATIONS = [
    ("90s", 90),
    ("30m", 1800),
    ("2h", 7200),
    ("1h30m", 5400),
    ("1h1m1s", 3661),
    ("0", 0),
    ("0s", 0),
    ("007s", 7),
]
NO_DURATIONS = [
    "", " ", "5", "-5s", "+5s", "5S", "5 s", "5s ", " 5s", "5s\n", "1m1h", "1.5h", "1e3s", "5ms", "1d", "s", "٣s", "²s",
    "0x5s", "nan", "inf", "--yes", "9999999999h", "99999999999h", "25h",
]  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), DURATIONS)
def test_durations(text: str, seconds: int) -> None:
    assert request.parse_duration(text, "--drain") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_what_is_no_duration_names_its_flag(text: str) -> None:
    with pytest.raises(UsageError, match="--drain"):
        request.parse_duration(text, "--drain")


@given(st.text())
def test_any_text_is_a_duration_that_can_be_added_or_a_usage_error(text: str) -> None:
    try:
        span = request.parse_duration(text, "--settle")
    except UsageError:
        return
    assert timedelta(0) <= span <= timedelta(hours=24)


@pytest.mark.parametrize("text", ["10s", "1h", "24h", "1440m"])
def test_a_ttl_that_is_allowed(text: str) -> None:
    assert request.MIN_TTL <= request.parse_ttl(text) <= request.MAX_TTL


@pytest.mark.parametrize("text", ["0", "9s", "24h1s", "100h", "1", ""])
def test_a_ttl_that_is_not(text: str) -> None:
    with pytest.raises(UsageError, match="--ttl"):
        request.parse_ttl(text)


HOSTILE_NAMES = [
    "", "-", "-web", "--all", "web-", "Web", "web_0", "web 0", "web\n", "web\x00", "web\x1b[2J", "wéb", "web²",
    "w" * 254, ".web", "web.", "a..b", "a.-b", "web/0", "web;rm",
    "$(id)", "../secret", "web?x=y", "web%2f", "web#", "web\u202e",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_what_is_no_name_is_no_target_and_no_name_for_the_copy(name: str) -> None:
    for check in (parse_target, lambda n: parse_target(f"deploy/{n}"), request.check_copy_name):
        with pytest.raises(UsageError):
            check(name)


@pytest.mark.parametrize("name", ["copy", "a", "0", "web-0x", "web0", "w" * 63, "1-a"])
def test_names_for_the_copy(name: str) -> None:
    assert request.check_copy_name(name) == name


@pytest.mark.parametrize("name", ["db-0", "db-12345", "a-b-0", "w" * 64, "a.b", "0-0"])
def test_a_copy_is_not_called_as_a_statefulsets_pod_or_what_no_hostname_can_be(name: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        request.check_copy_name(name)


POD_NAMES = st.from_regex(
    r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?){0,3}", fullmatch=True
)


@given(POD_NAMES, st.text("abcdefghijklmnopqrstuvwxyz", min_size=5, max_size=5))
def test_every_pod_has_a_copy_name_that_we_accept(source: str, letters: str) -> None:
    name = request.default_copy_name(source, letters)
    assert request.check_copy_name(name) == name
    assert name.endswith(f"-netshoot-{letters}")


IMAGES = [
    request.DEFAULT_IMAGE,
    "busybox",
    "busybox:1.37",
    "localhost:5000/tools/netshoot",
    "registry.example.com/a/b/c_d:v1.0-rc.1",
    "REGISTRY.example.com:443/a",
    "netshoot@sha256:" + "a" * 64,
    "a/b:v1@sha256:" + "0" * 64,
]
NO_IMAGES = [
    "", "-", "--privileged", "-it", "Netshoot", "a b", "a\n", "a:", "a:tag:tag", "a@sha256:12", "a//b", "/a", "a/",
    "a@sha256:" + "a" * 63, "a@sha256:" + "A" * 64, "a@sha256:" + "a" * 128, "a@md5:" + "a" * 32,
    "a:-x", "nétshoot", "a:" + "t" * 129, "host:٣/a", "a" * 501, "a;b", "$(id)", "a\x00", "http://a/b", "host:123456/a",
]  # fmt: skip


@pytest.mark.parametrize("image", IMAGES)
def test_images(image: str) -> None:
    assert check_image(image) == image


@pytest.mark.parametrize("image", NO_IMAGES)
def test_what_is_no_image(image: str) -> None:
    with pytest.raises(UsageError, match="--image"):
        check_image(image)


def test_a_choice() -> None:
    assert request.check_choice("json", ("text", "json"), "-o") == "json"
    with pytest.raises(UsageError, match="-o: 'yaml' is not one of text, json"):
        request.check_choice("yaml", ("text", "json"), "-o")


CHECKS = [lambda text: str(parse_target(text)), request.check_copy_name, check_image]


@pytest.mark.parametrize("check", CHECKS)
@given(text=st.text())
def test_what_is_accepted_is_plain_ascii_and_never_an_option(check: Callable[[str], str], text: str) -> None:
    try:
        accepted = check(text)
    except UsageError as error:
        words = error.message
    else:
        words = accepted
        assert accepted.isascii()
        assert not accepted.startswith("-")
    assert words.isprintable()


JOINED = [
    ("svc/web", True, (), ("web",)),
    ("svc/web", True, ("api",), ("api",)),
    ("svc/web", False, ("api", "b"), ("api", "b")),
    ("svc/web", False, (), ()),
    ("deploy/web", True, (), ()),
    ("web", True, (), ()),
    ("web", True, ("api",), ("api",)),
]


@pytest.mark.parametrize(("target", "join", "services", "named"), JOINED)
def test_a_service_that_is_the_target_is_the_one_to_join(
    target: str, join: bool, services: tuple[str, ...], named: tuple[str, ...]
) -> None:
    asked = request.SessionRequest(parse_target(target), join=join, services=services)
    assert asked.named_services == named
    assert asked.joining == bool(join or services)

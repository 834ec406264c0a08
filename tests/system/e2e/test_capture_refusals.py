"""What cannot be captured is said before anybody's traffic is taken: filters, interfaces, images, rights, pods."""

import re
from collections.abc import Callable

import pytest

from fakecluster import manifests
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.plugin import Done, Plugin
from tests.system.e2e.scenery import Scenery
from tests.waiting import until

Traffic = Callable[..., None]
LIVE: tuple[str, ...] = ()
JOINED = ("--service=web", *QUICK, "--name=captured", "--yes")
PLACES = pytest.mark.parametrize(
    "place", [LIVE, ("--copy", "--name=captured"), JOINED], ids=["live", "copy", "joined"]
)


@pytest.fixture
def refused(plugin: Plugin, api: Api, source: str, cluster: AnyCluster) -> Callable[..., Done]:
    """Run a capture that must fail; no copy was in service, and nothing runs afterwards."""

    def run(*words: str) -> Done:
        faulty = cluster.faulty()
        faulty.forget_requests()
        done = plugin.run("capture", source, "-w", "-", *words)
        assert done.stdout == b""
        patches = [
            r
            for r in faulty.requests()
            if r["method"] == "PATCH" and r["path"].endswith("/pods/captured") and r["status"] == 200
        ]
        # The mark alone, after a race that it may have lost: no join, and so no leave.
        assert len(patches) <= 1
        assert api.gone("captured")
        until(lambda: all_ended(api, source), "the end of the added container")
        return done

    return run


@PLACES
def test_a_bad_filter(refused: Callable[..., Done], place: tuple[str, ...]) -> None:
    done = refused(*place, "--", "port", "80", "and")
    assert done.status == 2
    assert "error: tcpdump: can't parse filter expression: syntax error" in done.stderr


@PLACES
def test_an_interface_that_is_not_there(refused: Callable[..., Done], place: tuple[str, ...]) -> None:
    done = refused(*place, "-i", "eth7")
    assert done.status == 2
    assert "eth7: No such device exists" in done.stderr


@PLACES
def test_an_image_without_tcpdump(
    refused: Callable[..., Done], traffic: Traffic, place: tuple[str, ...]
) -> None:
    traffic("there-is-no-such-program")
    done = refused(*place)
    assert done.status == 1
    assert "has no tcpdump" in done.stderr
    assert "--image" in done.stderr


@pytest.mark.parametrize("place", [(), ("--copy",)], ids=["live", "copy"])
def test_no_raw_sockets(
    plugin: Plugin, api: Api, scenery: Scenery, level: Callable[[str], None], place: tuple[str, ...]
) -> None:
    """Known beforehand, so that nothing is made at all."""
    scenery.add_ready(1, manifests.modest_pod("modest"), app="modest")
    level("restricted")
    done = plugin.run("capture", "modest", "-w", "-", *place)
    assert done.status == 1, done.stderr
    assert "no raw sockets" in done.stderr
    assert "restricted" in done.stderr
    assert "adding container" not in done.stderr
    assert added(api, "modest") == []


def test_a_runtime_that_gives_no_raw_sockets(refused: Callable[..., Done], traffic: Traffic) -> None:
    """As CRI-O does for the profile baseline: only the container itself can tell."""
    traffic(POD_CAP_EFF="0")
    done = refused(*JOINED, "--profile=baseline")
    assert done.status == 1
    assert "profile baseline gives the container no raw sockets" in done.stderr


def test_words_of_the_filter_are_nobodys_options(refused: Callable[..., Done]) -> None:
    done = refused("--", "-w", "/etc/motd", "; touch pwned")
    assert done.status == 2
    assert "can't parse filter expression" in done.stderr


def test_a_pod_that_is_not_there(plugin: Plugin) -> None:
    for target in ("nowhere", "deploy/nowhere"):
        done = plugin.run("capture", target, "-w", "-")
        assert done.status == 1
        assert re.match(r'error: no (pod|deployment) "nowhere" in namespace', done.stderr)

"""A hostile API server: whatever it answers, however much and however slowly, a command ends, small and plain."""

import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import MAX_PAGES, Api, Fetch, connect
from kubectl_netshoot.kube.reads import LOG_BYTES, Reads
from tests.system.artefact.build import ROOT
from tests.system.security.conftest import TOKEN, Aim
from tests.system.security.hostile import CHUNKED, FLOODS, OK, Behaviour, HostileServer, drips, floods, says
from tests.system.security.measured import Measured, measure
from tests.unit.builders import NOW
from tests.unit.kube.apiserver import Answer, ApiServer, Asked

MEMORY = 200 * 1024 * 1024
Hostile = Callable[[Behaviour], HostileServer]


@pytest.mark.parametrize(
    "flood", ["with-a-length", "a-chunk-of-minus-one", "unauthorized", "packed", "headers"]
)
def test_a_gigabyte_is_not_kept(at: Aim, hostile: Hostile, flood: str) -> None:
    server = hostile(FLOODS[flood])
    plugin = at(server.url)
    done = measure(plugin.argv("list", "--request-timeout=2s"), plugin.env, plugin.folder)
    assert server.heads
    assert done.status == 1, done
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 4096
    assert done.stdout == ""
    assert done.memory < MEMORY


def in_a_process_of_its_own(program: str, folder: Path, *arguments: str) -> Measured:
    """Our own modules out of this checkout, before these arguments."""
    command = [sys.executable, "-c", ASKING + program, *arguments]
    return measure(command, {"PYTHONPATH": str(ROOT / "src")}, folder)


ASKING = """
import pathlib, sys, threading
from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import watch
from kubectl_netshoot.kube.api import connect
from kubectl_netshoot.kube.watch import Watcher

def api_at(url):
    return connect({
        "current-context": "c",
        "users": [{"name": "u", "user": {}}],
        "clusters": [{"name": "k", "cluster": {"server": url}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    }, pathlib.Path("."), "t")
"""
EVERY = """
for url in sys.argv[1:]:
    try:
        api_at(url).request("GET", "/x")
    except ApiError as error:
        print(error.code, len(error.message) < 3000)
"""


def test_no_kind_of_gigabyte_is_kept(tmp_path: Path, hostile: Hostile) -> None:
    urls = [hostile(flood).url for flood in FLOODS.values()]
    done = in_a_process_of_its_own(EVERY, tmp_path, *urls)
    assert done.stderr == ""
    codes = dict(zip(FLOODS, done.stdout.splitlines(), strict=True))
    other = {"refused": "403 True", "redirected": "302 True"}
    assert codes == {name: other.get(name, "0 True") for name in FLOODS}
    assert done.memory < MEMORY


DRIPS = {
    "in-the-body": OK + b"Content-Length: 1000000\r\n\r\n",
    "in-chunks": CHUNKED + b"fffff\r\n",
    "in-a-chunk-size": CHUNKED,
    "in-a-header": OK + b"X:",
    "in-the-status-line": b"HTTP/1.1 200 ",
    "in-a-refusal": b"HTTP/1.1 403 No\r\nContent-Length: 1000000\r\n\r\n",
    "unauthorized": b"HTTP/1.1 401 No\r\nContent-Length: 1000000\r\n\r\n",
}


@pytest.mark.parametrize("drip", DRIPS)
def test_an_answer_that_drips_ends(hostile: Hostile, tmp_path: Path, drip: str) -> None:
    ended = threading.Event()
    server = hostile(drips(DRIPS[drip], ended))
    api = api_at(server.url, tmp_path, timeout=0.2)
    with pytest.raises(ApiError) as caught:
        api.request("GET", "/x")
    assert not ended.is_set()
    # No silence was longer than a tenth of what is allowed: it is the whole that took too long.
    assert "no answer from" in caught.value.message
    ended.set()


def api_at(url: str, folder: Path, timeout: float = 5.0) -> Api:
    with ApiServer() as unused:
        kubeconfig = unused.kubeconfig({"token": TOKEN})
    kubeconfig["clusters"][0]["cluster"]["server"] = url
    return connect(kubeconfig, folder, "t", timeout)


def test_a_redirect_to_another_host_takes_nothing_there(at: Aim, hostile: Hostile) -> None:
    other = hostile(says(OK, b"\r\n{}"))
    for place in (other.url, other.url.replace("http:", "https:"), f"//{other.url.partition('//')[2]}"):
        for status in (b"301", b"302", b"303", b"307", b"308"):
            server = hostile(
                says(b"HTTP/1.1 ", status, b" There\r\nLocation: ", place.encode(), b"/x\r\n\r\n")
            )
            api = api_at(server.url, at(server.url).folder)
            with pytest.raises(ApiError):
                api.request("GET", "/x")
            assert [TOKEN.encode() in head for head in server.heads] == [True]
    server = hostile(says(b"HTTP/1.1 307 There\r\nLocation: ", other.url.encode(), b"/x\r\n\r\n"))
    done = at(server.url).run("list")
    assert (done.status, other.heads) == (1, [])


def pod(**changes: object) -> dict[str, object]:
    return {"metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": {}}, "spec": {}} | changes


def named(name: object) -> dict[str, object]:
    return pod(metadata={"name": name, "uid": "u"})


ITEMS: dict[str, object] = {
    "a-number": 5,
    "text": "items",
    "a-list-of-numbers": [1, 2],
    "a-list-of-lists": [[]],
    "nulls": [None],
    "no-metadata": [{}],
    "metadata-that-is-text": [pod(metadata="x")],
    "a-spec-that-is-a-list": [pod(spec=[1])],
    "a-name-that-is-a-number": [named(5)],
    "a-name-that-is-a-list": [named(["x"])],
    "a-name-with-a-slash": [named("web/../../secrets/x")],
    "a-name-of-dots": [named("..")],
    "a-name-like-a-flag": [named("--all")],
    "a-name-for-a-shell": [named("a$(id)")],
    "a-name-with-escapes": [named("\x1b]52;c;aGk=\x07")],
    "a-name-that-is-too-long": [named("x" * 254)],
    "no-name": [pod(metadata={"uid": "u"})],
    "a-namespace-with-a-slash": [pod(metadata={"name": "web", "namespace": "a/b"})],
    "a-uid-that-is-a-number": [pod(metadata={"name": "web", "uid": 1})],
    "labels-that-are-a-list": [pod(metadata={"name": "web", "labels": ["a"]})],
    "labels-that-are-numbers": [pod(metadata={"name": "web", "labels": {"a": 1}})],
    "a-deadline-that-is-text": [pod(spec={"activeDeadlineSeconds": "soon"})],
    "a-deadline-that-is-no-number": [pod(spec={"activeDeadlineSeconds": float("nan")})],
    "a-deadline-without-end": [pod(spec={"activeDeadlineSeconds": float("inf")})],
    "a-deadline-beyond-all-dates": [pod(spec={"activeDeadlineSeconds": 10**18})],
    "a-phase-that-is-an-object": [pod(status={"phase": {}})],
    "conditions-that-are-text": [pod(status={"conditions": "x"})],
    "a-container-without-a-name": [pod(spec={"containers": [{}]})],
    "a-container-that-is-text": [pod(spec={"containers": ["x"]})],
    "a-variable-that-is-a-number": [
        pod(spec={"containers": [{"name": "a", "env": [{"name": "b", "value": 1}]}]})
    ],
    "a-time-that-is-a-number": [pod(metadata={"name": "web", "creationTimestamp": 5})],
    "an-owner-without-a-kind": [pod(metadata={"name": "web", "ownerReferences": [{"name": "x"}]})],
}


@pytest.mark.parametrize("items", ITEMS)
def test_a_list_of_other_things_is_an_answer_that_cannot_be_read(tmp_path: Path, items: str) -> None:
    with ApiServer() as server:
        server.answers = [Answer({"kind": "PodList", "items": ITEMS[items]})]
        reads = Reads(Fetch(api_at(server.url, tmp_path), "shop", pause=lambda _: None))
        with pytest.raises(ApiError, match="cannot be read"):
            reads.copies()


BODIES = {
    "html": b"<html><script>alert(1)</script>",
    "no-utf-8": b'{"kind": "\xff\xfe"}',
    "nested": b"[" * 1_000_000,
    "nested-objects": b'{"a":' * 500_000,
    "a-number-of-a-million-digits": b'{"items": ' + b"9" * 1_000_000 + b"}",
    "nothing": b"",
    "null": b"null",
    "two-objects": b"{} {}",
    "items-that-are-no-number": b'{"items": NaN}',
    "a-token-that-is-a-number": b'{"items": [], "metadata": {"continue": 5}}',
    "metadata-that-is-a-list": b'{"items": [], "metadata": ["continue"]}',
}


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_list_is_said_in_one_line(at: Aim, body: str) -> None:
    with ApiServer() as server:
        server.answers = [Answer(BODIES[body])]
        done = at(server.url).run("list")
    assert (done.status, done.text) == (1, "")
    said, *more = done.stderr.splitlines()
    assert re.match(
        r"error: (the API server's answer |\S+ does not answer like an API server: not JSON)", said
    )
    assert [line for line in more if not line.startswith("  is the address right? try: ")] == []


def test_the_last_of_two_equal_keys_holds_as_for_the_api_server(tmp_path: Path) -> None:
    with ApiServer() as server:
        server.answers = [Answer(b'{"items": ["x"], "items": []}')]
        assert Reads(Fetch(api_at(server.url, tmp_path), "shop")).copies() == ()


def test_objects_of_another_kind_are_no_copies(tmp_path: Path) -> None:
    secret = {"kind": "Secret", "metadata": {"name": "x", "labels": {"app": "web"}}, "data": {"a": "b"}}
    with ApiServer() as server:
        server.answers = [Answer({"kind": "PodList", "items": [secret]})]
        assert Reads(Fetch(api_at(server.url, tmp_path), "shop")).copies() == ()


def test_a_list_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubectl_netshoot.kube.api.MAX_PAGES", 5)
    assert MAX_PAGES > 5
    with ApiServer() as server:
        server.answers = [Answer({"items": [pod()], "metadata": {"continue": "more"}})]
        with pytest.raises(ApiError, match="does not end after 5 pages"):
            Reads(Fetch(api_at(server.url, tmp_path), "shop")).copies()
        assert len(server.asked) == 5


def test_of_a_page_that_is_too_large_a_smaller_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An honest namespace of large pods can be listed all the same."""
    monkeypatch.setattr("kubectl_netshoot.kube.client.MAX_ANSWER", 20_000)

    def page(asked: Asked) -> Answer:
        query = dict(pair.split("=") for pair in asked.path.partition("?")[2].split("&"))
        first = int(query.get("continue", "0"))
        last = min(first + int(query["limit"]), 100)
        items = [{"metadata": {"name": f"web-{n}"}, "x": "y" * 1000} for n in range(first, last)]
        return Answer({"items": items, "metadata": {"continue": "" if last == 100 else str(last)}})

    with ApiServer() as server:
        server.decide = page
        items = list(Fetch(api_at(server.url, tmp_path), "shop").items("/api/v1/pods"))
    assert [item["metadata"]["name"] for item in items] == [f"web-{n}" for n in range(100)]


FOLLOWING = """
watch.AGAIN_SECONDS = 0.01
followed, times = threading.Event(), []

def follow(self, path, query, real=watch.Watcher._follow):
    try:
        real(self, path, query)
    finally:
        times.append(1)
        if len(times) == 2:
            followed.set()

watch.Watcher._follow = follow
Watcher(api_at(sys.argv[1]), "shop", lambda: None).watch_pod("web")
print("followed twice" if followed.wait(50) else "never ended")
"""


@pytest.mark.parametrize("flood", ["in-chunks", "a-chunk-of-minus-one"])
def test_a_watch_line_that_never_ends_is_given_up(tmp_path: Path, hostile: Hostile, flood: str) -> None:
    done = in_a_process_of_its_own(FOLLOWING, tmp_path, hostile(FLOODS[flood]).url)
    assert (done.stdout, done.stderr) == ("followed twice\n", "")
    assert done.memory < MEMORY


def test_a_log_without_end_is_read_as_far_as_it_was_asked_for(tmp_path: Path, hostile: Hostile) -> None:
    server = hostile(floods(OK + b"\r\n", lambda: [b"a line\n" * 100_000] * 1024))
    lines = Reads(Fetch(api_at(server.url, tmp_path), "shop")).log_since("web", "app", NOW)
    assert len(lines) == LOG_BYTES // len("a line\n") + 1
    assert Reads(Fetch(api_at(server.url, tmp_path), "shop")).capabilities("web") is None

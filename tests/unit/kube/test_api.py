"""HTTP as it goes wrong: whatever the server does, the answer is JSON or an ApiError that says what to think of it."""

import json
import socket
import threading
from pathlib import Path

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import api as kube_api
from kubectl_netshoot.kube import client as kube_client
from kubectl_netshoot.kube.api import Api, connect, retry
from tests.unit.kube.apiserver import OK, Answer, ApiServer, failure


def test_an_object(api: Api, server: ApiServer) -> None:
    server.answers = [Answer({"kind": "Pod"})]
    assert api.request("GET", "/api/v1/namespaces/shop/pods/web") == {"kind": "Pod"}
    (asked,) = server.asked
    assert asked.headers["Authorization"] == "Bearer t0ken"
    assert asked.headers["User-Agent"] == "kubectl-netshoot/test"
    assert asked.headers["Accept"] == "application/json"


def test_what_is_asked_for_cannot_leave_its_place(api: Api, server: ApiServer) -> None:
    api.request("GET", "/api/v1/pods/a?b#c d", {"labelSelector": "a in (b,c)&watch=1", "continue": ""})
    assert server.asked[0].path == "/api/v1/pods/a%3Fb%23c%20d?labelSelector=a%20in%20%28b%2Cc%29%26watch%3D1"


def test_a_change_carries_its_content_type(api: Api, server: ApiServer) -> None:
    api.request("PATCH", "/x", body=[{"op": "test"}], content_type=kube_api.JSON_PATCH)
    assert server.asked[0].headers["Content-Type"] == "application/json-patch+json"
    assert json.loads(server.asked[0].body) == [{"op": "test"}]


CODES = [400, 403, 404, 405, 409, 410, 422, 429, 500, 503, 504]


@pytest.mark.parametrize("code", CODES)
def test_a_status_in_kubernetes_words(api: Api, server: ApiServer, code: int) -> None:
    server.answers = [failure(code, "Reason", "what happened")]
    with pytest.raises(ApiError, match="what happened") as caught:
        api.request("GET", "/x")
    assert (caught.value.code, caught.value.reason) == (code, "Reason")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("code", "is_break"), [(500, True), (503, True), (401, False), (404, False), (409, False)]
)
def test_a_break_of_the_server_is_known_once_it_is_back(
    api: Api, server: ApiServer, code: int, is_break: bool
) -> None:
    """A refusal is an answer: proxies that ask for what they may have get theirs."""
    api.request("GET", "/x")
    # Two of them, since after a 401 it is asked again.
    server.answers = [failure(code, "Reason", "what happened")] * 2
    with pytest.raises(ApiError):
        api.request("GET", "/x")
    assert api.outage.seconds_left() <= 0
    server.answers = [Answer()]
    api.request("GET", "/x")
    assert (api.outage.seconds_left() > 0) is is_break


def test_nor_is_it_forgotten_that_nobody_answered(api: Api, server: ApiServer) -> None:
    server.answers = [Answer({"items": []}, cut=True)]
    with pytest.raises(ApiError):
        api.request("GET", "/x")
    server.answers = [Answer()]
    api.request("GET", "/x")
    assert api.outage.seconds_left() > 0


BODIES = [b"", b"<html>502</html>", b"null", b"[]", b'"text"', b"{}", b"\xff\xfe", b'{"message"']


@pytest.mark.parametrize("body", BODIES)
def test_a_failure_in_any_other_words(api: Api, server: ApiServer, body: bytes) -> None:
    server.answers = [Answer(body, 502)]
    with pytest.raises(ApiError, match="502") as caught:
        api.request("GET", "/x")
    assert caught.value.transient


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"[]", b"null", b'{"a":', b"\xff\xfe\xfd", b"1"])
def test_a_success_that_is_no_object(api: Api, server: ApiServer, body: bytes) -> None:
    server.answers = [Answer(body)]
    with pytest.raises(ApiError) as caught:
        api.request("GET", "/x")
    assert caught.value.transient


WAITS = [
    ("3", 3.0),
    ("0", 0.0),
    ("", 0.0),
    ("-5", 0.0),
    ("soon", 0.0),
    ("\xb2", 0.0),
    ("1e9", 0.0),
    ("999999999", 30.0),
]


@pytest.mark.parametrize(("header", "seconds"), WAITS)
def test_the_server_may_ask_us_to_wait_but_not_for_ever(
    api: Api, server: ApiServer, header: str, seconds: float
) -> None:
    server.answers = [failure(429, "TooManyRequests", "slow down", ("Retry-After", header))]
    with pytest.raises(ApiError, match="slow down") as caught:
        api.request("GET", "/x")
    assert (caught.value.code, caught.value.retry_after) == (429, seconds)


def test_a_redirect_is_not_followed_with_our_token(api: Api, server: ApiServer) -> None:
    with ApiServer() as other:
        server.answers = [Answer(b"", 307, (("Location", f"{other.url}/steal"),))]
        with pytest.raises(ApiError, match="307"):
            api.request("DELETE", "/x")
        assert other.asked == []


def test_a_connection_that_is_cut_in_the_middle(api: Api, server: ApiServer) -> None:
    server.answers = [Answer({"items": []}, cut=True)]
    with pytest.raises(ApiError) as caught:
        api.request("GET", "/x")
    assert (caught.value.code, caught.value.transient) == (0, True)


def test_nobody_listens(tmp_path: Path) -> None:
    with ApiServer() as server:
        kubeconfig = server.kubeconfig({})
    with pytest.raises(ApiError, match="refused the connection") as caught:
        connect(kubeconfig, tmp_path, "t").request("GET", "/x")
    assert caught.value.code == 0


def test_somebody_listens_and_says_nothing(server: ApiServer, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        kubeconfig = {
            **server.kubeconfig({}),
            "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        }
        with pytest.raises(ApiError, match=r"no answer from .* within 0\.1 s") as caught:
            connect(kubeconfig, tmp_path, "t", timeout=0.1).request("GET", "/x")
    assert caught.value.transient


def test_a_body_without_end_is_not_kept(api: Api, server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_client, "MAX_ANSWER", 1000)
    server.answers = [Answer({"x": "y" * 2000})]
    with pytest.raises(ApiError, match="larger"):
        api.request("GET", "/x")


def test_a_deeply_nested_answer_is_an_error_and_no_crash(api: Api, server: ApiServer) -> None:
    server.answers = [Answer(b"[" * 200_000)]
    with pytest.raises(ApiError):
        api.request("GET", "/x")


def test_impersonation_is_a_header_for_each_group(server: ApiServer, tmp_path: Path) -> None:
    user = {
        "as": "jane",
        "as-uid": "42",
        "as-groups": ["dev", "ops"],
        "as-user-extra": {"scopes/x": ["a", "b"]},
    }
    connect(server.kubeconfig(user), tmp_path, "t").request("GET", "/x")
    headers = server.asked[0].headers
    assert headers["Impersonate-User"] == "jane"
    assert headers["Impersonate-Uid"] == "42"
    assert headers.get_all("Impersonate-Group") == ["dev", "ops"]
    assert headers.get_all("Impersonate-Extra-scopes%2Fx") == ["a", "b"]


def test_threads_share_an_api(api: Api) -> None:
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(api.request("GET", "/x"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [OK] * 8


class Failing:
    """Fails with these codes, then succeeds."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.pauses: list[float] = []

    def __call__(self) -> dict[str, object]:
        if self.codes:
            raise ApiError("no", self.codes.pop(0), retry_after=7.0)
        return {"done": True}


def test_passing_failures_are_tried_again_after_the_time_that_the_server_asked_for() -> None:
    action = Failing(503, 0)
    assert retry(action, 3, action.pauses.append) == {"done": True}
    assert action.pauses == [7.0, 7.0]


def test_the_last_attempt_fails_with_the_servers_words() -> None:
    action = Failing(503, 503, 503)
    with pytest.raises(ApiError):
        retry(action, 3, action.pauses.append)
    assert len(action.pauses) == 2


@pytest.mark.parametrize("code", [401, 403, 404, 409, 422])
def test_a_no_is_a_no(code: int) -> None:
    action = Failing(code)
    with pytest.raises(ApiError):
        retry(action, 3, action.pauses.append)
    assert action.pauses == []

"""Secrets from the wire to the screen: whatever carries them, no form shows them unasked, and all do when asked."""

import io

import pytest

from kubectl_netshoot.packets.analysis import analyse
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from tests.unit.packets.render.golden import CAPTURES
from tests.unit.packets.render.test_phrases_secrets import ALL_FORMS, FORMS
from tests.unit.packets.traffic import Connection, capture, request, response

SECRET = "s3cretvalue"
REQUESTS = {
    "bearer": request("/", f"Authorization: Bearer {SECRET}"),
    "basic": request("/", f"Authorization: Basic {SECRET}"),
    "unknown scheme": request("/", f"Authorization: {SECRET}"),
    "other case": request("/", f"aUTHORIZATION:   bearer {SECRET}"),
    "proxy": request("/", f"Proxy-Authorization: Basic {SECRET}"),
    "cookie": request("/", f"Cookie: first={SECRET}; second={SECRET}"),
    "bare cookie": request("/", f"Cookie: {SECRET}"),
    "api key": request("/", f"X-Api-Key: {SECRET}"),
    "token header": request("/", f"X-Auth-Token: {SECRET}", f"X-Vault-Token: {SECRET}"),
    "query": request(f"/login?token={SECRET}&x={SECRET}"),
    "query without name": request(f"/login?{SECRET}"),
    "other separator": request(f"/login?a=1;token={SECRET}"),
    "fragment": request(f"/cb#access_token={SECRET}"),
    "user in target": request(f"http://user:{SECRET}@web/"),
    "referer": request("/", f"Referer: https://web/?code={SECRET}"),
}
RESPONSES = {
    "set-cookie": response("200 OK", b"", f"Set-Cookie: id={SECRET}; Path=/; HttpOnly"),
    "location": response("302 Found", b"", f"Location: https://web/cb?code={SECRET}"),
    "token header": response("200 OK", b"", f"X-Auth-Token: {SECRET}"),
    "error": response("500 Internal Server Error", b"", f"Set-Cookie: id={SECRET}"),
}


def told(asked: bytes, answered: bytes, show_secrets: bool = False) -> Teller:
    packets = Connection().handshake().asks(asked).answers(answered).close().packets
    report = analyse(io.BytesIO(capture(packets)))
    return Teller(report, Voice(Language("en"), show_secrets=show_secrets))


@pytest.mark.parametrize("asked", REQUESTS.values(), ids=REQUESTS)
def test_no_form_shows_what_a_request_carries(asked: bytes) -> None:
    teller = told(asked, response("401 Unauthorized"))
    assert [form for form, tell in FORMS.items() if SECRET in tell(teller)] == []


@pytest.mark.parametrize("answered", RESPONSES.values(), ids=RESPONSES)
def test_no_form_shows_what_a_response_carries(answered: bytes) -> None:
    teller = told(request("/"), answered)
    assert [form for form, tell in FORMS.items() if SECRET in tell(teller)] == []


@ALL_FORMS
def test_every_form_shows_them_when_asked(form: object) -> None:
    teller = told(REQUESTS["query"], response(), show_secrets=True)
    assert callable(form)
    assert SECRET in form(teller)


def test_the_text_of_tcpdump_is_no_way_around() -> None:
    # As many bytes as before: the text says how long its packets are.
    cookie = f"Set-Cookie: id={SECRET}; Path=/".ljust(44, "x")
    changes = {
        "GET / HTTP/1.1": f"GET /?t={SECRET} HTTP/1.1",
        "Host: web.shop.svc:8080": "Host: web",
        "Last-Modified: Wed, 16 Apr 2025 12:01:11 GMT": cookie,
    }
    secret = (CAPTURES / "get.txt").read_text()
    for plain, changed in changes.items():
        assert plain in secret
        secret = secret.replace(plain, changed)
    teller = Teller(analyse(io.BytesIO(secret.encode())), Voice(Language("en")))
    assert "GET /?t=***" in FORMS["text"](teller)
    assert [form for form, tell in FORMS.items() if SECRET in tell(teller)] == []

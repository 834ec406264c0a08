"""Certificates: expired, about to, for other names, of an unknown authority; and ports that show none."""

from datetime import datetime, timedelta, timezone

import pytest

from kubectl_netshoot.commands.check import certificates
from kubectl_netshoot.commands.check.endpoints import may_speak_tls
from kubectl_netshoot.commands.check.scene import CheckTarget, doors
from kubectl_netshoot.commands.check.verdict import Check, CheckState
from kubectl_netshoot.model import EndpointPort, ServicePort
from kubectl_netshoot.session.tools.probes import Probe, ToolOutput
from tests.unit.commands.check.recorded import answer, answers, said
from tests.unit.commands.check.scenes import endpoint, facts, only, scene, service

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
PORT = ServicePort(443, 8443, "https")
WEB = service(ports=(PORT,), endpoints=(endpoint(ports=(EndpointPort(8443, "https"),)),), addresses=())
VALID = "shows a certificate that is valid until 3000-01-01 00:00 UTC, by an authority that this image does not know"
PROBE = Probe("tls", "10.244.2.1:8443", "web.shop.svc")


def judged(recording: str | ToolOutput, now: datetime = NOW) -> list[Check]:
    return list(certificates.judge(scene(WEB), facts(), answers({PROBE: recording}), now))


def test_what_is_asked() -> None:
    assert list(certificates.probes(scene(WEB))) == [PROBE]
    assert list(certificates.probes(scene())) == []


@pytest.mark.parametrize(
    ("recording", "state", "words"),
    [
        (
            "tls",
            CheckState.OK,
            VALID,
        ),
        ("tls-expired", CheckState.BAD, "shows a certificate that has expired on 2026-11-20 04:38 UTC"),
        (
            "tls-other-names",
            CheckState.NOTE,
            f"{VALID}; it is for *.example.com, shop.example.com, not for web.shop.svc",
        ),
        (
            "tls-to-http",
            CheckState.BAD,
            "takes the connection and shows no certificate (wrong version number)",
        ),
        ("missing", CheckState.UNKNOWN, "was not checked: the image has no openssl"),
    ],
)
def test_what_a_port_shows(recording: str, state: CheckState, words: str) -> None:
    check = only(judged(recording))
    assert (check.state, check.what) == (state, words)


def test_what_cannot_be_reached_is_told_by_its_connection() -> None:
    assert judged("tls-refused") == []


@pytest.mark.parametrize(
    ("now", "state", "words"),
    [
        (NOW, CheckState.OK, "is valid until 2026-12-23 04:38 UTC"),
        (NOW + timedelta(days=20), CheckState.NOTE, "which is soon"),
        (NOW + timedelta(days=40), CheckState.BAD, "has expired on 2026-12-23 04:38 UTC"),
        (NOW - timedelta(days=40), CheckState.BAD, "is valid only from 2026-11-23 04:38 UTC on"),
    ],
)
def test_dates(now: datetime, state: CheckState, words: str) -> None:
    check = only(judged("tls-self-signed", now))
    assert (check.state, words in check.what) == (state, True)


def test_a_chain_that_is_wrong() -> None:
    text = said("tls").replace("code: 21 (unable to verify the first certificate)", "code: 7 (bad signature)")
    check = only(judged(ToolOutput(0, text.splitlines())))
    assert (check.state, check.what.endswith("but its chain is wrong: bad signature")) == (
        CheckState.BAD,
        True,
    )


def test_evidence_has_subject_names_and_openssls_verdict() -> None:
    subject, names, verdict = only(judged("tls-expired")).evidence
    assert subject.startswith("subject O = trustme")
    assert names == "for web.shop.svc.cluster.local; 2026-08-25 04:38 UTC to 2026-11-20 04:38 UTC"
    assert verdict == "openssl: 10 (certificate has expired)"


def test_a_port_of_which_nothing_was_known() -> None:
    web = service(
        ports=(ServicePort(7777, 7777),), endpoints=(endpoint(ports=(EndpointPort(7777),)),), addresses=()
    )
    page, shown = Probe("http", "http://10.244.2.1:7777/"), Probe("tls", "10.244.2.1:7777", "web.shop.svc")
    seen, reset = scene(web), answers({page: "http-to-tls"})
    assert list(certificates.follow_ups(seen, reset)) == [shown]
    well = answers({page: "http-to-tls", shown: "tls"})
    assert only(certificates.judge(seen, facts(), well, NOW)).state is CheckState.OK
    # Something else than HTTP need not be TLS.
    other = answers({page: "http-redis", shown: "tls-to-http"})
    assert list(certificates.judge(seen, facts(), other, NOW)) == []
    assert may_speak_tls(doors(web)[0], seen, reset)


@pytest.mark.parametrize(
    ("host", "state"), [("shop.example.com", CheckState.OK), ("web.shop.svc", CheckState.BAD)]
)
def test_the_goals_own_name_counts(host: str, state: CheckState) -> None:
    found = answers({Probe("tls", f"{host}:443", host): answer("tls-other-names")})
    seen = scene(WEB, to=CheckTarget(host, 443))
    last = list(certificates.judge(seen, facts(), found, NOW))[-1]
    assert (last.about, last.state) == (f"{host}:443", state)
    assert Probe("tls", f"{host}:443", host) in list(certificates.probes(seen))

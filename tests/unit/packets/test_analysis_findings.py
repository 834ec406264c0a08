"""Each finding, from the packets that show it, in both address families; and no other finding with it."""

import pytest

from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.messages import notes, warnings
from kubectl_netshoot.packets.report import Report
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.told import explained, found, steps
from tests.unit.packets.traffic import LINKS, capture

PLAYS = [pytest.param(name, family, id=f"{name}-{family}") for name in SCENES for family in FAMILIES]
# They are about files, not about what the packets of one say: read/test_pcap, read/text.
ABOUT_THE_CAPTURE = {
    warnings.UNREAD_LINES,
    warnings.CAPTURE_CUT,
    warnings.CAPTURE_GARBLED,
    warnings.CAPTURE_DROPS,
    notes.CAPTURE_SNAPPED,
    notes.NOT_UNDERSTOOD,
    notes.COMMENT,
    notes.CONVERSATIONS_FOLDED,
    # Of two captures: points/test_together.
    warnings.LOST_BETWEEN,
}


def check_vocabulary(report: Report) -> None:
    for conversation in report.conversations:
        for step in conversation.steps:
            assert set(step.parameters) == set(step.kind.parameters), step
            assert step.count >= len(step.packets) >= 1
    for finding in report.findings:
        assert tuple(finding.parameters) == finding.kind.parameters
        assert finding.packet_count >= len(finding.packets)


@pytest.mark.parametrize(("play", "family"), PLAYS)
def test_a_scene_gives_its_findings_and_no_others(play: str, family: str) -> None:
    packets, expected, times = SCENES[play](FAMILIES[family])
    report = explained(capture(packets, times=times))
    assert found(report) == expected
    assert report.capture.packets == len(packets)
    assert not report.capture.not_understood
    check_vocabulary(report)


def test_every_finding_has_its_scene() -> None:
    shown = {kind for play in SCENES.values() for kind in play(FAMILIES["IPv4"]).found}
    assert shown == set(WORST_FIRST) - ABOUT_THE_CAPTURE


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("play", ["nothing_wrong", "server_error", "dns_search_list", "too_big"])
def test_every_link_type_gives_the_same(play: str, link: str, family: str) -> None:
    packets, expected, times = SCENES[play](FAMILIES[family])
    over_ethernet = explained(capture(packets, times=times))
    report = explained(capture(packets, link=link, times=times))
    assert found(report) == expected
    assert steps(report) == steps(over_ethernet)

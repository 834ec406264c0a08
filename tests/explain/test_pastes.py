"""Text tells the same story as the packets that it was printed from, in whatever way it was printed and then pasted.

What a way of printing does not show cannot be told; the rules for that are `told_by`.
"""

import itertools
import random
import shutil

import pytest

from kubectl_netshoot.explain.finding_ids import FROM_ABSENCE
from kubectl_netshoot.explain.finding_ids import FindingId as F
from kubectl_netshoot.explain.report import Application, Conversation, Report, Transport
from tests.explain.pastes import DAMAGES, FIRST_LINES, QUIET, STYLES, WHOLE, printed, source
from tests.explain.told import explained, found

SCENES = (
    ("the_page_of_the_runbook", "IPv4"),
    ("the_page_of_the_runbook", "IPv6"),
    ("reset_in_response", "IPv4"),
    ("dns_found", "IPv6"),
    ("dns_no_such_name", "IPv4"),
    ("refused", "IPv6"),
    ("tls", "IPv4"),
    ("echo", "IPv4"),
    ("neighbour_unanswered", "IPv4"),
    ("udp_unanswered", "IPv4"),
    ("retransmissions", "IPv4"),
)
WITH_ARP = {"neighbour_unanswered", "echo"}
OF_WHOLE_MESSAGES = frozenset({F.HTTP_RESPONSE_CUT, F.CONNECTION_RESET, F.IDLE_RESET})
TIMELESS = {"tcpdump -nt", "tcpdump -nvt"}
needs_tcpdump = pytest.mark.skipif(not shutil.which("tcpdump"), reason="tcpdump is not installed")


def ends(talk: Conversation) -> tuple[object, ...]:
    """What every way of printing shows: who spoke with whom, and how much."""
    sent = (
        talk.from_client.packets,
        talk.from_client.payload,
        talk.from_server.packets,
        talk.from_server.payload,
    )
    # An ARP reply is printed without whom it is for.
    unnamed = talk.transport is Transport.ARP and not talk.from_client.packets
    client = (None, None) if unnamed else (talk.client.address, talk.client.port)
    return talk.transport, client, talk.server.address, talk.server.port, sent


def told_by(style: str, report: Report) -> tuple[object, ...]:
    """As much of what a capture says as its text can say in this style."""
    if style in QUIET:
        # Lengths only: no flags, numbers or contents of TCP.
        return tuple(
            (*ends(talk), talk.outcome if talk.transport is not Transport.TCP else None)
            for talk in report.conversations
        )
    talks = []
    for talk in report.conversations:
        steps: object = [(step.id.value, step.packets) for step in talk.steps]
        # tcpdump prints nothing of what is inside TLS, nor of the records themselves.
        opaque = talk.application is Application.TLS or talk.server.port == 443
        talks.append((*ends(talk), talk.outcome, steps if style in WHOLE or not opaque else None))
    # Without times nothing waits.
    untold = (
        FROM_ABSENCE | OF_WHOLE_MESSAGES
        if style in TIMELESS
        else OF_WHOLE_MESSAGES
        if style in FIRST_LINES
        else frozenset()
    )
    return (*talks, found(report) - untold)


def check(play: str, family: str, style: str, damages: tuple[str, ...]) -> None:
    link = STYLES[style][1]
    text = printed(play, family, style)
    for damage in damages:
        text = DAMAGES[damage](text)
    data, packets = source(play, family, link)
    report = explained(text.encode())
    assert report.capture.packets == packets, text
    assert not report.capture.unread_lines, text
    assert told_by(style, report) == told_by(style, explained(data)), text
    if style in QUIET:
        assert not found(report) & FROM_ABSENCE or report.conversations[0].transport is not Transport.TCP


@needs_tcpdump
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("style", STYLES)
def test_every_way_to_print_and_to_paste(style: str, damage: str) -> None:
    # Each scene meets each style, and each damage; not every scene each pair of them.
    first = 0 if damage == "none" else list(STYLES).index(style) + list(DAMAGES).index(damage)
    for play, family in plays(style)[first % 4 :: 1 if damage == "none" else 4]:
        check(play, family, style, (damage,))


def plays(style: str) -> list[tuple[str, str]]:
    """No link but Ethernet carries ARP; waits that grow from packet to packet look like times."""
    if style == "tcpdump -nttt":
        return [scene for scene in SCENES if scene[0] != "echo"]
    return [scene for scene in SCENES if scene[0] not in WITH_ARP or STYLES[style][1] == "EN10MB"]


def undoable(first: str, second: str) -> bool:
    """Lines that were broken twice cannot be joined, nor those of which an unseen mark was counted or a blank lost."""
    pair = {first, second}
    broken = [damage.startswith(("wrapped", "folded")) for damage in (first, second)]
    unseen = broken[1] and first in ("coloured", "a mark of the byte order")
    return (
        "none" not in pair
        and not all(broken)
        and not unseen
        and not (any(broken) and "leading blanks lost" in pair)
    )


PAIRS = [pair for pair in itertools.permutations(DAMAGES, 2) if undoable(*pair)]


@needs_tcpdump
@pytest.mark.parametrize("style", STYLES)
def test_damages_meet(style: str) -> None:
    chance = random.Random(f"{style}, twice")
    for damages in chance.sample(PAIRS, 12):
        play, family = chance.choice(plays(style))
        check(play, family, style, damages)

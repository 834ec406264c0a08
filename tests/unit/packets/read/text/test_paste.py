"""Text tells the same story as the packets that it was printed from, in whatever way it was printed and then pasted.

What a way of printing does not show cannot be told; the rules for that are `told_by`.
"""

import functools
import itertools
import random

import pytest

from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages.kinds import FindingSeverity
from kubectl_netshoot.packets.read.frame import NotACaptureError
from kubectl_netshoot.packets.report import Application, Conversation, Report, Transport
from tests.unit.packets.pastes import (
    AROUND,
    CHARACTERS,
    CUT,
    DAMAGES,
    FIRST_LINES,
    LINE_ENDS_LOST,
    OMISSIONS,
    PREFIXES,
    PROGRAMS,
    QUIET,
    SEARCHED,
    STYLES,
    WHOLE,
    before_4,
    printed,
    source,
)
from tests.unit.packets.told import explained, found

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
ALL = DAMAGES | PREFIXES | SEARCHED | PROGRAMS | LINE_ENDS_LOST | CHARACTERS | AROUND
FROM_ABSENCE = frozenset(kind for kind in WORST_FIRST if kind.from_absence)
WITH_ARP = {"neighbour_unanswered", "echo"}
OF_WHOLE_MESSAGES = frozenset({faults.HTTP_RESPONSE_CUT, faults.CONNECTION_RESET, notes.IDLE_RESET})
TIMELESS = {name for name, (options, _) in STYLES.items() if options in ("-nt", "-nvt")}


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
        steps: object = [(step.kind.id, step.packets) for step in talk.steps]
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


@functools.cache
def of_packets(play: str, family: str, link: str) -> Report:
    """What the capture itself says."""
    return explained(source(play, family, link)[0])


def check(play: str, family: str, style: str, damages: tuple[str, ...]) -> None:
    link = STYLES[style][1]
    text = printed(play, family, style)
    for damage in damages:
        text = ALL[damage](text)
    case = play, family, style, damages, text
    report = explained(text.encode())
    assert report.capture.packets == source(play, family, link)[1], case
    assert not report.capture.unread_lines, case
    assert told_by(style, report) == told_by(style, of_packets(play, family, link)), case
    if style in QUIET:
        assert not found(report) & FROM_ABSENCE or report.conversations[0].transport is not Transport.TCP


@pytest.mark.parametrize("style", STYLES)
def test_every_scene_is_told_the_same(style: str) -> None:
    for play, family in plays(style):
        check(play, family, style, ())


@pytest.mark.parametrize("style", STYLES)
def test_every_way_to_print_and_to_paste(style: str) -> None:
    # Each scene meets each style, and each damage; not every scene each pair of them.
    known = plays(style)
    for place, damage in enumerate(DAMAGES, list(STYLES).index(style) + 1):
        some = known[place % 4 :: 4]
        play, family = some[place // 4 % len(some)]
        check(play, family, style, (damage,))


def plays(style: str) -> list[tuple[str, str]]:
    """No link but Ethernet carries ARP; waits that grow from packet to packet look like times."""
    if style == "tcpdump -nttt":
        return [scene for scene in SCENES if scene[0] != "echo"]
    return [scene for scene in SCENES if scene[0] not in WITH_ARP or STYLES[style][1] == "EN10MB"]


def undoable(first: str, second: str) -> bool:
    """Lines that were broken twice cannot be joined, nor those of which an unseen mark was counted or a blank lost; nor
    is the end of a head told, once the blank line after it is lost.
    """
    pair = {first, second}
    broken = [damage.startswith(("wrapped", "folded")) for damage in (first, second)]
    unseen = broken[1] and first in ("coloured", "a mark of the byte order", "from a page's source")
    return (
        not all(broken)
        and not unseen
        and not (any(broken) and pair & {"leading blanks lost", "blank lines lost"})
    )


PAIRS = [pair for pair in itertools.permutations(DAMAGES, 2) if undoable(*pair)]


@pytest.mark.parametrize("style", STYLES)
def test_damages_meet(style: str) -> None:
    chance = random.Random(f"{style}, twice")
    for damages in chance.sample(PAIRS, 12):
        play, family = chance.choice(plays(style))
        check(play, family, style, damages)


# What is broken within the time of a packet, or within what stands before it, is no packet any more.
BREAKS = ("wrapped at 100", "wrapped at 132", "folded at 100")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_stands_before_lines_varies(prefix: str) -> None:
    chance = random.Random(f"{prefix}, varied")
    for style in chance.sample([style for style in STYLES if style not in QUIET], 8):
        # Where IPv6 addresses are broken, parts of them are like the numbers of grep.
        known = [scene for scene in plays(style) if scene[1] == "IPv4" or "grep" not in prefix]
        play, family = chance.choice(known)
        for damages in ((prefix,), (prefix, chance.choice(BREAKS)), (chance.choice(BREAKS), prefix)):
            check(play, family, style, damages)


@pytest.mark.parametrize(
    ("play", "family", "style", "damages"),
    [
        ("tls", "IPv4", "tcpdump -nv", ("grep -n", "wrapped at 80")),
        ("reset_in_response", "IPv4", "tcpdump -n#", ("folded at 72", "indented")),
        ("dns_found", "IPv6", "tcpdump -ne in VXLAN in GRE", ("quoted", "wrapped at 100")),
        ("reset_in_response", "IPv4", "tcpdump -nq in GRE", ("numbered", "folded at 72")),
        ("reset_in_response", "IPv4", "tcpdump -neq", ("numbered", "folded at 72")),
        ("the_page_of_the_runbook", "IPv4", "tcpdump -ne on LINUX_SLL2", ("syslog", "folded at 72")),
    ],
)
def test_what_goes_on_may_begin_as_what_stands_before_lines(
    play: str, family: str, style: str, damages: tuple[str, ...]
) -> None:
    check(play, family, style, damages)


@pytest.mark.parametrize("damage", ["cut at 80", "less -S"])
def test_what_a_cut_line_acknowledged_counts_nothing(damage: str) -> None:
    for play, style in (("tls", "tcpdump -ntt"), ("the_page_of_the_runbook", "tcpdump -nttt")):
        report = explained(CUT[damage](printed(play, "IPv4", style)).encode())
        assert warnings.RETRANSMISSIONS not in found(report)
        assert report.capture.unread_lines


@pytest.mark.parametrize("damage", CUT)
def test_lines_that_were_cut_are_told(damage: str) -> None:
    chance = random.Random(f"{damage}, cut")
    for style in chance.sample([style for style in STYLES if " on " not in style and " in " not in style], 8):
        play, family = chance.choice(plays(style))
        text = CUT[damage](printed(play, family, style))
        whole = of_packets(play, family, STYLES[style][1])
        case = play, family, style, damage, text
        try:
            report = explained(text.encode())
        except NotACaptureError:
            continue
        if report.capture.unread_lines:
            assert not {
                kind for kind in found(report) - found(whole) if kind.severity is not FindingSeverity.NOTE
            } - {warnings.UNREAD_LINES}, case
        else:
            assert told_by(style, report) == told_by(style, whole), case


@pytest.mark.parametrize("omission", OMISSIONS)
@pytest.mark.parametrize("style", ["tcpdump -n", "tcpdump -nv", "tcpdump -nX"])
def test_what_was_left_out_is_told(style: str, omission: str) -> None:
    first, *rest = printed("request_unanswered", "IPv4", style).split("\n14:")
    middle = len(rest) // 2
    text = "\n14:".join([first, *rest[:middle]]) + f"\n{omission}\n14:" + "\n14:".join(rest[middle + 1 :])
    report = explained(text.encode())
    assert (report.capture.packets, report.capture.unread_lines) == (len(rest), 1), text
    assert not found(report) & FROM_ABSENCE - {warnings.UNREAD_LINES}


@pytest.mark.parametrize("damage", SEARCHED)
def test_what_diff_and_grep_put_before_lines(damage: str) -> None:
    chance = random.Random(f"{damage}, found")
    for style in chance.sample(list(STYLES), 12):
        play, family = chance.choice(plays(style))
        for damages in ((damage,), ("wrapped at 100", damage)):
            check(play, family, style, damages)


@pytest.mark.parametrize("damage", CHARACTERS | AROUND)
def test_other_characters_and_what_stands_around_lines(damage: str) -> None:
    chance = random.Random(f"{damage}, seen")
    for style in chance.sample(list(STYLES), 8):
        check(*chance.choice(plays(style)), style, (damage,))


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_programs_make_of_a_text(program: str) -> None:
    chance = random.Random(f"{program}, made")
    for style in chance.sample(list(STYLES), 12):
        check(*chance.choice(plays(style)), style, (program,))


@pytest.mark.parametrize("damage", LINE_ENDS_LOST)
@pytest.mark.parametrize("style", ["tcpdump -n", "tcpdump -nv", "tcpdump -ntttt", "tcpdump -n on LINUX_SLL2"])
def test_packets_in_one_line(style: str, damage: str) -> None:
    for play, family in (("refused", "IPv6"), ("tls", "IPv4"), ("dns_no_such_name", "IPv4")):
        check(play, family, style, (damage,))


LAST_FIRST = (
    "tcpdump -n",
    "tcpdump -nv",
    "tcpdump -ntt",
    "tcpdump -ntttt",
    "tcpdump -nX",
    "tcpdump -ne on LINUX_SLL2",
)


@pytest.mark.parametrize("style", LAST_FIRST)
def test_the_last_line_may_stand_first(style: str) -> None:
    for play, family in plays(style):
        if source(play, family)[1] == 1:
            continue
        text = "".join(f"{line}\n" for line in reversed(printed(play, family, style).splitlines()))
        report = explained(text.encode())
        assert told_by(style, report) == told_by(style, of_packets(play, family, STYLES[style][1])), text


@pytest.mark.parametrize("play", ["refused", "dns_no_such_name", "tls"])
def test_without_times_the_first_line_may_have_lost_its_indent(play: str) -> None:
    first, *rest = printed(play, "IPv4", "tcpdump -nt").splitlines()
    report = explained("\n".join([first, *(f"    {line}" for line in rest), ""]).encode())
    assert told_by("tcpdump -nt", report) == told_by("tcpdump -nt", of_packets(play, "IPv4", "EN10MB"))


@pytest.mark.parametrize("damage", [None, *DAMAGES])
def test_what_tcpdump_printed_before_4(damage: str | None) -> None:
    style = "tcpdump -n"
    for play, family in (
        ("reset_in_response", "IPv4"),
        ("refused", "IPv6"),
        ("neighbour_unanswered", "IPv4"),
    ):
        old = before_4(printed(play, family, style))
        assert "Flags" not in old
        report, new = (
            explained((ALL[damage](old) if damage else old).encode()),
            of_packets(play, family, "EN10MB"),
        )
        assert not report.capture.unread_lines, old
        # Of HTTP nothing was printed.
        assert [(*ends(talk), talk.outcome) for talk in report.conversations] == [
            (*ends(talk), talk.outcome) for talk in new.conversations
        ], old
        assert found(report) - OF_WHOLE_MESSAGES == found(new) - OF_WHOLE_MESSAGES, old


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_that_powershell_wrote(encoding: str) -> None:
    style = "tcpdump -nv"
    text = "\ufeff" + printed("the_page_of_the_runbook", "IPv4", style).replace("\n", "\r\n")
    report = explained(text.encode(encoding))
    assert told_by(style, report) == told_by(style, explained(source("the_page_of_the_runbook", "IPv4")[0]))


def test_acks_in_a_tunnel_are_no_copies_of_each_other() -> None:
    line = (
        "22:13:20.00010{} IP 192.0.2.11.50001 > 192.0.2.12.4789: VXLAN, flags [I] (0x08), vni 7\n"
        "IP 10.244.1.5.43210 > 10.244.2.7.80: Flags [.], ack 1, win 502, length 0\n"
    )
    report = explained("".join(map(line.format, range(4))).encode())
    assert [talk.from_client.packets + talk.from_server.packets for talk in report.conversations] == [4, 4]
    assert notes.SEEN_TWICE not in found(report)


@pytest.mark.parametrize(
    "inside",
    [
        "IP 10.244.1.5.43210 > 10.244.2.7.80: Fl#gs [.], ack 1, win 502, length 0",
        "IP 10.244.1.5.432",
        "",
        "IP 10.0.0.1 > 10.0.0.2: " * 900 + "Fl#gs",
    ],
)
@pytest.mark.parametrize(
    "outside",
    [
        "192.0.2.11.50001 > 192.0.2.12.4789: VXLAN, flags [I] (0x08), vni 7\n{}\n",
        "192.0.2.11.50001 > 192.0.2.12.6081: Geneve, Flags [none], vni 0x7: {}\n",
    ],
)
def test_what_cannot_be_read_in_a_tunnel_may_be_of_anybody(outside: str, inside: str) -> None:
    syn = "22:13:2{}.500000 IP 10.1.1.1.1 > 10.1.1.2.80: Flags [S], seq 1, win 64240, length 0\n"
    syns = "".join(map(syn.format, range(4)))
    assert found(explained(syns.encode())) == {faults.CONNECTION_UNANSWERED}
    report = explained((syns + "22:13:25.000000 IP " + outside.format(inside)).encode())
    assert found(report) == {warnings.UNREAD_LINES}

"""The text and the ladder: their parts, and that they fit the terminal in either language."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.packets.messages import faults, http_steps, notes, tcp_steps, warnings
from kubectl_netshoot.packets.messages.language import LANGUAGES
from kubectl_netshoot.packets.read.frame import Damage, DamageKind, Format
from kubectl_netshoot.packets.render.text import NARROWEST, text, wrapped
from kubectl_netshoot.packets.report import ConversationEnd, Outcome, Phase, Report, Side
from tests.unit.packets.render.reports import (
    STEPS,
    capture,
    conversation,
    everything,
    finding,
    group,
    report,
    step,
    teller,
)


def shown(
    of: Report, language: str = "en", columns: int = 0, flow: int | None = None, ladder: bool = False
) -> str:
    return text(teller(of, language), columns, flow, ladder)


def many(count: int = 30, odd: tuple[int, ...] = (7, 11)) -> Report:
    """So many conversations, of which some were refused."""
    syn = step(tcp_steps.TCP_SYN, side=Side.CLIENT, phase=Phase.SETUP)
    told = [
        conversation(n, syn, odd=n in odd, outcome=Outcome.REFUSED if n in odd else Outcome.CLOSED)
        for n in range(1, count + 1)
    ]
    refused = finding(faults.CONNECTION_REFUSED, conversations=odd, conversation_count=len(odd))
    well = tuple(n for n in range(1, count + 1) if n not in odd)
    groups = (group(well), group(odd, outcome=Outcome.REFUSED, odd=len(odd)))
    return report(*told, findings=(refused,) if odd else (), groups=groups)


def test_the_answer_comes_first_in_three_lines() -> None:
    lines = shown(report(conversation())).splitlines()
    assert lines[0] == "Who             10.244.0.1:41234 talked to 10.244.0.7:8080 [captured here] over HTTP"
    assert lines[1] == "What happened   1 TCP connection: closed in good order"
    assert lines[2] == "What is wrong   Nothing that these 12 packets show"
    assert lines[3] == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_are_straight_in_any_script(language: str) -> None:
    lines = shown(many(), language).splitlines()
    texts = [re.split(" {3,}", line, maxsplit=1)[1] for line in lines[:3]]
    assert len({cell_len(line[: line.index(told)]) for line, told in zip(lines, texts, strict=False)}) == 1
    rows = [line for line in lines if line.startswith(("  28 ", "  2 "))]
    assert len({cell_len(row[: row.index("10.244.0.7:8080")]) for row in rows}) == 1
    head = next(line for line in lines if line.endswith(("Volume", "流量")))
    outcomes = {"en": ("Outcome", "refused"), "zh": ("结果", "被拒绝")}[language]
    (refused,) = [row for row in rows if outcomes[1] in row]
    assert cell_len(head[: head.index(outcomes[0])]) == cell_len(refused[: refused.index(outcomes[1])])


def test_nothing_is_said_of_nothing() -> None:
    empty = report(capture=capture(packets=0, bytes=0, first=None, last=None))
    lines = shown(empty).splitlines()
    assert lines[0].endswith("Nobody: there is no packet in this capture")
    assert lines[-1] == "Capture: pcap (EN10MB), 0 packets, 0 bytes, 0 µs"


def test_what_is_wrong_is_the_worst_of_it() -> None:
    found = (
        finding(faults.CONNECTION_REFUSED),
        finding(warnings.RETRANSMISSIONS),
        finding(notes.KEEP_ALIVE),
    )
    line = shown(report(conversation(), findings=found)).splitlines()[2]
    assert line.endswith("nothing listens on that port (1 more finding below)")


def test_a_note_is_nothing_wrong() -> None:
    found = (finding(notes.KEEP_ALIVE),)
    told = shown(report(conversation(), findings=found))
    assert "Nothing that these 12 packets show" in told
    assert "Findings\n  note" in told


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"format": Format.TEXT, "link_types": ()}, "text of tcpdump, 12 packets"),
        ({"dated": False}, "10:00:00"),
        ({"first": 1e300, "last": 1e300}, "12 packets"),
        ({"first": -1e300, "last": -1e300}, "12 packets"),
        ({"link_types": ("EN10MB", "RAW")}, "pcap (EN10MB, RAW)"),
    ],
)
def test_the_facts_of_a_capture(changes: dict[str, object], expected: str) -> None:
    facts = next(
        line for line in shown(report(capture=capture(**changes))).splitlines() if "Capture:" in line
    )
    assert expected in facts


@pytest.mark.parametrize(("format_", "place"), [(Format.PCAP, "byte 3"), (Format.TEXT, "line 3")])
def test_a_cut_capture_says_where(format_: Format, place: str) -> None:
    of = capture(format=format_, damage=Damage(DamageKind.CUT, 3, 3))
    cut = finding(warnings.CAPTURE_CUT, packets=(), packet_count=0, conversations=(), conversation_count=0)
    told = shown(report(conversation(), capture=of, findings=(cut,)))
    assert f"is cut off after packet 3 (at {place}): all before it is explained" in told
    assert "Seen in" not in told


def test_the_parts_of_the_story_have_their_headings_in_order() -> None:
    phases = [Phase.SETUP, Phase.REQUEST, Phase.TROUBLE, Phase.REQUEST, Phase.RESPONSE, Phase.CLOSE]
    steps = [step(tcp_steps.TCP_DATA, number, phase=phase) for number, phase in enumerate(phases, start=1)]
    lines = shown(report(conversation(1, *steps))).splitlines()
    headings = ["Connection set up", "Request", "Response", "Connection closed"]
    assert [line.strip() for line in lines if line.strip() in [*headings, "Trouble"]] == headings


def test_an_acknowledgement_begins_no_part() -> None:
    steps = (
        step(tcp_steps.TCP_SYN, 1, phase=Phase.SETUP),
        step(tcp_steps.TCP_ACK, 2, phase=Phase.DATA),
        step(tcp_steps.TCP_FIN, 3, phase=Phase.CLOSE),
    )
    assert "\n  Data\n" not in shown(report(conversation(1, *steps)))
    assert "\n  Data\n" in shown(report(conversation(1, *steps[1:])))


def test_of_each_finding_one_conversation_is_told_before_a_second() -> None:
    told = [conversation(number, odd=True) for number in range(1, 31)]
    found = (
        finding(faults.CONNECTION_REFUSED, conversations=tuple(range(1, 11))),
        finding(faults.HTTP_SERVER_ERROR, conversations=(20,)),
        finding(warnings.RETRANSMISSIONS, conversations=(29, 30)),
    )
    whole = shown(report(*told, findings=found))
    assert [n for n in range(1, 31) if f"Conversation {n}:" in whole] == [1, 2, 20, 29, 30]


def test_trouble_at_the_start_has_its_own_heading() -> None:
    told = shown(report(conversation(1, step(tcp_steps.TCP_MIDWAY, phase=Phase.TROUBLE))))
    assert "\n  Trouble\n" in told


def test_a_few_conversations_are_all_told() -> None:
    told = shown(many(5, odd=()))
    assert [n for n in range(1, 6) if f"Conversation {n}:" in told] == [1, 2, 3, 4, 5]
    assert "--flow" not in told


def test_many_of_which_none_is_odd_are_only_grouped() -> None:
    told = shown(many(odd=()))
    assert "None of them is odd; --flow N tells any of them." in told
    assert "Conversation 1:" not in told


def test_many_are_grouped_and_the_odd_ones_told() -> None:
    told = shown(many())
    assert "Conversations: 30" in told
    assert [n for n in range(1, 31) if f"Conversation {n}:" in told] == [7, 11]
    assert "  28      0     HTTP" in told
    assert "  2       2     HTTP" in told


def test_a_server_of_many_clients_is_one_row() -> None:
    told = [conversation(number, client=ConversationEnd(f"10.1.0.{number}", 999)) for number in range(1, 31)]
    groups = tuple(group((c.number,), client=ConversationEnd(c.client.address)) for c in told)
    lines = shown(report(*told, groups=groups)).splitlines()
    assert lines[0] == "Who             30 clients talked to 10.244.0.7:8080 [captured here] over HTTP"
    (row,) = [line for line in lines if line.startswith("  30 ")]
    assert re.split(" {3,}", row)[-4:] == [
        "30 clients",
        "10.244.0.7:8080",
        "closed in good order",
        "360 packets, 57.1 kB",
    ]


def test_more_groups_than_a_screen_holds_are_counted() -> None:
    groups = tuple(group((n,), server=ConversationEnd(f"10.2.0.{n}", 80)) for n in range(1, 31))
    told = [conversation(number) for number in range(1, 31)]
    assert "  and 10 more groups" in shown(report(*told, groups=groups))


def test_what_was_only_counted_is_no_part_of_the_requests() -> None:
    of = report(
        conversation(1, step(http_steps.HTTP_REQUEST)), conversation_count=9, groups=(group(count=9),)
    )
    line = shown(of).splitlines()[1]
    assert "(in the 1 that were kept); 9 TCP connections" in line


def test_of_each_kind_of_finding_a_few_are_told() -> None:
    found = tuple(finding(notes.CHECKSUM_OFFLOAD, packets=(n,), packet_count=1) for n in range(1, 11))
    told = shown(report(conversation(), findings=(*found, finding(notes.KEEP_ALIVE))))
    assert [n for n in range(1, 11) if f"Seen in: packet {n}," in told] == [1, 2, 3]
    assert "and 7 more of this kind; -o json has all" in told
    assert "(keep-alive)" in told


def test_flow_tells_one_of_them_and_what_was_found_of_it() -> None:
    assert "Conversation 7:" in shown(many(), flow=7)
    assert "Findings" in shown(many(), flow=7)
    assert "Findings" not in shown(many(), flow=8)


def test_flow_of_nothing_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="no conversation 31: the capture has 30"):
        shown(many(), flow=31)
    folded = many(5, odd=())
    more = report(*folded.conversations, conversation_count=9)
    with pytest.raises(UsageError, match="conversation 9 is only counted") as caught:
        shown(more, flow=9)
    assert "--max-flows" in caught.value.hint


@pytest.mark.parametrize("ladder", [False, True])
def test_a_long_conversation_is_shortened_and_flow_tells_all(ladder: bool) -> None:
    steps = [step(tcp_steps.TCP_DATA, number) for number in range(1, 101)]
    of = report(conversation(1, *steps))
    assert "60 steps are left out" in shown(of, ladder=ladder)
    assert "#50" not in shown(of, ladder=ladder)
    assert "#100" in shown(of, ladder=ladder)
    assert "left out" not in shown(of, flow=1, ladder=ladder)
    assert "#50" in shown(of, flow=1, ladder=ladder)


def test_steps_that_were_not_kept_are_counted() -> None:
    assert "4 more steps were not kept" in shown(report(conversation(steps_dropped=4)))


def test_without_a_terminal_a_sentence_is_one_line() -> None:
    lines = shown(everything(), flow=1).splitlines()
    assert any(len(line) > 200 for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=20)
@given(columns=st.integers(100, 200))
def test_no_line_is_wider_than_the_terminal(language: str, columns: int) -> None:
    told = text(teller(everything(), language), columns, 1, False)
    too_wide = [line for line in told.splitlines() if cell_len(line) > columns]
    assert [line for line in too_wide if not line.startswith("Conversation")] == []


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=20)
@given(columns=st.integers(NARROWEST, 200))
def test_the_poles_of_a_ladder_are_straight(language: str, columns: int) -> None:
    lines = text(teller(everything(), language), columns, 1, True).splitlines()
    rungs = [line for line in lines if line.endswith("|")]
    assert len(rungs) == len(STEPS)
    assert {cell_len(line) for line in rungs} == {columns}
    assert {line[13] for line in rungs} == {"|"}


def test_a_ladder_shows_who_sent_what() -> None:
    steps = (
        step(tcp_steps.TCP_SYN, 1, side=Side.CLIENT),
        step(tcp_steps.TCP_SYN_ACK, 2, side=Side.SERVER),
        step(tcp_steps.TCP_STILL_OPEN, 3, side=Side.BOTH),
        step(tcp_steps.TCP_FIN_BOTH, 4, side=Side.BOTH),
    )
    lines = shown(report(conversation(1, *steps)), columns=60, ladder=True).splitlines()
    assert lines[-5:] == [
        "             10.244.0.1:41234                10.244.0.7:8080",
        "   0.001000  |------------------ SYN #1 ------------------>|",
        "   0.002000  |<--------------- SYN-ACK #2 -----------------|",
        "   0.003000  |                (still open)                 |",
        "   0.004000  |<---------- FIN, both at once #4 ----------->|",
    ]


def test_what_did_not_happen_has_no_packet() -> None:
    of = report(
        conversation(1, step(tcp_steps.TCP_SYN, 1, side=Side.CLIENT), step(tcp_steps.TCP_UNANSWERED, 2))
    )
    assert "#1" in shown(of)
    assert "#2" not in shown(of) + shown(of, ladder=True)


@pytest.mark.parametrize(
    ("outcome", "verb"),
    [(Outcome.CLOSED, "talked to"), (Outcome.REFUSED, "tried to reach"), (Outcome.OPEN, "talked to")],
)
def test_who_was_refused_did_not_talk(outcome: Outcome, verb: str) -> None:
    of = report(conversation(outcome=outcome), groups=(group(outcome=outcome),))
    assert f"10.244.0.1:41234 {verb} 10.244.0.7:8080" in shown(of)


def test_a_connection_that_stays_open_is_not_told_as_closed() -> None:
    of = report(
        conversation(1, step(tcp_steps.TCP_SYN, 1), step(tcp_steps.TCP_STILL_OPEN, 2, phase=Phase.CLOSE))
    )
    assert "Connection closed" not in shown(of)


def test_names_stand_before_addresses() -> None:
    named = teller(report(conversation()), names={"10.244.0.7": "pod/web-1"})
    assert "pod/web-1 (10.244.0.7:8080) [captured here]" in text(named, 0, None, False)


def test_an_address_of_version_6_has_its_port_outside() -> None:
    of = report(conversation(client=ConversationEnd("fd00::1", 4444)))
    assert "[fd00::1]:4444 talked to" in shown(of)


@pytest.mark.parametrize(
    ("told", "columns", "lines"),
    [
        ("The client opens; window 64.2 kB", 30, ["The client opens; window", "64.2 kB"]),
        ("nothing listens there; 100 µs, at once", 28, ["nothing listens there;", "100 µs, at once"]),
        ("请求共 29 字节 10.3 ms 之后", 10, ["请求共", "29 字节", "10.3 ms 之", "后"]),
        ("in 3 steps", 5, ["in 3", "steps"]),
    ],
)
def test_a_number_and_its_unit_stay_together(told: str, columns: int, lines: list[str]) -> None:
    assert list(wrapped(told, columns)) == lines


@given(st.text(), st.integers(1, 80))
def test_wrapping_loses_no_letter(written: str, columns: int) -> None:
    assert "".join("".join(wrapped(written, columns)).split()) == "".join(written.split())


def test_every_outcome_and_protocol_has_a_word() -> None:
    for outcome in Outcome:
        of = report(conversation(outcome=outcome), groups=(group(outcome=outcome),))
        assert "1 TCP connection: " in shown(of)

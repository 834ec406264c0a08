"""Every step and every finding has its sentence, in every language, whatever is known of its parameters."""

import string
from collections.abc import Iterator
from typing import get_args

import pytest

from kubectl_netshoot.packets import icmp
from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.messages import faults, network_steps, tcp_steps, warnings
from kubectl_netshoot.packets.messages.kinds import (
    Choice,
    FindingKind,
    FindingSeverity,
    Sentence,
    StepKind,
    Wording,
)
from kubectl_netshoot.packets.messages.language import LANGUAGES
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.report import Conversation, ConversationEnd, Guarded, Report, Side, Value
from tests.unit.packets.render.reports import STEPS, everything, finding, parameters, report, step, teller

FROM_THE_STEP = {"who", "other", "count"}
FROM_THE_FILE = {"place"}


def sentences(wording: Wording) -> Iterator[Sentence]:
    """Every sentence that a wording can become."""
    if isinstance(wording, Sentence):
        yield wording
    else:
        for inner in (*wording.sentences.values(), wording.otherwise):
            yield from sentences(inner)


def choosers(wording: Wording) -> set[str]:
    """Every parameter that decides in it."""
    if isinstance(wording, Sentence):
        return {wording.by} - {""}
    inner = (*wording.sentences.values(), wording.otherwise)
    return {wording.by}.union(*map(choosers, inner))


def names(wording: Wording) -> set[str]:
    """Every parameter that it needs."""
    texts = [text for sentence in sentences(wording) for text in (sentence.one, sentence.many)]
    used = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    return used | choosers(wording)


@pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.id)
def test_a_step_is_told_with_its_own_parameters(kind: StepKind) -> None:
    wordings = [kind.what, kind.label, *(detail.sentence for detail in kind.details)]
    assert set().union(*map(names, wordings)) <= {*kind.parameters, *FROM_THE_STEP}
    assert {detail.by for detail in kind.details} <= set(kind.parameters)


@pytest.mark.parametrize("kind", STEPS, ids=lambda kind: kind.id)
def test_nothing_that_a_step_knows_is_kept_back(kind: StepKind) -> None:
    wordings = [kind.what, *(detail.sentence for detail in kind.details)]
    used = set().union(*map(names, wordings), {detail.by for detail in kind.details})
    # The version of HTTP/1 is in no sentence: what differs is told by what happens.
    assert set(kind.parameters) - used <= {"version"}


@pytest.mark.parametrize("kind", WORST_FIRST, ids=lambda kind: kind.id)
def test_a_finding_is_told_with_its_own_parameters(kind: FindingKind) -> None:
    wordings = [kind.what, kind.advice, *(detail.sentence for detail in kind.details)]
    assert set().union(*map(names, wordings)) <= {*kind.parameters, *FROM_THE_FILE}
    assert {detail.by for detail in kind.details} <= set(kind.parameters)


def test_an_id_is_there_once() -> None:
    assert len({kind.id for kind in STEPS}) == len(STEPS)
    assert len({kind.id for kind in WORST_FIRST}) == len(WORST_FIRST)


def test_faults_are_worse_than_warnings_and_these_than_notes() -> None:
    assert [kind.severity for kind in WORST_FIRST] == sorted(
        (kind.severity for kind in WORST_FIRST), key=list(FindingSeverity).index
    )


def test_a_choice_knows_the_values_that_there_are() -> None:
    """A misspelt value would never be chosen."""
    values: dict[str, set[object]] = {
        "moment": set(get_args(Moment)),
        "side": {side.value for side in Side},
        "first": {True, False},
        "complete": {True, False},
    }
    for what in [*(kind.what for kind in STEPS), *(kind.what for kind in WORST_FIRST)]:
        if isinstance(what, Choice):
            assert set(what.sentences) <= values.get(what.by, set(what.sentences))
    unreachable, reset = network_steps.ICMP_UNREACHABLE.what, tcp_steps.TCP_RESET.what
    assert isinstance(unreachable, Choice)
    assert isinstance(reset, Choice)
    assert set(unreachable.sentences) == {*icmp._REASONS4.values(), *icmp._REASONS6.values()}
    assert set(reset.sentences) == set(get_args(Moment))


def everything_said(of: Report, language: str) -> list[str]:
    voice = teller(of, language)
    steps = [s for conversation in of.conversations for s in conversation.steps]
    said = [text for s in steps for text in (voice.sentence(s), voice.label(s))]
    return said + [
        text for f in of.findings for text in (voice.headline(f), voice.advice(f), voice.evidence(f))
    ]


def changed(of: Report, value: Value) -> Report:
    """The same with this value for every parameter whose type allows it."""
    steps = [step(kind, parameters=dict.fromkeys(kind.parameters, value)) for kind in STEPS]
    findings = [finding(kind, parameters=dict.fromkeys(kind.parameters, value)) for kind in WORST_FIRST]
    (only,) = of.conversations
    told = {name: getattr(only, name) for name in Conversation.__dataclass_fields__} | {"steps": tuple(steps)}
    return report(Conversation(**told), findings=tuple(findings))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "value",
    [None, 0, 1, 5, 1.5, True, "", "x", (), ("a", "b"), Guarded(""), ConversationEnd("10.0.0.1"), Side.BOTH],
    ids=repr,
)
def test_whatever_is_known_a_sentence_comes_out(language: str, value: Value) -> None:
    for text in everything_said(changed(everything(), value), language):
        assert "{" not in text
        assert text == text.strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_twice_for_different_things(language: str) -> None:
    told = teller(everything(), language)
    headlines = [told.headline(f) for f in told.report.findings if f.kind is not warnings.HTTP_CLIENT_ERROR]
    assert len(set(headlines)) == len(headlines)


def test_the_chinese_is_chinese() -> None:
    """Each whole sentence has Chinese characters in it: none was left in English."""
    told = teller(everything(), "zh")
    said = [told.sentence(s) for s in told.report.conversations[0].steps]
    said += [text for f in told.report.findings for text in (told.headline(f), told.advice(f))]
    assert [text for text in said if not any("\u4e00" <= letter <= "\u9fff" for letter in text)] == []


def test_a_name_keeps_its_letters() -> None:
    told = teller(everything(), names={"10.244.0.7": "pod/web-1"})
    (refused,) = [f for f in told.report.findings if f.kind is faults.CONNECTION_REFUSED]
    assert told.headline(refused).startswith(
        "pod/web-1 (10.244.0.7:8080) refuses 3 connections of 10.244.0.1"
    )


def test_one_and_several_are_said_as_people_say_them() -> None:
    told = teller(everything())
    kinds = (tcp_steps.TCP_RETRANSMISSION, tcp_steps.TCP_DATA)
    said = [told.sentence(step(id_, count=n)) for id_ in kinds for n in (1, 7)]
    fast = "238 bytes in all, 3 of them after duplicate ACKs (fast retransmissions)"
    assert said == [
        f"The server sends again what was not acknowledged (retransmission); {fast}",
        f"The server sends again what was not acknowledged (7 retransmissions); {fast}",
        "The server sends 238 bytes",
        "The server sends 238 bytes in 7 packets",
    ]


def test_the_samples_are_for_the_parameters_that_there_are() -> None:
    for kind in STEPS:
        assert set(parameters(kind.parameters)) == set(step(kind).parameters)


@pytest.mark.parametrize(
    ("status", "begin"),
    [
        (404, "There is nothing at this path"),
        (429, "The client asks too often"),
        (418, "The server does not like the request"),
    ],
)
def test_what_to_try_depends_on_the_status(status: int, begin: str) -> None:
    kind = warnings.HTTP_CLIENT_ERROR
    found = finding(kind, parameters=parameters(kind.parameters, status=status))
    assert teller(report(findings=(found,))).advice(found).startswith(begin)

"""Every step and every finding has its sentence, in every language, whatever is known of its parameters."""

import string
from collections.abc import Iterator

import pytest

from kubectl_netshoot.packets.finding_ids import FINDINGS, FindingId
from kubectl_netshoot.packets.report import Conversation, Endpoint, Guarded, Report, Side, Value
from kubectl_netshoot.packets.step_ids import MOMENTS, STEPS, UNREACHABLE, StepId
from kubectl_netshoot.packets.words.labels import LABELS
from kubectl_netshoot.packets.words.language import LANGUAGES
from kubectl_netshoot.packets.words.sentence import Choice, Sentence, Wording
from kubectl_netshoot.packets.words.sentences import FINDING_SENTENCES, STEP_SENTENCES
from tests.unit.explanation.reports import everything, finding, parameters, report, step, teller

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


@pytest.mark.parametrize("id_", StepId)
def test_a_step_is_told_with_its_own_parameters(id_: StepId) -> None:
    told, known = STEP_SENTENCES[id_], {*STEPS[id_], *FROM_THE_STEP}
    wordings = [told.what, LABELS[id_], *(detail.sentence for detail in told.details)]
    assert set().union(*map(names, wordings)) <= known
    assert {detail.by for detail in told.details} <= set(STEPS[id_])


@pytest.mark.parametrize("id_", StepId)
def test_nothing_that_a_step_knows_is_kept_back(id_: StepId) -> None:
    told = STEP_SENTENCES[id_]
    wordings = [told.what, *(detail.sentence for detail in told.details)]
    used = set().union(*map(names, wordings), {detail.by for detail in told.details})
    # The version of HTTP/1 is in no sentence: what differs is told by what happens.
    assert set(STEPS[id_]) - used <= {"version"}


@pytest.mark.parametrize("id_", FindingId)
def test_a_finding_is_told_with_its_own_parameters(id_: FindingId) -> None:
    told, known = FINDING_SENTENCES[id_], {*FINDINGS[id_].parameters, *FROM_THE_FILE}
    wordings = [told.what, told.step, *(detail.sentence for detail in told.details)]
    assert set().union(*map(names, wordings)) <= known
    assert {detail.by for detail in told.details} <= set(FINDINGS[id_].parameters)


def test_a_choice_knows_the_values_that_there_are() -> None:
    """A misspelt value would never be chosen."""
    values: dict[str, set[object]] = {
        "moment": set(MOMENTS),
        "side": {side.value for side in Side},
        "first": {True, False},
        "complete": {True, False},
    }
    for told in STEP_SENTENCES.values():
        for choice in filter(lambda w: isinstance(w, Choice), (told.what,)):
            assert isinstance(choice, Choice)
            assert set(choice.sentences) <= values.get(choice.by, set(choice.sentences))
    unreachable = STEP_SENTENCES[StepId.ICMP_UNREACHABLE].what
    reset = STEP_SENTENCES[StepId.TCP_RESET].what
    assert isinstance(unreachable, Choice)
    assert isinstance(reset, Choice)
    assert {*unreachable.sentences, "other"} == set(UNREACHABLE)
    assert set(reset.sentences) == set(MOMENTS)


def everything_said(of: Report, language: str) -> list[str]:
    voice = teller(of, language)
    steps = [s for conversation in of.conversations for s in conversation.steps]
    said = [text for s in steps for text in (voice.sentence(s), voice.label(s))]
    return said + [
        text for f in of.findings for text in (voice.headline(f), voice.advice(f), voice.evidence(f))
    ]


def changed(of: Report, value: Value) -> Report:
    """The same with this value for every parameter whose type allows it."""
    steps = [step(id_, parameters=dict.fromkeys(names, value)) for id_, names in STEPS.items()]
    findings = [
        finding(id_, parameters=dict.fromkeys(shape.parameters, value)) for id_, shape in FINDINGS.items()
    ]
    (only,) = of.conversations
    told = {name: getattr(only, name) for name in Conversation.__dataclass_fields__} | {"steps": tuple(steps)}
    return report(Conversation(**told), findings=tuple(findings))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "value",
    [None, 0, 1, 5, 1.5, True, "", "x", (), ("a", "b"), Guarded(""), Endpoint("10.0.0.1"), Side.BOTH],
    ids=repr,
)
def test_whatever_is_known_a_sentence_comes_out(language: str, value: Value) -> None:
    for text in everything_said(changed(everything(), value), language):
        assert "{" not in text
        assert text == text.strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_twice_for_different_things(language: str) -> None:
    told = teller(everything(), language)
    headlines = [told.headline(f) for f in told.report.findings if f.id is not FindingId.HTTP_CLIENT_ERROR]
    assert len(set(headlines)) == len(headlines)


def test_the_chinese_is_chinese() -> None:
    """Each whole sentence has Chinese characters in it: none was left in English."""
    told = teller(everything(), "zh")
    said = [told.sentence(s) for s in told.report.conversations[0].steps]
    said += [text for f in told.report.findings for text in (told.headline(f), told.advice(f))]
    assert [text for text in said if not any("\u4e00" <= letter <= "\u9fff" for letter in text)] == []


def test_a_name_keeps_its_letters() -> None:
    told = teller(everything(), names={"10.244.0.7": "pod/web-1"})
    (refused,) = [f for f in told.report.findings if f.id is FindingId.CONNECTION_REFUSED]
    assert told.headline(refused).startswith(
        "pod/web-1 (10.244.0.7:8080) refuses 3 connections of 10.244.0.1"
    )


def test_one_and_several_are_said_as_people_say_them() -> None:
    told = teller(everything())
    kinds = (StepId.TCP_RETRANSMISSION, StepId.TCP_DATA)
    said = [told.sentence(step(id_, count=n)) for id_ in kinds for n in (1, 7)]
    fast = "238 bytes in all, 3 of them after duplicate ACKs (fast retransmissions)"
    assert said == [
        f"The server sends again what was not acknowledged (retransmission); {fast}",
        f"The server sends again what was not acknowledged (7 retransmissions); {fast}",
        "The server sends 238 bytes",
        "The server sends 238 bytes in 7 packets",
    ]


def test_the_samples_are_for_the_parameters_that_there_are() -> None:
    for id_, listed in STEPS.items():
        assert set(parameters(listed)) == set(step(id_).parameters)

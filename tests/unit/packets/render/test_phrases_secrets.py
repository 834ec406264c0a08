"""What nobody may read over a shoulder, and what no terminal and no browser may obey, in every form."""

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from kubectl_netshoot.packets.messages import faults, http_steps, network_steps
from kubectl_netshoot.packets.messages.language import LANGUAGES
from kubectl_netshoot.packets.render.json_report import document
from kubectl_netshoot.packets.render.page import page
from kubectl_netshoot.packets.render.phrases import Teller
from kubectl_netshoot.packets.render.text import text
from kubectl_netshoot.packets.report import ConversationEnd, Guarded, Header, Report
from tests.unit.packets.render.reports import (
    SECRET,
    conversation,
    everything,
    finding,
    parameters,
    report,
    step,
    teller,
)
from tests.unit.test_terminal import HOSTILE

FORMS: dict[str, Callable[[Teller], str]] = {
    "text": lambda told: text(told, 0, None, False),
    "narrow text": lambda told: text(told, 60, 1, False),
    "ladder": lambda told: text(told, 300, 1, True),
    "json": lambda told: json.dumps(document(told, None)),
    "html": lambda told: page(told, None),
}
ALL_FORMS = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@ALL_FORMS
@pytest.mark.parametrize("language", LANGUAGES)
def test_secrets_are_masked(form: Callable[[Teller], str], language: str) -> None:
    told = form(teller(everything(), language))
    assert SECRET not in told
    assert "***" in told


@ALL_FORMS
def test_secrets_are_shown_when_asked_for(form: Callable[[Teller], str]) -> None:
    told = form(teller(everything(), show_secrets=True))
    assert SECRET in told.replace("\n", "").replace(" ", "")
    assert "***" not in told


def test_a_mask_hides_the_length_too() -> None:
    target = Guarded("/a?x=1&y=22222", ((5, 6), (9, 14)))
    told = teller(report(conversation(1, step(http_steps.HTTP_REQUEST, parameters=changed(target=target)))))
    assert "GET /a?x=***&y=***;" in text(told, 0, None, False)


def changed(**values: Any) -> dict[str, Any]:
    return {**step(http_steps.HTTP_REQUEST).parameters, **values}


def hostile(words: str) -> Report:
    """Everything that can come from a packet comes with these words in it."""
    target, header = Guarded(words), Header(words, Guarded(words))
    request = step(
        http_steps.HTTP_REQUEST,
        parameters=changed(method=words, target=target, host=words, headers=(header,)),
    )
    answer = step(
        network_steps.DNS_ANSWER,
        parameters={**step(network_steps.DNS_ANSWER).parameters, "answers": (words,)},
    )
    no_name = finding(faults.DNS_NO_SUCH_NAME)
    found = finding(faults.DNS_NO_SUCH_NAME, parameters={**no_name.parameters, "name": words})
    return report(conversation(1, request, answer, client=ConversationEnd(words, 1)), findings=(found,))


@ALL_FORMS
@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_no_control_character_comes_out(form: Callable[[Teller], str], words: str) -> None:
    told = form(teller(hostile(f"before{words}after")))
    assert "before" in told
    controls = {letter for letter in told if unicodedata.category(letter) in ("Cc", "Cs")}
    assert controls <= {"\n"}
    assert not [
        letter for letter in told if unicodedata.bidirectional(letter) in ("RLO", "LRO", "RLE", "LRE", "RLI")
    ]


@pytest.mark.parametrize("form", [FORMS["text"], FORMS["ladder"]])
def test_a_newline_in_a_packet_makes_no_line(form: Callable[[Teller], str]) -> None:
    told = form(teller(hostile("before\nerror: forged")))
    assert not [line for line in told.splitlines() if line.startswith("error:")]


def test_a_packet_fills_no_screen() -> None:
    told = text(teller(hostile("A" * 100_000)), 0, None, False)
    assert len(told) < 4000


def test_a_list_fills_no_screen_either() -> None:
    answer = {
        **step(network_steps.DNS_ANSWER).parameters,
        "answers": tuple(f"10.0.0.{n}" for n in range(200)),
    }
    told = text(
        teller(report(conversation(1, step(network_steps.DNS_ANSWER, parameters=answer)))), 0, None, False
    )
    assert "10.0.0.7, …" in told
    assert "10.0.0.8" not in told


def test_names_are_cleaned_too() -> None:
    named = teller(report(conversation()), names={"10.244.0.7": "web\x1b[31m\n"})
    assert "web[31m (10.244.0.7:8080)" in text(named, 0, None, False)


def test_the_parameters_of_the_sample_hold_the_secret() -> None:
    """Else nothing would have been masked above."""
    assert SECRET in str(
        [value.text for value in parameters(("target",)).values() if isinstance(value, Guarded)]
    )

"""The page in a real browser, as wide as a desk's screen and as a phone's, light and dark."""

from typing import Literal

import pytest

from kubectl_netshoot.packets.messages import faults, http_steps, network_steps, tcp_steps
from kubectl_netshoot.packets.messages.kinds import StepKind
from kubectl_netshoot.packets.messages.language import LANGUAGES
from kubectl_netshoot.packets.render.page import page
from kubectl_netshoot.packets.report import (
    Application,
    Conversation,
    ConversationEnd,
    Outcome,
    Phase,
    Report,
    Side,
)
from tests.unit.packets.render.looking import Viewer
from tests.unit.packets.render.reports import STEPS, conversation, everything, finding, report, step, teller
from tests.unit.packets.render.test_page import MARKUP, hostile

DESK, PHONE = 1280, 360
# The least difference in lightness between small text and its ground (WCAG 2, level AA).
LEAST_CONTRAST = 4.5
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const known = new Map();
  const lightness = (colour) => {
    if (!known.has(colour)) known.set(colour, measured(colour));
    return known.get(colour);
  };
  const measured = (colour) => {
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  const own = (e) => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll('body *:not(script)')].filter(own).map(e => {
    const [a, b] = [lightness(getComputedStyle(e).color), lightness(ground(e))].sort().reverse();
    return {text: e.textContent.slice(0, 40), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)};
  });
}"""
OUTSIDE = """() => [...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 1 || box.left < -1) && !e.closest('.table');
}).map(e => e.className + ': ' + e.textContent.slice(0, 40))"""


def three() -> Report:
    """An HTTP request, a refused connection over IPv6, a DNS question."""

    def told(number: int, *steps: StepKind, **changes: object) -> Conversation:
        made = [
            step(id_, number * 10 + index, phase=Phase.SETUP, side=Side.CLIENT)
            for index, id_ in enumerate(steps)
        ]
        return conversation(number, *made, **changes)

    return report(
        told(1, tcp_steps.TCP_SYN, http_steps.HTTP_REQUEST, tcp_steps.TCP_RETRANSMISSION, tcp_steps.TCP_FIN),
        told(
            2,
            tcp_steps.TCP_SYN,
            tcp_steps.TCP_REFUSED,
            application=Application.NONE,
            client=ConversationEnd("fd00:10:244::1", 55555),
            server=ConversationEnd("fd00:10:244::7", 80),
            outcome=Outcome.REFUSED,
            odd=True,
        ),
        told(3, network_steps.DNS_QUESTION, network_steps.DNS_ANSWER, application=Application.DNS),
        findings=(finding(faults.CONNECTION_REFUSED, conversations=(2,)),),
    )


# Colours depend on no language and no width: each pair of any two comes once.
@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [
        (language, width, scheme)
        for language, schemes in zip(LANGUAGES, (("light", "dark"), ("dark", "light")), strict=True)
        for width, scheme in zip((DESK, PHONE), schemes, strict=True)
    ],
)
def test_it_fits_is_readable_and_asks_nobody(
    viewer: Viewer, language: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    seen = viewer.open(page(teller(everything(), language), None), width, scheme)
    assert viewer.complaints == []
    assert [address.rsplit("/", 1)[-1] for address in viewer.requests] == ["page.html"]
    assert seen.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.evaluate(OUTSIDE) == []
    told = seen.evaluate(CONTRAST)
    assert len(told) > len(STEPS)
    assert [text for text in told if text["contrast"] < LEAST_CONTRAST] == []


def test_dark_is_dark(viewer: Viewer) -> None:
    grounds = [
        viewer.open(page(teller(three()), None), scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 22, 28)"]


def test_the_filter_shows_what_has_all_its_words(viewer: Viewer) -> None:
    seen = viewer.open(page(teller(three()), None))
    rows, parts = seen.locator("tbody tr:visible"), seen.locator("section.conversation:visible")
    assert (rows.count(), parts.count()) == (3, 3)
    for words, expected in {
        "fd00": 1,
        "DNS": 1,
        "10.244.0.1": 2,
        "fd00 http": 0,
        "HTTP 10.244.0.7:8080": 1,
        "": 3,
    }.items():
        seen.locator("#filter").fill(words)
        assert (words, rows.count(), parts.count()) == (words, expected, expected)
        assert seen.locator("#shown").inner_text() == f"{expected} / 3"
    seen.get_by_label("only odd ones").check()
    assert rows.locator("td").first.inner_text() == "2"
    assert (rows.count(), parts.count()) == (1, 1)


def test_a_finding_leads_to_its_conversation(viewer: Viewer) -> None:
    seen = viewer.open(page(teller(three()), None))
    seen.locator(".findings a").first.click()
    assert seen.url.endswith("#conversation-2")
    assert seen.evaluate("document.querySelector('#conversation-2').getBoundingClientRect().top") < 900


def test_of_many_conversations_the_first_are_unfolded_and_a_link_unfolds_any(viewer: Viewer) -> None:
    told = [
        conversation(number, step(tcp_steps.TCP_SYN, number), odd=number == 20) for number in range(1, 31)
    ]
    seen = viewer.open(page(teller(report(*told)), None))
    unfolded = "() => [...document.querySelectorAll('details[open]')].map(e => e.parentElement.id)"
    first = ["conversation-20", *(f"conversation-{number}" for number in range(1, 5))]
    assert seen.evaluate(unfolded) == first
    seen.locator("tbody a", has_text="30").click()
    assert seen.evaluate(unfolded) == [*first, "conversation-30"]
    assert seen.locator("#conversation-30 .step").is_visible()
    assert viewer.complaints == []


def test_an_arrow_points_at_whom_the_packet_is_for(viewer: Viewer) -> None:
    steps = [step(tcp_steps.TCP_SYN, 1, side=Side.CLIENT), step(tcp_steps.TCP_SYN_ACK, 2, side=Side.SERVER)]
    seen = viewer.open(page(teller(report(conversation(1, *steps))), None))
    heads = seen.evaluate(
        """() => [...document.querySelectorAll('.arrow')].map(arrow => {
          const head = getComputedStyle(arrow, '::after');
          return head.borderRightWidth === '0px' ? 'right' : head.borderLeftWidth === '0px' ? 'left' : 'none';
        })"""
    )
    assert heads == ["right", "left"]


def test_markup_in_a_packet_is_text_on_the_screen(viewer: Viewer) -> None:
    seen = viewer.open(page(teller(hostile(MARKUP)), None))
    assert viewer.complaints == []
    assert MARKUP in seen.locator("section.conversation").inner_text()


def test_a_foreign_script_does_not_run(viewer: Viewer) -> None:
    """What the policy is for: a script that came in all the same is stopped, and so is a style."""
    smuggled = (
        "<script>document.title = 'run'</script><b style='color: red'>x</b><img src='http://192.0.2.1/'>"
    )
    seen = viewer.open(page(teller(three()), None).replace("</body>", smuggled + "</body>"))
    assert seen.title() == "What the packets mean"
    assert len([text for text in viewer.complaints if "Content Security Policy" in text]) >= 3

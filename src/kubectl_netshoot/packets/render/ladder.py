"""A conversation as a ladder: the client on the left, the server on the right, an arrow for each step, time downwards.

Drawn in ASCII: lines and arrows of Unicode are one column wide in some terminals and two in others, above all in
Chinese ones, and a ladder with crooked poles is worse than a plain one.
"""

from collections.abc import Iterator

from kubectl_netshoot.packets.render import outline
from kubectl_netshoot.packets.render.columns import cut, padded, width
from kubectl_netshoot.packets.render.phrases import Teller
from kubectl_netshoot.packets.report import Conversation, Side, Step

NARROWEST = 40
DEFAULT = 80
_MARGIN = 13


def ladder(teller: Teller, conversation: Conversation, columns: int, whole: bool) -> Iterator[str]:
    """Lines of at most `columns`, not fewer than NARROWEST; 0 columns are DEFAULT."""
    lane = max(columns or DEFAULT, NARROWEST) - _MARGIN - 2
    blank = " " * _MARGIN
    yield ""
    yield blank + _ends(teller, conversation, lane + 2)
    first, left_out, last = outline.shortened(conversation.steps, whole)
    for step in first:
        yield _margin(step) + rung(teller, step, lane)
    if left_out:
        text = teller.voice.language.count(
            "{number} step is left out", "{number} steps are left out", left_out
        )
        yield blank + f"|{_centred(f'({text})', lane, ' ')}|"
    for step in last:
        yield _margin(step) + rung(teller, step, lane)


def _ends(teller: Teller, conversation: Conversation, columns: int) -> str:
    """The two names over the poles; the longer one gives way."""
    names = [
        cut(teller.voice.endpoint(e), columns // 2 - 1) for e in (conversation.client, conversation.server)
    ]
    return padded(names[0], columns - width(names[1])) + names[1]


def _margin(step: Step) -> str:
    return f"{step.at:>{_MARGIN - 2}.6f}  "


def rung(teller: Teller, step: Step, lane: int) -> str:
    """One step between the poles, `lane` columns wide, with its packet numbers in the label."""
    numbers = "" if step.kind.silent else f"#{step.packets[0]}{'..' if step.count > 1 else ''}"
    label = f" {cut(' '.join(filter(None, (teller.label(step), numbers))), lane - 6)} "
    if not step.kind.arrow:
        return f"|{_centred(f'({label.strip()})', lane, ' ')}|"
    line = _centred(label, lane - 2, "-")
    heads = {Side.CLIENT: ("-", ">"), Side.SERVER: ("<", "-"), Side.BOTH: ("<", ">")}[step.side]
    return f"|{heads[0]}{line}{heads[1]}|"


def _centred(text: str, columns: int, fill: str) -> str:
    left = (columns - width(text)) // 2
    return fill * left + text + fill * (columns - width(text) - left)

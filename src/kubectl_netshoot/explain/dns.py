"""Questions and answers of one client port to one DNS server: matched, timed and judged."""

from functools import partial

from kubectl_netshoot.explain.context import Context
from kubectl_netshoot.explain.dns_message import Dns
from kubectl_netshoot.explain.finding_ids import FindingId
from kubectl_netshoot.explain.report import Outcome, Parameters, Phase, Side, Transport
from kubectl_netshoot.explain.sides import is_multicast
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.talk import Evidence, Run, Talk

SLOW_SECONDS = 1.0
# Sooner than any resolver gives up: at the end of a capture an answer may still be on its way.
PATIENCE = 1_000_000_000
MOST_OPEN = 1000


class Question:
    """A question that waits for its answer."""

    __slots__ = ("name", "ns", "packets", "run", "type")

    def __init__(self, message: Dns, packet: int, ns: int, run: Run) -> None:
        self.name, self.type = message.name, message.type
        self.packets = Evidence(packet)
        self.ns = ns
        self.run = run


class Resolving:
    """What one conversation asks."""

    def __init__(self, talk: Talk, context: Context) -> None:
        self._talk = talk
        self._ledger = context.ledger
        self._searches = context.searches
        self._strays = context.strays
        self._open: dict[tuple[int, str, str], Question] = {}

    def message(self, message: Dns, packet: int, ns: int) -> None:
        """A question, or an answer to one."""
        key = (message.identity, message.name, message.type)
        if message.response:
            self._answer(message, self._open.pop(key, None), packet, ns)
        elif key in self._open:
            self._again(self._open[key], packet, ns)
        elif len(self._open) < MOST_OPEN:
            asked = {"name": message.name, "type": message.type, "opcode": message.opcode}
            run = self._talk.step(StepId.DNS_QUESTION, Phase.REQUEST, Side.CLIENT, packet, ns, **asked)
            self._open[key] = Question(message, packet, ns, run)

    def finish(self, until: int) -> None:
        """`until` is the end of the capture: what was not answered by then."""
        if is_multicast(self._talk.server[0]):
            # Whoever has nothing to say keeps silent (RFC 6762, 6).
            return
        for (identity, *_), question in self._open.items():
            waited = until - question.ns
            if waited < PATIENCE:
                continue
            asked = {"name": question.name, "type": question.type}
            self._talk.step(
                StepId.DNS_NO_ANSWER,
                Phase.RESPONSE,
                Side.SERVER,
                question.packets.packets[-1],
                question.ns,
                **asked,
                seconds=waited / 1e9,
            )
            self._ended(Outcome.UNANSWERED)
            told: Parameters = {
                "name": question.name,
                "count": question.packets.count,
                "seconds": waited / 1e9,
            }
            self._strays.asked(
                (self._talk.client, (identity, question.name)),
                self._talk,
                question.packets,
                partial(self._ledger.about, FindingId.DNS_UNANSWERED, self._talk, question.packets, **told),
            )

    def _ended(self, outcome: Outcome) -> None:
        """A connection ends by itself, whatever was answered in it."""
        if self._talk.transport is Transport.UDP:
            self._talk.outcome = outcome

    def _again(self, question: Question, packet: int, ns: int) -> None:
        question.packets.append(packet)
        self._talk.step(
            StepId.DNS_QUESTION_AGAIN,
            Phase.TROUBLE,
            Side.CLIENT,
            packet,
            ns,
            name=question.name,
            type=question.type,
            seconds=(ns - question.ns) / 1e9,
        )

    def _answer(self, message: Dns, question: Question | None, packet: int, ns: int) -> None:
        seconds = (ns - question.ns) / 1e9 if question else None
        self._ended(Outcome.ANSWERED)
        self._talk.step(
            StepId.DNS_ANSWER,
            Phase.RESPONSE,
            Side.SERVER,
            packet,
            ns,
            name=message.name,
            type=message.type,
            opcode=message.opcode,
            code=message.code,
            answers=message.answers,
            truncated=message.truncated,
            seconds=seconds,
        )
        evidence = Evidence(*(question.packets.packets if question else ()), packet)
        if question is None and not is_multicast(self._talk.server[0]):
            call = (self._talk.client, (message.identity, message.name))
            self._strays.answered(call, self._talk, evidence, lambda: None)
        self._judge(message, seconds, evidence, ns)

    def _judge(self, message: Dns, seconds: float | None, evidence: Evidence, ns: int) -> None:
        about: Parameters = {"name": message.name, "count": 1}
        if message.code == "NXDOMAIN" and message.opcode == "QUERY":
            self._searches.no_such_name(self._talk, message.name, evidence, ns)
        elif message.code == "NOERROR":
            self._searches.found(self._talk, message.name, ns)
        else:
            self._ledger.about(FindingId.DNS_SERVER_FAILURE, self._talk, evidence, **about, code=message.code)
        if message.truncated:
            self._ledger.about(FindingId.DNS_TRUNCATED, self._talk, evidence, **about)
        if seconds is not None and seconds > SLOW_SECONDS:
            self._ledger.about(FindingId.DNS_SLOW, self._talk, evidence, **about, seconds=seconds)

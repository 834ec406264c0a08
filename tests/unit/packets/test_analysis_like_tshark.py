"""tshark is the judge: the same files, the same number of packets, connections, retransmissions and resets.

Where it is not installed its verdicts are read from `tshark.json`; where it is, they are compared with that too.
"""

import io

import pytest

from kubectl_netshoot.packets import analysis
from kubectl_netshoot.packets.messages import tcp_steps
from kubectl_netshoot.packets.report import Report, Transport
from tests.unit.packets.tshark import CAPTURES, Counts, ask, recorded


def ours(report: Report) -> Counts:
    talks = [talk for talk in report.conversations if talk.transport is Transport.TCP]
    steps = [step for talk in talks for step in talk.steps]
    return Counts(
        packets=report.capture.packets,
        connections=len(talks),
        retransmissions=sum(talk.retransmissions for talk in talks),
        out_of_order=sum(step.count for step in steps if step.kind is tcp_steps.TCP_OUT_OF_ORDER),
        resets=sum(step.count for step in steps if step.kind in (tcp_steps.TCP_RESET, tcp_steps.TCP_REFUSED)),
    )


def test_every_capture_has_been_judged() -> None:
    assert set(recorded()) == set(CAPTURES)


@pytest.mark.parametrize("name", CAPTURES)
def test_we_count_as_tshark_did(name: str) -> None:
    assert ours(analysis.analyse(io.BytesIO(CAPTURES[name]()))) == recorded()[name]


# From 4.4 on, to tshark a SYN-ACK that comes again after a reset is of another connection.
STEADY = [name for name in CAPTURES if not name.startswith("not_translated")]


# The families in turn: tshark knows TCP from what carries it.
@pytest.mark.parametrize("name", [name for place, name in enumerate(STEADY) if place % 4 in (0, 3)])
def test_tshark_still_counts_so(name: str) -> None:
    assert ask(CAPTURES[name]()) == recorded()[name]

"""How a connection ends: FIN from both sides in three or four steps, half-closed for a while, or by a reset."""

from kubectl_netshoot.explain.report import Outcome, Phase
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.tcp_flow import HALF, WRAP, Half
from kubectl_netshoot.explain.tcp_segment import Segment


def fin(half: Half, segment: Segment) -> None:
    """This side sends nothing more."""
    flow, packet, ns = half.flow, segment.packet, segment.ns
    behind = (segment.seq + segment.length + 1) % WRAP
    if half.fin is not None:
        if not segment.length:
            half.again(segment.seq, packet, ns)
            flow.retransmissions += 1
            flow.trouble(StepId.TCP_RETRANSMISSION, half, packet, ns, bytes=0, fast=0)
        return
    half.fin, half.fin_packet, half.fin_ns, half.next_ns = behind, packet, ns, ns
    half.next = behind
    flow.closing_packets += 1
    peer = half.peer
    if peer.fin is None:
        flow.outcome = Outcome.HALF_CLOSED
        flow.message(StepId.TCP_FIN, Phase.CLOSE, half, packet, ns, first=True)
    elif (segment.ack - peer.fin) % WRAP < HALF:
        flow.message(StepId.TCP_FIN, Phase.CLOSE, half, packet, ns, first=False)
    else:
        flow.message(StepId.TCP_FIN_BOTH, Phase.CLOSE, half, packet, ns)
    if flow.app is not None:
        flow.app.ended(half, packet, ns, reset=False)


def completes(half: Half, ack: int) -> bool:
    """Whether an ACK from this side is the last that the close needs."""
    return half.fin is not None and half.peer.fin_acked and acknowledges(half, ack)


def acknowledges(half: Half, ack: int) -> bool:
    """Whether an ACK from this side is the first to cover the other one's FIN."""
    peer = half.peer
    return peer.fin is not None and not half.fin_acked and (ack - peer.fin) % WRAP < HALF


def acknowledged(half: Half, segment: Segment) -> bool:
    """Take an ACK; whether it completes the close."""
    flow = half.flow
    if not acknowledges(half, segment.ack):
        return False
    last = completes(half, segment.ack)
    half.fin_acked = True
    flow.closing_packets += segment.packet != half.fin_packet
    if not last:
        return False
    flow.outcome = Outcome.CLOSED
    packets = flow.closing_packets
    flow.step(StepId.TCP_CLOSED, Phase.CLOSE, half.side, segment.packet, segment.ns, packets=packets)
    return True


def reset(half: Half, packet: int, ns: int) -> None:
    """This side ends the connection at once."""
    flow = half.flow
    flow.resets.append(packet)
    if flow.resets.count > 1:
        # Several resets of a handshake are several refusals; only what comes behind a close is late.
        again = "after-close" if flow.outcome is Outcome.CLOSED else flow.reset_moment or "after-close"
        flow.trouble(StepId.TCP_RESET, half, packet, ns).parameters["moment"] = again
        return
    if flow.syns and not flow.syn_acks and half is flow.from_server and not flow.established:
        flow.outcome = Outcome.REFUSED
        flow.message(StepId.TCP_REFUSED, Phase.SETUP, half, packet, ns, seconds=(ns - flow.syn_ns) / 1e9)
        return
    flow.reset_by, flow.reset_moment = half, moment(half)
    if flow.outcome is not Outcome.CLOSED:
        flow.outcome = Outcome.RESET
    flow.message(StepId.TCP_RESET, Phase.CLOSE, half, packet, ns, moment=flow.reset_moment)
    if flow.app is not None:
        flow.app.ended(half, packet, ns, reset=True)


def moment(half: Half) -> str:
    """Where in the conversation this reset comes."""
    flow = half.flow
    if half.fin is not None and half.peer.fin is not None:
        return "after-close"
    if flow.app is not None and flow.app.moment() in ("response-cut", "request-unanswered", "tls-handshake"):
        return flow.app.moment()
    if half.fin is not None or half.peer.fin is not None:
        return "closing"
    if not flow.established:
        return "handshake"
    return flow.app.moment() if flow.app is not None else "idle"

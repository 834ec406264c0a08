"""How a connection begins, SYN, SYN-ACK, ACK, or is come upon; and how it ends, by FINs or by a reset."""

from kubectl_netshoot.packets.messages import tcp_steps as steps
from kubectl_netshoot.packets.messages.tcp_steps import Moment
from kubectl_netshoot.packets.read.ip import tcp_options
from kubectl_netshoot.packets.report import Outcome, Phase, Side
from kubectl_netshoot.packets.tcp.flow import ACK, HALF, SYN, WRAP, Flow, Half, Segment


def from_client(flags: int, source_port: int, target_port: int) -> bool:
    """Whether the sender of the first packet is the client; in the middle of a connection a guess by the ports."""
    if flags & SYN:
        return not flags & ACK
    return target_port <= source_port


def syn(half: Half, segment: Segment, raw_options: bytes) -> None:
    """A SYN or a SYN-ACK, the first or one more."""
    flow, (packet, ns, _, seq, *_) = half.flow, segment
    answer = bool(segment.flags & ACK)
    if answer:
        half.acked, half.acked_ns = segment.ack, ns
    seen = flow.syn_acks if answer else flow.syns
    seen.append(packet)
    if half.first is not None:
        flow.retransmissions += 1
        if not answer and flow.syn_acks:
            flow.syn_ack_lost = True
        elif answer and flow.established and not flow.syn_ack_lost:
            flow.unaccepted.append(packet)
        step_id = steps.TCP_SYN_ACK_AGAIN if answer else steps.TCP_SYN_AGAIN
        since = flow.syn_ack_ns if answer else flow.syn_ns
        flow.trouble(step_id, half, packet, ns).parameters["seconds"] = (ns - since) / 1e9
        return
    half.first, half.next, half.next_ns = seq, (seq + 1) % WRAP, ns
    half.wanted = half.next
    options = tcp_options(raw_options)
    half.scale = options.window_scale
    parameters = vars(options) | {"window_bytes": segment.window}
    if answer:
        flow.syn_ack_ns = ns
        waited = (ns - flow.syn_ns) / 1e9 if flow.syns else None
        flow.message(steps.TCP_SYN_ACK, Phase.SETUP, half, packet, ns, **parameters, seconds=waited)
    else:
        flow.syn_ns = ns
        flow.message(steps.TCP_SYN, Phase.SETUP, half, packet, ns, **parameters)


def handshake_ack(half: Half, segment: Segment) -> None:
    """The handshake's last step, or the first sign of life where it was not captured."""
    flow = half.flow
    if half is flow.from_server:
        flow.established = not flow.syn_acks
        return
    flow.established = True
    if not flow.syn_acks:
        return
    flow.round_trip = segment.ns - flow.syn_ns if flow.syns else None
    seconds = None if flow.round_trip is None else flow.round_trip / 1e9
    flow.message(
        steps.TCP_ESTABLISHED, Phase.SETUP, half, segment.packet, segment.ns, round_trip_seconds=seconds
    )


def midway(flow: Flow, half: Half, segment: Segment) -> None:
    """The first packet of a connection whose beginning is not in the capture."""
    flow.start_seen = False
    flow.established = True
    flow.step(steps.TCP_MIDWAY, Phase.SETUP, Side.BOTH, segment.packet, segment.ns)
    begin(half, segment.seq)


def begin(half: Half, seq: int) -> None:
    """Take a sequence number as the beginning of what is told."""
    half.first, half.next, half.wanted = seq, seq, seq


def fin(half: Half, segment: Segment) -> None:
    """This side sends nothing more."""
    flow, packet, ns = half.flow, segment.packet, segment.ns
    behind = (segment.seq + segment.length + 1) % WRAP
    if half.fin is not None:
        if not segment.length:
            half.again(segment.seq, packet, ns)
            flow.retransmissions += 1
            flow.trouble(steps.TCP_RETRANSMISSION, half, packet, ns, bytes=0, fast=0)
        return
    half.fin, half.fin_packet, half.fin_ns, half.next_ns = behind, packet, ns, ns
    half.next = behind
    flow.closing_packets += 1
    peer = half.peer
    if peer.fin is None:
        flow.outcome = Outcome.HALF_CLOSED
        flow.message(steps.TCP_FIN, Phase.CLOSE, half, packet, ns, first=True)
    elif (segment.ack - peer.fin) % WRAP < HALF:
        flow.message(steps.TCP_FIN, Phase.CLOSE, half, packet, ns, first=False)
    else:
        flow.message(steps.TCP_FIN_BOTH, Phase.CLOSE, half, packet, ns)
    if flow.app is not None:
        flow.app.ended(half, packet, ns, reset=False)


def completes(half: Half, ack: int) -> bool:
    """Whether an ACK from this side is the last that the close needs."""
    return half.fin is not None and half.peer.fin_acked and acknowledges(half, ack)


def acknowledges(half: Half, ack: int) -> bool:
    """Whether an ACK from this side is the first to cover the other one's FIN."""
    peer = half.peer
    return peer.fin is not None and not half.fin_acked and (ack - peer.fin) % WRAP < HALF


def closing_ack(half: Half, segment: Segment) -> bool:
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
    flow.step(steps.TCP_CLOSED, Phase.CLOSE, half.side, segment.packet, segment.ns, packets=packets)
    return True


def reset(half: Half, packet: int, ns: int) -> None:
    """This side ends the connection at once."""
    flow = half.flow
    flow.resets.append(packet)
    if flow.resets.count > 1:
        # Several resets of a handshake are several refusals; only what comes behind a close is late.
        again = "after-close" if flow.outcome is Outcome.CLOSED else flow.reset_moment or "after-close"
        flow.trouble(steps.TCP_RESET, half, packet, ns).parameters["moment"] = again
        return
    if flow.syns and not flow.syn_acks and half is flow.from_server and not flow.established:
        flow.outcome = Outcome.REFUSED
        flow.message(steps.TCP_REFUSED, Phase.SETUP, half, packet, ns, seconds=(ns - flow.syn_ns) / 1e9)
        return
    flow.reset_by, flow.reset_moment = half, moment(half)
    if flow.outcome is not Outcome.CLOSED:
        flow.outcome = Outcome.RESET
    flow.message(steps.TCP_RESET, Phase.CLOSE, half, packet, ns, moment=flow.reset_moment)
    if flow.app is not None:
        flow.app.ended(half, packet, ns, reset=True)


def moment(half: Half) -> Moment:
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

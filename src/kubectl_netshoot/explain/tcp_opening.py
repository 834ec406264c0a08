"""How a connection begins: SYN, SYN-ACK, ACK; or the capture comes upon one that is there already."""

from kubectl_netshoot.explain.report import Phase, Side
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.tcp_flow import WRAP, Flow, Half
from kubectl_netshoot.explain.tcp_segment import ACK, SYN, Segment
from kubectl_netshoot.packets.tcp_options import tcp_options


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
        step_id = StepId.TCP_SYN_ACK_AGAIN if answer else StepId.TCP_SYN_AGAIN
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
        flow.message(StepId.TCP_SYN_ACK, Phase.SETUP, half, packet, ns, **parameters, seconds=waited)
    else:
        flow.syn_ns = ns
        flow.message(StepId.TCP_SYN, Phase.SETUP, half, packet, ns, **parameters)


def acknowledged(half: Half, segment: Segment) -> None:
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
        StepId.TCP_ESTABLISHED, Phase.SETUP, half, segment.packet, segment.ns, round_trip_seconds=seconds
    )


def midway(flow: Flow, half: Half, segment: Segment) -> None:
    """The first packet of a connection whose beginning is not in the capture."""
    flow.start_seen = False
    flow.established = True
    flow.step(StepId.TCP_MIDWAY, Phase.SETUP, Side.BOTH, segment.packet, segment.ns)
    begin(half, segment.seq)


def begin(half: Half, seq: int) -> None:
    """Take a sequence number as the beginning of what is told."""
    half.first, half.next, half.wanted = seq, seq, seq

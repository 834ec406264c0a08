"""Segments without payload: plain ACKs, and those that tell of trouble: duplicates, keep-alives, full buffers."""

from kubectl_netshoot.explain.report import Phase
from kubectl_netshoot.explain.step_ids import StepId
from kubectl_netshoot.explain.tcp_flow import HALF, WRAP, Half
from kubectl_netshoot.explain.tcp_sequence import is_duplicate_ack


def plain_ack(half: Half, packet: int, ns: int, ack: int) -> None:
    """An ACK of something new."""
    flow = half.flow
    half.dup_acks = 0
    more = 0 if half.acked is None else (ack - half.acked) % WRAP
    more = more if more < HALF else 0
    half.acked_more |= more > 0
    run = half.ack_run
    if run is not None:
        run.more(packet, ns, more)
    elif flow.talking is None or flow.talking.last != packet:
        half.ack_run = flow.step(StepId.TCP_ACK, Phase.DATA, half.side, packet, ns, bytes=more)


def bare_ack(half: Half, packet: int, ns: int, seq: int, ack: int, window: int) -> None:
    """Any segment without payload, SYN, FIN or RST, in the order in which Wireshark tells them apart."""
    flow, peer = half.flow, half.peer
    kept_alive, half.kept_alive = half.kept_alive, False
    peer.keep_alives_open = 0
    if (half.next - seq) % WRAP == 1:
        half.kept_alive = True
        keep_alive(half, packet, ns)
    elif (peer.kept_alive and window == half.window and seq == half.next and ack == half.acked) or (
        peer.probed and not window and ack == half.acked
    ):
        flow.trouble(StepId.TCP_KEEP_ALIVE_ACK, half, packet, ns)
    elif is_duplicate_ack(half, seq, ack, window):
        half.dup_acks += 1
        if not kept_alive:
            flow.trouble(StepId.TCP_DUPLICATE_ACK, half, packet, ns)
        return
    elif ack != half.acked:
        plain_ack(half, packet, ns, ack)
    half.dup_acks = 0


def keep_alive(half: Half, packet: int, ns: int) -> None:
    """A segment that asks only whether the other side is still there."""
    half.keep_alives.append(packet)
    half.keep_alives_open += 1
    half.flow.trouble(StepId.TCP_KEEP_ALIVE, half, packet, ns)


def window(half: Half, packet: int, ns: int, size: int) -> None:
    """The receive buffer is full, or has room again."""
    flow = half.flow
    if not size:
        if half.zero_since is None:
            half.zero_since = ns
            half.zero_packets.append(packet)
        flow.trouble(StepId.TCP_ZERO_WINDOW, half, packet, ns)
    elif half.zero_since is not None:
        closed = ns - half.zero_since
        half.zero_longest = max(half.zero_longest, closed)
        half.zero_since = None
        half.window = size
        flow.troubles.pop((StepId.TCP_ZERO_WINDOW, half.side), None)
        flow.step(
            StepId.TCP_WINDOW_REOPENED,
            Phase.TROUBLE,
            half.side,
            packet,
            ns,
            window_bytes=half.scaled_window,
            seconds=closed / 1e9,
        )

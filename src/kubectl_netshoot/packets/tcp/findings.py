"""What is wrong with a TCP connection, judged once, when it is over or the capture is."""

from collections.abc import Callable
from functools import partial

from kubectl_netshoot.packets.context import Context
from kubectl_netshoot.packets.conversation import NotedPackets
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages import tcp_steps as steps
from kubectl_netshoot.packets.messages.http_steps import HTTP_REQUEST
from kubectl_netshoot.packets.report import Outcome, Phase, Role, Side, Value
from kubectl_netshoot.packets.scans import Try
from kubectl_netshoot.packets.tcp.flow import Flow
from kubectl_netshoot.packets.tcp.half import SMALLEST_MTU_PAYLOAD, WRAP, Half, KeepAlives, Repeats

SLOW_HANDSHAKE_SECONDS = 1.0
# Sooner than the first repetition of a SYN: at the end of a capture an answer may still be on its way.
PATIENCE = 1_000_000_000
# A few lost segments are how TCP finds its speed.
NOTABLE_PERCENT = 1.0
NOTABLE_REPEATS = 3
ZERO_WINDOW_SECONDS = 0.2
LONG_HALF_CLOSED = 5_000_000_000
# Fewer keep-alives without an answer may have just been cut off by the end of the capture.
UNANSWERED_KEEP_ALIVES = 3
# A peer that was silent for longer already may just be gone.
JUST_HEARD = 15_000_000_000
# Before its first request a client has nothing to wait for; the steps that this is seen in are among the first.
PAUSE_SECONDS = 1.0
PAUSE_WITHIN = 8


def judge(flow: Flow, context: Context) -> None:
    """Note every finding about a connection."""
    ledger, now = context.ledger, context.register.end_after(flow.until)
    judge_one_sided(flow, ledger)
    judge_shown(flow, context)
    if flow.app is not None:
        flow.app.finish(flow)
    if not (flow.established or flow.crafted):
        judge_opening(flow, context, now)
    if flow.outcome in (Outcome.OPEN, Outcome.HALF_CLOSED) and flow.established:
        idle = (now - flow.until) / 1e9
        flow.step(
            steps.TCP_STILL_OPEN, Phase.CLOSE, Side.BOTH, last_packet(flow), flow.until, idle_seconds=idle
        )
    judge_handshake(flow, ledger)
    if flow.is_unaccepted:
        count = flow.unaccepted.count
        ledger.about(faults.ACCEPT_QUEUE_FULL, flow, flow.unaccepted, count=count)
    judge_reset(flow, context)
    if flow.crafted and not (flow.from_client.payload or flow.from_server.payload):
        context.scans.crafted(flow)
        return
    for half in (flow.from_client, flow.from_server):
        judge_half(half, context, now)
    judge_check(flow, context)
    judge_pause(flow, context)
    if Role.KUBE_PROBE in flow.client_roles:
        context.visits.probed(flow)
    elif flow.visited:
        context.visits.visited(flow)
    if flow.from_client.payload:
        context.visits.spoke(flow)


def judge_opening(flow: Flow, context: Context, now: int) -> None:
    """A connection that was never established."""
    ledger, evidence = context.ledger, NotedPackets(*flow.syns.packets, *flow.resets.packets)
    if flow.outcome is Outcome.REFUSED and flow.resets:
        context.scans.tried(flow, Try.REFUSED)
        refused = partial(ledger.about, faults.CONNECTION_REFUSED, flow, evidence, attempts=flow.syns.count)
        context.scans.unless(flow, refused)
    elif flow.syn_acks and flow.outcome is Outcome.OPEN and now - flow.syn_ack_ns >= PATIENCE:
        seconds = (now - flow.syn_ack_ns) / 1e9
        last = flow.syn_acks.packets[-1]
        flow.leave_unanswered(steps.TCP_HANDSHAKE_UNFINISHED, Side.CLIENT, last, seconds=seconds)
        # A SYN-ACK that was not confirmed is sent again, other than as the answer to a SYN that is; and what was put
        # together from several captures holds parts of them.
        again = flow.syn_acks.count > flow.syns.count > 0

        note = partial(ledger.about, faults.HANDSHAKE_UNFINISHED, flow, flow.syn_acks, seconds=seconds)

        def unfinished() -> None:
            context.shown.where(
                lambda: again or (context.shown.confirmed and not context.register.jumps.packets), flow, note
            )

        if flow.syns:
            context.scans.tried(flow, Try.ACCEPTED)
            unfinished()
        else:
            # The answer to a SYN that was sent to somebody else?
            call = (flow.client, flow.from_server.acked)
            context.strays.answered(call, flow, flow.syn_acks, unfinished)
    elif flow.syns and not flow.syn_acks and flow.outcome is Outcome.OPEN:
        unanswered(flow, context, now)


def unanswered(flow: Flow, context: Context, now: int) -> None:
    """SYNs that nobody answered."""
    seconds = (now - flow.syn_ns) / 1e9
    about: dict[str, Value] = {"attempts": flow.syns.count, "seconds": seconds}
    last = flow.syns.packets[-1]
    flow.leave_unanswered(steps.TCP_UNANSWERED, Side.SERVER, last, **about)
    if now - flow.syn_ns < PATIENCE or is_traced(flow, context):
        return
    call = (flow.client, ((flow.from_client.first or 0) + 1) % WRAP)
    again = flow.syns.count > 1
    if not again:
        context.shown.single_syn(flow)
    context.scans.tried(flow, Try.SILENT)
    told = partial(context.ledger.about, faults.CONNECTION_UNANSWERED, flow, flow.syns, **about)

    def note() -> None:
        # A SYN that was not answered is sent again.
        context.shown.where(
            lambda: context.shown.answers or (again and context.shown.unanswered(flow)),
            flow,
            told,
            missing="packets" if again else "answers",
        )

    context.strays.asked(call, flow, flow.syns, note)


def judge_handshake(flow: Flow, ledger: Ledger) -> None:
    """A handshake that took long, nearly always because a SYN or its answer was lost."""
    seconds = (flow.round_trip or 0) / 1e9
    if flow.established and seconds > SLOW_HANDSHAKE_SECONDS:
        evidence = NotedPackets(*flow.syns.packets, *flow.syn_acks.packets)
        ledger.about(warnings.SLOW_HANDSHAKE, flow, evidence, seconds=seconds, attempts=flow.syns.count)


def judge_reset(flow: Flow, context: Context) -> None:
    """A reset by one side, with what it cut off."""
    half, moment = flow.reset_by, flow.reset_moment
    if half is None:
        return
    side = half.side
    if flow.is_partial or (moment == "idle" and not flow.start_seen and flow.app is None):
        # What it ends is not known.
        return
    if moment in ("idle", "closing", "after-close"):
        context.ledger.about(notes.IDLE_RESET, flow, flow.resets, side=side, count=1)
        return
    if moment == "handshake" and is_traced(flow, context):
        return

    def note() -> None:
        context.ledger.about(faults.CONNECTION_RESET, flow, flow.resets, side=side, moment=moment, count=1)

    if moment == "handshake" and not flow.syns:
        # The answer to a SYN that was sent to somebody else?
        packets = NotedPackets(*flow.syn_acks.packets, *flow.resets.packets)
        context.strays.answered((flow.client, flow.from_server.acked), flow, packets, note)
    elif moment == "handshake" and half is flow.from_client and not flow.confirmed:
        # As who only wants to know whether the port is open.
        context.scans.tried(flow, Try.ACCEPTED)
        context.scans.unless(flow, note)
    else:
        note()


def is_traced(flow: Flow, context: Context) -> bool:
    """Whether its SYNs look for the way: then routers answer, or nobody, and the target is reset when it does."""
    return context.traceroutes.covers((flow.client[0], flow.server[0]))


def judge_half(half: Half, context: Context, now: int) -> None:
    """What went wrong in one direction."""
    flow, side, ledger = half.flow, half.side, context.ledger
    if half.repeats is not None:
        judge_repeats(half, half.repeats, context)
    if half.out_of_order:
        count = half.out_of_order.count
        ledger.about(notes.OUT_OF_ORDER, flow, half.out_of_order, side=side, count=count)
    if half.lost:
        ledger.about(notes.LOST_IN_CAPTURE, flow, NotedPackets(), side=side, bytes=half.lost)
    if (zero := half.zero_window) is not None:
        # Behind its end nobody waits for a window.
        until = now if flow.outcome is Outcome.OPEN else flow.until
        still = until - zero.since if zero.since is not None else 0
        seconds = max(zero.longest, still) / 1e9
        if seconds >= ZERO_WINDOW_SECONDS:
            count = zero.packets.count
            ledger.about(warnings.ZERO_WINDOW, flow, zero.packets, side=side, count=count, seconds=seconds)
    if half.keep_alives is not None:
        judge_keep_alives(half, half.keep_alives, ledger)
    fin = half.fin
    if (
        fin
        and half.peer.packets
        and not half.peer.fin
        and not flow.resets
        and now - fin.ns > LONG_HALF_CLOSED
    ):
        evidence, seconds = NotedPackets(fin.packet), (now - fin.ns) / 1e9
        ledger.about(notes.HALF_CLOSED_LONG, flow, evidence, side=half.peer.side, seconds=seconds)


def judge_repeats(half: Half, repeats: Repeats, context: Context) -> None:
    """Retransmissions: many of them, or the same again and again and never an ACK."""
    flow, side, count, size = half.flow, half.side, repeats.packets.count, repeats.largest
    if (shrunk := repeats.shrunk) is not None and not half.unheard:
        told = partial(
            context.ledger.about,
            warnings.MTU_WORKED_AROUND,
            flow,
            shrunk.tries,
            side=side,
            payload_bytes=shrunk.size,
            smaller_bytes=shrunk.smaller,
            count=shrunk.tries.count,
            seconds=shrunk.ns / 1e9,
        )
        context.shown.where(lambda: context.shown.acks, flow, told)
        return
    lost = losses(half, repeats, context.ledger)
    if not (is_hole(half, repeats) and half.unheard and count >= NOTABLE_REPEATS):
        lost()
        return
    about: dict[str, Value] = {"side": side, "payload_bytes": size, "count": count}
    told = partial(context.ledger.about, faults.MTU_BLACK_HOLE, flow, repeats.packets, **about)
    hole = partial(context.shown.where, lambda: context.shown.acks, flow, told)
    ends = (flow.client[0], flow.server[0])
    context.holes.swallowed(ends if side is Side.CLIENT else ends[::-1], size, hole, lost)


def losses(half: Half, repeats: Repeats, ledger: Ledger) -> Callable[[], None]:
    """Tells what was sent again, where its size is not to blame."""
    flow, side, count = half.flow, half.side, repeats.packets.count
    about: dict[str, Value] = {"side": side}
    if half.ignored and is_last_word(half, repeats):
        return lambda: None
    if half.ignored:
        about |= {"count": repeats.tries.count, "seconds": (flow.until - repeats.since) / 1e9}
        return partial(ledger.about, faults.PEER_SILENT, flow, repeats.tries, **about)
    percent = 100 * count / half.segments if half.segments else 0
    if not count or percent < NOTABLE_PERCENT:
        return lambda: None
    about |= {"count": count, "percent": percent}
    return partial(ledger.about, warnings.RETRANSMISSIONS, flow, repeats.packets, **about)


def is_last_word(half: Half, repeats: Repeats) -> bool:
    """Whether what was sent in vain is only the FIN to a peer that had sent its own, and has all: nobody needs it."""
    fin = half.fin
    return fin is not None and half.peer.fin is not None and repeats.seq == (fin.behind - 1) % WRAP


def is_hole(half: Half, repeats: Repeats) -> bool:
    """Whether what is sent in vain may be too large for the way: the peer was there just before, and its other packets
    come.
    """
    heard = half.peer.packets and repeats.since - half.peer.acked_ns < JUST_HEARD
    return bool(heard) and repeats.largest >= SMALLEST_MTU_PAYLOAD and never_passed(half, repeats)


def never_passed(half: Half, repeats: Repeats) -> bool:
    """Whether no segment as large as what was sent again was ever acknowledged: else size is not what stops it."""
    return not (half.has_passed and half.largest >= repeats.largest)


def judge_keep_alives(half: Half, keep_alives: KeepAlives, ledger: Ledger) -> None:
    """Keep-alives are in order as long as they are answered."""
    packets = keep_alives.packets
    ignored = keep_alives.open >= UNANSWERED_KEEP_ALIVES
    finding = faults.KEEP_ALIVE_UNANSWERED if ignored else notes.KEEP_ALIVE
    ledger.about(finding, half.flow, packets, side=half.side, count=packets.count)


def judge_shown(flow: Flow, context: Context) -> None:
    """Which packets are there, and whether what is not there was left out."""
    shown, halves = context.shown, (flow.from_client, flow.from_server)
    shown.answers |= bool(flow.from_client.packets) and flow.from_server.packets > flow.syn_acks.count
    shown.confirmed |= flow.confirmed
    shown.acks |= flow.confirmed or any(half.acked_more for half in halves)
    if flow.is_partial:
        flow.doubtful = True
        if all(half.packets for half in halves):
            shown.partly(flow, "packets")


def judge_one_sided(flow: Flow, ledger: Ledger) -> None:
    """Both sides talk, as the ACKs prove, but only one of them is in the capture."""
    for half in (flow.from_client, flow.from_server):
        if half.packets and not half.peer.packets and half.acked_more:
            ledger.about(warnings.ONE_SIDED, flow, NotedPackets(flow.first_packet), side=half.side, count=1)


def judge_pause(flow: Flow, context: Context) -> None:
    """A client that is connected, and takes its time before it asks."""
    opened = [run for run in flow.runs[:PAUSE_WITHIN] if run.kind is steps.TCP_ESTABLISHED]
    asked = [run for run in flow.runs[:PAUSE_WITHIN] if run.kind is HTTP_REQUEST]
    seconds = (asked[0].at - opened[0].at) / 1e9 if opened and asked and flow.confirmed else 0.0
    if seconds <= PAUSE_SECONDS:
        context.pauses.prompt(flow)
    elif not flow.client_roles:
        evidence = NotedPackets(opened[0].packets[0], asked[0].packets[0])
        told = partial(context.ledger.about, warnings.SLOW_CLIENT, flow, evidence, count=1, seconds=seconds)
        context.pauses.paused(flow, told)


def judge_check(flow: Flow, context: Context) -> None:
    """A connection without a byte of data is how a TCP probe or a load balancer asks whether a port is open."""
    silent = not flow.from_client.payload and not flow.from_server.payload
    over = flow.outcome in (Outcome.CLOSED, Outcome.RESET)
    if flow.start_seen and flow.established and silent and over:
        context.visits.knocked(flow)


def last_packet(flow: Flow) -> int:
    """The last packet that a step tells of."""
    return max((run.last for run in flow.runs[-4:]), default=flow.first_packet)

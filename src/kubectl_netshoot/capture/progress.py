"""What is said of a capture: the live line, and at the end the counts, ours beside tcpdump's. Pure text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from .stream import Stream, Why
from .tcpdump import Bounds

# More of the kernel's buffer (-B) would need memory that the container's limits may not allow.
DROPPED = "a narrower filter or --snaplen 96 gives the kernel less to copy"

# A shell tells a child's end by signal N as 128 + N. The pod is Linux, wherever we are.
SIGNALLED = 128
SIGNALS = (
    *("HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE"),
    *("KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM"),
)


@dataclass(frozen=True)
class Speed:
    """Bytes at an earlier time, for the rate."""

    at: float
    bytes: int


def size(count: float) -> str:
    """Bytes for people, in units of 1000."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def clock(seconds: float) -> str:
    """A time left: 9m05s."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def live_line(streams: Sequence[Stream], before: Speed, now: float, left: float) -> str:
    """Packets, bytes, rate, time left and drops, of all streams together. `now` and `left` are in seconds."""
    taken = sum(stream.taken.bytes for stream in streams)
    rate = (taken - before.bytes) / max(0.001, now - before.at)
    told = [stream.said.live for stream in streams if stream.said.live]
    drops = f"{sum(counts.dropped for counts in told):,} dropped" if told else "drops not known yet"
    packets = sum(stream.taken.packets for stream in streams)
    return f"{_packets(packets)}, {size(taken)}, {size(rate)}/s, {clock(left)} left, {drops}"


def bounds_text(bounds: Bounds, pods: int) -> str:
    """Where it ends at the latest, said at the start."""
    parts = [f"{clock(bounds.duration.total_seconds())}", size(bounds.max_size)]
    if bounds.count:
        parts.append(_packets(bounds.count))
    each = " from each pod" if pods > 1 else ""
    return f"ends after {' or '.join(parts)}{each}, or by Ctrl-C"


def summary(name: str, stream: Stream, took: timedelta, names: Sequence[str]) -> Iterator[str]:
    """What one pod's capture came to."""
    taken = stream.taken
    where = f" into {', '.join(names)}" if names else ""
    why = "" if stream.why in (None, Why.BY_ITSELF) else f"; {stream.why.value}"
    yield f"{name}: {_packets(taken.packets)}, {size(taken.bytes)} in {clock(took.total_seconds())}{where}{why}"
    if stream.said.final:
        yield f"{name}: tcpdump says {stream.said.final}"


def broken_off(stream: Stream) -> str:
    """Why it ended although nobody had ended it and no bound was reached; empty where that is not so."""
    status = stream.said.status
    if not stream.ended or stream.why is not Why.BY_ITSELF or status == 0:
        return ""
    if status is None:
        return "the connection was lost"
    if status > SIGNALLED:
        number = status - SIGNALLED
        name = f"SIG{SIGNALS[number - 1]}" if number <= len(SIGNALS) else f"signal {number}"
        return f"tcpdump was killed by {name}"
    said = "; ".join(stream.said.complaints[-3:])
    return f"tcpdump ended with status {status}: {said or 'no word of why'}"


def warnings(name: str, stream: Stream) -> Iterator[str]:
    """Everything that was lost, as far as anybody knows."""
    final, taken = stream.said.final, stream.taken
    if stream.lost:
        yield f"{name}: the stream was cut before tcpdump's end: what came after is not known"
    if taken.cut_bytes:
        yield f"{name}: the last packet did not arrive whole ({taken.cut_bytes} bytes of it): it was left out"
    if final is None:
        if not stream.lost:
            yield f"{name}: tcpdump said no counts: whether it dropped packets is not known"
        return
    if final.dropped:
        yield f"{name}: {_packets(final.dropped)} were dropped before tcpdump saw them: {DROPPED}"
    if final.captured != taken.packets and stream.why in (None, Why.BY_ITSELF, Why.SIGNAL, Why.DURATION):
        yield f"{name}: tcpdump captured {_packets(final.captured)}, {_packets(taken.packets)} arrived here"


def _packets(count: int) -> str:
    return f"{count:,} packet{'' if count == 1 else 's'}"

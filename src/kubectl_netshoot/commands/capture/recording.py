"""A capture from its first packet to its closing message, in one pod or in several: bounds, signals, losses, counts,
and why nothing comes.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta

from kubectl_netshoot.commands.capture.outputs import Outputs
from kubectl_netshoot.commands.capture.request import CaptureRequest
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.process.pipes import Producer
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.session.tools.records import Lines, Output, Records
from kubectl_netshoot.session.tools.stream import Stream, StreamEnd, Why
from kubectl_netshoot.session.tools.tcpdump import CHECK_SECONDS, Bounds, judge_check, words
from kubectl_netshoot.terminal import Terminal

SILENCE_SECONDS = 10.0


@dataclass(frozen=True)
class CapturePoint:
    """Where a capture listens. `joined` are the Services of a copy with its share of their new connections in words;
    `hazards` are the ids and sentences of the plan's warnings; `live` a running pod, as against a copy.
    """

    live: bool
    interface: str
    filter: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    hazards: tuple[tuple[str, str], ...] = ()


def why_silent(place: CapturePoint) -> tuple[str, ...]:
    """What can be the reason that no packet came, the likeliest first."""
    return (
        *_of_filter(place),
        *_of_traffic(place),
        *(
            f"{hazard}: {what}"
            for hazard, what in place.hazards
            if hazard in ("no-traffic", "network-policy")
        ),
        *_of_mesh(place),
        *_of_interface(place),
    )


def _of_filter(place: CapturePoint) -> Sequence[str]:
    if not place.filter:
        return ()
    what = f"the filter, {words(place.filter)!r}, matches nothing"
    return (f"{what}: a pod sees its own port and not the Service's; try without it",)


def _of_traffic(place: CapturePoint) -> Sequence[str]:
    if place.live:
        return ("nothing is sent to the pod now",)
    if not place.joined:
        return (
            "a plain copy is in no Service: --join-service puts it behind the Service, --live is the pod itself",
        )
    share = f"only new connections come ({', '.join(place.joined)})"
    return (f"{share}: clients that keep theirs open stay with the endpoints that they know",)


def _of_mesh(place: CapturePoint) -> Sequence[str]:
    found = [what for hazard, what in place.hazards if hazard == "mesh"]
    return [
        f"mesh: {what}; its proxy may send nothing to a copy, and talks to the application by lo"
        for what in found
    ]


def _of_interface(place: CapturePoint) -> Sequence[str]:
    if place.interface == "any":
        return ()
    return (f"the packets take another interface than {place.interface}: try -i any",)


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
    return f"ends after {', '.join(parts[:-1])} or {parts[-1]}{each}, or by Ctrl-C"


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
    return f"tcpdump ended with status {status}: {said or 'no reason given'}"


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


TICK_SECONDS = 0.5
ASK_SECONDS = 2.0
# After the request to end: as long as bytes still come, they are waited for.
PATIENCE_SECONDS = 15.0


@dataclass
class Watch:
    """Over these streams, by the names of their pods.

    `look` is asked at every turn, with whether something has happened, and is False once there is no pod to listen to;
    `silent` gives the reasons for silence; `tick` is called at every turn; `live`: show a live line where there is a
    terminal for it.
    """

    streams: Mapping[str, Stream]
    duration: timedelta
    inbox: Inbox
    terminal: Terminal
    look: Callable[[bool], bool]
    silent: Callable[[], Sequence[str]]
    tick: Callable[[], None]
    live: bool = True
    began: float = field(default_factory=time.monotonic)
    _asked_at: float = 0.0
    _speed: Speed = field(default_factory=lambda: Speed(time.monotonic(), 0))
    _spoke_of_silence: bool = False
    _told: set[str] = field(default_factory=set)

    @property
    def took(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self.began)

    def run(self) -> None:
        """Until every stream has ended. What does not end in good order is killed."""
        while running := [stream for stream in self.streams.values() if not stream.ended]:
            self._tell_of_losses()
            woken = self.inbox.get(TICK_SECONDS) is not None
            # A burst of events is one.
            self.inbox.wait(0)
            self.tick()
            reason = self._reason_to_stop(woken)
            for stream in running:
                if reason:
                    stream.stop(reason)
                elif stream.output.reader_left:
                    stream.stop(Why.READER)
                self._hurry(stream)
            self._tell()

    def _reason_to_stop(self, woken: bool) -> Why | None:
        if self.inbox.signal:
            return Why.SIGNAL
        if time.monotonic() >= self._end:
            return Why.DURATION
        return None if self.look(woken) else Why.GONE

    @property
    def _end(self) -> float:
        return self.began + self.duration.total_seconds()

    def _hurry(self, stream: Stream) -> None:
        quiet = time.monotonic() - max(stream.stopped_at, stream.taken.since)
        if stream.stopped_at and quiet > 2 * PATIENCE_SECONDS:
            stream.abandon()
        elif stream.stopped_at and quiet > PATIENCE_SECONDS:
            stream.kill()

    def _tell_of_losses(self) -> None:
        """At once, since what the others capture may be worth less without it. Of the last one its end tells."""
        for pod, stream in self.streams.items():
            if pod not in self._told and (why := broken_off(stream)):
                self._told.add(pod)
                self.terminal.warn(f"{pod}: {why}; the other pods' captures go on")

    def _tell(self) -> None:
        now = time.monotonic()
        packets = sum(stream.taken.packets for stream in self.streams.values())
        if not self._spoke_of_silence and not packets and now - self.began > SILENCE_SECONDS:
            self._spoke_of_silence = True
            self.terminal.say(f"no packet in {SILENCE_SECONDS:.0f} seconds. It may be that")
            for reason in self.silent():
                self.terminal.say(f"  - {reason}")
        if self.live and self.terminal.shows_progress:
            self._progress(now)

    def _progress(self, now: float) -> None:
        if now - self._asked_at >= ASK_SECONDS:
            self._asked_at = now
            for stream in self.streams.values():
                stream.ask_for_counts()
        self.terminal.live(live_line([*self.streams.values()], self._speed, now, self._end - now))
        if now - self._speed.at >= ASK_SECONDS:
            self._speed = Speed(now, sum(stream.taken.bytes for stream in self.streams.values()))


@dataclass(frozen=True)
class CaptureContainer:
    """A container that tcpdump can run in. `sleeper` is the process that ends with the capture, 0 where none does."""

    pod: str
    container: str
    image: str
    profile: str
    sleeper: int = 0


def check(spot: CaptureContainer, request: CaptureRequest, edges: Edges) -> None:
    """Have tcpdump try filter, interface and rights there. Raises UsageError or NetshootError, with its words."""
    edges.terminal.progress(f"{spot.pod}: trying the filter")
    done = edges.kubectl.ask(spot.pod, request.tcpdump.check_argv(), CHECK_SECONDS, spot.container)
    judge_check(done.status, done.stderr, spot.image, spot.profile)


@dataclass
class Recording:
    """`look` is asked meanwhile, and is False once there is nothing left to listen to."""

    request: CaptureRequest
    edges: Edges
    outputs: Outputs
    place: CapturePoint
    look: Callable[[bool], bool]

    def run(self, spots: Sequence[CaptureContainer]) -> bool:
        """Capture until a bound, a signal or a reader that leaves ends it. False where the connection was lost.

        Raises NetshootError for a capture that never began or could not be written; what there is, is kept.
        """
        terminal = self.edges.terminal
        terminal.say(f"capturing: {bounds_text(self.request.bounds, len(spots))}")
        streams = {
            spot.pod: self._start(spot, output) for spot, output in zip(spots, self.outputs.each, strict=True)
        }
        on_screen = self.request.tcpdump.text and terminal.stdout_is_terminal
        watch = Watch(
            streams,
            self.request.bounds.duration,
            self.edges.inbox,
            terminal,
            self.look,
            lambda: why_silent(self.place),
            self.outputs.tick,
            # Printed packets and a line that is rewritten would stand in each other's way.
            live=not on_screen,
        )
        with terminal.lent() if on_screen else nullcontext():
            watch.run()
        trouble = self._close([stream.end for stream in streams.values()])
        for pod, stream in streams.items():
            self._report(pod, stream, watch)
        if self.outputs.late:
            terminal.warn(f"{self.outputs.late:,} packets came too late to stand in the order of their times")
        self._raise_for(streams, trouble)
        return not any(stream.lost for stream in streams.values())

    def _start(self, spot: CaptureContainer, output: Output) -> Stream:
        kubectl = self.edges.kubectl
        command = self.request.tcpdump.bounded_argv(spot.sleeper)
        argv = kubectl.exec_argv(spot.pod, command, tty=False, stdin=True, container=spot.container)
        text = self.request.tcpdump.text
        return Stream(
            lambda hear: Producer(argv, kubectl.env, hear),
            Lines() if text else Records(),
            output,
            self._bounds(text),
            self.edges.inbox.wake,
        )

    def _bounds(self, text: bool) -> Bounds:
        # Of text only tcpdump knows what belongs to the last packet.
        return replace(self.request.bounds, count=0) if text else self.request.bounds

    def _close(self, ends: Sequence[StreamEnd]) -> NetshootError | None:
        try:
            self.outputs.close(ends)
        except NetshootError as error:
            return error
        return None

    def _report(self, pod: str, stream: Stream, watch: Watch) -> None:
        for line in summary(pod, stream, watch.took, stream.output.names):
            self.edges.terminal.say(line)
        for line in warnings(pod, stream):
            self.edges.terminal.warn(line)
        for line in stream.said.complaints:
            self.edges.terminal.detail(f"{pod}: {line}")

    def _raise_for(self, streams: Mapping[str, Stream], trouble: NetshootError | None) -> None:
        errors = [stream.error for stream in streams.values() if stream.error]
        if errors or trouble:
            raise errors[0] if errors else trouble or errors[0]
        ended = [f"{pod}: {why}" for pod, stream in streams.items() if (why := _why_tcpdump_ended(stream))]
        if ended:
            raise NetshootError("; ".join(ended))


def _why_tcpdump_ended(stream: Stream) -> str:
    return "" if stream.lost else broken_off(stream)

"""Both ends at once: tcpdump in the client's pod and in the server's, the same connections again, and what each saw."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from kubectl_netshoot.commands.why.client import Client
from kubectl_netshoot.commands.why.evidence import EndCapture, Evidence
from kubectl_netshoot.commands.why.matching import flows
from kubectl_netshoot.commands.why.sockets import counters, half_open, listeners
from kubectl_netshoot.commands.why.tries import Dial
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.packets.points.sightings import Sightings
from kubectl_netshoot.packets.read.pcap import PcapReader
from kubectl_netshoot.process.pipes import Streaming
from kubectl_netshoot.session.added import at_once
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.tools.probes import Answers, Probe
from kubectl_netshoot.session.tools.records import Records
from kubectl_netshoot.session.tools.run import Lost, Tools
from kubectl_netshoot.session.tools.stream import Stream, Why
from kubectl_netshoot.session.tools.tcpdump import Bounds, Tcpdump

# Of each packet: its headers, and what an ICMP error quotes of it.
SNAPLEN = 128
MOST_BYTES = 32 * 1024 * 1024
# In the pod, whatever becomes of us.
CAPTURE_SECONDS = 60
LISTEN_SECONDS = 10.0
# For the last packets, and for tcpdump's last words.
SETTLE_SECONDS, END_SECONDS = 0.3, 5.0
LOOK_SECONDS = 0.05
BEGIN_SECONDS = 5
LISTENERS, HALF_OPEN, COUNTERS = Probe("listeners"), Probe("halfopen"), Probe("counters")
# A FIN or data is not needed of others' connections; IPv6 has no flags where tcp[13] looks.
SYN_OR_RST = "(tcp[13] & 6 != 0 or (ip6 proto 6 and ip6[53] & 6 != 0))"


@dataclass(frozen=True)
class EndContainer:
    """A container beside one end; `captures` is whether tcpdump can work in it."""

    edges: Edges
    pod: str
    container: str
    sleeper: int = 0
    captures: bool = True


class Kept:
    """The output of one tcpdump: its packets are looked at as they come, and their bytes are kept."""

    names: tuple[str, ...] = ()
    room = MOST_BYTES
    reader_left = False

    def __init__(self) -> None:
        self.sightings = Sightings()
        self.content = bytearray()
        self._reader = PcapReader()

    def begin(self, preamble: bytes) -> None:
        self.write(memoryview(preamble))

    def rotate(self) -> None:
        """There is no file."""

    def write(self, records: memoryview) -> None:
        data = bytes(records)
        self.content += data
        for frame in self._reader.feed(data):
            self.sightings.take(frame)

    def close(self) -> None:
        """All there is has been looked at."""


@dataclass
class BothEnds:
    """`servers` are the spots in the server's pods; `keep` is given each pod's capture, for -w."""

    client: Client
    here: EndContainer
    servers: Sequence[EndContainer]
    keep: Callable[[str, bytes], None]

    def look(self, evidence: Evidence, made: Sequence[Dial]) -> Evidence:
        """Make these connections under the eyes of both ends. Raises NetshootError where no tool could be run, Lost."""
        kept = {spot.pod: Kept() for spot in self._spots if spot.captures}
        streams = {
            spot.pod: self._capture(spot, made, kept[spot.pod]) for spot in self._spots if spot.captures
        }
        with ThreadPoolExecutor(1) as pool:
            try:
                before = self._sockets([COUNTERS])
                ready = self._wait_until_they_listen(streams)
                self.client.connect(made)
                # Half-open connections are there for seconds: meanwhile the captures come to their ends.
                asking = pool.submit(self._sockets, [LISTENERS, HALF_OPEN, COUNTERS])
                time.sleep(SETTLE_SECONDS)
            finally:
                _stop(streams)
            after = asking.result()
        for pod, one in kept.items():
            self.keep(pod, bytes(one.content))
        tries = self.client.tries(made, evidence.server)
        seen = {pod: _seen(pod, streams[pod], ready[pod]) for pod in kept}
        here = self.here.pod
        others = {pod: one for pod, one in kept.items() if pod in {spot.pod for spot in self.servers}}
        return replace(
            evidence,
            tries=tries,
            client_capture=seen.get(here),
            captures={pod: seen[pod] for pod in others},
            flows=flows(
                tries,
                kept[here].sightings if here in kept else None,
                {pod: one.sightings for pod, one in others.items()},
                evidence.client,
                evidence.server.pods,
            ),
            no_arp=kept[here].sightings.no_arp if here in kept else (),
            listeners={pod: listeners(answers.of(LISTENERS).text) for pod, answers in after.items()},
            half_open={pod: half_open(answers.of(HALF_OPEN).text) for pod, answers in after.items()},
            counters={
                pod: counters(before[pod].of(COUNTERS).text, answers.of(COUNTERS).text)
                for pod, answers in after.items()
                if pod in before
            },
            missing=(*evidence.missing, *_trouble(streams, ready)),
        )

    @property
    def _spots(self) -> list[EndContainer]:
        """Of a pod that is both ends, one."""
        return [self.here, *(spot for spot in self.servers if spot.pod != self.here.pod)]

    def _capture(self, spot: EndContainer, made: Sequence[Dial], output: Kept) -> Stream:
        bounds = Bounds(timedelta(seconds=CAPTURE_SECONDS), max_size=MOST_BYTES, snaplen=SNAPLEN)
        wanted = packet_filter(made, spot is self.here)
        command = Tcpdump("any", bounds, filter=wanted, immediate=True).bounded_argv(spot.sleeper)
        kubectl = spot.edges.kubectl
        argv = kubectl.exec_argv(spot.pod, command, tty=False, stdin=True, container=spot.container)
        start = lambda hear: Streaming(argv, kubectl.env, hear)  # noqa: E731
        return Stream(start, Records(), output, bounds, spot.edges.inbox.wake)

    def _wait_until_they_listen(self, streams: Mapping[str, Stream]) -> dict[str, bool]:
        """Which of them do."""
        edges, until = self.here.edges, time.monotonic() + LISTEN_SECONDS
        while time.monotonic() < until:
            if edges.inbox.signal:
                raise Lost
            if all(stream.said.listening or stream.ended for stream in streams.values()):
                break
            edges.terminal.progress("waiting for tcpdump at both ends")
            edges.inbox.wait(LOOK_SECONDS)
        return {pod: stream.said.listening and not stream.ended for pod, stream in streams.items()}

    def _sockets(self, probes: Sequence[Probe]) -> dict[str, Answers]:
        """What the server's pods say of their sockets and counters, each asked for itself."""
        found = {spot.pod: Answers() for spot in self.servers}

        def ask(spot: EndContainer) -> None:
            tools = Tools(spot.edges, spot.pod, spot.container, found[spot.pod])
            tools.ask(probes, "asking for its sockets", BEGIN_SECONDS)

        errors = at_once([partial(ask, spot) for spot in self.servers])
        for error in errors:
            if isinstance(error, Lost):
                raise error
        return {
            spot.pod: found[spot.pod]
            for spot, error in zip(self.servers, errors, strict=True)
            if error is None
        }


def packet_filter(made: Sequence[Dial], at_client: bool) -> tuple[str, ...]:
    """Our own connections by their ports; at the server SYN and RST of others too, since ports may be translated."""
    numbers = [dial.source_port for dial in made]
    own = f"tcp portrange {min(numbers)}-{max(numbers)}"
    if at_client:
        return ("arp", "or", "icmp", "or", "icmp6", "or", own)
    ports = " or ".join(
        f"tcp port {port}" for port in sorted({dial.place.port for dial in made if dial.place.pod})
    )
    syns = f" or (({ports}) and {SYN_OR_RST})" if ports else ""
    return (f"icmp or icmp6 or {own}{syns}",)


def _stop(streams: Mapping[str, Stream]) -> None:
    """In good order, in a short while."""
    for stream in streams.values():
        stream.stop(Why.BY_ITSELF)
    until = time.monotonic() + END_SECONDS
    while any(not stream.ended for stream in streams.values()) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    for stream in streams.values():
        if not stream.ended:
            stream.kill()


def _seen(pod: str, stream: Stream, ready: bool) -> EndCapture:
    final = stream.said.final
    return EndCapture(
        pod, ready and stream.error is None, final.dropped if final and not stream.lost else None
    )


def _trouble(streams: Mapping[str, Stream], ready: Mapping[str, bool]) -> list[str]:
    """Why a capture is no good."""
    found = []
    for pod, stream in streams.items():
        if not ready[pod]:
            said = "; ".join(stream.said.complaints[-2:]) or "it did not begin in time"
            found.append(f"tcpdump did not run in pod {pod}: {said}")
        elif stream.lost or isinstance(stream.error, NetshootError):
            found.append(f"the capture in pod {pod} was cut off")
    return found

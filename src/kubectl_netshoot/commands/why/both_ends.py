"""Both ends at once: tcpdump in the client's pod and in the server's, the same connections again, and what each saw."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
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
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.packets.points.sightings import Sightings
from kubectl_netshoot.packets.read.pcap import PcapReader
from kubectl_netshoot.process.pipes import Producer
from kubectl_netshoot.session.added import at_once
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.tools.probes import Answers, Probe
from kubectl_netshoot.session.tools.records import Records
from kubectl_netshoot.session.tools.run import Lost, Tools
from kubectl_netshoot.session.tools.stream import Stream, Why
from kubectl_netshoot.session.tools.tcpdump import Bounds, Tcpdump

# Of each packet: its headers, and what an ICMP error quotes of it.
SNAPLEN = 128
MOST_BYTES = 32 * 1024 * 1024
# In the pod, whatever becomes of us; and for as long as others may take to start.
CAPTURE_SECONDS = 60
LISTEN_SECONDS = 10.0
# For the last packets, beside what the other end waits (HANDOVER_SECONDS), and for tcpdump's last words.
SETTLE_SECONDS, END_SECONDS = 0.1, 5.0
LOOK_SECONDS = 0.05
# So long before the last connection is given up, the server's sockets are asked for.
AHEAD_SECONDS = 1.0
BEGIN_SECONDS = 5
LISTENERS, HALF_OPEN, COUNTERS = Probe("listeners"), Probe("halfopen"), Probe("counters")
# What the pod has counted goes before tcpdump's own words, which spares a kubectl.
COUNT = "count "
COUNTING = ("sh", "-c", f'cat /proc/net/snmp /proc/net/netstat | sed "s/^/{COUNT}/" >&2; exec "$@"', "count")
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


class Watch:
    """One end while it is watched: its tcpdump, begun at once, and what the pod counted before any connection."""

    def __init__(self, spot: EndContainer, filter_: tuple[str, ...], life: timedelta) -> None:
        self.spot, self.kept = spot, Kept()
        self.ready = self.was_cut = self._is_stopped = False
        self._counted: list[str] = []
        self.stream = self._capture(filter_, life) if spot.captures else None

    def count(self) -> None:
        """Ask for its counters, where no tcpdump follows them. Raises Lost."""
        if self.stream is None:
            self._counted = self.sockets((COUNTERS,)).of(COUNTERS).lines

    @property
    def before(self) -> str:
        """What the pod had counted before any connection; empty where that is not known."""
        return "\n".join(self._counted)

    def sockets(self, probes: Sequence[Probe] = (LISTENERS, HALF_OPEN, COUNTERS)) -> Answers:
        """What the pod says of its sockets and counters now; nothing where it cannot be asked. Raises Lost."""
        found = Answers()
        tools = Tools(self.spot.edges, self.spot.pod, self.spot.container, found)
        with contextlib.suppress(NetshootError):
            tools.ask(probes, "asking for its sockets", BEGIN_SECONDS)
        return found

    @property
    def waits(self) -> bool:
        """Whether tcpdump has neither begun nor failed."""
        return self.stream is not None and not (self.stream.said.listening or self.stream.ended)

    def stop(self) -> None:
        """End its capture in good order. One that has ended before, since it was full perhaps, is not whole."""
        if self.stream is not None and not self._is_stopped:
            self._is_stopped = True
            self.was_cut = self.stream.ended or self.stream.why is not None
            self.stream.stop(Why.BY_ITSELF)

    @property
    def seen(self) -> EndCapture | None:
        """How far its capture can be believed; None without one."""
        if self.stream is None:
            return None
        final = self.stream.said.final
        return EndCapture(
            self.spot.pod,
            self.ready and not self.was_cut and self.stream.error is None,
            final.dropped if final and not self.stream.lost else None,
        )

    @property
    def trouble(self) -> str:
        """Why its capture is no good; empty where it is good, or where there is none."""
        stream, pod = self.stream, self.spot.pod
        if stream is None:
            return ""
        if not self.ready:
            said = "; ".join(stream.said.complaints[-2:]) or "it did not begin in time"
            return f"tcpdump did not run in pod {pod}: {said}"
        if stream.lost or isinstance(stream.error, NetshootError):
            return f"the capture in pod {pod} was cut off"
        if self.was_cut:
            return f"the capture in pod {pod} ended before the connections did"
        return ""

    def _capture(self, filter_: tuple[str, ...], life: timedelta) -> Stream:
        spot, bounds = self.spot, Bounds(life, max_size=MOST_BYTES, snaplen=SNAPLEN)
        command = Tcpdump("any", bounds, filter=filter_, immediate=True).bounded_argv(spot.sleeper)
        kubectl = spot.edges.kubectl
        argv = kubectl.exec_argv(
            spot.pod, (*COUNTING, *command), tty=False, stdin=True, container=spot.container
        )

        def start(hear: Callable[[str], None]) -> Producer:
            return Producer(argv, kubectl.env, partial(self._hear, hear))

        return Stream(start, Records(), self.kept, bounds, spot.edges.inbox.wake)

    def _hear(self, of_tcpdump: Callable[[str], None], line: str) -> None:
        if line.startswith(COUNT):
            self._counted.append(line.removeprefix(COUNT))
        else:
            of_tcpdump(line)


class BothEnds:
    """These connections under the eyes of both ends. The client's is watched from the start, a pod of the server's as
    soon as its container runs (`begin`, from any thread). Whoever makes it calls `close`.
    """

    def __init__(self, client: Client, here: EndContainer, made: Sequence[Dial]) -> None:
        self._client, self._made = client, made
        self._life = timedelta(seconds=CAPTURE_SECONDS) + client.request.start_timeout
        self._here = Watch(here, packet_filter(made, at_client=True), self._life)
        self._servers: dict[str, Watch] = {}
        # Its kubectl starts while others do, and waits for our word.
        self._connections = client.hold(made)

    def begin(self, spot: EndContainer) -> None:
        """Raises NetshootError where kubectl cannot be run."""
        watch = self._servers[spot.pod] = Watch(spot, packet_filter(self._made, at_client=False), self._life)
        watch.count()

    def close(self) -> None:
        """End what still runs, in good order and in a short while."""
        self._connections.drop()
        streams = [watch.stream for watch in self._every if watch.stream]
        for watch in self._every:
            watch.stop()
        until = time.monotonic() + END_SECONDS
        while any(not stream.ended for stream in streams) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        for stream in streams:
            if not stream.ended:
                stream.kill()

    def look(self, evidence: Evidence, keep: Callable[[str, bytes], None]) -> Evidence:
        """Make the connections: the evidence with what each end saw. `keep` is given each pod's name and capture.

        Raises NetshootError where no tool could be run, Lost.
        """
        self._wait_until_they_listen()
        with ThreadPoolExecutor(1) as pool:
            connected = threading.Event()
            asking = pool.submit(self._sockets, connected)
            try:
                self._connections.ask()
                time.sleep(SETTLE_SECONDS)
            finally:
                connected.set()
                self.close()
            after = asking.result()
        for watch in self._every:
            keep(self._file(watch), bytes(watch.kept.content))
        tries = self._client.tries(self._made, evidence.server)
        here, servers = self._here, {pod: watch for pod, watch in self._servers.items() if watch.stream}
        return replace(
            evidence,
            tries=tries,
            client_capture=here.seen,
            captures={pod: seen for pod, watch in servers.items() if (seen := watch.seen)},
            flows=flows(
                tries,
                here.kept.sightings if here.stream else None,
                {pod: watch.kept.sightings for pod, watch in servers.items()},
                evidence.client,
                evidence.server.pods,
                [endpoint.address for endpoint in evidence.server.serving if is_address(endpoint.address)],
            ),
            no_arp=here.kept.sightings.no_arp if here.stream else (),
            listeners={pod: listeners(found.of(LISTENERS).text) for pod, found in after.items()},
            half_open={pod: half_open(found.of(HALF_OPEN).text) for pod, found in after.items()},
            counters={
                pod: counters(before, found.of(COUNTERS).text)
                for pod, found in after.items()
                if (before := self._servers[pod].before)
            },
            missing=(*evidence.missing, *(watch.trouble for watch in self._every if watch.trouble)),
        )

    @property
    def _every(self) -> list[Watch]:
        return [self._here, *self._servers.values()]

    def _file(self, watch: Watch) -> str:
        """Its pod's name; with the namespace where the client's pod has the same."""
        spot = watch.spot
        if watch is self._here or spot.pod != self._here.spot.pod:
            return spot.pod
        return f"{spot.edges.reads.fetch.namespace}_{spot.pod}"

    def _wait_until_they_listen(self) -> None:
        edges, until = self._here.spot.edges, time.monotonic() + LISTEN_SECONDS
        while any(watch.waits for watch in self._every) and time.monotonic() < until:
            if edges.inbox.signal:
                raise Lost
            edges.terminal.progress("waiting for tcpdump at both ends")
            edges.inbox.wait(LOOK_SECONDS)
        for watch in self._every:
            stream = watch.stream
            watch.ready = stream is not None and stream.said.listening and not stream.ended

    def _sockets(self, connected: threading.Event) -> dict[str, Answers]:
        """What the server's pods say, once the connections are over, or have waited for long: a queue that is full and
        a handshake that is half done stay so for as long as somebody waits.
        """
        seen, patience = 0.0, self._client.patience - AHEAD_SECONDS
        while not connected.wait(LOOK_SECONDS):
            seen = seen or (time.monotonic() if self._here.kept.sightings.segments else 0.0)
            if seen and time.monotonic() >= seen + patience:
                break
        found: dict[str, Answers] = {}

        def ask(pod: str, watch: Watch) -> None:
            answers = watch.sockets()
            if answers.of(LISTENERS).status is not None:
                found[pod] = answers

        for error in at_once([partial(ask, pod, watch) for pod, watch in self._servers.items()]):
            if error:
                raise error
        return found


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

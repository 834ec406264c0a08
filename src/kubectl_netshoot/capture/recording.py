"""A capture from its first packet to its last word, in one pod or in several at once, wherever they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.piping import Streaming
from kubectl_netshoot.session.driver import Edges

from . import progress
from .lines import Lines
from .merging import Output
from .outputs import Outputs
from .records import Records
from .request import CaptureRequest
from .silence import Place, why_silent
from .stream import Stream
from .tcpdump import CHECK_SECONDS, Bounds, judge_check
from .watch import Watch


@dataclass(frozen=True)
class Spot:
    """A container that tcpdump can run in. `sleeper` is the process that ends with the capture, 0 where none does."""

    pod: str
    container: str
    image: str
    profile: str
    sleeper: int = 0


def check(spot: Spot, request: CaptureRequest, edges: Edges) -> None:
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
    place: Place
    look: Callable[[bool], bool]

    def run(self, spots: Sequence[Spot]) -> bool:
        """Capture until a bound, a signal or a reader that leaves ends it. False where the connection was lost.

        Raises NetshootError for a capture that never began or could not be written; what there is, is kept.
        """
        terminal = self.edges.terminal
        terminal.say(f"capturing: {progress.bounds_text(self.request.bounds, len(spots))}")
        streams = {
            spot.pod: self._start(spot, output) for spot, output in zip(spots, self.outputs.each, strict=True)
        }
        watch = Watch(
            streams,
            self.request.bounds.duration,
            self.edges.inbox,
            terminal,
            self.look,
            lambda: why_silent(self.place),
            self.outputs.tick,
            # Printed packets and a line that is rewritten would stand in each other's way.
            live=not (self.request.tcpdump.text and terminal.stdout_is_terminal),
        )
        watch.run()
        trouble = self._close()
        for pod, stream in streams.items():
            self._report(pod, stream, watch)
        if self.outputs.late:
            terminal.warn(f"{self.outputs.late:,} packets came too late to stand in the order of their times")
        self._raise_for(streams, trouble)
        return not any(stream.lost for stream in streams.values())

    def _start(self, spot: Spot, output: Output) -> Stream:
        kubectl = self.edges.kubectl
        command = self.request.tcpdump.bounded_argv(spot.sleeper)
        argv = kubectl.exec_argv(spot.pod, command, tty=False, stdin=True, container=spot.container)
        text = self.request.tcpdump.text
        return Stream(
            lambda hear: Streaming(argv, kubectl.env, hear),
            Lines() if text else Records(),
            output,
            self._bounds(text),
            self.edges.inbox.wake,
        )

    def _bounds(self, text: bool) -> Bounds:
        # Of text only tcpdump knows what belongs to the last packet.
        return replace(self.request.bounds, count=0) if text else self.request.bounds

    def _close(self) -> NetshootError | None:
        try:
            self.outputs.close()
        except NetshootError as error:
            return error
        return None

    def _report(self, pod: str, stream: Stream, watch: Watch) -> None:
        for line in progress.summary(pod, stream, watch.took, stream.output.names):
            self.edges.terminal.say(line)
        for line in progress.warnings(pod, stream):
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
    return "" if stream.lost else progress.broken_off(stream)

"""Looking after captures while they run: bounds, signals, a reader that left, the live line, and a word on silence."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.terminal import Terminal

from .progress import Speed, broken_off, live_line
from .silence import SECONDS as SILENCE_SECONDS
from .stream import Stream, Why

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

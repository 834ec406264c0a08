"""How long the API server was away from us, and when those who lost it too should have heard from it again."""

import time
from dataclasses import dataclass, field

# client-go's reflector, by which kube-proxy hears of EndpointSlices, tries again after 0.8 s, then twice that and so
# on, each time up to twice as long by chance, and at last every 30 to 60 s (NewReflectorWithOptions). So after an
# outage it is away for no more than twice its length and two of the first pauses.
FIRST_SECONDS, LONGEST_SECONDS = 0.8, 60.0


@dataclass
class Outage:
    """Told of every answer, and of every request without one; `last` is when it answered last, by time.monotonic()."""

    last: float = field(default_factory=time.monotonic)
    _is_out: bool = False
    _back_by: float = 0.0

    def answered(self) -> None:
        """The server has answered, be it with a refusal."""
        now = time.monotonic()
        if self._is_out:
            self._is_out = False
            self._back_by = now + min(LONGEST_SECONDS, 2 * (now - self.last + FIRST_SECONDS))
        self.last = now

    def failed(self) -> None:
        """No answer, or one that says that the server does not work."""
        self._is_out = True

    def seconds_left(self) -> float:
        """Until everybody should have heard from the server again; zero or less where that is so."""
        return self._back_by - time.monotonic()

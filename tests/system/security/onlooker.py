"""Another user of the laptop, who reads the process table again and again and writes down what is in it. Linux only."""

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType


@dataclass
class Onlooker:
    """Everything that any process showed while the context lasted, by process id."""

    arguments: dict[int, set[bytes]] = field(default_factory=dict)
    environments: dict[int, set[bytes]] = field(default_factory=dict)
    rounds: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Onlooker":
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def arguments_with(self, secret: str) -> set[bytes]:
        """The argument lists that had it in them, of whatever process."""
        return _having(self.arguments, secret)

    def environments_with(self, secret: str) -> set[bytes]:
        """The environments that had it in them."""
        return _having(self.environments, secret)

    def _look(self) -> None:
        while not self._ended.is_set():
            for name in os.listdir("/proc"):
                if name.isdigit() and int(name) != os.getpid():
                    _note(self.arguments, int(name), "cmdline")
                    _note(self.environments, int(name), "environ")
            self.rounds += 1


def _note(seen: dict[int, set[bytes]], pid: int, what: str) -> None:
    try:
        seen.setdefault(pid, set()).add(Path(f"/proc/{pid}/{what}").read_bytes())
    except OSError:
        # It has ended, or is somebody else's.
        return


def _having(seen: dict[int, set[bytes]], secret: str) -> set[bytes]:
    # It still looks meanwhile.
    return {text for texts in tuple(seen.values()) for text in tuple(texts) if secret.encode() in text}

"""What a child says into a pipe of ours, read as it comes: no disk has to have room for it.

A credential plugin may leave a daemon that holds the pipe open after the child has ended, so the pipe's end is not
waited for: the last bytes in it are ours, and what the child has said stands before them.
"""

import contextlib
import os
import threading
import time

# What a child may say. The image behind `kubectl exec` is not ours, and may never stop.
MAX_OUTPUT = 64 * 1024 * 1024
CHUNK = 64 * 1024


class Said:
    """`writing` is the end for the child. At most MAX_OUTPUT bytes are kept; of one that says more, nothing.

    Raises OSError where the system gives no pipe.
    """

    def __init__(self) -> None:
        self._last = os.urandom(32)
        self._reading, self.writing = os.pipe()
        self._bytes = bytearray()
        self.is_too_much = False
        self._reader = threading.Thread(target=self._read, name="said", daemon=True)
        self._reader.start()

    def __enter__(self) -> "Said":
        return self

    def __exit__(self, *_: object) -> None:
        """Read what has been said so far, and no more; then `text` and `is_too_much` stand."""
        while True:
            # The pipe is full, and a child has made it non-blocking: it is being emptied.
            with contextlib.suppress(BlockingIOError):
                os.write(self.writing, self._last)
                break
            time.sleep(0.01)
        self._reader.join()
        os.close(self.writing)
        os.close(self._reading)

    def text(self) -> str:
        return self._bytes.decode(errors="replace")

    def _read(self) -> None:
        place = -1
        while place < 0:
            chunk = os.read(self._reading, CHUNK)
            new = max(0, len(self._bytes) - len(self._last))
            self._bytes += chunk
            place = self._bytes.find(self._last, new)
            if place < 0 and len(self._bytes) > MAX_OUTPUT + len(self._last):
                self.is_too_much = True
                del self._bytes[: -len(self._last)]
        del self._bytes[place:]
        self.is_too_much |= len(self._bytes) > MAX_OUTPUT

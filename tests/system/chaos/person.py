"""Who started the session: works in it for a while, answers what it asks, and leaves."""

import signal
import time

from tests.system.chaos.program import Program

GREETING = "attached"
# What stands on stderr, for a session whose stdout nobody can read.
READY = "(the cluster ends it at"
QUESTION = "Reconnect?"
# kubectl exec waits for ever for a server that never answers, and has the keyboard meanwhile.
PATIENCE_SECONDS = 45.0


class Person:
    """Looks when told to; never waits. `linger`: for how many seconds there is work to do, once attached.

    Who is promised a shell and gets none closes the window; who has lost it leaves only the next one.
    """

    def __init__(self, program: Program, linger: float, reconnect: bool, greeting: str = GREETING) -> None:
        self._program, self._linger, self._reconnect, self.greeting = program, linger, reconnect, greeting
        self._greeted = self._answered = 0
        self._leave_at = self._give_up_at = float("inf")

    def attend(self) -> None:
        """Do what is due: a lost connection is taken up once, where it is at all."""
        program, now = self._program, time.monotonic()
        if READY in program.text and self._give_up_at == float("inf"):
            self._give_up_at = now + PATIENCE_SECONDS
        if not self._greeted and now >= self._give_up_at:
            self._give_up_at = now + PATIENCE_SECONDS
            program.send(signal.SIGHUP, group=True)
        if program.text.count(self.greeting) > self._greeted:
            self._greeted = program.text.count(self.greeting)
            self._leave_at = now + self._linger
        if program.text.count(QUESTION) > self._answered:
            self._answered += 1
            self._leave_at = float("inf")
            program.type(b"y\n" if self._reconnect and self._answered == 1 else b"n\n")
        if now >= self._leave_at:
            self._leave_at = float("inf")
            program.end_input()

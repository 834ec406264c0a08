"""Who started the session: works in it for a while, answers what it asks, and leaves."""

import time

from tests.chaos.program import Program

GREETING = "attached"
# What stands on stderr, for a session whose stdout nobody can read.
READY = "is ready; the cluster ends it"
QUESTION = "Reconnect?"


class Person:
    """Looks when told to; never waits. `linger`: for how many seconds there is work to do, once attached."""

    def __init__(self, program: Program, linger: float, reconnect: bool, greeting: str = GREETING) -> None:
        self._program, self._linger, self._reconnect, self.greeting = program, linger, reconnect, greeting
        self._greeted = self._answered = 0
        self._leave_at = float("inf")

    def attend(self) -> None:
        """Do what is due: a lost connection is taken up once, where it is at all."""
        program = self._program
        if program.text.count(self.greeting) > self._greeted:
            self._greeted = program.text.count(self.greeting)
            self._leave_at = time.monotonic() + self._linger
        if program.text.count(QUESTION) > self._answered:
            self._answered += 1
            program.type(b"y\n" if self._reconnect and self._answered == 1 else b"n\n")
        if time.monotonic() >= self._leave_at:
            self._leave_at = float("inf")
            program.end_input()

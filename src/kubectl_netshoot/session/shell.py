"""The shell or COMMAND in a container: a kubectl child with the user's terminal, and an eye on the pod meanwhile."""

import signal
import time
from dataclasses import dataclass, field, replace

from kubectl_netshoot.kube.kubectl import remote_command_ended, shell_command
from kubectl_netshoot.model import Pod, Service
from kubectl_netshoot.process.interactive import Interactive
from kubectl_netshoot.session.driver import Edges
from kubectl_netshoot.session.inbox import ChildEnded, Signalled
from kubectl_netshoot.session.watcher import Eye, Lookout

GRACE_SECONDS = 5.0
# Of the time that is kept for leaving.
LEAVING_SECONDS = 2.0
ASK_SECONDS = 60.0
RETRIES = 3


@dataclass(frozen=True)
class Ended:
    """How it ended: `status` as a shell would give it; `lost` when the connection went and not the command.

    `cut`: there was output before that; `expired`: it was ended, since the time of the copy is nearly over.
    """

    status: int
    lost: bool = False
    cut: bool = False
    expired: bool = False


@dataclass
class Attachment:
    """One visit to the copy, over as many connections as it takes; with an `eye` of its own, to any pod."""

    edges: Edges
    copy: Pod
    services: tuple[Service, ...] = ()
    shell: str = ""
    command: tuple[str, ...] = ()
    container: str = ""
    rerun: bool = False
    eye: Eye | None = None
    _eye: Eye = field(init=False)

    def __post_init__(self) -> None:
        tell = self.edges.terminal.interject
        self._eye = self.eye or Lookout(self.edges, self.copy, tell, services=self.services)

    def run(self) -> Ended:
        """Attach, and again after a lost connection where that is wanted; returns when the visit is over."""
        terminal, attempt = self.edges.terminal, 0
        terminal.remember()
        while True:
            ended = self._attach_once()
            terminal.restore()
            if self._eye.expired:
                return replace(ended, expired=True)
            if not ended.lost or self.edges.inbox.signal or not self._eye.still_runs():
                return ended
            attempt += 1
            if not self._come_back(attempt, ended):
                return replace(ended, expired=self._eye.expired)

    def _attach_once(self) -> Ended:
        terminal, inbox = self.edges.terminal, self.edges.inbox
        tty = terminal.has_tty_for_shell
        command = self.command or shell_command(self.shell)
        argv = self.edges.kubectl.exec_argv(
            self.copy.name, command, tty=tty, stdin=True, container=self.container or self.copy.tools
        )
        child = Interactive(
            argv,
            self.edges.kubectl.env,
            lambda status: inbox.put(ChildEnded(status)),
            counting=not tty,
        )
        status = self._watch_over(child)
        if status < 0:
            # Whoever reads our stdout has gone (| head): that is an end, not a loss.
            return Ended(128 - status, -status != signal.SIGPIPE, child.has_output)
        return Ended(status, not remote_command_ended(status, child.stderr_tail), child.has_output)

    def _watch_over(self, child: Interactive) -> int:
        """Wait for the child's end; one that should end is asked (TERM) after a grace period, then killed."""
        inbox, end_at, asked = self.edges.inbox, float("inf"), False
        self._eye.begin()
        while True:
            event = inbox.get(min(self._eye.due, end_at) - time.monotonic())
            if isinstance(event, ChildEnded):
                return event.status
            if isinstance(event, Signalled):
                # The keyboard's Ctrl-C reached the child too; TERM and HUP came to us alone.
                end_at = time.monotonic() + (GRACE_SECONDS if event.number == signal.SIGINT else 0)
            elif (time.monotonic() >= self._eye.due or event is not None) and not self._eye.look():
                end_at = min(end_at, time.monotonic() + (0 if self._eye.expired else GRACE_SECONDS))
            if time.monotonic() >= end_at:
                child.kill() if asked else child.terminate()
                end_at, asked = (
                    time.monotonic() + (LEAVING_SECONDS if self._eye.expired else GRACE_SECONDS),
                    True,
                )

    def _is_over(self) -> bool:
        """Asked while a question waits for its answer: the copy is looked after all the same."""
        gone = time.monotonic() >= self._eye.due and not self._eye.look()
        return gone or bool(self.edges.inbox.signal)

    def _come_back(self, attempt: int, ended: Ended) -> bool:
        terminal, name = self.edges.terminal, self.copy.name
        if terminal.talks_to_person:
            question = (
                f"The connection to {name} was lost; it still runs. Reconnect? [Y/n, else leaving in 1m] "
            )
            answer = terminal.answer_within(question, ASK_SECONDS, self._is_over)
            return answer is not None and answer not in ("n", "no")
        if attempt > RETRIES:
            terminal.warn(f"the connection to {name} was lost {attempt} times: leaving")
            return False
        if ended.cut and not self.rerun:
            terminal.warn(
                f"the connection to {name} was lost and the command's output is cut: it is not run again (see --rerun)"
            )
            return False
        if not terminal.stdin_can_be_replayed:
            terminal.warn(
                f"the connection to {name} was lost; stdin was read in part, so the command is not run again"
            )
            return False
        terminal.warn(
            f"the connection to {name} was lost: running the command again ({attempt} of {RETRIES})"
        )
        self.edges.inbox.wait(2.0 ** (attempt - 1))
        return True

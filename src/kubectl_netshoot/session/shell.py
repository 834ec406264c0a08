"""The shell or COMMAND in a container: a kubectl child with the user's terminal, and the pod watched meanwhile."""

import signal
import time
from dataclasses import dataclass, field, replace
from typing import Protocol

from kubectl_netshoot.kube.kubectl import remote_command_ended, shell_command
from kubectl_netshoot.model import Pod, Service
from kubectl_netshoot.process.interactive import Interactive
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.inbox import ChildEnded, SecondInterrupt, Signalled
from kubectl_netshoot.session.watcher import PodWatcher, SessionWatcher

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


class Attachment(Protocol):
    """What is done in a pod of ours once it is as wanted. Whatever is raised there, it is taken out before that is
    passed on.
    """

    def before_join(self, pod: Pod) -> None:
        """The pod is ready and about to join its Services: the last moment to say that there is no use in it."""

    def run(self, pod: Pod) -> Ended:
        """Stay until it is over, by itself or since the inbox has a signal."""


@dataclass
class Shell:
    """A shell or COMMAND with the user's terminal, over as many connections as it takes.

    In the debug container, or another `container`; `watcher` is one of its own.
    """

    edges: Edges
    shell: str = ""
    command: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    container: str = ""
    rerun: bool = False
    watcher: PodWatcher | None = None
    _pod: Pod = field(init=False)
    _watcher: PodWatcher = field(init=False)

    def before_join(self, pod: Pod) -> None:
        """A shell works in any pod."""

    def run(self, pod: Pod) -> Ended:
        """Attach, and again after a lost connection where that is wanted; returns when it is over."""
        terminal, attempt = self.edges.terminal, 0
        self._pod = pod
        self._watcher = self.watcher or SessionWatcher(
            self.edges, pod, terminal.interject, services=self.services
        )
        terminal.remember()
        while True:
            with terminal.lent():
                ended = self._attach_once()
            terminal.restore()
            if self._watcher.expired:
                return replace(ended, expired=True)
            if not ended.lost or self.edges.inbox.signal or not self._watcher.still_runs():
                return ended
            attempt += 1
            if not self._come_back(attempt, ended):
                return replace(ended, expired=self._watcher.expired)

    def _attach_once(self) -> Ended:
        terminal, inbox = self.edges.terminal, self.edges.inbox
        tty = terminal.has_tty_for_shell
        command = self.command or shell_command(self.shell)
        argv = self.edges.kubectl.exec_argv(
            self._pod.name, command, tty=tty, stdin=True, container=self.container or self._pod.tools
        )
        child = Interactive(
            argv,
            self.edges.kubectl.env,
            lambda status: inbox.put(ChildEnded(status)),
            counting=not tty,
        )
        try:
            status = self._watch_over(child)
        except SecondInterrupt:
            # What comes next is said on a terminal of our own.
            child.kill()
            terminal.restore()
            raise
        if status < 0:
            # Whoever reads our stdout has gone (| head): that is an end, not a loss.
            return Ended(128 - status, -status != signal.SIGPIPE, child.has_output)
        return Ended(status, not remote_command_ended(status, child.stderr_tail), child.has_output)

    def _watch_over(self, child: Interactive) -> int:
        """Wait for the child's end; one that should end is asked (TERM) after a grace period, then killed."""
        inbox, end_at, asked = self.edges.inbox, float("inf"), False
        self._watcher.begin()
        while True:
            event = inbox.get(min(self._watcher.due, end_at) - time.monotonic())
            if isinstance(event, ChildEnded):
                return event.status
            if isinstance(event, Signalled):
                # The keyboard's Ctrl-C reached the child too; TERM and HUP came to us alone.
                end_at = time.monotonic() + (GRACE_SECONDS if event.number == signal.SIGINT else 0)
            elif (time.monotonic() >= self._watcher.due or event is not None) and not self._watcher.look():
                end_at = min(end_at, time.monotonic() + (0 if self._watcher.expired else GRACE_SECONDS))
            if time.monotonic() >= end_at:
                child.kill() if asked else child.terminate()
                end_at, asked = (
                    time.monotonic() + (LEAVING_SECONDS if self._watcher.expired else GRACE_SECONDS),
                    True,
                )

    def _is_over(self) -> bool:
        """Asked while a question waits for its answer: the copy is looked after all the same."""
        gone = time.monotonic() >= self._watcher.due and not self._watcher.look()
        return gone or bool(self.edges.inbox.signal)

    def _come_back(self, attempt: int, ended: Ended) -> bool:
        terminal, name = self.edges.terminal, self._pod.name
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

"""What is done to copies that exist already: attach to one, take them out of service, clean up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from kubectl_netshoot.errors import ExpiredError, NetshootError
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned, Target
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.rules.marks import Mark, mark_of, read_mark
from kubectl_netshoot.rules.steps import Done, Goal, Intent, Stop
from kubectl_netshoot.session.choice import own_pod
from kubectl_netshoot.session.closing import done, interrupted, left_behind, standing, stopped, to_delete
from kubectl_netshoot.session.copies import CopyStatus, statuses
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.edges import Edges, now
from kubectl_netshoot.session.inbox import SecondInterrupt
from kubectl_netshoot.session.plan import whoami
from kubectl_netshoot.session.session import ask, connected
from kubectl_netshoot.session.shell import Shell
from kubectl_netshoot.terminal import Terminal


@dataclass(frozen=True)
class CleanupRequest:
    """Which copies: those named, or of `whose` ("mine", "all", "expired"); `goal` OUT keeps them."""

    names: tuple[str, ...] = ()
    whose: str = "mine"
    goal: Goal = Goal.GONE
    timeout: timedelta = timedelta(seconds=120)
    allow: frozenset[str] = frozenset()
    wait: bool = False


@dataclass(frozen=True)
class Cleaned:
    """What became of one copy: `error` is None when the goal was reached."""

    name: str
    error: NetshootError | None = None


def attach(
    name: str, shell: str, command: tuple[str, ...], connection: Connection, terminal: Terminal
) -> int:
    """A shell or COMMAND in a copy that exists; it stays as it is afterwards. The exit status is the command's."""
    with connected(connection, terminal) as (pinned, edges), edges.inbox.signals():
        copy, _ = own_pod(edges.reads, name)
        mark = read_mark(copy)
        services = [edges.reads.service(service) for service in (mark.services if mark else ())]
        attached = Shell(edges, shell, command, tuple(s for s in services if s))
        try:
            with edges.watcher().watching(name):
                ended = attached.run(copy)
        except SecondInterrupt:
            message = f"stopped by a second Ctrl-C; pod {name} is still there as it was"
            raise interrupted(message, name, pinned.target) from None
        _say_what_is_left(name, edges, pinned.target)
    if edges.inbox.signal:
        return 128 + edges.inbox.signal
    if ended.expired:
        raise ExpiredError(f"the time of {name} (--ttl) is nearly over")
    if ended.lost:
        raise NetshootError(f"the connection to {name} was lost", again=())
    return ended.status


def _say_what_is_left(name: str, edges: Edges, target: Target) -> None:
    copy = edges.reads.pod(name)
    if copy is None or copy.finished:
        return
    edges.terminal.say(f"{mark_of(copy).noun} {name} is {standing(copy)}; {to_delete(name, target)}")


def choose(request: CleanupRequest, reads: Reads) -> tuple[CopyStatus, ...]:
    """The copies that a request means. Raises NetshootError for a name that is none, RefusedError for one not ours."""
    if request.names:
        return statuses([own_pod(reads, name)[0] for name in dict.fromkeys(request.names)], reads)
    found = statuses(reads.copies(), reads)
    if request.whose == "mine":
        me = whoami()
        return tuple(status for status in found if status.owner == me)
    return tuple(status for status in found if request.whose == "all" or status.expired)


def clean_up(request: CleanupRequest, connection: Connection, terminal: Terminal) -> tuple[Cleaned, ...]:
    """Take the chosen copies out of service and delete them (or keep them), each behind the same guard as a session.

    Asks once before it touches copies that were not named; a no leaves everything as it is.
    """
    with connected(connection, terminal) as (pinned, edges), edges.inbox.signals():
        chosen = choose(request, edges.reads)
        if not chosen:
            terminal.say("no copies to clean up")
        elif not request.names and request.whose != "expired":
            names = ", ".join(status.pod.name for status in chosen)
            many = "1 copy" if len(chosen) == 1 else f"{len(chosen)} copies"
            ask(
                f"Clean up {many}, {names}?",
                edges,
                f"there {'is' if many == '1 copy' else 'are'} {many}: {names}",
            )
        return tuple(_clean_each(chosen, request, edges, pinned))


def _clean_each(
    chosen: Sequence[CopyStatus], request: CleanupRequest, edges: Edges, pinned: Pinned
) -> Iterator[Cleaned]:
    for status in chosen:
        name = status.pod.name
        if edges.inbox.signal:
            yield Cleaned(name, interrupted(f"interrupted: {name} was not touched", name, pinned.target))
        else:
            yield _clean_one(status, request, edges, pinned)


def _clean_one(status: CopyStatus, request: CleanupRequest, edges: Edges, pinned: Pinned) -> Cleaned:
    name, mark, terminal = status.pod.name, status.mark, edges.terminal
    services = mark.services if mark else ()
    patience = request.timeout + (mark.settle + mark.drain if mark else timedelta())
    intent = Intent(
        request.goal,
        now() + patience,
        uid=status.pod.uid,
        allow=request.allow,
        owner=whoami(),
        to_the_end=request.wait,
    )
    driver = Driver(edges, name, intent, interruptible=False)
    try:
        with edges.watcher().watching(name, services):
            ending = driver.drive()
    except SecondInterrupt:
        driver.step_aside()
        return Cleaned(name, stopped(name, pinned.target, driver))
    except NetshootError as error:
        return Cleaned(name, error)
    if isinstance(ending, Stop):
        return Cleaned(name, left_behind(name, pinned.target, ending, driver.copy, edges.reads.now()))
    if request.goal is Goal.OUT:
        terminal.say(f"done: {name} is out of service, and kept")
    else:
        known = mark or Mark(status.pod.session)
        left = driver.endpoints if driver.was_joined else ()
        terminal.say(done(name, driver.copy, left, known, ending == Done(True, deleting=True)))
    return Cleaned(name)

"""One pod's life in this process: in, the visit, out, and what is told at the end."""

from datetime import datetime, timedelta

from kubectl_netshoot.errors import ApiError, ExpiredError, NetshootError, RefusedError
from kubectl_netshoot.model import CONTAINER, Container, Pod, ServiceEndpoints
from kubectl_netshoot.rules.hazards.topology import place_of, shares, worded
from kubectl_netshoot.rules.marks import COPY
from kubectl_netshoot.rules.pods import pull_hint
from kubectl_netshoot.rules.profiles import lacking, missing_capabilities
from kubectl_netshoot.rules.request import Stay
from kubectl_netshoot.rules.steps import Abandon, Attach, Done, Goal, Intent, Stop
from kubectl_netshoot.session.closing import left_behind, next_commands, not_as_planned
from kubectl_netshoot.session.driver import Driver, Edges, now
from kubectl_netshoot.session.shell import Ended
from kubectl_netshoot.session.visit import Undertaking, Visit
from kubectl_netshoot.terminal import one_line

# As a shell says of a process that a signal has ended.
KILLED = 128


class Session:
    """From the plan to the last word."""

    def __init__(self, request: Stay, plan: Undertaking, edges: Edges, visit: Visit) -> None:
        self._request, self._plan, self._edges, self._visit = request, plan, edges, visit
        self._killed = ""
        goal = Goal.SERVING if plan.mark.labels else Goal.READY
        intent = Intent(goal, now() + request.timeout, plan.mark, allow=request.allow)
        self._driver = Driver(
            edges,
            plan.name,
            intent,
            lambda: plan.make(edges),
            reconsider=self._reconsider,
            inspect=lambda copy: plan.inspect(edges.reads, copy),
        )

    def run(self) -> int:
        """Go in, attach, go out; whatever is raised on the way, the way out is tried before it is passed on."""
        try:
            arrival, ended = self._go_in()
        except Exception:
            self._retreat()
            raise
        trouble = self._trouble(arrival) if ended is None else ()
        if self._edges.inbox.signal and self._driver.copy is not None:
            noun = self._plan.mark.noun
            self._edges.terminal.say(f"interrupted: taking the {noun} out; Ctrl-C again stops at once")
        goal = Goal.OUT if self._request.keep and ended is not None else Goal.GONE
        self._driver.aim(goal, patience(self._request.timeout, self._plan))
        return self._finish(self._driver.drive(), ended, trouble)

    def _go_in(self) -> tuple[object, Ended | None]:
        arrival = self._driver.drive()
        return arrival, self._stay() if isinstance(arrival, Attach) else None

    def _reconsider(self) -> str:
        copy = self._driver.copy
        assert copy is not None
        self._visit.before_join(copy)
        return self._plan.reconsider(self._edges.reads, copy, self._request.allow)

    def _retreat(self) -> None:
        """Out, after something that should not have happened; where that fails too, the next commands are said."""
        try:
            self._driver.aim(Goal.GONE, patience(self._request.timeout, self._plan))
            ending = self._driver.drive()
        except Exception:  # noqa: BLE001 (the first error is the one to tell)
            ending = None
        if not isinstance(ending, Done):
            for line in next_commands(self._plan.name, self._plan.target):
                self._edges.terminal.warn(line)

    def _stay(self) -> Ended:
        copy = self._driver.copy
        assert copy is not None
        self._welcome(copy)
        before = _debug_container(copy)
        told = self._tell_capabilities(copy)
        ended = self._visit.run(copy)
        if not told and not ended.lost and not self._edges.inbox.signal:
            # Its first process was not as far when the copy was ready at once.
            self._tell_capabilities(copy)
        self._killed = self._how_container_ended(before) if ended.lost or ended.status >= KILLED else ""
        return ended

    def _how_container_ended(self, before: Container | None) -> str:
        """That the container itself has ended meanwhile, with the kubelet's reason; empty where it has not."""
        try:
            copy = self._edges.reads.pod(self._plan.name)
        except ApiError:
            return ""
        after = _debug_container(copy)
        if before is None or after is None or not after.last_end:
            return ""
        return after.last_end if after.exit_code is not None or after.restarts > before.restarts else ""

    def _told(self, ended: Ended) -> str:
        """How the shell or COMMAND ended: for people."""
        if ended.expired:
            return f"the time of the {self._plan.mark.noun} (--ttl) was nearly over, so the session left by itself"
        if self._killed:
            name = self._driver.copy.tools if self._driver.copy else CONTAINER
            return f"container {name} was ended ({self._killed})"
        if ended.lost:
            cut = ", and the command's output is cut" if ended.cut else ""
            return f"the connection to the {self._plan.mark.noun} was lost{cut}"
        return f"the command had ended with status {ended.status}"

    def _welcome(self, copy: Pod) -> None:
        terminal, mark = self._edges.terminal, self._plan.mark
        seen = {e.service: e for e in self._driver.endpoints}
        for service in self._plan.join.services:
            endpoints = seen.get(service.name, ServiceEndpoints(service.name))
            share = worded(shares(service, endpoints, place_of(copy, [endpoints]), copy.uid))
            terminal.say(f"in service {service.name}: takes about {share}")
        # As the clock of whoever reads it will show.
        left = copy.deadline - self._edges.server_time() if copy.deadline else None
        until = "?" if left is None else (datetime.now().astimezone() + left).strftime("%H:%M:%S")
        terminal.say(
            f"{mark.noun} {copy.name} is ready; the cluster ends it at {until} whatever happens here"
        )
        terminal.detail(f"session {mark.session}, node {copy.node}")

    def _tell_capabilities(self, copy: Pod) -> bool:
        """Say what the profile promised and the container lacks, for whatever reason; False where that is not known."""
        promised = self._plan.profile.promised
        effective = self._edges.reads.capabilities(copy.name, copy.tools) if promised else None
        missing = () if effective is None else missing_capabilities(promised, effective)
        if missing:
            self._edges.terminal.warn(lacking(self._plan.profile.profile, missing))
        return not promised or effective is not None

    def _trouble(self, arrival: object) -> tuple[str, ...]:
        """Why there was no shell: the reason, and what the cluster says of the copy while it still exists."""
        if not isinstance(arrival, Abandon) or self._edges.inbox.signal:
            return ()
        events: tuple[str, ...] = ()
        if self._driver.copy is not None:
            try:
                events = self._edges.reads.events(self._driver.copy)[-3:]
            except ApiError:
                events = ()
        return (
            arrival.reason,
            *(one_line(event) for event in events),
            *self._image(),
        )

    def _image(self) -> tuple[str, ...]:
        """What there is to say of the debug container's image, where it cannot be pulled."""
        pod, is_ours = self._driver.copy, self._plan.mark.kind != COPY
        containers = [c for c in pod.containers if c.name == pod.tools] if pod else []
        secrets = pod.pull_secrets if pod else ()
        return tuple(hint for c in containers if (hint := pull_hint(c, secrets, is_ours)))

    def _finish(self, ending: object, ended: Ended | None, trouble: tuple[str, ...]) -> int:
        name, terminal, noun = self._plan.name, self._edges.terminal, self._plan.mark.noun
        left = self._left(ending, ended, trouble) if isinstance(ending, Stop) else None
        if left:
            raise left
        if isinstance(ending, Done) and ending.exists:
            terminal.say(f"{noun} {name} is out of service and was kept (--keep); it ends at its deadline")
            terminal.say(f"  kubectl netshoot cleanup {name} {self._plan.target.words}")
        elif self._driver.copy is not None:
            if self._driver.ended_by_itself:
                terminal.warn(f"{noun} {name} had ended by itself: {self._driver.ended_by_itself}")
            terminal.say(f"{noun} {name} is out of every endpoint and deleted")
        if self._driver.surprises:
            raise not_as_planned(self._driver.surprises)
        if self._edges.inbox.signal:
            return 128 + self._edges.inbox.signal
        if trouble:
            raise NetshootError(trouble[0], "\n".join(trouble[1:]))
        if ended is None:
            raise NetshootError(f"the connection to the {noun} was lost")
        return self._status(ended)

    def _left(self, stop: Stop, ended: Ended | None, trouble: tuple[str, ...]) -> RefusedError:
        """The error for a copy that is still there."""
        surprises = self._driver.surprises
        before = [*(() if surprises else trouble), *([self._told(ended)] if ended else [])]
        clock = self._edges.server_time()
        left = left_behind(self._plan.name, self._plan.target, stop, self._driver.copy, clock, before)
        return not_as_planned(surprises, left) if surprises else left

    def _status(self, ended: Ended) -> int:
        """The shell's or COMMAND's own. Raises NetshootError where it has none."""
        if ended.expired:
            raise ExpiredError(self._told(ended), "a longer --ttl gives more time")
        if ended.lost:
            raise NetshootError(self._told(ended))
        if self._killed:
            self._edges.terminal.warn(self._told(ended))
        return ended.status


def _debug_container(pod: Pod | None) -> Container | None:
    return next((c for c in pod.containers if c.name == pod.tools), None) if pod else None


def patience(timeout: timedelta, plan: Undertaking) -> timedelta:
    """How long the way out may take before it stops and says so: each of its waits at its longest, and once more."""
    return timeout + plan.mark.settle + plan.mark.drain

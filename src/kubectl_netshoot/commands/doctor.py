"""Everything that a session depends on, looked at side by side: one that fails or hangs stops no other."""

import os
import platform
import shutil
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from kubectl_netshoot import __version__
from kubectl_netshoot.completion import installation
from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.kube import kubectl
from kubectl_netshoot.kube.api import Fetch, connect
from kubectl_netshoot.kube.kubeconfig import Connection, Pinned, pin
from kubectl_netshoot.kube.private_files import abandoned
from kubectl_netshoot.kube.reads import Reads, review
from kubectl_netshoot.rules import doctor
from kubectl_netshoot.rules.doctor import DoctorLine, State
from kubectl_netshoot.rules.hazards.hazard import Hazard
from kubectl_netshoot.rules.request import SessionRequest
from kubectl_netshoot.rules.rights import Use
from kubectl_netshoot.rules.targets import POD, TargetName
from kubectl_netshoot.session.choice import Chosen, asker, choose
from kubectl_netshoot.session.connection import USER_AGENT
from kubectl_netshoot.session.copy_plan import CopyDraft
from kubectl_netshoot.session.inbox import Inbox
from kubectl_netshoot.terminal import Terminal

LIMIT_SECONDS = 10.0
# Thrice, as every read is tried, is less than the limit: a server that says nothing is said to be one.
ANSWER_SECONDS = 3.0
SESSION = "0" * 16
# No answer and no right to know are nothing bad in themselves, but where nothing works without.
UNKNOWN = (0, 403)
VITAL = ("context", "endpointslices")
Check = Callable[[], DoctorLine]


@dataclass
class _CheckThread:
    """A check on a thread of its own, which nobody waits for longer than the limit."""

    name: str
    check: Check
    _found: DoctorLine | None = None
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def finding(self, until: float) -> DoctorLine:
        self._thread.join(max(0.0, until - time.monotonic()))
        return self._found or DoctorLine(
            self.name,
            State.BAD,
            f"no answer within {LIMIT_SECONDS:.0f} seconds",
            "try: kubectl get pods -v=6",
        )

    def _run(self) -> None:
        try:
            self._found = self.check()
        except ApiError as error:
            unknown = error.code in UNKNOWN and self.name not in VITAL
            state = State.WARNING if unknown else State.BAD
            self._found = DoctorLine(
                self.name, state, error.message, error.hint or "try: kubectl get pods -v=6"
            )
        except NetshootError as error:
            self._found = DoctorLine(self.name, State.BAD, error.message, error.hint)


def examine(
    request: SessionRequest | None, connection: Connection, terminal: Terminal
) -> tuple[DoctorLine, ...]:
    """One finding a check, in a fixed order; nothing is changed. `request` is the session to check for, if any.

    Every check is asked at once, and given up after LIMIT_SECONDS. A pod that is to be picked is asked for before, and
    raises what `choose` does.
    """
    terminal.live("checking what a session depends on")
    with ExitStack() as stack:
        running = [_CheckThread(name, check) for name, check in _LOCAL.items()]
        try:
            pinned = stack.enter_context(pin(connection, tidy=False))
            reads = _reads(pinned)
        except NetshootError as error:
            found = (*_all(running), DoctorLine("context", State.BAD, error.message, error.hint))
            return doctor.told_once(found, [*_OF_CLUSTER[1:], *(_OF_TARGET if request else ())])
        running += [_CheckThread(name, check) for name, check in _of_cluster(pinned, reads).items()]
        if request:
            if request.pick:
                ask = asker(request.pick, terminal, Inbox())
                picked = choose(request.target, reads, ask).pod.name
                request = replace(request, target=TargetName(POD, picked), pick=False)
            running += [_CheckThread(n, c) for n, c in _Target(request, pinned, reads).checks().items()]
        return doctor.told_once(_all(running))


def _all(running: Sequence[_CheckThread]) -> tuple[DoctorLine, ...]:
    until = time.monotonic() + LIMIT_SECONDS
    return tuple(one.finding(until) for one in running)


def _reads(pinned: Pinned) -> Reads:
    api = connect(pinned.kubeconfig, pinned.folder, USER_AGENT, ANSWER_SECONDS, pinned.target)
    return Reads(Fetch(api, pinned.target.namespace))


def _kubectl() -> DoctorLine:
    debug = kubectl.debug_help()
    return doctor.kubectl(kubectl.client_version(), debug.flags, debug.profiles)


def _python() -> DoctorLine:
    return DoctorLine("python", State.OK, f"{platform.python_version()}, {sys.executable}")


def _plugin() -> DoctorLine:
    name = "kubectl-netshoot"
    paths = os.environ.get("PATH", "").split(os.pathsep)
    found = [path for folder in paths if folder and (path := shutil.which(name, path=folder))]
    return doctor.plugin(name, [*{os.path.realpath(path): path for path in reversed(found)}.values()][::-1])


def _completion() -> DoctorLine:
    path = installation.installed()
    return doctor.completion(str(path or ""), installation.version_of(path) if path else "", __version__)


def _folders() -> DoctorLine:
    return doctor.folders(abandoned())


_LOCAL: dict[str, Check] = {
    "kubectl": _kubectl,
    "python": _python,
    "plugin": _plugin,
    "completion": _completion,
    "folders": _folders,
}


_OF_CLUSTER = ("context", "skew", "rights", "podsecurity", "endpointslices", "copies")
_OF_TARGET = ("target", "image", "admission")


def _of_cluster(pinned: Pinned, reads: Reads) -> dict[str, Check]:
    target = pinned.target

    def context() -> DoctorLine:
        version = reads.server_version()
        where = f"{target.context or '(none)'}, namespace {target.namespace}, API server {version}"
        return DoctorLine("context", State.OK, where)

    def slices() -> DoctorLine:
        reads.any_slice()
        return DoctorLine("endpointslices", State.OK, "the API is served")

    def may() -> DoctorLine:
        # Twenty questions to a server that is silent would outlast the limit, and the process.
        reads.server_version()
        return doctor.rights(review(reads.fetch, Use.JOINED_COPY), target.namespace)

    checks: Sequence[Check] = (
        context,
        lambda: doctor.skew(kubectl.client_version(), reads.server_version()),
        may,
        lambda: doctor.level(target.namespace, reads.level_on_label()),
        slices,
        lambda: doctor.leftovers([copy.name for copy in reads.copies()], target.namespace),
    )
    return dict(zip(_OF_CLUSTER, checks, strict=True))


@dataclass
class _Target:
    request: SessionRequest
    pinned: Pinned
    reads: Reads
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _chosen: Chosen | None = None

    def checks(self) -> dict[str, Check]:
        return dict(zip(_OF_TARGET, (self._target, self._image, self._admission), strict=True))

    def _target(self) -> DoctorLine:
        chosen = self._source()
        pod = chosen.pod
        ready = pod.ready and not pod.terminating
        what = f"pod {chosen.described} on {pod.node or 'no node'}, {'ready' if ready else 'not ready'}"
        step = "" if ready else f"try: kubectl describe pod {pod.name} -n {pod.namespace}"
        return DoctorLine("target", State.OK if ready else State.WARNING, what, step)

    def _image(self) -> DoctorLine:
        source = self._source()
        others = [container.image for container in source.pod.containers]
        return doctor.image(self.request.image, self.request.pull_policy, source.pod.pull_secrets, others)

    def _admission(self) -> DoctorLine:
        debug = kubectl.debug_help()
        draft = CopyDraft(self.request, self._source(), SESSION, lambda: debug, self.pinned.folder)
        accepted = draft.accepted(self.reads, self.reads.enforced_level())
        if refusals := draft.refusals(accepted):
            return _refused(refusals)
        choice, notes = accepted.choice, draft.notes(accepted)
        taken = f"the API server takes the copy with profile {choice.profile}: {choice.reason}"
        if not notes:
            return DoctorLine("admission", State.OK, taken)
        what = "; ".join([taken, *notes])
        return DoctorLine(
            "admission", State.WARNING, what, "see the plan by --dry-run, other ways by --profile"
        )

    def _source(self) -> Chosen:
        """The same pod for every check."""
        with self._lock:
            if self._chosen is None:
                self._chosen = choose(self.request.target, self.reads)
            return self._chosen


def _refused(refusals: Sequence[Hazard]) -> DoctorLine:
    return DoctorLine("admission", State.BAD, "; ".join(h.what for h in refusals), refusals[0].instead)

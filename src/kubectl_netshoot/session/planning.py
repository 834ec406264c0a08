"""Everything that is decided before the first change: the plan, the copy to ask for, and the marks it will carry."""

import getpass
import json
import secrets
import socket
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from kubectl_netshoot import kubectl
from kubectl_netshoot.cluster import Reads, survey, with_claims
from kubectl_netshoot.config import Pinned, Target, private_file
from kubectl_netshoot.errors import NetshootError, RefusedError
from kubectl_netshoot.join import JoinPlan, Surroundings, plan_join
from kubectl_netshoot.kubectl import Copy, Kubectl
from kubectl_netshoot.marks import Mark
from kubectl_netshoot.request import SessionRequest, default_copy_name
from kubectl_netshoot.rights import Review

from .rights import demand, reviewed

NAME_LETTERS = 5


@dataclass(frozen=True)
class Plan:
    """What would be done, in full; `command` is the kubectl call that makes the copy. Nothing has been changed."""

    target: Target
    join: JoinPlan
    copy: Copy
    mark: Mark
    command: tuple[str, ...]
    notes: tuple[str, ...] = ()
    rights: Review = field(default_factory=Review)

    def may_begin(self, allow: frozenset[str]) -> bool:
        """Whether a session would go beyond the plan: no right is missing, and no hazard stands in the way."""
        return not self.rights.missing and not self.join.refused(allow)

    @property
    def requests(self) -> dict[str, tuple[str, ...]]:
        """What the copy asks of a node and a quota: the source's containers' requests, and the debug container's."""
        added = kubectl.RESOURCES["requests"] if self.copy.custom else {}
        asked = dict(self.join.source.requests)
        return {
            name: asked.get(name, ()) + ((added[name],) if name in added else ())
            for name in {**asked, **added}
        }

    @property
    def node(self) -> str:
        """The node that the copy is put on; empty where the scheduler chooses."""
        return self.join.source.node if self.copy.same_node else ""


def make_plan(request: SessionRequest, pinned: Pinned, reads: Reads, kubectl_: Kubectl) -> Plan:
    """Read what is needed and plan. Raises NetshootError where there is nothing to plan for."""
    with ThreadPoolExecutor(1) as pool, reviewed(reads, request, pinned.target) as asked:
        asking = pool.submit(kubectl.debug_flags)
        source = reads.pod(request.target)
        if source is None:
            raise NetshootError(
                f"there is no pod {request.target} in namespace {pinned.target.namespace} "
                f"(context {pinned.target.context or 'none'})",
                f"see `kubectl get pods -n {pinned.target.namespace}`",
            )
        joining = request.joining
        source = with_claims(reads, source)
        around = survey(reads, source) if joining else Surroundings()
        join = plan_join(source, around, joining, request.services)
        flags, rights = asking.result(), asked.result()
    session = f"{secrets.token_hex(8)}"
    mark = Mark(
        session=session,
        owner=whoami(),
        source=source.name,
        source_uid=source.uid,
        services=tuple(service.name for service in join.services),
        labels=dict(join.labels),
        ports=join.ports,
        ready_before=dict(join.ready_before),
        ttl=request.ttl,
        settle=request.settle,
        drain=request.drain,
    )
    copy, notes = _copy(request, session, flags, joining, pinned.folder)
    return Plan(pinned.target, join, copy, mark, kubectl_.copy_argv(copy), (*notes, *rights.notes), rights)


def check(plan: Plan, allow: frozenset[str]) -> None:
    """Raise NetshootError for missing rights, RefusedError with every hazard that stands in the way."""
    demand(plan.rights, bool(plan.join.services), plan.target)
    refused = plan.join.refused(allow)
    if refused:
        hint = "\n".join(f"{h.id} ({h.severity.value}): {h.what}; {h.instead}" for h in refused)
        raise RefusedError("refused, and nothing was changed", hint)


def _copy(
    request: SessionRequest, session: str, flags: frozenset[str], joining: bool, folder: Path
) -> tuple[Copy, tuple[str, ...]]:
    letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(NAME_LETTERS))
    copy = Copy(
        source=request.target,
        name=request.name or default_copy_name(request.target, letters),
        image=request.image,
        profile=request.profile,
        session=session,
        pull_policy=request.pull_policy,
        share_processes=request.share_processes,
        same_node=request.same_node,
    )
    notes = []
    if "--custom" in flags:
        custom = folder / "container.json"
        if not custom.exists():
            private_file(custom, json.dumps({"resources": kubectl.RESOURCES}))
        copy = replace(copy, custom=custom)
    else:
        notes.append(
            "this kubectl has no `debug --custom` (1.31 has): the debug container gets no requests and limits, "
            "which a ResourceQuota may refuse"
        )
    if "--keep-readiness" in flags:
        copy = replace(copy, keep_readiness=True)
    elif joining:
        notes.append(
            "this kubectl has no `debug --keep-readiness` (1.31 has): the copy counts as ready as soon as its "
            "containers run, perhaps before the application serves"
        )
    return copy, tuple(notes)


def whoami() -> str:
    """Who runs this, user@host: for the copy's annotation, and to know our own copies again."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown"
    return f"{user}@{socket.gethostname()}"

"""What it comes to: one verdict of a fixed set of ids, the first row of the decision table that holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from kubectl_netshoot.commands.why.evidence import ConnectResult, Evidence, Try
from kubectl_netshoot.commands.why.table import cluster, connections, names, policy, replies
from kubectl_netshoot.commands.why.table.row import CaseRow, Row, Told, lines, listed
from kubectl_netshoot.commands.why.table.view import ConnectionView, View
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.rules.listing import number

Result: TypeAlias = Literal["reachable", "unreachable", "intermittent", "undetermined"]
Certainty: TypeAlias = Literal["certain", "likely"]

REACHABLE, INTERMITTENT, UNDETERMINED = "reachable", "intermittent", "undetermined"
_RESULTS: dict[str, Result] = {
    REACHABLE: "reachable",
    INTERMITTENT: "intermittent",
    "name-slow": "intermittent",
    UNDETERMINED: "undetermined",
}
# What the other end's capture may still change.
_OPEN = (UNDETERMINED, INTERMITTENT, "closed", "no-response")
_MOST_IN_LINE = 2
_NOT_KNOWN = {
    ConnectResult.REFUSED: ("are refused", "by whom"),
    ConnectResult.TIMEOUT: ("get no answer", "where they are lost"),
    ConnectResult.UNREACHABLE: ("cannot be made", "what stops them"),
}


@dataclass(frozen=True)
class Verdict:
    """`where` is the place that it names (`pod api-x7k`, `Service db`, `between pod a (node-1) and pod b (node-2)`).

    `headline` goes on after `RESULT: `; `evidence` are lines of their own; `likely` is the probable cause where only
    the place is known, empty otherwise; `next` is the next command, complete but for kubectl's connection flags.
    """

    id: str
    where: str
    certainty: Certainty
    headline: str
    evidence: tuple[str, ...]
    next: str
    likely: str = ""

    @property
    def result(self) -> Result:
        """What scripts go by; only `reachable` is exit status 0."""
        return _RESULTS.get(self.id, "unreachable")


@dataclass(frozen=True)
class Attempt:
    """One connection as the JSON output has it: SYNs that left the client, that arrived at the pod, SYN-ACKs that came
    back. None: not captured there. `error` is the tool's word, empty where it worked.
    """

    to: str
    pod: str
    sent: int | None
    arrived: int | None
    answered: int | None
    error: str


def judge(evidence: Evidence) -> Verdict:
    """The verdict, from whatever is known by now; UNDETERMINED where nothing decides it yet."""
    found = _judged(View(evidence))
    return replace(found, evidence=(*found.evidence, *_untried_beside(evidence), *evidence.noted))


def _untried_beside(evidence: Evidence) -> tuple[str, ...]:
    """Connections that the tools could not make, beside others that they could: no number has these."""
    untried = [one for one in evidence.tries if one.outcome is ConnectResult.UNKNOWN and not one.reply]
    if not untried or len(untried) == len(evidence.tries):
        return ()
    errors = listed(one.error for one in untried if one.error)
    return (
        f"{number(len(untried), 'more connection')} could not be tried" + (f": {errors}" if errors else ""),
    )


def _judged(view: View) -> Verdict:
    evidence = view.evidence
    for row in (*names.ROWS, *cluster.ROWS):
        if row.holds(view):
            return _verdict(view, row, row.told(view))
    unconnected = [case for case in view.main if not case.connected]
    if unconnected:
        return _of(view, connections.ROWS, view.main, unconnected, "connections succeed")
    # A mesh's proxy takes only what comes for a Service.
    beside = [case for case in view.direct if not case.connected and not evidence.sidecar]
    if beside:
        return _intermittent(view, connections.ROWS, view.cases, beside, "connections succeed")
    pages = [case for case in view.cases if case.one.reply]
    failing = [case for case in pages if not case.one.works]
    if failing:
        return _of(view, replies.ROWS, pages, failing, "requests are answered")
    if not view.main:
        return _untried(view)
    if evidence.earlier:
        return _failed_earlier(view)
    unasked = [one for one in evidence.tries if one.was_not_asked]
    return _unasked(view, unasked) if unasked and not pages else _reachable(view)


def needs_both_ends(evidence: Evidence) -> bool:
    """Whether captures at both ends may say more than is known without them."""
    verdict, view = judge(evidence), View(evidence)
    if evidence.captures or not view.cases or not evidence.server.pods or verdict.id not in _OPEN:
        return False
    failing = [case for case in view.cases if not case.one.works]
    return any(not case.one.reply or not case.one.reply.status for case in failing)


def attempts(evidence: Evidence) -> tuple[Attempt, ...]:
    """Every connection that was tried, in order."""
    view = View(evidence)
    at_client = evidence.client_capture is not None
    return tuple(
        Attempt(
            to=case.one.to,
            pod="" if is_address(case.pod) else case.pod,
            sent=case.flow.syns if at_client else None,
            arrived=case.flow.arrived if case.flow.pod or view.nowhere(case) else None,
            answered=case.flow.answered if at_client else None,
            error="" if case.one.works else case.one.error or _brief(case),
        )
        for case in view.cases
    )


def _verdict(view: View, row: Row | CaseRow, told: Told, more: Sequence[str] = ()) -> Verdict:
    missing = () if row.certain else view.evidence.missing
    return Verdict(
        id=row.id,
        where=told.where,
        certainty="certain" if row.certain else "likely",
        headline=told.headline,
        evidence=(*told.evidence, *more, *missing),
        next=told.next,
        likely=told.likely,
    )


def _of(
    view: View,
    rows: Sequence[CaseRow],
    every: Sequence[ConnectionView],
    failing: Sequence[ConnectionView],
    succeed: str,
) -> Verdict:
    """What has failed of these: all of them for the first reason that is known, or some."""
    if len(failing) < len(every):
        return _intermittent(view, rows, every, failing, succeed)
    for row in rows:
        alike = [case for case in failing if row.holds(view, case)]
        if alike:
            others = [case for case in failing if case not in alike]
            return _verdict(view, row, row.told(view, alike), _beside(view, rows, others))
    return _undetermined(view, failing)


def _row(view: View, rows: Sequence[CaseRow], case: ConnectionView) -> CaseRow | None:
    return next((row for row in rows if row.holds(view, case)), None)


def _said(view: View, rows: Sequence[CaseRow], case: ConnectionView) -> str:
    row = _row(view, rows, case)
    return row.brief(view, case) if row else _brief(case)


def _brief(case: ConnectionView) -> str:
    reply = case.one.reply
    if reply is None or not case.connected:
        return case.one.outcome.value
    return "not answered in time" if reply.timed_out else reply.said


def _beside(view: View, rows: Sequence[CaseRow], others: Sequence[ConnectionView]) -> list[str]:
    """What fails otherwise."""
    counts: dict[str, int] = {}
    for case in others:
        said = f"{case.flow.pod or case.one.to}: {_said(view, rows, case)}"
        counts[said] = counts.get(said, 0) + 1
    return [f"{number(count, 'more connection')} to {said}" for said, count in counts.items()]


def _intermittent(
    view: View,
    rows: Sequence[CaseRow],
    every: Sequence[ConnectionView],
    failing: Sequence[ConnectionView],
    succeed: str,
) -> Verdict:
    pods = {_place(view, case) for case in failing}
    pod = next(iter(pods)) if len(pods) == 1 else ""
    only = (
        f"; every failure is at {view.called(pod)}"
        if pod in view.behind and len(view.behind) > 1
        else _only_to(every, failing)
    )
    # Those that work come first, by their names.
    names = sorted({_place(view, case) for case in every}, key=lambda name: (name in pods, name))
    found = [_tally(view, rows, name, every, failing) for name in names]
    row = _row(view, rows, failing[0])
    told = row.told(view, [case for case in failing if row.holds(view, case)]) if row else Told("", "")
    where = view.place(pod) if pod in view.behind else pod
    return Verdict(
        INTERMITTENT,
        where,
        "certain",
        f"{len(every) - len(failing)} of {len(every)} {succeed}{only}",
        (
            *(("; ".join(found),) if len(found) <= _MOST_IN_LINE else found),
            *(connections.directly(view) if not pod and view.direct else ()),
            *view.evidence.missing,
        ),
        told.next or connections.logs(view, failing),
        told.likely,
    )


def _only_to(every: Sequence[ConnectionView], failing: Sequence[ConnectionView]) -> str:
    """One address of several may be what fails: that of the other family."""
    bad = {case.one.to for case in failing}
    others = {case.one.to for case in every if case not in failing}
    return f"; every failure is to {listed(sorted(bad))}" if others and bad.isdisjoint(others) else ""


def _place(view: View, case: ConnectionView) -> str:
    """Where it went: the pod, or what was dialled; empty where a Service chose, and nobody saw whom."""
    return case.pod or (case.one.to if view.service is None else "")


def _tally(
    view: View,
    rows: Sequence[CaseRow],
    pod: str,
    every: Sequence[ConnectionView],
    failing: Sequence[ConnectionView],
) -> str:
    """`api-9d2 0 of 2: SYN arrived, no answer`."""
    here = [case for case in every if _place(view, case) == pod]
    bad = [case for case in failing if _place(view, case) == pod]
    why = listed(_said(view, rows, case) for case in bad)
    name = pod or "at an endpoint that is not known"
    return f"{name} {len(here) - len(bad)} of {len(here)}" + (f": {why}" if bad else "")


def _failed_earlier(view: View) -> Verdict:
    """All works now, and some did not when it was tried first."""
    earlier = view.evidence.earlier
    pods = {one.pod or one.to for one in earlier}
    errors = listed(one.error or one.outcome.value for one in earlier)
    return Verdict(
        INTERMITTENT,
        "",
        "certain",
        f"{number(len(earlier), 'connection')} of {view.client.name} failed at first; all succeed a moment later",
        (
            f"failed: to {listed(sorted(pods))}: {errors}",
            connections.share(view, view.main) + " succeed while both ends are captured",
            *view.evidence.missing,
        ),
        f"kubectl netshoot why {view.client.name} {view.server.asked} --count 20",
    )


def _reachable(view: View) -> Verdict:
    replied = replies.said(view, [case for case in view.cases if case.one.reply])
    to = connections.dialled(view, view.main)
    pods = [case.pod for case in view.direct if case.connected]
    return Verdict(
        REACHABLE,
        "",
        "certain",
        f"{to} works from pod {view.client.name} now",
        lines(
            connections.share(view, view.main) + " succeed",
            f"directly to {listed(pods)}: the same" if pods else "",
            *replied,
        ),
        "",
    )


def _undetermined(view: View, failing: Sequence[ConnectionView]) -> Verdict:
    """Something fails, and nothing says where."""
    first, pods = failing[0], connections.pods_of(failing) or list(view.behind)
    if first.connected:
        what, unknown = "are not answered", "why"
    else:
        what, unknown = _NOT_KNOWN.get(first.one.outcome, ("fail", "why"))
    errors = listed(case.one.error for case in failing if case.one.error)
    back = 0 if first.connected else sum(case.flow.answered for case in failing)
    return Verdict(
        UNDETERMINED,
        "",
        "likely",
        f"{'requests' if first.connected else 'connections'} to {connections.dialled(view, failing)} {what}; "
        f"{unknown} is not known",
        lines(
            f"{connections.share(view, failing)} {what}" + (f": {errors}" if errors else ""),
            f"{number(back, 'SYN-ACK')} came back to {view.client.name}, and its kernel took none"
            if back
            else "",
            *connections.directly(view),
            *policy.lines_of(view, pods),
            *view.evidence.missing,
        ),
        policy.next_of(view, pods) or f"kubectl netshoot check {view.client.name} --live --to {first.one.to}",
        policy.likely(view, pods) or ("a rule in the client's pod" if back else ""),
    )


def _unasked(view: View, unasked: Sequence[Try]) -> Verdict:
    """It takes connections, and the page that the person wants could not be asked for."""
    to, request = (
        connections.dialled(view, view.main),
        next(one.reply.request for one in unasked if one.reply),
    )
    return Verdict(
        UNDETERMINED,
        "",
        "likely",
        f"{to} takes connections; whether it answers {request} is not known",
        lines(
            connections.share(view, view.main) + " succeed",
            f"{request} was not asked: {listed(one.error for one in unasked)}",
            *view.evidence.missing,
        ),
        f"kubectl netshoot check {view.client.name} --live --to {unasked[0].to}",
    )


def _untried(view: View) -> Verdict:
    """No connection was made (yet), or none that the tools could say anything of."""
    errors = listed(one.error for one in view.evidence.tries if one.error)
    return Verdict(
        UNDETERMINED,
        "",
        "likely",
        f"no connection to {view.server.asked} could be tried",
        lines(errors, *view.evidence.missing),
        "",
    )

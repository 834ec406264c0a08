"""Why a connection that stands is of no use: large packets, a silent process, TLS, an error of the application."""

from collections.abc import Sequence
from http import HTTPStatus

from kubectl_netshoot.commands.why.evidence import RequestResult, TlsTrouble
from kubectl_netshoot.commands.why.table.connections import logs, on_node, pods_of, proxied_told
from kubectl_netshoot.commands.why.table.row import CaseRow, Told, lines, listed
from kubectl_netshoot.commands.why.table.view import ConnectionView, View
from kubectl_netshoot.packets.points.direction import Bytes
from kubectl_netshoot.rules.listing import number

# Every link takes as much (RFC 791): what is lost below is not lost for its size.
_SMALL = 576
_TLS = {
    TlsTrouble.NAME: ("the certificate of {} is for another name", "is of another name"),
    TlsTrouble.DATE: ("the certificate of {} is out of date", "is out of date"),
    TlsTrouble.CHAIN: ("the certificate of {} is signed by nobody that is trusted", "is not trusted"),
    TlsTrouble.NONE: ("{} does not speak TLS", "speaks no TLS"),
}


def _reply(case: ConnectionView) -> RequestResult:
    return case.one.reply or RequestResult()


def _subject(view: View, cases: Sequence[ConnectionView]) -> str:
    """Who answers so."""
    pods = pods_of(cases)
    if len(pods) == 1:
        return view.called(pods[0])
    if view.service is not None:
        return f"Service {view.service.name}"
    return f"pods {listed(pods)}" if pods else view.server.asked


def _where(view: View, cases: Sequence[ConnectionView]) -> str:
    pods = pods_of(cases)
    return view.place(pods[0]) if len(pods) == 1 else _subject(view, cases)


def said(view: View, cases: Sequence[ConnectionView]) -> tuple[str, ...]:
    """Each address with what the tool said of it, alike ones together."""
    by: dict[str, list[str]] = {}
    for case in cases:
        via = f"Service {view.service.name} ({case.one.to})" if view.service and not case.direct else case.pod
        by.setdefault(f"{_reply(case).request}: {_reply(case).said}", []).append(via or case.one.to)
    return tuple(f"{listed(who)}: {what}" for what, who in by.items())


# proxied


def _proxied(view: View, case: ConnectionView) -> bool:
    return case.flow.loopback or bool(view.evidence.sidecar)


# large-lost


def _large(way: Bytes) -> bool:
    """Whether all that is missing is larger than all that came, and was sent again in vain.

    A packet as large as those that are always taken is no sign of it, and one that came at that size is one against it.
    """
    return way.repeats > 1 and way.smallest > max(way.arrived_largest, _SMALL)


def _large_lost(view: View, case: ConnectionView) -> bool:
    if not _reply(case).timed_out or not (view.watched(case.pod) and view.client_watched):
        return False
    return _large(case.flow.response) or _large(case.flow.request)


def _large_lost_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    case, client = cases[0], view.client.name
    back = _large(case.flow.response)
    way = case.flow.response if back else case.flow.request
    here, there = f"pod {client}", f"pod {case.pod}"
    sender = case.pod if back else client
    arrived = "request arrived; " if back else ""
    repeated = f"{way.largest}-byte packets repeated {way.repeats} times"
    end = view.pod(case.pod)
    address = end.addresses[0] if end and end.addresses else case.one.to.rpartition(":")[0]
    to = f"[{address}]" if ":" in address.strip("[]") else address
    told = f'ICMP "fragmentation needed" came from {way.too_big}, and {sender} does not heed it'
    cause = told if way.too_big else 'no ICMP "fragmentation needed" comes back'
    between = f"between {there} and {here}" if back else f"between {here} and {there}"
    return Told(
        between,
        f"large packets are lost {between}",
        (f"{arrived}{sender} sent {way.sent} bytes, {way.arrived} arrived; {repeated}",),
        f"kubectl netshoot check {client} --live --only path --to {to}:{view.port(case)}",
        f"an MTU below {way.largest} on the way, and {cause}",
    )


# no-response


def _no_response_likely(view: View, case: ConnectionView) -> bool:
    """Of a source that was translated on its way, the pod's capture has no more than the SYN."""
    flow = case.flow
    acknowledged = flow.request.acked >= flow.request.sent > 0
    nothing = not flow.response.sent and not flow.response.arrived and flow.ended != "server"
    return _reply(case).timed_out and acknowledged and nothing and view.client_watched


def _no_response(view: View, case: ConnectionView) -> bool:
    arrived = view.watched(case.pod) and case.flow.request.arrived >= case.flow.request.sent
    return arrived and _no_response_likely(view, case)


def _no_response_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    sent = cases[0].flow.request.sent
    return Told(
        _where(view, cases),
        f"{_subject(view, cases)} takes the request and sends nothing back",
        lines(
            f"{number(len(cases), 'request')} of {sent} bytes was acknowledged; no byte came back in time"
            if len(cases) == 1
            else f"{number(len(cases), 'request')} were acknowledged; no byte came back in time",
            *said(view, cases),
        ),
        logs(view, cases),
    )


# tls-*


def _tls_row(trouble: TlsTrouble) -> CaseRow:
    headline, brief = _TLS[trouble]

    def told(view: View, cases: Sequence[ConnectionView]) -> Told:
        to = cases[0].one.to
        step = f"kubectl netshoot check {view.client.name} --live --only tls --to {to}"
        return Told(_where(view, cases), headline.format(_subject(view, cases)), said(view, cases), step)

    return CaseRow(
        f"tls-{trouble.value}", True, lambda _, case: _reply(case).tls is trouble, lambda _, __: brief, told
    )


# http-5xx


def _http_5xx(_: View, case: ConnectionView) -> bool:
    return _reply(case).status >= 500


def _status(case: ConnectionView) -> str:
    number_ = _reply(case).status
    try:
        return f"{number_} {HTTPStatus(number_).phrase}"
    except ValueError:
        return str(number_)


def _http_5xx_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    return Told(
        _where(view, cases),
        f"{_subject(view, cases)} answers {_status(cases[0])} to {_reply(cases[0]).request}",
        said(view, cases),
        logs(view, cases),
    )


# closed


def _closed(view: View, case: ConnectionView) -> bool:
    return _reply(case).closed and case.flow.server_closed and view.watched(case.pod)


def _closed_likely(_: View, case: ConnectionView) -> bool:
    return _reply(case).closed


def _closed_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    seen = [case for case in cases if case.flow.server_closed]
    unseen = [
        case
        for case in cases
        if case.flow.ended == "server" and not case.flow.server_closed and view.watched(case.pod)
    ]
    return Told(
        _where(view, cases),
        f"{_subject(view, cases)} closes the connection without a whole answer"
        if not unseen
        else f"a connection to {_subject(view, cases)} is closed, and not by the pod",
        lines(
            f"{listed(pods_of(seen))} closed {number(len(seen), 'connection')} first" if seen else "",
            f"{view.client.name} got a FIN or RST that {listed(pods_of(unseen))} did not send"
            if unseen
            else "",
            *said(view, cases),
        ),
        logs(view, cases) if not unseen else on_node(view.client.node),
    )


ROWS = (
    CaseRow("proxied", False, _proxied, lambda _, case: f"by a proxy: {_reply(case).said}", proxied_told),
    CaseRow("large-lost", True, _large_lost, lambda _, __: "large packets are lost", _large_lost_told),
    CaseRow(
        "no-response",
        True,
        _no_response,
        lambda _, __: "takes the request, sends nothing back",
        _no_response_told,
    ),
    CaseRow(
        "no-response",
        False,
        _no_response_likely,
        lambda _, __: "takes the request, sends nothing back",
        _no_response_told,
    ),
    *map(_tls_row, TlsTrouble),
    CaseRow("http-5xx", True, _http_5xx, lambda _, case: f"answers {_status(case)}", _http_5xx_told),
    CaseRow("closed", True, _closed, lambda _, __: "closes without a whole answer", _closed_told),
    CaseRow("closed", False, _closed_likely, lambda _, __: "closed without a whole answer", _closed_told),
)

"""Why a connection does not come about: from the client's kernel to the server's process, in the order of the way.

Only connections that failed are shown to these rows.
"""

from collections.abc import Sequence

from kubectl_netshoot.commands.why.evidence import ConnectResult
from kubectl_netshoot.commands.why.table import containers, policy
from kubectl_netshoot.commands.why.table.row import CaseRow, Told, lines, listed
from kubectl_netshoot.commands.why.table.view import ConnectionView, View
from kubectl_netshoot.rules.listing import number

BOTH_ENDS = "captured at both ends"


def pods_of(cases: Sequence[ConnectionView]) -> list[str]:
    """The pods that they came to, each once."""
    return list(dict.fromkeys(case.pod for case in cases if case.pod))


def dialled(view: View, cases: Sequence[ConnectionView]) -> str:
    """`connections to Service api (10.96.4.7:80)`, or to addresses."""
    to = listed(case.one.to for case in cases)
    if view.service is not None and not cases[0].direct:
        return f"Service {view.service.name} ({to})"
    return to


def share(view: View, cases: Sequence[ConnectionView]) -> str:
    """`5 of 5 connections to Service api (10.96.4.7:80)`."""
    of = sum(1 for case in view.main if case.direct == cases[0].direct)
    return f"{len(cases)} of {number(of, 'connection')} to {dialled(view, cases)}"


def ending(view: View, cases: Sequence[ConnectionView], then: str) -> str:
    """`5 of 5 connections to ... arrived at api-x7k, which THEN`."""
    return f"{share(view, cases)} arrived at {listed(pods_of(cases))}, which {then}"


def directly(view: View) -> tuple[str, ...]:
    """How the pods do without the Service."""
    works = [case for case in view.direct if case.connected]
    fails = [case for case in view.direct if not case.connected]
    how = listed(case.one.outcome.value for case in fails) if works else "the same, so it is not the Service"
    return lines(
        f"directly to {listed(case.one.to for case in fails)}: {how}" if fails else "",
        f"directly to {listed(case.one.to for case in works)}: connected" if works else "",
    )


def logs(view: View, cases: Sequence[ConnectionView]) -> str:
    """The command that shows what the pod says; empty where that is not known."""
    pods = pods_of(cases)
    return f"kubectl -n {view.server.namespace} logs {pods[0]}" if pods and view.pod(pods[0]) else ""


def on_node(node: str) -> str:
    """What runs the network there."""
    return f"kubectl -n kube-system get pods -o wide --field-selector spec.nodeName={node}" if node else ""


def _node_of(view: View, cases: Sequence[ConnectionView]) -> str:
    found = next((view.pod(pod) for pod in pods_of(cases) or view.behind), None)
    return found.node if found else ""


# proxied


def _proxied(view: View, case: ConnectionView) -> bool:
    return case.flow.loopback or bool(view.evidence.sidecar and not case.flow.syns)


def proxied_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    """That a mesh's proxy decides, and what it answered."""
    sidecar, name = view.evidence.sidecar, view.client.name
    by = f"sidecar {sidecar}" if sidecar else "a proxy"
    replies = [f"{case.one.reply.request}: {case.one.reply.said}" for case in cases if case.one.reply]
    return Told(
        view.here,
        f"{by} in pod {name} takes its connections: what becomes of them is in its log",
        lines(
            f"{len(cases)} of {number(len(view.main), 'connection')} went no farther than lo"
            if any(case.flow.loopback for case in cases)
            else f"container {sidecar} of pod {name} is a mesh's: connections of the pod are made by it",
            *dict.fromkeys(replies),
        ),
        f"kubectl -n {view.client.namespace} logs {name}" + (f" -c {sidecar}" if sidecar else ""),
    )


# nothing-sent


def _nothing_sent(view: View, case: ConnectionView) -> bool:
    if case.one.outcome is ConnectResult.NOT_PERMITTED:
        return True
    return view.client_watched and case.one.source_port > 0 and not case.flow.syns


def _nothing_sent_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    name, no_arp = view.client.name, view.evidence.no_arp
    refused = any(case.one.outcome is ConnectResult.NOT_PERMITTED for case in cases)
    # Where the pods are reached it is the Service's address that nothing is sent to.
    only_service = not cases[0].direct and any(case.connected for case in view.direct)
    rule, plugin = "a rule in the pod forbids it", "a network plugin that knows no endpoint of the Service"
    cause = f"{plugin}, or {rule}" if only_service else f"{rule}, or {plugin}"
    of_pod = f"kubectl -n {view.client.namespace} describe pod {name}"
    return Told(
        view.here,
        f"no connection {f'to {dialled(view, cases)} ' if only_service else ''}leaves pod {name}",
        lines(
            f"no SYN of {share(view, cases)} was seen there" if view.client_watched else "",
            f"its kernel asked for {listed(no_arp)} by ARP, and nobody answered" if no_arp else "",
            f"its kernel says: {listed(case.one.error for case in cases if case.one.error)}"
            if refused
            else "",
            *(directly(view) if only_service else ()),
        ),
        on_node(view.client.node) if no_arp or only_service else of_pod,
        "the next hop on the node is not there" if no_arp else cause,
    )


# refused


def _refused(_: View, case: ConnectionView) -> bool:
    return case.flow.arrived > 0 and case.flow.server_reset and not case.flow.answers


def _refused_likely(view: View, case: ConnectionView) -> bool:
    """Only the pod's own list of sockets says so."""
    found = view.listeners(case)
    nobody = found is not None and not any(not one.loopback_only for one in found)
    return case.one.outcome is ConnectResult.REFUSED and nobody


def _listens(view: View, case: ConnectionView) -> str:
    """What is known of the port in this pod: `nobody`, `itself`, `somebody`, or nothing."""
    found = view.listeners(case)
    if found is None:
        return ""
    if not found:
        return "nobody"
    return "itself" if all(one.loopback_only for one in found) else "somebody"


def _refused_brief(view: View, case: ConnectionView) -> str:
    port = view.port(case)
    return {
        "nobody": f"reset: nothing listens on port {port}",
        "itself": f"reset: it listens on port {port} for itself only",
    }.get(_listens(view, case), "it resets the connection")


def _refused_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    first, pod = cases[0], cases[0].pod
    port, how = view.port(first), _listens(view, first)
    headline = {
        "nobody": f"nothing listens on port {port} of pod {pod}",
        "itself": f"port {port} of pod {pod} listens on the loopback address only",
    }.get(how, f"pod {pod} resets connections to port {port}")
    alike = [case for case in cases if case.pod == pod]
    seen = any(case.flow.server_reset for case in alike)
    told = ending(view, alike, "reset them" if len(alike) > 1 else "reset it")
    others = [f"{case.pod}: {_refused_brief(view, case)}" for case in cases if case.pod != pod]
    service, found = view.service, view.pod(pod)
    # A pod that listens nowhere is not what a Service is wrong about.
    ill = [found] if found and how == "nobody" and not view.open_ports(pod) else []
    return Told(
        view.place(pod),
        headline,
        lines(
            told if seen else f"{share(view, alike)} were refused; no capture says by whom",
            _targets(view, first),
            *containers.failing(ill),
            *dict.fromkeys(others),
        ),
        containers.next_of(ill, view.server.namespace)
        or (
            f"kubectl -n {service.namespace} get service {service.name} -o yaml"
            if service and how == "nobody" and not ill
            else logs(view, cases)
        ),
        "a rule in the pod resets them, since a process listens there" if how == "somebody" else "",
    )


def _targets(view: View, case: ConnectionView) -> str:
    """`the Service's targetPort is 8081; api-x7k listens on 8080`."""
    port, declared = view.port(case), view.server.port
    target = ""
    if view.service is not None and declared is not None and view.service.headless:
        if str(declared.target) != str(port):
            target = f"the Service is headless: its targetPort {declared.target} plays no part"
    elif view.service is not None and declared is not None:
        same = str(declared.target) == str(port)
        target = f"the Service's targetPort is {declared.target}" + ("" if same else f", here {port}")
    if view.listeners(case) is None:
        return f"{target}; what listens in {case.pod} was not seen" if target else ""
    found = view.open_ports(case.pod)
    listens = f"{case.pod} listens on {listed(map(str, found)) if found else 'no port'}"
    return f"{target}; {listens}" if target else listens


# rejected


def _rejected(view: View, case: ConnectionView) -> bool:
    return view.nowhere(case) and bool(case.flow.reset or case.flow.unreachable)


def _rejected_likely(view: View, case: ConnectionView) -> bool:
    """It was refused, a process listens, and the pod's kernel sent no RST."""
    counted = view.counters(case.pod)
    return (
        case.one.outcome in (ConnectResult.REFUSED, ConnectResult.UNREACHABLE)
        and not case.flow.arrived
        and _listens(view, case) == "somebody"
        and counted is not None
        and not counted.resets_sent
        and not counted.unreachables_sent
    )


def _rejected_brief(_: View, case: ConnectionView) -> str:
    return f"rejected on the way ({_answer(case)}), no SYN arrived"


def _answer(case: ConnectionView) -> str:
    """What the client got for its SYN."""
    if case.flow.unreachable:
        return f'ICMP "{case.flow.unreachable.says}" from {case.flow.unreachable.sender}'
    return f"a reset from {case.flow.reset}" if case.flow.reset else case.one.outcome.value


def _rejected_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    first, name = cases[0], view.client.name
    pods = pods_of(cases) or list(view.behind)
    direct = [case for case in view.direct if case.connected]
    in_service = bool(direct) and len(direct) == len(view.direct) and not first.direct
    if view.nowhere(first):
        got = f"{name} got {_answer(first)}; {_saw_nothing(view, first, pods)}"
    else:
        got = f"{share(view, cases)} were refused, and {listed(pods)} listens there and sent no reset"
    not_pod = f"pod {pods[0]}" if len(pods) == 1 else "the pods"
    where = f"between {view.here} and {view.place(pods[0] if len(pods) == 1 else '')}"
    if in_service and view.service:
        headline = f"Service {view.service.name} rejects the connection on the way, not {not_pod}"
        return Told(
            where,
            headline,
            (got, *directly(view)),
            on_node(view.client.node),
            f"kube-proxy (or what replaces it) on node {view.client.node or 'of the client'} knows no endpoint",
        )
    return Told(
        where,
        f"something on the way rejects the connection, not {not_pod}",
        (got, *policy.lines_of(view, pods), *_loose(view, direct)),
        policy.next_of(view, pods) or on_node(_node_of(view, cases)),
        policy.likely(view, pods),
    )


def _loose(view: View, direct: Sequence[ConnectionView]) -> tuple[str, ...]:
    return directly(view) if direct else ()


def _saw_nothing(view: View, case: ConnectionView, pods: Sequence[str]) -> str:
    """`cache-0 has that address, saw no SYN and sent no reset`."""
    sender = case.flow.reset.rpartition(":")[0].strip("[]")
    for pod in pods:
        found = view.pod(pod)
        if sender and found and sender in found.addresses:
            return f"{pod} has that address, saw no SYN and sent no reset"
    return f"no SYN arrived at {listed(pods)} ({BOTH_ENDS})"


# lost, lost-in-service


def _lost(view: View, case: ConnectionView) -> bool:
    silent = not case.flow.answered and not case.flow.stranger
    return view.nowhere(case) and silent and not (case.flow.reset or case.flow.unreachable)


def _lost_in_service(view: View, case: ConnectionView) -> bool:
    direct = [one for one in view.direct if not case.direct]
    return _lost(view, case) and bool(direct) and all(one.connected for one in direct)


def _lost_brief(_: View, case: ConnectionView) -> str:
    return f"{number(case.flow.syns, 'SYN')} left, none arrived"


def _lost_where(view: View, cases: Sequence[ConnectionView]) -> tuple[str, list[str]]:
    pods = pods_of(cases) or list(view.behind)
    return f"between {view.here} and {view.place(pods[0] if len(pods) == 1 else '')}", pods


def _lost_syns(view: View, cases: Sequence[ConnectionView], pods: Sequence[str]) -> str:
    syns = number(sum(case.flow.syns for case in cases), "SYN")
    return (
        f"{syns} of {number(len(cases), 'connection')} left {view.client.name}; "
        f"none arrived at {listed(pods)} ({BOTH_ENDS})"
    )


def _lost_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    where, pods = _lost_where(view, cases)
    return Told(
        where,
        f"packets are lost {where}",
        (_lost_syns(view, cases, pods), *directly(view), *policy.lines_of(view, pods)),
        policy.next_of(view, pods) or on_node(_node_of(view, cases)),
        policy.likely(view, pods),
    )


def _lost_in_service_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    where, pods = _lost_where(view, cases)
    return Told(
        where,
        f"packets to {dialled(view, cases)} are lost, packets to its pods are not",
        (_lost_syns(view, cases, pods), *directly(view)),
        on_node(view.client.node),
        f"kube-proxy (or what replaces it) on node {view.client.node or 'of the client'}",
    )


# queue-full, no-syn-answer


def _full(view: View, case: ConnectionView) -> str:
    """`129 of 128`."""
    found = [one for one in view.listeners(case) or () if one.full]
    return f"{found[0].waiting} of {found[0].most}" if found else ""


def _queue_full(view: View, case: ConnectionView) -> bool:
    return view.unanswered(case) and bool(_full(view, case))


def _queue_full_likely(view: View, case: ConnectionView) -> bool:
    return case.one.outcome is ConnectResult.TIMEOUT and bool(_full(view, case))


def _queue_full_brief(view: View, case: ConnectionView) -> str:
    came = "SYN arrived, no answer; " if case.flow.arrived else ""
    return f"{came}accept queue full ({_full(view, case)})"


def _queue_full_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    pod, counted = cases[0].pod, view.counters(cases[0].pod)
    alike = [case for case in cases if case.pod == pod]
    port, full = view.port(cases[0]), _full(view, cases[0])
    overflows = counted.listen_overflows if counted else 0
    seen = any(case.flow.arrived for case in alike)
    return Told(
        view.place(pod),
        f"pod {pod} takes no connection on port {port}: its accept queue is full ({full})",
        lines(
            ending(view, alike, "did not answer") if seen else f"{share(view, alike)} got no answer",
            f"the process that listens there accepts none; {number(overflows, 'overflow')} were counted meanwhile"
            if overflows
            else "the process that listens there accepts none",
            *_others(cases, pod),
        ),
        logs(view, alike),
    )


def _others(cases: Sequence[ConnectionView], pod: str) -> list[str]:
    return [f"{other}: the same" for other in pods_of(cases) if other != pod]


def _no_syn_answer(view: View, case: ConnectionView) -> bool:
    return view.unanswered(case)


def _no_syn_answer_brief(_: View, _case: ConnectionView) -> str:
    return "SYN arrived, no answer"


def _no_syn_answer_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    pod, counted = cases[0].pod, view.counters(cases[0].pod)
    alike = [case for case in cases if case.pod == pod]
    dropped = counted.received - counted.delivered if counted else 0
    overflows = counted.listen_overflows if counted else 0
    cause = ""
    if overflows:
        cause = f"the process accepts too slowly: {number(overflows, 'connection')} overflowed its queue"
    elif dropped > 0:
        cause = f"a rule in the pod: its kernel received {number(dropped, 'packet')} more than it delivered"
    return Told(
        view.place(pod),
        f"pod {pod} does not answer connections to port {view.port(cases[0])}",
        (ending(view, alike, "sent nothing back"), *_others(cases, pod)),
        f"kubectl -n {view.server.namespace} describe pod {pod}",
        cause,
    )


# answer-lost


def _answer_lost(view: View, case: ConnectionView) -> bool:
    flow = case.flow
    return (
        bool(flow.arrived and flow.answers and not flow.answered and not flow.stranger)
        and view.client_watched
    )


def _answer_lost_likely(view: View, case: ConnectionView) -> bool:
    """The pod's kernel has half a connection, so the SYN came, and the answer did not get through."""
    half_open = case.one.source_port in view.evidence.half_open.get(case.pod, ())
    return case.one.outcome is ConnectResult.TIMEOUT and half_open and not case.flow.answered


def _answer_lost_brief(_: View, _case: ConnectionView) -> str:
    return "SYN arrived, its answer did not come back"


def _answer_lost_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    pods = pods_of(cases)
    answers = sum(case.flow.answers for case in cases)
    where = f"between {view.place(pods[0] if len(pods) == 1 else '')} and {view.here}"
    if answers:
        then = f"answered {number(answers, 'time')}; none came back to {view.client.name} ({BOTH_ENDS})"
        told = ending(view, cases, then)
    else:
        told = f"{share(view, cases)} are half open in {listed(pods)}: it got the SYN, and nothing after its answer"
    return Told(
        where,
        f"answers are lost {where}",
        (told, *directly(view)),
        on_node(_node_of(view, cases)),
        "the way back: a route, a firewall or a rule that lets only one direction pass",
    )


# not-translated


def _not_translated(_: View, case: ConnectionView) -> bool:
    return bool(case.flow.stranger)


def _not_translated_brief(_: View, case: ConnectionView) -> str:
    return f"its answer comes from {case.flow.stranger}, untranslated"


def _not_translated_told(view: View, cases: Sequence[ConnectionView]) -> Told:
    first = cases[0]
    where = f"between {view.place(first.pod)} and {view.here}"
    return Told(
        where,
        f"answers come back untranslated: from {first.flow.stranger}, and not from {first.one.to}",
        lines(
            f"{share(view, cases)} were answered so; {view.client.name} knows no such connection",
            *directly(view),
        ),
        on_node(view.client.node),
        "the way back does not pass where the Service was translated, or its entry in conntrack is gone",
    )


ROWS = (
    CaseRow("proxied", False, _proxied, lambda _, __: "taken by a proxy in the client's pod", proxied_told),
    CaseRow("nothing-sent", False, _nothing_sent, lambda _, __: "no SYN left", _nothing_sent_told),
    CaseRow("refused", True, _refused, _refused_brief, _refused_told),
    CaseRow("rejected", True, _rejected, _rejected_brief, _rejected_told),
    CaseRow("lost-in-service", False, _lost_in_service, _lost_brief, _lost_in_service_told),
    CaseRow("lost", False, _lost, _lost_brief, _lost_told),
    CaseRow("queue-full", True, _queue_full, _queue_full_brief, _queue_full_told),
    CaseRow("no-syn-answer", False, _no_syn_answer, _no_syn_answer_brief, _no_syn_answer_told),
    CaseRow("answer-lost", False, _answer_lost, _answer_lost_brief, _answer_lost_told),
    CaseRow("not-translated", True, _not_translated, _not_translated_brief, _not_translated_told),
    # Without captures: what sockets and counters say.
    CaseRow("refused", False, _refused_likely, _refused_brief, _refused_told),
    CaseRow("rejected", False, _rejected_likely, _rejected_brief, _rejected_told),
    CaseRow("queue-full", False, _queue_full_likely, _queue_full_brief, _queue_full_told),
    CaseRow("answer-lost", False, _answer_lost_likely, _answer_lost_brief, _answer_lost_told),
)

"""What DNS decides, and what it only slows down."""

from kubectl_netshoot.commands.why.evidence import Resolution
from kubectl_netshoot.commands.why.table.policy import denies
from kubectl_netshoot.commands.why.table.row import Row, Told, lines, listed
from kubectl_netshoot.commands.why.table.view import View
from kubectl_netshoot.rules.listing import number

DNS_LOG = "kubectl -n kube-system logs -l k8s-app=kube-dns --tail=20"
DNS_PODS = "kubectl -n kube-system get pods,endpointslices -l k8s-app=kube-dns -o wide"
_PLAIN = ("NOERROR", "NXDOMAIN")


def _resolution(view: View) -> Resolution:
    return view.evidence.resolution or Resolution()


def _found(asked: Resolution) -> bool:
    return any(reply.addresses for reply in asked.replies)


def _not_found(view: View) -> bool:
    asked = _resolution(view)
    plain = all(reply.status in _PLAIN for reply in asked.replies)
    return bool(asked.replies) and not asked.silent and plain and not _found(asked)


def _not_found_told(view: View) -> Told:
    asked, name = _resolution(view), view.server.asked
    empty = [reply.name for reply in asked.replies if reply.status == "NOERROR"]
    by = listed(reply.server for reply in asked.replies if reply.server)
    first = next(iter(asked.elsewhere), "")
    host = name.partition("://")[2].partition("/")[0] or name.rpartition("/")[2]
    service = host.partition(":")[0].partition(".")[0]
    return Told(
        "DNS",
        f"the name in {name} has no address" if empty else f"there is no name for {name} in DNS",
        lines(
            f"tried {', '.join(reply.name for reply in asked.replies)}: "
            + listed(reply.status for reply in asked.replies)
            + (f" from {by}" if by else ""),
            f"a Service {service} exists in namespace {listed(asked.elsewhere)}" if first else "",
        ),
        f"kubectl -n {first} get service {service}"
        if first
        else f"kubectl -n {view.server.namespace} get service {service} -o yaml"
        if view.server.alias
        else f"kubectl -n {view.client.namespace} get services",
    )


def _failed(view: View) -> bool:
    asked = _resolution(view)
    return any(reply.status not in _PLAIN for reply in asked.replies) and not _found(asked)


def _failed_told(view: View) -> Told:
    bad = [reply for reply in _resolution(view).replies if reply.status not in _PLAIN]
    by = listed(reply.server for reply in bad if reply.server) or "the DNS server"
    return Told(
        "DNS",
        f"DNS fails for {view.server.asked}: {by} answers {listed(reply.status for reply in bad)}",
        (f"asked for {', '.join(reply.name for reply in bad)}",),
        DNS_LOG,
    )


def _no_answer(view: View) -> bool:
    asked = _resolution(view)
    return bool(asked.silent) and not asked.heard and not _found(asked)


def _some_answers(view: View) -> bool:
    asked = _resolution(view)
    return bool(asked.silent and asked.heard) and not _found(asked)


def _some_answers_told(view: View) -> Told:
    asked = _resolution(view)
    return Told(
        "DNS",
        f"DNS answers pod {view.client.name} only some questions, and none with an address for {view.server.asked}",
        (
            f"{_unanswered(asked)}, {asked.heard} got one",
            *(f"{reply.name}: {reply.status}" for reply in asked.replies),
        ),
        DNS_PODS,
    )


def _unanswered(asked: Resolution) -> str:
    """With dig's own word where it is not that nothing came back."""
    told = f"{number(len(asked.silent), 'question')} to {listed(asked.silent)} got no answer"
    reasons = [reason for reason in asked.reasons if reason and reason != "timed out"]
    return f"{told} ({listed(reasons)})" if reasons else told


def _no_answer_told(view: View) -> Told:
    asked, answer = _resolution(view), view.evidence.dns_policy
    by_tcp = {
        None: "",
        True: "by TCP the same question is answered: UDP port 53 is blocked",
        False: "by TCP it is not answered, either",
    }[asked.tcp]
    denied = answer is not None and answer.answer == "denied"
    policy = f" describe networkpolicy {answer.denied_by[0]}" if answer and denied else ""
    where = "kube-system" if answer and answer.direction == "ingress" else view.client.namespace
    return Told(
        "DNS",
        f"no DNS server answers pod {view.client.name}",
        lines(_unanswered(asked), by_tcp),
        f"kubectl -n {where}{policy}" if policy else DNS_PODS,
        denies(view, answer, "UDP port 53") if answer and denied else "",
    )


def _slow(view: View) -> bool:
    asked = _resolution(view)
    return bool(asked.silent) and _found(asked) and view.works


def _slow_told(view: View) -> Told:
    asked = _resolution(view)
    asked_for = len(asked.silent) + len(asked.replies)
    return Told(
        "DNS",
        f"{view.server.asked} works, but DNS loses questions: a client waits 5 seconds for each",
        (f"{len(asked.silent)} of {number(asked_for, 'question')} to {listed(asked.silent)} got no answer",),
        DNS_PODS,
    )


ROWS = (
    Row("name-not-found", True, _not_found, _not_found_told),
    Row("name-failed", True, _failed, _failed_told),
    Row("name-no-answer", True, _no_answer, _no_answer_told),
    Row("name-no-answer", False, _some_answers, _some_answers_told),
    Row("name-slow", True, _slow, _slow_told),
)

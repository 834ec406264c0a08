"""What NetworkPolicies have to do with it: never more than likely, since nothing says that they are enforced."""

from collections.abc import Sequence

from kubectl_netshoot.commands.why.table.row import listed
from kubectl_netshoot.commands.why.table.view import View
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.policies import OTHERS, PolicyAnswer

# Labels that say which instance a pod is, and not what it is.
# Kubernetes 1.35 and later copy these from the node.
_OF_NODE = "topology.kubernetes.io/"
_INSTANCE = ("pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name")
_MOST_LABELS = 2


def likely(view: View, pods: Sequence[str]) -> str:
    """The policy that denies connections to these pods; empty without one."""
    answer = view.policy(pods)
    return denies(view, answer) if answer and answer.answer == "denied" else ""


def denies(view: View, answer: PolicyAnswer, what: str = "") -> str:
    """`NetworkPolicy db-ingress selects db-0 and does not allow front-6c9 (app=front)`."""
    names = f"NetworkPolic{'ies' if len(answer.denied_by) > 1 else 'y'} {listed(answer.denied_by)}"
    select, do = ("select", "do") if len(answer.denied_by) > 1 else ("selects", "does")
    server = view.pod(answer.pod)
    there = _labelled(server) if server else answer.pod
    if answer.direction == "egress":
        other = f"{there} at {what}" if what else there
        return f"{names} {select} {view.client.name} and {do} not allow {other}"
    return f"{names} {select} {answer.pod} and {do} not allow {_labelled(view.client)}"


def lines_of(view: View, pods: Sequence[str]) -> tuple[str, ...]:
    """What else is known of policies, where none of these is the likely cause."""
    answer, others = view.policy(pods), view.evidence.other_policies
    if answer and answer.answer == "denied":
        return ()
    exist = f"{listed(others)} exist here and are not evaluated" if others else ""
    if answer:
        doubt = f"whether NetworkPolicy {listed(answer.denied_by)} allows it is not known: {answer.because}"
        return (f"{doubt}; {exist}" if exist else doubt,)
    judged = any(one.pod in pods for one in view.evidence.policies)
    found = [part for part in ("no NetworkPolicy denies it" if judged else "", exist) if part]
    return ("; ".join(found),) if found else ()


def next_of(view: View, pods: Sequence[str]) -> str:
    """The command that shows what may be to blame; empty without one."""
    answer, others = view.policy(pods), view.evidence.other_policies
    if answer and answer.answer == "denied":
        namespace = view.client.namespace if answer.direction == "egress" else view.server.namespace
        return f"kubectl -n {namespace} describe networkpolicy {answer.denied_by[0]}"
    kind = next((kind for kind in OTHERS if kind.plural_name in others), None)
    return f"kubectl -n {view.server.namespace} get {kind.resource}" if kind else ""


def _labelled(pod: Pod) -> str:
    own = (k for k in sorted(pod.labels) if k not in _INSTANCE and not k.startswith(_OF_NODE))
    labels = [f"{key}={pod.labels[key]}" for key in own][:_MOST_LABELS]
    return f"{pod.name} ({','.join(labels)})" if labels else pod.name

"""What to do next where a connection does not come about; a NetworkPolicy may be the whole difference to a copy."""

from kubectl_netshoot.commands.check.scene import Scene
from kubectl_netshoot.session.tools.output import Connected

NO_LABELS = (
    "the copy has not the pod's labels, by which a NetworkPolicy may go: --live asks from the pod itself"
)
_STEPS = {
    Connected.REFUSED: "nothing listens there: compare the Service's targetPort with what `--only ports` says",
    Connected.SILENT: "a NetworkPolicy, a firewall or the route between the nodes swallows it",
    Connected.UNREACHABLE: "there is no route: look at the network plugin on both nodes",
}


def of_connection(state: Connected, scene: Scene) -> str:
    """Behind a connection that ended so."""
    # Some network plugins reject what a policy forbids, others drop it.
    policy = f"; {NO_LABELS}" if scene.in_copy and state is not Connected.REFUSED else ""
    return _STEPS[state] + policy

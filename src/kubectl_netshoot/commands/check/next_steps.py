"""What to do next where a connection does not come about; a NetworkPolicy may be the whole difference to a copy."""

from collections.abc import Sequence

from kubectl_netshoot.commands.check.scene import Scene
from kubectl_netshoot.session.tools.output import Connected, ListeningSocket

NO_LABELS = (
    "the copy lacks the pod's labels, which a NetworkPolicy may select: --live asks from the pod itself"
)
_SILENT = "a NetworkPolicy, a firewall or the route between the nodes swallows it"
_NO_ROUTE = "there is no route: look at the network plugin on both nodes"


def of_connection(
    state: Connected, scene: Scene, where: str, listening: Sequence[ListeningSocket] | None = None
) -> str:
    """Behind a connection to `where` that ended so; `listening` are the sockets at that port of the pod that was asked
    for it, None where they were not looked at.
    """
    if state is Connected.REFUSED:
        return _of_refusal(scene, where, listening)
    # Some network plugins reject what a policy forbids, others drop it.
    policy = f"; {NO_LABELS}" if scene.in_copy else ""
    return (_SILENT if state is Connected.SILENT else _NO_ROUTE) + policy


def _of_refusal(scene: Scene, where: str, listening: Sequence[ListeningSocket] | None) -> str:
    if listening is None:
        tells = f"`kubectl netshoot why {scene.pod.name} {where}` tells which"
        return f"either nothing listens there, or something on the way rejects it: {tells}"
    if not listening:
        return "nothing listens there: compare the Service's targetPort with what `--only ports` says"
    if all(socket.loopback_only for socket in listening):
        return f"it listens on {listening[0].address} only: let it listen on 0.0.0.0 or [::]"
    return "a process listens there: a rule in the pod rejects it"

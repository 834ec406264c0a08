"""The node's end of a pod's own interface: found from the pod's side, where every CNI plugin names it alike.

The pod's eth0 says by its number which interface of the node is its other end, and that one says the same of it (a
pair: veth, netkit). It is read through /proc of any process of the pod, by the pod's uid in its cgroup. Where those
cannot be looked into, the route to the pod's address tells, unless it leads to a bridge.
"""

from kubectl_netshoot.commands.capture.request import PodName
from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.api import Fetch
from kubectl_netshoot.kube.missing import no_object
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.targets import POD, TargetName
from kubectl_netshoot.session.edges import Edges

SECONDS = 20.0
# What it says: "pair NAME"; "shared NAME", an interface of the node that the pod's is on top of; or "unseen NAME", to
# where the route leads.
SCRIPT = r"""uid=$1 address=$2
links=$(ip -o link show)
for place in $(grep -ls -e "$uid" -e "$(echo "$uid" | tr - _)" /proc/[0-9]*/cgroup); do
  card=${place%cgroup}root/sys/class/net/eth0
  link=$(cat "$card/iflink" 2>/dev/null) index=$(cat "$card/ifindex" 2>/dev/null)
  [ "$link" ] && [ "$index" ] || continue
  name=$(echo "$links" | sed -n "s/^$link: \([^@: ]*\)@if$index: .*/\1/p")
  [ "$name" ] && echo "pair $name" && exit
  shared=$(echo "$links" | sed -n "s/^$link: \([^@: ]*\)[@:].*/\1/p")
done
[ "$shared" ] && echo "shared $shared" && exit
name=$(ip -o route get "$address" | sed -n 's/.* dev \([^ ]*\) .*/\1/p')
case "$(ip -o link show dev "$name")" in
  *": $name@if"*) echo "pair $name" ;;
  *) echo "unseen $name" ;;
esac
"""


def pod_on(node: str, wanted: PodName, edges: Edges) -> Pod:
    """The pod, which has a network of its own on this node. Raises NetshootError."""
    fetch = edges.reads.fetch
    fetch = Fetch(fetch.api, wanted.namespace or fetch.namespace)
    pod = Reads(fetch).pod(wanted.name)
    if pod is None:
        raise no_object(fetch, TargetName(POD, wanted.name))
    if pod.node != node:
        where = f"on node {pod.node}, not on {node}" if pod.node else "on no node yet"
        hint = f"try: kubectl netshoot capture node/{pod.node} --pod {wanted}" if pod.node else ""
        raise NetshootError(f"pod {pod.name} is {where}; nothing was changed", hint)
    if pod.host_network:
        raise NetshootError(
            f"pod {pod.name} is in its node's network and has no interface of its own; nothing was changed",
            "without --pod all of the node is captured",
        )
    if pod.finished or not pod.addresses:
        raise NetshootError(f"pod {pod.name} does not run; nothing was changed", again=())
    return pod


def interface_of(pod: Pod, ours: Pod, edges: Edges) -> str:
    """The node's interface that leads to this pod alone, found in our pod there. Raises NetshootError."""
    edges.terminal.progress(f"looking for the node's end of pod {pod.name}")
    command = ("sh", "-c", SCRIPT, "interface", pod.uid, pod.addresses[0])
    done = edges.kubectl.ask(ours.name, command, SECONDS, ours.tools)
    kind, _, name = done.stdout.strip().partition(" ")
    if kind == "pair":
        edges.terminal.say(f"{name} is the end of pod {pod.name} on node {pod.node}")
        return name
    hint = f"try: kubectl netshoot capture {pod.name}, which listens in the pod itself"
    if kind == "shared":
        raise NetshootError(
            f"pod {pod.name} has no interface of its own on node {pod.node}: its eth0 is on top of {name} "
            "(macvlan, ipvlan or a card of its own)",
            hint,
        )
    leads = f"; the route to it leads to {name}" if name else ""
    raise NetshootError(
        f"which interface of node {pod.node} is pod {pod.name}'s was not found{leads}",
        f"--profile sysadmin sees its processes\n{hint}",
    )

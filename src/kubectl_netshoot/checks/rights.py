"""The rights that a check uses beside those of its session, or of a container that is added to the pod."""

from kubectl_netshoot.rights import Right, rights, rights_of_debug
from kubectl_netshoot.target_rights import merged

FLAG = " --check"
_OF_CHECK = (
    Right("list", "services", "find the Services that select the pod"),
    Right("get", "services", "look at the Services of --service", without="--service cannot be given"),
    Right("list", "endpointslices", "find the endpoints of its Services", "discovery.k8s.io"),
)


def rights_of_check(live: bool) -> tuple[Right, ...]:
    """All that a check uses in its namespace."""
    return merged(rights_of_debug() if live else rights(joining=False), _OF_CHECK)


def all_rights_of_check() -> tuple[Right, ...]:
    """For a Role that allows both: what only one of them needs is granted as needed."""
    return merged(rights_of_check(live=False), rights_of_check(live=True))

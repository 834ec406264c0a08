"""resolv.conf: servers, search list and ndots, and what they make of a short name."""

import re
from dataclasses import dataclass

DEFAULT_DOMAIN = "cluster.local"
# resolv.conf(5): without an option it is 1, and the last line counts.
DEFAULT_NDOTS = 1


@dataclass(frozen=True)
class Resolver:
    """How this pod's programs look names up."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    ndots: int = DEFAULT_NDOTS

    def cluster_domain(self, namespace: str) -> str:
        """The cluster's own domain, by the search list; empty where that is not the cluster's."""
        prefix = f"{namespace}.svc."
        return next((s.removeprefix(prefix).rstrip(".") for s in self.search if s.startswith(prefix)), "")

    def tried(self, name: str) -> tuple[str, ...]:
        """The full names that this name stands for, in the order in which they are asked for."""
        if name.endswith("."):
            return (name,)
        found = tuple(f"{name}.{suffix.rstrip('.')}." for suffix in self.search)
        as_it_is = (f"{name}.",)
        return (*as_it_is, *found) if name.count(".") >= self.ndots else (*found, *as_it_is)


def read(text: str) -> Resolver:
    """Out of resolv.conf's text."""
    servers: list[str] = []
    search: tuple[str, ...] = ()
    ndots = DEFAULT_NDOTS
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0].startswith(("#", ";")):
            continue
        if words[0] == "nameserver":
            servers.append(words[1])
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:])
        elif words[0] == "options":
            found = re.search(r"\bndots:([0-9]{1,2})", line)
            ndots = int(found[1]) if found else ndots
    return Resolver(tuple(servers), search, ndots)

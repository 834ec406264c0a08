"""Tells names that do not exist from names that the resolver only tried because of its search list ("ndots").

A pod's resolver appends each domain of its search list to a name with few dots before it asks for the name itself.
The names that it tries in vain begin with the one that it wants, one soon after the other.
"""

from collections import deque

from kubectl_netshoot.packets.conversation import Evidence, Talk
from kubectl_netshoot.packets.ledger import Ledger
from kubectl_netshoot.packets.messages import faults, notes, warnings

# Longer than a resolver waits between two names of its list, with one retry.
TOGETHER = 12_000_000_000
MOST = 10_000
# Every cluster's search list ends so, whatever the cluster's domain: NAMESPACE.svc.DOMAIN, svc.DOMAIN, DOMAIN.
_SERVICES = "svc"
# Below these stand the names of addresses (RFC 1035, 3.5; RFC 3596, 2.5).
REVERSE = (".in-addr.arpa", ".ip6.arpa")


class Miss:
    """A name that does not exist, as a client was told."""

    __slots__ = ("name", "ns", "packets", "talk")

    def __init__(self, talk: Talk, name: str, packets: Evidence, ns: int) -> None:
        self.talk = talk
        self.name = name
        self.packets = packets
        self.ns = ns


class SearchLists:
    """All misses of a capture that are not explained yet, by client."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._misses: dict[bytes, deque[Miss]] = {}
        self._count = 0

    def no_such_name(self, talk: Talk, name: str, packets: Evidence, ns: int) -> None:
        """A client was told that a name does not exist."""
        if name.endswith(REVERSE):
            # Most addresses have no name, and whoever asks for it can do without.
            self._ledger.about(notes.DNS_NO_REVERSE_NAME, talk, packets, example=name, count=1)
            return
        misses = self._misses.setdefault(talk.client[0], deque())
        misses.append(Miss(talk, name, packets, ns))
        self._count += 1
        while misses and (ns - misses[0].ns > TOGETHER or self._count > MOST):
            self._settle_first(misses)

    def found(self, talk: Talk, name: str, ns: int) -> None:
        """A client was told of a name: the misses just before it may have been steps on the way there."""
        misses = self._misses.get(talk.client[0])
        if not misses:
            return
        tried = [miss for miss in misses if ns - miss.ns <= TOGETHER and expands(miss.name, name)]
        if tried:
            self._search_list(talk, name, tried)
            self._keep(talk.client[0], [miss for miss in misses if miss not in tried])

    def settle(self) -> None:
        """The capture is over: what is left really does not exist."""
        for misses in self._misses.values():
            while misses:
                self._settle_first(misses)

    def _settle_first(self, misses: deque[Miss]) -> None:
        """The shortest name that others begin with is the one that was wanted."""
        first = misses.popleft()
        self._count -= 1
        wanted = min(
            (miss for miss in misses if related(first.name, miss.name)),
            key=lambda miss: len(miss.name),
            default=first,
        )
        wanted = min(wanted, first, key=lambda miss: len(miss.name))
        same = [miss for miss in misses if miss.name == wanted.name]
        tried = [miss for miss in (first, *misses) if expands(miss.name, wanted.name)]
        evidence = Evidence()
        for miss in {id(miss): miss for miss in (wanted, *same)}.values():
            evidence.extend(miss.packets)
        asked = wanted.talk
        self._ledger.about(
            faults.DNS_NO_SUCH_NAME,
            asked,
            evidence,
            name=wanted.name,
            count=1 + len(same) - (wanted in same),
        )
        if tried:
            self._search_list(asked, wanted.name, tried)
        gone = {id(miss) for miss in (wanted, *same, *tried)}
        kept = [miss for miss in misses if id(miss) not in gone]
        self._count -= len(misses) - len(kept)
        misses.clear()
        misses.extend(kept)

    def _search_list(self, talk: Talk, name: str, tried: list[Miss]) -> None:
        evidence = Evidence()
        for miss in tried:
            evidence.extend(miss.packets)
        names = tuple(dict.fromkeys(miss.name for miss in tried))
        self._ledger.about(warnings.DNS_SEARCH_LIST, talk, evidence, name=name, tried=names, count=len(tried))

    def _keep(self, client: bytes, misses: list[Miss]) -> None:
        self._count -= len(self._misses[client]) - len(misses)
        self._misses[client] = deque(misses)


def expands(tried: str, wanted: str) -> bool:
    """Whether `tried` is what a search list makes of the name behind `wanted`."""
    if tried == wanted:
        return False
    if tried.startswith(wanted + "."):
        return True
    # Both are expansions: NAME.NAMESPACE.svc.DOMAIN was tried before NAME.svc.DOMAIN was found.
    name, separator, domain = wanted.partition(f".{_SERVICES}.")
    if not separator:
        return False
    between = tried.removeprefix(name + ".").removesuffix(f".{_SERVICES}.{domain}")
    return tried == f"{name}.{between}.{_SERVICES}.{domain}" and "." not in between


def related(one: str, other: str) -> bool:
    """Whether one of the two is an expansion of the other."""
    return expands(one, other) or expands(other, one)

"""Collects findings while packets go by: the same thing seen many times is one finding with its evidence counted.

Hides how findings are merged. Two are the same when their kind and their named parameters are, except that clients
may differ (then no client is named), numbers are added up and the longest duration wins.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kubectl_netshoot.packets.conversation import NotedPackets, Place, Resolve, Talk
from kubectl_netshoot.packets.messages import faults, notes, warnings
from kubectl_netshoot.packets.messages.kinds import FindingKind, FindingSeverity
from kubectl_netshoot.packets.report import PACKETS_SHOWN, Finding, Parameters, Value

WORST_FIRST = tuple(
    row for table in (faults, warnings, notes) for row in vars(table).values() if isinstance(row, FindingKind)
)
SUMMED = frozenset({"count", "attempts", "bytes"})
LONGEST = frozenset({"seconds", "percent"})
# Told of the first that was seen; the others may differ.
EXAMPLES = frozenset(
    {
        "target",
        "method",
        "grpc_message",
        "seen_bytes",
        "expected_bytes",
        "payload_bytes",
        "smaller_bytes",
        "example",
    }
)
# Beyond these many different findings only the known ones are counted on.
MOST = 2000
# So many of a kind are told one by one.
FEW = 10
NOTHING = NotedPackets()


@dataclass(slots=True)
class OpenFinding:
    """A finding that grows."""

    client: Place | None
    parameters: dict[str, Value]
    clients_differ: bool = False
    packets: NotedPackets = field(default_factory=NotedPackets)
    conversations: list[int] = field(default_factory=list)
    conversation_count: int = 0

    def support(self, packets: NotedPackets, conversation: int | None) -> None:
        """Add evidence."""
        self.packets.extend(packets)
        if conversation is not None and (not self.conversations or self.conversations[-1] != conversation):
            self.conversation_count += 1
            if len(self.conversations) < PACKETS_SHOWN:
                self.conversations.append(conversation)


class Ledger:
    """All findings of a capture."""

    def __init__(self) -> None:
        self._entries: dict[tuple[object, ...], OpenFinding] = {}
        self._servers: dict[tuple[object, ...], Place] = {}

    def about(self, kind: FindingKind, talk: Talk, packets: NotedPackets, **parameters: Value) -> None:
        """Note a finding about a conversation; client and server are the conversation's."""
        if talk.doubtful and kind.from_absence:
            return
        if kind.severity is not FindingSeverity.NOTE:
            talk.odd = True
        key = (kind, talk.server, *identity(parameters))
        entry = self._entry(key, (talk.client[0], None), parameters)
        if entry is not None:
            self._servers[key] = talk.server
            entry.support(packets, talk.number)

    def note(
        self,
        kind: FindingKind,
        talk: Talk | None = None,
        packets: NotedPackets = NOTHING,
        **parameters: Value,
    ) -> None:
        """Note a finding that names no client and no server of a conversation."""
        if talk and talk.doubtful and kind.from_absence:
            return
        entry = self._entry((kind, None, *identity(parameters)), None, parameters)
        if entry is not None:
            entry.support(packets, talk.number if talk else None)
        if talk and kind.severity is not FindingSeverity.NOTE:
            talk.odd = True

    def findings(self, resolve: Resolve) -> tuple[Finding, ...]:
        """All, worst first; among equals by how many packets show them."""
        rank = {kind: place for place, kind in enumerate(WORST_FIRST)}
        made = [self._finding(keys, resolve) for keys in self._alike()]
        return tuple(sorted(made, key=lambda one: (rank[one.kind], -one.packet_count)))

    def _entry(
        self, key: tuple[object, ...], client: Place | None, parameters: dict[str, Value]
    ) -> OpenFinding | None:
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= MOST:
                return None
            self._entries[key] = entry = OpenFinding(client, parameters)
            return entry
        if client != entry.client:
            entry.clients_differ = True
        merge(entry.parameters, parameters)
        return entry

    def _alike(self) -> Iterator[list[tuple[object, ...]]]:
        """The keys of entries, those together that make one finding: many of one kind about one address are one."""
        groups: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
        for key in self._entries:
            server = self._servers.get(key)
            groups.setdefault((key[0], server[0] if server else None), []).append(key)
        for keys in groups.values():
            yield from [keys] if len(keys) > FEW else ([key] for key in keys)

    def _finding(self, keys: list[tuple[object, ...]], resolve: Resolve) -> Finding:
        key, *others = keys
        kind, entry = key[0], self._entries[key]
        assert isinstance(kind, FindingKind)
        for other in others:
            self._absorb(entry, self._entries[other])
            if key in self._servers and self._servers[other] != self._servers[key]:
                self._servers[key] = (self._servers[key][0], None)
        parameters: dict[str, Value] = dict(entry.parameters)
        if key in self._servers:
            server = self._servers[key]
            client = None if entry.clients_differ else entry.client
            parameters |= {"client": resolve(client) if client else None, "server": resolve(server)}
        ordered: Parameters = {name: parameters[name] for name in kind.parameters}
        return Finding(
            kind,
            ordered,
            tuple(sorted(entry.packets.packets)),
            entry.packets.count,
            tuple(entry.conversations),
            entry.conversation_count,
            len(keys),
        )

    def _absorb(self, entry: OpenFinding, other: OpenFinding) -> None:
        entry.clients_differ |= other.clients_differ or other.client != entry.client
        merge(entry.parameters, other.parameters)
        entry.packets.extend(other.packets)
        entry.conversation_count += other.conversation_count
        entry.conversations += other.conversations[: PACKETS_SHOWN - len(entry.conversations)]


def identity(parameters: Parameters) -> tuple[object, ...]:
    """The parameters that make one finding another than the next."""
    return tuple(
        value for name, value in sorted(parameters.items()) if name not in SUMMED | LONGEST | EXAMPLES
    )


def merge(into: dict[str, Value], more: Parameters) -> None:
    """Add up what is added up, keep the longest of what is measured."""
    for name, value in more.items():
        known = into[name]
        if not isinstance(value, int | float) or not isinstance(known, int | float):
            continue
        if name in SUMMED:
            into[name] = known + value
        elif name in LONGEST:
            into[name] = max(known, value)

"""The evidence, arranged for the table: each connection with its pod, which captures can be believed, and names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from kubectl_netshoot.commands.why.evidence import (
    ConnectResult,
    EndCapture,
    Evidence,
    ListenQueue,
    MatchedFlow,
    NstatCounters,
    Try,
)
from kubectl_netshoot.kube.proxies import is_address
from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.policies import PolicyAnswer


@dataclass(frozen=True)
class ConnectionView:
    """One connection: how it fared for the client, how the captures have it, the pod it came to (empty: not known)."""

    one: Try
    flow: MatchedFlow
    pod: str

    @property
    def direct(self) -> bool:
        """Whether an endpoint was dialled, and no Service."""
        return bool(self.one.pod)

    @property
    def connected(self) -> bool:
        return self.one.outcome is ConnectResult.CONNECTED


class View:
    """All that the rows ask of the evidence."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.client = evidence.client.pod
        self.server = evidence.server
        self.service = evidence.server.service

    @cached_property
    def cases(self) -> tuple[ConnectionView, ...]:
        """Every connection that was really tried."""
        flows: dict[tuple[str, int], list[MatchedFlow]] = {}
        for flow in self.evidence.flows:
            flows.setdefault((flow.to, flow.source_port), []).append(flow)
        found = []
        for one in self.evidence.tries:
            same = flows.get((one.to, one.source_port))
            flow = same.pop(0) if same else MatchedFlow(one.to, one.source_port)
            if one.outcome is not ConnectResult.UNKNOWN:
                found.append(ConnectionView(one, flow, flow.pod or one.pod or self._reached(one)))
        return tuple(found)

    def _reached(self, one: Try) -> str:
        """The pod that a connection through the Service came to, without a capture that shows it."""
        if len(self.behind) == 1:
            return self.behind[0]
        half_open = [pod for pod, ports in self.evidence.half_open.items() if one.source_port in ports]
        return half_open[0] if one.source_port and half_open else ""

    @cached_property
    def main(self) -> tuple[ConnectionView, ...]:
        """Those that a client of the server makes: through the Service if it has an address, else all."""
        through = tuple(case for case in self.cases if not case.direct)
        return through or self.cases

    @cached_property
    def direct(self) -> tuple[ConnectionView, ...]:
        """Those to the pods behind the Service, beside the main ones."""
        return tuple(case for case in self.cases if case not in self.main)

    @cached_property
    def works(self) -> bool:
        """Whether something was tried, and all of it worked."""
        return bool(self.cases) and all(case.one.works for case in self.cases)

    @cached_property
    def behind(self) -> tuple[str, ...]:
        """The pods that get new connections; one that is no pod is its address."""
        if self.service is not None and self.service.endpoints:
            return tuple(dict.fromkeys(b.pod or b.address for b in self.server.serving))
        return tuple(end.pod.name for end in self.server.pods)

    def pod(self, name: str) -> Pod | None:
        """The pod of this name at the server's end."""
        return next((end.pod for end in self.server.pods if end.pod.name == name), None)

    def place(self, name: str) -> str:
        """`pod db-0 (node-b)`; of no known pod the server."""
        found = self.pod(name)
        if not name:
            return f"the pods of Service {self.service.name}" if self.service else self.server.asked
        return f"{self.called(name)} ({found.node})" if found and found.node else self.called(name)

    def called(self, name: str) -> str:
        """`pod db-0`; an endpoint that is no pod by its address."""
        return name if is_address(name) else f"pod {name}"

    @property
    def here(self) -> str:
        """`pod front-6c9 (node-a)`."""
        return (
            f"pod {self.client.name} ({self.client.node})" if self.client.node else f"pod {self.client.name}"
        )

    def capture(self, pod: str) -> EndCapture | None:
        """That of a pod at the server's end, which may be the client itself."""
        found = self.pod(pod)
        if found and found.uid == self.client.uid and pod not in self.evidence.captures:
            return self.evidence.client_capture
        return self.evidence.captures.get(pod)

    def watched(self, pod: str) -> bool:
        """Whether a packet that is not in this pod's capture did not come."""
        capture = self.capture(pod)
        return capture is not None and capture.whole

    @property
    def client_watched(self) -> bool:
        capture = self.evidence.client_capture
        return capture is not None and capture.whole

    def nowhere(self, case: ConnectionView) -> bool:
        """Whether its SYNs left and came to no pod that they could have come to."""
        pods = (case.one.pod,) if case.direct else self.behind
        if self.evidence.changed and not case.direct:
            return False
        left = case.flow.syns > 0 and not case.flow.loopback
        return left and not case.flow.arrived and bool(pods) and all(map(self.watched, pods))

    def unanswered(self, case: ConnectionView) -> bool:
        """Whether its SYNs came to a pod from which no answer left."""
        return case.flow.arrived > 0 and not case.flow.answers and self.watched(case.pod)

    def port(self, case: ConnectionView) -> int:
        """The pod's own port that it was for; 0 where that is not known."""
        text = case.flow.target or (case.one.to if case.direct or self.service is None else "")
        if text:
            return int(text.rpartition(":")[2])
        port = self.server.port
        for endpoint in self.service.endpoints if self.service and port else ():
            if endpoint.pod == case.pod and port:
                return endpoint.port_of(port) or 0
        return 0

    def listeners(self, case: ConnectionView) -> tuple[ListenQueue, ...] | None:
        """What listens at its port; None where that was not looked at."""
        found = self.evidence.listeners.get(case.pod)
        number = self.port(case)
        return None if found is None or not number else tuple(one for one in found if one.port == number)

    def open_ports(self, pod: str) -> tuple[int, ...]:
        """Where this pod takes connections from others."""
        found = self.evidence.listeners.get(pod, ())
        return tuple(sorted({one.port for one in found if not one.loopback_only}))

    def counters(self, pod: str) -> NstatCounters | None:
        return self.evidence.counters.get(pod)

    def policy(self, pods: Sequence[str]) -> PolicyAnswer | None:
        """One that denies these pods (or the server's address), else one that may."""
        found = [p for p in self.evidence.policies if not any(pods) or p.pod in pods]
        for answer in ("denied", "unknown"):
            for one in found:
                if one.answer == answer:
                    return one
        return None

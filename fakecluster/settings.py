"""What a test may change about the fake cluster while it runs: how slow each part is, and what images
do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class ImageRule:
    """What a container does whose image matches `pattern`.

    `effect` is one of
    run: its command runs as a real local process; without a command it waits, as an app does;
    serve: it is a fake, with an HTTP server on its ports;
    exit: it ends at once with `exit_code`;
    missing: it cannot be pulled, for the reason in `message`.
    `listen_after` (seconds): an application that is served takes so long to start before it listens.
    `user` is whom the image itself names; it shows in the capabilities.
    """

    pattern: str
    effect: str
    exit_code: int = 0
    message: str = "not found"
    listen_after: float = 0.0
    user: int = 0

    def matches(self, image: str) -> bool:
        return re.search(self.pattern, image) is not None


#: Only these images' commands ever run on this machine.
NETSHOOT = ImageRule(r"(^|/)netshoot(:|@|$)", "run")
#: Nothing listens there; the message is the one a real containerd gives.
UNREACHABLE = ImageRule(
    r"^localhost:1/",
    "missing",
    message='failed to do request: Head "http://localhost:1/v2/none/manifests/v1": '
    "dial tcp 127.0.0.1:1: connect: connection refused",
)
ANY_APP = ImageRule("", "serve")
_ALWAYS = (NETSHOOT, UNREACHABLE, ANY_APP)


@dataclass(frozen=True)
class NetworkRule:
    """What happens to connections to a pod (NAMESPACE/NAME; empty: to any): `through` is `service` for those that are
    dialled by a Service's address, `direct` for those by the pod's own, empty for both.

    `effect` is one of
    drop: SYNs do not arrive;
    input-drop: they arrive, and a rule in the pod drops them; queue-full: they arrive, and nobody accepts;
    answer-drop: the SYN-ACKs do not come back; untranslated: they come back from the pod's own address;
    reset, prohibit: something on the way answers, by RST or by ICMP;
    forbid: the client's kernel lets nothing out; no-arp: nobody has the next hop; proxy: all goes to the client's lo;
    large-drop: of what comes back, large packets are lost; no-response: a request is taken, and not answered;
    close: it is answered by the end of the connection.
    """

    effect: str
    pod: str = ""
    through: str = ""

    def holds(self, pod: str, is_service: bool) -> bool:
        """Whether it is for a connection to this pod."""
        how = "service" if is_service else "direct"
        return self.pod in ("", pod) and self.through in ("", how)


@dataclass
class Settings:
    """All delays are in seconds. The defaults are as quick as the order of events allows.

    `node_clock` is by how much the clocks of nodes are ahead of the API server's.
    `dns_effect` is what becomes of questions for the cluster's names: servfail, lost, udp-lost or aaaa-lost.
    `zones` (`region/zone`) are given to nodes in turn as they join; `nodes` matter only when the cluster starts.
    """

    schedule_delay: float = 0.0
    sandbox_delay: float = 0.0
    pull_delay: float = 0.0
    start_delay: float = 0.0
    init_seconds: float = 0.0
    readiness_delay: float = 0.0
    observe_delay: float = 0.05
    node_clock: float = 0.0
    probe_period_scale: float = 1.0
    termination_delay: float = 0.0
    back_off_base: float = 10.0
    back_off_limit: float = 300.0
    back_off_reset: float = 600.0
    image_back_off: float = 10.0
    slice_delay: float = 0.02
    dns_delay: float = 0.0
    dns_effect: str = ""
    controller_delay: float = 0.0
    adoption_delay: float = 0.0
    victim_delay: float = 0.0
    endpoints_per_slice: int = 100
    log_lines: int = 10_000
    nodes: list[str] = field(default_factory=lambda: ["k8s-node-1"])
    zones: list[str] = field(default_factory=lambda: ["r1/z1"])
    standins: list[str] = field(default_factory=list)
    image_rules: list[ImageRule] = field(default_factory=list)
    network: list[NetworkRule] = field(default_factory=list)

    def rule_for(self, image: str) -> ImageRule:
        """The first that matches, `image_rules` before those that always hold."""
        return next(rule for rule in (*self.image_rules, *_ALWAYS) if rule.matches(image))

    def user_of(self, container: Mapping[str, Any]) -> int:
        """Whom the image of this container names."""
        return self.rule_for(container.get("image", "")).user

    def merge(self, changes: Mapping[str, Any]) -> None:
        """Change what is named. `image_rules` come as objects.

        Raises ValueError for a name or a type that is wrong; nothing has been changed then.
        """
        known = {f.name for f in fields(self)}
        if unknown := sorted(set(changes) - known):
            raise ValueError(f"no such setting: {', '.join(unknown)}")
        prepared = {name: self._prepared(name, value) for name, value in changes.items()}
        for name, value in prepared.items():
            setattr(self, name, value)

    def _prepared(self, name: str, value: Any) -> Any:
        if name == "image_rules":
            return [ImageRule(**rule) for rule in value]
        if name == "network":
            return [NetworkRule(**rule) for rule in value]
        present = getattr(self, name)
        if isinstance(present, list):
            return [str(item) for item in value]
        try:
            return type(present)(value)
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from error

"""What can go wrong, as values: a hazard, how hard it stands in the way, and what was read around the source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from kubectl_netshoot.model import (
    Autoscaler,
    Container,
    Controller,
    DisruptionBudget,
    Lease,
    NetworkPolicy,
    Owner,
    Quota,
    Service,
    ServiceEndpoints,
    Workload,
)


class Severity(Enum):
    """NEVER cannot be lifted; REFUSE can, one id at a time, by `--allow ID`; WARN is said and asked about."""

    NEVER = "never"
    REFUSE = "refuse"
    WARN = "warn"


# What a refusal is called that `--allow` lifts; the last two are the guard's own, on the way out.
ALLOWABLE = frozenset(
    {
        "identity",
        "shared-volume",
        "host-port",
        "readiness-gate",
        "other-service",
        "sole-endpoint",
        "alone-there",
        "source-unhealthy",
        "starting",
        "not-as-planned",
        "fewer-endpoints",
        "undrained",
    }
)


@dataclass(frozen=True)
class Hazard:
    """`what` would happen, and what to do `instead`."""

    id: str
    severity: Severity
    what: str
    instead: str


@dataclass(frozen=True)
class Unread:
    """A list that could not be had: what it is of (plural, as kubectl names it), and the server's reason."""

    plural: str
    reason: str


@dataclass(frozen=True)
class Changed:
    """What is set in a copy, each by its name, and the application's containers as they are with it; nothing for a copy
    that is like its source.
    """

    names: tuple[str, ...] = ()
    containers: tuple[Container, ...] = ()

    def __str__(self) -> str:
        return ", ".join(self.names)


UNCHANGED = Changed()


@dataclass(frozen=True)
class Surroundings:
    """What was read around the source pod, all of its namespace; `ancestors` are the owners of its owners, `workload`
    is its Deployment, `unread` says what could not be read.

    Around a copy that joins nothing there are only workload, quotas and leases. `born` are the labels that a copy gets
    without our doing: from admission, and from its node.
    """

    services: tuple[Service, ...] = ()
    controllers: tuple[Controller, ...] = ()
    endpoints: tuple[ServiceEndpoints, ...] = ()
    budgets: tuple[DisruptionBudget, ...] = ()
    autoscalers: tuple[Autoscaler, ...] = ()
    policies: tuple[NetworkPolicy, ...] = ()
    ancestors: tuple[Owner, ...] = ()
    workload: Workload | None = None
    quotas: tuple[Quota, ...] = ()
    leases: tuple[Lease, ...] = ()
    unread: tuple[Unread, ...] = ()
    born: Mapping[str, str] = field(default_factory=dict)

"""Why nothing comes: what of the plan can keep packets away from where the capture listens. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_netshoot.session.tools.tcpdump import words

SECONDS = 10.0


@dataclass(frozen=True)
class CapturePoint:
    """Where a capture listens. `joined` are the Services of a copy with its share of their new connections in words;
    `hazards` are the ids and sentences of the plan's warnings; `live` a running pod, as against a copy.
    """

    live: bool
    interface: str
    filter: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    hazards: tuple[tuple[str, str], ...] = ()


def why_silent(place: CapturePoint) -> tuple[str, ...]:
    """What can be the reason that no packet came, the likeliest first."""
    return (
        *_of_filter(place),
        *_of_traffic(place),
        *(
            f"{hazard}: {what}"
            for hazard, what in place.hazards
            if hazard in ("no-traffic", "network-policy")
        ),
        *_of_mesh(place),
        *_of_interface(place),
    )


def _of_filter(place: CapturePoint) -> Sequence[str]:
    if not place.filter:
        return ()
    what = f"the filter, {words(place.filter)!r}, matches nothing"
    return (f"{what}: a pod sees its own port and not the Service's; try without it",)


def _of_traffic(place: CapturePoint) -> Sequence[str]:
    if place.live:
        return ("nothing is sent to the pod now",)
    if not place.joined:
        return (
            "a plain copy is in no Service: --join-service puts it behind the Service, --live is the pod itself",
        )
    share = f"only new connections come ({', '.join(place.joined)})"
    return (f"{share}: clients that keep theirs open stay with the endpoints that they know",)


def _of_mesh(place: CapturePoint) -> Sequence[str]:
    found = [what for hazard, what in place.hazards if hazard == "mesh"]
    return [
        f"mesh: {what}; its proxy may send nothing to a copy, and talks to the application by lo"
        for what in found
    ]


def _of_interface(place: CapturePoint) -> Sequence[str]:
    if place.interface == "any":
        return ()
    return (f"the packets take another interface than {place.interface}: try -i any",)

"""Every scene by its name."""

from tests.unit.packets import (
    scenes_dns,
    scenes_http,
    scenes_services,
    scenes_tcp,
    scenes_tls,
    scenes_udp_icmp,
)
from tests.unit.packets.stage import FAMILIES, SCENES

__all__ = [
    "FAMILIES",
    "SCENES",
    "scenes_dns",
    "scenes_http",
    "scenes_services",
    "scenes_tcp",
    "scenes_tls",
    "scenes_udp_icmp",
]

"""Every scene by its name."""

from tests.unit.explain import (
    scenes_control,
    scenes_dns,
    scenes_http,
    scenes_services,
    scenes_tcp,
    scenes_tls,
)
from tests.unit.explain.stage import FAMILIES, SCENES

__all__ = [
    "FAMILIES",
    "SCENES",
    "scenes_control",
    "scenes_dns",
    "scenes_http",
    "scenes_services",
    "scenes_tcp",
    "scenes_tls",
]

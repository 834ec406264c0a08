"""Tells health checks from clients, by how they name themselves."""

import re
from functools import lru_cache

from kubectl_netshoot.explain.report import Role

_KUBE_PROBE = re.compile(r"kube-probe/", re.I)
_CHECKS = re.compile(
    r"ELB-HealthChecker|GoogleHC|Amazon-Route53-Health-Check|Azure-?(?:Health|Traffic)|Load Balancer Agent"
    r"|Edge Health Probe|HAProxy|Envoy/HC|DigitalOcean.*Health|OracleLB"
    r"|Traefik.*health|hcloud|SLBHealthCheck|clb-healthcheck",
    re.I,
)


@lru_cache(maxsize=512)
def visitor(user_agent: str | None) -> Role | None:
    """What a User-Agent says of who asks; None for an ordinary client."""
    if not user_agent:
        return None
    if _KUBE_PROBE.match(user_agent):
        return Role.KUBE_PROBE
    return Role.LOAD_BALANCER if _CHECKS.search(user_agent) else None

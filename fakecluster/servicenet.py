"""What names and cluster IPs of Services mean inside the cluster: its DNS server and its kube-proxy, for stand-ins.

They ask by a datagram of JSON, since no pod of ours can have a resolver or routes of its own:
{"name": "web.shop.svc.cluster.local.", "type": "A", "tcp": false} -> {"status", "addresses", "alias"}, {} for a
question that is lost
{"address": "10.96.0.4", "port": 80} -> {"address", "port"} of an endpoint, {} where there is none; {"dropped": true}
where a NetworkPolicy lets nothing through from the pod that asks, which is known by its address; with the "effect" of
a rule of the settings.
{"queues": true} -> by port of the pod that asks, how many wait to be accepted, and how many may.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from fakecluster import kinds
from fakecluster.endpointslice import SERVICE_NAME
from fakecluster.kinds import Object
from fakecluster.networkpolicy import admits
from fakecluster.settings import Settings
from fakecluster.store import Store

DOMAIN = "cluster.local"
FULL_QUEUE = 128


class ServiceNetwork(asyncio.DatagramProtocol):
    """Answers from what the store holds at that moment; about names as late as the settings say."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, address: str) -> str:
        """Listen on this address; ADDRESS:PORT."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(address, 0))
        return "{}:{}".format(*self._transport.get_extra_info("sockname"))

    def stop(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        question = json.loads(data)
        is_name = "name" in question
        if "queues" in question:
            answer = self._queues(addr[0])
        else:
            answer = self._resolve(**question) if is_name else self._reach(addr[0], **question)
        if is_name and self._settings.dns_delay:
            asyncio.get_running_loop().call_later(self._settings.dns_delay, self._send, answer, addr)
        else:
            self._send(answer, addr)

    def _send(self, answer: Object, addr: tuple[str | Any, int]) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.sendto(json.dumps(answer).encode(), addr)

    def _resolve(self, name: str, type: str, tcp: bool) -> Object:  # noqa: A002 (DNS's own word)
        effect = self._settings.dns_effect
        if (
            effect == "lost"
            or (effect == "udp-lost" and not tcp)
            or (effect == "aaaa-lost" and type == "AAAA")
        ):
            return {}
        if effect == "servfail":
            return {"status": "SERVFAIL", "addresses": [], "alias": ""}
        labels = name.rstrip(".").removesuffix(f".{DOMAIN}").split(".")
        service = self._store.find(kinds.SERVICES, labels[1], labels[0]) if labels[2:] == ["svc"] else None
        if service is None:
            return {"status": "NXDOMAIN", "addresses": [], "alias": ""}
        found = [a for a in self._addresses(service) if (ip_address(a).version == 6) == (type == "AAAA")]
        return {"status": "NOERROR", "addresses": found, "alias": service["spec"].get("externalName", "")}

    def _addresses(self, service: Object) -> list[str]:
        own = service["spec"].get("clusterIP", "")
        if own and own != "None":
            return [own]
        return [address for address, _ in self._endpoints(service, {})] if own else []

    def _reach(self, source: str, address: str, port: int) -> Object:
        end = self._route(address, port)
        if not end:
            return end
        if not admits(self._store, source, **end):
            return {"dropped": True}
        is_service = end["address"] != address
        effects = [r.effect for r in self._settings.network if r.holds(self._pod(end["address"]), is_service)]
        return {**end, "effect": effects[0]} if effects else end

    def _pod(self, address: str) -> str:
        """NAMESPACE/NAME of the pod with this address, empty where there is none."""
        for pod in self._store.list(kinds.PODS)[0]:
            if (pod.get("status") or {}).get("podIP") == address:
                return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        return ""

    def _queues(self, address: str) -> Object:
        name = self._pod(address)
        full = any(r.effect == "queue-full" and r.holds(name, True) for r in self._settings.network)
        pods = self._store.list(kinds.PODS)[0] if full else ()
        ports = [
            port["containerPort"]
            for pod in pods
            if f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" == name
            for container in pod["spec"]["containers"]
            for port in container.get("ports") or ()
        ]
        return {str(port): [FULL_QUEUE + 1, FULL_QUEUE] for port in ports}

    def _route(self, address: str, port: int) -> Object:
        for service in self._store.list(kinds.SERVICES)[0]:
            if service["spec"].get("clusterIP") == address:
                wanted = [p for p in service["spec"].get("ports") or () if p["port"] == port]
                found = [e for p in wanted for e in self._endpoints(service, p)]
                return dict(zip(("address", "port"), random.choice(found), strict=True)) if found else {}
        return {"address": address, "port": port}

    def _endpoints(self, service: Object, port: Object) -> Iterator[tuple[str, int]]:
        """Those that do not say that they are not ready, with the number of this port of the Service."""
        name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
        for slice_ in self._store.list(kinds.ENDPOINTSLICES, namespace)[0]:
            if (slice_["metadata"].get("labels") or {}).get(SERVICE_NAME) != name:
                continue
            numbers = [
                p["port"] for p in slice_.get("ports") or () if p.get("name", "") == port.get("name", "")
            ]
            for endpoint in slice_.get("endpoints") or ():
                if (endpoint.get("conditions") or {}).get("ready") is not False:
                    yield from ((address, n) for address in endpoint["addresses"] for n in numbers or [0])

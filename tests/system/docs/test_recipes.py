"""docs/recipes.md: each recipe is typed as it stands there, in its scene, and what it says one reads is read.

Below a block of commands (`sh`) stands a block (`text`) of lines that they print, in their order: others stand between
them, `…` is anything, and `exit status N` is the last command's, where that is not 0.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scapy.packet import Packet

from fakecluster.manifests import client_pod, service
from fakecluster.traffic import choose_traffic
from tests.system.docs.conftest import Desk, sitting
from tests.system.docs.steps import follow, steps
from tests.system.e2e.answering import TLS_PORT, answering, certificate, expired
from tests.unit.packets.scenes_dns import resolving
from tests.unit.packets.stage import Family
from tests.unit.packets.traffic import Connection, capture, request, response
from tests.waiting import until
from tools.markdown import RECIPES
from tools.prerequisites.pytest_plugin import program

Json = dict[str, Any]
DNS = "10.96.0.10"


def listening(name: str, target: int | str, port: int = 80, **selector: str) -> Json:
    """A Service with a named port."""
    made = service(name, selector or {"app": name})
    made["spec"]["ports"] = [{"name": "https" if port == 443 else "http", "port": port, "targetPort": target}]
    return made


def address(desk: Desk, pod: str) -> str:
    return desk.type(f"kubectl get pod {pod} -o jsonpath='{{.status.podIP}}'").stdout


def on_the_wire(desk: Desk, packets: list[Packet], *times: float) -> None:
    """What tcpdump captures from now on, in every pod."""
    file = desk.folder.parent / "wire.pcap"
    file.write_bytes(capture(packets, link="LINUX_SLL2", times=times))
    choose_traffic(desk.cluster, desk.folder.parent / "traffic", TCPDUMP_REPLAY=file)


def cut_off(desk: Desk) -> None:
    """As behind a NetworkPolicy, with a client that it does not let through."""
    desk.set_up([client_pod("front-6b7c-d4s2k")])
    fenced_off(desk)


def one_of_three(desk: Desk) -> None:
    healthy = [answering(name, "web") for name in ("web-7c9d-h4k2p", "web-7c9d-q8w5z")]
    desk.set_up([*healthy, answering("web-7c9d-x2x8k", "web", 502), service("web", {"app": "web"})])


def slow_dns(desk: Desk) -> None:
    """For the checks the server is slow; the application's own questions are those of a name with few dots."""
    desk.set_up([answering("shop-5d8f-l9m3t", "shop"), service("shop", {"app": "shop"})])
    desk.cluster.settings(dns_delay=0.15)
    ends = ("default.svc.cluster.local.", "svc.cluster.local.", "cluster.local.")
    tried = [(f"api.example.com.{end}", "NXDOMAIN") for end in ends]
    between = Family(address(desk, "shop-5d8f-l9m3t"), DNS)
    packets = resolving(between, *tried, ("api.example.com.", "NOERROR"))
    on_the_wire(desk, packets, *(place * 0.15 for place in range(len(packets))))


def resets(desk: Desk) -> None:
    pods = [answering(name, app) for name, app in (("orders-6b7d-t5v9n", "orders"), ("cart-1", "cart"))]
    desk.set_up([*pods, service("orders", {"app": "orders"})])
    talk = Connection(client=address(desk, "cart-1"), server=address(desk, "orders-6b7d-t5v9n"), port=8080)
    talk.handshake().asks(request("/orders/17")).answers(response(body=b"x" * 900)[:-500])
    on_the_wire(desk, talk.reset(talk.server).packets)


def refusing(desk: Desk) -> None:
    """The one Service has a wrong port, the other a wrong label."""
    pod = answering("api-55cf-pvs95", "api")
    desk.set_up([pod, listening("api", 9090), listening("api-v2", 8080, app="apiv2")])


def wrong_certificates(desk: Desk) -> None:
    """One is old, the other has the name of the first; a pod looks at them with this machine's openssl."""
    program("openssl")
    name = "pay.default.svc"
    pods = [answering("pay-68c4-m2n7d", "pay", pem=expired(name))]
    pods += [answering("pay-eu-1", "pay-eu", pem=certificate(name))]
    desk.set_up([*pods, *(listening(app, TLS_PORT, 443) for app in ("pay", "pay-eu"))])


def fenced_off(desk: Desk) -> None:
    """Only pods with role=cart may connect to those of app=stock."""
    peer = {"podSelector": {"matchLabels": {"role": "cart"}}}
    spec = {"podSelector": {"matchLabels": {"app": "stock"}}, "ingress": [{"from": [peer]}]}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": spec}
    policy["metadata"] = {"name": "stock-from-cart"}
    desk.set_up([answering("stock-84d6-w3x9c", "stock"), service("stock", {"app": "stock"}), policy])


def somebody_talks(desk: Desk) -> None:
    """A client asks now and then, and holds a connection on which nothing is sent."""
    batch = client_pod("batch-1")
    batch["spec"]["containers"][0]["command"] = ["sh", "-c", "while :; do sleep 600 | nc mail 80; done"]
    desk.set_up([answering("mail-79b5-z4f6g", "mail"), batch, service("mail", {"app": "mail"})])
    connected = "kubectl exec batch-1 -- ss -Htn state established"
    until(lambda: ":8080" in desk.type(connected).stdout, "the client's connection")
    talk = Connection(client=address(desk, "batch-1"), server=address(desk, "mail-79b5-z4f6g"), port=8080)
    on_the_wire(desk, talk.handshake().asks(request("/send")).answers(response(body=b"x")).packets)


def watched(desk: Desk) -> None:
    """Where Wireshark's programs are."""
    program("tshark")
    desk.set_up(
        [answering("shop-5d8f-l9m3t", "shop"), service("shop", {"app": "shop"}), client_pod("kiosk-1")]
    )
    talk = Connection(client=address(desk, "kiosk-1"), server=address(desk, "shop-5d8f-l9m3t"), port=8080)
    on_the_wire(desk, talk.handshake().asks(request("/cart")).answers(response(body=b"x")).packets)


def errors_everywhere(desk: Desk) -> None:
    names = ("quote-66d4-b8n2m", "quote-66d4-j7k9s", "quote-66d4-t4w6p")
    desk.set_up([*(answering(name, "quote", 502) for name in names), service("quote", {"app": "quote"})])


SCENES: dict[str, Callable[[Desk], None]] = {
    "Why can A not reach B?": cut_off,
    "One pod of many answers 502": one_of_three,
    "DNS is slow": slow_dns,
    "The client says reset": resets,
    "The Service refuses connections": refusing,
    "The certificate is not accepted": wrong_certificates,
    "Does a NetworkPolicy let it through?": fenced_off,
    "Who talks to this pod?": somebody_talks,
    "Watch it live in Wireshark": watched,
    "Try a fix with 1 of N requests, and take it back": errors_everywhere,
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, zipapp: Path) -> Iterator[Desk]:
    """One for all recipes, each with pods and Services of its own."""
    with sitting(tmp_path_factory.mktemp("recipes"), zipapp) as desk:
        yield desk


@pytest.mark.parametrize("recipe", SCENES)
def test_it_is_as_written(desk: Desk, recipe: str) -> None:
    SCENES[recipe](desk)
    try:
        for step in steps(RECIPES.section(recipe)):
            follow(desk, step)
        assert desk.type("kubectl netshoot list -o json").stdout.strip() == "[]"
    finally:
        desk.cluster.settings(dns_delay=0.0, standins=[])


def test_every_recipe_is_run_and_no_command_is_left_out() -> None:
    assert [title for title in RECIPES.headings() if title in SCENES] == list(SCENES)
    typed = [line for recipe in SCENES for step in steps(RECIPES.section(recipe)) for line in step.typed]
    assert typed == RECIPES.commands()
    assert all(step.lines for recipe in SCENES for step in steps(RECIPES.section(recipe)))

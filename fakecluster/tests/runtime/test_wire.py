"""What tools in a pod send and get, as tcpdump in both pods has it, and what rules in the way make of it."""

from __future__ import annotations

import struct
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fakecluster.builders import app, netshoot, pod, service
from fakecluster.client import eventually
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl, binary

PORT, SOURCE = 8080, 61234
SYN, SYN_ACK, RST = "S", "S.", "R"


class Dump:
    """tcpdump in a pod until it is closed: the flags of each packet of our connection, as tcpdump writes them."""

    def __init__(self, kubectl: Kubectl, name: str) -> None:
        argv = [
            binary(),
            "--kubeconfig",
            str(kubectl.kubeconfig),
            "-n",
            kubectl.namespace,
            "exec",
            name,
            "-c",
            "netshoot",
        ]
        command = ["--", "tcpdump", "--immediate-mode", "-i", "any", "-U", "-w", "-"]
        self._child = subprocess.Popen(
            [*argv, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"HOME": str(kubectl.home), "PATH": "/usr/bin:/bin"},
        )
        assert self._child.stderr
        while b"listening on" not in self._child.stderr.readline():
            pass

    def close(self) -> list[str]:
        # Its next look at the wire is a tenth of a second away.
        time.sleep(0.4)
        self._child.terminate()
        data = self._child.communicate()[0]
        return [_flags(frame) for frame in _frames(data) if _is_ours(frame)]


def _frames(data: bytes) -> Iterator[bytes]:
    at = 24
    while at + 16 <= len(data):
        kept = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16 : at + 16 + kept]
        at += 16 + kept


def _is_ours(frame: bytes) -> bool:
    if frame[:2] != b"\x08\0":
        return True
    protocol = frame[29]
    return protocol == 1 or SOURCE in struct.unpack_from("!HH", frame, 40)


def _flags(frame: bytes) -> str:
    if frame[:2] == b"\x08\x06":
        return "arp"
    if frame[29] == 1:
        return f"icmp {frame[40]}/{frame[41]}"
    lo = "lo " if struct.unpack_from("!I", frame, 4)[0] == 1 else ""
    number = frame[20 + 33]
    return lo + "".join(
        letter for bit, letter in ((2, "S"), (4, "R"), (1, "F"), (8, "P"), (16, ".")) if number & bit
    )


@pytest.fixture(autouse=True)
def pods(kubectl: Kubectl) -> None:
    """A client, and an application with tools beside it behind Service web."""
    served = app(ports=[{"containerPort": PORT}])
    kubectl.apply(
        {"apiVersion": "v1", "kind": "Pod", **pod("web", served, netshoot(), labels={"app": "web"})}
    )
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod("client", netshoot())})
    made = service(
        "web", {"app": "web"}, ports=[{"port": 80, "targetPort": PORT}, {"name": "no", "port": 81}]
    )
    made["spec"]["ports"][0]["name"] = "http"
    kubectl.apply({"apiVersion": "v1", "kind": "Service", **made})
    kubectl("wait", "--for=condition=Ready", "pod/web", "pod/client", "--timeout=20s")
    assert eventually(lambda: "open" in nc(kubectl).stderr or "succeeded" in nc(kubectl).stderr)


def nc(
    kubectl: Kubectl, port: int = 80, host: str = "web", seconds: int = 2
) -> subprocess.CompletedProcess[str]:
    words = ("nc", "-z", "-v", "-w", str(seconds), "-p", str(SOURCE), host, str(port))
    return kubectl.run("exec", "client", "--", *words)


def captured(kubectl: Kubectl, *words: str) -> tuple[str, list[str], list[str]]:
    """What the command said, and the packets at the client and at the server."""
    here, there = Dump(kubectl, "client"), Dump(kubectl, "web")
    done = kubectl.run("exec", "client", "--", *words) if words else nc(kubectl)
    return done.stderr + done.stdout, here.close(), there.close()


def rule(cluster: ClusterProcess, kubectl: Kubectl, effect: str, **more: Any) -> None:
    cluster.settings(network=[{"effect": effect, "pod": f"{kubectl.namespace}/web", **more}])


def test_a_connection_is_seen_at_both_ends(kubectl: Kubectl) -> None:
    said, here, there = captured(kubectl)
    assert "succeeded" in said
    assert here == there == [SYN, SYN_ACK, ".", "F.", "F.", "."]


def test_a_pod_that_calls_itself_is_answered_by_its_bridge(kubectl: Kubectl) -> None:
    dump = Dump(kubectl, "web")
    words = ("nc", "-z", "-v", "-w", "2", "-p", str(SOURCE), "web", "80")
    assert "succeeded" in kubectl.run("exec", "web", "-c", "netshoot", "--", *words).stderr
    # The other half comes from another port.
    assert dump.close() == [SYN, SYN_ACK, ".", "F.", "F.", "."]


def test_a_request_and_its_answer(kubectl: Kubectl) -> None:
    url = "http://web/?bytes=4000"
    said, here, there = captured(kubectl, "curl", "-sS", "--local-port", str(SOURCE), "-o", "/dev/null", url)
    assert said == ""
    assert here == there
    assert [flags for flags in here if flags == "P."] == ["P."] * 4


def test_a_port_that_nobody_listens_on(kubectl: Kubectl) -> None:
    here, there = Dump(kubectl, "client"), Dump(kubectl, "web")
    assert "refused" in nc(kubectl, 81).stderr
    assert here.close() == there.close() == [SYN, "R."]


@pytest.mark.parametrize(
    ("effect", "says", "at_client", "at_server"),
    [
        ("drop", "timed out", [SYN, SYN], []),
        ("input-drop", "timed out", [SYN, SYN], [SYN, SYN]),
        ("queue-full", "timed out", [SYN, SYN], [SYN, SYN]),
        ("answer-drop", "timed out", [SYN, SYN], [SYN, SYN_ACK, SYN, SYN_ACK]),
        ("untranslated", "timed out", [SYN, SYN_ACK, RST] * 2, [SYN, SYN_ACK] * 2),
        ("reset", "refused", [SYN, "R."], []),
        ("prohibit", "No route to host", [SYN, "icmp 3/10"], []),
        ("forbid", "not permitted", [], []),
        ("no-arp", "No route to host", ["arp"], []),
    ],
)
def test_a_rule(
    cluster: ClusterProcess,
    kubectl: Kubectl,
    effect: str,
    says: str,
    at_client: list[str],
    at_server: list[str],
) -> None:
    rule(cluster, kubectl, effect)
    said, here, there = captured(kubectl)
    assert says in said
    assert (here, there) == (at_client, at_server)


def test_a_rule_for_the_service_alone(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    rule(cluster, kubectl, "drop", through="service")
    assert "timed out" in nc(kubectl).stderr
    address = kubectl.json("get", "pod", "web")["status"]["podIP"]
    assert "succeeded" in nc(kubectl, PORT, address).stderr


def test_a_proxy_in_the_clients_pod(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    rule(cluster, kubectl, "proxy")
    _, here, _ = captured(kubectl)
    assert here[:2] == ["lo S", "lo S."]


@pytest.mark.parametrize(
    ("effect", "says", "size"),
    [("large-drop", "timed out", 4000), ("no-response", "timed out", 0), ("close", "Empty reply", 0)],
)
def test_a_rule_for_what_comes_after_the_handshake(
    cluster: ClusterProcess, kubectl: Kubectl, effect: str, says: str, size: int
) -> None:
    rule(cluster, kubectl, effect)
    words = (
        "curl",
        "-sS",
        "-m",
        "1",
        "--local-port",
        str(SOURCE),
        "-o",
        "/dev/null",
        f"http://web/?bytes={size}",
    )
    said, here, there = captured(kubectl, *words)
    assert says in said
    assert here[:4] == [SYN, SYN_ACK, ".", "P."]
    lost = there.count("P.") - here.count("P.")
    assert (lost > 2) == (effect == "large-drop")


def test_handshakes_queues_and_counters(cluster: ClusterProcess, kubectl: Kubectl) -> None:
    def of_web(*words: str) -> str:
        return kubectl("exec", "web", "-c", "netshoot", "--", *words)

    assert of_web("ss", "-Hltn").split()[1:3] == ["0", "128"]
    rule(cluster, kubectl, "answer-drop")
    nc(kubectl)
    assert f":{SOURCE}" in of_web("ss", "-Htn", "state", "syn-recv")
    rule(cluster, kubectl, "queue-full")
    assert of_web("ss", "-Hltn").split()[1:3] == ["129", "128"]
    counted = of_web("cat", "/proc/net/snmp", "/proc/net/netstat").splitlines()
    assert counted[0] == "Ip: InReceives InDelivers"
    assert int(counted[1].split()[1]) > 0

"""The tools of netshoot show the pod's own sockets, through kubectl exec."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import subprocess

import pytest

from fakecluster.builders import app, netshoot, pod
from fakecluster.client import eventually
from fakecluster.kubectl import Kubectl, binary

PORT = 8080
ESTABLISHED = ("ss", "-Htn", "state", "established")


@pytest.fixture(autouse=True)
def address(kubectl: Kubectl) -> str:
    """Of a pod with an app that serves."""
    served = app(ports=[{"containerPort": PORT}])
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod("web", served, netshoot())})
    kubectl("wait", "--for=condition=Ready", "pod/web", "--timeout=20s")
    return str(kubectl.json("get", "pod", "web")["status"]["podIP"])


def inside(kubectl: Kubectl, *command: str) -> str:
    return kubectl("exec", "web", "-c", "netshoot", "--", *command)


def test_ss_shows_connections_while_they_are_open(kubectl: Kubectl, address: str) -> None:
    assert inside(kubectl, *ESTABLISHED) == ""
    with socket.create_connection((address, PORT)) as client:
        peer = "{}:{}".format(*client.getsockname())
        assert inside(kubectl, *ESTABLISHED).split() == ["0", "0", f"{address}:{PORT}", peer]
    assert eventually(lambda: inside(kubectl, *ESTABLISHED) == "")


def test_ss_shows_who_listens(kubectl: Kubectl) -> None:
    header, line = inside(kubectl, "ss", "-ltn").splitlines()
    assert header.startswith("State")
    assert line.split() == ["LISTEN", line.split()[1], line.split()[2], f"0.0.0.0:{PORT}", "0.0.0.0:*"]


def test_the_app_answers_and_logs(kubectl: Kubectl, address: str) -> None:
    said = inside(kubectl, "curl", "-s", "-w", "%{http_code}", f"http://{address}:{PORT}/hello")
    assert said == "web\n200"
    assert '"GET /hello HTTP/1.1" 200' in kubectl("logs", "web", "-c", "nginx")


def test_a_request_that_is_being_sent_is_answered_before_the_end(kubectl: Kubectl, address: str) -> None:
    """TERM closes what idles and lets the rest finish."""
    with (
        socket.create_connection((address, PORT)) as idle,
        socket.create_connection((address, PORT)) as busy,
    ):
        busy.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n1")
        assert eventually(lambda: len(inside(kubectl, *ESTABLISHED).splitlines()) == 2)
        kubectl("delete", "pod", "web", "--wait=false", "--grace-period=20")
        assert idle.recv(1) == b""
        busy.sendall(b"2")
        assert busy.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")


def test_nc_talks_across_pods(kubectl: Kubectl, address: str) -> None:
    where = ["--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace]
    # A listener whose stdin has ended closes its side at once, perhaps before the other has said anything.
    command = [binary(), *where, "exec", "-i", "web", "-c", "netshoot", "--", "nc", "-l", "-p", "9000"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"HOME": str(kubectl.home)},
        text=True,
    ) as listener:
        assert eventually(lambda: "0.0.0.0:9000" in inside(kubectl, "ss", "-Hltn"))
        talk = kubectl.run(
            "exec", "-i", "web", "-c", "netshoot", "--", "nc", address, "9000", stdin="hello\n"
        )
        assert talk.returncode == 0
        assert listener.communicate(timeout=20)[0] == "hello\n"


def test_tcpdump_writes_a_capture(kubectl: Kubectl, address: str) -> None:
    where = ["--kubeconfig", str(kubectl.kubeconfig), "-n", kubectl.namespace]
    dump = ["tcpdump", "-i", "any", "-U", "-c", "2", "-w", "-", "tcp", "port", str(PORT)]
    done = subprocess.run(
        [binary(), *where, "exec", "web", "-c", "netshoot", "--", *dump],
        capture_output=True,
        check=True,
        timeout=60,
        env={"HOME": str(kubectl.home)},
    )
    assert struct.unpack("<IHH", done.stdout[:8]) == (0xA1B2C3D4, 2, 4)
    first = struct.unpack("<IIII", done.stdout[24:40])[2]
    assert socket.inet_aton(address) in done.stdout[40 : 40 + first]
    assert b"listening on any, link-type LINUX_SLL2" in done.stderr
    assert b"2 packets captured" in done.stderr


@pytest.mark.parametrize(("more", "read"), [((), False), (("--immediate-mode",), True)])
def test_tcpdump_that_is_ended_has_not_read_the_last_block(
    kubectl: Kubectl, more: tuple[str, ...], read: bool
) -> None:
    """As a real one on a real kernel (tcpdump 4.99.3, libpcap 1.10.3)."""
    script = """
        tcpdump -i any -U -w /dev/null "$@" 2>said &
        until grep -q listening said; do sleep 0.1; done
        sleep 0.4; kill $!; wait $!; cat said
    """
    said = inside(kubectl, "sh", "-c", script, "sh", *more)
    captured, received = (
        int(re.findall(rf"(\d+) packets? {word}", said)[0]) for word in ("captured", "received")
    )
    assert received > 0
    assert (captured > 0) == read


@pytest.mark.parametrize(
    ("filter_", "right"),
    [("tcp port 80", True), ("tcp and (", False), ("banana", False), ("port 80 and", False)],
)
def test_tcpdump_refuses_a_wrong_filter(kubectl: Kubectl, filter_: str, right: bool) -> None:
    done = kubectl.run("exec", "web", "-c", "netshoot", "--", "tcpdump", "-d", "--", filter_)
    assert (done.returncode == 0) == right


def test_dig_resolves(kubectl: Kubectl) -> None:
    assert inside(kubectl, "dig", "+short", "localhost") == "127.0.0.1\n"


def test_pods_do_not_share_an_address(kubectl: Kubectl, address: str) -> None:
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", **pod("other", app(ports=[{"containerPort": PORT}]))})
    kubectl("wait", "--for=condition=Ready", "pod/other", "--timeout=20s")
    other = str(kubectl.json("get", "pod", "other")["status"]["podIP"])
    assert other != address
    with contextlib.closing(socket.create_connection((other, PORT))):
        assert inside(kubectl, *ESTABLISHED) == ""

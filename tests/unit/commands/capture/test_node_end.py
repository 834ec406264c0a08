"""The script that finds a pod's other end on its node, run by real shells on a made-up /proc and `ip`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kubectl_netshoot.commands.capture.node_end import SCRIPT
from tools.prerequisites.pytest_plugin import program

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the script runs in Linux containers")
UID = "0a1b2c3d-1111-2222-3333-444455556666"
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
LINKS = r"""1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
2: ens5: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP\    link/ether 02:00:00:00:00:09
7: cali12d4a061371@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 link-netnsid 0
17: lxc0f3@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 link-netnsid 1
9: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500"""
IP = r"""#!/bin/sh
case "$*" in
  "-o link show") cat "$0.links" ;;
  "-o link show dev "*) grep " $5[:@]" "$0.links" ;;
  "-o route get 10.244.1.5") echo "10.244.1.5 dev $ROUTE src 10.0.0.1 uid 0 \\    cache" ;;
esac
"""
Find = Callable[..., str]


@pytest.fixture(params=SHELLS)
def find(request: pytest.FixtureRequest, tmp_path: Path) -> Find:
    shell = SHELLS[request.param]
    (tmp_path / "bin").mkdir()
    ip = tmp_path / "bin" / "ip"
    ip.write_text(IP)
    ip.chmod(0o755)
    (tmp_path / "bin" / "ip.links").write_text(LINKS + "\n")

    def run(route: str = "ens5") -> str:
        script = SCRIPT.replace("/proc/", f"{tmp_path}/proc/")
        done = subprocess.run(
            [program(shell[0]), *shell[1:], "-c", script, "interface", UID, "10.244.1.5"],
            env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "ROUTE": route},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    return run


def process(folder: Path, number: int, cgroup: str, link: int = 0, index: int = 0) -> None:
    """A process of the node, with its eth0 where there is one that can be looked into."""
    place = folder / "proc" / str(number)
    place.mkdir(parents=True)
    (place / "cgroup").write_text(f"0::{cgroup}\n")
    if link:
        card = place / "root/sys/class/net/eth0"
        card.mkdir(parents=True)
        (card / "iflink").write_text(f"{link}\n")
        (card / "ifindex").write_text(f"{index}\n")


@pytest.mark.parametrize(
    "cgroup",
    [
        f"/kubepods/besteffort/pod{UID}/0123",
        f"/../../kubepods-burstable-pod{UID.replace('-', '_')}.slice/cri-containerd-0123.scope",
    ],
)
def test_the_other_end_of_the_pods_own_interface(find: Find, tmp_path: Path, cgroup: str) -> None:
    process(tmp_path, 1, "/init.scope", 2, 2)
    process(tmp_path, 40, "/kubepods/besteffort/pod0a1b2c3d-other/9", 17, 3)
    process(tmp_path, 50, cgroup, 7, 3)
    assert find() == "pair cali12d4a061371"


def test_a_process_that_cannot_be_looked_into_is_passed_over(find: Find, tmp_path: Path) -> None:
    process(tmp_path, 50, f"/pod{UID}/a")
    process(tmp_path, 51, f"/pod{UID}/b", 17, 3)
    assert find() == "pair lxc0f3"


def test_an_interface_on_top_of_the_nodes_card(find: Find, tmp_path: Path) -> None:
    """macvlan and ipvlan name their parent, which has no other end."""
    process(tmp_path, 50, f"/pod{UID}/a", 2, 8)
    assert find() == "shared ens5"


def test_without_processes_the_route_tells(find: Find, tmp_path: Path) -> None:
    process(tmp_path, 1, "/init.scope")
    assert find("lxc0f3") == "pair lxc0f3"
    assert find("cni0") == "unseen cni0"

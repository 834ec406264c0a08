"""What capabilities a fake container has, and that its commands read them where they would on Linux."""

from pathlib import Path

import pytest

from fakecluster.capabilities import STATUS, effective, with_own_status
from fakecluster.kinds import Object

ROOT = 0xA80425FB
NETADMIN = {"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}


@pytest.mark.parametrize(
    ("pod", "own", "image_user", "expected"),
    [
        ({}, {}, 0, ROOT),
        ({}, NETADMIN, 0, 0xA80435FB),
        ({}, {"capabilities": {"drop": ["ALL"]}}, 0, 0),
        ({}, {"capabilities": {"drop": ["NET_RAW"]}}, 0, 0xA80405FB),
        ({}, {"privileged": True}, 0, 0x1FFFFFFFFFF),
        ({"runAsUser": 1000}, NETADMIN, 0, 0),
        ({"runAsUser": 1000}, {**NETADMIN, "runAsUser": 0}, 0, 0xA80435FB),
        ({}, NETADMIN, 1000, 0),
        ({"runAsUser": 0}, {}, 1000, ROOT),
    ],
)
def test_only_root_has_any(pod: Object, own: Object, image_user: int, expected: int) -> None:
    """As seen on a real cluster with containerd."""
    assert effective({"securityContext": pod}, {"securityContext": own}, image_user) == expected


def test_a_command_reads_the_containers_own(tmp_path: Path) -> None:
    argv = with_own_status(["sh", "-c", f"cat {STATUS}"], tmp_path, "netshoot", ROOT)
    assert argv[:2] == ["sh", "-c"]
    assert "CapEff:\t00000000a80425fb" in Path(argv[2].removeprefix("cat ")).read_text()
    assert with_own_status(["true"], tmp_path, "netshoot", 0) == ["true"]

"""Inputs that a coverage-guided fuzzer found, as small as they could be made: each once ended in a crash, or never."""

import pytest

from tests.unit.packets.test_analysis_any_bytes import explain_or_refuse

FOUND = {
    "a hardware address of wrong digits": (
        b"10:00:00.000000 ARP, Reply 10.0.0.1 is-at 02:00::000:000::1, length 28\n"
    ),
    "a dump of odd digits": (
        b"10:00:00.000000 IP 10.0.0.1.1 > 10.0.0.2.2: UDP, length 1\n"
        b"\t0x0000:  450 001d 0000 4000 4011 0000 0a00 0001\n"
    ),
    "many marks behind a line": (
        b"10:00:00.000000 IP 10.0.0.1.1 > 10.0.0.2.2: UDP, length 1 " + b"`" * 39 + b"x`\n"
    ),
}


@pytest.mark.parametrize("kind", FOUND)
def test_no_crash(kind: str) -> None:
    explain_or_refuse(FOUND[kind])

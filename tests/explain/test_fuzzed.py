"""Inputs that a coverage-guided fuzzer found, as small as they could be made: each once ended in a crash."""

import pytest

from tests.explain.test_fuzzing import explain_or_refuse

FOUND = {
    "a hardware address of wrong digits": (
        b"10:00:00.000000 ARP, Reply 10.0.0.1 is-at 02:00::000:0000:1, length 28\n"
    ),
}


@pytest.mark.parametrize("kind", FOUND)
def test_no_crash(kind: str) -> None:
    explain_or_refuse(FOUND[kind])

"""Command lines, understood where there are no settings."""

import pytest

from tests.unit.cli.understanding import Understand, understanding


@pytest.fixture
def understand(monkeypatch: pytest.MonkeyPatch) -> Understand:
    monkeypatch.setenv("KUBECTL_NETSHOOT_CONFIG", "/dev/null")
    return understanding()

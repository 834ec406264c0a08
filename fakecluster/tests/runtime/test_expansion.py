"""What the kubelet makes of references in a container's command before it runs."""

from __future__ import annotations

import pytest

from fakecluster.expansion import expanded

EXPANSIONS = [
    ("$(GREETING) $(OTHER)", "hello $(OTHER)"),
    ("$$(GREETING) $$ $GREETING $!", "$(GREETING) $ $GREETING $!"),
    ("$$$(GREETING)", "$hello"),
    ("$(GREETING", "$(GREETING"),
]


@pytest.mark.parametrize(("written", "resolved"), EXPANSIONS)
def test_a_reference_is_resolved_where_it_can_be(written: str, resolved: str) -> None:
    assert expanded(["echo", written], {"GREETING": "hello"}) == ["echo", resolved]

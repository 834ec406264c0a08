"""`check` by somebody who has exactly the Role that `rbac --check` prints, and by somebody who may not see Services."""

import pytest

from tests.system.e2e.api import Api
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.somebody import Somebody, role
from tests.waiting import until

PLACES = pytest.mark.parametrize("place", ["--name=checked", "--live"])


@PLACES
def test_exactly_the_role_is_enough(
    plugin: Plugin, api: Api, source: str, somebody: Somebody, place: str
) -> None:
    somebody.has(role(plugin, "--check"))
    done = plugin.run("check", source, place, "--service=web", "--only=tcp")
    assert done.status == 0, done.stderr
    assert "warning" not in done.stderr
    assert done.text.startswith("Service web: no problem found (")
    until(lambda: all_ended(api, source), "the end of the added container")


@PLACES
def test_services_that_may_not_be_seen_are_said_before_anything_is_changed(
    plugin: Plugin, api: Api, source: str, somebody: Somebody, place: str
) -> None:
    before = len(added(api, source))
    somebody.has(role(plugin, "--check", "services"))
    done = plugin.run("check", source, place)
    assert done.status == 1
    assert "  list services   find the Services that select the pod" in done.stderr
    assert "rbac --check" in done.stderr
    assert "nothing was changed" in done.stderr
    assert api.gone("checked")
    assert len(added(api, source)) == before

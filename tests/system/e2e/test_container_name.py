"""A source with a container of our container's name; and a copy of ours as TARGET."""

from typing import Any

import pytest

from fakecluster import manifests
from tests.system.e2e import hazardous
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery

COPY = "the-copy"
MARK = ("sh", "-c", "echo ${KUBECTL_NETSHOOT%%/*}")


def with_netshoot(kind: str) -> dict[str, Any]:
    made: dict[str, Any] = (
        hazardous.with_init_container() if kind == "initContainers" else hazardous.odd_pod()
    )
    if kind == "initContainers":
        made["spec"]["initContainers"][0]["name"] = "netshoot"
    else:
        made["spec"]["containers"].append({**manifests.client_pod("x")["spec"]["containers"][0]})
    return made


@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_our_container_gets_another_name(plugin: Plugin, api: Api, scenery: Scenery, kind: str) -> None:
    """Shell, capabilities, the count of connections, list, attach and cleanup all find it."""
    service = manifests.service("odd", hazardous.ODD)
    scenery.add_ready(1, with_netshoot(kind), service, **hazardous.ODD)
    done = plugin.run("odd", "--join-service", *QUICK, "--name", COPY, "--keep", "--yes", "--", *MARK)
    assert done.status == 0, done.stderr
    session = done.text.strip()
    assert len(session) == 16
    made = api.pod(COPY) or {}
    assert made["spec"]["containers"][-1]["name"] == "netshoot-2"
    before = with_netshoot(kind)["spec"]["containers"]
    assert [c["image"] for c in made["spec"]["containers"][:-1]] == [c["image"] for c in before]
    assert COPY in plugin.run("list").text
    assert plugin.run("attach", COPY, "--", *MARK).text.strip() == session
    cleaned = plugin.run("cleanup", COPY, "--yes")
    assert cleaned.status == 0, cleaned.stderr
    assert api.gone(COPY)


def test_a_copy_of_ours_gets_no_copy(plugin: Plugin, api: Api, source: str) -> None:
    kept = plugin.run(source, *QUICK, "--name", COPY, "--keep", "--yes", "--", "true")
    assert kept.status == 0, kept.stderr
    for words in (
        (COPY, "--yes", "--", "true"),
        (COPY, "--dry-run"),
        (f"pod/{COPY}", "--join-service", "--yes"),
    ):
        done = plugin.run(*words)
        assert (done.status, done.stdout) == (2, b"")
        first, *more = done.stderr.splitlines()
        assert first == f"error: pod {COPY} is a copy of pod {source}, and is not copied"
        assert more[-1].strip().startswith(f"try: kubectl netshoot attach {COPY} -n {api.namespace}")
    assert plugin.run("cleanup", COPY, "--yes").status == 0

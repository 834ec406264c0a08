"""Which copies a cleanup means: whose they are by mark or birth, and whose time is over by the server's clock."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote

import pytest

from kubectl_netshoot.commands.manage import CleanupRequest, choose
from kubectl_netshoot.kube.api import Api, Fetch
from kubectl_netshoot.kube.reads import Reads
from kubectl_netshoot.model import CONTAINER, ENV_MARK, MANAGED_BY, MANAGED_BY_LABEL, Birth
from kubectl_netshoot.rules.marks import UID, format_time, to_annotations
from kubectl_netshoot.session.plan import whoami
from tests.unit.builders import SESSION, mark
from tests.unit.kube.apiserver import Answer, ApiServer, Asked

ANN, ME = "ann@desk", whoami()


def copy_of(
    name: str, owner: str, marked: bool, started: datetime | None = None, created: datetime | None = None
) -> dict[str, Any]:
    variable = {"name": ENV_MARK, "value": str(Birth(SESSION, name, owner=owner))}
    annotations = {**to_annotations(mark(owner=owner)), UID: name} if marked else {}
    deadline = {"activeDeadlineSeconds": 3600} if marked else {}
    return {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "uid": name,
            "labels": {MANAGED_BY_LABEL: MANAGED_BY} if marked else {"topology.kubernetes.io/zone": "a"},
            "annotations": annotations,
            "creationTimestamp": format_time(created or started or datetime.now(timezone.utc)),
        },
        "spec": {"containers": [{"name": CONTAINER, "env": [variable]}], **deadline},
        "status": {"startTime": format_time(started)} if started else {},
    }


def chosen(server: ApiServer, api: Api, whose: str, *pods: dict[str, Any]) -> list[str]:
    def decide(asked: Asked) -> Answer:
        if "endpointslices" in asked.path:
            return Answer({"items": []})
        is_marked = f"labelSelector={MANAGED_BY_LABEL}=" in unquote(asked.path)
        found = [p for p in pods if (MANAGED_BY_LABEL in p["metadata"]["labels"]) == is_marked]
        return Answer({"items": found})

    server.decide = decide
    reads = Reads(Fetch(api, "shop"))
    return [status.pod.name for status in choose(CleanupRequest(whose=whose), reads)]


def test_mine_are_those_that_say_so_marked_or_not(server: ApiServer, api: Api) -> None:
    pods = [
        copy_of("mine", ME, marked=True),
        copy_of("mine-bare", ME, marked=False),
        copy_of("anns", ANN, marked=True),
        copy_of("anns-bare", ANN, marked=False),
        copy_of("nobodys", "", marked=False),
    ]
    assert chosen(server, api, "mine", *pods) == ["mine", "mine-bare"]
    assert len(chosen(server, api, "all", *pods)) == len(pods)


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(), timedelta(hours=-2)])
def test_what_is_expired_says_the_servers_clock(server: ApiServer, api: Api, ahead: timedelta) -> None:
    clock = datetime.now(timezone.utc) - ahead
    server.date = format_datetime(clock, usegmt=True)
    ago = [clock - timedelta(minutes=minutes) for minutes in (1, 61)]
    pods = [
        copy_of("living", ANN, marked=True, started=ago[0]),
        copy_of("over", ANN, marked=True, started=ago[1]),
        copy_of("pending", ANN, marked=True, created=ago[0]),
        copy_of("pending-too-long", ANN, marked=True, created=ago[1]),
    ]
    assert chosen(server, api, "expired", *pods) == ["over", "pending-too-long"]

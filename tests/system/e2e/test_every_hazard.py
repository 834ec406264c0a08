"""Each hazard as it really is in a cluster: the plan says it, and a session is refused or asks, before any change.

Those that the runbook meets first (no endpoint, an unhealthy source, a gate) are in test_hazards.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakecluster import manifests
from tests.system.e2e import hazardous
from tests.system.e2e.api import Api, is_ready
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.hazardous import ODD, WEB
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.screen import Screen
from tests.waiting import until

Json = dict[str, Any]
MANAGED = {"app.kubernetes.io/managed-by": "Helm"}
COPY = "hazardous-copy"
RUN = (*QUICK, f"--name={COPY}", "--", "echo", "ran")
TO_WEB = ("--service=web",)

# What a person may accept, made around the Deployment: (hazard, objects, the Services that are joined).
ACCEPTABLE = [
    ("pdb", [hazardous.budget("half")], TO_WEB),
    # The Deployment's selector needs the labels of both Services.
    ("hpa", [hazardous.autoscaler("steady")], (*TO_WEB, "--service=web-b")),
    ("hpa", [hazardous.autoscaler("steady", "argoproj.io/v1alpha1", "Rollout")], TO_WEB),
    ("network-policy", [hazardous.policy("strict")], TO_WEB),
    (
        "not-ready-published",
        [hazardous.service("early", WEB, publishNotReadyAddresses=True)],
        (*TO_WEB, "--service=early"),
    ),
    ("exposed", [hazardous.service("outside", WEB, type="NodePort")], (*TO_WEB, "--service=outside")),
    ("exposed", [hazardous.service("ips", WEB, externalIPs=["192.0.2.7"])], (*TO_WEB, "--service=ips")),
    (
        "no-traffic",
        [hazardous.service("sticky", WEB, sessionAffinity="ClientIP")],
        (*TO_WEB, "--service=sticky"),
    ),
    (
        "no-traffic",
        [hazardous.service("near", WEB, internalTrafficPolicy="Local")],
        (*TO_WEB, "--service=near"),
    ),
    ("cached-address", [hazardous.service("list", WEB, clusterIP="None")], (*TO_WEB, "--service=list")),
    ("udp", [hazardous.service("dns", WEB, ports=[hazardous.UDP])], (*TO_WEB, "--service=dns")),
]
# The same for a pod of its own.
ACCEPTABLE_PODS = [
    ("mesh", hazardous.with_sidecar("istio-proxy")),
    ("mesh", hazardous.with_sidecar("linkerd-proxy")),
    ("second-instance", hazardous.with_init_container()),
    ("second-instance", hazardous.with_container(env=[{"name": "NACOS_ADDR", "value": "nacos:8848"}])),
    ("second-instance", hazardous.with_container(env=[{"name": "LEADER_ELECTION", "value": "true"}])),
    ("preemption", hazardous.odd_pod(priorityClassName="system-cluster-critical")),
    ("anti-affinity", hazardous.keeping_away("none-such")),
]
NEVER = [
    ("no-selector", [hazardous.external_name("away")], ("--service=away",)),
    ("adoption", [hazardous.adopter()], TO_WEB),
]
LIFTABLE_PODS = [
    ("identity", [hazardous.odd_pod(hostname="one", subdomain="odd")], {"clusterIP": "None"}),
    ("identity", [hazardous.odd_pod(hostname="one", subdomain="odd")], {}),
    ("host-port", [hazardous.host_port()], {}),
    ("shared-volume", [hazardous.claim("ReadWriteOnce"), hazardous.with_claim(read_only=False)], {}),
    ("shared-volume", [hazardous.claim("ReadWriteOncePod"), hazardous.with_claim(read_only=True)], {}),
]


class Tried:
    """Sessions and plans of one pod by flags that stay the same, and the pods that were there before."""

    def __init__(self, plugin: Plugin, api: Api, source: str, *words: str) -> None:
        self._plugin, self._api, self._words = plugin, api, (source, *words)

    def hazards(self, status: int, *words: str) -> dict[str, Json]:
        """What the plan says, by id."""
        done = self._plugin.run(*self._words, *words, "--dry-run", "-o", "json")
        assert done.status == status, done.stderr
        plan = json.loads(done.stdout)
        assert plan["allowed"] is (status == 0)
        return {hazard["id"]: hazard for hazard in plan["hazards"]}

    def is_stopped(self, said: str, *words: str) -> None:
        """A session ends with 4 and has changed nothing."""
        done = self._plugin.run(*self._words, *words, *RUN)
        assert (done.status, done.stdout) == (4, b""), done.stderr
        assert said in done.stderr
        assert "nothing was changed" in done.stderr
        assert self._api.gone(COPY)

    def runs(self, *words: str) -> None:
        """A session runs its command, and the copy is gone."""
        done = self._plugin.run(*self._words, *words, *RUN)
        assert (done.status, done.stdout) == (0, b"ran\n"), done.stderr
        assert self._api.gone(COPY)


def accepted_with_yes(tried: Tried, hazard: str) -> None:
    """What stands in the plan as a warning stops a session without --yes: `test_a_leader` has that for all of them."""
    assert tried.hazards(0)[hazard]["severity"] == "warn"
    tried.runs("--yes")


@pytest.mark.parametrize(("hazard", "objects", "words"), ACCEPTABLE)
def test_what_surrounds_the_pod_is_accepted_or_nothing_happens(
    plugin: Plugin,
    api: Api,
    scenery: Scenery,
    source: str,
    hazard: str,
    objects: list[Json],
    words: tuple[str, ...],
) -> None:
    scenery.add(*objects)
    until(lambda: all(_has_endpoints(api, made) for made in objects), "the endpoints")
    accepted_with_yes(Tried(plugin, api, source, *words), hazard)


def _has_endpoints(api: Api, made: Json) -> bool:
    return made["kind"] != "Service" or bool(api.members(made["metadata"]["name"]))


@pytest.mark.parametrize(("hazard", "pod"), ACCEPTABLE_PODS)
def test_what_the_pod_has_is_accepted_or_nothing_happens(
    plugin: Plugin, api: Api, scenery: Scenery, hazard: str, pod: Json
) -> None:
    scenery.add_ready(1, pod, manifests.service("odd", ODD), **ODD)
    accepted_with_yes(Tried(plugin, api, "odd", "--join-service"), hazard)


@pytest.mark.parametrize("words", [(), TO_WEB], ids=["plain", "joined"])
def test_a_deployment_that_wants_one_at_a_time(
    plugin: Plugin, api: Api, scenery: Scenery, words: tuple[str, ...]
) -> None:
    single = manifests.deployment("odd", 1, ODD)
    single["spec"]["strategy"] = {"type": "Recreate"}
    (pod,) = scenery.add_ready(1, single, manifests.service("odd", ODD), **ODD)
    join = ("--join-service",) if words else ()
    tried = Tried(plugin, api, pod["metadata"]["name"], *join)
    assert (
        "deployment/odd has one replica and strategy Recreate" in tried.hazards(0)["second-instance"]["what"]
    )
    accepted_with_yes(tried, "second-instance")


@pytest.mark.parametrize("words", [(), TO_WEB], ids=["plain", "joined"])
def test_a_leader(plugin: Plugin, api: Api, scenery: Scenery, source: str, words: tuple[str, ...]) -> None:
    scenery.add(hazardous.lease("web-leader", f"{source}_5a8e"), hazardous.lease("other", "somebody_5a8e"))
    tried = Tried(plugin, api, source, *words)
    assert f"lease web-leader is held by {source}_5a8e" in tried.hazards(0)["second-instance"]["what"]
    tried.is_stopped("second-instance: ")
    accepted_with_yes(tried, "second-instance")


@pytest.mark.parametrize("words", [(), TO_WEB], ids=["plain", "joined"])
def test_the_last_pod_of_a_quota(
    plugin: Plugin, api: Api, scenery: Scenery, source: str, words: tuple[str, ...]
) -> None:
    there = len(api.objects("Pod"))
    wide, tight = str(there + 2), str(there + 1)
    scenery.add(hazardous.quota("wide", pods=wide), hazardous.quota("tight", pods=tight))
    until(lambda: all(_is_counted(api.get("ResourceQuota", name)) for name in ("wide", "tight")), "the count")
    tried = Tried(plugin, api, source, *words)
    what = tried.hazards(0)["quota"]["what"]
    assert (
        what == f"quota tight: pods {there} of {tight} used, the copy takes 1: nothing is left for a roll-out"
    )
    accepted_with_yes(tried, "quota")


def test_the_last_pod_of_a_quota_for_a_throwaway_pod(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    there = len(api.objects("Pod"))
    scenery.add(hazardous.quota("tight", pods=str(there + 1)))
    until(lambda: _is_counted(api.get("ResourceQuota", "tight")), "the count")
    done = plugin.run("run", COPY, "--dry-run", "-o", "json")
    found = {hazard["id"]: hazard["what"] for hazard in json.loads(done.stdout)["hazards"]}
    assert list(found) == ["quota"]
    assert f"pods {there} of {there + 1} used, the pod takes 1: nothing is left" in found["quota"]


def _is_counted(quota: Json | None) -> bool:
    return "pods" in (((quota or {}).get("status") or {}).get("used") or {})


@pytest.mark.parametrize(("hazard", "objects", "words"), NEVER)
def test_what_nobody_may_allow(
    plugin: Plugin,
    api: Api,
    scenery: Scenery,
    source: str,
    hazard: str,
    objects: list[Json],
    words: tuple[str, ...],
) -> None:
    scenery.add(*objects)
    tried = Tried(plugin, api, source, *words)
    assert tried.hazards(4)[hazard]["severity"] == "never"
    tried.is_stopped(f"{hazard} (never)", "--yes")
    assert plugin.run(source, *words, f"--allow={hazard}", "--dry-run").status == 2


def test_a_service_that_selects_by_our_own_mark(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    scenery.add_ready(1, hazardous.odd_pod(MANAGED), manifests.service("odd", {**ODD, **MANAGED}), **ODD)
    tried = Tried(plugin, api, "odd", "--join-service")
    assert tried.hazards(4)["managed-by"]["severity"] == "never"
    tried.is_stopped("managed-by (never)", "--yes")


@pytest.mark.parametrize(("hazard", "objects", "spec"), LIFTABLE_PODS)
def test_what_is_allowed_by_name_only(
    plugin: Plugin, api: Api, scenery: Scenery, hazard: str, objects: list[Json], spec: Json
) -> None:
    well = manifests.pod("well", ODD)
    scenery.add(well, *objects, hazardous.service("odd", ODD, **spec))
    until(lambda: "well" in api.members("odd"), "an endpoint that stays")
    # A cluster that cannot bind a claim, or open a port of its node, never makes the source ready.
    tried = Tried(plugin, api, "odd", "--service=odd", "--allow=source-unhealthy", "--yes")
    found = tried.hazards(4)[hazard]
    assert (found["severity"], found["refused"]) == ("refuse", True)
    tried.is_stopped(f"{hazard} (refuse)")
    assert tried.hazards(0, f"--allow={hazard}")[hazard]["refused"] is False


def test_the_settle_time_is_longer_unless_somebody_says_it(
    plugin: Plugin, api: Api, env: dict[str, str], scenery: Scenery, source: str
) -> None:
    scenery.add(hazardous.service("list", WEB, clusterIP="None"))
    until(lambda: api.members("list"), "the endpoints")
    tried = Tried(plugin, api, source, *TO_WEB, "--service=list")
    assert "settle time 30s" in tried.hazards(0)["cached-address"]["what"]
    assert "settle time 5s" in tried.hazards(0, "--settle=5s")["cached-address"]["what"]
    short = plugin.run(source, *TO_WEB, "--service=list", "--ttl=90s", "--dry-run")
    assert (short.status, "--ttl: 90s is too short" in short.stderr) == (2, True)
    env["KUBECTL_NETSHOOT_SETTLE"] = "7s"
    assert "settle time 7s" in tried.hazards(0)["cached-address"]["what"]


def test_a_copy_that_may_be_alone_where_it_runs(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    """It cannot be put beside its source, whose port of the node it needs."""
    near = hazardous.service("odd", ODD, internalTrafficPolicy="Local")
    scenery.add(manifests.pod("well", ODD), hazardous.host_port(), near)
    until(lambda: "well" in api.members("odd"), "an endpoint that stays")
    allowed = ("--allow=source-unhealthy", "--allow=host-port", "--yes")
    tried = Tried(plugin, api, "odd", "--service=odd", *allowed)
    assert tried.hazards(4)["alone-there"]["refused"] is True
    tried.is_stopped("alone-there (refuse)")
    assert tried.hazards(0, "--allow=alone-there")["alone-there"]["refused"] is False


def test_where_clients_stay_near_the_copy_is_put_beside_the_pod(
    plugin: Plugin, api: Api, scenery: Scenery, source: str
) -> None:
    scenery.add(hazardous.service("near", WEB, internalTrafficPolicy="Local"))
    until(lambda: api.members("near"), "the endpoints")
    done = plugin.run(source, *TO_WEB, "--service=near", "--yes", "-v", *RUN)
    assert done.status == 0, done.stderr
    node = (api.pod(source) or {})["spec"]["nodeName"]
    here = len([pod for pod in api.ready_pods(**WEB) if pod["spec"]["nodeName"] == node])
    assert "on the pod's own node: Service near has internalTrafficPolicy Local" in done.stderr
    share = f"in Service near: takes about 1 of {here + 1} new connections from clients on node {node}"
    assert share in done.stderr
    assert "in Service web: takes about 1 of 4 new connections" in done.stderr


def test_a_volume_of_one_node_that_is_only_read(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    pod = hazardous.with_claim(read_only=True)
    scenery.add(hazardous.claim("ReadWriteOnce"), pod, manifests.service("odd", ODD))
    until(lambda: "odd" in api.members("odd") or _is_unschedulable(api.pod("odd")), "the scheduler's word")
    if not is_ready(api.pod("odd") or {}):
        pytest.skip("this cluster binds no claim: it has no default storage class")
    accepted_with_yes(Tried(plugin, api, "odd", "--join-service"), "one-node-volume")


def _is_unschedulable(pod: Json | None) -> bool:
    conditions = ((pod or {}).get("status") or {}).get("conditions") or []
    return any(c["type"] == "PodScheduled" and c["status"] == "False" for c in conditions)


def test_owners_are_followed_to_a_kind_that_nobody_knows(plugin: Plugin, api: Api, scenery: Scenery) -> None:
    """A ConfigMap stands for the custom resource: it is no controller that we know, and every cluster has it."""
    scenery.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": manifests.metadata("shop")})
    shop = api.get("ConfigMap", "shop")
    assert shop
    replica_set = manifests.replica_set("odd", 1, {**ODD, "member": "yes"})
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "shop", "uid": shop["metadata"]["uid"]}
    replica_set["metadata"]["ownerReferences"] = [owner]
    (pod,) = scenery.add_ready(1, replica_set, manifests.service("odd", ODD), **ODD)
    tried = Tried(plugin, api, pod["metadata"]["name"], "--join-service")
    assert "configmap/shop" in tried.hazards(0)["unknown-owner"]["what"]
    accepted_with_yes(tried, "unknown-owner")


@pytest.fixture
def person(
    plugin: Plugin, env: dict[str, str], tmp_path: Path, scenery: Scenery, source: str
) -> Iterator[Screen]:
    """Somebody at a terminal, before a plan with one warning."""
    scenery.add(hazardous.budget("half"))
    screen = Screen(plugin.argv(source, *TO_WEB, *RUN), env, tmp_path)
    screen.shows("[y/N]")
    yield screen
    screen.close()


def test_a_person_is_asked_once_and_says_yes(person: Screen, api: Api) -> None:
    assert "pdb: " in person.text
    assert api.gone(COPY)
    person.type("y\r")
    assert person.wait() == 0
    assert person.text.count("[y/N]") == 1
    assert "ran" in person.text.split()


def test_a_person_says_no_and_nothing_is_changed(person: Screen, api: Api) -> None:
    person.type("\r")
    assert person.wait() == 4
    assert "Nothing was changed." in " ".join(person.text.split())
    assert api.gone(COPY)

"""A second instance: what is known of work, leaders and registries that two may not share; and what is not said."""

from dataclasses import replace
from typing import Any

import pytest

from kubectl_netshoot.model import Autoscaler, Container, Controller, Lease, Owner, Pod, Selector, Workload
from kubectl_netshoot.rules.hazards.hazard import Changed, Hazard, Severity, Surroundings
from kubectl_netshoot.rules.hazards.join import plan_join
from tests.unit.builders import WEB, around, pod

SECRET = "s3cret-of-the-shop"
REPLICA_SET = Owner("ReplicaSet", "web-7d4b9c", True, "apps")
DEPLOYMENT = Owner("Deployment", "web", True, "apps")


def found(source: Pod, surroundings: Surroundings | None = None) -> list[Hazard]:
    """The warnings of a plain copy; those of a join are the same."""
    plans = [plan_join(source, surroundings or around(), joining) for joining in (False, True)]
    plain, joined = ([h for h in plan.hazards if h.id == "second-instance"] for plan in plans)
    assert plain == joined
    assert {h.severity for h in plain} <= {Severity.WARN}
    return plain


def app(**container: Any) -> Pod:
    return pod(containers=(Container("app", "shop/web:1", **container),))


def said(source: Pod, surroundings: Surroundings | None = None) -> str:
    """The one warning; empty where there is none."""
    texts = [h.what for h in found(source, surroundings)]
    assert len(texts) < 2, texts
    return "".join(texts)


@pytest.mark.parametrize(
    ("sign", "registry", "shown"),
    [
        (
            {"env": {"SPRING_CLOUD_NACOS_DISCOVERY_SERVER_ADDR": SECRET}},
            "Nacos",
            "variable SPRING_CLOUD_NACOS",
        ),
        ({"env": {"NACOS_ADDR": SECRET}}, "Nacos", "variable NACOS_ADDR"),
        ({"env": {"EUREKA_CLIENT_SERVICEURL_DEFAULTZONE": SECRET}}, "Eureka", "variable EUREKA_CLIENT"),
        ({"env": {"CONSUL_HTTP_ADDR": SECRET}}, "Consul", "variable CONSUL_HTTP_ADDR"),
        ({"env": {"consulHost": SECRET}}, "Consul", "variable consulHost"),
        ({"env": {"ZOOKEEPER_CONNECT": SECRET}}, "ZooKeeper", "variable ZOOKEEPER_CONNECT"),
        ({"env": {"DUBBO_REGISTRY_ADDRESS": SECRET}}, "Dubbo's registry", "variable DUBBO_REGISTRY"),
        ({"env": {"DUBBO_REGISTRY_ADDRESS": "nacos://n:8848"}}, "Nacos", "variable DUBBO_REGISTRY"),
        (
            {"env": {"REGISTRY_URL": f"http://u:{SECRET}@eureka:8761/eureka/"}},
            "Eureka",
            "variable REGISTRY_URL",
        ),
        ({"env": {"SPRING_APPLICATION_JSON": '{"eureka":{"client":{}}}'}}, "Eureka", "variable SPRING_APPL"),
        (
            {"env": {"JAVA_OPTS": f"-Xmx1g -Dspring.cloud.consul.host={SECRET}"}},
            "Consul",
            "variable JAVA_OPTS",
        ),
        ({"command": ("java", "-Deureka.client.serviceUrl.defaultZone=x")}, "Eureka", "option -Deureka"),
        ({"command": ("app", f"--spring.cloud.nacos.server-addr={SECRET}")}, "Nacos", "option --spring"),
        ({"command": ("app", "--registry", "zookeeper://zk:2181")}, "ZooKeeper", "option --registry"),
        ({"command": ("sh", "-c", "exec app --consul-addr=x")}, "Consul", "option --consul-addr"),
        ({"env": {"ADDR": ""}, "references": {"ADDR": "nacos/server"}}, "Nacos", "variable ADDR"),
        (
            {"env": {"CONSUL_HOST": ""}, "references": {"CONSUL_HOST": "fieldRef"}},
            "Consul",
            "variable CONSUL_HOST",
        ),
        ({"references": {"eureka-client": "eureka-client"}}, "Eureka", "variables of eureka-client"),
        ({"env": {"EUREKA_URL": "x", "EUREKA_CLIENT_FETCH_REGISTRY": "false"}}, "Eureka", "EUREKA_URL"),
        ({"env": {"EUREKA_URL": "x", "EUREKA_CLIENT_HEALTHCHECK_ENABLED": "false"}}, "Eureka", "EUREKA_URL"),
        ({"env": {"NACOS_ADDR": "x", "SPRING_CLOUD_NACOS_CONFIG_ENABLED": "false"}}, "Nacos", "NACOS_ADDR"),
        ({"env": {"NACOS_ADDR": "x", "SPRING_CLOUD_NACOS_DISCOVERY_ENABLED": "true"}}, "Nacos", "NACOS_ADDR"),
    ],
)
def test_self_registration(sign: dict[str, Any], registry: str, shown: str) -> None:
    what = said(app(**sign))
    assert f"register itself in {registry} (" in what
    assert shown in what
    assert "joined or not" in what
    assert SECRET not in what


@pytest.mark.parametrize(
    "source",
    [
        pod(containers=(Container("app"), Container("consul-agent", "x"))),
        pod(containers=(Container("app"), Container("agent", "registry.shop:5000/hashicorp/consul:1.20"))),
        pod(containers=(Container("app"), Container("agent", "consul:1.20"))),
        pod(sidecars=(Container("consul-dataplane"),)),
        pod(configs=("consul-config",)),
    ],
)
def test_agents_beside_the_application(source: Pod) -> None:
    assert "register itself in Consul (" in said(source)


@pytest.mark.parametrize(
    "silent",
    [
        {},
        {"env": {"DATABASE_URL": "postgres://db", "DOCKER_REGISTRY": "registry.shop"}},
        {"env": {"CONSULTANT": "ann", "OFFICE": "consulate"}},
        {"env": {"SPRING_CLOUD_NACOS_CONFIG_SERVER_ADDR": "nacos:8848"}},
        {"env": {"SPRING_CONFIG_IMPORT": "optional:nacos:web.yaml"}},
        {"env": {"NACOS_ADDR": ""}},
        {"env": {"EUREKA_CLIENT_ENABLED": "false", "EUREKA_URL": "http://eureka"}},
        {"env": {"EUREKA_CLIENT_REGISTER_WITH_EUREKA": "False", "EUREKA_URL": "http://eureka"}},
        {"env": {"NACOS_ADDR": "x", "SPRING_CLOUD_NACOS_DISCOVERY_REGISTER_ENABLED": "false"}},
        {"env": {"CONSUL_HOST": "x", "SPRING_CLOUD_CONSUL_DISCOVERY_REGISTER": "false"}},
        {"env": {"DUBBO_REGISTRY_ADDRESS": "zookeeper://zk", "DUBBO_REGISTRY_REGISTER": "false"}},
        {"env": {"REGISTRY_URL": "nacos://n", "SPRING_CLOUD_NACOS_DISCOVERY_ENABLED": "false"}},
        {"command": ("app", "--spring.cloud.nacos.config.server-addr=x")},
        {"command": ("app", "--verbose", "--spring.cloud.nacos.config.server-addr=x")},
        {"env": {"CONSUL_HOST": "x"}, "command": ("app", "--spring.cloud.discovery.enabled=false")},
        {
            "env": {"NACOS_ADDR": "x", "CONSUL_HOST": "x"},
            "command": ("java", "-Dspring.cloud.service-registry.auto-registration.enabled=false"),
        },
    ],
)
def test_no_registry_and_one_that_is_switched_off(silent: dict[str, Any]) -> None:
    assert said(app(**silent)) == ""


def test_one_registry_that_is_off_does_not_hide_another() -> None:
    env = {"EUREKA_CLIENT_ENABLED": "false", "EUREKA_URL": "http://eureka", "NACOS_ADDR": "n"}
    assert "register itself in Nacos (variable NACOS_ADDR):" in said(app(env=env))


def test_a_registry_as_the_host_of_an_image_is_none() -> None:
    assert said(pod(containers=(Container("app", "nacos.example.com/shop/web:1"),))) == ""


@pytest.mark.parametrize(
    ("sign", "shown"),
    [
        ({"command": ("manager", "--leader-elect")}, "option --leader-elect"),
        ({"command": ("manager", "--leader-elect=true")}, "option --leader-elect"),
        ({"command": ("sh", "-c", "exec manager -enable-leader-election -v 2")}, "option -enable-leader"),
        ({"env": {"LEADER_ELECTION": "true"}}, "variable LEADER_ELECTION"),
        (
            {"env": {"ENABLE_LEADER_ELECTION": ""}, "references": {"ENABLE_LEADER_ELECTION": "m/k"}},
            "variable",
        ),
        ({"env": {"LEADER_ELECTION": "1", "LEADER_ELECTION_RELEASE_ON_CANCEL": "false"}}, "variable LEADER"),
    ],
)
def test_leader_election_by_what_the_pod_says(sign: dict[str, Any], shown: str) -> None:
    what = said(app(**sign))
    assert "elects a leader (" in what
    assert shown in what


@pytest.mark.parametrize(
    "silent",
    [
        {"command": ("manager", "--leader-elect=false", "--leader-elect-lease-duration=15s")},
        {"env": {"ENABLE_LEADER_ELECTION": "false"}},
        {"env": {"TEAM_LEADER": "ann"}},
    ],
)
def test_no_election_and_one_that_is_switched_off(silent: dict[str, Any]) -> None:
    assert said(app(**silent)) == ""


@pytest.mark.parametrize(
    ("holder", "elected"),
    [
        ("web-7d4b9c-x2x4z", True),
        ("web-7d4b9c-x2x4z_2c1f6a60-5a8e", True),
        ("web-7d4b9c-q9q9q_2c1f", True),
        ("shop/web-7d4b9c-x2x4z", True),
        ("web-7d4b9c-x2x4z0", False),
        ("other-web-7d4b9c-x2x4z", False),
        ("web-7d4b9c-backup-abcde", False),
        ("web", False),
        ("shop-abcde", False),
        ("node-1", False),
        ("", False),
    ],
)
def test_a_lease_that_the_pod_or_one_of_its_controller_holds(holder: str, elected: bool) -> None:
    surroundings = replace(around(), leases=(Lease("shop-lock", holder),))
    what = said(pod(owners=(REPLICA_SET, Owner("Shop", "shop", False))), surroundings)
    assert (f"lease shop-lock is held by {holder}" in what) is elected
    assert bool(what) is elected


@pytest.mark.parametrize(
    ("workload", "shown"),
    [
        (
            Workload(DEPLOYMENT, 1),
            "deployment/web has one replica, and the copy runs beside its pod: it may be meant to run once",
        ),
        (Workload(DEPLOYMENT, 1, recreate=True), "one replica and strategy Recreate"),
        (
            Workload(DEPLOYMENT, 3, recreate=True),
            "deployment/web has strategy Recreate, and the copy runs beside all of its pods",
        ),
        (Workload(DEPLOYMENT, 2), ""),
        (Workload(DEPLOYMENT, 0), ""),
        (None, ""),
    ],
)
def test_one_replica_or_recreate(workload: Workload | None, shown: str) -> None:
    what = said(pod(owners=(REPLICA_SET,)), replace(around(), workload=workload))
    assert shown in what
    assert bool(what) is bool(shown)


def test_one_replica_that_an_autoscaler_has_chosen_was_not_meant_so() -> None:
    scaler = Autoscaler("web", DEPLOYMENT, Selector({"app": "elsewhere"}))
    single = replace(around(), workload=Workload(DEPLOYMENT, 1), autoscalers=(scaler,))
    assert said(pod(owners=(REPLICA_SET,)), single) == ""


@pytest.mark.parametrize(("replicas", "alone"), [(1, True), (2, False), (None, False)])
def test_a_replica_set_of_nobody_counts_for_itself(replicas: int | None, alone: bool) -> None:
    of_pod = Controller("ReplicaSet", REPLICA_SET.name, Selector({**WEB, "x": "y"}), replicas)
    what = said(pod(owners=(REPLICA_SET,)), replace(around(), controllers=(of_pod,)))
    assert ("replicaset/web-7d4b9c has one replica" in what) is alone


def test_the_deployment_counts_and_not_its_replica_set_in_the_middle_of_a_rollout() -> None:
    of_pod = Controller("ReplicaSet", REPLICA_SET.name, Selector({**WEB, "x": "y"}), 1)
    rolling = replace(around(), controllers=(of_pod,), workload=Workload(DEPLOYMENT, 3))
    assert said(pod(owners=(REPLICA_SET,)), rolling) == ""


@pytest.mark.parametrize(
    ("command", "worker"),
    [
        (("celery", "-A", "shop", "worker"), "celery"),
        (("sh", "-c", "exec /usr/sbin/crond -f"), "crond"),
        (("php", "artisan", "queue:work"), "queue:work"),
        (("nginx", "-g", "daemon off;"), ""),
        (("celeryish",), ""),
    ],
)
def test_programs_for_background_work(command: tuple[str, ...], worker: str) -> None:
    what = said(app(command=command))
    assert f"background work ({worker})" in what if worker else what == ""


def test_each_reason_is_a_warning_of_its_own() -> None:
    source = replace(app(env={"NACOS_ADDR": "x", "LEADER_ELECTION": "1"}), init_containers=("migrate",))
    assert len(found(source, replace(around(), workload=Workload(DEPLOYMENT, 1)))) == 4


def changed(source: Pod, **container: Any) -> str:
    """The one warning of a copy with another container; empty where there is none."""
    differing = Changed(("env app:X",), (Container("app", "shop/web:1", **container),))
    made = plan_join(source, around(), False, changed=differing)
    return "".join(h.what for h in made.hazards if h.id == "second-instance")


def test_a_copy_that_differs_is_judged_by_what_it_will_run() -> None:
    registering = {"env": {"EUREKA_CLIENT_SERVICEURL": "http://eureka"}}
    off = {"env": {**registering["env"], "EUREKA_CLIENT_ENABLED": "false"}}
    assert "Eureka" in said(app(**registering))
    assert changed(app(**registering), **off) == ""
    assert "Eureka" in changed(app(), **registering)


@pytest.mark.parametrize("owner", ["StatefulSet", "Job"])
def test_what_runs_again_with_a_change_and_what_without(owner: str) -> None:
    source = replace(app(), init_containers=("migrate",), owners=(Owner(owner, "db", True, "apps"),))
    found = changed(source)
    assert found.startswith(
        "the copy runs the application again (env app:X set), with its init containers (migrate) as they are in the "
        f"pod and the work of {owner.lower()}/db: "
    )
    assert " set)" not in said(source)

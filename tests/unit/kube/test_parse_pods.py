"""Pods, claims, Services and slices out of the API's own JSON: what a plan depends on."""

from dataclasses import replace
from typing import Any

import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.model import Claim

MOUNT = {"name": "v", "mountPath": "/v"}
DEVICE = {"name": "v", "devicePath": "/dev/v"}


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web"}, "spec": spec}


def with_claim(source: dict[str, Any] | None = None, **containers: Any) -> tuple[Claim, ...]:
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "data", **(source or {})}}
    return parse.pod(pod(volumes=[volume, {"name": "tmp", "emptyDir": {}}], **containers)).claims


def container(**more: Any) -> dict[str, Any]:
    return {"name": "app", **more}


@pytest.mark.parametrize(
    ("source", "containers", "writable"),
    [
        ({}, {"containers": [container(volumeMounts=[MOUNT])]}, True),
        ({}, {"containers": [container(volumeMounts=[{**MOUNT, "readOnly": True}])]}, False),
        ({}, {"containers": [container(volumeMounts=[{**MOUNT, "readOnly": True}, MOUNT])]}, True),
        ({"readOnly": True}, {"containers": [container(volumeMounts=[MOUNT])]}, False),
        ({}, {"containers": [container(volumeDevices=[DEVICE])]}, True),
        ({}, {"initContainers": [container(volumeMounts=[MOUNT])], "containers": [container()]}, True),
        ({}, {"containers": [container()]}, False),
        ({}, {"containers": [container(volumeMounts=[{**MOUNT, "name": "tmp"}])]}, False),
    ],
)
def test_who_may_write_to_a_claim(source: dict[str, Any], containers: dict[str, Any], writable: bool) -> None:
    assert with_claim(source, **containers) == (Claim("data", writable),)


def test_an_ephemeral_volume_is_the_copys_own() -> None:
    volume = {"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}
    assert parse.pod(pod(volumes=[volume], containers=[container(volumeMounts=[MOUNT])])).claims == ()


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        (["ReadWriteOnce"], Claim("data", True, False, True)),
        (["ReadWriteOncePod"], Claim("data", True, True, False)),
        (["ReadOnlyMany"], Claim("data", False, False, False)),
        (["ReadOnlyMany", "ReadWriteMany"], Claim("data", True, False, False)),
        (["ReadWriteOnce", "ReadOnlyMany"], Claim("data", True, False, False)),
        ([], Claim("data")),
    ],
)
def test_what_access_modes_say(modes: list[str], expected: Claim) -> None:
    assert parse.claim(Claim("data"), {"spec": {"accessModes": modes}}) == expected


def test_a_read_only_mount_stays_so_whatever_the_modes() -> None:
    assert not parse.claim(
        Claim("data", writable=False), {"spec": {"accessModes": ["ReadWriteMany"]}}
    ).writable


def test_native_sidecars_and_init_containers_are_told_apart() -> None:
    starters = [{"name": "istio-proxy", "restartPolicy": "Always"}, {"name": "migrate"}]
    made = parse.pod(pod(initContainers=starters, containers=[container()]))
    assert (made.init_containers, [s.name for s in made.sidecars]) == (("migrate",), ["istio-proxy"])


def test_a_native_sidecar_with_its_state() -> None:
    starters = [{"name": "proxy", "restartPolicy": "Always", "image": "proxy:1"}]
    waiting = {"name": "proxy", "state": {"waiting": {"reason": "ErrImagePull"}}}
    made = parse.pod({**pod(initContainers=starters), "status": {"initContainerStatuses": [waiting]}})
    assert [(s.name, s.image, s.waiting) for s in made.sidecars] == [("proxy", "proxy:1", "ErrImagePull")]


def test_what_the_copy_inherits_of_the_node_and_the_name() -> None:
    ports = [
        {"containerPort": 80, "hostPort": 8080},
        {"containerPort": 81},
        {"containerPort": 82, "hostPort": 0},
    ]
    made = parse.pod(
        pod(
            containers=[container(ports=ports)],
            initContainers=[{"name": "s", "restartPolicy": "Always", "ports": [{"hostPort": 9090}]}],
            hostNetwork=True,
            hostname="one",
            subdomain="web",
            readinessGates=[{"conditionType": "example.com/lb"}],
        )
    )
    assert (made.host_ports, made.host_network) == ((8080, 9090), True)
    assert (made.hostname, made.subdomain, made.readiness_gates) == ("one", "web", ("example.com/lb",))


def test_a_pods_addresses_of_both_families() -> None:
    status = {"podIP": "10.0.0.5", "podIPs": [{"ip": "10.0.0.5"}, {"ip": "fd00::5"}, {}]}
    assert parse.pod({**pod(), "status": status}).addresses == ("10.0.0.5", "fd00::5")
    assert parse.pod({**pod(), "status": {"podIPs": None}}).addresses == ()


def test_a_pod_that_owns_itself_has_no_other_owner() -> None:
    other = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "uid-web"}
    itself = {"apiVersion": "v1", "kind": "Pod", "name": "copy", "uid": "uid-copy", "controller": True}
    metadata = {"name": "copy", "uid": "uid-copy", "ownerReferences": [itself]}
    made = parse.pod({"metadata": metadata})
    assert (made.owners, made.owns_itself) == ((), True)
    made = parse.pod({"metadata": {**metadata, "ownerReferences": [other]}})
    assert ([str(owner) for owner in made.owners], made.owns_itself) == (["replicaset/web"], False)


def test_a_pod_that_says_nothing_inherits_nothing() -> None:
    made = parse.pod({"metadata": {"name": "bare"}})
    assert (made.claims, made.host_ports, made.sidecars, made.owners) == ((), (), (), ())


def service(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "web", "annotations": annotations},
        "spec": {"selector": {"app": "web"}, **spec},
    }


def test_probes_that_open_connections() -> None:
    """A startup probe ends when it succeeds; one that runs a command opens none that we could know of."""
    found = parse.pod(
        pod(
            containers=[
                container(
                    readinessProbe={"httpGet": {"port": 80}, "periodSeconds": 3},
                    livenessProbe={"tcpSocket": {"port": 80}},
                    startupProbe={"tcpSocket": {"port": 80}, "periodSeconds": 1},
                ),
                container(readinessProbe={"exec": {"command": ["true"]}, "periodSeconds": 1}),
            ],
            initContainers=[
                container(restartPolicy="Always", readinessProbe={"grpc": {"port": 9}, "periodSeconds": 7})
            ],
        )
    )
    assert sorted(found.probe_periods) == [3, 7, 10]
    assert parse.pod(pod()).probe_periods == ()


MODE, HINTS = "service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (service(sessionAffinity="ClientIP"), {"affinity": "ClientIP"}),
        (service(internalTrafficPolicy="Local"), {"internal_local": True}),
        (service(externalTrafficPolicy="Local"), {"external_local": True}),
        (service(trafficDistribution="PreferClose"), {"distribution": "trafficDistribution PreferClose"}),
        (service({MODE: "Auto"}), {"distribution": "topology-mode Auto"}),
        (service({HINTS: "auto"}), {"distribution": "topology-aware-hints auto"}),
        # The controller's order: the older annotation, the newer one, the field.
        (service({MODE: "Auto", HINTS: "Disabled"}), {}),
        (service({MODE: "Auto"}, trafficDistribution="PreferClose"), {"distribution": "topology-mode Auto"}),
        (
            service({HINTS: "Disabled"}, trafficDistribution="PreferSameNode"),
            {"distribution": "trafficDistribution PreferSameNode"},
        ),
        (service({MODE: "Disabled"}, clusterIP="10.0.0.1"), {"addresses": ("10.0.0.1",)}),
        (service({MODE: "auTO"}), {}),
        (
            service(sessionAffinity="None", internalTrafficPolicy="Cluster", externalTrafficPolicy="Cluster"),
            {},
        ),
        (service(clusterIP="None"), {"headless": True}),
    ],
)
def test_what_steers_clients(item: dict[str, Any], said: dict[str, Any]) -> None:
    assert parse.service(item) == replace(parse.service(service()), **said)


AWS = "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type"
OLD = "service.beta.kubernetes.io/aws-load-balancer-type"
AUTO_MODE = "eks.amazonaws.com/nlb"


@pytest.mark.parametrize(
    ("item", "sign"),
    [
        (service({AWS: "ip"}), AWS),
        (service({AWS: "instance"}), ""),
        (service({OLD: "nlb-ip"}), OLD),
        (service({OLD: "external"}), ""),
        (service({"cloud.google.com/neg-status": '{"zones":["a"]}'}), "cloud.google.com/neg-status"),
        # GKE puts this one onto every Service; it makes nothing where no Ingress asks for it.
        (service({"cloud.google.com/neg": '{"ingress":true}'}), ""),
        (
            service({"service.cloud.tencent.com/direct-access": "true"}),
            "service.cloud.tencent.com/direct-access",
        ),
        (service({"service.cloud.tencent.com/direct-access": "false"}), ""),
        (service(loadBalancerClass=AUTO_MODE), AUTO_MODE),
        (service({AWS: "instance"}, loadBalancerClass=AUTO_MODE), ""),
        (service(loadBalancerClass="example.com/lb"), ""),
        (service(), ""),
    ],
)
def test_a_load_balancer_that_sends_to_the_pods_themselves(item: dict[str, Any], sign: str) -> None:
    assert parse.service(item).direct == sign


def test_a_service_with_everything() -> None:
    made = parse.service(
        service(
            clusterIP="None", type="LoadBalancer", publishNotReadyAddresses=True, externalIPs=["203.0.113.7"]
        )
    )
    assert (made.headless, made.type, made.publish_not_ready) == (True, "LoadBalancer", True)
    assert made.external_ips == ("203.0.113.7",)


@pytest.mark.parametrize("selector", [None, {}])
def test_no_selector_and_an_empty_one_are_the_same(selector: dict[str, str] | None) -> None:
    assert not parse.service({"metadata": {"name": "web"}, "spec": {"selector": selector}}).joinable


def slice_(name: str, family: str, *uids: str, **conditions: bool) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": family,
        "ports": [{"port": 8080}, {"port": None}],
        "endpoints": [{"targetRef": {"uid": uid, "name": uid}, "conditions": conditions} for uid in uids],
    }


def test_both_families_of_a_pod_are_one_endpoint() -> None:
    slices = [slice_("a", "IPv4", "1", "2", ready=True), slice_("b", "IPv6", "1", "2", ready=True)]
    (found,) = parse.service_endpoints(["web"], slices)
    assert (found.ready_others(""), found.ready_others("1"), found.ports) == (2, 1, (8080,))


def test_more_endpoints_than_a_slice_holds() -> None:
    slices = [
        slice_(f"s-{n}", "IPv4", *(f"{n}-{i}" for i in range(100)), ready=n < 2, terminating=n == 2)
        for n in range(3)
    ]
    (found,) = parse.service_endpoints(["web"], slices)
    assert (found.ready_others(""), found.unready_others("")) == (200, 0)


def test_an_absent_condition_means_ready_and_absent_endpoints_none() -> None:
    empty = {**slice_("c", "IPv4"), "endpoints": None}
    (found,) = parse.service_endpoints(["web"], [slice_("a", "IPv4", "1"), empty])
    assert found.ready_others("") == 1


def test_a_node_is_named_in_commands_to_paste() -> None:
    assert parse.pod(pod(nodeName="worker-1.example.com")).node == "worker-1.example.com"
    with pytest.raises(ApiError, match="a node called"):
        parse.pod(pod(nodeName="worker;reboot"))


def test_a_pull_secret_without_a_name_is_none() -> None:
    # The API server takes it with a warning; a list of pods with such a pod in it must be readable all the same.
    secrets = [{}, {"name": ""}, {"name": "key"}]
    assert parse.pod(pod(imagePullSecrets=secrets, containers=[container()])).pull_secrets == ("key",)


def test_what_the_application_is_told_and_where_the_rest_of_it_is_read() -> None:
    env = [
        {"name": "A", "value": "1"},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "nacos", "key": "addr"}}},
        {"name": "C", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
        {"name": "D", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}},
    ]
    whole = [{"configMapRef": {"name": "settings"}}, {"prefix": "X_", "secretRef": {"name": "keys"}}]
    told = container(env=env, envFrom=whole, command=["sh", "-c"], args=["exec \\\n  app --x"])
    (made,) = parse.pod(pod(containers=[told])).containers
    assert made.command == ("sh", "-c", "exec \\ app --x")
    assert made.references == {
        "B": "nacos/addr",
        "C": "db/password",
        "D": "fieldRef",
        "settings": "settings",
        "keys": "keys",
    }


def test_the_config_maps_that_are_mounted() -> None:
    projected = [{"configMap": {"name": "two"}}, {"secret": {"name": "key"}}]
    volumes = [
        {"name": "a", "configMap": {"name": "one"}},
        {"name": "b", "projected": {"sources": projected}},
        {"name": "c", "emptyDir": {}},
    ]
    assert parse.pod(pod(volumes=volumes, containers=[container()])).configs == ("one", "two")

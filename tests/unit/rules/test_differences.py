"""In what two pods differ: each part both ways, what is no difference, and that no secret and no control is shown."""

import copy as copying
import json
from typing import Any

import pytest

from kubectl_netshoot.model import ENV_MARK, Birth
from kubectl_netshoot.rules.differences import Difference, diff_lines, differences, unlike

Json = dict[str, Any]
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.hunter2"


def app(**changes: Any) -> Json:
    """A container as the API server stores it."""
    return {
        "name": "app",
        "image": "nginx:1.27",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        **changes,
    }


def pod(*containers: Json, **spec: Any) -> Json:
    return {
        "metadata": {"name": "web-1", "uid": "u", "labels": {"app": "web"}},
        "spec": {
            "containers": list(containers) or [app()],
            "dnsPolicy": "ClusterFirst",
            "enableServiceLinks": True,
            "nodeName": "node-1",
            "preemptionPolicy": "PreemptLowerPriority",
            "priority": 0,
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "serviceAccount": "default",
            "serviceAccountName": "default",
            "terminationGracePeriodSeconds": 30,
            **spec,
        },
        "status": {"phase": "Running"},
    }


def env(**values: str) -> Json:
    return app(env=[{"name": name, "value": value} for name, value in values.items()])


def of(**entry: Any) -> Json:
    """A container with the variable X, of this source."""
    return app(env=[{"name": "X", "valueFrom": entry}])


PROBE: Json = {
    "httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"},
    "failureThreshold": 3,
    "periodSeconds": 10,
    "successThreshold": 1,
    "timeoutSeconds": 1,
}
FASTER: Json = {**PROBE, "periodSeconds": 2}
HTTP = "httpGet: {path: /healthz, port: 8080}"
SIDECAR: Json = {"name": "istio-proxy", "image": "proxyv2:1"}
NO_SECRET = {"secretName": "web-tls", "defaultMode": 420}
DATA: Json = {"name": "data", "mountPath": "/data"}
GPU: Json = {"key": "gpu", "operator": "Exists"}
UNREACHABLE = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "tolerationSeconds": 300}

# A pod, another, and each of the differences: where, before, after. The other way around they are the reverse.
CASES: dict[str, tuple[Json, Json, list[tuple[str, str, str]]]] = {
    "image": (pod(), pod(app(image="nginx:1.28")), [("container app: image", "nginx:1.27", "nginx:1.28")]),
    "the pull policy that comes with a tag": (
        pod(),
        pod(app(image="nginx", imagePullPolicy="Always")),
        [("container app: image", "nginx:1.27", "nginx")],
    ),
    "an image that was set, and what its container keeps": (
        pod(app(image="nginx", imagePullPolicy="Always")),
        pod(app(image="nginx:1.28", imagePullPolicy="Always")),
        [("container app: image", "nginx", "nginx:1.28")],
    ),
    "pull policy": (
        pod(),
        pod(app(imagePullPolicy="Never")),
        [("container app: imagePullPolicy", "IfNotPresent", "Never")],
    ),
    "command": (
        pod(app(command=["sh", "-c", "exec web"])),
        pod(app(command=["web"], args=["-v"])),
        [("container app: command", "sh -c 'exec web'", "web"), ("container app: args", "", "-v")],
    ),
    "variable": (
        pod(env(LOG_LEVEL="info", OLD="1")),
        pod(env(LOG_LEVEL="debug", NEW="")),
        [
            ("container app: env LOG_LEVEL", "info", "debug"),
            ("container app: env OLD", "1", ""),
            ("container app: env NEW", "", '""'),
        ],
    ),
    "variable by reference": (
        pod(of(secretKeyRef={"name": "db", "key": "password"})),
        pod(of(configMapKeyRef={"name": "web", "key": "password", "optional": True})),
        [("container app: env X", "key password of Secret db", "key password of ConfigMap web if there")],
    ),
    "variable of the pod": (
        pod(of(fieldRef={"fieldPath": "status.podIP", "apiVersion": "v1"})),
        pod(of(resourceFieldRef={"resource": "limits.cpu", "divisor": "1"})),
        [
            (
                "container app: env X",
                "field status.podIP",
                "resourceFieldRef: {resource: limits.cpu, divisor: 1}",
            )
        ],
    ),
    "all of a ConfigMap": (
        pod(app(envFrom=[{"configMapRef": {"name": "web"}}])),
        pod(app(envFrom=[{"secretRef": {"name": "web"}, "prefix": "P_"}])),
        [("container app: envFrom 1", "ConfigMap web", "Secret web, each with P_ before it")],
    ),
    "probe": (
        pod(app(readinessProbe=PROBE)),
        pod(app(readinessProbe=FASTER)),
        [("container app: readinessProbe.periodSeconds", "", "2")],
    ),
    "readiness probe away": (
        pod(app(readinessProbe=FASTER)),
        pod(),
        [("container app: readinessProbe", f"{HTTP}, periodSeconds: 2", "")],
    ),
    "resources": (
        pod(app(resources={"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi"}})),
        pod(app(resources={"limits": {"memory": "2Gi"}, "requests": {"memory": "1Gi", "cpu": "1"}})),
        [
            ("container app: resources.limits.memory", "1Gi", "2Gi"),
            ("container app: resources.requests.cpu", "", "1"),
        ],
    ),
    "ports": (
        pod(app(ports=[{"containerPort": 80, "name": "http", "protocol": "TCP"}])),
        pod(app(ports=[{"containerPort": 81, "hostPort": 81, "hostIP": "10.0.0.1"}])),
        [
            ("container app: port 80/TCP", "http", ""),
            ("container app: port 81/TCP", "", "without a name, host port 81 at 10.0.0.1"),
        ],
    ),
    "mounts": (
        pod(app(volumeMounts=[DATA])),
        pod(app(volumeMounts=[{**DATA, "readOnly": True, "subPath": "web"}])),
        [("container app: mount /data", "volume data", "volume data, readOnly true, subPath web")],
    ),
    "volumes": (
        pod(volumes=[{"name": "data", "emptyDir": {}}, {"name": "tls", "secret": NO_SECRET}]),
        pod(
            volumes=[
                {"name": "data", "emptyDir": {"medium": "Memory"}},
                {"name": "c", "configMap": {"name": "c"}},
            ]
        ),
        [
            ("volume data: emptyDir", "with no settings", "medium: Memory"),
            ("volume tls", "secret: {secretName: web-tls}", ""),
            ("volume c", "", "configMap: {name: c}"),
        ],
    ),
    "securityContext of a container": (
        pod(app(securityContext={"capabilities": {"add": ["NET_ADMIN"]}})),
        pod(app(securityContext={"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}, "runAsUser": 0})),
        [
            ("container app: securityContext.capabilities.add", "NET_ADMIN", "NET_ADMIN, NET_RAW"),
            ("container app: securityContext.runAsUser", "", "0"),
        ],
    ),
    "a sidecar more": (pod(), pod(app(), SIDECAR), [("container istio-proxy", "", "image proxyv2:1")]),
    "an init container": (
        pod(initContainers=[{"name": "migrate", "image": "m:1"}]),
        pod(initContainers=[{"name": "migrate", "image": "m:2"}, {"name": "wait", "image": "busybox:1"}]),
        [("init container migrate: image", "m:1", "m:2"), ("init container wait", "", "image busybox:1")],
    ),
    "the pod": (
        pod(nodeSelector={"disk": "ssd"}, priority=7, priorityClassName="high", tolerations=[GPU]),
        pod(hostNetwork=True, serviceAccountName="web", shareProcessNamespace=True),
        [
            ("nodeSelector", "disk: ssd", ""),
            ("priority", "7", ""),
            ("priorityClassName", "high", ""),
            ("tolerations", "{key: gpu, operator: Exists}", ""),
            ("hostNetwork", "", "true"),
            ("serviceAccountName", "", "web"),
            ("shareProcessNamespace", "", "true"),
        ],
    ),
    "tolerations that are not those of admission": (
        pod(tolerations=[{**UNREACHABLE, "tolerationSeconds": 60}]),
        pod(tolerations=[{**GPU, "tolerationSeconds": 300}]),
        [
            (
                "tolerations",
                "{key: node.kubernetes.io/unreachable, effect: NoExecute, tolerationSeconds: 60}",
                "{key: gpu, operator: Exists, tolerationSeconds: 300}",
            )
        ],
    ),
    "affinity": (
        pod(affinity={"podAntiAffinity": {"preferred": [{"weight": 1}]}}),
        pod(affinity={"podAntiAffinity": {"preferred": [{"weight": 2}]}}),
        [("affinity.podAntiAffinity.preferred", "{weight: 1}", "{weight: 2}")],
    ),
    "what is new to us": (pod(), pod(futureField={"mode": "X"}), [("futureField", "", "mode: X")]),
    "pull secrets": (
        pod(),
        pod(imagePullSecrets=[{"name": "a"}, {"name": "b"}]),
        [("imagePullSecrets", "", "a, b")],
    ),
}


@pytest.mark.parametrize(("one", "other", "told"), CASES.values(), ids=CASES)
def test_a_difference_is_told_both_ways(one: Json, other: Json, told: list[tuple[str, str, str]]) -> None:
    found = differences(one, other)
    assert [(d.where, d.before, d.after) for d in found] == told
    back = differences(other, one)
    assert {(d.where, d.after, d.before) for d in back} == set(told)
    assert not any(d.of_every_copy for d in (*found, *back))
    assert differences(one, one) == differences(other, other) == ()


def ours(name: str = "netshoot") -> Json:
    birth = Birth("5e55101700c0ffee", "web-1-netshoot-abcde", "u", 1, "ann@desk")
    return {"name": name, "image": "nicolaka/netshoot", "env": [{"name": ENV_MARK, "value": str(birth)}]}


TOKEN_MOUNT = {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": True}
SAME = {
    "our container": pod(app(), ours("netshoot-2")),
    "another node and a deadline": pod(nodeName="node-2", activeDeadlineSeconds=3600),
    "a debug container": pod(ephemeralContainers=[{"name": "debugger"}]),
    "metadata": {**pod(), "metadata": {"name": "x", "labels": {"a": "b"}, "annotations": {"a": "b"}}},
    "the token's volume": pod(
        app(volumeMounts=[{"name": "kube-api-access-x2x4z", **TOKEN_MOUNT}]),
        volumes=[{"name": "kube-api-access-x2x4z", "projected": {"sources": []}}],
    ),
    "tolerations of admission": pod(tolerations=[UNREACHABLE]),
    "a template": {"metadata": {}, "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}]}},
    "nothing shared": pod(shareProcessNamespace=False),
    "our mark": pod(app(env=[{"name": ENV_MARK, "value": "x"}])),
}


@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
def test_what_is_no_difference(other: Json) -> None:
    assert differences(pod(), other) == differences(other, pod()) == ()


def test_the_requests_of_a_template_are_those_that_its_pods_get() -> None:
    limits = {"cpu": "1"}
    of_template = pod(app(resources={"limits": limits}))
    assert differences(pod(app(resources={"limits": limits, "requests": limits})), of_template) == ()


def test_a_volume_of_no_kind_is_an_empty_dir() -> None:
    assert differences(pod(volumes=[{"name": "x"}]), pod(volumes=[{"name": "x", "emptyDir": {}}])) == ()


def test_a_container_of_somebody_else_that_is_called_as_ours_is_one() -> None:
    found = differences(
        pod(), pod(app(), {"name": "netshoot", "image": "x", "env": [{"name": ENV_MARK, "value": "?"}]})
    )
    assert found == (Difference("container netshoot", "", "image x"),)
    quoting = ours() | {"env": [{"name": "X", "value": ours()["env"][0]["value"]}]}
    assert [d.where for d in differences(pod(), pod(app(), quoting))] == ["container netshoot"]


def test_what_kubectl_takes_off_every_copy_is_told_apart() -> None:
    found = differences(pod(app(livenessProbe=PROBE, startupProbe=PROBE)), pod())
    assert [(d.where, d.of_every_copy) for d in found] == [
        ("container app: livenessProbe", True),
        ("container app: startupProbe", True),
    ]
    assert not any(d.of_every_copy for d in differences(pod(), pod(app(livenessProbe=PROBE))))


def test_blanks_at_the_ends_of_a_value_are_seen() -> None:
    (found,) = differences(pod(env(X="a")), pod(env(X="a ")))
    assert (found.before, found.after) == ("a", '"a "')


SECRETS = {
    "a name": ("DB_PASSWORD", "hunter2", "***"),
    "any of them": ("MyApiKey", "hunter2", "***"),
    "a URL": ("DB", "postgres://app:hunter2@db:5432/x", "postgres://***@db:5432/x"),
    "a URL with raw letters": ("DB", "amqp://app:hunter2/@x@mq/", "amqp://***@mq/"),
    "what the driver of MySQL takes": ("DB", "app:hunter2@tcp(db:3306)/x", "***@tcp(db:3306)/x"),
    "what that of SQL Server takes": (
        "DB",
        "Server=db;Password=hunter2;App=x",
        "Server=db;Password=***;App=x",
    ),
    "JSON": ("CONFIG", '{"password": "hunter2", "a": 1}', '{"password": ***, "a": 1}'),
    "a PEM": ("CERT", "-----BEGIN RSA X-----\nhunter2\n-----END RSA X-----", "***"),
    "half a PEM": ("CERT", "-----BEGIN RSA X-----\nhunter2", "***"),
    "a JWT": ("A", TOKEN, "***"),
    "a header": ("A", "Authorization: Bearer hunter2hunter2", "Authorization: ***"),
    "a token of a service": ("A", "ghp_0123456789hunter2", "***"),
    "drawn at random": ("A", "q8Zr3Nf7XkL0vBt5Hs2Wm9Yc4Jd6Pg1hunter2==", "***"),
}
SHOWN = {
    "a switch": ("AUTH_ENABLED", "true"),
    "a place": ("TLS_KEY_FILE", "/etc/tls/tls.key"),
    "a digest": (
        "IMAGE",
        "nginx:1.28@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    "a URL without a password": ("API", "http://api.shop:8080/v1/@me"),
    "a class": ("MAIN", "com.example.shop.warehouse.StockControllerV2Impl"),
    "a path": ("DIR", "/opt/warehouse/Java17/lib/StockControllerV2Impl"),
}


@pytest.mark.parametrize(("name", "value", "shown"), SECRETS.values(), ids=SECRETS)
def test_no_secret_is_shown(name: str, value: str, shown: str) -> None:
    (found,) = differences(pod(), pod(env(**{name: value})))
    assert found.after == shown
    (changed,) = differences(
        pod(env(**{name: value})), pod(env(**{name: value.replace("hunter2", "hunter3")}))
    )
    assert "hunter" not in str(changed)
    assert changed.after == f"{changed.before} (another value)"


@pytest.mark.parametrize(("name", "value"), SHOWN.values(), ids=SHOWN)
def test_what_is_no_secret_is_shown(name: str, value: str) -> None:
    (found,) = differences(pod(), pod(env(**{name: value})))
    assert found.after == value


HEADER = {"name": "Authorization", "value": "Basic hunter2"}
HIDDEN: dict[str, tuple[Json, str]] = {
    "a flag": (pod(app(args=["--db-password=hunter2", "-v"])), "--db-password=*** -v"),
    "the word after a flag": (pod(app(args=["--token", "hunter2", "-v"])), "--token *** -v"),
    "in a script": (
        pod(app(args=["export TOKEN='hunter2 x'; web --key hunter2"])),
        "export TOKEN=***; web --key ***",
    ),
    "a probe's header": (
        pod(app(readinessProbe={"httpGet": {"httpHeaders": [HEADER]}})),
        "Authorization: ***",
    ),
    "a probe's command": (
        pod(app(readinessProbe={"exec": {"command": ["psql", "--password", "hunter2"]}})),
        "***",
    ),
    "a driver's": (
        pod(volumes=[{"name": "v", "csi": {"volumeAttributes": {"accessKey": "hunter2"}}}]),
        "***",
    ),
}


@pytest.mark.parametrize(("other", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_no_secret_is_shown_wherever_it_stands(other: Json, shown: str) -> None:
    (found,) = differences(pod(), other)
    assert shown in found.after
    assert "hunter2" not in str(found)


def test_nothing_that_a_terminal_obeys_is_shown() -> None:
    bad = "\x1b[2J\u202e\x7f\n"
    other = pod(
        app(
            image=f"x{bad}",
            args=[bad],
            env=[{"name": f"A{bad}", "value": bad}],
            volumeMounts=[{"name": bad, "mountPath": bad}],
            securityContext={bad: bad},
        ),
        {"name": bad, "image": bad},
        nodeSelector={bad: bad},
        volumes=[{"name": bad, "emptyDir": {bad: bad}}],
    )
    found = differences(pod(), other)
    assert len(found) >= 8
    assert all(text.isprintable() for d in found for text in (d.where, d.before, d.after))


def test_the_order_of_the_answer_is_not_the_order_of_the_keys() -> None:
    one, other = (
        pod(env(A="1", B="1")),
        pod(app(image="x:1", env=env(B="2", A="2")["env"], args=["a"]), hostPID=True),
    )
    turned = json.loads(json.dumps(other, sort_keys=True))
    assert differences(one, copying.deepcopy(other)) == differences(one, turned)
    assert [d.where.rpartition(": ")[2] for d in differences(one, other)] == [
        "image",
        "args",
        "env A",
        "env B",
        "hostPID",
    ]


LONG = (
    "a",
    "a:",
    "a-",
    "eyJ-",
    "a://",
    "token-",
    "token ",
    "--token",
    "-----BEGIN -----",
    "=",
    "bearer ",
    "A1a/",
)


@pytest.mark.parametrize("piece", LONG)
def test_a_long_value_is_read_in_one_go(piece: str) -> None:
    (found,) = differences(pod(), pod(env(X=piece * (100_000 // len(piece)))))
    assert found.after


def test_the_lines_of_a_diff() -> None:
    found = differences(
        pod(app(image="x:1", livenessProbe=PROBE, startupProbe=PROBE)),
        pod(app(image="x:2", args=["-v"]), SIDECAR),
    )
    assert list(diff_lines(found)) == [
        "  container app: image",
        "- x:1",
        "+ x:2",
        "  container app: args",
        "+ -v",
        "  container istio-proxy",
        "+ image proxyv2:1",
        "  without container app: livenessProbe, container app: startupProbe, as every copy",
    ]


def test_long_values_are_shown_where_they_part() -> None:
    same, end = "echo x; " * 100, "exit; " * 100
    _, before, after = diff_lines([Difference("x", f"{same}one {end}", f"{same}two")])
    assert before.startswith("- ...")
    assert "one exit; " in before
    assert after.endswith("x; two")
    assert before.endswith("...")
    assert len(before) < 220
    assert list(diff_lines([Difference("x", "", same)]))[1] == f"+ {same[:200]}..."
    lines = list(diff_lines([Difference("x", "b" * 200, "c" * 201)]))
    assert lines[1:] == [f"- {'b' * 200}", f"+ {'c' * 200}..."]
    fits = "y" * 199
    assert list(diff_lines([Difference("x", f"{fits}1", f"{fits}2")]))[1:] == [f"- {fits}1", f"+ {fits}2"]


MANIFEST, CONTENT = "docker.io/library/nginx@sha256:aa", "sha256:cc"
DIGESTS: dict[str, tuple[str, str, str, bool]] = {
    "a tag that has moved": (MANIFEST, "docker-pullable://nginx@sha256:bb", "nginx:1.27", True),
    "by content": (CONTENT, "sha256:dd", "nginx:1.27", True),
    "the same": (MANIFEST, "nginx@sha256:aa", "nginx:1.27", False),
    "of two kinds": (MANIFEST, CONTENT, "nginx:1.27", False),
    "not pulled yet": (MANIFEST, "", "nginx:1.27", False),
    "not pulled yet, by content": (CONTENT, "", "nginx:1.27", False),
    "another image": (MANIFEST, "nginx@sha256:bb", "nginx:1.28", False),
}


@pytest.mark.parametrize(("before", "after", "image", "told"), DIGESTS.values(), ids=DIGESTS)
def test_what_a_tag_meant_is_told_where_it_has_moved(before: str, after: str, image: str, told: bool) -> None:
    def running(image_id: str, image: str) -> Json:
        return {
            **pod(app(image=image)),
            "status": {"containerStatuses": [{"name": "app", "imageID": image_id}]},
        }

    found = [d.where for d in differences(running(before, "nginx:1.27"), running(after, image))]
    assert ("container app: image digest" in found) == told


ORDERED = env(A="1", B="$(A)")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (pod(app(image="nginx:2")), "container app has image nginx:2 instead of nginx:1.27"),
        (pod(app(command=["sh"])), "container app has another command"),
        (pod(app(args=["--slow"])), "container app has another args"),
        (pod(app(envFrom=[{"secretRef": {"name": "x"}}])), "container app has another envFrom 1"),
        (pod(env(PASSWORD="hunter2")), "container app has another env PASSWORD"),
        (pod(app(readinessProbe=PROBE)), "container app has another readinessProbe"),
        (pod(app(resources={"limits": {"cpu": "1"}})), "container app has another resources"),
        (pod(app(volumeMounts=[DATA])), "container app has another mount /data"),
        (pod(app(), SIDECAR), "with another container istio-proxy"),
        (pod(SIDECAR), "without container app, with another container istio-proxy"),
        (pod(initContainers=[{"name": "first", "image": "x"}]), "with another init container first"),
        (pod(securityContext={"runAsUser": 0}), "with another securityContext"),
        (pod(hostNetwork=True), "with another hostNetwork"),
        (pod(volumes=[{"name": "data", "emptyDir": {}}]), "with another volume data"),
    ],
)
def test_what_is_not_as_planned_is_told_without_values(made: Json, said: str) -> None:
    """Whatever the plan would show as a difference is one."""
    assert ", ".join(unlike(pod(), made)) == said
    assert "hunter2" not in said


def test_variables_in_another_order_are_others_where_they_refer_to_each_other() -> None:
    made = copying.deepcopy(ORDERED)
    made["env"].reverse()
    said = ("container app has its variables in another order",)
    assert unlike(pod(ORDERED), pod(made)) == said
    assert unlike(pod(SIDECAR, initContainers=[ORDERED]), pod(SIDECAR, initContainers=[made])) == said


def test_our_own_container_is_as_planned_or_not() -> None:
    ours = app(name="netshoot", env=[{"name": ENV_MARK, "value": str(Birth("0123456789abcdef", "copy"))}])
    later = copying.deepcopy(ours)
    later["env"][0]["value"] = str(Birth("0123456789abcdef", "copy", made=1_700_000_000))
    assert unlike(pod(app(), ours), pod(app(), later)) == ()
    assert unlike(pod(app(), ours), pod(app(), {**later, "image": "x:1"})) == (
        "container netshoot has image x:1 instead of nginx:1.27",
    )


def test_what_the_api_server_and_the_scheduler_write_is_as_planned() -> None:
    sent = {"metadata": {}, "spec": {"containers": [{"name": "app", "image": "nginx:1.27"}]}}
    made = pod(nodeName="node-2", activeDeadlineSeconds=60, schedulingGates=[])
    assert unlike(sent, made) == ()
    assert unlike(pod(schedulingGates=[{"name": "quota"}]), made) == ()

"""The worlds that scenes play in: each changes a stage that has pod web-0 behind Service web in namespace shop."""

import json
from collections.abc import Callable
from typing import Any

from tests.system.badinput import world
from tests.system.badinput.stage import Stage
from tests.unit.kube.apiserver import Answer, Asked, failure

Json = dict[str, Any]
World = Callable[[Stage], None]
SHOP, APPS, BATCH = world.SHOP, "/apis/apps/v1/namespaces/shop", "/apis/batch/v1/namespaces/shop"
NODE = {"metadata": {"name": "node-1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def good(stage: Stage) -> None:
    """Names that people mistype are there, too: Deployment nginx, namespace shop, node node-1."""
    named(stage, f"{APPS}/deployments", workload("nginx", "nginx"))
    named(stage, "/api/v1/namespaces", {"metadata": {"name": "shop"}})
    named(stage, "/api/v1/nodes", NODE)
    stage.objects[f"{SHOP}/services/web"] = world.service()
    stage.objects["/api/v1/namespaces/shpo/pods"] = {"items": []}
    stage.objects[f"{SHOP}/pods"] = {"items": [stage.objects[world.POD]]}


def named(stage: Stage, path: str, item: Json) -> None:
    """Put this object there, alone in its list."""
    stage.objects[path] = {"items": [item]}
    stage.objects[f"{path}/{item['metadata']['name']}"] = item


def workload(name: str, app: str, **more: object) -> Json:
    return {
        "metadata": {"name": name, "uid": f"uid-{name}"},
        "spec": {"selector": {"matchLabels": {"app": app}}, **more},
    }


def reached_by(server: str, **cluster: Any) -> World:
    """Another API server in the kubeconfig."""

    def change(stage: Stage) -> None:
        stage.kubeconfig.write_text(world.kubeconfig(server, None, **cluster))

    return change


def contexts(stage: Stage) -> None:
    """Contexts prod and dev beside the one in use."""
    good(stage)
    config = json.loads(stage.kubeconfig.read_text())
    config["contexts"] += [
        {"name": name, "context": config["contexts"][0]["context"]} for name in ("prod", "dev")
    ]
    stage.kubeconfig.write_text(json.dumps(config))


def no_namespace(stage: Stage) -> None:
    good(stage)
    for path in (SHOP, world.POD):
        del stage.objects[path]
    named(stage, "/api/v1/namespaces", {"metadata": {"name": "shops"}})


def no_cluster(stage: Stage) -> None:
    stage.kubeconfig.write_text("{}")


def plugin(command: str) -> World:
    """Credentials by this program."""

    def change(stage: Stage) -> None:
        user = {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": command,
                "interactiveMode": "Never",
            }
        }
        stage.kubeconfig.write_text(world.kubeconfig("https://h", user))

    return change


def answering(answer: Answer, part: str = "") -> World:
    """The server answers so where the path has this part in it."""

    def change(stage: Stage) -> None:
        good(stage)
        usual = stage.server.decide
        stage.server.decide = lambda asked: answer if part in asked.path else usual(asked)

    return change


def without(*rights: str) -> World:
    """Reviews deny these, as `create pods`."""

    def change(stage: Stage) -> None:
        good(stage)
        usual = stage.server.decide

        def decide(asked: Asked) -> Answer:
            if not asked.path.endswith("selfsubjectaccessreviews"):
                return usual(asked)
            of = json.loads(asked.body)["spec"]["resourceAttributes"]
            name = of["resource"] + (f"/{of['subresource']}" if of.get("subresource") else "")
            return Answer({"status": {"allowed": f"{of['verb']} {name}" not in rights}}, 201)

        stage.server.decide = decide

    return change


def pod(
    labels: Json | None = None, annotations: Json | None = None, meta: Json | None = None, **status: object
) -> World:
    """Pod web-0 with these changes; `node` takes it off its node."""

    def change(stage: Stage) -> None:
        good(stage)
        found = stage.objects[world.POD]
        if labels is not None:
            found["metadata"]["labels"] = labels
        found["metadata"].update(meta or {}, **({"annotations": annotations} if annotations else {}))
        found["status"].update(status)
        if status.pop("unscheduled", False):
            del found["spec"]["nodeName"]

    return change


def service(**spec: object) -> World:
    """Service other beside web, with this spec."""

    def change(stage: Stage) -> None:
        good(stage)
        made = world.service()
        made["metadata"]["name"], made["spec"] = (
            "other",
            {"type": "ClusterIP", "clusterIP": "10.0.0.2", **spec},
        )
        stage.objects[f"{SHOP}/services/other"] = made
        stage.objects[f"{SHOP}/services"]["items"].append(made)
        stage.server.decide = selecting(stage)

    return change


def selecting(stage: Stage) -> Callable[[Asked], Answer]:
    """Lists of pods are by their selector, here always of one label."""
    usual = stage.server.decide

    def decide(asked: Asked) -> Answer:
        path, _, query = asked.path.partition("?")
        asked_for = next((q for q in query.split("&") if q.startswith("labelSelector=")), "").partition("=")[
            2
        ]
        if path == f"{SHOP}/pods" and asked_for and "app%3Dweb" not in asked_for and "%21" not in asked_for:
            return Answer({"items": []})
        return usual(asked)

    return decide


def cronjob(stage: Stage) -> None:
    good(stage)
    named(stage, f"{BATCH}/cronjobs", {"metadata": {"name": "nightly", "uid": "uid-nightly"}})


def host_network(stage: Stage) -> None:
    good(stage)
    stage.objects[world.POD]["spec"]["hostNetwork"] = True


def settings(text: str) -> World:
    """A settings file."""

    def change(stage: Stage) -> None:
        good(stage)
        path = stage.home / "settings.yaml"
        path.write_text(text)
        stage.patch.setenv("KUBECTL_NETSHOOT_CONFIG", str(path))

    return change


def file(name: str, content: bytes = b"") -> World:
    """A file in the current folder."""

    def change(stage: Stage) -> None:
        good(stage)
        (stage.home / name).write_bytes(content)

    return change


def environment(**variables: str) -> World:
    def change(stage: Stage) -> None:
        good(stage)
        for name, value in variables.items():
            stage.patch.setenv(name, value)

    return change


def without_tls(stage: Stage) -> None:
    reached_by(stage.server.url.replace("http:", "https:"))(stage)


def bare(stage: Stage) -> None:
    reached_by("https://127.0.0.1:1")(stage)
    stage.patch.setenv("PATH", "/usr/bin:/bin")


def proxied(proxy: str) -> World:
    def change(stage: Stage) -> None:
        reached_by("https://api.example.com")(stage)
        stage.patch.setenv("HTTPS_PROXY", proxy)

    return change


WORLDS: dict[str, World] = {
    "good": good,
    "contexts": contexts,
    "no cluster": no_cluster,
    "no kubeconfig": environment(KUBECONFIG="none"),
    "nobody listens": reached_by("https://127.0.0.1:1"),
    "nobody listens, and a bare PATH": bare,
    "no such host": reached_by("https://api.nowhere.invalid:6443"),
    "no TLS": without_tls,
    "not logged in": answering(failure(401, "Unauthorized", "Unauthorized")),
    "a proxy in the way": answering(Answer(b"<html>", 502)),
    "no JSON": answering(Answer(b"hello")),
    "etcd is down": answering(failure(500, "InternalError", "etcd is down")),
    "forbidden": answering(
        failure(403, "Forbidden", 'pods "web-0" is forbidden: User "me" cannot get it'), "/pods/web-0"
    ),
    "no namespace": no_namespace,
    "server in two minds": reached_by(
        "https://h", **{"insecure-skip-tls-verify": True, "certificate-authority": "ca"}
    ),
    "server is no URL": reached_by("ftp://h"),
    "plugin that is not there": plugin("nobody-has-this"),
    "plugin that fails": plugin("false"),
    "plugin that prints nothing": plugin("true"),
    "no rights": without("create pods", "create pods/exec", "list services"),
    "no right to add": without("patch pods/ephemeralcontainers"),
    "pod without labels": pod(labels={}),
    "pod that ended": pod(phase="Failed", reason="Evicted"),
    "pod that ends": pod(meta={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
    "pod of the node": pod(annotations={"kubernetes.io/config.mirror": "x"}),
    "pod without node": pod(phase="Pending", unscheduled=True),
    "pod of host network": host_network,
    "service without selector": service(),
    "service that nearly matches": service(selector={"app": "wbe"}),
    "service of nothing": service(selector={"app": "db"}),
    "cronjob without job": cronjob,
    "settings with a typo": settings("tll: 1h\n"),
    "settings that are no YAML": settings("ttl: [\n"),
    "settings with a wrong value": settings("ttl: soon\n"),
    "settings of a list": settings("- ttl\n"),
    "settings that are no text": settings("\x00"),
    "settings on one line": settings("{ttl: 1h}\n"),
    "settings that are not there": environment(KUBECTL_NETSHOOT_CONFIG="none.yaml"),
    "a variable that is wrong": environment(KUBECTL_NETSHOOT_PROFILE="root"),
    "no kubectl": environment(KUBECTL_NETSHOOT_KUBECTL="kubectl-of-nobody"),
    "kubectl is something else": environment(KUBECTL_NETSHOOT_KUBECTL="true"),
    "kubectl fails": environment(KUBECTL_NETSHOOT_KUBECTL="false"),
    "a proxy that is none": proxied("ftp://x:99999"),
    "a proxy that is down": proxied("http://127.0.0.1:1"),
    "empty file": file("look.pcap"),
    "a file of bytes": file("look.pcap", b"\x00\x01\x02\x03" * 20),
    "a file of words": file("look.pcap", b"hello\n"),
    "details of packets": file(
        "look.txt", b"Frame 1: 74 bytes on wire (592 bits), 74 bytes captured (592 bits)\n"
    ),
    "a capture in base64": file("look.txt", b"1MOyoQIABAAAAAAAAAAAAAAABAABAAAA\n"),
    "a header that is cut": file("look.pcap", b"\xd4\xc3\xb2\xa1\x02\x00"),
    "an empty capture": file(
        "look.pcap", b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(8) + b"\xff\xff\x00\x00\x01\x00\x00\x00"
    ),
    "a gzip that is cut": file("look.pcap", b"\x1f\x8b\x08\x00" + bytes(20)),
    "part of a capture": file("look.pcap.part"),
    "names that are none": file("names.txt", b"what\n"),
}

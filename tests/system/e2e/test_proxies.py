"""A whole session through a proxy, by the kubeconfig or the environment: our requests, watches and every kubectl."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import REPLICAS
from tests.system.e2e.plugin import Plugin
from tests.unit.kube.proxies import Proxy

# Nobody but the proxy knows this name.
ELSEWHERE = "api.example.test:6443"
PASSWORD = "hunter2:@/"
LOGIN = "me:hunter2%3A%40%2F"
Through = Callable[[str], Proxy]


@pytest.fixture
def through(cluster: AnyCluster, env: dict[str, str], programs: Path) -> Iterator[Through]:
    """Give the API server a name that only a proxy of this kind knows; the proxy wants a login."""
    cluster.faulty()
    own = Path(env["KUBECONFIG"])
    view = [
        str(programs / "kubectl"),
        f"--kubeconfig={own}",
        "config",
        "view",
        "--raw",
        "--minify",
        "--output=json",
    ]
    config = json.loads(subprocess.run(view, capture_output=True, check=True).stdout)
    fields = config["clusters"][0]["cluster"]
    server = urlsplit(fields["server"])
    assert server.port
    with ExitStack() as stack:

        def start(kind: str) -> Proxy:
            assert server.port
            fields.update({"server": f"{server.scheme}://{ELSEWHERE}", "tls-server-name": server.hostname})
            own.write_text(json.dumps(config))
            return stack.enter_context(Proxy(kind, (server.port, server.port), ("me", PASSWORD)))

        yield start


def name_it(env: dict[str, str], proxy_url: str) -> None:
    """Write it into the kubeconfig."""
    own = Path(env["KUBECONFIG"])
    config = json.loads(own.read_text())
    config["clusters"][0]["cluster"]["proxy-url"] = proxy_url
    own.write_text(json.dumps(config))


SCHEMES = {"http": "http", "socks": "socks5"}


@pytest.mark.parametrize("kind", SCHEMES)
@pytest.mark.parametrize("by", ["kubeconfig", "environment"])
def test_a_session(
    plugin: Plugin, api: Api, env: dict[str, str], source: str, through: Through, kind: str, by: str
) -> None:
    proxy = through(kind)
    url = f"{SCHEMES[kind]}://{LOGIN}@127.0.0.1:{proxy.port}"
    if by == "kubeconfig":
        name_it(env, url)
    else:
        env["HTTPS_PROXY"] = env["HTTP_PROXY"] = url
    done = plugin.run(source, "--join-service", "--settle=0", "--drain=5s", "--yes", "--", "echo", "inside")
    assert done.status == 0, done.stderr
    assert done.text == "inside\n"
    assert len(api.members("web")) == REPLICAS
    assert {(hop.target, hop.login) for hop in proxy.hops} == {(ELSEWHERE, ("me", PASSWORD))}
    assert "hunter2" not in done.stderr


def test_a_proxy_that_is_not_there(
    plugin: Plugin, source: str, env: dict[str, str], through: Through
) -> None:
    through("http")
    name_it(env, f"http://{LOGIN}@127.0.0.1:1")
    done = plugin.run(source, "--join-service", "--yes")
    assert done.status == 1
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert "through the proxy http://127.0.0.1:1 (proxy-url): " in line
    assert "hunter2" not in done.stderr


def test_a_server_on_this_machine_needs_no_proxy(
    plugin: Plugin, cluster: AnyCluster, env: dict[str, str], source: str
) -> None:
    cluster.faulty()
    env["HTTPS_PROXY"] = env["HTTP_PROXY"] = "http://127.0.0.1:1"
    done = plugin.run(source, "--dry-run")
    assert done.status == 0, done.stderr

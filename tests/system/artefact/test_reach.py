"""The zipapp carries what the program can come to need, all of it, and little else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import kubernetes
import pytest

from tests.system.artefact.unpacked import module_names, run_with
from tools.zipapp.reach import CUT

MEGABYTES = 2
PUBLISHED = Path(kubernetes.__file__).parents[1]
IMPORT = """
import importlib, json
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = repr(error)
print(json.dumps(failed))
"""
# Left out although a module that is carried names them: each stands in a `try`, or where our ways never lead.
OPTIONAL = {*CUT, "yaml._yaml", "charset_normalizer.md__mypyc"}
PROXY = """
import json
from kubectl_netshoot.kube.client import manager_for, new_context
from kubectl_netshoot.kube.proxies import ascii_name, proxy_for
found = [proxy_for("https://cluster", address, {}) for address in ("http://proxy", "socks5://proxy", "")]
managers = [type(manager_for(proxy, lambda: new_context(False), "")).__name__ for proxy in found]
print(json.dumps([*managers, ascii_name("b\\u00fccher.test")]))
"""
OIDC = """
import base64, json
from kubernetes.config import kube_config
from kubernetes.client import Configuration
part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
expired = ".".join((part({}), part({"exp": 1}), "signature"))
user = {"auth-provider": {"name": "oidc", "config": {"id-token": expired, "idp-issuer-url": "https://127.0.0.1:1",
    "client-id": "id", "client-secret": "secret", "refresh-token": "refresh"}}}
config = {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}], "users": [{"name": "u", "user": user}]}
import oauthlib.oauth2, requests_oauthlib
asked = []
class Session(requests_oauthlib.OAuth2Session):
    def refresh_token(self, **how):
        asked.append(how["token_url"])
        return {"id_token": "fresh", "refresh_token": "next"}
requests_oauthlib.OAuth2Session = Session
class Answer:
    status, data = 200, '{"token_endpoint": "https://127.0.0.1:1/token"}'
kube_config.ApiClient.request = lambda *_, **__: Answer
configuration = Configuration()
kube_config.load_kube_config_from_dict(config, client_configuration=configuration, persist_config=False)
print(json.dumps([asked, configuration.api_key["authorization"]]))
"""


@pytest.fixture(scope="module")
def bundled(site: Path) -> frozenset[str]:
    return frozenset(module_names(site))


def test_it_is_small(zipapp: Path) -> None:
    assert zipapp.stat().st_size <= MEGABYTES * 1_000_000


def test_every_module_of_ours_can_be_imported_from_it(site: Path) -> None:
    names = module_names(site, "kubectl_netshoot")
    assert len(names) > 150
    assert run_with(site, IMPORT, *names) == {}


def test_nothing_in_it_imports_what_was_left_out(site: Path, bundled: frozenset[str]) -> None:
    missing = {
        (importer, name)
        for importer in bundled
        for name in imports(site, importer, bundled)
        if name not in bundled and is_module(name)
    }
    assert {(importer, name) for importer, name in missing if name not in OPTIONAL} == set()


def imports(site: Path, importer: str, bundled: frozenset[str]) -> Iterator[str]:
    """The modules of bundled packages that a module's source imports anywhere, by their full names."""
    path = site.joinpath(*importer.split("."))
    is_package = path.is_dir()
    source = (path / "__init__.py" if is_package else path.with_suffix(".py")).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = importer.split(".") + ["__init__"] * is_package
            base = [*parts[: len(parts) - node.level], *(node.module or "").split(".")] if node.level else []
            stem = ".".join(filter(None, base)) or node.module or ""
            names = [stem, *(f"{stem}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in bundled)


def is_module(name: str) -> bool:
    """Whether the distributions as they are published have such a module."""
    path = PUBLISHED.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_what_is_imported_late_is_there_for_proxies_and_names_beyond_ascii(site: Path) -> None:
    assert run_with(site, PROXY) == ["ProxyManager", "SOCKSProxyManager", "PoolManager", "xn--bcher-kva.test"]


def test_what_the_client_imports_late_is_there_for_openid_connect(site: Path) -> None:
    assert run_with(site, OIDC) == [["https://127.0.0.1:1/token"], "Bearer fresh"]

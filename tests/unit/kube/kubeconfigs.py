"""Kubeconfigs for tests, written where a test wants them, and what becomes of them once they are resolved."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.kube.kubeconfig import Connection, resolve

Json = dict[str, Any]


def named(kind: str, **entries: Json) -> list[Json]:
    return [{"name": name, kind: value} for name, value in entries.items()]


def config(user: Json | None = None, cluster: Json | None = None) -> Json:
    """A kubeconfig with one context `shop`."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "shop",
        "clusters": named("cluster", east={"server": "https://east.example", **(cluster or {})}),
        "users": named("user", ann=user or {"token": "anns"}),
        "contexts": named("context", shop={"cluster": "east", "user": "ann", "namespace": "shop"}),
    }


OTHER: Json = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "other",
    "clusters": named(
        "cluster", west={"server": "https://west.example"}, east={"server": "https://shadowed.example"}
    ),
    "users": named("user", bob={"token": "bobs"}),
    "contexts": named("context", other={"cluster": "west", "user": "bob"}),
}


class Folder:
    """Writes files below one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, content: Json | str, name: str = "config") -> Path:
        path = self.path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path


def use(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(str(path) for path in paths))


def resolved(**flags: Any) -> tuple[str, Json, Json]:
    """Context, cluster and user that were pinned."""
    target, pinned = resolve(Connection(**flags))
    (cluster,), (user,), (context,) = pinned["clusters"], pinned["users"], pinned["contexts"]
    assert context["context"] == {
        "cluster": cluster["name"],
        "user": user["name"],
        "namespace": target.namespace,
    }
    assert pinned["current-context"] == context["name"]
    assert target.server == cluster["cluster"]["server"]
    return target.context, cluster["cluster"], user["user"]

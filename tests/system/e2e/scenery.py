"""Puts objects into the namespace for one test and takes them away after it."""

from functools import partial
from typing import Any

from tests.system.e2e.api import Api
from tests.system.e2e.witness import Witness, is_marked
from tests.waiting import until

Json = dict[str, Any]


class Scenery:
    """What a test needs beside the Deployment that is always there."""

    def __init__(self, api: Api, witness: Witness) -> None:
        self._api, self._witness = api, witness
        self._made: list[tuple[str, str]] = []

    def add(self, *manifests: Json) -> None:
        """Create them, and remember what is there: from now on the witness watches over it too."""
        self.happen(*manifests)
        self._witness.remember()

    def happen(self, *manifests: Json) -> None:
        """Create them in the middle of a test: what was there before is what the witness still goes by."""
        for manifest in manifests:
            created = self._api.create(manifest)
            self._made.append((manifest["kind"], created["metadata"]["name"]))

    def add_ready(self, pods: int, *manifests: Json, **labels: str) -> list[Json]:
        """The same, and wait until so many pods with these labels are Ready and in each of the Services; those pods."""
        self.add(*manifests)
        services = [manifest["metadata"]["name"] for manifest in manifests if manifest["kind"] == "Service"]

        def stands() -> bool:
            full = all(len(self._api.members(name)) >= pods for name in services)
            return full and len(self._api.ready_pods(**labels)) == pods

        until(stands, f"{pods} ready pods with {labels}")
        self._witness.remember()
        return self._api.ready_pods(**labels)

    def close(self) -> None:
        """Testimony first, while everything is in place; then take away what was made."""
        try:
            self._witness.testify()
        finally:
            # What a failed test left must not fail the next one too.
            self._made += [("Pod", p["metadata"]["name"]) for p in self._api.objects("Pod") if is_marked(p)]
            for kind, name in reversed(self._made):
                self._api.delete(kind, name, "Foreground")
            for kind, name in self._made:
                until(partial(self._is_gone, kind, name), f"the end of {name}")

    def _is_gone(self, kind: str, name: str) -> bool:
        return self._api.get(kind, name) is None

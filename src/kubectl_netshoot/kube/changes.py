"""The few changes that we ever make, to pods of ours only, each a compare-and-swap on the uid."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube import parse
from kubectl_netshoot.kube.api import JSON_PATCH, Api
from kubectl_netshoot.kube.reads import was_not_judged
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Pod
from kubectl_netshoot.rules.marks import JOINED, JOINED_AT, UID, Mark, format_time, mark_of, to_annotations

Operation = dict[str, Any]


class Changes:
    """Changes in one namespace. Each raises ApiError, with `lost_race` where the pod is no longer what was seen."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def create(self, manifest: Mapping[str, Any]) -> Pod:
        """Create a pod of our own; it must carry our marks already."""
        return parse.pod(self._api.request("POST", self._path(), body=manifest))

    def mark(self, copy: Pod, mark: Mark) -> Pod:
        """Write the label, the annotations and the deadline (counted by the server from the pod's start).

        And make the copy its own controller: controllers adopt orphans only, so none can take it from then on.
        """
        operations = [
            _test_uid(copy.uid),
            *_add_all("labels", copy.labels, {MANAGED_BY_LABEL: MANAGED_BY}),
            *_add_all("annotations", copy.annotations, {**to_annotations(mark), UID: copy.uid}),
            *([] if copy.owns_itself else _own_itself(copy)),
        ]
        # It can only be lowered once it is set, and a copy inherits the source's own.
        if copy.active_deadline is None or copy.active_deadline > mark.ttl:
            operations.append(_add("/spec/activeDeadlineSeconds", _whole_seconds(mark.ttl)))
        return self._patch(copy.name, operations)

    def join(self, copy: Pod, labels: Iterable[tuple[str, str]], moment: datetime) -> Pod:
        """Add labels, and say in the same patch that the copy had them, since when by the server's clock: who leaves
        must look for its clients.

        Only to the very state that was judged (resourceVersion): a copy that is ending since then is not joined.
        """
        judged = {"op": "test", "path": "/metadata/resourceVersion", "value": copy.resource_version}
        return self._patch(copy.name, [judged, *_joining(copy, labels, moment)])

    def try_joining(
        self, copy: Pod, labels: Iterable[tuple[str, str]], moment: datetime
    ) -> dict[str, Any] | None:
        """The v1 Pod that the copy would be by its join, as admission would have it: tried in a dry run.

        None where that tells nothing.
        """
        answer = self._tried(copy.name, _joining(copy, labels, moment))
        return None if isinstance(answer, ApiError) else answer

    def try_update(self, copy: Pod) -> Mapping[str, str]:
        """The labels that the copy would have after any change of it: admission may add some. Tried in a dry run.

        Those that it has, where that tells nothing.
        """
        operations = [_test_uid(copy.uid), *_add_all("labels", copy.labels, {MANAGED_BY_LABEL: MANAGED_BY})]
        answer = self._tried(copy.name, operations)
        return copy.labels if isinstance(answer, ApiError) else parse.pod(answer).labels

    def try_leaving(self, copy: Pod, keys: Iterable[str], value: str) -> tuple[Pod, str]:
        """The copy as it then is, and why the labels of a join could not be taken off again, empty where they can.

        Tried before the join: they are put on with a `value` that nothing selects by, and are taken off in a dry run.
        """
        labels = dict.fromkeys(keys, value)
        put_on = self._patch(copy.name, [_test_uid(copy.uid), *_add_all("labels", copy.labels, labels)])
        return put_on, self._cannot_take_off(put_on, labels)

    def _cannot_take_off(self, copy: Pod, labels: Mapping[str, str]) -> str:
        lost = [key for key, value in labels.items() if copy.labels.get(key) != value]
        if lost:
            return f"label {', '.join(lost)} does not stay on the {mark_of(copy).noun} as it is written"
        answer = self._tried(copy.name, [_test_uid(copy.uid), *map(_remove, labels)])
        if isinstance(answer, ApiError):
            if was_not_judged(answer):
                return ""
            return f"label {', '.join(labels)} may not be taken off again: {answer.message}"
        left = parse.pod(answer)
        back = [key for key in labels if key in left.labels]
        return f"label {', '.join(back)} would come back after it is taken off" if back else ""

    def leave(self, copy: Pod, labels: Iterable[tuple[str, str]]) -> Pod:
        """Remove labels, each only while it has the value that was seen."""
        operations = [_test_uid(copy.uid), *_add_all("annotations", copy.annotations, {JOINED: "yes"})]
        for key, value in labels:
            operations += [{**_remove(key), "op": "test", "value": value}, _remove(key)]
        return self._patch(copy.name, operations)

    def delete(self, copy: Pod) -> None:
        """Delete the very state that was seen (uid and resourceVersion), with the pod's own grace period.

        A label that somebody puts back after our last look makes it a lost race.
        """
        conditions = {"uid": copy.uid, "resourceVersion": copy.resource_version}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": conditions}
        self._api.request("DELETE", self._path(copy.name), body=options)

    def _patch(self, name: str, operations: list[Operation]) -> Pod:
        return parse.pod(self._api.request("PATCH", self._path(name), None, operations, JSON_PATCH))

    def _tried(self, name: str, operations: list[Operation]) -> dict[str, Any] | ApiError:
        """What a dry run of this patch answers, or why it is refused. Raises ApiError for what may pass or is late."""
        try:
            return self._api.request("PATCH", self._path(name), {"dryRun": "All"}, operations, JSON_PATCH)
        except ApiError as error:
            if error.transient or error.code == 409:
                raise
            return error

    def _path(self, name: str = "") -> str:
        pods = f"/api/v1/namespaces/{self._namespace}/pods"
        return f"{pods}/{name}" if name else pods


def _test_uid(uid: str) -> Operation:
    return {"op": "test", "path": "/metadata/uid", "value": uid}


def _remove(key: str) -> Operation:
    return {"op": "remove", "path": f"/metadata/labels/{_escape(key)}"}


def _own_itself(copy: Pod) -> list[Operation]:
    path, uid = "/metadata/ownerReferences", copy.uid
    itself = {"apiVersion": "v1", "kind": "Pod", "name": copy.name, "uid": uid, "controller": True}
    # One that was adopted meanwhile is a lost race.
    return [{"op": "test", "path": path, "value": None}, _add(path, [itself])]


def _joining(copy: Pod, labels: Iterable[tuple[str, str]], moment: datetime) -> list[Operation]:
    return [_test_uid(copy.uid), *_add_all("labels", copy.labels, dict(labels)), *_was_joined(copy, moment)]


def _was_joined(copy: Pod, moment: datetime) -> list[Operation]:
    if JOINED not in copy.annotations:
        return []
    return _add_all("annotations", copy.annotations, {JOINED: "yes", JOINED_AT: format_time(moment)})


def _add_all(field: str, present: Mapping[str, str], values: Mapping[str, str]) -> list[Operation]:
    # `add` into a map that does not exist fails, and adding the map would wipe one that came in between: the
    # `test` on null is what makes the second case a lost race.
    made = (
        []
        if present
        else [{"op": "test", "path": f"/metadata/{field}", "value": None}, _add(f"/metadata/{field}", {})]
    )
    return made + [_add(f"/metadata/{field}/{_escape(key)}", value) for key, value in values.items()]


def _add(path: str, value: object) -> Operation:
    return {"op": "add", "path": path, "value": value}


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _whole_seconds(span: timedelta) -> int:
    return max(1, int(span.total_seconds()))

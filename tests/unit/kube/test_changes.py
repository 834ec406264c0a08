"""What is sent to change a copy, applied as a JSON patch to pods that are not what was seen: then nothing changes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonpatch
import pytest

from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.kube.api import Api
from kubectl_netshoot.kube.changes import Changes
from kubectl_netshoot.model import MANAGED_BY, MANAGED_BY_LABEL, Pod
from kubectl_netshoot.rules.marks import JOINED, JOINED_AT, UID, to_annotations
from tests.unit.builders import COPY_UID, NOW, bare_copy, copy, joined_copy, mark
from tests.unit.kube.apiserver import Answer, ApiServer, failure

Json = dict[str, Any]
SLASHED = {"example.com/app~1": "web", "app": "web"}


def raw(pod: Pod, **metadata: object) -> Json:
    """The pod as the API has it. To its JSON patch what is missing is null, which jsonpatch must be told."""
    maps = {"labels": dict(pod.labels), "annotations": dict(pod.annotations)}
    deadline = pod.active_deadline
    return {
        "metadata": {
            "name": pod.name,
            "uid": pod.uid,
            "resourceVersion": pod.resource_version,
            "ownerReferences": [itself(pod)] if pod.owns_itself else None,
            **{key: value or None for key, value in maps.items()},
            **metadata,
        },
        "spec": {"activeDeadlineSeconds": int(deadline.total_seconds())} if deadline else {},
    }


def itself(pod: Pod) -> Json:
    """The reference by which a pod is its own controller."""
    return {"apiVersion": "v1", "kind": "Pod", "name": pod.name, "uid": pod.uid, "controller": True}


@pytest.fixture
def changes(api: Api, server: ApiServer) -> Changes:
    server.answers = [Answer(raw(copy()))]
    return Changes(api, "shop")


def patched(server: ApiServer, before: Json) -> Json:
    """What the last patch makes of this pod. Raises where a `test` fails, as the API server does."""
    sent = server.asked[-1]
    assert (sent.method, sent.headers["Content-Type"]) == ("PATCH", "application/json-patch+json")
    after: Json = jsonpatch.apply_patch(before, json.loads(sent.body))
    return after


def test_the_mark_on_a_copy_as_it_was_born(changes: Changes, server: ApiServer) -> None:
    changes.mark(bare_copy(), mark())
    after = patched(server, raw(bare_copy()))
    assert after["metadata"]["labels"] == {MANAGED_BY_LABEL: MANAGED_BY}
    assert after["metadata"]["annotations"] == {**to_annotations(mark()), UID: COPY_UID}
    assert after["spec"]["activeDeadlineSeconds"] == 3600
    assert after["metadata"]["ownerReferences"] == [itself(bare_copy())]


def test_a_copy_that_was_adopted_before_its_mark_is_a_lost_race(changes: Changes, server: ApiServer) -> None:
    changes.mark(bare_copy(), mark())
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patched(server, raw(bare_copy(), ownerReferences=[{"kind": "ReplicaSet", "uid": "other"}]))


def test_the_mark_wipes_nothing_that_came_in_between(changes: Changes, server: ApiServer) -> None:
    changes.mark(bare_copy(), mark())
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patched(server, raw(bare_copy(), labels={"sidecar": "injected"}))
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patched(server, raw(bare_copy(), annotations={"sidecar": "injected"}))


DEADLINES = [(None, 3600), (60, 60), (3600, 3600), (7200, 3600)]


@pytest.mark.parametrize(("inherited", "seconds"), DEADLINES)
def test_the_deadline_is_only_ever_lowered(
    changes: Changes, server: ApiServer, inherited: int | None, seconds: int
) -> None:
    born = bare_copy(active_deadline=None if inherited is None else timedelta(seconds=inherited))
    changes.mark(born, mark())
    assert patched(server, raw(born))["spec"]["activeDeadlineSeconds"] == seconds


def test_labels_on_and_off_again(changes: Changes, server: ApiServer) -> None:
    changes.join(copy(), SLASHED.items(), NOW)
    joined = patched(server, raw(copy()))
    assert joined["metadata"]["labels"] == {MANAGED_BY_LABEL: MANAGED_BY, **SLASHED}
    changes.leave(copy(labels=SLASHED), SLASHED.items())
    left = patched(server, joined)
    assert left["metadata"]["labels"] == {MANAGED_BY_LABEL: MANAGED_BY}


def test_whoever_joins_or_leaves_says_so_in_the_same_patch(changes: Changes, server: ApiServer) -> None:
    born = copy(mark(joined=False))
    changes.join(born, [("app", "web")], NOW)
    annotations = patched(server, raw(born))["metadata"]["annotations"]
    assert (annotations[JOINED], annotations[JOINED_AT]) == ("yes", "2026-05-04T12:00:00Z")
    labelled_by_hand = joined_copy(mark(joined=False))
    changes.leave(labelled_by_hand, [("app", "web")])
    assert patched(server, raw(labelled_by_hand))["metadata"]["annotations"][JOINED] == "yes"


def test_only_the_state_that_was_judged_is_joined(changes: Changes, server: ApiServer) -> None:
    changes.join(copy(), [("app", "web")], NOW)
    patched(server, raw(copy()))
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patched(server, raw(copy(), resourceVersion="changed"))


def test_a_label_that_somebody_changed_is_not_taken_off(changes: Changes, server: ApiServer) -> None:
    changes.leave(joined_copy(), [("app", "web")])
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patched(server, raw(copy(labels={"app": "other"})))


CHANGES: dict[str, Callable[[Changes], object]] = {
    "mark": lambda changes: changes.mark(copy(), mark()),
    "join": lambda changes: changes.join(copy(), [("app", "web")], NOW),
    "leave": lambda changes: changes.leave(joined_copy(), [("app", "web")]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_pod_of_the_same_name_is_not_changed(
    changes: Changes, server: ApiServer, change: Callable[[Changes], object]
) -> None:
    change(changes)
    patched(server, raw(joined_copy()))
    with pytest.raises(jsonpatch.JsonPatchTestFailed):
        patched(server, raw(joined_copy(uid="uid-new")))


def test_a_deletion_has_the_uid_as_precondition_and_takes_the_pods_own_time(
    changes: Changes, server: ApiServer
) -> None:
    changes.delete(copy())
    (sent,) = server.asked
    options = json.loads(sent.body)
    assert (sent.method, sent.path) == ("DELETE", "/api/v1/namespaces/shop/pods/web-netshoot-abcde")
    assert options["preconditions"]["uid"] == COPY_UID
    assert "gracePeriodSeconds" not in options


@pytest.mark.parametrize("code", [409, 422])
def test_a_lost_race_is_told_and_not_tried_again(changes: Changes, server: ApiServer, code: int) -> None:
    server.answers = [failure(code, "Conflict")]
    every: list[Callable[[Changes], object]] = [*CHANGES.values(), lambda changes: changes.delete(copy())]
    for change in every:
        server.asked.clear()
        with pytest.raises(ApiError) as caught:
            change(changes)
        assert caught.value.lost_race
        assert len(server.asked) == 1


def answers(server: ApiServer, *given: Answer) -> None:
    server.answers = list(given)


TRIED = copy(labels={"app": "s"})


def test_any_change_is_tried_in_a_dry_run(changes: Changes, server: ApiServer) -> None:
    answers(server, Answer(raw(copy(labels={"app": "web"}))))
    assert changes.try_update(bare_copy())["app"] == "web"
    (tried,) = server.asked
    assert tried.path.endswith("?dryRun=All")
    patched = jsonpatch.apply_patch(raw(bare_copy()), json.loads(tried.body))
    assert patched["metadata"]["labels"] == {MANAGED_BY_LABEL: MANAGED_BY}
    # What says nothing of the labels is for the change itself to say.
    for silent in (
        failure(400, "BadRequest", "webhook w does not support dry run"),
        failure(403, "Forbidden"),
    ):
        answers(server, silent)
        assert changes.try_update(copy()) == copy().labels
    for passing in (failure(503, "ServiceUnavailable"), failure(409, "Conflict")):
        answers(server, passing)
        with pytest.raises(ApiError):
            changes.try_update(copy())


def test_leaving_is_tried_with_a_value_that_nothing_selects_by(changes: Changes, server: ApiServer) -> None:
    answers(server, Answer(raw(TRIED)), Answer(raw(copy())))
    assert changes.try_leaving(copy(), ["app"], "s")[1] == ""
    put_on, taken_off = server.asked
    assert jsonpatch.apply_patch(raw(copy()), json.loads(put_on.body))["metadata"]["labels"]["app"] == "s"
    assert "dryRun" not in put_on.path
    assert "app" not in jsonpatch.apply_patch(raw(TRIED), json.loads(taken_off.body))["metadata"]["labels"]
    assert taken_off.path.endswith("?dryRun=All")


def test_what_stands_in_the_way_of_leaving_is_said(changes: Changes, server: ApiServer) -> None:
    answers(server, Answer(raw(copy())))
    assert "label app does not stay" in changes.try_leaving(copy(), ["app"], "s")[1]
    answers(server, Answer(raw(TRIED)), Answer(raw(copy(labels={"app": "web"}))))
    assert "label app would come back" in changes.try_leaving(copy(), ["app"], "s")[1]
    answers(server, Answer(raw(TRIED)), failure(422, "Invalid", "denied by a policy"))
    assert "may not be taken off again: denied by a policy" in changes.try_leaving(copy(), ["app"], "s")[1]
    answers(server, Answer(raw(TRIED)), failure(400, "BadRequest", "webhook w does not support dry run"))
    assert changes.try_leaving(copy(), ["app"], "s")[1] == ""
    # Somebody else was quicker, or nobody can tell: that is no policy.
    for passing in (
        failure(503, "ServiceUnavailable"),
        failure(409, "Conflict", "the object has been modified"),
    ):
        answers(server, Answer(raw(TRIED)), passing)
        with pytest.raises(ApiError):
            changes.try_leaving(copy(), ["app"], "s")

"""A copy in which something is set: who makes it, from what, and that it stays what the plan shows."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kubectl_netshoot.errors import ApiError, UsageError
from kubectl_netshoot.kube.api import Api
from kubectl_netshoot.kube.kubectl import DebugHelp
from kubectl_netshoot.kube.reads import DryRunAnswer, Reads
from kubectl_netshoot.model import ENV_MARK, Pod, read_birth
from kubectl_netshoot.rules.hazards.hazard import Severity
from kubectl_netshoot.rules.hazards.join import refused
from kubectl_netshoot.rules.hazards.not_as_planned import Expected
from kubectl_netshoot.rules.marks import Mark
from kubectl_netshoot.rules.profiles import ProfileChoice
from kubectl_netshoot.rules.request import SessionRequest
from kubectl_netshoot.rules.set_fields import ContainerFields, SetFields
from kubectl_netshoot.rules.targets import parse_target
from kubectl_netshoot.session.choice import Chosen
from kubectl_netshoot.session.copy_plan import CopyDraft
from kubectl_netshoot.session.edges import Edges
from kubectl_netshoot.session.plan import Accepted
from tests.unit.builders import NOW, SESSION, around, bare_copy, pod, service
from tests.unit.kube.test_survey import Pages
from tests.unit.session.plans import copy_plan

Json = dict[str, Any]
APP = {
    "name": "app",
    "image": "web:1",
    "env": [{"name": "A", "value": "1"}],
    "livenessProbe": {"tcpSocket": {"port": 1}},
    "readinessProbe": {"tcpSocket": {"port": 1}},
}
SOURCE = pod("web-1")
SENT = {"metadata": {"name": "web-1", "namespace": "shop", "uid": SOURCE.uid}, "spec": {"containers": [APP]}}
IMAGE = SetFields({"app": ContainerFields("web:2")})
ENV = SetFields({"app": ContainerFields(environment={"A": "2"})})
CHOICE = ProfileChoice("netadmin", "asked for")
OLD = DebugHelp(frozenset(), frozenset({"netadmin"}))


def draft(fields: SetFields, **more: Any) -> CopyDraft:
    """By a kubectl that has nothing that came with 1.31."""
    request = SessionRequest(parse_target("web-1"), set_fields=fields, ttl=timedelta(minutes=5), **more)
    return CopyDraft(request, Chosen(SOURCE, SENT, request.target), SESSION, lambda: OLD, Path("private"))


def answered(made: Json, **app: Any) -> Accepted:
    containers = made["spec"]["containers"]
    spec = {**made["spec"], "containers": [{**containers[0], **app}, *containers[1:]]}
    return Accepted(CHOICE, answer=DryRunAnswer((), {**made, "spec": spec}))


def test_a_copy_as_its_source_is_left_to_kubectl() -> None:
    """Which neither marks it nor gives it a deadline."""
    made = draft(SetFields()).manifest(CHOICE)
    assert "annotations" not in made["metadata"]
    assert "activeDeadlineSeconds" not in made["spec"]


@pytest.mark.parametrize(("fields", "name"), [(ENV, "env app:A"), (IMAGE, "image app")], ids=["env", "image"])
def test_our_own_pod_is_marked_and_has_its_deadline_from_birth(fields: SetFields, name: str) -> None:
    made = draft(fields).manifest(CHOICE)
    app, tools = made["spec"]["containers"]
    assert (app["env"], app["image"]) == (
        [{"name": "A", "value": "2" if fields is ENV else "1"}],
        "web:1" if fields is ENV else "web:2",
    )
    # Whatever kubectl there is: as the newest makes it.
    assert ("readinessProbe" in app, "livenessProbe" in app) == (True, False)
    assert tools["resources"]["requests"]
    assert made["spec"]["activeDeadlineSeconds"] == 300
    assert made["metadata"]["annotations"]["kubectl-netshoot/set"] == name
    assert made["metadata"]["annotations"]["kubectl-netshoot/session"] == SESSION
    assert "labels" not in made["metadata"]


def test_a_deadline_of_the_source_that_is_earlier_stays() -> None:
    early = draft(ENV)
    sent = {**SENT, "spec": {"containers": [APP], "activeDeadlineSeconds": 60}}
    early._chosen = replace(early._chosen, sent=sent)
    assert early.manifest(CHOICE)["spec"]["activeDeadlineSeconds"] == 60


def test_a_container_that_is_not_there_ends_the_planning() -> None:
    with pytest.raises(UsageError, match="pod web-1 has no container ap; did you mean app"):
        draft(SetFields({"ap": ContainerFields("x")}))


@pytest.mark.parametrize(
    ("fields", "written", "said"),
    [
        (ENV, {"env": [{"name": "A", "value": "1"}]}, "variable A of container app"),
        (IMAGE, {"image": "mirror/web:2"}, "the image of container app"),
        (ENV, {"env": [{"name": "A", "value": "2"}, {"name": "B", "value": "x"}]}, ""),
    ],
)
def test_what_admission_makes_of_it_is_judged_in_the_plan(
    fields: SetFields, written: Json, said: str
) -> None:
    made = draft(fields)
    found = [h for h in made.refusals(answered(made.manifest(CHOICE), **written)) if h.id == "not-as-planned"]
    assert [f"sets {said} to something else" in h.what for h in found] == [True] * bool(said)


def test_an_answer_that_is_no_pod_is_not_believed() -> None:
    made = draft(ENV)
    assert (
        made.refusals(Accepted(CHOICE, answer=DryRunAnswer((), {"metadata": {"name": "x"}, "spec": 1}))) == ()
    )


class Tried:
    """Stands for the API: a dry run of the join is answered by this pod, or by this error."""

    def __init__(self, answer: Json | ApiError | None) -> None:
        self._answer = answer

    def server_time(self) -> datetime:
        return NOW

    def request(self, method: str, path: str, query: Json, body: list[Json], _type: str) -> Json:
        assert (method, query) == ("PATCH", {"dryRun": "All"})
        assert {"op": "add", "path": "/metadata/labels/app", "value": "web"} in body
        assert path.endswith(f"/pods/{bare_copy().name}")
        if isinstance(self._answer, ApiError):
            raise self._answer
        assert self._answer
        return self._answer


def planned(fields: SetFields, there: Json | None = None, joined: Json | ApiError | None = None) -> Any:
    """The plan, and the Reads that know the copy as `there`, and as `joined` after its join."""
    drafted = draft(fields)
    plan = replace(
        copy_plan(around([service()], [], [])),
        chosen=Chosen(SOURCE, SENT, parse_target("web-1")),
        copy=drafted.copy(CHOICE),
        planned=drafted.manifest(CHOICE),
        made=float("inf"),
    )
    pages = Pages({f"pods/{bare_copy().name}": there or plan.planned})
    pages.api = cast(Api, Tried(joined or there or plan.planned))
    return plan, Reads(pages)


def as_made(**app: Any) -> Json:
    made = draft(ENV).manifest(CHOICE)
    containers = made["spec"]["containers"]
    named = {**made, "metadata": {**made["metadata"], "name": bare_copy().name}}
    return {**named, "spec": {**made["spec"], "containers": [{**containers[0], **app}, *containers[1:]]}}


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ({}, ""),
        ({"env": [{"name": "A", "value": "1"}]}, "container app has another env A"),
        ({"image": "web:3"}, "container app has image web:3 instead of web:1"),
        ({"command": ["sh"]}, "container app has another command"),
    ],
)
def test_it_joins_only_as_it_was_planned(app: Json, said: str) -> None:
    plan, reads = planned(ENV, as_made(**app))
    reason = plan.reconsider(reads, bare_copy(), frozenset())
    assert reason == (f"not-as-planned: the copy was changed after it was made: {said}" if said else "")
    assert plan.reconsider(reads, bare_copy(), frozenset({"not-as-planned"})) == ""


@pytest.mark.parametrize(
    "refused",
    [
        ApiError('pods "x" is forbidden: User "ann" cannot patch resource "pods"', 403, "Forbidden"),
        ApiError("admission webhook x does not support dry run", 400, "BadRequest"),
    ],
    ids=["no right", "no dry run"],
)
@pytest.mark.parametrize(("image", "differs"), [("web:1", False), ("web:3", True)])
def test_where_its_join_cannot_be_tried_it_is_compared_as_it_is(
    refused: ApiError, image: str, differs: bool
) -> None:
    plan, reads = planned(ENV, as_made(image=image), refused)
    assert bool(plan.reconsider(reads, bare_copy(), frozenset())) is differs


def test_what_is_only_late_is_tried_again_by_the_driver() -> None:
    plan, reads = planned(ENV, as_made(), ApiError("timeout", 504, "Timeout"))
    with pytest.raises(ApiError):
        plan.reconsider(reads, bare_copy(), frozenset())


def test_what_admission_makes_of_its_join_is_compared_before_it() -> None:
    plan, reads = planned(ENV, as_made(), as_made(image="web:3"))
    assert "has image web:3 instead of web:1" in plan.reconsider(reads, bare_copy(), frozenset())


def test_who_allows_what_admission_makes_of_it_allows_what_the_plan_shows_and_no_more() -> None:
    """A mirror rewrites the image in the plan, and somebody else a variable later."""
    plan, reads = planned(ENV, as_made(env=[{"name": "A", "value": "3"}]))
    allow = frozenset({"not-as-planned"})
    assert plan.reconsider(reads, bare_copy(), allow) == ""
    plan = replace(plan, expected=Expected(SOURCE, bare_copy(), SESSION))
    (found,) = (h for h in plan.inspect(reads, bare_copy()) if h.id == "not-as-planned")
    assert refused((found,), allow) == ()
    mirrored = draft(ENV).refusals(answered(draft(ENV).manifest(CHOICE), env=[{"name": "A", "value": "2m"}]))
    assert [h.id for h in mirrored] == ["not-as-planned"]
    shown = replace(plan, join=replace(plan.join, hazards=mirrored))
    assert "container app has another env A" in shown.reconsider(reads, bare_copy(), allow)
    (found,) = (h for h in shown.inspect(reads, bare_copy()) if h.id == "not-as-planned")
    assert refused((found,), allow) == (found,)
    assert "--allow" not in found.instead


def test_a_copy_as_its_source_is_not_read_once_more() -> None:
    plan, reads = planned(SetFields(), as_made(image="web:3"))
    assert plan.reconsider(reads, bare_copy(), frozenset()) == ""
    assert reads.fetch.asked == []


def edges(**parts: Any) -> tuple[Edges, list[Any]]:
    done: list[Any] = []

    def created(manifest: Json) -> Pod:
        done.append(manifest)
        return bare_copy()

    made = SimpleNamespace(
        reads=SimpleNamespace(server_seconds=lambda: 1_700_000_000, now=lambda: NOW),
        kubectl=SimpleNamespace(make_copy=done.append),
        changes=SimpleNamespace(create=created),
        **parts,
    )
    return cast(Edges, made), done


def test_the_request_is_the_one_of_the_dry_run_with_the_moment_in_it() -> None:
    plan, _ = planned(ENV)
    outside, done = edges()
    assert plan.make(outside) == bare_copy()
    (manifest,) = done
    tools = manifest["spec"]["containers"][1]
    birth = read_birth(next(e["value"] for e in tools["env"] if e["name"] == ENV_MARK))
    assert birth
    assert birth.made == 1_700_000_000
    deadline = manifest["metadata"]["annotations"]["kubectl-netshoot/deadline"]
    assert datetime.fromisoformat(deadline.replace("Z", "+00:00")) == NOW + Mark.ttl
    tried = plan.planned["spec"]
    assert manifest["spec"]["containers"][0] == tried["containers"][0]
    assert {k: v for k, v in tools.items() if k != "env"} == {
        k: v for k, v in tried["containers"][1].items() if k != "env"
    }


def test_kubectl_is_asked_for_a_copy_as_its_source() -> None:
    plan, _ = planned(SetFields())
    outside, done = edges()
    assert plan.make(outside) is None
    assert [copy.name for copy in done] == [plan.copy.name]


@pytest.mark.parametrize("fields", [SetFields(), IMAGE, ENV], ids=["nothing set", "image", "environment"])
def test_a_mark_that_admission_takes_off_is_a_refusal_before_anything_is_made(fields: SetFields) -> None:
    made = draft(fields)
    accepted = answered(made.manifest(CHOICE))
    assert made.refusals(accepted) == ()
    assert accepted.answer
    *_, ours = accepted.answer.object["spec"]["containers"]
    ours["env"] = []
    (hazard,) = made.refusals(accepted)
    assert (hazard.id, hazard.severity) == ("admission", Severity.NEVER)
    assert "admission takes the variable KUBECTL_NETSHOOT off the copy" in hazard.what

"""What TARGET and -l may say, in every form that kubectl takes: one value, or one line that says what was wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.targets import AnyTarget, TargetLabels, TargetName, named_pod, parse_target

FORMS = [
    ("web", "pod/web"),
    ("web-0", "pod/web-0"),
    ("a.b", "pod/a.b"),
    ("0", "pod/0"),
    ("deploy", "pod/deploy"),
    ("pod/web", "pod/web"),
    ("pods/web", "pod/web"),
    ("po/list", "pod/list"),
    ("pods.v1./web", "pod/web"),
    ("Pod/web", "pod/web"),
    ("POD/web", "pod/web"),
    ("deploy/web", "deploy/web"),
    ("deployment/web", "deploy/web"),
    ("deployments/web", "deploy/web"),
    ("Deployment/web", "deploy/web"),
    ("deployment.apps/web", "deploy/web"),
    ("deployments.apps/web", "deploy/web"),
    ("deploy.apps/web", "deploy/web"),
    ("deployment.v1.apps/web", "deploy/web"),
    ("deployments.v1.apps/web", "deploy/web"),
    ("rs/web", "rs/web"),
    ("replicaset/web", "rs/web"),
    ("replicasets.apps/web", "rs/web"),
    ("replicasets.v1.apps/web", "rs/web"),
    ("sts/db", "sts/db"),
    ("statefulset/db", "sts/db"),
    ("statefulsets.apps/db", "sts/db"),
    ("ds/agent", "ds/agent"),
    ("daemonset/agent", "ds/agent"),
    ("daemonsets.v1.apps/agent", "ds/agent"),
    ("job/once", "job/once"),
    ("jobs.batch/once", "job/once"),
    ("job.v1.batch/once", "job/once"),
    ("cj/nightly", "cronjob/nightly"),
    ("cronjob/nightly", "cronjob/nightly"),
    ("cronjobs.batch/nightly", "cronjob/nightly"),
    ("cronjob.v1.batch/nightly", "cronjob/nightly"),
    ("svc/web", "svc/web"),
    ("service/web", "svc/web"),
    ("services/web", "svc/web"),
    ("services.v1./web", "svc/web"),
]


@pytest.mark.parametrize(("text", "printed"), FORMS)
def test_every_form_that_kubectl_takes(text: str, printed: str) -> None:
    found = parse_target(text)
    assert str(found) == printed
    assert parse_target(printed) == found
    assert named_pod(found) == (printed.partition("/")[2] if printed.startswith("pod/") else "")


NO_TARGETS = [
    "/", "/web", "deploy/", "pod/", "pod//web", "deploy/Web", "deploy/a/b", "pod/web/sh", "-x", "pod/../b",
    "widget/web", "deployment.batch/web", "deployment.v1beta1.apps/web", "pods.apps/web", "job.v1./once",
    "deploy.v1.apps.x/web", " deploy/web", "deploy /web", "dèploy/web", "rc/web", "node/n1",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TARGETS)
def test_what_cannot_be_a_target(text: str) -> None:
    with pytest.raises(UsageError, match="TARGET"):
        parse_target(text)


@given(st.text(min_size=1), st.booleans())
def test_any_text_is_a_target_or_a_usage_error(text: str, pick: bool) -> None:
    try:
        found = parse_target(text, pick=pick)
    except UsageError:
        return
    assert isinstance(found, TargetName)
    assert parse_target(str(found)) == found


@pytest.mark.parametrize("kind", ["node", "nodes", "no", "Node", "nodes.v1."])
def test_a_node_is_told_where_it_goes(kind: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_target(f"{kind}/n1")
    assert "kubectl netshoot debug node/n1" in error.value.hint


LABELS = [
    ("app=web", False, "-l app=web", "with app=web"),
    ("app in (a, b),!old", True, "-l app in (a, b),!old", "with app in (a, b),!old"),
    ("", True, "--pick", "of the namespace"),
]


@pytest.mark.parametrize(("selector", "pick", "printed", "of_which"), LABELS)
def test_labels_in_the_place_of_a_name(selector: str, pick: bool, printed: str, of_which: str) -> None:
    found: AnyTarget = parse_target("", selector, pick)
    assert found == TargetLabels(selector)
    assert (str(found), found.of_which, named_pod(found)) == (printed, of_which, "")


@pytest.mark.parametrize(
    ("text", "selector", "pick", "says"),
    [
        ("", "", False, "TARGET is missing"),
        ("web", "app=web", False, "not both"),
        ("deploy/web", "app=web", True, "not both"),
        ("web", "", True, "--pick: pod/web is one pod"),
    ],
)
def test_what_does_not_go_together(text: str, selector: str, pick: bool, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_target(text, selector, pick)


def test_a_workload_may_be_picked_from() -> None:
    assert parse_target("deploy/web", pick=True) == TargetName("deploy", "web")

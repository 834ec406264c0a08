"""What is typed for a pod of our own: taken as labels, selectors and names are, or refused in one line."""

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.manifest import PodRequest, check_pod_name, parse_labels, parse_node_selector
from kubectl_netshoot.rules.marks import NODE


def test_labels_in_one_text_or_in_several() -> None:
    wanted = {"app": "web", "tier": "", "example.com/role": "a.b_c"}
    assert parse_labels(["app=web,tier=,example.com/role=a.b_c"]) == wanted
    assert parse_labels(["app=web", "tier=,example.com/role=a.b_c", "app=web"]) == wanted
    assert parse_labels([]) == {}


@pytest.mark.parametrize(
    "text",
    [
        *("", "app", "=web", "app=web,", "app=web=db", "-app=web", "app=-web", "a b=c", "app=" + "x" * 64),
        *("App.Example/x=y", "/x=y", "a/b/c=d", "a" * 254 + "/x=y", "app=web\n", "app!=web", "app in (web)"),
    ],
)
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--labels: "):
        parse_labels([text])


def test_one_label_with_two_values_is_refused() -> None:
    with pytest.raises(UsageError, match="app is given twice"):
        parse_labels(["app=web", "app=db"])


def test_our_own_mark_is_no_label_to_choose() -> None:
    with pytest.raises(UsageError, match="is set by kubectl-netshoot"):
        parse_labels(["app.kubernetes.io/managed-by=Helm"])


def test_a_node_selector_is_checked_by_its_own_name() -> None:
    assert parse_node_selector(["kubernetes.io/os=linux,disk=ssd"]) == {
        "kubernetes.io/os": "linux",
        "disk": "ssd",
    }
    with pytest.raises(UsageError, match="--node-selector: "):
        parse_node_selector(["kubernetes.io/os"])


@pytest.mark.parametrize("name", ["web-0", "Tmp", "a" * 64, "a.b", "-a", ""])
def test_a_name_that_a_pod_of_ours_cannot_have(name: str) -> None:
    with pytest.raises(UsageError, match="NAME: "):
        check_pod_name(name)


def test_a_pod_that_nobody_named_has_a_name_no_statefulset_takes() -> None:
    assert PodRequest().pod_name("abcde") == "netshoot-abcde"
    on_node = PodRequest(kind=NODE, node="ip-10-0-0-1.eu.internal." + "x" * 60).pod_name("abcde")
    assert on_node.startswith("ip-10-0-0-1-eu-internal-")
    assert check_pod_name(on_node) == on_node
    assert PodRequest(name="tmp").pod_name("abcde") == "tmp"

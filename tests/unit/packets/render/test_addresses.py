"""Names for addresses: hosts lines, what kubectl prints, and what is neither."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.packets.render.addresses import read_names


def listed(*items: Any) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def pod(name: str, ip: str, namespace: str = "shop", **changes: Any) -> dict[str, Any]:
    status = {"phase": changes.pop("phase", "Running"), "podIP": ip, "podIPs": [{"ip": ip}]}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": changes,
        "status": status,
    }


def service(name: str, *ips: str, **status: Any) -> dict[str, Any]:
    spec = {"clusterIP": ips[0], "clusterIPs": list(ips)}
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
        "status": status,
    }


NODE = {
    "kind": "Node",
    "metadata": {"name": "worker"},
    "status": {
        "addresses": [
            {"type": "InternalIP", "address": "10.0.0.9"},
            {"type": "Hostname", "address": "worker"},
        ]
    },
}


def test_lines_of_a_hosts_file() -> None:
    text = "# names\n\n10.0.0.1  web other\t# comment\n2001:DB8:0::1\tdb\n"
    assert read_names(text) == {"10.0.0.1": "web", "2001:db8::1": "db"}


def test_what_kubectl_prints() -> None:
    balanced = {"loadBalancer": {"ingress": [{"ip": "203.0.113.5"}, {"hostname": "lb.example"}]}}
    text = listed(pod("web-1", "10.1.0.5"), service("web", "10.96.0.7", "fd00::7", **balanced), NODE)
    assert read_names(text) == {
        "10.1.0.5": "pod/web-1",
        "10.96.0.7": "svc/web",
        "fd00::7": "svc/web",
        "203.0.113.5": "svc/web",
        "10.0.0.9": "node/worker",
    }


def test_one_object_and_an_array_do_as_well() -> None:
    assert read_names(json.dumps(pod("web-1", "10.1.0.5"))) == {"10.1.0.5": "pod/web-1"}
    assert read_names(json.dumps([pod("web-1", "10.1.0.5")])) == {"10.1.0.5": "pod/web-1"}


def test_the_namespace_is_said_where_there_are_several() -> None:
    text = listed(pod("a", "10.1.0.5"), pod("a", "10.1.0.6", "test"))
    assert read_names(text) == {"10.1.0.5": "pod/a.shop", "10.1.0.6": "pod/a.test"}


@pytest.mark.parametrize("changes", [{"hostNetwork": True}, {"phase": "Succeeded"}, {"phase": "Failed"}])
def test_a_pod_whose_address_is_not_its_own_has_none(changes: dict[str, Any]) -> None:
    assert read_names(listed(pod("a", "10.1.0.5", **changes))) == {}


def test_a_headless_service_has_no_address() -> None:
    assert read_names(listed(service("db", "None"))) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10.0.0.1\n", "line 1 is not `ADDRESS NAME`"),
        ("10.0.0.1 web\nweb 10.0.0.1\n", "line 2 is not"),
        ("10.0.0.1 web\n10.0.0.1:80 web\n", "line 2 is not"),
        ("\x1b[31m\n", "line 1 is not"),
        ('{"items": [', "neither"),
        ("[" * 100_000, "neither"),
    ],
)
def test_what_is_neither_is_wrong_usage(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        read_names(text)
    assert "\x1b" not in caught.value.message


def test_nothing_names_nothing() -> None:
    assert read_names("") == read_names("\n\n") == read_names("{}") == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["kind", "items", "metadata", "status"]), inner)
    ),
)


@given(JSON)
def test_any_json_names_addresses_or_is_refused(value: Any) -> None:
    try:
        found = read_names(json.dumps(value))
    except UsageError:
        return
    assert all(isinstance(name, str) for name in found.values())


@given(JSON)
def test_any_pod_is_read(status: Any) -> None:
    assert isinstance(
        read_names(listed({"kind": "Pod", "metadata": status, "spec": status, "status": status})), dict
    )

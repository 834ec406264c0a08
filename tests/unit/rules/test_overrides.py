"""--overrides as an attacker writes them: whatever is let through, the pod stays ours and ends by itself."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.manifest import PodRequest
from kubectl_netshoot.rules.marks import RUN
from kubectl_netshoot.rules.overrides import MOST_PARTS, laid_over, merge, parse_overrides
from kubectl_netshoot.rules.pods import SLEEPER
from tests.unit.builders import SESSION
from tests.unit.rules.manifests import NAME, Json, built, container, read

# From RFC 7386, appendix A.
RFC = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "result"), RFC)
def test_merging_is_that_of_the_rfc(target: str, patch: str, result: str) -> None:
    assert merge(json.loads(target), json.loads(patch)) == json.loads(result)


def overridden(text: str) -> Json:
    return built(PodRequest(overrides=parse_overrides(text)))


def test_the_spec_is_changed_where_it_is_named() -> None:
    made = overridden('{"apiVersion":"v1","spec":{"hostNetwork":true,"nodeSelector":{"disk":"ssd"}}}')
    assert (made["spec"]["hostNetwork"], made["spec"]["nodeSelector"]) == (True, {"disk": "ssd"})
    assert made["spec"]["restartPolicy"] == "Never"


def test_annotations_are_added_to_ours() -> None:
    made = overridden('{"metadata":{"annotations":{"sidecar.istio.io/inject":"false"}}}')
    assert made["metadata"]["annotations"]["sidecar.istio.io/inject"] == "false"
    assert read(made)[1].session == SESSION


def test_our_container_is_merged_by_its_name_and_keeps_its_mark() -> None:
    changed = {"name": "netshoot", "env": [{"name": "A", "value": "b"}], "securityContext": {"runAsUser": 7}}
    made = overridden(json.dumps({"spec": {"containers": [changed]}}))
    netshoot = container(made)
    assert [entry["name"] for entry in netshoot["env"]] == ["KUBECTL_NETSHOOT", "A"]
    assert netshoot["securityContext"]["runAsUser"] == 7
    assert netshoot["command"] == list(SLEEPER)


def test_another_container_comes_beside_ours() -> None:
    made = overridden('{"spec":{"containers":[{"name":"side","image":"nginx"}]}}')
    assert container(made, "side") == {"name": "side", "image": "nginx"}
    assert read(made)[0].session == SESSION


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ('{"spec":NaN}', "not valid JSON"),
        ('{"kind":"Deployment"}', "kind cannot be"),
        ('{"status":{}}', "status cannot be"),
        ('{"metadata":null}', "metadata is not a JSON object"),
        ('{"metadata":{"annotations":null}}', "metadata.annotations is not a JSON object"),
        ('{"metadata":{"name":"web"}}', "use NAME"),
        ('{"metadata":{"labels":{"app":"web"}}}', "use --labels"),
        ('{"metadata":{"finalizers":["a/b"]}}', "metadata.finalizers cannot"),
        ('{"metadata":{"ownerReferences":[]}}', "metadata.ownerReferences cannot"),
        ('{"metadata":{"annotations":{"kubectl-netshoot/session":"0"}}}', "our own mark"),
        ('{"spec":null}', "spec is not a JSON object"),
        ('{"spec":{"activeDeadlineSeconds":null}}', "use --ttl"),
        ('{"spec":{"restartPolicy":"Always"}}', "restartPolicy cannot"),
        ('{"spec":{"containers":null}}', "not a list of containers"),
        ('{"spec":{"containers":[{"image":"nginx"}]}}', "not a list of containers"),
        ('{"spec":{"containers":[{"name":"a"},{"name":"a"}]}}', "a name twice"),
        ('{"spec":{"containers":[{"name":"netshoot","image":"nginx"}]}}', "use --image"),
        ('{"spec":{"containers":[{"name":"netshoot","command":["sh"]}]}}', "-- COMMAND"),
        ('{"spec":{"containers":[{"name":"netshoot","env":null}]}}', "not a list of variables"),
        (
            '{"spec":{"containers":[{"name":"netshoot","env":[{"name":"KUBECTL_NETSHOOT"}]}]}}',
            "our own mark",
        ),
        ('{"spec":' * 600 + "1" + "}" * 600, f"more than {MOST_PARTS}"),
    ],
)
def test_what_a_session_depends_on_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match="--overrides: ") as raised:
        parse_overrides(text)
    assert said in raised.value.message


KEYS = st.sampled_from(
    [
        *(
            "name",
            "image",
            "command",
            "env",
            "value",
            "labels",
            "annotations",
            "ownerReferences",
            "finalizers",
        ),
        *("restartPolicy", "activeDeadlineSeconds", "kubectl-netshoot/session", "hostNetwork", "volumes"),
    ]
)
WORDS = st.sampled_from(["netshoot", "KUBECTL_NETSHOOT", "web", "Always", "side"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
CONTAINERS = st.lists(
    st.builds(lambda name, more: {**more, "name": name}, WORDS, st.dictionaries(KEYS, ANY, max_size=3)),
    max_size=2,
)
OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.dictionaries(KEYS, ANY, max_size=2),
        "spec": st.builds(
            lambda spec, containers: {**spec, "containers": containers},
            st.dictionaries(KEYS, ANY, max_size=3),
            CONTAINERS,
        ),
    },
)


@given(OVERRIDES)
def test_whatever_is_let_through_the_pod_is_ours_and_ends(overrides: dict[str, Any]) -> None:
    plain = built(PodRequest())
    try:
        made = laid_over(plain, parse_overrides(json.dumps(overrides)))
    except UsageError:
        return
    assert plain == built(PodRequest())
    ours, meta = container(made), made["metadata"]
    assert {"name": "KUBECTL_NETSHOOT", "value": f"{SESSION}/{NAME}//0/"} in ours["env"]
    assert (ours["image"], ours["command"]) == (container(plain)["image"], list(SLEEPER))
    assert (meta["name"], meta["namespace"], meta.keys() & {"labels", "ownerReferences", "finalizers"}) == (
        NAME,
        "shop",
        set(),
    )
    assert plain["metadata"]["annotations"].items() <= meta["annotations"].items()
    assert meta["annotations"]["kubectl-netshoot/kind"] == RUN
    assert made["spec"]["restartPolicy"] == "Never"
    assert timedelta(seconds=made["spec"]["activeDeadlineSeconds"]) == PodRequest().ttl

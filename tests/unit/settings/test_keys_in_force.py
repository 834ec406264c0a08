"""Which value holds: a variable, the context's section, the file, the program; and what is said of its origin."""

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.keys import KEYS, Document, Entry, Setting, in_force

FILE = Document(
    "settings.yaml",
    {"ttl": Entry("30m", 1), "colour": Entry("always", 2), "pull-secrets": Entry("", 3)},
    {"prod": {"ttl": Entry("10m", 6), "drain": Entry("5m", 7)}},
)
# File, context, environment, key; the value and where it is from.
HOLDS = [
    (None, "", {}, "ttl", "1h", "default"),
    (None, "prod", {}, "drain", "60s", "default"),
    (FILE, "", {}, "ttl", "30m", "settings.yaml:1"),
    (FILE, "dev", {}, "ttl", "30m", "settings.yaml:1"),
    (FILE, "prod", {}, "ttl", "10m", "settings.yaml:6 (contexts.prod)"),
    (FILE, "prod", {}, "drain", "5m", "settings.yaml:7 (contexts.prod)"),
    (FILE, "", {}, "drain", "60s", "default"),
    (FILE, "prod", {"KUBECTL_NETSHOOT_TTL": "2h"}, "ttl", "2h", "KUBECTL_NETSHOOT_TTL"),
    (FILE, "prod", {"KUBECTL_NETSHOOT_TTL": ""}, "ttl", "10m", "settings.yaml:6 (contexts.prod)"),
    (
        None,
        "",
        {"KUBECTL_NETSHOOT_PULL_SECRETS": "a,b"},
        "pull-secrets",
        "a,b",
        "KUBECTL_NETSHOOT_PULL_SECRETS",
    ),
    (FILE, "", {}, "pull-secrets", "", "settings.yaml:3"),
    (FILE, "", {}, "colour", "always", "settings.yaml:2"),
    (FILE, "", {"NO_COLOR": "1"}, "colour", "never", "NO_COLOR"),
    (FILE, "", {"NO_COLOR": ""}, "colour", "always", "settings.yaml:2"),
    (None, "", {"NO_COLOR": "1"}, "colour", "never", "NO_COLOR"),
    (
        FILE,
        "",
        {"NO_COLOR": "1", "KUBECTL_NETSHOOT_COLOUR": "auto"},
        "colour",
        "auto",
        "KUBECTL_NETSHOOT_COLOUR",
    ),
]
WRONG = [
    ("image", "a b", "KUBECTL_NETSHOOT_IMAGE: 'a b' is not an image reference"),
    ("ttl", "1", "KUBECTL_NETSHOOT_TTL: '1' is not a duration"),
    ("pull-policy", "never", "KUBECTL_NETSHOOT_PULL_POLICY: 'never' is not one of"),
    ("pull-secrets", "a,,b", "KUBECTL_NETSHOOT_PULL_SECRETS: '' is not a Kubernetes name"),
    ("requests", "cpu", "KUBECTL_NETSHOOT_REQUESTS: 'cpu' is not NAME=QUANTITY"),
    ("colour", "red", "KUBECTL_NETSHOOT_COLOUR: 'red' is not one of auto, always, never"),
]


def setting(document: Document | None, context: str, environ: dict[str, str], key: str) -> Setting:
    (found,) = in_force(document, context, environ, frozenset({key}))
    return found


@pytest.mark.parametrize(("document", "context", "environ", "key", "text", "origin"), HOLDS)
def test_what_holds(
    document: Document | None, context: str, environ: dict[str, str], key: str, text: str, origin: str
) -> None:
    found = setting(document, context, environ, key)
    assert (found.checked(), str(found.origin)) == (text, origin)


def test_all_keys_in_their_order() -> None:
    assert [found.key for found in in_force(FILE, "prod", {})] == list(KEYS.values())


@pytest.mark.parametrize(("key", "value", "says"), WRONG)
def test_a_wrong_variable_is_named_when_it_is_needed(key: str, value: str, says: str) -> None:
    found = setting(None, "", {KEYS[key].variable: value}, key)
    with pytest.raises(UsageError) as caught:
        found.checked()
    assert caught.value.message.startswith(says)


@pytest.mark.parametrize(("text", "names"), [("", []), ("a", ["a"]), ("a,b.c", ["a", "b.c"])])
def test_a_list_as_its_flag_takes_it(text: str, names: list[str]) -> None:
    assert KEYS["pull-secrets"].argument(text) == names

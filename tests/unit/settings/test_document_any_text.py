"""Whatever stands in the file: settings that hold, or one line of complaint."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.document import read_document
from kubectl_netshoot.settings.keys import KEYS, Document

SCALARS = st.sampled_from(
    [
        "1h",
        "30m",
        "0",
        "a",
        "registry.example/a:1",
        "never",
        "zh",
        "~",
        "",
        "yes",
        "1.5",
        "-1",
        "''",
        '"\\u202e"',
    ]
) | st.text(st.characters(codec="utf-8"), max_size=12)
NODES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(
            st.sampled_from(["cpu", "memory", "ttl", "prod", "a"]) | SCALARS, inner, max_size=3
        ).map(lambda pairs: "{" + ", ".join(f"{name}: {value}" for name, value in pairs.items()) + "}")
    ),
    max_leaves=6,
)
LINES = st.builds(
    "{}{}: {}{}".format,
    st.sampled_from(["", "", "", "  ", "- ", "\t", "&a ", "!!str "]),
    st.sampled_from([*KEYS, "contexts", "prod", "<<", "allow", "*a"]),
    NODES,
    st.sampled_from(["", "", " # why", "\r", "\x85", "\u2028", "\ufeff"]),
)
FILES = st.lists(LINES, max_size=5).map("\n".join)


def taken(content: bytes) -> Document | UsageError:
    try:
        return read_document(content, "settings.yaml")
    except UsageError as error:
        return error


def check(content: bytes) -> None:
    """Every value is one that its flag takes, or the complaint is one of ours."""
    found = taken(content)
    if isinstance(found, UsageError):
        assert found.message.startswith("settings.yaml:")
        assert not found.hint
        return
    for section in (found.general, *found.contexts.values()):
        for name, entry in section.items():
            KEYS[name].check(entry.text, name)
            assert entry.line > 0


@given(FILES)
@example("contexts: {prod: &a {ttl: 1h}, dev: *a}")
@example("a: &a [*a]")
@example("contexts: &a {prod: *a}")
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
def test_texts_that_look_like_settings(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=600)
def test_any_bytes(content: bytes) -> None:
    check(content)

"""A setting is put into the text of the file or taken out of it; what else stands there stays, comments too."""

import re

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.document import changed, read_document
from kubectl_netshoot.settings.keys import KEYS

BOTH = """# mine
image: a/b:c   # pinned

contexts:
  # production
  prod:
    ttl: 10m
    requests:
      cpu: 1
      memory: 32Mi
  dev: {ttl: 2h}
ttl: 1h
"""


@pytest.mark.parametrize(
    ("text", "key", "value", "context", "after"),
    [
        ("", "ttl", "30m", "", "ttl: 30m\n"),
        ("", "ttl", "30m", "a b", "contexts:\n  a b:\n    ttl: 30m\n"),
        ("# only words\n", "ttl", "30m", "", "# only words\nttl: 30m\n"),
        ("ttl: 1h", "ttl", "30m", "", "ttl: 30m\n"),
        ("ttl: 1h\n", "drain", "5s", "", "ttl: 1h\ndrain: 5s\n"),
        ("ttl: 1h\nimage: x\n", "ttl", None, "", "image: x\n"),
        ("ttl: 1h\n", "image", None, "", "ttl: 1h\n"),
        ("contexts:\n", "ttl", "30m", "prod", "contexts:\n  prod:\n    ttl: 30m\n"),
        (
            "contexts:\n    prod:\n        ttl: 1h\n",
            "drain",
            "5s",
            "prod",
            "contexts:\n    prod:\n        drain: 5s\n        ttl: 1h\n",
        ),
        (BOTH, "ttl", "5m", "prod", BOTH.replace("ttl: 10m", "ttl: 5m")),
        (BOTH, "ttl", "5m", "", BOTH.replace("\nttl: 1h", "\nttl: 5m")),
        (BOTH, "image", None, "", BOTH.replace("image: a/b:c   # pinned\n", "")),
        (
            BOTH,
            "requests",
            "cpu=2",
            "prod",
            BOTH.replace("    requests:\n      cpu: 1\n      memory: 32Mi\n", '    requests: {cpu: "2"}\n'),
        ),
        (BOTH, "ttl", "5m", "new", BOTH.replace("  # production\n", "  # production\n  new:\n    ttl: 5m\n")),
        (BOTH, "profile", None, "prod", BOTH),
        (BOTH, "pull-secrets", "a,b", "", f"{BOTH}pull-secrets: [a, b]\n"),
    ],
)
def test_one_line_changes(text: str, key: str, value: str | None, context: str, after: str) -> None:
    new = changed(text, "file", key, value, context)
    assert new == after
    document = read_document(new.encode(), "file")
    section = document.contexts.get(context, {}) if context else document.general
    assert (section[key].text if key in section else None) == value


@pytest.mark.parametrize("text", ["on", "1", "null", "~", "a: b", "# x", "[x", "'", '"', "x, y", "-", "8e3"])
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    new = changed("", "file", "shell", f"/bin/{text}", text)
    assert read_document(new.encode(), "file").contexts[text]["shell"].text == f"/bin/{text}"


@pytest.mark.parametrize("key", KEYS)
def test_every_default_can_be_written_down(key: str) -> None:
    value = KEYS[key].default or {"pull-policy": "Always", "pull-secrets": "a", "shell": "sh"}.get(key, "en")
    new = changed(BOTH, "file", key, value, "prod")
    assert read_document(new.encode(), "file").contexts["prod"][key].text == value


@pytest.mark.parametrize(
    ("text", "key", "value", "context", "says"),
    [
        ("", "tll", "1h", "", 'unknown key "tll"; did you mean ttl?'),
        ("", "xyz", "1h", "", 'unknown key "xyz"; the keys are image'),
        ("", "set-command", "x", "", 'unknown key "set-command"; --set-command has no setting'),
        ("", "ttl", "soon", "", "ttl: 'soon' is not a duration"),
        ("ttl: [", "ttl", "1h", "", "file:1:7: this is not YAML"),
        (
            "{ttl: 1h}",
            "drain",
            "1s",
            "",
            "file:1: this is written on one line, which only an editor can change",
        ),
        (BOTH, "ttl", "1h", "dev", "file:11: this is written on one line"),
    ],
)
def test_what_is_refused(text: str, key: str, value: str, context: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        changed(text, "file", key, value, context)

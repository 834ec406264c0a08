"""The file's content: what is taken from it, and every complaint with its place and what is allowed."""

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.settings.document import read_document
from kubectl_netshoot.settings.keys import KEYS, Document, Entry

NAMES = ", ".join(KEYS)
EMPTY = ["", "\n", "# nothing\n", "---\n", "--- # nothing\n...\n", "null\n", "~", "{}", "\ufeff"]
GOOD = [
    ("image: registry.example:5000/a/b:v1", {"image": "registry.example:5000/a/b:v1"}),
    ("pull-policy: Never\nttl: 30m", {"pull-policy": "Never", "ttl": "30m"}),
    ("settle: 0\ndrain: 1h30m", {"settle": "0", "drain": "1h30m"}),
    ("pull-secrets: [a, b.c]", {"pull-secrets": "a,b.c"}),
    ("pull-secrets:\n- a\n", {"pull-secrets": "a"}),
    ("pull-secrets: []", {"pull-secrets": ""}),
    ("requests: {cpu: 1, memory: 64Mi}", {"requests": "cpu=1,memory=64Mi"}),
    ("requests:\n  cpu: 0.5", {"requests": "cpu=0.5"}),
    ("shell: /bin/ash\nprofile: general", {"shell": "/bin/ash", "profile": "general"}),
    ("colour: 'never'\nlanguage: zh", {"colour": "never", "language": "zh"}),
    ("settle: &wait 5s\ndrain: *wait", {"settle": "5s", "drain": "5s"}),
    ("contexts:", {}),
    ("contexts: {prod: , dev: ~}", {}),
]
# What is wrong, where, and words of the complaint.
BAD = [
    ("tll: 1h", "1:1", ['unknown key "tll"; did you mean ttl?']),
    ("image: a\nfoo: 1", "2:1", [f'unknown key "foo"; the keys are {NAMES}, contexts']),
    ("allow: [adoption]", "1:1", ['unknown key "allow"; the keys are']),
    ("token: s3cret", "1:1", ['unknown key "token"']),
    (
        "set-image: a=b",
        "1:1",
        ['unknown key "set-image"; --set-image has no setting, which would change every'],
    ),
    ("setEnv: {A: b}", "1:1", ['unknown key "setEnv"; --set-env has no setting']),
    ("contexts: {prod: {set_args: x}}", "1:19", ["--set-args has no setting"]),
    ("ttl: 30", "1:6", ["ttl: '30' is not a duration: write 90s, 30m, 2h or 1h30m"]),
    ("ttl: 1:30", "1:6", ["ttl: '1:30' is not a duration"]),
    ("ttl: 5s", "1:6", ["ttl: 5s is not between 10s and 24h"]),
    ("ttl:", "1:5", ["ttl must be text, as 90s or 1h30m, and is nothing"]),
    ("ttl: [1h]", "1:6", ["ttl must be text, as 90s or 1h30m, and is a list"]),
    ("image: a\nimage: b", "2:1", ["'image' is there twice"]),
    ("image: 1.5", "1:8", ["image must be text, and is a number: put it in quotes"]),
    ("image: {name: a}", "1:8", ["image must be text, and is a mapping"]),
    ("image: A b", "1:8", ["image: 'A b' is not an image reference"]),
    ("image: ''", "1:8", ["image: '' is not an image reference"]),
    ("profile: root", "1:10", ["profile: 'root' is not one of auto, netadmin"]),
    ("pull-policy: always", "1:14", ["'always' is not one of Always, IfNotPresent, Never"]),
    ("pull-secrets: regcred", "1:15", ["pull-secrets must be a list, as [regcred], and is text"]),
    ("pull-secrets: [a, B]", "1:15", ["pull-secrets: 'B' is not a Kubernetes name"]),
    ("pull-secrets: ['a,b']", "1:16", ["pull-secrets must be a list"]),
    ("pull-secrets: [[a]]", "1:16", ["pull-secrets must be a list"]),
    ("requests: cpu=1", "1:11", ["requests must be a mapping, as {cpu: 10m, memory: 32Mi}, and is text"]),
    ("requests: {gpu: 1}", "1:11", ["requests: 'gpu' is not one of cpu, memory, ephemeral-storage"]),
    ("requests: {cpu: 1,cpu: 2}", "1:19", ["'cpu' is there twice"]),
    ("requests:\n  cpu: lots", "2:3", ["requests: cpu 'lots' is not a quantity"]),
    ("shell: -c", "1:8", ["shell: '-c' is not a program"]),
    ("colour: yes", "1:9", ["colour must be text, and is yes or no: put it in quotes"]),
    ("colour: on", "1:9", ["is yes or no"]),
    ("language: fr", "1:11", ["language: 'fr' is not one of en, zh"]),
    ("shell: 2020-01-01", "1:8", ["shell must be text, and is a date"]),
    ("contexts: {prod: {tll: 1h}}", "1:19", ['unknown key "tll"; did you mean ttl?']),
    ("contexts: {prod: {contexts: {}}}", "1:19", ['unknown key "contexts"']),
    ("contexts: {prod: 1h}", "1:18", ["contexts.prod must hold `key: value` lines, and is text"]),
    ("contexts: [prod]", "1:11", ["contexts must hold `key: value` lines, and is a list"]),
    ("contexts: {a: {}, a: {}}", "1:19", ["'a' is there twice"]),
    ("contexts:\n  prod:\n    drain: soon", "3:12", ["drain: 'soon' is not a duration"]),
    ("image", "1:1", ["the file must hold `key: value` lines, and is text"]),
    ("[image]", "1:1", ["the file must hold `key: value` lines, and is a list"]),
    ("? [a]\n: b", "1:3", ["a key must be text, and is a list"]),
    ("image: a\n ttl: 1h", "2:5", ["this is not YAML"]),
    ("image: a\n\tttl: 1h", "2:1", ["this is not YAML"]),
    ("image: [a", "1:10", ["this is not YAML"]),
    ("image: *a", "1:8", ["this is not YAML"]),
    ("image: a\n---\nttl: 1h", "2:1", ["this is not YAML"]),
    ("image: \x1b[2J", "1:8", ["YAML does not allow this character"]),
    ("image: a\nttl: \x00", "2:6", ["YAML does not allow this character"]),
    ("<<: {ttl: 1h}", "1:1", ['unknown key "<<"']),
    ("ttl: !!str [1h]", "1:6", ["ttl must be text, as 90s or 1h30m, and is a list"]),
    ("ttl: !!python/object/apply:os.system [id]", "1:6", ["ttl must be text"]),
]


def read(text: str) -> Document:
    return read_document(text.encode(), "settings.yaml")


@pytest.mark.parametrize("text", EMPTY)
def test_a_file_may_say_nothing(text: str) -> None:
    assert read(text) == Document("settings.yaml")


@pytest.mark.parametrize(("text", "values"), GOOD)
def test_values_are_taken_as_their_flags_would(text: str, values: dict[str, str]) -> None:
    assert {name: entry.text for name, entry in read(text).general.items()} == values


def test_a_value_knows_its_line_and_its_context() -> None:
    document = read("# mine\nttl: 1h\ncontexts:\n  prod/eu:\n    # shorter\n    ttl: 10m\n  dev: {}\n")
    assert document.general == {"ttl": Entry("1h", 2)}
    assert document.contexts == {"prod/eu": {"ttl": Entry("10m", 6)}, "dev": {}}


@pytest.mark.parametrize(("keys", "depends"), [({"ttl"}, True), ({"image"}, False), ({"image", "ttl"}, True)])
def test_whether_the_context_matters(keys: set[str], depends: bool) -> None:
    document = read("image: a\ncontexts: {prod: {ttl: 10m}, dev: {}}")
    assert document.depends_on_context(frozenset(keys)) is depends


@pytest.mark.parametrize(("text", "place", "says"), BAD)
def test_what_is_wrong_is_one_line_with_its_place(text: str, place: str, says: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    message = caught.value.message
    assert message.startswith(f"settings.yaml:{place}: ")
    assert [words for words in says if words not in message] == []
    assert "\n" not in message
    assert not caught.value.hint


@pytest.mark.parametrize(
    ("content", "place"), [(b"image: a\nttl: \xff", "2:1"), (b"\xff\xfea", "1:1"), (b"\xfe\xff", "1:1")]
)
def test_other_encodings(content: bytes, place: str) -> None:
    with pytest.raises(UsageError, match=f"^settings.yaml:{place}: this is not text in UTF-8$"):
        read_document(content, "settings.yaml")


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000, "a: &a [*a]\nb: " + "[" * 3000])
def test_what_is_nested_without_end(text: str) -> None:
    with pytest.raises(UsageError, match=r"^settings\.yaml:"):
        read(text)


@pytest.mark.parametrize("tag", ["!!python/name:os.system", "!!binary", "!mine", "!!set"])
@pytest.mark.parametrize("key", ["image", "ttl", "shell"])
def test_nothing_is_made_from_a_tag(tag: str, key: str) -> None:
    with pytest.raises(UsageError, match=f"{key} must be text.* and is something else$"):
        read(f"{key}: {tag} a")

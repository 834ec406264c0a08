"""The table of keys against the commands: no key without an effect, no default that is not the commands' own."""

from typing import Any

import pytest
from typer.main import get_command

from kubectl_netshoot.cli.group import Root
from kubectl_netshoot.cli.root import app
from kubectl_netshoot.packets.messages.language import LANGUAGES as SPOKEN
from kubectl_netshoot.settings.keys import KEYS, LANGUAGES, Key, near_key

# A check is over sooner than a session; with the key its pod lives as long as any.
OF_THEIR_OWN = {("check", "ttl"): "10m"}
MEANT = [
    ("tll", "ttl"),
    ("TTL", "ttl"),
    ("images", "image"),
    ("imagePullPolicy", "pull-policy"),
    ("image-pull-policy", "pull-policy"),
    ("--image-pull-policy", "pull-policy"),
    ("imagePullSecrets", "pull-secrets"),
    ("pull_secrets", "pull-secrets"),
    ("color", "colour"),
    ("lang", "language"),
    ("context", "contexts"),
    ("allow", ""),
    ("token", ""),
    ("", ""),
]


def commands() -> dict[str, dict[str, Any]]:
    """Each command's parameters by name."""
    root = get_command(app)
    assert isinstance(root, Root)
    return {
        name: {str(param.name): param for param in command.params} for name, command in root.commands.items()
    }


def users(key: Key) -> dict[str, Any]:
    """The commands that have this key's parameter."""
    return {name: params[key.parameter] for name, params in commands().items() if key.parameter in params}


@pytest.mark.parametrize("key", [key for key in KEYS.values() if key.parameter], ids=lambda key: key.name)
def test_every_key_is_some_flags_default(key: Key) -> None:
    assert users(key)


@pytest.mark.parametrize("key", [key for key in KEYS.values() if key.parameter], ids=lambda key: key.name)
def test_the_default_is_the_commands_own(key: Key) -> None:
    """Where a command has none, as capture's --ttl, its help says why."""
    for name, param in users(key).items():
        assert param.default in ("", (), [], None, OF_THEIR_OWN.get((name, key.name), key.default)), name


@pytest.mark.parametrize("key", KEYS.values(), ids=lambda key: key.name)
def test_a_default_is_a_value(key: Key) -> None:
    if key.default:
        key.check(key.default, key.name)


@pytest.mark.parametrize(
    "flag",
    ["allow", "yes", "keep", "server", "token", "user", "impersonate", "insecure", "certificate_authority"],
)
def test_no_key_lifts_a_refusal_or_holds_a_credential(flag: str) -> None:
    assert any(flag in params for params in commands().values())
    assert flag not in {key.parameter for key in KEYS.values()}


def test_the_languages_are_those_that_are_spoken() -> None:
    assert LANGUAGES == SPOKEN


@pytest.mark.parametrize(("word", "meant"), MEANT)
def test_what_was_probably_meant(word: str, meant: str) -> None:
    assert near_key(word, [*KEYS, "contexts"]) == meant

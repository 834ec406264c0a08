"""Who comes to the server, as whom: a real kubectl and we, with the same kubeconfigs, flags, plugins and environment.

What a user entry alone says is in test_kubeconfig_like_kubectl.py.
"""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.kube.api import connect
from kubectl_netshoot.kube.kubeconfig import Connection, pin
from tests.unit.kube import kubectls
from tests.unit.kube.apiserver import ApiServer, Asked
from tests.unit.kube.certificates import authority, server, serving
from tests.unit.kube.test_client_tls import encoded

Json = dict[str, Any]
KUBECTL = kubectls.installed()
ROOT, OTHER, CLIENTS = authority("root"), authority("other"), authority("clients")
MINE, HERS = server((), CLIENTS, common_name="me"), server((), CLIENTS, common_name="her")
V1 = "client.authentication.k8s.io/v1"
BETA, ALPHA = f"{V1}beta1", f"{V1}alpha1"
FIELDS = {
    "--server": "server",
    "--token": "token",
    "--as": "impersonate",
    "--as-uid": "impersonate_uid",
    "--certificate-authority": "certificate_authority",
    "--client-certificate": "client_certificate",
    "--client-key": "client_key",
    "--tls-server-name": "tls_server_name",
    "--context": "context",
    "--cluster": "cluster",
    "--user": "user",
    "--kubeconfig": "kubeconfig",
}
# Who is the server told that we are: common name, then headers. None: nobody comes.
Told = tuple[str, ...] | None


@dataclass
class Side:
    """The servers, and the current folder; {tls}, {plain} and {here} stand for them in what is written."""

    secure: ApiServer
    plain: ApiServer
    folder: Path

    def fill(self, text: str) -> str:
        for word, value in (
            ("{tls}", self.secure.url),
            ("{plain}", self.plain.url),
            ("{here}", str(self.folder)),
        ):
            text = text.replace(word, value)
        return text

    def write(self, name: str, content: Json | str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.fill(content if isinstance(content, str) else json.dumps(content)))
        path.chmod(0o755)

    def compare(self, flags: tuple[str, ...], told: Told) -> str:
        """Both are told alike, and as expected; what we say where we do not come."""
        given = [self.fill(flag) for flag in flags]
        argv = [str(KUBECTL), "--request-timeout=20s", *given, "get", "--raw", "/version"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert (done.returncode == 0) is bool(theirs := self._told()), done.stderr
        said = self._ours(given)
        assert (self._told(), theirs) == (told, told), f"{done.stderr}\n{said}"
        assert bool(said) is (told is None)
        assert "\n" not in said
        return said

    def _ours(self, flags: list[str]) -> str:
        known: dict[str, Any] = {}
        for flag in flags:
            name, _, value = flag.partition("=")
            if name == "--as-group":
                known["impersonate_groups"] = (*known.get("impersonate_groups", ()), value)
            elif name == "--insecure-skip-tls-verify":
                known["insecure"] = True
            else:
                known[FIELDS[name]] = value
        try:
            with pin(Connection(**known)) as pinned:
                connect(pinned.kubeconfig, pinned.folder, "test", timeout=20.0).request("GET", "/version")
        except NetshootError as error:
            return error.message
        return ""

    def _told(self) -> Told:
        asked = [*self.secure.asked, *self.plain.asked]
        self.secure.asked.clear()
        self.plain.asked.clear()
        assert len(asked) < 2
        return _words(asked[0]) if asked else None


def _words(asked: Asked) -> tuple[str, ...]:
    headers = ((name.title(), value) for name, value in asked.headers.items())
    who = sorted(
        f"{name.removeprefix('Impersonate-')} {value}"
        for name, value in headers
        if name.startswith(("Impersonate-", "Authorization"))
    )
    return (asked.common_name or "nobody", *(word.removeprefix("Authorization Bearer ") for word in who))


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    tls = serving([server(("127.0.0.1", "good.test"), ROOT)], tmp_path / "server")
    tls.load_verify_locations(cadata=CLIENTS.pem)
    tls.verify_mode = ssl.CERT_OPTIONAL
    for name in [
        name for name in os.environ if name.lower().endswith("_proxy") or name == "KUBERNETES_MASTER"
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBERC", "off")
    monkeypatch.setenv("KUBECTL_NETSHOOT_KUBECTL", str(KUBECTL))
    with ApiServer(tls) as secure, ApiServer() as plain:
        one = Side(secure, plain, tmp_path / "here")
        for name, text in (
            ("root.crt", ROOT.pem),
            ("other.crt", OTHER.pem),
            ("her.crt", HERS.pem),
            ("her.key", HERS.key_pem),
            ("token", "of-file\n"),
        ):
            one.write(name, text)
        monkeypatch.chdir(one.folder)
        yield one


TRUSTED: Json = {"server": "{tls}", "certificate-authority-data": encoded(ROOT.pem)}
INSECURE: Json = {"server": "{tls}", "insecure-skip-tls-verify": True}
PLAIN: Json = {"server": "{plain}"}
TOKEN: Json = {"token": "t0ken"}
PAIR: Json = {"client-certificate-data": encoded(MINE.pem), "client-key-data": encoded(MINE.key_pem)}
HER_PAIR = ("--client-certificate={here}/her.crt", "--client-key={here}/her.key")
PERSON: Json = {"username": "ann", "password": "s3cret"}
GROUPS: Json = {"as": "jane", "as-groups": ["dev", "ops"], "as-uid": "1"}
NOWHERE_FILES: Json = {"client-certificate": "{here}/none.crt", "client-key": "{here}/none.key"}


def config(
    cluster: Json | None = None, user: Json | None = None, name: str = "a", current: str = "a", **context: str
) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "clusters": [{"name": name, "cluster": TRUSTED if cluster is None else cluster}],
        "users": [{"name": name, "user": TOKEN if user is None else user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, **context}}],
    }


@dataclass(frozen=True)
class Case:
    """A cluster, a user, flags; who comes."""

    told: Told
    flags: tuple[str, ...] = ()
    cluster: Json = field(default_factory=lambda: TRUSTED)
    user: Json = field(default_factory=lambda: TOKEN)


ME = ("nobody", "t0ken")
FLAG = "--token=by-flag"
CASES = {
    "another server has another name": Case(
        ME, ("--server={tls}",), {**TRUSTED, "tls-server-name": "bad.test"}
    ),
    "unless a flag says it": Case(None, ("--server={tls}", "--tls-server-name=bad.test")),
    "a name by a flag": Case(
        ME, ("--tls-server-name=good.test",), {**TRUSTED, "tls-server-name": "bad.test"}
    ),
    "a CA over none": Case(ME, ("--certificate-authority={here}/root.crt",), INSECURE),
    "the wrong CA over none": Case(None, ("--certificate-authority={here}/other.crt",), INSECURE),
    "a CA over another": Case(
        ME,
        ("--certificate-authority=root.crt",),
        {**TRUSTED, "certificate-authority-data": encoded(OTHER.pem)},
    ),
    "a CA over one that is not there": Case(
        ME,
        ("--certificate-authority=root.crt",),
        {"server": "{tls}", "certificate-authority": "{here}/none.crt"},
    ),
    "none over a CA": Case(
        ME,
        ("--insecure-skip-tls-verify",),
        {**TRUSTED, "certificate-authority-data": encoded(OTHER.pem)},
    ),
    "none over a CA that is not there": Case(
        ME,
        ("--insecure-skip-tls-verify",),
        {"server": "{tls}", "certificate-authority": "{here}/none.crt"},
    ),
    "a CA and none": Case(None, ("--insecure-skip-tls-verify", "--certificate-authority={here}/root.crt")),
    "a CA and none in the kubeconfig": Case(None, (), {**TRUSTED, "insecure-skip-tls-verify": True}),
    "a CA and none by http": Case(("nobody",), (), {**TRUSTED, **PLAIN, "insecure-skip-tls-verify": True}),
    "a CA twice": Case(None, (), {**TRUSTED, "certificate-authority": "{here}/root.crt"}),
    "a CA that is not there": Case(None, (), {"server": "{tls}", "certificate-authority": "{here}/none.crt"}),
    "a token beside a certificate": Case(("me", "by-flag"), (FLAG,), user=PAIR),
    "a token over a token": Case(("nobody", "by-flag"), (FLAG,)),
    "a token beside a file": Case(("nobody", "of-file"), (FLAG,), user={"tokenFile": "{here}/token"}),
    "a token beside a person": Case(None, (FLAG,), user=PERSON),
    "a token beside whom to impersonate": Case(
        ("nobody", "by-flag", "Group dev", "Group ops", "Uid 1", "User jane"),
        (FLAG,),
        user={**TOKEN, **GROUPS},
    ),
    "a token and a password alone": Case(None, user={**TOKEN, "password": "s3cret"}),
    "a file and a password alone": Case(
        ("nobody", "of-file"), user={"tokenFile": "{here}/token", "password": "s3cret"}
    ),
    "a pair over a pair": Case(("her",), HER_PAIR, user=PAIR),
    "a pair over one that is not there": Case(("her",), HER_PAIR, user=NOWHERE_FILES),
    "a pair beside a token": Case(("her", "t0ken"), HER_PAIR),
    "half a pair over a pair": Case(None, HER_PAIR[:1], user=PAIR),
    "half a pair": Case(None, HER_PAIR[:1], user={}),
    "the other half is nothing": Case(ME, HER_PAIR[1:]),
    "a key that is not there, and no certificate": Case(ME, ("--client-key={here}/none.key",)),
    "a pair that is not there, and a token": Case(None, (FLAG,), user=NOWHERE_FILES),
    "a certificate twice": Case(None, user={**PAIR, "client-certificate": "{here}/her.crt"}),
    "a key twice": Case(None, user={**PAIR, "client-key": "{here}/her.key"}),
    "whom to impersonate by a flag": Case(
        ("nobody", "t0ken", "Group dev", "Group ops", "Uid 1", "User joe"),
        ("--as=joe",),
        user={**TOKEN, **GROUPS},
    ),
    "groups by a flag": Case(
        ("nobody", "t0ken", "Group x", "Group y", "Uid 1", "User jane"),
        ("--as-group=x", "--as-group=y"),
        user={**TOKEN, **GROUPS},
    ),
    "groups of nobody by a flag": Case(None, ("--as-group=x",)),
    "groups of nobody": Case(None, user={**TOKEN, "as-groups": ["x"]}),
    "a uid of nobody": Case(None, user={**TOKEN, "as-uid": "1"}),
    "more of nobody": Case(None, user={**TOKEN, "as-user-extra": {"a": ["x"]}}),
    "groups of nobody by http": Case(None, cluster=PLAIN, user={**TOKEN, "as-groups": ["x"]}),
    "no token by http": Case(("nobody",), cluster=PLAIN),
    "no token of a flag by http": Case(("nobody",), (FLAG,), PLAIN),
    "no person by http": Case(("nobody",), cluster=PLAIN, user=PERSON),
    "whom to impersonate by http": Case(("nobody", "User jane"), cluster=PLAIN, user={**TOKEN, "as": "jane"}),
    "whom to impersonate by a flag by http": Case(
        ("nobody", "Group x", "User joe"), ("--as=joe", "--as-group=x"), PLAIN
    ),
    "two ways by http": Case(None, cluster=PLAIN, user={**TOKEN, **PERSON}),
}


@pytest.mark.parametrize("case", CASES)
def test_flags(side: Side, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    wanted = CASES[case]
    side.write("config", config(wanted.cluster, wanted.user))
    monkeypatch.setenv("KUBECONFIG", str(side.folder / "config"))
    said = side.compare(wanted.flags, wanted.told)
    assert not any(secret in said for secret in ("t0ken", "by-flag", "s3cret"))


def _plugin(command: str) -> Json:
    return {"exec": {"apiVersion": V1, "command": command, "interactiveMode": "Never"}}


def _gives(token: str) -> str:
    given = {"apiVersion": V1, "kind": "ExecCredential", "status": {"token": token}}
    return f"#!/bin/sh\necho '{json.dumps(given)}'\n"


@dataclass(frozen=True)
class Files:
    """What is in the folder, KUBECONFIG, flags; who comes."""

    told: Told
    files: dict[str, Json | str]
    kubeconfig: str | None = "{here}/a/config:{here}/b/config"
    flags: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


def both(told: str, user: Json, *flags: str) -> Files:
    """The same entry in two folders that hold other things, and the second one's context is the current one."""
    return Files(
        ("nobody", told),
        {
            "a/config": config(user=user, current="b"),
            "b/config": config(user=user, name="b"),
            **{f"{place}/token": f"of-{place}" for place in "ab"},
            **{f"{place}/bin/login": _gives(f"of-{place}") for place in "ab"},
        },
        flags=flags,
    )


BY_FILE: Json = {"tokenFile": "token"}
ALONE = "{here}/a/config"
TWICE = config() | {"users": [{"name": "a", "user": TOKEN}, {"name": "a", "user": TOKEN}]}
FILES = {
    "a token file beside its own kubeconfig": both("of-b", BY_FILE),
    "a plugin beside its own kubeconfig": both("of-b", _plugin("./bin/login")),
    "a plugin below it": both("of-b", _plugin("bin/login")),
    "of the user of a flag": both("of-a", BY_FILE, "--user=a"),
    "of the context of a flag": both("of-a", BY_FILE, "--context=a"),
    "of the first that has the user": Files(
        ("nobody", "of-a"),
        {
            "a/config": config(user=BY_FILE),
            "a/token": "of-a",
            "b/config": config(user=BY_FILE),
            "b/token": "of-b",
        },
    ),
    "a CA beside its own kubeconfig": Files(
        ME,
        {
            "a/config": config({"server": "{tls}", "certificate-authority": "ca"}, current="b"),
            "a/ca": OTHER.pem,
            "b/config": config({"server": "{tls}", "certificate-authority": "ca"}, name="b"),
            "b/ca": ROOT.pem,
        },
    ),
    "a token file that is only in the current folder": Files(None, {"a/config": config(user=BY_FILE)}, ALONE),
    "a plugin that is only in the current folder": Files(
        None, {"a/config": config(user=_plugin("./login")), "login": _gives("x")}, ALONE
    ),
    "a folder with a colon": Files(ME, {"a:b/config": config()}, None, ("--kubeconfig={here}/a:b/config",)),
    "a folder with a colon, and a user": Files(
        ME, {"a:b/config": config()}, None, ("--kubeconfig=a:b/config", "--user=a")
    ),
    "two files in one flag": Files(
        None, {"a/config": config()}, None, ("--kubeconfig={here}/a/config:{here}/b/config",)
    ),
    "empty entries": Files(ME, {"a/config": config()}, "::{here}/a/config::"),
    "the same one twice": Files(ME, {"a/config": config()}, "{here}/a/config:{here}/a/config"),
    "nothing but a colon is no home": Files(None, {"../.kube/config": config()}, ":"),
    "nothing is the home": Files(ME, {"../.kube/config": config()}, ""),
    "a relative path": Files(
        ("nobody", "of-a"), {"a/config": config(user=BY_FILE), "a/token": "of-a"}, "a/config"
    ),
    "the first current context": Files(
        ("nobody", "of-b"),
        {"a/config": config(current=""), "b/config": config(user={"token": "of-b"}, name="b", current="b")},
    ),
    "a cluster is of one file": Files(None, {"a/config": config({"server": "{tls}"}), "b/config": config()}),
    "a name twice in one file": Files(None, {"a/config": TWICE}, ALONE),
    "a second one that is no YAML": Files(None, {"a/config": config(), "b/config": "{"}),
    "a second one that is a folder": Files(None, {"a/config": config(), "b/config/x": ""}),
    "a cluster that is not there": Files(None, {"a/config": {**config(), "clusters": []}}, ALONE),
    "a cluster that is not there, and a server": Files(
        ME,
        {"a/config": {**config(), "clusters": []}},
        ALONE,
        ("--server={tls}", "--insecure-skip-tls-verify"),
    ),
    "a user that is not there": Files(None, {"a/config": {**config(), "users": []}}, ALONE),
    "a user that is not there, and a token": Files(
        ("nobody", "by-flag"), {"a/config": {**config(), "users": []}}, ALONE, (FLAG,)
    ),
    "no context": Files(
        ("nobody", "by-flag"), {"a/config": config(current="")}, ALONE, ("--cluster=a", FLAG)
    ),
    "a context that is not there": Files(None, {"a/config": config()}, ALONE, ("--context=b",)),
    "a current context that is not there": Files(
        None, {"a/config": config(current="gone")}, ALONE, ("--cluster=a", "--user=a")
    ),
    "no server": Files(None, {"a/config": config({})}, ALONE),
    "no server but that of the environment": Files(
        ME,
        {"a/config": config({"certificate-authority-data": encoded(ROOT.pem)})},
        ALONE,
        env={"KUBERNETES_MASTER": "{tls}"},
    ),
    "no file, and a server of the environment": Files(
        ("nobody",), {}, "none", env={"KUBERNETES_MASTER": "{plain}"}
    ),
    "a server, and one of the environment": Files(
        ME, {"a/config": config()}, ALONE, env={"KUBERNETES_MASTER": "{plain}"}
    ),
    "spaces in names": Files(ME, {"a/config": config(name="a b", current="a b")}, ALONE),
}


@pytest.mark.parametrize("case", FILES)
def test_files(side: Side, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    wanted = FILES[case]
    for name, content in wanted.files.items():
        side.write(name, content)
    for name, value in wanted.env.items():
        monkeypatch.setenv(name, side.fill(value))
    if wanted.kubeconfig is not None:
        monkeypatch.setenv("KUBECONFIG", side.fill(wanted.kubeconfig))
    assert "t0ken" not in side.compare(wanted.flags, wanted.told)


def test_a_link_is_where_it_stands(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    side.write("real/config", config(user=BY_FILE))
    side.write("real/token", "of-the-file")
    side.write("a/token", "of-the-link")
    (side.folder / "a" / "config").symlink_to("../real/config")
    monkeypatch.setenv("KUBECONFIG", side.fill(ALONE))
    side.compare((), ("nobody", "of-the-link"))


def given(version: str = V1, **status: Any) -> Json:
    return {"apiVersion": version, "kind": "ExecCredential", "status": status}


@dataclass(frozen=True)
class Plugin:
    """What it prints, and what is otherwise than usual in its `exec`; who comes."""

    told: Told
    printed: Json | str = field(default_factory=lambda: given(token="t0ken"))
    fields: Json = field(default_factory=dict)
    flags: tuple[str, ...] = ()


CERTIFIED = {"clientCertificateData": MINE.pem, "clientKeyData": MINE.key_pem}
PLUGINS = {
    "v1": Plugin(ME),
    "v1beta1": Plugin(ME, given(BETA, token="t0ken"), {"apiVersion": BETA}),
    "v1beta1 has a mode by itself": Plugin(
        ME, given(BETA, token="t0ken"), {"apiVersion": BETA, "interactiveMode": None}
    ),
    "v1 has none": Plugin(None, fields={"interactiveMode": None}),
    "v1alpha1": Plugin(None, given(ALPHA, token="t0ken"), {"apiVersion": ALPHA}),
    "v1alpha1 that is not used": Plugin(None, fields={"apiVersion": ALPHA}, flags=(FLAG,)),
    "no version": Plugin(None, fields={"apiVersion": None}),
    "a version of others": Plugin(None, given("x/v1", token="t0ken"), {"apiVersion": "x/v1"}),
    "another version than asked for": Plugin(None, given(BETA, token="t0ken")),
    "a mode that is none": Plugin(None, fields={"interactiveMode": "Sometimes"}),
    "a mode that wants a terminal": Plugin(None, fields={"interactiveMode": "Always"}),
    "a mode that does without one": Plugin(ME, fields={"interactiveMode": "IfAvailable"}),
    "no command": Plugin(None, fields={"command": ""}),
    "a variable without a name": Plugin(None, fields={"env": [{"name": "", "value": "x"}]}),
    "YAML": Plugin(
        ME,
        f"apiVersion: {V1}\nkind: ExecCredential\nstatus:\n  token: t0ken\n"
        "  expirationTimestamp: 2999-01-01T00:00:00Z\n",
    ),
    "words behind it": Plugin(None, json.dumps(given(token="t0ken")) + "\nbye\n"),
    "words before it": Plugin(None, "hello\n" + json.dumps(given(token="t0ken"))),
    "two of them": Plugin(None, json.dumps(given(token="t0ken")) * 2),
    "no kind": Plugin(ME, {"apiVersion": V1, "status": TOKEN}),
    "no version in it": Plugin(None, {"kind": "ExecCredential", "status": TOKEN}),
    "another kind": Plugin(None, {"apiVersion": V1, "kind": "Pod", "status": TOKEN}),
    "no status": Plugin(None, {"apiVersion": V1, "kind": "ExecCredential"}),
    "an empty token": Plugin(None, given(token="")),
    "a number": Plugin(None, given(token=1)),
    "an unknown field": Plugin(ME, given(token="t0ken", more=1)),
    "a certificate": Plugin(("me",), given(**CERTIFIED)),
    "both": Plugin(("me", "t0ken"), given(token="t0ken", **CERTIFIED)),
    "a certificate without its key": Plugin(None, given(token="t0ken", clientCertificateData=MINE.pem)),
    "a key without its certificate": Plugin(None, given(token="t0ken", clientKeyData=MINE.key_pem)),
    "another's key": Plugin(None, given(clientCertificateData=MINE.pem, clientKeyData=HERS.key_pem)),
    "expired": Plugin(ME, given(token="t0ken", expirationTimestamp="2001-01-01T00:00:00Z")),
}


@pytest.mark.parametrize("case", PLUGINS)
def test_plugins(side: Side, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    wanted = PLUGINS[case]
    side.write("printed", wanted.printed)
    side.write("login", f"#!/bin/sh\necho words >&2\ncat {side.folder / 'printed'}\n")
    entry = _plugin("{here}/login")["exec"] | wanted.fields
    side.write(
        "config", config(user={"exec": {key: value for key, value in entry.items() if value is not None}})
    )
    monkeypatch.setenv("KUBECONFIG", str(side.folder / "config"))
    assert "t0ken" not in side.compare(wanted.flags, wanted.told)


@pytest.mark.parametrize("cluster", [TRUSTED, {**INSECURE, "tls-server-name": "good.test"}])
def test_what_a_plugin_is_told(side: Side, monkeypatch: pytest.MonkeyPatch, cluster: Json) -> None:
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": ["x"]}}
    side.write("printed", given(token="t0ken"))
    side.write(
        "login",
        f'#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> {side.folder}/told\ncat {side.folder}/printed\n',
    )
    plugin = _plugin("{here}/login")["exec"] | {"provideClusterInfo": True}
    for extensions in ([], [extension, {"name": "other", "extension": {}}]):
        side.write("config", config({**cluster, "extensions": extensions}, {"exec": plugin}))
        monkeypatch.setenv("KUBECONFIG", str(side.folder / "config"))
        side.compare((), ME)
        *_, theirs, ours = map(json.loads, filter(None, (side.folder / "told").read_text().splitlines()))
        assert ours == theirs

"""The next step after a name that is not there: the same line, with what was probably meant."""

import shlex

import pytest

from kubectl_netshoot.cli import main
from kubectl_netshoot.cli.usage import mended_line, next_step
from kubectl_netshoot.errors import NetshootError, NotThereError
from kubectl_netshoot.kube import kubectl

NAMESPACE = ("-n", "--namespace")


@pytest.mark.parametrize(
    ("line", "typed", "meant", "flags", "mended"),
    [
        ("nginx --join-service", "nginx", "deploy/nginx", (), "deploy/nginx --join-service"),
        ("pod/nginx -q", "nginx", "deploy/nginx", (), "deploy/nginx -q"),
        ("capture deploy/ngnix", "ngnix", "deploy/nginx", (), "capture deploy/nginx"),
        ("debug node/wrker", "wrker", "worker", (), "debug node/worker"),
        ("why web svc/dbb:80", "dbb", "svc/db", (), "why web svc/db:80"),
        ("-n web web", "web", "web-1", (), "-n web web-1"),
        ("leave a b", "b", "c", (), "leave a c"),
        ("nginx -- curl nginx", "nginx", "deploy/nginx", (), "deploy/nginx -- curl nginx"),
        ("list -n shp", "shp", "shop", NAMESPACE, "list -n shop"),
        ("list --namespace=shp", "shp", "shop", NAMESPACE, "list --namespace=shop"),
        ("list -nshp", "shp", "shop", NAMESPACE, "list -nshop"),
        ("shp -n shp", "shp", "shop", NAMESPACE, "shp -n shop"),
        ("list --context prd", "prd", "prod", ("--context",), "list --context prod"),
    ],
)
def test_the_line_with_what_was_meant(
    line: str, typed: str, meant: str, flags: tuple[str, ...], mended: str
) -> None:
    error = NotThereError("no", typed, meant, flags=flags)
    assert " ".join(mended_line(line.split(), error)) == mended


@pytest.mark.parametrize(
    ("line", "typed", "meant", "flags"),
    [
        ("nginx", "nginx", "", ()),
        ("-l app=nginx", "nginx", "deploy/nginx", ()),
        ("leave a a", "a", "b", ()),
        ("list", "shp", "shop", NAMESPACE),
    ],
)
def test_where_it_is_not_certain_there_is_no_such_line(
    line: str, typed: str, meant: str, flags: tuple[str, ...]
) -> None:
    assert mended_line(line.split(), NotThereError("no", typed, meant, flags=flags)) == []


@pytest.mark.parametrize(
    "line",
    [
        "nginx --token=secret",
        "nginx --token secret",
        "nginx --set-env app:DB_PASSWORD=hunter2",
        "nginx --set-env=app:URL=amqp://me:hunter2@mq",
        "nginx --set-args=app=--password=hunter2",
    ],
)
@pytest.mark.parametrize(
    "error", [NotThereError("no", "nginx", "deploy/nginx"), NetshootError("no", again=("-y",))]
)
def test_a_token_stands_in_no_next_step(line: str, error: NetshootError) -> None:
    assert next_step(line.split(), error, "kubectl netshoot") == ""


@pytest.mark.parametrize(
    ("line", "again", "step"),
    [
        ("cleanup", ("--yes",), "try: kubectl netshoot cleanup --yes"),
        (
            "web --set-env=app:LOG=debug -- sh -c PASSWORD=x",
            ("-y",),
            "try: kubectl netshoot web --set-env=app:LOG=debug -y -- sh -c PASSWORD=x",
        ),
        ("web 'a b' -- ls", ("--dry-run",), "try: kubectl netshoot web 'a b' --dry-run -- ls"),
        ("web", (), "try: kubectl netshoot web"),
        ("-- ls", ("web",), "try: kubectl netshoot web -- ls"),
    ],
)
def test_the_same_line_with_more(line: str, again: tuple[str, ...], step: str) -> None:
    assert next_step(shlex.split(line), NetshootError("no", again=again), "kubectl netshoot") == step
    hinted = NetshootError("no", "what is left", again=again)
    assert next_step(shlex.split(line), hinted, "kubectl netshoot") == f"what is left\n{step}"


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        (
            "nginx -n shop",
            NotThereError('no pod "nginx" in namespace shop', "nginx", "deploy/nginx", "try: x"),
            """no pod "nginx" in namespace shop; did you mean deploy/nginx?
  try: kubectl netshoot deploy/nginx -n shop
""",
        ),
        (
            "lsit -n shop",
            NotThereError('no pod "lsit" in namespace shop', "lsit", hint="try: x"),
            'no pod "lsit" in namespace shop; did you mean the command "list"?\n  try: kubectl netshoot list -n shop\n',
        ),
        (
            "zzz",
            NotThereError('no pod "zzz" in namespace shop', "zzz", hint="try: kubectl get pods -n shop"),
            'no pod "zzz" in namespace shop\n  try: kubectl get pods -n shop\n',
        ),
    ],
)
def test_what_is_said_and_the_next_step(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    error: NotThereError,
    said: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(kubectl, "debug_help", fail)
    monkeypatch.setattr("kubectl_netshoot.session.session.run_session", fail)
    assert main.run(line.split(), "kubectl-netshoot") == 1
    assert capsys.readouterr().err == f"error: {said}"

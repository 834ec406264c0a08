"""Option declarations that several commands share, and the decorator that gives a command kubectl's own flags."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from kubectl_netshoot.config.connection import Connection

KUBECTL = "Connection, as in kubectl"


def _flag(*names: str, text: str) -> Any:
    return typer.Option(*names, help=text, show_default=False, rich_help_panel=KUBECTL)


# Field of Connection -> its type and flag. The words are kubectl's.
CONNECTION: dict[str, tuple[Any, Any]] = {
    "namespace": (str, _flag("--namespace", "-n", text="Namespace of the pod.")),
    "context": (str, _flag("--context", text="Context of the kubeconfig to use.")),
    "kubeconfig": (str, _flag("--kubeconfig", text="Kubeconfig file to use.")),
    "cluster": (str, _flag("--cluster", text="Cluster of the kubeconfig to use.")),
    "user": (str, _flag("--user", text="User of the kubeconfig to use.")),
    "impersonate": (str, _flag("--as", text="User to impersonate.")),
    "impersonate_groups": (list[str], _flag("--as-group", text="Group to impersonate; can be repeated.")),
    "impersonate_uid": (str, _flag("--as-uid", text="UID to impersonate.")),
    "server": (str, _flag("--server", "-s", text="Address of the API server.")),
    "token": (str, _flag("--token", text="Bearer token. Other users see argv: prefer a kubeconfig.")),
    "certificate_authority": (str, _flag("--certificate-authority", text="File with the cluster's CA.")),
    "client_certificate": (str, _flag("--client-certificate", text="File with the client certificate.")),
    "client_key": (str, _flag("--client-key", text="File with the client key.")),
    "insecure": (bool, _flag("--insecure-skip-tls-verify", text="Do not check the server's certificate.")),
    "tls_server_name": (str, _flag("--tls-server-name", text="Name to expect in that certificate.")),
    "request_timeout": (str, _flag("--request-timeout", text="Longest wait for one answer, e.g. 10s.")),
}

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[
    int, typer.Option("--verbose", "-v", count=True, show_default=False, help="Say more; can be repeated.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Answer every question with yes.")]
Output = Annotated[str, typer.Option("--output", "-o", metavar="text|json", help="Form of the result.")]
Shell = Annotated[str, typer.Option("--shell", help="Shell to run.  [default: zsh, bash or sh]")]
Timeout = Annotated[str, typer.Option("--timeout", help="Longest wait for the copy to be ready.")]
Patience = Annotated[
    str, typer.Option("--timeout", help="Longest wait for a safe way out, besides settle and drain time.")
]
Allow = Annotated[
    list[str], typer.Option("--allow", metavar="ID", help="Lift this refusal; can be repeated.")
]


def connects(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command that takes `connection` all of kubectl's connection flags instead."""
    signature = inspect.signature(command)
    kept = [p for name, p in signature.parameters.items() if name != "connection"]
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if kind is bool else [] if kind is not str else "",
            annotation=Annotated[kind, option],
        )
        for name, (kind, option) in CONNECTION.items()
    ]

    @functools.wraps(command)
    def wrapper(**values: Any) -> int:
        flags = {name: values.pop(name) for name in CONNECTION}
        flags["impersonate_groups"] = tuple(flags["impersonate_groups"])
        return command(connection=Connection(**flags), **values)

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in kept] + added
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": int}
    return wrapper

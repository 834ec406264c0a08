"""kubectl's own connection flags, the same for every command that asks a cluster."""

from typing import Any

import typer
from typer.core import TyperOption

from kubectl_netshoot.kube.kubeconfig import Connection

PANEL = "Connection, as in kubectl"


def _flag(field: str, *names: str, text: str, value: str = "", repeated: bool = False) -> TyperOption:
    return TyperOption(
        param_decls=[field, *names],
        metavar=value or None,
        help=text,
        is_flag=not value,
        multiple=repeated,
        expose_value=False,
        callback=_keep,
        rich_help_panel=PANEL,
    )


def _keep(ctx: typer.Context, param: TyperOption, value: Any) -> None:
    if value:
        ctx.meta.setdefault(PANEL, {})[param.name] = value


# Each names a field of Connection. Commands share them: typer builds the parameters of a function one by one.
FLAGS = (
    _flag("namespace", "--namespace", "-n", text="Namespace of the pod.", value="NAMESPACE"),
    _flag("context", "--context", text="Context of the kubeconfig to use.", value="NAME"),
    _flag("kubeconfig", "--kubeconfig", text="Kubeconfig file to use.", value="FILE"),
    _flag("cluster", "--cluster", text="Cluster of the kubeconfig to use.", value="NAME"),
    _flag("user", "--user", text="User of the kubeconfig to use.", value="NAME"),
    _flag("impersonate", "--as", text="User to impersonate.", value="USER"),
    _flag(
        "impersonate_groups",
        "--as-group",
        text="Group to impersonate; can be repeated.",
        value="GROUP",
        repeated=True,
    ),
    _flag("impersonate_uid", "--as-uid", text="UID to impersonate.", value="UID"),
    _flag("server", "--server", "-s", text="Address of the API server.", value="URL"),
    _flag(
        "token",
        "--token",
        text="Bearer token. Other users see argv: prefer a kubeconfig.",
        value="TOKEN",
    ),
    _flag(
        "certificate_authority",
        "--certificate-authority",
        text="File with the cluster's CA.",
        value="FILE",
    ),
    _flag(
        "client_certificate",
        "--client-certificate",
        text="File with the client certificate.",
        value="FILE",
    ),
    _flag("client_key", "--client-key", text="File with the client key.", value="FILE"),
    _flag("insecure", "--insecure-skip-tls-verify", text="Do not check the server's certificate."),
    _flag(
        "tls_server_name",
        "--tls-server-name",
        text="Name to expect in that certificate.",
        value="NAME",
    ),
    _flag(
        "request_timeout",
        "--request-timeout",
        text="Longest wait for one answer, e.g. 10s.",
        value="DURATION",
    ),
)


def connection_of(ctx: typer.Context) -> Connection:
    """What the flags of this command line say."""
    return Connection(**ctx.meta.get(PANEL, {}))


def current_context(kubeconfig: str = "") -> str:
    """The context that kubectl would use, empty where there is none; `kubeconfig` is the flag's value."""
    from kubectl_netshoot.kube import kubectl

    return kubectl.current_context(kubeconfig)

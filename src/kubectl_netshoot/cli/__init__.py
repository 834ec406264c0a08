"""The command line: options into a request value, a use case, its result rendered. The only error handler is here."""

from kubectl_netshoot.cli.main import run

__all__ = ["run"]
